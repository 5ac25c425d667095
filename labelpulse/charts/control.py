"""Control charts: has a daily number left its baseline, since when, and why?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import exp

import altair as alt
import pandas as pd

from labelpulse.charts import formats
from labelpulse.charts.marks import Mark, bands, marked, room
from labelpulse.charts.shares import Measure
from labelpulse.charts.theme import (
    ACCENT,
    MAIN,
    MUTED,
    Figure,
    Row,
    Span,
    day_axis,
    layered,
    painted,
    sentence,
    utc,
    value_axis,
)

HEIGHT, SMALL = 230, 150
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
_COLUMNS = ("value", "limit", "rate", "baseline", "smooth", "lower", "upper")
_PAD, _TAIL = 0.06, 0.03
_TITLES = {"s": "seconds", "labels/day": "labels a day"}


@dataclass(frozen=True, slots=True)
class Alarm:
    """A time during which a number was beyond its limits.

    Attributes:
        since: first day of the new level, as well as it can be told. until: last day so far.
        usual, now: baseline and smoothed level on its newest day with a point; None where the
            number has no level, as the mix of labels.
        cause: why, as the metric has it; "" = not told.
        first: the day on which it was noticed; the change lies between `since` and that day.
        quality, mix: the parts of the change, in the measure's own unit; None = not known.
        strata: what the mix is of, "" = not told.
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
    return [_alarm(part) for _, part in sorted(found.items())]


