"""Load `Settings` from the command line, the environment and the file, in this precedence."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from labelpulse.config.base import Secret
from labelpulse.config.environment import CONFIG, DATABASE, apply_variables
from labelpulse.config.errors import config_error
from labelpulse.config.models import ConfigFile
from labelpulse.config.settings import Settings, absolute_sqlite
from labelpulse.core.errors import ConfigError, UsageError

FILE_NAME = "labelpulse.toml"
DEFAULT_URL = "sqlite:///labelpulse.db"


def default_path(environ: Mapping[str, str] | None = None) -> Path | None:
    """Return the path in LABELPULSE_CONFIG, else ``./labelpulse.toml`` if it exists, else None."""
    environ = os.environ if environ is None else environ
    if environ.get(CONFIG):
        return Path(environ[CONFIG])
    path = Path(FILE_NAME)
    return path if path.is_file() else None


def load_settings(
    config: Path | None = None,
    db: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Load the settings; the command line precedes the environment, the file and the defaults.

    Args:
        config: the file; None = the result of `default_path`.
        db: the warehouse's URL from the command line.
        environ: variables to read; None = this process's.

    Raises:
        UsageError: the file does not exist.
        ConfigError: the file or a variable is invalid.
    """
    environ = os.environ if environ is None else environ
    file = config or default_path(environ)
    data = {} if file is None else _read(file)
    origins = apply_variables(data, environ)
    try:
        document = ConfigFile.model_validate(data)
    except ValidationError as error:
        raise config_error(error, data, file, origins) from None
    given = {name: getattr(document, name) for name in ConfigFile.model_fields}
    settings = Settings.model_construct(**given, file=file)
    database = Secret(db or environ.get(DATABASE) or _database(settings))
    return settings.model_copy(update={"database": database})


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise UsageError(
            f"there is no configuration at {file}: create it with `labelpulse init`"
        ) from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be read ({type(error).__name__})") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file} is not UTF-8 text: save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} is not valid TOML: {error}") from None


def _database(settings: Settings) -> str:
    secret = settings.warehouse.secret("url", "[warehouse]", settings.folder)
    url = secret.get_secret_value() if secret is not None else DEFAULT_URL
    return absolute_sqlite(url, settings.folder)
