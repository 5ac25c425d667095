"""Needs attention on quality: what fell, whose answers differ, what is known to be wrong."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from labelpulse.core import formats
from labelpulse.core.pseudonyms import UNKNOWN
from labelpulse.core.queue import Reason
from labelpulse.findings.alarms import CAUSES, MIX_CAUSES, Alarm
from labelpulse.findings.attention import Finding, Items, Weight
from labelpulse.findings.blame import NOBODY, Blame
from labelpulse.findings.moved import Moved, counted_interval
from labelpulse.findings.reliance import Spread, TooReadily
from labelpulse.findings.verdict import Quality
from labelpulse.metrics.gold_items import SUSPECT

EVIDENCE_FROM = 500
"""With fewer labels than this it is early to ask for second answers."""

UNDER = 0.10
"""So far under all together somebody's whole interval must lie to be named."""

FAST = 1 / 3
"""Somebody who takes less than this part of what is usual is fast."""


@dataclass(frozen=True, slots=True)
class Period:
    """A share over a span of days, with its interval and n."""

    value: float | None
    low: float | None
    high: float | None
    n: int


def agreement_fell(
    before: Period | None,
    lately: Period,
    *,
    days: str,
    measure: str,
    target: float | None = None,
    first: date | None = None,
) -> list[Finding]:
    """Return agreement that fell or misses its target, where chance does not explain it.

    It fell when the intervals do not touch; it misses the target with its whole interval.

    Args:
        before: None = too little to compare with.
        days: which days are the last ones, like ``the last 14 days``; first: the first of them.
        measure: of what, as a sentence begins.
    """
    if lately.high is None:
        return []
    fell = before is not None and before.low is not None and lately.high < before.low
    parts, sure = [], f"95 % interval {_interval(lately)}"
    if before is not None and fell:
        change = formats.points((lately.value or 0) - (before.value or 0))
        parts.append(f"{change} against all days before")
        sure = f"95 % intervals {_interval(lately)} and {_interval(before)}"
    if below := below_target(lately, target):
        parts.append(below)
    what = f"{measure} is {formats.percent(lately.value)} in {days}"
    found = Finding(
        "red",
        ", ".join([what, *parts]),
        f"in {days}",
        sure,
        "Look at the labels, the people and the day.",
        page="Agreement",
        topic="quality",
        items=Items(since=first),
        metric="agreement_percent",
    )
    return [found] if parts else []


def accuracy_missed(found: Quality, first: date | None, metric: str) -> list[Finding]:
    """Return a measure of accuracy whose whole interval lies under its target since a day."""
    what = f"{found.kind} is {formats.percent(found.value)}"
    period = Period(found.value, found.low, found.high, found.n)
    return [
        Finding(
            "red",
            formats.begun(f"{what}, {found.against_target}"),
            f"of answers since {formats.day(first)}" if first else "",
            f"95 % interval {_interval(period)}",
            "People says who fails the target: talk about examples, let work be done anew.",
            page="People",
            topic="quality",
            metric=metric,
        )
    ]


def _interval(period: Period) -> str:
    return counted_interval(period.low, period.high, period.n)


def below_target(lately: Period | None, target: float | None) -> str:
    """Return that a share lies below its target with its whole interval; "" = it does not."""
    high = None if lately is None else lately.high
    if target is None or high is None or high >= target:
        return ""
    return f"clearly below its target of {formats.percent(target)}"


def drifted(
    alarm: Alarm | None,
    what: str,
    page: str,
    blame: Blame = NOBODY,
    moved: Moved | None = None,
    below: str = "",
) -> list[Finding]:
    """Return a number that its control chart shows to have fallen, since when, and why.

    It is told by the days since the change against those before, as charts and tiles tell it:
    chance moves the last days by themselves, so that words on them would come and go.

    Args:
        what: the number, as a sentence begins. page: where to look.
        blame: where most of the fall sits. moved: how far; None = by the smoothed line.
        below: that the days since miss the target, "" = they do not.
    """
    if alarm is None or alarm.moved != "fallen":
        return []
    since = _since(alarm.since)
    why = ", ".join(
        part for part in (CAUSES.get(alarm.cause, ""), replace(blame, team=None).mostly) if part
    )
    chart = f"control chart: {why}" if why else "control chart"
    who = "" if blame.team is None else f"team {blame.team}"
    weight: Weight = "orange" if alarm.cause == "mix" else "red"
    do, items = advice(blame, mix=alarm.cause == "mix"), behind(blame, alarm)
    ends = (moved.before, moved.since) if moved else (alarm.usual, alarm.now)
    digits = int(formats.percent(ends[0]) == formats.percent(ends[1]))
    usual, now = (formats.percent(one, digits) for one in ends)
    fallen = f"{what} has fallen from {usual} to {now}"
    told = ", ".join(part for part in (fallen, below) if part)
    sure = f"{moved.sure}; {chart}" if moved else chart
    about = "gold_drift" if page == "Accuracy" else "agreement_drift"
    return [Finding(weight, told, since, sure, do, who, page, "quality", items, about)]


def behind(blame: Blame, alarm: Alarm) -> Items:
    """Return the items that a fall sits in: of its pair or batch, answered since it began."""
    batch = blame.batch if blame.pair is None else None
    return Items(pair=blame.pair, batch=batch, since=alarm.since)


def advice(blame: Blame, *, mix: bool) -> str:
    """Return what to do about a fall of agreement, by where it sits; mix: other work came in."""
    if mix:
        return "Nobody works worse: look at which batches and labels came in."
    if blame.pair is not None:
        first, second = blame.pair
        if blame.team:
            return (
                f"Settle {first} against {second} with team {blame.team}: guideline, five "
                "examples, re-check."
            )
        return f"Settle {first} against {second}: guideline, five examples, re-check."
    return "Look at which labels and which people differ."


