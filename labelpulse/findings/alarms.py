"""Alarms of control charts: since when a number is off its baseline, how far, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from labelpulse.charts.text import FigureText
from labelpulse.core import formats
from labelpulse.core.estimate import Measure, Row
from labelpulse.core.periods import Mark, Span

NO_DAYS = "no days with data"
BASELINE = "baseline"
"""The note of the days that a baseline was taken from."""

CAUSES = {
    "quality": "quality",
    "mix": "other work or other people, not quality",
    "unclear": "cause unclear",
}
MIX_CAUSES = {
    "quality": "the same people label the same batches differently",
    "mix": "other batches or other people",
    "unclear": "cause unclear",
}
PACE_CAUSES = {
    "quality": "the same people make more or less a day",
    "mix": "other, more or fewer people at work",
    "unclear": "cause unclear",
}
TIME_CAUSES = {
    "quality": "the same people, in the same batches",
    "mix": "other batches or other people",
    "unclear": "cause unclear",
}
ODD = "odd"
"""A cause that is no one's: one or more days unlike the others."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A time during which a number was beyond its limits.

    Attributes:
        since: first day of the new level, as well as it can be told. until: last day so far.
        usual, now: baseline and smoothed level on its newest day with a point, and of what is
            over on the day on which they were furthest apart; None where the number has no level,
            as the mix of labels.
        cause: why, as the metric has it on that day; "" = not told.
        first: the day on which it was noticed; the change lies between `since` and that day.
        quality, mix: the parts of the change, in the measure's own unit; None = not known.
        strata: what the mix is of, "" = not told. odd: the days behind the cause `ODD`.
    """

    since: date
    until: date
    usual: float | None
    now: float | None
    cause: str = ""
    first: date | None = None
    quality: float | None = None
    mix: float | None = None
    strata: str = ""
    odd: Sequence[date] = ()

    @property
    def moved(self) -> str:
        """The verb for what the number has done."""
        if self.usual is None or self.now is None:
            return "changed"
        return "fallen" if self.now < self.usual else "risen"


def find_alarms(rows: Sequence[Row]) -> list[Alarm]:
    """Return the alarms of a drift metric's rows, earliest first.

    Args:
        rows: keys ``day``, rate, baseline, smooth, alarm, episode, change_day, cause; by day.
    """
    found: dict[int, list[Row]] = {}
    for row in rows:
        if row["alarm"] and row["episode"] is not None:
            found.setdefault(row["episode"], []).append(row)
    return [_alarm(part, over=part[-1] is not rows[-1]) for _, part in sorted(found.items())]


def _alarm(part: Sequence[Row], *, over: bool) -> Alarm:
    last, levels = part[-1], [row for row in part if row["smooth"] is not None]
    level: Row = levels[-1] if levels else {}
    told = last
    if over and levels:
        told = level = max(levels, key=lambda row: abs(row["smooth"] - row["baseline"]))
    return Alarm(
        since=date.fromisoformat(last["change_day"] or part[0]["day"]),
        until=date.fromisoformat(last["day"]),
        usual=level.get("baseline"),
        now=level.get("smooth"),
        cause=told["cause"] or "",
        first=date.fromisoformat(part[0]["day"]),
        quality=told.get("quality_part"),
        mix=told.get("mix_part"),
        strata=told.get("strata") or "",
        odd=told.get("odd_days") or (),
    )


def cause_text(alarm: Alarm, causes: Mapping[str, str]) -> str:
    """Return the cause of an alarm in words; "" = not told."""
    if alarm.cause != ODD:
        return causes.get(alarm.cause, "")
    days = formats.listed([formats.day_month(day) for day in alarm.odd])
    return (
        f"one day with far less work ({days}): was the tool down?"
        if len(alarm.odd) == 1
        else f"{len(alarm.odd)} days with far less work ({days}): was the tool down?"
    )


def current_alarm(rows: Sequence[Row]) -> Alarm | None:
    """Return the alarm that stands on the newest day; None = the number keeps to its limits."""
    return find_alarms(rows)[-1] if rows and rows[-1]["alarm"] else None


@dataclass(frozen=True, slots=True)
class Watched:
    """A number with a control chart.

    Attributes:
        measure: name (a singular noun), unit and what n counts.
        causes: cause -> text.
        mostly: where most of a current change sits; "" = not known.
        change: how far the days since are from those before it; "" = not known, and then the
            smoothed line says it.
    """

    measure: Measure
    causes: Mapping[str, str] = field(default_factory=lambda: CAUSES)
    mostly: str = ""
    change: str = ""


def levels_text(rows: Sequence[Row], span: Span, watched: Watched) -> FigureText:
    """Return the texts of a chart of daily values with their smoothed level and limits."""
    title = _title(rows, watched)
    note = formats.sentences(
        _moved(rows, watched),
        "Dots: days. Line: smoothed. Band: where the line stays while nothing changes.",
        "Orange: the change and how long it took to notice, and the alarm."
        if any(row["alarm"] for row in rows)
        else "",
        _hollow_today([row for row in rows if has_dot(row)], span),
        "Grey: where the baseline is from." if baseline_days(rows) else "",
    )
    return FigureText(title, note, f"Control chart by day. {title}.")


def distances_text(rows: Sequence[Row], span: Span, watched: Watched) -> FigureText:
    """Return the texts of a chart of the distance of a mix from its baseline."""
    title = _title(rows, watched)
    note = formats.sentences(
        (
            "How far the shares of a day's labels are from the usual ones. "
            "Dashed: as far as chance takes them."
        ),
        _hollow_today([row for row in rows if row["value"] is not None], span),
        "Grey: where the usual ones are from." if baseline_days(rows) else "",
    )
    return FigureText(title, note, f"Line by day. {title}.")


def change_marks(rows: Sequence[Row]) -> list[Mark]:
    """Return a mark on the first day of each change."""
    return [
        Mark(alarm.since, f"since {formats.day(alarm.since)}", True) for alarm in find_alarms(rows)
    ]


def detection_delays(rows: Sequence[Row]) -> list[tuple[date, date]]:
    """Return the first day of each change and the day on which it was noticed."""
    return [(alarm.since, alarm.first or alarm.since) for alarm in find_alarms(rows)]


def baseline_days(rows: Sequence[Row]) -> tuple[date, date] | None:
    """Return the first day of a chart and the last one that its baseline was taken from."""
    days = [row["day"] for row in rows if row["note"] == BASELINE]
    if not days:
        return None
    return date.fromisoformat(min(row["day"] for row in rows)), date.fromisoformat(max(days))


def has_dot(row: Row) -> bool:
    """Return whether a day has a dot: a day off has neither work nor a level to compare it with."""
    return row["rate"] is not None and bool(row["rate"] or row["smooth"])


def _hollow_today(rows: Sequence[Row], span: Span) -> str:
    is_open = any(span.is_open(date.fromisoformat(row["day"]), "day") for row in rows)
    return "Hollow: today, so far." if is_open else ""


def change_text(alarm: Alarm, watched: Watched) -> str:
    """Say how far a number moved since when, why, and where mostly: what a chart's title is."""
    name, day = formats.begun(watched.measure.name), formats.day(alarm.since)
    if alarm.usual is None or alarm.now is None:
        found = f"{name} has changed since {day}"
    else:
        smoothed = formats.change(alarm.usual, alarm.now, watched.measure.unit)
        change = watched.change or smoothed
        found = f"{name} {change} since {day}"
    told = ", ".join(part for part in (cause_text(alarm, watched.causes), watched.mostly) if part)
    return f"{found}: {told}" if told else found


