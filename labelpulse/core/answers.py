"""Convert the cells of a file to canonical answers, by the scale of their control."""

import json
import re
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import Scale

Cell = str | list[str]
"""Text, or a list of texts when the file format has lists."""

DEFAULT_SEPARATOR = "|"
READABLE = (
    Scale.NOMINAL,
    Scale.ORDINAL,
    Scale.INTERVAL,
    Scale.RATIO,
    Scale.SET,
    Scale.TEXT,
    Scale.NUMBER,
)
"""Scales whose answers fit in a cell."""

NUMERIC = frozenset({Scale.INTERVAL, Scale.RATIO, Scale.NUMBER})
"""Scales whose answers are numbers, so that 2.0 equals 2."""

_INTEGER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_FLOAT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)


def clean(text: str) -> str:
    """Return a text trimmed and in NFC; raise SkipRecord when no database can store it."""
    text = text.strip()
    if text.isascii():
        if "\0" in text:
            raise SkipRecord("nul", "a cell holds a NUL character: export the file again")
        return text
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise SkipRecord("bad_encoding", "a cell is not valid Unicode text: save the file as UTF-8")
    return normalize("NFC", text)


def number(text: str) -> int | float:
    """Parse a plain decimal number, as an int when it is whole; raise ValueError otherwise.

    >>> number("2.0"), number("-1.5e1"), number("12")
    (2, -15, 12)
    """
    if _INTEGER.fullmatch(text):
        return int(text)
    if not _FLOAT.fullmatch(text):
        raise ValueError("not a plain decimal number")
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("too large for a number")
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def number_text(value: float) -> str:
    """Return a number as a label, without a decimal point when it is whole.

    >>> number_text(2.0), number_text(-0.5)
    ('2', '-0.5')
    """
    return str(int(value)) if value == int(value) else repr(float(value))


def canonical_label(text: str, scale: Scale) -> str:
    """Return a label as answers on a scale spell it; unchanged when it is not valid on that scale.

    >>> canonical_label(" 1e1", Scale.RATIO), canonical_label("2.0", Scale.NOMINAL)
    ('10', '2.0')
    >>> canonical_label("many", Scale.RATIO)
    'many'
    """
    try:
        text = clean(text)
        return number_text(number(text)) if scale in NUMERIC else text
    except (SkipRecord, ValueError):
        return text


@dataclass(frozen=True, slots=True)
class AnswerReader:
    """Reads the answers of one control in a file.

    Attributes:
        separator: text between the options of a set.
    """

    scale: Scale = Scale.NOMINAL
    separator: str = DEFAULT_SEPARATOR

    def read(self, cell: Cell, field: str) -> Any:
        """Return the canonical value of a cell; None when it is blank.

        A blank cell of a set is None too: only the caller can tell a missing answer from an
        empty selection.

        Args:
            field: the name of the field, for messages.

        Raises:
            SkipRecord: the cell is not a valid answer on this scale.
        """
        if isinstance(cell, list):
            return self._list(cell, field)
        text = clean(cell)
        if not text:
            return None
        if self.scale == Scale.SET:
            return self._set(text)
        if self.scale in NUMERIC:
            return self._number(text, field)
        return " ".join(text.split()) if self.scale == Scale.TEXT else text

    def _number(self, text: str, field: str) -> int | float:
        try:
            return number(text)
        except ValueError:
            raise SkipRecord(
                "bad_number",
                f"the {field} is not a plain decimal number, which scale {self.scale} needs",
            ) from None

    def _set(self, text: str) -> list[str]:
        if text.startswith("[") and text.endswith("]"):
            try:
                listed = json.loads(text)
            except ValueError:
                listed = None
            if isinstance(listed, list) and all(isinstance(option, str) for option in listed):
                return options(listed)
        return options(text.split(self.separator))

    def _list(self, cell: list[str], field: str) -> list[str]:
        if self.scale != Scale.SET:
            raise SkipRecord(
                "unexpected_list", f"the {field} is a list of labels: import it with --scale set"
            )
        return options(cell)


def options(texts: list[str]) -> list[str]:
    """Return the options of a set: cleaned, sorted, without blanks and duplicates."""
    return sorted({option for text in texts if (option := clean(text))})
