"""COCO's run lengths, which go down the columns -> ours, which go along the rows."""

import re
from collections.abc import Sequence
from typing import Any

from labelpulse.core.errors import SkipRecord

MAX_PIXELS = 50_000_000
_RUNS = re.compile(rb"\x00+|\x01+")
_FIRST, _PIECE, _MORE, _SIGN = 48, 0x1F, 0x20, 0x10
_LONGEST = 40  # bits: a number that never ends would take time with the square of its length


def unpacked(text: str) -> list[int]:
    """Return the run lengths that a text stands for.

    Each number is in pieces of five bits, the least first, from the sign "0" on; a sixth bit says
    that another piece follows, and the topmost bit of the last piece that the number is negative.
    From the fourth on a number is the difference to the one before the last.

    >>> unpacked("5234"), unpacked("X1")
    ([5, 2, 3, 6], [40])
    """
    found: list[int] = []
    value = shift = 0
    for sign in text:
        piece = ord(sign) - _FIRST
        if not 0 <= piece < 2 * _MORE:
            raise SkipRecord("bad_value", "the runs of a mask in it are no such text")
        value |= (piece & _PIECE) << shift
        shift += 5
        if shift > _LONGEST:
            raise SkipRecord("bad_value", "the runs of a mask in it are longer than any picture")
        if piece & _MORE:
            continue
        if piece & _SIGN:
            value -= 1 << shift
        found.append(value + (found[-2] if len(found) > 2 else 0))
        value = shift = 0
    if shift:
        raise SkipRecord("bad_value", "the runs of a mask in it break off")
    return found


def by_rows(runs: Sequence[Any], width: int, height: int) -> list[int]:
    """Return runs down the columns as runs along the rows; both begin with what is outside.

    >>> by_rows([1, 2, 1], 2, 2)
    [1, 2, 1]
    """
    if not all(type(one) is int and one >= 0 for one in runs) or sum(runs) != width * height:
        raise SkipRecord("bad_value", "the runs of a mask in it do not fill its picture")
    if width * height > MAX_PIXELS:
        raise SkipRecord("too_large", f"a mask in it has more than {MAX_PIXELS:,} pixels")
    columns = b"".join(bytes((at % 2,)) * run for at, run in enumerate(runs))
    rows = b"".join(columns[row::height] for row in range(height))
    found = [match.end() - match.start() for match in _RUNS.finditer(rows)]
    return found if not rows or rows[0] == 0 else [0, *found]
