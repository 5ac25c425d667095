"""One cell -> the canonical value of an answer, by the scale of its control."""

import json
import re
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import Scale

Cell = str | list[str]
"""Text, or a list of texts where the file itself has lists."""

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
"""Scales whose answers are numbers, so that 2.0 and 2 are one."""

_INTEGER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_FLOAT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)


def clean(text: str) -> str:
    """Return a text trimmed and in NFC; SkipRecord where no database could keep it."""
    text = text.strip()
    if text.isascii():
        if "\0" in text:
            raise SkipRecord("nul", "a cell holds a NUL character: export the file again")
        return text
    if "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise SkipRecord("bad_encoding", "a cell is not valid Unicode text: save the file as UTF-8")
    return normalize("NFC", text)


def number(text: str) -> int | float:
    """Return a plain decimal number, an int where it is whole; ValueError otherwise.

    >>> number("2.0"), number("-1.5e1"), number("12")
    (2, -15, 12)
    """
    if _INTEGER.fullmatch(text):
        return int(text)
    if not _FLOAT.fullmatch(text):
        raise ValueError("no plain decimal number")
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("beyond all numbers")
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def number_text(value: float) -> str:
    """Return a number as a label: whole ones without a point.

    >>> number_text(2.0), number_text(-0.5)
    ('2', '-0.5')
    """
    return str(int(value)) if value == int(value) else repr(float(value))


def spelled(text: str, scale: Scale) -> str:
    """Return a label as it is spelled among the answers on a scale; unchanged where it is odd.

    >>> spelled(" 1e1", Scale.RATIO), spelled("2.0", Scale.NOMINAL), spelled("many", Scale.RATIO)
    ('10', '2.0', 'many')
    """
    try:
        text = clean(text)
        return number_text(number(text)) if scale in NUMERIC else text
    except (SkipRecord, ValueError):
        return text


@dataclass(frozen=True, slots=True)
class AnswerReader:
    """How the answers of a file's control are read.

    Attributes:
        separator: between the options of a set.
    """

    scale: Scale = Scale.NOMINAL
    separator: str = DEFAULT_SEPARATOR

    def read(self, cell: Cell, what: str) -> Any:
        """Return the canonical value of a cell; None = blank.

        A blank cell of a set is None too: whether nothing was asked or nothing chosen, the
        caller knows.

        Args:
            what: the field, for messages.

        Raises:
            SkipRecord: the cell cannot be an answer on this scale.
        """
        if isinstance(cell, list):
            return self._list(cell, what)
        text = clean(cell)
        if not text:
            return None
        if self.scale == Scale.SET:
            return self._set(text)
        if self.scale in NUMERIC:
            return self._number(text, what)
        return " ".join(text.split()) if self.scale == Scale.TEXT else text

    def _number(self, text: str, what: str) -> int | float:
        try:
            return number(text)
        except ValueError:
            raise SkipRecord(
                "bad_number",
                f"the {what} is no plain decimal number, which scale {self.scale} needs",
            ) from None

    def _set(self, text: str) -> list[str]:
        if text.startswith("[") and text.endswith("]"):
            try:
                listed = json.loads(text)
            except ValueError:
                listed = None
            if isinstance(listed, list) and all(isinstance(one, str) for one in listed):
                return options(listed)
        return options(text.split(self.separator))

    def _list(self, cell: list[str], what: str) -> list[str]:
        if self.scale != Scale.SET:
            raise SkipRecord(
                "unexpected_list", f"the {what} is a list of labels: import it with --scale set"
            )
        return options(cell)


def options(texts: list[str]) -> list[str]:
    """Return the options of a set: cleaned, without blanks, sorted, each once."""
    return sorted({text for one in texts if (text := clean(one))})
