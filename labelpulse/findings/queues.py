"""Queues over time: what stands in each stage, which one grows since when, and what would help.

Pure functions on the rows of stage_arrivals, stage_departures and bottleneck.
`of_selection` reads them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from math import ceil
from statistics import median

from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.core.periods import Span
from labelpulse.core.stages import BEGUN_STAGES, NO_AGE, STAGE_TITLES
from labelpulse.findings.assess import holidays, made_by_day, made_by_person
from labelpulse.findings.pace import WINDOW, last_working_days, working_weekdays
from labelpulse.findings.selection import Selection

_DAY = timedelta(days=1)
USUAL = 28
"""Days before a queue grew that tell how large it used to be."""

CLEARED = 10
"""Working days in which a queue that grew is to be worked off, for the advice."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A stage over time.

    Attributes:
        came, left: items by day, of known days. before: items that stood there before the first.
    """

    stage: str
    came: Mapping[date, float]
    left: Mapping[date, float]
    before: float = 0

    def standing(self, span: Span) -> list[float]:
        """Return the items there by the end of each day of a span."""
        moved = {*self.came, *self.left}
        first = min([*moved, span.since])
        days = Span(first, span.until, span.today).days
        net = (self.came.get(day, 0) - self.left.get(day, 0) for day in days)
        return list(accumulate(net, initial=self.before))[1:][-len(span.days) :]

    def mean(self, days: Sequence[date]) -> tuple[float, float] | None:
        """Return how many came and left a day; None without days."""
        if not days:
            return None
        came, left = (sum(one.get(day, 0) for day in days) for one in (self.came, self.left))
        return came / len(days), left / len(days)


@dataclass(frozen=True, slots=True)
class Widening:
    """A queue that grows: the bottleneck, with its day and its size before and now.

    Attributes:
        since: the day on which it began to. usual: its median size in the four weeks before.
        came, left: items a working day since then, of days that are over.
        why: how it is known.
    """

    stage: str
    since: date
    usual: float
    now: float
    came: float
    left: float
    why: str

    @property
    def times(self) -> float | None:
        """How many times its usual size it is; None where it used to be empty."""
        return self.now / self.usual if self.usual else None

    @property
    def grew(self) -> str:
        """How much it grew, in words."""
        if self.times is None or self.usual < 1:
            return f"from none to {formats.count(self.now)}"
        if self.times < 1.5:
            usual, now = formats.count(self.usual), formats.count(self.now)
            return f"from {usual} to {now}"
        return f"×{self.times:.1f}".removesuffix(".0")

    @property
    def day(self) -> str:
        """The day on which it began to, in words."""
        return formats.day_month(self.since)

    @property
    def text(self) -> str:
        """The finding, without a full stop."""
        return (
            f"{STAGE_TITLES[self.stage]} has grown {self.grew} since {self.day}: in "
            f"{formats.rate(self.came)}, out {formats.rate(self.left)} a day"
        )


def queues(came: Iterable[Row], left: Iterable[Row]) -> dict[str, Queue]:
    """Return the queues by stage.

    Args:
        came, left: of ``stage_arrivals`` and ``stage_departures`` by stage and day; rows of an
            unknown day count from the start.
    """
    into, out = _by_stage(came), _by_stage(left)
    return {
        stage: Queue(
            stage,
            {day: n for day, n in into.get(stage, {}).items() if day},
            {day: n for day, n in out.get(stage, {}).items() if day},
            into.get(stage, {}).get(None, 0) - out.get(stage, {}).get(None, 0),
        )
        for stage in STAGE_TITLES
        if stage in into or stage in out
    }


def _by_stage(rows: Iterable[Row]) -> dict[str, dict[date | None, float]]:
    found: dict[str, dict[date | None, float]] = {}
    for row in rows:
        day = date.fromisoformat(row["day"]) if row["day"] else None
        found.setdefault(row["stage"], {})[day] = row["value"] or 0
    return found


def widening(
    bottleneck: Row | None, known: Mapping[str, Queue], days: Sequence[date]
) -> Widening | None:
    """Return the queue that grows, where one surely does.

    Args:
        bottleneck: of that metric: value = stage, growing, since, queue, why.
        days: the working days that are over, in any order.
    """
    if bottleneck is None or not bottleneck["growing"] or not bottleneck["since"]:
        return None
    queue = known.get(bottleneck["value"])
    since = date.fromisoformat(bottleneck["since"])
    rates = None if queue is None else queue.mean([day for day in days if day >= since])
    if queue is None or rates is None:
        return None
    usual = median(queue.standing(Span(since - USUAL * _DAY, since - _DAY, since)))
    return Widening(queue.stage, since, usual, bottleneck["queue"], *rates, bottleneck["why"])


def advice(grown: Widening, each: float | None) -> str:
    """Return what to do about a queue that grows, and what that is expected to bring.

    Args:
        each: labels of the median person a working day; None = not known.
    """
    step = _STEPS.get(grown.stage, "Give it more people, oldest items first")
    missing = max(grown.came - grown.left, 0)
    if missing <= 0:
        return f"{step}."
    if not each:
        return f"{step}: {formats.rate(missing)} more a day stop the growth."
    clear = missing + max(grown.now - grown.usual, 0) / CLEARED
    people = formats.count_of(ceil(missing / each), "person", "people")
    return (
        f"{step}: {formats.rate(missing)} more a day stop the growth, about {people} at the "
        f"median of {formats.rate(each)} a day; {formats.count(ceil(clear / each))} also clear "
        f"it in {CLEARED} working days."
    )


_STEPS = {
    "waiting": "Point more people at first labels",
    "started": "Ask who opened items and left them open",
    "waiting_for_labels": "Point people at second labels before new items",
    "review": "Give reviewers time, oldest items first",
}


def usual_person(
    made: Mapping[str, Mapping[date, float]], days: Sequence[date]
) -> tuple[float, float, float] | None:
    """Return low, middle and high labels a working day of the people at work on some days.

    Low and high leave out a tenth of the people on each side; None where nobody was at work.
    """
    rates = sorted(
        n / len(days) for own in made.values() if (n := sum(own.get(day, 0) for day in days))
    )
    if not rates:
        return None
    edge = len(rates) // 10
    return rates[edge], median(rates), rates[-1 - edge]


@dataclass(frozen=True, slots=True)
class Flowing:
    """All queues of a project, and the one that grows.

    Attributes:
        days: the working days of means a day, newest first.
        each: labels of the median person on one of the last working days.
    """

    queues: Mapping[str, Queue]
    grown: Widening | None
    days: Sequence[date]
    each: float | None

    def begun(self, span: Span) -> float:
        """Return how many items at most were begun and not done, at the end of any day."""
        open_ = [self.queues[one].standing(span) for one in BEGUN_STAGES if one in self.queues]
        return max(map(sum, zip(*open_, strict=True)), default=0)

    @property
    def moves(self) -> dict[str, tuple[float, float]]:
        """Items that came and left a working day, by stage."""
        means = {stage: queue.mean(self.days) for stage, queue in self.queues.items()}
        return {stage: one for stage, one in means.items() if one is not None}

    @property
    def advice(self) -> str:
        """What to do about the queue that grows; "" = none does."""
        return "" if self.grown is None else advice(self.grown, self.each)


def of_selection(selection: Selection) -> Flowing:
    """Return the queues of a selection's project."""
    whole = (None, None)
    came = selection.rows("stage_arrivals", "stage", "day", days=whole)
    left = selection.rows("stage_departures", "stage", "day", days=whole)
    known = queues(came, left)
    weekdays = working_weekdays(made_by_day(selection), selection.span.today)
    days = last_working_days(selection.span.today, 5 * WINDOW, weekdays, holidays(selection))
    grown = None if selection.file else widening(selection.one("bottleneck"), known, days)
    usual = usual_person(made_by_person(selection), days[:WINDOW])
    lately = mean_days(days, grown)
    return Flowing(known, grown, lately, None if usual is None else usual[1])


