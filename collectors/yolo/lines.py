"""The lines of a text file of YOLO's -> the objects on its picture, all in shares of it.

=====================  ========================================================================
box                    class, middle x, middle y, width, height
outline                class, x, y, x, y, x, y, …: three points or more
pose                   class, box, then each keypoint's x, y and, of three numbers, whether seen
=====================  ========================================================================
"""

from collections.abc import Sequence
from pathlib import Path

from collectors.yolo.classes import Classes
from labelpulse.core.answers import number
from labelpulse.core.errors import SkipRecord
from labelpulse.ingest.known import Picture as Known
from labelpulse.ingest.shapes import Picture, pairs

LARGEST = 16 * 1024 * 1024
BEYOND = 0.01
"""How far a place may lie outside of its picture: tools round."""

_BOX, _SCORED, _FEWEST = 4, 5, 6
_SHARES = Picture()


def read_lines(path: Path, classes: Classes) -> Known:
    """Return what a file says of its picture; an empty file says that nothing is there.

    Raises:
        SkipRecord: a line in it is none; the picture cannot be known without it.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise SkipRecord("too_large", "it is larger than 16 MiB")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SkipRecord("unreadable", f"it cannot be read ({type(error).__name__})") from None
    known = Known()
    for at, line in enumerate(text.splitlines(), 1):
        if words := line.split():
            try:
                _add(words, classes, known)
            except SkipRecord as error:
                raise SkipRecord(error.reason, f"line {at}: {error}") from None
    return known


def _add(words: Sequence[str], classes: Classes, known: Known) -> None:
    try:
        of, *places = [number(one) for one in words]
    except ValueError:
        raise SkipRecord("bad_value", "it holds what is no number") from None
    if not isinstance(of, int) or of < 0:
        raise SkipRecord("bad_class", "it does not begin with the number of a class")
    label = classes.label(of)
    if classes.points and len(places) == _BOX + classes.points * classes.per_point:
        _box(places[:_BOX], label, known)
        _pose(places[_BOX:], label, classes.per_point, known)
    elif len(places) == _BOX:
        _box(places, label, known)
    elif len(places) == _SCORED:
        raise SkipRecord("has_score", "it ends in a score, as a model's answers do, not known ones")
    elif len(places) >= _FEWEST and len(places) % 2 == 0:
        known.add("shapes", _SHARES.polygon([pairs(_inside(places))], label), label)
    else:
        raise SkipRecord("bad_line", "it has neither the numbers of a box nor those of an outline")


def _box(places: Sequence[float], label: str, known: Known) -> None:
    x, y, width, height = _inside(places)
    known.add("boxes", _SHARES.box(x - width / 2, y - height / 2, width, height, label), label)


def _pose(places: Sequence[float], label: str, per: int, known: Known) -> None:
    for at in range(0, len(places), per):
        x, y, *seen = places[at : at + per]
        if seen[0] if seen else x or y:  # without a third number, 0 0 is not labeled
            _inside((x, y))
            known.add("keypoints", _SHARES.point(x, y, f"{label} {at // per + 1}"), label)


def _inside(places: Sequence[float]) -> Sequence[float]:
    if not all(-BEYOND <= one <= 1 + BEYOND for one in places):
        raise SkipRecord(
            "not_relative", "a place in it is no share of the picture between 0 and 1, as of pixels"
        )
    return places
