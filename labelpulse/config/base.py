"""Base classes and value types of the tables in labelpulse.toml."""

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from labelpulse.core.days import zone
from labelpulse.core.errors import ConfigError, UsageError

Secret = SecretStr
"""Text that ``str`` and ``repr`` mask; `get_secret_value` returns it."""

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def _duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)", str(value).strip())
    if not match or not float(match[1]):
        raise ValueError('must be a duration above zero such as "10s", "5m", "2h" or "7d"')
    return timedelta(seconds=float(match[1]) * _UNITS[match[2]])


def _zone(value: object) -> object:
    if value is not None:
        try:
            zone(str(value))
        except UsageError:
            raise ValueError("must be an IANA time zone such as Europe/Berlin") from None
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Zone = Annotated[str | None, BeforeValidator(_zone)]
Name = Annotated[str, Field(min_length=1)]
ShortName = Annotated[str, Field(min_length=1, max_length=200)]
"""A name that is stored in the warehouse."""


class ConfigTable(BaseModel):
    """A table whose unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class WithSecrets(ConfigTable):
    """A table with secrets: as a value, a variable (`*_env`) or a file (`*_file`)."""

    @model_validator(mode="after")
    def _check_single_source(self) -> "WithSecrets":
        fields = type(self).model_fields
        for key in fields:
            if f"{key}_env" in fields:
                names = [key, f"{key}_env", f"{key}_file"]
                given = [self._alias(name) for name in names if getattr(self, name, None)]
                if len(given) > 1:
                    raise ValueError(f"gives both {given[0]} and {given[1]}: keep one of them")
        return self

    @classmethod
    def _alias(cls, key: str) -> str:
        return cls.model_fields[key].alias or key

    def secret(self, key: str, table: str, folder: Path) -> Secret | None:
        """Read a secret from its value, variable or file; None when it is not configured.

        Args:
            table: the name of this table in errors, e.g. ``source 'studio'``.
            folder: the folder that `*_file` is relative to.

        Raises:
            ConfigError: the variable is not set or the file cannot be read.
        """
        value: Secret | None = getattr(self, key)
        variable: str | None = getattr(self, f"{key}_env")
        file: Path | None = getattr(self, f"{key}_file")
        env, in_file = self._alias(f"{key}_env"), self._alias(f"{key}_file")
        if variable is not None:
            if not os.environ.get(variable):
                raise ConfigError(
                    f"{table}: {env} names the variable {variable}, which is not set: "
                    f"export {variable}=… before starting, or set {in_file}"
                )
            return Secret(os.environ[variable])
        if file is not None:
            return Secret(read_secret(folder / file, f"{table}: {in_file}"))
        return value


def read_secret(path: Path, key: str) -> str:
    """Read a file that holds a secret; ConfigError when it cannot be read.

    Args:
        key: the table and key that name the file, for the error.
    """
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{key} names {path}, which cannot be read ({type(error).__name__}): "
            "correct the path or its permissions"
        ) from None
