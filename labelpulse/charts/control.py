"""Control charts: has a daily number left its baseline, since when, and why?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import altair as alt

from labelpulse.charts import daily
from labelpulse.charts.marks import bands, over_days
from labelpulse.charts.theme import (
    ACCENT,
    MAIN,
    MUTED,
    Figure,
    day_axis,
    hollow,
    hollow_told,
    painted,
    sentence,
    value_axis,
)
from labelpulse.core import formats
from labelpulse.core.estimate import Measure, Row
from labelpulse.core.periods import Mark, Span

HEIGHT, SMALL = 230, 150
NO_DAYS = "no days with data"
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


def alarms(rows: Sequence[Row]) -> list[Alarm]:
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


def why(alarm: Alarm, causes: Mapping[str, str]) -> str:
    """Return the cause of an alarm in words; "" = not told."""
    if alarm.cause != ODD:
        return causes.get(alarm.cause, "")
    days = formats.listed([formats.day_month(day) for day in alarm.odd])
    return (
        f"one day with far less work ({days}): was the tool down?"
        if len(alarm.odd) == 1
        else f"{len(alarm.odd)} days with far less work ({days}): was the tool down?"
    )


def standing(rows: Sequence[Row]) -> Alarm | None:
    """Return the alarm that stands on the newest day; None = the number keeps to its limits."""
    return alarms(rows)[-1] if rows and rows[-1]["alarm"] else None


@dataclass(frozen=True, slots=True)
class Watched:
    """What a control chart is of.

    Attributes:
        measure: name (a singular noun), unit and what n counts.
        causes: cause -> words. height: in pixels.
        mostly: where most of a standing change sits, in words; "" = not known.
        change: how far the days since are from those before it, in words; "" = not known, and
            told by the smoothed line.
    """

    measure: Measure
    causes: Mapping[str, str] = field(default_factory=lambda: CAUSES)
    height: int = HEIGHT
    mostly: str = ""
    change: str = ""


def levels(rows: Sequence[Row], span: Span, watched: Watched) -> Figure:
    """Return daily values as dots, their smoothed level, baseline, limits, and what happened.

    Args:
        rows: keys ``day``, rate, baseline, smooth, lower, upper, alarm, episode, change_day,
            cause, n, note; by day.
    """
    frame, measure = daily.frame_of(rows, watched.measure, span), watched.measure
    axis = daily.axis_of(frame, measure)
    base = alt.Chart(frame).encode(x=day_axis(span.since, span.until))
    smooth = base.transform_filter("isValid(datum.smooth)")
    band = smooth.mark_area(opacity=0.13, interpolate="step").encode(y=axis("lower"), y2="upper:Q")
    dashed = smooth.mark_line(strokeWidth=1.2, strokeDash=[4, 3]).encode(y=axis("baseline"))
    dots = base.transform_filter("datum.drawn").mark_point(filled=True)
    layers = [
        *daily.learned(frame, span),
        *_windows(rows, span),
        painted(band, MAIN),
        painted(dashed, MUTED),
        painted(daily.dots(dots, axis, measure), MUTED),
        painted(smooth.mark_line(strokeWidth=2).encode(y=axis("smooth")), MAIN),
        *daily.alarmed(frame, smooth, axis("smooth")),
    ]
    title = _title(rows, watched)
    note = sentence(
        _moved(rows, watched),
        "Dots: days. Line: smoothed. Band: where the line stays while nothing changes.",
        "Orange: the change and how long it took to notice, and the alarm."
        if frame["alarmed"].any()
        else "",
        hollow_told(frame[frame["drawn"]], "day"),
        "Grey: where the baseline is from." if daily.learning(frame) else "",
    )
    described = f"Control chart by day. {title}."
    chart = over_days(layers, span, watched.height, _changes(rows))
    return Figure(title, note, described, chart, len(frame))


def distances(rows: Sequence[Row], span: Span, watched: Watched) -> Figure:
    """Return how far a mix is from its baseline, day by day, under the limit of chance.

    Args:
        rows: keys ``day``, value, limit, alarm, episode, change_day, cause, n, note; by day.
    """
    frame = daily.frame_of(rows, watched.measure, span)
    base = alt.Chart(frame).encode(x=day_axis(span.since, span.until))
    known = base.transform_filter("isValid(datum.value)")
    distance = "distance"
    y = value_axis("value", distance)
    limit = known.mark_line(strokeWidth=1.5, strokeDash=[6, 3])
    tips = [
        alt.Tooltip("when:N", title="When"),
        alt.Tooltip("value:Q", title="Distance", format=".1f"),
        alt.Tooltip("limit:Q", title="Limit", format=".1f"),
        alt.Tooltip("n:Q", title=watched.measure.noun, format=","),
    ]
    dots = hollow(known.mark_point(filled=True, size=20))
    layers = [
        *daily.learned(frame, span),
        painted(known.mark_line(strokeWidth=2).encode(y=y), MAIN),
        painted(dots.encode(y=y, tooltip=tips), MAIN),
        painted(limit.encode(y=value_axis("limit", distance)), MUTED),
        *daily.alarmed(frame, known, y),
    ]
    title = _title(rows, watched)
    note = sentence(
        (
            "How far the shares of a day's labels are from the usual ones. "
            "Dashed: as far as chance takes them."
        ),
        hollow_told(frame.dropna(subset="value"), "day"),
        "Grey: where the usual ones are from." if daily.learning(frame) else "",
    )
    chart = over_days(layers, span, watched.height, _changes(rows))
    described = f"Line by day. {title}."
    return Figure(title, note, described, chart, len(frame))


def _windows(rows: Sequence[Row], span: Span) -> list[alt.Chart]:
    """Return pale bands from the day of each change to the day on which it was noticed."""
    there = [(one.since, one.first or one.since) for one in alarms(rows)]
    return bands(there, span, ACCENT, 0.16)


def _changes(rows: Sequence[Row]) -> list[Mark]:
    return [Mark(one.since, f"since {formats.day(one.since)}", True) for one in alarms(rows)]


def story(alarm: Alarm, watched: Watched) -> str:
    """Say how far a number moved since when, why, and where mostly: what a chart's title is."""
    name, day = formats.begun(watched.measure.name), formats.day(alarm.since)
    if alarm.usual is None or alarm.now is None:
        found = f"{name} has changed since {day}"
    else:
        smoothed = formats.change(alarm.usual, alarm.now, watched.measure.unit)
        change = watched.change or smoothed
        found = f"{name} {change} since {day}"
    told = ", ".join(part for part in (why(alarm, watched.causes), watched.mostly) if part)
    return f"{found}: {told}" if told else found


def _title(rows: Sequence[Row], watched: Watched) -> str:
    """Say whether the number left its baseline; in the past, in which days."""
    name, now = watched.measure.name, standing(rows)
    said = formats.begun(name)
    if now is not None:
        return story(now, watched)
    if not any(row["value"] is not None for row in rows):
        early = next((row["note"] for row in reversed(rows) if row["note"]), NO_DAYS)
        return f"{said}: too early to tell a change ({early})"
    past = alarms(rows)
    if not past:
        return f"{said} is as usual"
    if past[-1].cause == ODD:
        odd = why(past[-1], watched.causes)
        return f"{said} is as usual again after {odd}"
    since, until = formats.day(past[-1].since), formats.day(past[-1].until)
    return f"{said} is as usual again; it was not from {since} to {until}"


def _moved(rows: Sequence[Row], watched: Watched) -> str:
    """Say from which level to which the line went, where an alarm stands."""
    now = standing(rows)
    if now is None or now.usual is None or now.now is None:
        return ""
    usual, lately = (formats.value(one, watched.measure.unit) for one in (now.usual, now.now))
    line = f"Smoothed, from {usual} to {lately}."
    against = "Title: the days since against four weeks before." if watched.change else ""
    return sentence(against, line)
