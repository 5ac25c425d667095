"""How one subject of a rule stands, period by period: a pure fold over what was judged.

`for` keeps noise from firing, `keep_firing` keeps what fires from flapping. A period is a day with
data, however often it is polled; one that says too little changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Status = Literal["normal", "pending", "firing", "recovering"]
Verdict = Literal["beyond", "between", "within", "unknown", "gone"]
"""between: within the line, but not by the hysteresis; unknown: too little to tell; gone: nothing
came for so long that nobody waits any more."""

EXPIRES = 28
"""Days without data after which nobody waits any longer for a subject: it is as new."""

FIRES: frozenset[Status] = frozenset({"firing", "recovering"})


@dataclass(frozen=True, slots=True)
class Judged:
    """A number against its line.

    Attributes:
        day: ordinal of the period. clear: the whole interval says so, or there is no interval.
        note: what it was held against, in words; "" = the line alone.
        p: chance of as much by chance alone, where many subjects are judged together.
    """

    day: int
    verdict: Verdict
    clear: bool
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    note: str = ""
    p: float | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How many periods beyond the line before it fires, and within it before that is over."""

    periods: int = 1
    keep_firing: int = 0


@dataclass(frozen=True, slots=True)
class Machine:
    """The state after a period.

    Attributes:
        beyond: periods in a row beyond the line; calm: periods since within it, while it fires.
        since: day on which that row began; fired: day on which it fired; last: the newest day on
            which it fired still; day: the newest that was judged. 0 = none.
    """

    status: Status = "normal"
    beyond: int = 0
    calm: int = 0
    since: int = 0
    fired: int = 0
    last: int = 0
    day: int = 0

    @property
    def fires(self) -> bool:
        """True while it fires, also while it recovers."""
        return self.status in FIRES


NEW = Machine()


def step(before: Machine, judged: Judged, patience: Patience) -> Machine:
    """Return the state after one more period.

    >>> at = [Judged(day, "beyond", True) for day in (1, 2, 3)]
    >>> [step(NEW, at[0], Patience(2)).status, fold(NEW, at, Patience(2)).status]
    ['pending', 'firing']
    """
    now = replace(before, day=judged.day)
    if judged.verdict == "unknown":
        return now
    if judged.verdict == "beyond":
        return _beyond(now, judged.day, patience)
    if judged.verdict == "gone" or not now.fires:
        return Machine(day=judged.day)
    if judged.verdict == "between":
        return replace(now, status="firing", calm=0, last=judged.day)
    if now.calm >= patience.keep_firing:
        return Machine(day=judged.day)
    return replace(now, status="recovering", calm=now.calm + 1, last=judged.day)


def _beyond(now: Machine, day: int, patience: Patience) -> Machine:
    if now.fires:
        return replace(now, status="firing", calm=0, last=day)
    row = replace(now, status="pending", beyond=now.beyond + 1, since=now.since or day)
    if row.beyond < patience.periods:
        return row
    return replace(row, status="firing", fired=day, last=day)


def gone(day: int) -> Judged:
    """Return what a day says on which nobody waits any longer."""
    return Judged(day, "gone", clear=True)


def fold(before: Machine, periods: Iterable[Judged], patience: Patience) -> Machine:
    """Return the state after several periods, earliest first."""
    for one in periods:
        before = step(before, one, patience)
    return before


def so_far(before: Machine, judged: Judged, patience: Patience, *, fires: bool) -> Machine:
    """Return the state on a day that is not over: only what is clear moves it.

    A number near its line moves over it with every poll; so nothing fires, and nothing that fires
    is over, before the day is, unless the whole interval says so.

    Args:
        before: after the last day that is over. fires: it fires now, since earlier that day.
    """
    after = step(before, judged, patience)
    if after.fires == fires or judged.clear:
        return after
    if after.fires:  # not clear yet: it waits
        return replace(after, status="pending", fired=0, last=0)
    kept = before if before.fires else replace(after, since=judged.day, fired=judged.day)
    return replace(kept, status="recovering", last=judged.day, day=judged.day)
