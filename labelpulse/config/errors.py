"""Describe errors in the configuration: file, table, key and remedy, never a value."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from labelpulse.config.environment import Origins
from labelpulse.config.models import TABLES, ConfigFile
from labelpulse.core.errors import ConfigError

_NAMES = ("name", "title", "team")
_EXPECTED = {
    "date": "a day like 2026-12-25",
    "decimal_parsing": "a number",
    "float_parsing": "a number",
}
"""The type of an error, or its first word -> the value that is expected."""

KeyPath = tuple[str | int, ...]
"""Keys and list positions that lead to a value in the document."""


def config_error(
    error: ValidationError, data: Mapping[str, Any], file: Path | None, origins: Origins
) -> ConfigError:
    """Return a ConfigError that describes the first error and counts the rest.

    An unknown key comes first: when a key is mistyped, the correct key is missing as well.
    """
    errors = error.errors(include_url=False, include_input=False, include_context=False)
    first, *rest = sorted(errors, key=lambda details: details["type"] != "extra_forbidden")
    more = f" (and {len(rest)} more)" if rest else ""
    path: KeyPath = first["loc"]
    position = _position(path, data, file, origins)
    return ConfigError(f"{position}{_description(first['type'], str(first['msg']), path)}{more}")


def table_error(error: ValidationError) -> str:
    """Describe the first error of a table that is not part of a file."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return _description(first["type"], str(first["msg"]), first["loc"])


def _position(path: KeyPath, data: Mapping[str, Any], file: Path | None, origins: Origins) -> str:
    variables = (name for at, name in origins.items() if path and at[: len(path)] == path)
    variable = next(variables, "")
    if path in origins:
        return f"environment variable {origins[path]}: "
    return f"{file or variable or 'the configuration'}: {_table(path, data)}"


def _table(path: KeyPath, data: Mapping[str, Any]) -> str:
    """Return the table of a path as ``[[sources]] 'studio': ``."""
    if not path:
        return ""
    table = str(path[0])
    if len(path) > 1 and isinstance(path[1], int):
        entries = (
            None if table == "people" else data.get(table)
        )  # errors contain no names of people
        entry = _name(entries, path[1]) if entries else f" number {path[1] + 1}"
        return f"[[{table}]]{entry}{''.join(f' {key}' for key in path[2:-1])}: "
    keys = [str(key) for key in path[:-1]]
    return f"[{'.'.join(keys)}]: " if keys else ""


def _name(entries: Any, position: int) -> str:
    try:
        entry = entries[position]
    except (TypeError, IndexError):
        return ""
    names = [str(entry[key]) for key in _NAMES if isinstance(entry, dict) and entry.get(key)]
    return f" {names[0]!r}" if names else f" number {position + 1}"


def _description(kind: str, message: str, path: KeyPath) -> str:
    key = str(path[-1]) if path else ""
    if kind == "extra_forbidden":
        return _unknown_key(key, path)
    if kind == "missing":
        return f"the key {key!r} is missing: add it"
    if kind == "value_error":
        text = message.removeprefix("Value error, ")
        is_table = not path or (len(path) == 2 and isinstance(path[-1], int))
        return text if is_table else f"{_key_or_number(path)} {text}"
    if kind == "model_type":
        return f"{_key_or_number(path)} must be a table: {_table_hint(path)}"
    if expected := _EXPECTED.get(kind, _EXPECTED.get(kind.partition("_")[0])):
        return f"{_key_or_number(path)} must be {expected}"
    text = message.removeprefix("Input should be ").replace("a valid tuple", "a list")
    return f"{key} must be {text}" if text != message else f"{key}: {message}"


def _key_or_number(path: KeyPath) -> str:
    """Return the last key of a path; for an entry of a list, its number in the list."""
    last = path[-1]
    return f"number {last + 1}" if isinstance(last, int) else last


def _table_hint(path: KeyPath) -> str:
    """Return how to write a table, for a document with another value in its place."""
    name = ".".join(key for key in path if isinstance(key, str))
    header = f"[[{name}]]" if isinstance(path[-1], int) else f"[{name}]"
    example = " such as type and url" if path[0] == "channels" else ""
    return f"write {header}, and below it its keys{example}"


def _unknown_key(key: str, path: KeyPath) -> str:
    names = sorted(field.alias or name for name, field in _model(path).model_fields.items())
    near = get_close_matches(key, names, n=1)
    noun = "table" if len(path) == 1 else "key"
    remedy = f"did you mean {near[0]!r}?" if near else f"valid are {', '.join(names)}"
    return f"there is no {noun} {key!r}: {remedy}"


def _model(path: KeyPath) -> type[BaseModel]:
    """Return the model of the table that contains the last key of a path."""
    tables = [key for key in path[:-1] if key in TABLES]
    return TABLES[str(tables[-1])] if tables else ConfigFile
