"""What a change is made of: worse answers, or other work and other people."""

from collections.abc import Sequence
from math import exp, floor
from typing import NamedTuple

from labelpulse.charts.text import FigureText
from labelpulse.core import formats
from labelpulse.findings.alarms import Alarm, Watched

_VISIBLE = 0.05
"""Points of a part that has a bar."""
_STRATA = {"batch": "batches", "label": "labels", "annotator": "people"}


class Part(NamedTuple):
    """A part of a change: its name, its size in the unit of the metric, and the size as text."""

    name: str
    value: float
    text: str


def change_parts(alarm: Alarm | None, watched: Watched) -> tuple[list[Part], FigureText] | None:
    """Return how much of a change is quality and how much is mix, with texts; None = not known."""
    if alarm is None or alarm.quality is None or alarm.mix is None:
        return None
    unit = watched.measure.unit
    values = (alarm.quality, alarm.mix)
    whole, *texts = part_texts(values, unit)
    names = ("Each makes", "At work") if unit == "labels/day" else ("Quality", "Mix")
    parts = [Part(*part) for part in zip(names, values, texts, strict=True)]
    title = _title(whole, *texts, unit=unit)
    return parts, FigureText(title, _note(alarm, unit), f"Two bars. {title}.")


def part_texts(parts: Sequence[float], unit: str) -> list[str]:
    r"""Return a change and its parts in words, whose numbers add up.

    Points of a share have a decimal where whole ones would not add up, or leave nothing of a part;
    parts of a time are of its logarithm, and multiply to the whole.

    >>> part_texts([-0.06, -0.02], "share"), part_texts([-20.4, 3.0], "labels/day")[0]
    (['−8\xa0points', '−6\xa0points', '−2\xa0points'], '−17.4\xa0labels a day')
    >>> part_texts([-0.072, -0.004], "share")
    ['−7.6\xa0points', '−7.2\xa0points', '−0.4\xa0points']
    """
    if unit == "s":
        both = [exp(part) - 1 for part in (sum(parts), *parts)]
        return [formats.signed(one, formats.percent(abs(one))) for one in both]
    size = 100 if unit == "share" else 1
    there = [size * part for part in parts]
    if unit == "share":
        digits = 0 if _whole(there) else 1
        return [formats.points(one / size, digits) for one in round_to_sum(there, digits)]
    digits = int(max(abs(one) for one in (sum(there), *there)) < 100)
    texts = [formats.difference(one, digits) for one in round_to_sum(there, digits)]
    return [f"{one} labels a day" for one in texts]


def _whole(parts: Sequence[float]) -> bool:
    """Return whether whole numbers add up, and leave something of each part that a bar shows."""
    seen = [part for part in parts if abs(part) >= _VISIBLE]
    return sum(map(round, parts)) == round(sum(parts)) and all(map(round, seen))


def round_to_sum(parts: Sequence[float], digits: int) -> list[float]:
    """Return a sum and its parts, rounded so that these add up: the largest remainders go up.

    >>> round_to_sum([-7.46, -0.44], 1)
    [-7.9, -7.5, -0.4]
    """
    size = 10**digits
    whole, low = round(sum(parts) * size), [floor(part * size) for part in parts]
    order = sorted(range(len(parts)), key=lambda n: low[n] - parts[n] * size)
    up = order[: whole - sum(low)]
    return [whole / size, *((one + (n in up)) / size for n, one in enumerate(low))]


def _note(alarm: Alarm, unit: str) -> str:
    if unit == "labels/day":
        return (
            "Each makes: because those at work make more or fewer; at work: because there are "
            "more or fewer of them."
        )
    strata = _STRATA.get(alarm.strata) or "work"
    told = (
        f"Mix: because other {strata} came in; quality: what is left when their shares are held "
        "still."
    )
    return formats.sentences(told, "The parts multiply to the whole." if unit == "s" else "")


def _title(whole: str, first: str, second: str, *, unit: str) -> str:
    if unit == "labels/day":
        return (
            f"The days since against eight weeks before: {whole}, of it each makes {first} and "
            f"at work {second}"
        )
    return (
        f"The days since against eight weeks before: {whole}, of it quality {first} and mix "
        f"{second}"
    )
