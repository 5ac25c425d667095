"""Strict JSON, and arrays of any size read one element at a time with flat memory.

Strict means: no NaN or Infinity, no key twice in an object, no endless integer, no deep nesting.
An element that breaks these rules is still JSON, so the elements after it can be read: it comes
out as `Flawed`. Text that is no JSON at all refuses the whole file, since a file that breaks off
may be half written.
"""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from labelpulse.core.errors import FileRefused, SkipRecord
from labelpulse.ingest.plain_json import MAX_DEPTH, ODD, RUNS, plain, plain_run

MAX_ELEMENT = 64 * 1024 * 1024
"""Characters; a longer element means that the file is broken or no list of records."""

TOO_DEEP = ("too_deep", f"it is nested more than {MAX_DEPTH} deep")
MAX_EXCERPT = 4000
BLOCK = 4 * 1024 * 1024
FEW, MANY = 8, 4096
"""Elements between two looks for a run, where none was found."""
_MARGIN = 16  # an error this near the end of the text read so far may only be its end
_SPACE = re.compile(r"[ \t\n\r]*")
_STRUCTURE = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Flawed:
    """An element that is JSON but breaks a rule.

    Attributes:
        reason: ``not_a_number``, ``duplicate_key``, ``long_integer`` or ``too_deep``.
        detail: a sentence without content of the element.
        excerpt: the beginning of its text.
    """

    reason: str
    detail: str
    excerpt: str


class StrictDecoder:
    """Decodes one JSON value and notes the first rule that it breaks in `flaw`."""

    def __init__(self) -> None:
        self.flaw: tuple[str, str] | None = None
        self._quick = json.JSONDecoder(
            object_pairs_hook=self._object, parse_constant=self._constant
        )
        self._patient = json.JSONDecoder(
            object_pairs_hook=self._object, parse_constant=self._constant, parse_int=self._integer
        )

    def decode(self, text: str, at: int = 0) -> tuple[Any, int]:
        """Return the value that begins at a place, and the place behind it.

        Raises:
            json.JSONDecodeError: it is no JSON, or ends too early.
            RecursionError: it is nested deeper than this machine can follow.
        """
        self.flaw = None
        try:
            value, end = self._quick.raw_decode(text, at)
        except json.JSONDecodeError:
            raise
        except ValueError:  # an integer of thousands of digits
            self.flaw = None
            value, end = self._patient.raw_decode(text, at)
        if _is_deep(value):
            self._note(*TOO_DEEP)
        return value, end

    def _note(self, reason: str, detail: str) -> None:
        self.flaw = self.flaw or (reason, detail)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            self._note("duplicate_key", "an object in it has the same key twice")
        return found

    def _constant(self, word: str) -> None:
        self._note("not_a_number", f"it holds {word}, which is no number in JSON")

    def _integer(self, digits: str) -> int:
        try:
            return int(digits)
        except ValueError:
            self._note("long_integer", f"it holds an integer of {len(digits):,} digits")
            return 0


def _is_deep(value: Any) -> bool:
    """True when containers stand in each other more than `MAX_DEPTH` deep."""
    level: list[Any] = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        if not level:
            return False
        level = [
            child
            for node in level
            for child in (node.values() if type(node) is dict else node)
            if type(child) is dict or type(child) is list
        ]
    return bool(level)


def loads(text: str) -> Any:
    """Return the JSON value that a text is.

    Raises:
        SkipRecord: it is no JSON, or breaks a rule of this module; the reason says which.
    """
    if (found := plain(text)) is not ODD:
        return found
    decoder = StrictDecoder()
    try:
        value, end = decoder.decode(text, _space(text, 0))
    except json.JSONDecodeError:
        raise SkipRecord("bad_json", "it is no JSON") from None
    except RecursionError:
        raise SkipRecord(*TOO_DEEP) from None
    if _space(text, end) != len(text):
        raise SkipRecord("bad_json", "it is no JSON: something stands behind its end")
    if decoder.flaw:
        raise SkipRecord(*decoder.flaw)
    return value