def mix_changed(alarm: Alarm | None, control: str) -> list[Finding]:
    """Return that the mix of labels has left its baseline."""
    if alarm is None:
        return []
    do = "Data or guideline? Look at the batches that came in, then at the labels."
    what = f"The mix of labels of {control} has changed"
    since = _since(alarm.since)
    why = MIX_CAUSES.get(alarm.cause, "cause unclear")
    sure = f"control chart: {why}"
    items = Items(since=alarm.since)
    about = "label_mix_drift"
    return [Finding("orange", what, since, sure, do, "", "Drift", "quality", items, about)]


def wrong_keys(rows: Sequence[Mapping[str, object]], control: str) -> list[Finding]:
    """Return known answers that most able people contradict.

    Args:
        rows: of ``gold_item_health`` by item: keys value (``suspect key`` = contradicted), n,
            first_day (None = unknown).
    """
    suspects = [row for row in rows if row["value"] == SUSPECT]
    if not suspects:
        return []
    keys = formats.count_of(len(suspects), "known answer", "known answers")
    what = (
        f"{keys} of {control} looks wrong: able people agree on another label"
        if len(suspects) == 1
        else f"{keys} of {control} look wrong: able people agree on another label"
    )
    sure = f"of {formats.count(len(rows))} with enough answers"
    do = "Let an expert look at them: a wrong key makes right people look bad."
    days = [date.fromisoformat(str(row["first_day"])) for row in suspects if row["first_day"]]
    since = f"the newest since {formats.day(max(days))}" if days else ""
    items = Items(reason=Reason.GOLD_KEY)
    return [Finding("orange", what, since, sure, do, "", "Accuracy", "quality", items)]


def no_evidence(answers: int) -> list[Finding]:
    """Return that nothing tells right answers from wrong ones, where there are many answers."""
    if answers < EVIDENCE_FROM:
        return []
    what = f"{formats.count_of(answers, 'label', 'labels')}, and nothing tells how good they are"
    sure = "no known answers, no second answers, no reviews"
    do = "Let a second person label 100 items: ±8 points at 80 %."
    return [Finding("gray", what, "", sure, do, page="Agreement", topic="quality")]


def standing_low(
    rows: Sequence[Mapping[str, object]],
    overall: float | None,
    fast: Mapping[str, str] | None = None,
    by_day: Callable[[], Sequence[Mapping[str, object]]] = tuple,
    pseudonyms: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> list[Finding]:
    """Return whose whole interval of gold accuracy lies over ten points under all together.

    Args:
        rows: keys ``annotator``, value, high, n of those with enough known answers.
        fast: who is fast -> their time and the usual one in words.
        by_day: gives the days on which people met known answers, keys ``annotator``, ``day``;
            asked only where somebody is named.
        pseudonyms: who is shown so -> the pseudonyms behind, where their items can be told.
    """
    if overall is None:
        return []
    known = [row for row in rows if row["annotator"] != UNKNOWN]
    low = [row for row in known if isinstance(h := row["high"], float) and h < overall - UNDER]
    names = sorted(str(row["annotator"]) for row in low)
    if not names:
        return []
    who = formats.listed(names)
    what = (
        f"{who} is more than 10 points under all together on known answers"
        if len(names) == 1
        else f"{who} are more than 10 points under all together on known answers"
    )
    below = f"95 % interval wholly below {formats.percent(overall - UNDER)}"
    quick = [f"{name} takes {fast[name]}" for name in names if fast and name in fast]
    sure, do = "; ".join([below, *quick]), "Talk about five examples."
    met = [str(row["day"]) for row in by_day() if row["annotator"] in names and row["day"]]
    since = ""
    if met:
        first, last = (formats.day(date.fromisoformat(end)) for end in (min(met), max(met)))
        since = f"known answers of {first} to {last}"
    behind = [one for name in names for one in pseudonyms.get(name, ())]
    items = Items(person=behind[0]) if len(behind) == 1 else None
    return [Finding("orange", what, since, sure, do, who, "People", "quality", items)]


def fast(medians: Mapping[str, float | None], usual: float | None) -> dict[str, str]:
    r"""Return who takes less than a third of the usual time, and both times in words.

    >>> fast({"Heron 12": 6.0, "Otter 3": 25.0}, 24.0)
    {'Heron 12': '6.0\xa0s an answer, usual are 24\xa0s'}
    """
    if not usual:
        return {}
    return {
        name: f"{formats.duration(own)} an answer, usual are {formats.duration(usual)}"
        for name, own in medians.items()
        if own is not None and own < FAST * usual
    }


def too_readily(
    found: Sequence[TooReadily], spread: Mapping[str, Spread] | None = None
) -> list[Finding]:
    """Return labels whose predictions people accept although they should doubt them.

    Args:
        spread: model version -> since when it is there, and how many start from it.
    """
    return [_too_readily(one, (spread or {}).get(one.version)) for one in found]


def _too_readily(one: TooReadily, spread: Spread | None) -> Finding:
    since, who = "", ""
    if spread is not None:
        people = formats.count_of(spread.people, "person", "people")
        who = f"{people} who start from it"
        if spread.since is not None:
            since = _since(spread.since)
    do = f"Hide the prediction on some items of {one.label} and compare."
    page = "Labels and model"
    return Finding("orange", one.title, since, one.sure, do, who, page, "quality")


def _since(day: date) -> str:
    return f"since {formats.day(day)}"
