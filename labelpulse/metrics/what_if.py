"""What-if: the finish date with other people, another overlap, or more review."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelpulse.core.errors import UsageError
from labelpulse.core.formats import percent, plural
from labelpulse.metrics.base import Group, Need
from labelpulse.metrics.throughput import SUBMITTED

if TYPE_CHECKING:
    from labelpulse.stats.forecast import Pace

NEEDS = Need("item_needs", ("answered",))
MADE = Need("activity", ("day", "annotator_id"), only=(("event", (SUBMITTED,)),))
PEOPLE, OVERLAP, REVIEW = "people", "overlap", "review"
KNOWN = f"{PEOPLE}=+2, {OVERLAP}=3 or {REVIEW}=0.2"
MOST_PEOPLE, MOST_LABELS = 1000, 100
"""More than these no team plans with: a slip of the keyboard, and no date worth the name."""


def check_what_if(supposed: Iterable[tuple[str, float]]) -> None:
    """Raise a UsageError where something cannot be supposed."""
    seen = set()
    for key, value in supposed:
        if key in seen:
            raise UsageError(f"what_if has {key} twice: leave one out")
        seen.add(key)
        if key not in (PEOPLE, OVERLAP, REVIEW):
            raise UsageError(f"there is no what_if {key!r}: use {KNOWN}")
        if key == PEOPLE and abs(value) > MOST_PEOPLE:
            raise UsageError(f"people is how many more or fewer, at most {MOST_PEOPLE:,} of them")
        if key == OVERLAP and value > MOST_LABELS:
            raise UsageError(f"overlap is a number of labels an item, at most {MOST_LABELS}")
        if key == OVERLAP and not (value.is_integer() and value >= 1):
            raise UsageError("overlap is a whole number of labels an item, 1 or more")
        if key == REVIEW and not 0 <= value <= 1:
            raise UsageError("review is a share of the labels, 0 to 1")


@dataclass(frozen=True, slots=True)
class Supposed:
    """What a query supposes.

    Attributes:
        factor: of every day's labels.
        note: the assumptions in words; "" = nothing is supposed.
        why: why that cannot be told; "" = it can.
    """

    factor: float = 1.0
    note: str = ""
    why: str = ""


def remaining(group: Group, now: int, today: int) -> int:
    """Return the labels missing when the present day began, with the overlap supposed.

    Args:
        now: what is missing with the present need.
        today: labels made on the present day.
    """
    from labelpulse.stats.what_if import remaining_at_overlap

    overlap = group.ask.what_if.get(OVERLAP)
    if overlap is None:
        return now
    items = {has: values[0] for (has,), values in group.sums(NEEDS).items()}
    missing = remaining_at_overlap(items, int(overlap))
    return missing + today if missing else 0


def suppose(group: Group, pace: "Pace") -> Supposed:
    """Return what a query supposes of the pace."""
    from labelpulse.stats.what_if import median_rate, with_people, with_review

    asked, factor, notes = group.ask.what_if, 1.0, []
    if OVERLAP in asked:
        labels = plural(int(asked[OVERLAP]), "label", "labels")
        notes.append(f"{labels} an item")
    if PEOPLE in asked:
        nobody = group.unknown()
        made = {key: n for key, (n,) in group.sums(MADE).items() if key[1] not in nobody}
        found = median_rate(made, pace.start, pace)
        if found is None:
            return Supposed(why="nobody known was at work in the last 28 days")
        rate, people = found
        factor *= with_people(pace, asked[PEOPLE], rate)
        noun = "person" if abs(asked[PEOPLE]) == 1 else "people"
        notes.append(
            f"{asked[PEOPLE]:+g} {noun} at {rate:.3g} labels a working day, the median of "
            f"{plural(people, 'person', 'people')} in the last 28 days"
        )
    if REVIEW in asked:
        factor *= with_review(asked[REVIEW])
        review = (
            f"a further {percent(asked[REVIEW], gap=' ')} of labels reviewed by the same "
            "people, a review taken to last as long as a label"
        )
        notes.append(review)
    told = f"what if: {', '.join(notes)}"
    return Supposed(factor, told if notes else "")