def _space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def stream_json_array(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield (index, element) of a JSON array in a file, one element in memory at a time.

    An element is a plain value, or `Flawed`. Memory is bounded by the largest element and 4 MiB.

    Raises:
        FileRefused: no such file, not UTF-8, no array, or not well-formed to its end. It is raised
            where reading gets to, so what was yielded before must not be kept.
    """
    try:
        with path.open("rb") as file:
            yield from _elements(_Window(file, path.name))
    except OSError as error:
        raise FileRefused(
            f"{path.name} cannot be read ({error.strerror or type(error).__name__}): "
            "check the path and its permissions"
        ) from None


def stream_json_object(path: Path) -> Iterator[tuple[str, int, Any]]:
    """Yield (key, index, element) of the arrays in the JSON object that a file is.

    Of what is no array comes (key, -1, value). Memory and errors are those of `stream_json_array`.
    """
    try:
        with path.open("rb") as file:
            yield from _members(_Window(file, path.name))
    except OSError as error:
        raise FileRefused(
            f"{path.name} cannot be read ({error.strerror or type(error).__name__}): "
            "check the path and its permissions"
        ) from None


def _elements(window: "_Window") -> Iterator[tuple[int, Any]]:
    first = window.peek()
    if first != "[":
        kind = "is empty" if not first else "holds no list of records (JSON that begins with [)"
        raise window.refused(kind)
    yield from enumerate(_values(window))
    if window.peek():
        raise window.refused("goes on behind the end of its list")


def _values(window: "_Window") -> Iterator[Any]:
    for _ in _listed(window, "]"):
        yield window.element()
        while run := window.run():
            yield from run


def _members(window: "_Window") -> Iterator[tuple[str, int, Any]]:
    if window.peek() != "{":
        raise window.refused("is no JSON object (text that begins with {)")
    told: set[str] = set()
    for _ in _listed(window, "}"):
        key = window.element() if window.peek() == '"' else None
        if not isinstance(key, str) or window.peek() != ":":
            raise window.broken() if window.peek() else window.cut()
        window.step()
        if key in told:
            raise window.refused("has the same key twice")
        told.add(key)
        if window.peek() == "[":
            for index, value in enumerate(_values(window)):
                yield key, index, value
        else:
            yield key, -1, window.element()
    if window.peek():
        raise window.refused("goes on behind the end of its object")


def _listed(window: "_Window", close: str) -> Iterator[None]:
    """Stop before each element of an array or object that begins here, up to and with its end."""
    window.step()
    if window.peek() == close:
        window.step()
        return
    while True:
        yield
        sign = window.peek()
        window.step()
        if sign == close:
            return
        if sign != ",":
            raise window.broken() if sign else window.cut()


class _Window:
    """The part of a file's text that is being decoded."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self._text = ""
        self._at = 0
        self._gone = 0  # characters before the window
        self._over = False
        self._wait = self._waited = 0  # elements without a look for a run; the last such wait
        self._bytes = codecs.getincrementaldecoder("utf-8-sig")()
        self._decoder = StrictDecoder()

    def refused(self, why: str) -> FileRefused:
        return FileRefused(f"{self._name} {why}: nothing of it was loaded")

    def cut(self) -> FileRefused:
        return self.refused("ends too early, as if it were half written")

    def broken(self) -> FileRefused:
        return self.refused(f"is no JSON at character {self._gone + self._at:,}")

    def peek(self) -> str:
        """The next character that is no space; "" at the end."""
        while True:
            self._at = _space(self._text, self._at)
            if self._at < len(self._text) or self._over:
                return self._text[self._at : self._at + 1]
            self._more(BLOCK)

    def step(self) -> None:
        self._at += 1

    def run(self) -> list[Any]:
        """The elements that follow, behind their commas, where they are nothing odd; else none."""
        if self._wait:
            self._wait -= 1
            return []
        if len(self._text) - self._at < RUNS[-1] and not self._over:
            self._more(BLOCK)
        found = plain_run(self._text, self._at)
        if found is None:
            self._wait = self._waited = min(2 * self._waited + FEW, MANY)
            return []
        values, self._at = found
        self._waited = 0
        return values

    def element(self) -> Any:
        """The value that begins here."""
        self.peek()
        size = BLOCK
        while (found := self._decode()) is None:
            if len(self._text) - self._at > MAX_ELEMENT:
                raise self.refused(f"has a record of more than {MAX_ELEMENT:,} characters")
            self._more(size)
            size *= 2  # so that one huge element is not decoded over and over
        value, end = found
        flaw, start = self._decoder.flaw, self._at
        self._at = end
        if flaw is None:
            return value
        return Flawed(*flaw, self._text[start : min(end, start + MAX_EXCERPT)])

    def _decode(self) -> tuple[Any, int] | None:
        """The value here and where it ends; None when more of the file may be needed."""
        try:
            value, end = self._decoder.decode(self._text, self._at)
        except json.JSONDecodeError as error:
            if not self._may_be_the_end(error):
                self._at = error.pos
                raise self.broken() from None
            if self._over:
                raise self.cut() from None
            return None
        except RecursionError:
            return self._passed_over()
        # A number may go on behind the window, as ``1`` does in ``1.5e+3``.
        return (value, end) if end + _MARGIN <= len(self._text) or self._over else None

    def _passed_over(self) -> tuple[Any, int] | None:
        """What is nested too deep to be decoded, as a flaw; its brackets tell where it ends."""
        self._decoder.flaw = TOO_DEEP
        depth = 0
        for found in _STRUCTURE.finditer(self._text, self._at):
            sign = found[0]
            if sign[0] == '"':
                if found.end() == len(self._text):
                    break  # it may go on behind the window
                continue
            depth += 1 if sign in "[{" else -1
            if depth == 0:
                return None, found.end()
        if self._over:
            raise self.refused("is nested too deep to be read")
        return None

    def _may_be_the_end(self, error: json.JSONDecodeError) -> bool:
        margin = 0 if self._over else _MARGIN
        near = error.pos >= len(self._text.rstrip()) - margin
        return near or error.msg.startswith("Unterminated string")

    def _more(self, size: int) -> None:
        block = self._file.read(size)
        self._over = len(block) < size
        if not self._gone and not self._text and block[:2] in _UTF16:
            raise self.refused("is UTF-16: save it as UTF-8")
        try:
            fresh = self._bytes.decode(block, final=self._over)
        except UnicodeDecodeError:
            raise self.refused("is not UTF-8 text") from None
        self._gone += self._at
        self._text = self._text[self._at :] + fresh
        self._at = 0
