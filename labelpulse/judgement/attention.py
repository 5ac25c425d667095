"""Needs attention: what to look at first, each with since when, how sure, who and what to do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from labelpulse.charts import formats
from labelpulse.charts.control import CAUSES, MIX_CAUSES, PACE_CAUSES, Alarm
from labelpulse.charts.fan import Forecast
from labelpulse.charts.flow import STAGES
from labelpulse.core.pseudonyms import UNKNOWN
from labelpulse.judgement.blame import NOBODY, Blame
from labelpulse.judgement.pace import last_working_days, working_days_between

Weight = Literal["red", "orange", "gray"]
Topic = Literal["time", "quality", "data"]
ORDER: Mapping[Weight, int] = {"red": 0, "orange": 1, "gray": 2}
"""The most urgent first."""

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
        page: where to look. topic: what kind of thing it is about, for whom it leads.
    """

    weight: Weight
    what: str
    since: str
    sure: str
    do: str
    who: str = ""
    page: str = ""
    topic: Topic = "data"


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
    stopped = who_stopped(made, today, weekdays)
    if not stopped:
        return []
    names = sorted(stopped, key=str.casefold)
    first, last = min(stopped.values()), max(stopped.values())
    verb = "has" if len(names) == 1 else "have"
    yesterday = today - timedelta(days=1)
    most, least = (working_days_between(day, yesterday, weekdays) for day in (first, last))
    length = f"{least} to {most}" if least < most else str(most)
    return [
        Finding(
            "orange",
            f"{formats.listed(names)} {verb} submitted nothing for {length} working days",
            f"last answers {formats.day(first)}"
            + (f" to {formats.day(last)}" if first < last else ""),
            "their own work of the last six weeks",
            "Ask whether they left; hand their open items to others.",
            formats.listed(names),
            "Progress",
            "time",
        )
    ]


def who_stopped(
    made: Mapping[str, Mapping[date, float]], today: date, weekdays: frozenset[int]
) -> dict[str, date]:
    """Return who stopped, by the rules and arguments of `silent_people`, and their last days."""
    days = last_working_days(today, SILENT_DAYS, weekdays)
    if not days:
        return {}
    edge = days[-1]
    return {
        name: max(day for day, n in own.items() if n)
        for name, own in made.items()
        if name != UNKNOWN
        and any(own.values())
        and not any(n for day, n in own.items() if day >= edge)
    }


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
            page="Flow",
            topic="time",
        )
    ]


_QUEUE_STEPS = {
    "started": "Ask who opened them and left them open.",
    "waiting_for_labels": "Point more people at second labels, or lower the overlap.",
    "review": "Give reviewers time, oldest first.",
    "blocked": "Read what was skipped: unclear data or an unclear guideline?",
}


def agreement_fell(
    before: Period | None, lately: Period, *, days: str, control: str, target: float | None = None
) -> list[Finding]:
    """Return agreement that fell or misses its target, where chance does not explain it.

    It fell when the intervals do not touch; it misses the target with its whole interval.

    Args:
        before: None = too little to compare with.
        days: which days are the last ones, like ``the last 14 days``.
    """
    if lately.high is None:
        return []
    fell = before is not None and before.low is not None and lately.high < before.low
    parts, sure = [], f"{formats.interval(lately.low, lately.high, 'share')} (n {lately.n:,})"
    if before is not None and fell:
        change = (lately.value or 0) - (before.value or 0)
        parts.append(f"{formats.points(change)} against before")
        then = formats.interval(before.low, before.high, "share")
        sure = f"s {sure} and {then} (n {before.n:,})"
    if misses(lately, target):
        parts.append(f"clearly below its target of {formats.percent(target)}")
    what = f"Agreement on {control} is {formats.percent(lately.value)} in {days}"
    found = Finding(
        "red",
        ", ".join([what, *parts]),
        f"in {days}",
        f"95 % interval{sure if fell else f' {sure}'}",
        "Look at the labels, the people and the day.",
        page="Agreement",
        topic="quality",
    )
    return [found] if parts else []


def misses(lately: Period, target: float | None) -> bool:
    """True when a share lies below its target with its whole interval."""
    return target is not None and lately.high is not None and lately.high < target


