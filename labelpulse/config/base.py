"""What the tables of labelpulse.toml are made of: known keys only, secrets, times, zones."""

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from labelpulse.core.days import zone
from labelpulse.core.errors import ConfigError, UsageError

Secret = SecretStr
"""Text that never shows itself: ``str`` and ``repr`` are stars, `get_secret_value` tells it."""

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def _duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)", str(value).strip())
    if not found or not float(found[1]):
        raise ValueError('must be a time above zero such as "10s", "5m", "2h" or "7d"')
    return timedelta(seconds=float(found[1]) * _UNITS[found[2]])


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
"""A name by which the warehouse keeps something."""


class Table(BaseModel):
    """A table whose unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class WithSecrets(Table):
    """A table whose secrets may stand in it, in a variable (`*_env`) or in a file (`*_file`)."""

    @model_validator(mode="after")
    def _one_way(self) -> "WithSecrets":
        for key in type(self).model_fields:
            if f"{key}_env" in type(self).model_fields:
                ways = [k for k in (key, f"{key}_env", f"{key}_file") if getattr(self, k, None)]
                if len(ways) > 1:
                    both = " and ".join(self._written(one) for one in ways[:2])
                    raise ValueError(f"gives both {both}: keep one of them")
        return self

    @classmethod
    def _written(cls, key: str) -> str:
        """Return a key as it stands in the file."""
        return cls.model_fields[key].alias or key

    def secret(self, key: str, where: str, folder: Path) -> Secret | None:
        """Return a secret from wherever it is kept; None when the table does not name it.

        Args:
            where: how to call this table in an error, e.g. ``source 'studio'``.
            folder: what a relative `*_file` is relative to.

        Raises:
            ConfigError: the variable is not set or the file cannot be read.
        """
        value: Secret | None = getattr(self, key)
        variable: str | None = getattr(self, f"{key}_env")
        file: Path | None = getattr(self, f"{key}_file")
        env, in_file = self._written(f"{key}_env"), self._written(f"{key}_file")
        if variable is not None:
            if not os.environ.get(variable):
                raise ConfigError(
                    f"{where}: {env} names the variable {variable}, which is not set: "
                    f"export {variable}=… before starting, or set {in_file}"
                )
            return Secret(os.environ[variable])
        return (
            Secret(from_file(folder / file, f"{where}: {in_file}")) if file is not None else value
        )


def from_file(path: Path, where: str) -> str:
    """Return the text of a file that holds a secret; ConfigError when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{where} names {path}, which cannot be read ({type(error).__name__}): "
            "mend the path or its permissions"
        ) from None
