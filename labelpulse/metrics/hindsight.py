"""A forecast beside its past and its parts: what it would have said then, and its milestones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from labelpulse.metrics.forecast import WHY, Work

if TYPE_CHECKING:
    from labelpulse.stats.forecast import Finish

BACK = 14
"""Days back of the forecast that today's is compared with."""

MILESTONES = (0.25, 0.5, 0.75, 1.0)
"""Shares of the required labels that are worth a day of their own."""


@dataclass(frozen=True, slots=True)
class Then:
    """What would have been forecast on a past day, from what was known by then.

    Attributes:
        day: the first day that was not over then. remaining: labels missing as it began.
        why: why there was no forecast; "" = there was one.
    """

    day: int
    remaining: int
    end: "Finish"
    why: str = ""


def forecast_then(work: Work, back: int = BACK, came: int = 0) -> Then | None:
    """Return the forecast of so many days ago, by the same rules as today's.

    None where the history does not reach so far back.

    Args:
        came: required labels of the items that came since: they were not known then.
    """
    from labelpulse.stats.forecast import Finish, History, finish, fit

    past, counts = work.history, work.history.counts
    if len(counts) <= back:
        return None
    known = History(past.first, counts[:-back], past.holidays)
    day = past.first + len(known.counts)
    remaining = work.remaining + sum(counts[-back:]) - came
    pace = fit(known)
    if isinstance(pace, str):
        return Then(day, remaining, Finish(reason=pace), WHY[pace])
    end = finish(pace, remaining)
    return Then(day, remaining, end, "" if end.median else WHY[end.reason])


@dataclass(frozen=True, slots=True)
class Milestone:
    """A share of the required labels: the day it was reached, or when it is likely to be.

    Attributes:
        reached: None = not yet, or on a day that is not known.
    """

    share: float
    labels: int
    reached: int | None
    end: "Finish | None" = None


def milestones(
    work: Work, required: int, unknown: int = 0, shares: Sequence[float] = MILESTONES
) -> Iterator[Milestone]:
    """Yield the milestones of a project, the nearest to its beginning first.

    Args:
        required: labels. unknown: labels made on days that are not known: they count from the
            start.
    """
    from labelpulse.stats.forecast import Pace, finish, fit

    pace = fit(work.history)
    done = required - work.remaining
    for share in shares:
        wanted = ceil(share * required)
        if wanted <= done:
            yield Milestone(share, wanted, _reached(work, wanted - unknown))
        elif isinstance(pace, Pace):
            yield Milestone(share, wanted, None, finish(pace, wanted - done))
        else:
            yield Milestone(share, wanted, None)


def _reached(work: Work, wanted: int) -> int | None:
    """Return the day on which so many labels were there; None = before the first known day."""
    if wanted <= 0:
        return None
    made = 0
    for day, count in enumerate(work.history.counts, work.history.first):
        made += count
        if made >= wanted:
            return day
    return None
