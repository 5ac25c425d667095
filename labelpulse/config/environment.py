"""LABELPULSE_* variables laid over the file: ``LABELPULSE_SOURCES__STUDIO__URL`` and the like."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from labelpulse.config.models import TABLES, Document
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
"""Place of a value in the document -> the variable that set it, for error messages."""


def overlay(data: Data, environ: Mapping[str, str]) -> Origins:
    """Lay every ``LABELPULSE_TABLE__NAME__KEY`` over the data, in place.

    Single tables have no name: ``LABELPULSE_DEFAULTS__TIMEZONE``. Names and keys are compared
    without case, other signs than letters and digits count as ``_``; an empty variable counts as
    unset. A source that the file does not have is added.
    """
    origins: Origins = {}
    for variable in sorted(environ):
        if variable.startswith(PREFIX) and "__" in variable and environ[variable]:
            parts = variable.removeprefix(PREFIX).lower().split("__")
            place = _put(data, parts, environ[variable], variable)
            origins[place] = variable
    return origins


def _put(data: Data, parts: list[str], text: str, variable: str) -> tuple[str | int, ...]:
    table, *rest = parts
    annotation = Document.model_fields.get(table)
    if annotation is None or not rest or not all(rest):
        known = ", ".join(sorted(Document.model_fields))
        raise ConfigError(
            f"environment variable {variable}: it must read {PREFIX}TABLE__NAME__KEY or "
            f"{PREFIX}TABLE__KEY with a TABLE of {known}"
        )
    if isinstance(data.get(table, []), list) and get_origin(annotation.annotation) is tuple:
        at, rest = _entry(data.setdefault(table, []), table, rest)
        return table, at, *_set(data[table][at], TABLES[table], rest, text, variable)
    if get_origin(annotation.annotation) is dict:
        name, rest = _same(data.setdefault(table, {}), rest[0]), rest[1:]
        entry = data[table].setdefault(name, {})
        return table, name, *_set(entry, TABLES[table], rest, text, variable)
    return table, *_set(data.setdefault(table, {}), TABLES[table], rest, text, variable)


def _entry(entries: list[Data], table: str, rest: list[str]) -> tuple[int, list[str]]:
    """Return the place of a named entry of an array of tables (added if need be), and the rest."""
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
        _drop_other_ways(entry, key)
        return (key,)
    name = _same(entry.setdefault(key, {}), rest[1])
    inner = entry[key].setdefault(name, {})
    return key, name, *_set(inner, TABLES.get(key, model), rest[2:], text, variable)


def _drop_other_ways(entry: Data, key: str) -> None:
    """A variable that sets ``url`` replaces ``url_env`` and ``url_file`` of the file, and so on."""
    base = key.removesuffix("_env").removesuffix("_file")
    for other in (base, f"{base}_env", f"{base}_file"):
        if other != key:
            entry.pop(other, None)


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
    """True for a tuple of texts, also an optional one; not where a lone text has a meaning."""
    options = [one for one in get_args(annotation) if one is not type(None)]
    if get_origin(annotation) is tuple:
        return True
    return len(options) == 1 and get_origin(options[0]) is tuple


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "_", name.lower())


def _same(entries: Data, name: str) -> str:
    return next((one for one in entries if _folded(one) == _folded(name)), name)
