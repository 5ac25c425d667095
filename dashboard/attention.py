"""Needs attention: what to look at first, each with since when, how sure, who and what to do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from dashboard.pace import last_working_days
from labelpulse.charts import formats
from labelpulse.charts.flow import STAGES

Weight = Literal["red", "orange", "gray"]

SILENT_DAYS = 3
OLD_QUEUE_S = 3 * 86_400
QUEUE_ITEMS = 20
EVIDENCE_FROM = 500
"""With fewer labels than this it is early to ask for second answers."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that somebody should look at.

    Attributes:
        what: plain text, may hold names. since: when it began, "" = unknown.
        sure: what it rests on. who: whom it is about, "" = nobody in particular. do: the next step.
    """

    weight: Weight
    what: str
    since: str
    sure: str
    do: str
    who: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """A share over a span of days, with its interval and n."""

    value: float | None
    low: float | None
    high: float | None
    n: int


def silent_people(
    made: Mapping[str, Mapping[date, float]], today: date, weekdays: frozenset[int]
) -> list[Finding]:
    """Return who stopped: at work in the four weeks before, nothing on the last working days.

    Args:
        made: name -> answers by day, over the last six weeks or so.
        weekdays: ISO weekdays on which the project works.
    """
    days = last_working_days(today, SILENT_DAYS, weekdays)
    if not days:
        return []
    edge = days[-1]
    stopped = {
        name: max(day for day, n in own.items() if n)
        for name, own in made.items()
        if any(own.values()) and not any(n for day, n in own.items() if day >= edge)
    }
    if not stopped:
        return []
    names = sorted(stopped, key=str.casefold)
    first = min(stopped.values())
    verb = "has" if len(names) == 1 else "have"
    return [
        Finding(
            "orange",
            f"{formats.listed(names)} {verb} submitted nothing for {SILENT_DAYS} working days",
            f"last answers {formats.day(first)}"
            + (
                f" to {formats.day(max(stopped.values()))}"
                if len(set(stopped.values())) > 1
                else ""
            ),
            "their own work of the last six weeks",
            "Ask whether they left; hand their open items to others.",
            formats.listed(names),
        )
    ]


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
    return [
        Finding(
            "orange",
            f"{STAGES[stage]}: {formats.plural(items, 'item')}, "
            f"15 % of them for more than {formats.age(age)}",
            "",
            formats.plural(items, "item"),
            _QUEUE_STEPS[stage],
        )
    ]


_QUEUE_STEPS = {
    "started": "Ask who opened them and left them open.",
    "waiting_for_labels": "Point more people at second labels, or lower the overlap.",
    "review": "Give reviewers time, oldest first.",
    "blocked": "Read what was skipped: unclear data or an unclear guideline?",
}


def agreement_fell(before: Period, lately: Period, *, days: int, control: str) -> list[Finding]:
    """Return a fall of agreement that chance does not explain: the intervals do not touch."""
    if before.low is None or lately.high is None or lately.high >= before.low:
        return []
    change = (lately.value or 0) - (before.value or 0)
    return [
        Finding(
            "red",
            f"Agreement on {control} is {formats.percent(lately.value)} "
            f"in the last {days} days, {formats.points(change)} against before",
            f"in the last {days} days",
            f"95 % intervals {formats.interval(lately.low, lately.high, 'share')} (n {lately.n:,}) "
            f"and {formats.interval(before.low, before.high, 'share')} (n {before.n:,})",
            "See Agreement: which labels, which people, which day.",
        )
    ]


def standing_low(rows: Sequence[Mapping[str, object]], overall: float | None) -> list[Finding]:
    """Return whose whole interval of gold accuracy lies over ten points under all together.

    Args:
        rows: keys ``annotator``, value, high, n of those with enough known answers.
    """
    if overall is None:
        return []
    low = [row for row in rows if isinstance(h := row["high"], float) and h < overall - 0.10]
    names = sorted(str(row["annotator"]) for row in low)
    if not names:
        return []
    verb = "is" if len(names) == 1 else "are"
    return [
        Finding(
            "orange",
            f"{formats.listed(names)} {verb} more than 10 points under the others on known answers",
            "",
            f"95 % interval wholly below {formats.percent(overall - 0.10)}",
            "Talk about five examples; see Accuracy.",
            formats.listed(names),
        )
    ]


def no_evidence(answers: int) -> list[Finding]:
    """Return that nothing tells right answers from wrong ones, where there are many answers."""
    if answers < EVIDENCE_FROM:
        return []
    return [
        Finding(
            "gray",
            f"{formats.plural(answers, 'label')}, and nothing tells how good they are",
            "",
            "no known answers, no second answers, no reviews",
            "Let a second person label 100 items: ±8 points at 80 %. See Agreement.",
        )
    ]


def quarantine(records: int) -> list[Finding]:
    """Return that records could not be loaded."""
    if not records:
        return []
    return [
        Finding(
            "orange",
            f"{formats.plural(records, 'record')} could not be loaded",
            "",
            "each with reason and place",
            "See Data: mend the records at their source.",
        )
    ]


def stale_source(state: str, remedy: str) -> Finding:
    """Return that a source is late or broken; nothing else is judged meanwhile."""
    return Finding("red", f"Nothing new comes in: {state}", "", "the source's last polls", remedy)
