"""Needs attention: what to look at first, each with since when, how sure, who and what to do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Literal

from labelpulse.core import formats
from labelpulse.core.forecast import Forecast
from labelpulse.core.pseudonyms import UNKNOWN
from labelpulse.core.queue import Reason
from labelpulse.core.stages import STAGE_TITLES
from labelpulse.findings.alarms import ODD, PACE_CAUSES, Alarm, cause_text
from labelpulse.findings.pace import NO_HOLIDAYS, last_working_days, working_days_between

Weight = Literal["red", "orange", "gray"]
Topic = Literal["time", "quality", "data"]
ORDER: Mapping[Weight, int] = {"red": 0, "orange": 1, "gray": 2}
"""The most urgent first."""

SILENT_DAYS = 3
AT_WORK = 3
"""Different days with labels, within `_FOUR_WEEKS`, that make somebody one of those at work."""

NOBODY: Mapping[str, date] = MappingProxyType({})

_FOUR_WEEKS = timedelta(weeks=4)
OLD_QUEUE_S = 3 * 86_400
QUEUE_ITEMS = 20


@dataclass(frozen=True, slots=True)
class Items:
    """Which items a finding is about, as the page of items chooses them; None = whichever.

    Attributes:
        person: by pseudonym, for addresses hold no names. since: answered on or after this day.
        stage: in which they stand now.
    """

    pair: tuple[str, str] | None = None
    batch: str | None = None
    person: str | None = None
    reason: Reason | None = None
    since: date | None = None
    stage: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that somebody should look at.

    Attributes:
        what: plain text, may hold names. since: when it began, "" = unknown.
        sure: what it rests on. who: whom it is about, "" = nobody in particular: then `detail` says
            for whom it is. do: the next step.
        page: where to look. topic: what kind of thing it is about, for whom it leads.
        items: those to look at; None = it is about no items in particular.
        metric: whose number it is about; "" = of several, or of single people.
    """

    weight: Weight
    what: str
    since: str
    sure: str
    do: str
    who: str = ""
    page: str = ""
    topic: Topic = "data"
    items: Items | None = None
    metric: str = ""

    @property
    def detail(self) -> str:
        """Since when, who, how sure, in a line."""
        who = self.who or _FOR[self.topic]
        return " · ".join(part for part in (self.since, who, self.sure) if part)


_FOR: Mapping[Topic, str] = {
    "time": "for project managers",
    "quality": "for quality leads",
    "data": "for operators",
}
"""Whose task it is to act on what is about nobody in particular."""


def on_quality(found: Sequence[Finding]) -> list[Finding]:
    """Return what a quality lead's page and report list: all but what is of time alone."""
    return [one for one in found if one.topic != "time"]


def silent_people(
    made: Mapping[str, Mapping[date, float]],
    today: date,
    weekdays: frozenset[int],
    holidays: frozenset[date] = NO_HOLIDAYS,
) -> list[Finding]:
    """Return who stopped: at work in the four weeks before, nothing on the last working days.

    At work is who made labels on at least `AT_WORK` different days of the four weeks up to their
    last one: who helped out once is not missed.

    Args:
        made: name -> answers by day, over the last six weeks or so.
        weekdays: ISO weekdays on which the project works.
        holidays: days on which nobody is expected to work: nobody is silent on them.
    """
    stopped = who_stopped(made, today, weekdays, holidays)
    if not stopped:
        return []
    who = formats.listed(sorted(stopped, key=str.casefold))
    first, last = min(stopped.values()), max(stopped.values())
    yesterday = today - timedelta(days=1)
    most, least = (
        working_days_between(day, yesterday, weekdays, holidays) for day in (first, last)
    )
    length = f"{least} to {most}" if least < most else str(most)
    what = (
        f"{who} has submitted nothing for {length} working days"
        if len(stopped) == 1
        else f"{who} have submitted nothing for {length} working days"
    )
    since = f"last answers {formats.day(first)}"
    if first < last:
        since = f"last answers {formats.day(first)} to {formats.day(last)}"
    sure = "their own work of the last six weeks"
    do = "Ask whether they left; hand their open items to others."
    return [Finding("orange", what, since, sure, do, who, "Progress", "time")]


def who_stopped(
    made: Mapping[str, Mapping[date, float]],
    today: date,
    weekdays: frozenset[int],
    holidays: frozenset[date] = NO_HOLIDAYS,
) -> dict[str, date]:
    """Return who stopped, by the rules and arguments of `silent_people`, and their last days."""
    days = last_working_days(today, SILENT_DAYS, weekdays, holidays)
    if not days:
        return {}
    found = {}
    for name, own in made.items():
        worked = [day for day, n in own.items() if n]
        last = max(worked, default=today)
        at_work = sum(day > last - _FOUR_WEEKS for day in worked) >= AT_WORK
        if name != UNKNOWN and at_work and last < days[-1]:
            found[name] = last
    return found