def _title(rows: Sequence[Row], watched: Watched) -> str:
    """Say whether the number left its baseline; in the past, in which days."""
    name, now = watched.measure.name, current_alarm(rows)
    said = formats.begun(name)
    if now is not None:
        return change_text(now, watched)
    if not any(row["value"] is not None for row in rows):
        early = next((row["note"] for row in reversed(rows) if row["note"]), NO_DAYS)
        return f"{said}: too early to tell a change ({early})"
    past = find_alarms(rows)
    if not past:
        return f"{said} is as usual"
    if past[-1].cause == ODD:
        odd = cause_text(past[-1], watched.causes)
        return f"{said} is as usual again after {odd}"
    since, until = formats.day(past[-1].since), formats.day(past[-1].until)
    return f"{said} is as usual again; it was not from {since} to {until}"


def _moved(rows: Sequence[Row], watched: Watched) -> str:
    """Say from which level to which the line went, where an alarm stands."""
    now = current_alarm(rows)
    if now is None or now.usual is None or now.now is None:
        return ""
    usual, lately = (formats.value(one, watched.measure.unit) for one in (now.usual, now.now))
    line = f"Smoothed, from {usual} to {lately}."
    against = "Title: the days since against four weeks before." if watched.change else ""
    return formats.sentences(against, line)
