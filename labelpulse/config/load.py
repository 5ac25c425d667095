"""The file, the environment and the command line -> `Settings`; the nearer beats the farther."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from labelpulse.config.base import Secret
from labelpulse.config.complaints import complaint
from labelpulse.config.environment import CONFIG, DATABASE, overlay
from labelpulse.config.models import Document
from labelpulse.config.settings import Settings, absolute_sqlite
from labelpulse.core.errors import ConfigError, UsageError

FILE_NAME = "labelpulse.toml"
DEFAULT_URL = "sqlite:///labelpulse.db"


def default_path(environ: Mapping[str, str] | None = None) -> Path | None:
    """Return LABELPULSE_CONFIG, else ``./labelpulse.toml`` if it is there, else None."""
    environ = os.environ if environ is None else environ
    if environ.get(CONFIG):
        return Path(environ[CONFIG])
    here = Path(FILE_NAME)
    return here if here.is_file() else None


def load_settings(
    config: Path | None = None,
    db: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Return the settings in force: command line over environment over file over defaults.

    Args:
        config: the file; None = the one that `default_path` finds, if any.
        db: the warehouse's URL from the command line.
        environ: variables to read; None = this process's.

    Raises:
        UsageError: the file is not there.
        ConfigError: something in it (or in a variable) cannot be used.
    """
    environ = os.environ if environ is None else environ
    file = config or default_path(environ)
    data = {} if file is None else _read(file)
    origins = overlay(data, environ)
    try:
        document = Document.model_validate(data)
    except ValidationError as error:
        raise complaint(error, data, file, origins) from None
    given = {name: getattr(document, name) for name in Document.model_fields}
    settings = Settings.model_construct(**given, file=file)
    database = Secret(db or environ.get(DATABASE) or _database(settings))
    return settings.model_copy(update={"database": database})


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise UsageError(
            f"there is no configuration at {file}: write one with `labelpulse init`"
        ) from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be read ({type(error).__name__})") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file} is not UTF-8 text: save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} is not valid TOML: {error}") from None


def _database(settings: Settings) -> str:
    found = settings.warehouse.secret("url", "[warehouse]", settings.folder)
    url = found.get_secret_value() if found is not None else DEFAULT_URL
    return absolute_sqlite(url, settings.folder)