def _alarm(part: Sequence[Row]) -> Alarm:
    last = part[-1]
    level: Row = next((row for row in reversed(part) if row["smooth"] is not None), {})
    return Alarm(
        since=date.fromisoformat(last["change_day"] or part[0]["day"]),
        until=date.fromisoformat(last["day"]),
        usual=level.get("baseline"),
        now=level.get("smooth"),
        cause=last["cause"] or "",
        first=date.fromisoformat(part[0]["day"]),
        quality=last.get("quality_part"),
        mix=last.get("mix_part"),
        strata=last.get("strata") or "",
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
    """

    measure: Measure
    causes: Mapping[str, str] = field(default_factory=lambda: CAUSES)
    height: int = HEIGHT
    mostly: str = ""


def levels(rows: Sequence[Row], span: Span, watched: Watched, marks: Sequence[Mark] = ()) -> Figure:
    """Return daily values as dots, their smoothed level, baseline, limits, and what happened.

    Args:
        rows: keys ``day``, rate, baseline, smooth, lower, upper, alarm, episode, change_day,
            cause, n, note; by day.
    """
    frame, measure = _frame(rows, watched.measure), watched.measure
    axis = _axis(frame, measure)
    base = alt.Chart(frame).encode(x=day_axis(span.since, span.until))
    smooth = base.transform_filter("isValid(datum.smooth)")
    band = smooth.mark_area(opacity=0.13, interpolate="step").encode(y=axis("lower"), y2="upper:Q")
    dashed = smooth.mark_line(strokeWidth=1.2, strokeDash=[4, 3]).encode(y=axis("baseline"))
    marked_days = [*marks, *_changes(rows)]
    dots = base.transform_filter("datum.drawn").mark_point(filled=True)
    layers = [
        *_learned(frame, span),
        *_windows(rows, span),
        painted(band, MAIN),
        painted(dashed, MUTED),
        painted(_dots(dots, axis, measure), MUTED),
        painted(smooth.mark_line(strokeWidth=2).encode(y=axis("smooth")), MAIN),
        *_alarmed(frame, smooth, axis("smooth")),
        *marked(marked_days, span),
    ]
    title = _title(rows, watched)
    note = sentence(
        _moved(rows, measure),
        "Dots: days. Line: smoothed. Band: where the line stays while nothing changes.",
        "Orange: the change and how long it took to notice, and the alarm."
        if frame["alarmed"].any()
        else "",
        "Grey: where the baseline is from." if _learning(frame) else "",
    )
    described = f"Control chart by day. {title}."
    chart = layered(layers, watched.height + room(marked_days, span))
    return Figure(title, note, described, chart, len(frame))


def distances(
    rows: Sequence[Row], span: Span, watched: Watched, marks: Sequence[Mark] = ()
) -> Figure:
    """Return how far a mix is from its baseline, day by day, under the limit of chance.

    Args:
        rows: keys ``day``, value, limit, alarm, episode, change_day, cause, n, note; by day.
    """
    frame = _frame(rows, watched.measure)
    base = alt.Chart(frame).encode(x=day_axis(span.since, span.until))
    known = base.transform_filter("isValid(datum.value)")
    y = value_axis("value", "distance")
    marked_days = [*marks, *_changes(rows)]
    limit = known.mark_line(strokeWidth=1.5, strokeDash=[6, 3])
    tips = [
        alt.Tooltip("when:N", title="When"),
        alt.Tooltip("value:Q", title="Distance", format=".1f"),
        alt.Tooltip("limit:Q", title="Limit", format=".1f"),
        alt.Tooltip("n:Q", title=watched.measure.noun, format=","),
    ]
    dots = known.mark_point(filled=True, size=20)
    layers = [
        *_learned(frame, span),
        painted(known.mark_line(strokeWidth=2).encode(y=y), MAIN),
        painted(dots.encode(y=y, tooltip=tips), MAIN),
        painted(limit.encode(y=value_axis("limit", "distance")), MUTED),
        *_alarmed(frame, known, y),
        *marked(marked_days, span),
    ]
    title = _title(rows, watched)
    note = sentence(
        "How far the shares of a day's labels are from the usual ones. "
        "Dashed: as far as chance takes them.",
        "Grey: where the usual ones are from." if _learning(frame) else "",
    )
    chart = layered(layers, watched.height + room(marked_days, span))
    return Figure(title, note, f"Line by day. {title}.", chart, len(frame))


def _frame(rows: Sequence[Row], measure: Measure) -> pd.DataFrame:
    days = [date.fromisoformat(row["day"]) for row in rows]
    frame = pd.DataFrame({name: [row[name] for row in rows] for name in _COLUMNS}, dtype="float64")
    return frame.assign(
        day=utc(days) + pd.Timedelta(hours=12),
        n=[row["n"] or 0 for row in rows],
        alarmed=[bool(row["alarm"]) for row in rows],
        # A day off has neither work nor a level to hold it against.
        drawn=[row["rate"] is not None and bool(row["rate"] or row["smooth"]) for row in rows],
        when=[formats.day(one) for one in days],
        text=[formats.value(row["rate"], measure.unit) for row in rows],
        usual=[formats.value(row["baseline"], measure.unit) for row in rows],
        note=[row["note"] or "" for row in rows],
    )


def _axis(frame: pd.DataFrame, measure: Measure) -> Callable[[str], alt.Y]:
    """Return a maker of y encodings on one scale; the most extreme days lie at its edge."""
    usual = frame.loc[frame["drawn"], "rate"].quantile([_TAIL, 1 - _TAIL])
    shown = pd.concat([usual, *(frame[name] for name in ("lower", "upper", "smooth"))])
    known = shown.dropna().tolist() or [0.0, 1.0]
    share = measure.unit == "share"
    pad = (max(known) - min(known)) * _PAD or 0.05
    low, high = max(0.0, min(known) - pad), max(known) + pad
    domain = [low, min(1.0, high) if share else high]
    scale = alt.Scale(domain=domain, clamp=True, nice=False, zero=False)

    def axis(column: str) -> alt.Y:
        style = {"format": "%"} if share else {}
        return value_axis(column, _TITLES.get(measure.unit, measure.name), **style).scale(scale)

    return axis


def _dots(base: alt.Chart, axis: Callable[[str], alt.Y], measure: Measure) -> alt.Chart:
    drawn: alt.Chart = base.encode(
        y=axis("rate"),
        size=alt.Size("n:Q", scale=alt.Scale(type="sqrt", range=[8, 45]), legend=None),
        opacity=alt.value(0.55),
        tooltip=[
            alt.Tooltip("when:N", title="When"),
            alt.Tooltip("text:N", title=measure.name),
            alt.Tooltip("usual:N", title="usual"),
            alt.Tooltip("n:Q", title=measure.noun, format=","),
            alt.Tooltip("note:N", title="note"),
        ],
    )
    return drawn


def _alarmed(frame: pd.DataFrame, base: alt.Chart, y: alt.Y) -> list[alt.Chart]:
    if not frame["alarmed"].any():
        return []
    points = base.transform_filter("datum.alarmed").mark_point(filled=True, size=45)
    return [painted(points.encode(y=y, shape=alt.value("diamond")), ACCENT)]


def _learning(frame: pd.DataFrame) -> list[date]:
    """Return the first and the last day that the baseline was taken from, where they are shown."""
    learned = frame.loc[frame["note"] == "baseline", "day"]
    return [frame["day"].min().date(), learned.max().date()] if len(learned) else []


def _learned(frame: pd.DataFrame, span: Span) -> list[alt.Chart]:
    ends = _learning(frame)
    return bands([(ends[0], ends[1])] if ends else [], span, MUTED, 0.12)


def _windows(rows: Sequence[Row], span: Span) -> list[alt.Chart]:
    """Return pale bands from the day of each change to the day on which it was noticed."""
    there = [(one.since, one.first or one.since) for one in alarms(rows)]
    return bands(there, span, ACCENT, 0.16)


def _changes(rows: Sequence[Row]) -> list[Mark]:
    return [Mark(one.since, f"since {formats.day(one.since)}", True) for one in alarms(rows)]


def moved(part: float, unit: str) -> str:
    r"""Return a part of a change in words: points of a share, labels a day, percent of a time.

    >>> moved(-0.06, "share"), moved(-20.4, "labels/day")
    ('−6\xa0points', '−20.4\xa0labels a day')
    """
    if unit == "share":
        return formats.points(part)
    sign = "+" if part > 0 else "−" if part < 0 else "±"
    if unit == "s":
        return f"{sign}{formats.percent(abs(exp(part) - 1))}"
    text = formats.rate(abs(part))
    return f"{sign}{text}\xa0labels a day" if unit == "labels/day" else f"{sign}{text}"


def story(alarm: Alarm, watched: Watched) -> str:
    """Say how far a number moved since when, why, and where mostly: what a chart's title is."""
    name, unit = formats.begun(watched.measure.name), watched.measure.unit
    if alarm.usual is None or alarm.now is None:
        found = f"{name} has changed since {formats.day(alarm.since)}"
    else:
        change = formats.change(alarm.usual, alarm.now, unit)
        found = f"{name} {change} since {formats.day(alarm.since)}"
    why = watched.causes.get(alarm.cause, "")
    told = ", ".join(part for part in (why, watched.mostly) if part)
    return f"{found}: {told}" if told else found


def _title(rows: Sequence[Row], watched: Watched) -> str:
    """Say whether the number left its baseline; in the past, in which days."""
    name, now = watched.measure.name, standing(rows)
    said = formats.begun(name)
    if now is not None:
        return story(now, watched)
    if not any(row["value"] is not None for row in rows):
        why = next((row["note"] for row in reversed(rows) if row["note"]), "no days with data")
        return f"{said}: too early to tell a change ({why})"
    past = alarms(rows)
    if not past:
        return f"{said} is as usual"
    last = past[-1]
    when = f"from {formats.day(last.since)} to {formats.day(last.until)}"
    return f"{said} is as usual again; it was not {when}"


def _moved(rows: Sequence[Row], measure: Measure) -> str:
    """Say from which level to which, where an alarm stands."""
    now = standing(rows)
    if now is None or now.usual is None or now.now is None:
        return ""
    usual, lately = (formats.value(one, measure.unit) for one in (now.usual, now.now))
    return f"From {usual} to {lately}."
