"""What is wrong with a configuration, as one sentence: file, table, key, remedy, never a value."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from labelpulse.config.environment import Origins
from labelpulse.config.models import TABLES, Document
from labelpulse.core.errors import ConfigError

_NAMES = ("name", "title", "team")
_WANTED = {
    "date": "a day like 2026-12-25",
    "decimal_parsing": "a number",
    "float_parsing": "a number",
}
"""Kind of an error, or its first word -> what stands there when it is right."""

Place = tuple[str | int, ...]


def complaint(
    error: ValidationError, data: Mapping[str, Any], file: Path | None, origins: Origins
) -> ConfigError:
    """Return one thing wrong as a ConfigError; the rest is only counted.

    A mistyped key comes first: the key that is then missing follows from it.
    """
    found = error.errors(include_url=False, include_input=False, include_context=False)
    first, *others = sorted(found, key=lambda one: one["type"] != "extra_forbidden")
    more = f" (and {len(others)} more)" if others else ""
    place: Place = first["loc"]
    where = _where(place, data, file, origins)
    return ConfigError(f"{where}{_what(first['type'], str(first['msg']), place)}{more}")


def of_table(error: ValidationError) -> str:
    """Return one thing wrong with a single table that stands in no file."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place: Place = first["loc"]
    return _what(first["type"], str(first["msg"]), place)


def _where(place: Place, data: Mapping[str, Any], file: Path | None, origins: Origins) -> str:
    set_by = next((name for at, name in origins.items() if place and at[: len(place)] == place), "")
    if set_by and place in origins:
        return f"environment variable {origins[place]}: "
    name = str(file or set_by or "the configuration")
    return f"{name}: {_table(place, data)}"


def _table(place: Place, data: Mapping[str, Any]) -> str:
    """Return ``[[sources]] 'studio': `` for a place in the document."""
    if not place:
        return ""
    table = str(place[0])
    if len(place) > 1 and isinstance(place[1], int):
        named = None if table == "people" else data.get(table)  # nobody's name stands in an error
        text = f"[[{table}]]{_name(named, place[1]) if named else f' number {place[1] + 1}'}"
        inner = [str(one) for one in place[2:-1]]
        return f"{text}{''.join(f' {one}' for one in inner)}: "
    keys = [str(one) for one in place[:-1]]
    return f"[{'.'.join(keys)}]: " if keys else ""


def _name(entries: Any, at: int) -> str:
    try:
        entry = entries[at]
    except (TypeError, IndexError):
        return ""
    found = [str(entry[key]) for key in _NAMES if isinstance(entry, dict) and entry.get(key)]
    return f" {found[0]!r}" if found else f" number {at + 1}"


def _what(kind: str, message: str, place: Place) -> str:
    key = str(place[-1]) if place else ""
    if kind == "extra_forbidden":
        return _unknown(key, place)
    if kind == "missing":
        return f"the key {key!r} is missing: add it"
    if kind == "value_error":
        text = message.removeprefix("Value error, ")
        of_table = not place or (len(place) == 2 and isinstance(place[-1], int))
        return text if of_table else f"{_entry(key, place)} {text}"
    if kind == "model_type":
        return f"{_entry(key, place)} must be a table: {_begun(place)}"
    if wanted := _WANTED.get(kind, _WANTED.get(kind.partition("_")[0])):
        return f"{_entry(key, place)} must be {wanted}"
    text = message.removeprefix("Input should be ").replace("a valid tuple", "a list")
    return f"{key} must be {text}" if text != message else f"{key}: {message}"


def _entry(key: str, place: Place) -> str:
    """Return a key by its name, an entry of a list by its number: its list is told before."""
    return f"number {int(place[-1]) + 1}" if isinstance(place[-1], int) else key


def _begun(place: Place) -> str:
    """Return how a table is written, for who wrote something else in its place."""
    name = ".".join(str(one) for one in place if not isinstance(one, int))
    head = f"[[{name}]]" if isinstance(place[-1], int) else f"[{name}]"
    such = " such as type and url" if place[0] == "channels" else ""
    return f"write {head}, and below it its keys{such}"


def _unknown(key: str, place: Place) -> str:
    model = _model(place)
    known = sorted(field.alias or name for name, field in model.model_fields.items())
    near = get_close_matches(key, known, n=1)
    what = "there is no table" if len(place) == 1 else "there is no key"
    remedy = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
    return f"{what} {key!r}: {remedy}"


def _model(place: Place) -> type[BaseModel]:
    """Return the model of the table that a place's last key stands in."""
    tables = [part for part in place[:-1] if part in TABLES]
    return TABLES[str(tables[-1])] if tables else Document
