"""What was planted in Street, with the numbers to expect, in plain lines of their own."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from labelpulse.demo import street
from labelpulse.demo.drawing import Drawing
from labelpulse.demo.ends import likely_end
from labelpulse.demo.planted import Number, Planted
from labelpulse.demo.street import NIGHT_FROM, Box
from labelpulse.demo.street_story import StreetPlan

EARLY_DAYS = 16
"""The deadline is so many days after the likely end."""
_SAME_PLACE = 0.5


def planted_in_street(plan: StreetPlan, acts: Sequence[Drawing]) -> tuple[Planted, ...]:
    """Return the harder night."""
    when = plan.dates
    expected: dict[str, Number] = {"batch": f"upload {street.UPLOADS[2]}"}
    for name, since, until in (
        ("before", when.night - timedelta(days=28), when.night),
        ("after", when.night, when.today + timedelta(days=1)),
    ):
        told = [act for act in acts if act.boxes is not None]
        shared = [two for two in _twice(told) if since <= two[1].at.date() < until]
        by_day = [two for two in shared if two[0].n <= NIGHT_FROM]
        expected |= {
            f"match_f1_{name}": _f1(shared),
            f"match_f1_{name}_by_day": _f1(by_day),
            f"n_{name}": len(shared),
        }
    return (
        Planted(
            *("harder night batch", when.night.isoformat(), (), None, (), expected),
            pages=("drift",),
            cause="mix",
            project=street.PROJECT_TITLE,
        ),
    )


def street_end(plan: StreetPlan, acts: Sequence[Drawing]) -> date:
    """Return the day on which the last place is likely to be filled."""
    done = (act.at.date() for act in acts if act.boxes is not None)
    return likely_end(plan.dates, done, plan.required)


def _twice(acts: Iterable[Drawing]) -> list[tuple[Drawing, Drawing]]:
    """Return the two answers of each picture that has two."""
    by_picture: dict[int, list[Drawing]] = defaultdict(list)
    for act in acts:
        by_picture[act.n].append(act)
    return [(given[0], given[1]) for given in by_picture.values() if len(given) > 1]


def _f1(pairs: Iterable[tuple[Drawing, Drawing]]) -> float:
    """Return twice the boxes that match, over all; those that are there lie apart."""
    matches = boxes = 0
    for a, b in pairs:
        ours, theirs = a.boxes or (), b.boxes or ()
        boxes += len(ours) + len(theirs)
        matches += sum(
            any(x.label == y.label and _iou(x, y) >= _SAME_PLACE for y in theirs) for x in ours
        )
    return 2 * matches / max(1, boxes)


def _iou(a: Box, b: Box) -> float:
    wide = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    high = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    both = max(0.0, wide) * max(0.0, high)
    return both / (a.width * a.height + b.width * b.height - both)
