"""JSON in which nothing is odd, decoded at a stroke; what may be odd is left to `parse`.

A decoder in Rust does not tell of keys that stand twice and of deep nesting, so what it made is
counted against the text: as many keys as signs of keys, and no more than `MAX_DEPTH` levels. The
count errs to one side only: it can call odd what is not.
"""

import re
from typing import Any, Final

from pydantic_core import from_json

MAX_DEPTH = 64
RUNS = (64 * 1024, 1024 * 1024)
"""Characters taken at a stroke; longer runs would be too many objects at a time."""
TAIL = 8 * 1024
TRIES = 3

ODD: Final = object()
"""What is returned in the place of a value that may break a rule."""

_KEY = '":'
_APART = re.compile(r'"[ \t\n\r]+:')
_BLANK = r"[ \t\n\r]*"  # not all that Python takes for a space is one in JSON
_PLAIN = r'(?:"[^"\\]*"|[^\s"{}\[\],]+)'
# A comma, the next element's first key and, behind a plain value, its second one.
_HEAD = re.compile(
    rf'({_BLANK},{_BLANK})\{{({_BLANK})"([^"\\]*)"({_BLANK}:{_BLANK})'
    rf'(?:{_PLAIN}({_BLANK},{_BLANK})"([^"\\]*)"{_BLANK}:)?'
)


def plain(text: str) -> Any:
    r"""Return the value that a JSON text is, or `ODD` where it may break a rule of `parse`.

    >>> plain('{"a": [1, 2.5]}')
    {'a': [1, 2.5]}
    >>> [plain(one) is ODD for one in ('{"a": 1, "a": 2}', "NaN", "[1", r'"\ud800"', '"\udc80"')]
    [True, True, True, True, True]
    """
    try:
        value = from_json(text, allow_inf_nan=False, cache_strings="keys")
    except (TypeError, ValueError, RecursionError):  # a lone surrogate makes the text no str to it
        return ODD
    if not isinstance(value, dict | list):
        return value
    if _keys(value) != text.count(_KEY) or _APART.search(text):
        return ODD
    return value


def _keys(value: Any) -> int | None:
    """Return how many keys the objects in a value have; None where it is nested too deep."""
    keys, level = 0, [value]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for node in level:
            children = node
            if type(node) is dict:
                keys += len(node)
                children = node.values()
            for child in children:
                if type(child) is dict or type(child) is list:
                    below.append(child)  # noqa: PERF401 - a quarter faster so
        if not below:
            return keys
        level = below
    return None


def plain_run(text: str, at: int) -> tuple[list[Any], int] | None:
    """Return elements of a list from the comma before them on, and the place behind the last.

    None = no whole run of objects was found there. Where an element ends is guessed by how the
    next one begins, and proved: what was cut elsewhere than between two elements is no list.

    >>> plain_run('[{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4}]', 10)
    ([{'id': 2}, {'id': 3}], 32)
    """
    head = _HEAD.match(text, at)
    if head is None:
        return None
    ends = _ends(head)
    for size in RUNS:
        stop = min(at + size, len(text))
        places = _cuts(ends, text, max(at, stop - TAIL), stop) or _cuts(ends, text, at, stop)
        for cut in places:
            found = plain(f"[{text[head.end(1) : cut]}]")
            if found is not ODD:
                return found, cut
        if places or stop == len(text):
            break
    return None


def _ends(head: "re.Match[str]") -> "re.Pattern[str]":
    """Return what ends an element: the same signs before the same keys as in the next one."""
    comma, space, key, colon, second_comma, second = map(re.escape, head.groups(""))
    then = f'{_PLAIN}{second_comma}"{second}"' if head[6] is not None else ""
    return re.compile(rf'\}}{comma}(?=\{{{space}"{key}"{colon}{then})')


def _cuts(ends: "re.Pattern[str]", text: str, start: int, stop: int) -> list[int]:
    """Return the last few places where an element may end, the last one first."""
    places = [one.start() + 1 for one in ends.finditer(text, start, stop)]
    return places[: -TRIES - 1 : -1]
