"""Apply environment variables such as ``LABELPULSE_SOURCES__STUDIO__URL`` to the configuration."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from labelpulse.config.models import TABLES, ConfigFile
from labelpulse.core.errors import ConfigError
from labelpulse.core.escapes import split_list

PREFIX = "LABELPULSE_"
DATABASE = "LABELPULSE_DATABASE_URL"
CONFIG = "LABELPULSE_CONFIG"
_NAME_KEYS = {
    "sources": "name",
    "projects": "title",
    "people": "name",
    "teams": "name",
    "rates": "team",
    "markers": "text",
}

Data = dict[str, Any]
Origins = dict[tuple[str | int, ...], str]
"""Path of a value in the document -> the variable that set it, for error messages."""


def apply_variables(data: Data, environ: Mapping[str, str]) -> Origins:
    """Apply every variable ``LABELPULSE_TABLE__NAME__KEY`` to the data, in place.

    Single tables have no name: ``LABELPULSE_DEFAULTS__TIMEZONE``. The comparison of names and keys
    ignores case and treats all characters except letters and digits as ``_``. An empty variable
    counts as unset. An entry that the file does not have is added.
    """
    origins: Origins = {}
    for variable in sorted(environ):
        if variable.startswith(PREFIX) and "__" in variable and environ[variable]:
            parts = variable.removeprefix(PREFIX).lower().split("__")
            path = _put(data, parts, environ[variable], variable)
            origins[path] = variable
    return origins


def _put(data: Data, parts: list[str], text: str, variable: str) -> tuple[str | int, ...]:
    table, *rest = parts
    annotation = ConfigFile.model_fields.get(table)
    if annotation is None or not rest or not all(rest):
        tables = ", ".join(sorted(ConfigFile.model_fields))
        raise ConfigError(
            f"environment variable {variable}: its name must be {PREFIX}TABLE__NAME__KEY or "
            f"{PREFIX}TABLE__KEY, where TABLE is one of {tables}"
        )
    if isinstance(data.get(table, []), list) and get_origin(annotation.annotation) is tuple:
        at, rest = _entry(data.setdefault(table, []), table, rest)
        return table, at, *_set(data[table][at], TABLES[table], rest, text, variable)
    if get_origin(annotation.annotation) is dict:
        name, rest = _matching_name(data.setdefault(table, {}), rest[0]), rest[1:]
        entry = data[table].setdefault(name, {})
        return table, name, *_set(entry, TABLES[table], rest, text, variable)
    return table, *_set(data.setdefault(table, {}), TABLES[table], rest, text, variable)


def _entry(entries: list[Data], table: str, rest: list[str]) -> tuple[int, list[str]]:
    """Return the position of a named entry (added if it is missing) and the remaining parts."""
    key = _NAME_KEYS.get(table, "name")
    for at, entry in enumerate(entries):
        if _folded(str(entry.get(key, ""))) == _folded(rest[0]):
            return at, rest[1:]
    entries.append({key: rest[0]})
    return len(entries) - 1, rest[1:]


def _set(
    entry: Data, model: type[BaseModel], rest: list[str], text: str, variable: str
) -> tuple[str, ...]:
    if not rest:
        raise ConfigError(f"environment variable {variable}: the key is missing after the name")
    key = rest[0]
    if len(rest) == 1:
        entry[key] = _value(model, key, text)
        _remove_alternatives(entry, key)
        return (key,)
    name = _matching_name(entry.setdefault(key, {}), rest[1])
    inner = entry[key].setdefault(name, {})
    return key, name, *_set(inner, TABLES.get(key, model), rest[2:], text, variable)


def _remove_alternatives(entry: Data, key: str) -> None:
    """Remove ``url_env`` and ``url_file`` of the file when a variable sets ``url``, and so on."""
    base = key.removesuffix("_env").removesuffix("_file")
    for name in {base, f"{base}_env", f"{base}_file"} - {key}:
        entry.pop(name, None)


def _value(model: type[BaseModel], key: str, text: str) -> object:
    if text.lstrip().startswith("["):
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text
    field = model.model_fields.get(key)
    if field is not None and _is_list(field.annotation):
        return split_list(text)
    return text


def _is_list(annotation: Any) -> bool:
    """Return whether a key only takes lists, not also a single text."""
    options = [option for option in get_args(annotation) if option is not type(None)]
    if get_origin(annotation) is tuple:
        return True
    return len(options) == 1 and get_origin(options[0]) is tuple


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "_", name.lower())


def _matching_name(entries: Data, name: str) -> str:
    return next((entry for entry in entries if _folded(entry) == _folded(name)), name)