def mean_days(days: Sequence[date], grown: Widening | None) -> Sequence[date]:
    """Return the working days that all means a day are of: since a queue grew, else the last ten.

    Args:
        days: those that are over, newest first.
    """
    return days[:WINDOW] if grown is None else [day for day in days if day >= grown.since]


def stage_rows(
    selection: Selection, flowing: Flowing, name: Callable[[str], str] = STAGE_TITLES.__getitem__
) -> list[dict[str, object]]:
    """Return a table of stages: items, ages, what comes and leaves a day, and four weeks of it."""
    middle, late = (_ages(selection, metric) for metric in ("stage_age_p50", "stage_age_p85"))
    until = selection.span.until
    weeks = Span(until - (USUAL - 1) * _DAY, until, selection.span.today)
    rows = []
    for row in selection.rows("stage_items", "stage"):
        stage = row["stage"]
        came, left = flowing.moves.get(stage, (None, None))
        queue = flowing.queues.get(stage)
        rows.append(
            {
                "Stage": name(stage),
                "Items": row["value"],
                "Four weeks": [] if queue is None else queue.standing(weeks),
                "In a day": came,
                "Out a day": left,
                "Median age": formats.age(middle.get(stage, {}).get("value")),
                "85 % are younger than": formats.age(late.get(stage, {}).get("value")),
                "Note": NO_AGE if stage == "blocked" else late.get(stage, {}).get("note") or "",
            }
        )
    return rows


def _ages(selection: Selection, metric: str) -> Mapping[str, Row]:
    return {row["stage"]: row for row in selection.rows(metric, "stage")}