def worst_queue(stages: Iterable[tuple[str, float, float | None]]) -> list[Finding]:
    """Return the started work that waits longest, when it is many and old.

    Args:
        stages: (stage, items, 85th percentile of ages in seconds).
    """
    old = [
        (age, stage, items)
        for stage, items, age in stages
        if stage not in ("waiting", "done")
        and items >= QUEUE_ITEMS
        and age is not None
        and age > OLD_QUEUE_S
    ]
    if not old:
        return []
    age, stage, items = max(old)
    many = formats.count_of(items, "item", "items")
    what = f"{STAGE_TITLES[stage]}: {many}, 15 % of them for more than {formats.age(age)}"
    return [_of_queue(stage, what, "", many, QUEUE_STEPS[stage])]


def _of_queue(stage: str, what: str, since: str, sure: str, do: str) -> Finding:
    """Return a finding on a queue, which leads to the items that stand in it."""
    items = Items(stage=stage)
    about = "stage_age_p85"
    return Finding(
        "orange", what, since, sure, do, page="Flow", topic="time", items=items, metric=about
    )


QUEUE_STEPS = {
    "started": "Ask who opened them and left them open.",
    "waiting_for_labels": "Point more people at second labels, or lower the overlap.",
    "review": "Give reviewers time, oldest first.",
    "blocked": "Read what was skipped: unclear data or an unclear guideline?",
}
"""What to do about started work that waits, by its stage."""


FIND_OUT = "Find out what stopped the work: nobody does less."


def slowed(alarm: Alarm | None) -> list[Finding]:
    """Return that fewer labels are made a day than was usual."""
    if alarm is None or alarm.moved != "fallen":
        return []
    made, usual = formats.rate(alarm.now), formats.rate(alarm.usual)
    what = f"{made} labels are made a working day, smoothed; {usual} were usual"
    told = cause_text(alarm, PACE_CAUSES) or "cause unclear"
    sure = f"control chart: {told}"
    do = "See who works less than before, and whether work was waiting for them."
    if alarm.cause == ODD:
        do = FIND_OUT
    since = f"since {formats.day(alarm.since)}"
    about = "throughput_drift"
    return [Finding("orange", what, since, sure, do, page="Drift", topic="time", metric=about)]


@dataclass(frozen=True, slots=True)
class Short:
    """Since when a pace is too low; came: items that came that day and raised the need, or 0."""

    since: date
    came: float = 0


def past_deadline(
    forecast: Forecast | None,
    tested: str,
    short: Short | None = None,
    people: int = 0,
    stopped: Mapping[str, date] = NOBODY,
) -> list[Finding]:
    """Return a finish that is forecast after the deadline; red when even the early day is.

    Args:
        tested: how the forecast did on the past.
        short: since when the pace has been too low, None = not known. people: so many are at work,
            without those who stopped. stopped: name -> last day.
    """
    if forecast is None or not forecast.is_late:
        return []
    weight: Weight = "red" if forecast.surely_late else "orange"
    since = "by today's forecast"
    if short is not None:
        since = f"pace too low since {formats.day(short.since)}"
        if short.came:
            items = formats.count_of(short.came, "item", "items")
            since = f"{since}, when {items} came"
    who = f"{formats.count_of(people, 'person', 'people')} at work"
    if stopped:
        names = formats.listed(sorted(stopped, key=str.casefold))
        day = formats.day(max(stopped.values()))
        who = f"{who}; nothing from {names} after {day}"
    steps = "Add people or lower the overlap: the what-if shows what each brings."
    return [
        Finding(
            weight,
            forecast.text,
            since,
            tested,
            steps,
            who if people else "",
            "Progress",
            "time",
            metric="finish_date",
        )
    ]


def quarantine(records: int) -> list[Finding]:
    """Return that records could not be loaded."""
    if not records:
        return []
    what = f"{formats.count_of(records, 'record', 'records')} could not be loaded"
    sure, do = "each with reason and place", "Mend the records at their source."
    return [Finding("orange", what, "", sure, do, page="Data", metric="records_quarantined")]


def stale_source(name: str, reason: str | None, read: str, remedy: str) -> Finding:
    """Return that a source is late or broken: all other findings are as last read.

    Args:
        reason: what the last try met, None = not known. read: when it was last read, as words: an
            age would be another than in the header, for findings are kept for minutes.
    """
    what = f"Nothing new comes in from {name}"
    if reason:
        what = f"{what}: {reason}"
    since = f"since {read}" if read else ""
    sure = "the source's last polls; all else is as last read"
    return Finding("red", what, since, sure, remedy, page="Data", metric="source_lag")


def queue_grown(stage: str, what: str, since: date, cause_text: str, advice: str) -> list[Finding]:
    """Return the queue that grows, as `labelpulse.findings.queues` tells of it."""
    day = f"since {formats.day(since)}"
    return [_of_queue(stage, what, day, cause_text, advice)]