def drifted(
    alarm: Alarm | None,
    what: str,
    page: str,
    found: Sequence[Finding] = (),
    blame: Blame = NOBODY,
) -> list[Finding]:
    """Return a number that its control chart shows to have fallen, since when, and why.

    Args:
        what: the number, as a sentence begins. page: where to look.
        found: what is known of its fall already: that is dated, not told twice.
        blame: where most of the fall sits.
    """
    if alarm is None or alarm.moved != "fallen":
        return list(found)
    since = f"since {formats.day(alarm.since)}"
    why = ", ".join(part for part in (CAUSES.get(alarm.cause, ""), blame.mostly) if part)
    chart = f"control chart: {why}" if why else "control chart"
    who = "" if blame.team is None else f"team {blame.team}"
    if found:
        sure = [f"{one.sure}; {chart}" for one in found]
        return [
            replace(one, since=since, sure=told, who=who, do=_advice(alarm, blame))
            for one, told in zip(found, sure, strict=True)
        ]
    levels = f"from {formats.percent(alarm.usual)} to {formats.percent(alarm.now)}"
    weight: Weight = "orange" if alarm.cause == "mix" else "red"
    fallen = f"{what} has fallen {levels}"
    do = _advice(alarm, blame)
    return [Finding(weight, fallen, since, chart, do, who, page, "quality")]


def _advice(alarm: Alarm, blame: Blame) -> str:
    """Return what to do about a fall of quality, by where it sits."""
    if alarm.cause == "mix":
        return "Nobody works worse: look at which batches and labels came in."
    if blame.pair is not None:
        first, second = blame.pair
        whom = f" with team {blame.team}" if blame.team else ""
        return f"Settle {first} against {second}{whom}: guideline, five examples, re-check."
    return "Look at which labels and which people differ."


def mix_changed(alarm: Alarm | None, control: str) -> list[Finding]:
    """Return that the mix of labels has left its baseline."""
    if alarm is None:
        return []
    do = "Data or guideline? Look at the batches that came in, then at the labels."
    what, since = f"The mix of labels of {control} has changed", f"since {formats.day(alarm.since)}"
    sure = f"control chart: {MIX_CAUSES.get(alarm.cause, 'cause unclear')}"
    return [Finding("orange", what, since, sure, do, page="Drift", topic="quality")]


def slowed(alarm: Alarm | None) -> list[Finding]:
    """Return that fewer labels are made a day than was usual."""
    if alarm is None or alarm.moved != "fallen":
        return []
    made, usual = formats.rate(alarm.now), formats.rate(alarm.usual)
    what = f"{made} labels are made a working day; {usual} were usual"
    sure = f"control chart: {PACE_CAUSES.get(alarm.cause, 'cause unclear')}"
    do = "See who works less than before, and whether work was waiting for them."
    since = f"since {formats.day(alarm.since)}"
    return [Finding("orange", what, since, sure, do, page="Drift", topic="time")]


def wrong_keys(rows: Sequence[Mapping[str, object]], control: str) -> list[Finding]:
    """Return known answers that most able people contradict.

    Args:
        rows: of ``gold_item_health`` by item: keys value (``suspect key`` = contradicted), n.
    """
    suspects = [row for row in rows if row["value"] == "suspect key"]
    if not suspects:
        return []
    n = formats.plural(len(suspects), "known answer")
    verb = "looks" if len(suspects) == 1 else "look"
    what = f"{n} of {control} {verb} wrong: able people agree on another label"
    sure = f"of {formats.count(len(rows))} with enough answers"
    do = "Let an expert look at them: a wrong key makes right people look bad."
    return [Finding("orange", what, "", sure, do, page="Accuracy", topic="quality")]


def past_deadline(forecast: Forecast | None, tested: str) -> list[Finding]:
    """Return a finish that is forecast after the deadline; red when even the early day is.

    Args:
        tested: how the forecast did on the past.
    """
    if forecast is None or (forecast.days_late or 0) <= 0:
        return []
    weight: Weight = "red" if forecast.surely_late else "orange"
    steps = "Add people or lower the overlap: the what-if shows what each brings."
    return [Finding(weight, forecast.text, "", tested, steps, page="Progress", topic="time")]


def standing_low(rows: Sequence[Mapping[str, object]], overall: float | None) -> list[Finding]:
    """Return whose whole interval of gold accuracy lies over ten points under all together.

    Args:
        rows: keys ``annotator``, value, high, n of those with enough known answers.
    """
    if overall is None:
        return []
    known = [row for row in rows if row["annotator"] != UNKNOWN]
    low = [row for row in known if isinstance(h := row["high"], float) and h < overall - 0.10]
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
            "Talk about five examples.",
            formats.listed(names),
            "Accuracy",
            "quality",
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
            "Let a second person label 100 items: ±8 points at 80 %.",
            page="Agreement",
            topic="quality",
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
            "Mend the records at their source.",
            page="Data",
        )
    ]


def stale_source(state: str, remedy: str) -> Finding:
    """Return that a source is late or broken; nothing else is judged meanwhile."""
    what = f"Nothing new comes in: {state}"
    return Finding("red", what, "", "the source's last polls", remedy, page="Data")
