"""Days that a time chart points at: what happened, when something changed, and over which days."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

import altair as alt
import pandas as pd

from labelpulse.charts.theme import ACCENT, FONT_SIZE, MUTED, day_axis, layered, painted, utc
from labelpulse.core.periods import Mark, Span

LONGEST = 28
"""Letters of a label; what is longer is cut."""

_LINE = 14
"""Pixels of a line of labels."""

_LINES = 4
"""Lines of labels over a chart; a mark that finds no room on them has none: its rule tells it."""

_HALO = 5
"""Pixels of ground around a rule, which would be lost in front of dark columns."""

_LETTER, _WIDTH = 7, 250
"""Pixels that a letter takes, and that a chart is at least wide, on a phone."""


def over_days(
    layers: Sequence[alt.Chart], span: Span, height: int, own: Sequence[Mark] = ()
) -> alt.LayerChart:
    """Return layers as a chart over the days of a span, with what happened on them.

    Each mark is an upright rule, its text above the chart, where the rule ends.

    Args:
        span: the days of the axis.
        height: of the chart without the texts of marks, in pixels.
        own: marks of this chart alone, beside those of the span.
    """
    placed = _placed(span, own)
    rules = [layer for one, place in placed for layer in _rule(one, span, place)]
    # marks have no legend: layers that share one would contradict each other, and Vega complain
    chart = layered([*layers, *rules], height + room(span, own))
    drawn: alt.LayerChart = chart.resolve_legend(color="independent")
    return drawn


def bands(
    days: Sequence[tuple[date, date]], span: Span, role: str, opacity: float
) -> list[alt.Chart]:
    """Return pale bands over runs of days, first and last included, as far as the span has them."""
    cut = [(max(first, span.since), min(last, span.until)) for first, last in days]
    there = [(first, last) for first, last in cut if first <= last]
    if not there:
        return []
    ends = [last + timedelta(days=1) for _, last in there]
    frame = pd.DataFrame({"day": utc([first for first, _ in there]), "end": utc(ends)})
    x = day_axis(span.since, span.until, whole=False)
    drawn = alt.Chart(frame).mark_rect(opacity=opacity).encode(x=x, x2="end:T")
    return [painted(drawn, role)]


def room(span: Span, own: Sequence[Mark] = ()) -> int:
    """Return the pixels of height that the texts of the marks take: a legend stands above them."""
    placed = _placed(span, own)
    return _LINE * max((place.line + 1 for _, place in placed if place is not None), default=0)


def _leftward(mark: Mark, span: Span) -> bool:
    return mark.day > span.since + (span.until - span.since) / 2


_Reach = tuple[float, float]
"""From where to where something takes its line, in pixels of a narrow chart."""


class _Place(NamedTuple):
    """The line of a text, and whether the rule goes up to it: not where another text stands."""

    line: int
    joined: bool


def _placed(span: Span, own: Sequence[Mark]) -> list[tuple[Mark, _Place | None]]:
    """Return the marks inside the span, each with the place of its text; None = there is no room.

    The chart's own come first, its findings before all; what was noted gives way to them.
    """
    ranked = sorted(
        [*_newest(own, span), *_newest(span.marks, span)], key=lambda mark: not mark.strong
    )
    told: list[int] = []
    places: Sequence[_Place] = ()
    for n in range(len(ranked)):
        if (found := _places([ranked[one] for one in (*told, n)], span)) is not None:
            told, places = [*told, n], found
    at = dict(zip(told, places, strict=True))
    return [(mark, at.get(n)) for n, mark in enumerate(ranked)]


def _newest(marks: Sequence[Mark], span: Span) -> list[Mark]:
    inside = [mark for mark in marks if span.since <= mark.day <= span.until]
    return sorted(inside, key=lambda mark: mark.day, reverse=True)


def _places(marks: Sequence[Mark], span: Span) -> list[_Place] | None:
    """Return places of texts, none of them upon another or upon the way of a rule to its own.

    Each takes the lowest line to which its rule can go, else the lowest one that is free. None =
    they do not all find room.
    """
    taken: list[list[_Reach]] = [[] for _ in range(_LINES)]
    found: dict[int, _Place] = {}
    for n in sorted(range(len(marks)), key=lambda n: _turn(marks[n], span)):
        reach, rule = _reach(marks[n], span), (_part(marks[n], span) * _WIDTH,) * 2
        lines = [line for line in range(_LINES) if _free(taken[line], reach)]
        joined = (line for line in lines if all(_free(low, rule) for low in taken[:line]))
        if (line := next(joined, None)) is not None:
            for below in taken[:line]:
                below.append(rule)
        elif not lines:
            return None
        found[n] = _Place(lines[0] if line is None else line, line is not None)
        taken[found[n].line].append(reach)
    return [found[n] for n in range(len(marks))]


def _turn(mark: Mark, span: Span) -> tuple[bool, int]:
    """Return the order in which texts are placed: each stands on the side that comes later."""
    leftward = _leftward(mark, span)
    return leftward, mark.day.toordinal() * (1 if leftward else -1)


def _free(line: Sequence[_Reach], reach: _Reach) -> bool:
    first, end = reach
    return all(b <= first or end <= a for a, b in line)


def _reach(mark: Mark, span: Span) -> _Reach:
    """Return from where to where a text reaches, in pixels of a narrow chart."""
    at = _part(mark, span) * _WIDTH
    wide = min(len(mark.text), LONGEST) * _LETTER + 2 * _LETTER
    return (max(at - wide, 0), at) if _leftward(mark, span) else (at, min(at + wide, _WIDTH))


def _part(mark: Mark, span: Span) -> float:
    """Return how far along the axis a mark stands, 0 to 1."""
    return (mark.day - span.since).days / len(span.days)


def _rule(mark: Mark, span: Span, place: _Place | None) -> list[alt.Chart]:
    text = mark.text if len(mark.text) <= LONGEST else f"{mark.text[: LONGEST - 1]}…"
    frame = pd.DataFrame({"day": utc([mark.day]), "text": [text], "what": [mark.text]})
    base = alt.Chart(frame).encode(x=day_axis(span.since, span.until))
    role, dash = (ACCENT, [6, 3]) if mark.strong else (MUTED, [2, 3])
    # the ground is the theme's, which only the browser knows; lines still show through it
    ground = alt.ExprRef("background")
    halo = base.mark_rule(stroke=ground, strokeWidth=_HALO, opacity=0.7)
    # up to its own text, which else of two close rules could be either's
    up = -12 - place.line * _LINE if place is not None and place.joined else None
    top = {} if up is None else {"y": alt.value(up), "y2": alt.value("height")}
    rule = base.mark_rule(strokeWidth=1.5, strokeDash=dash).encode(tooltip="what:N", **top)
    drawn = [halo, painted(rule, role)]
    if place is None:
        return drawn
    leftward, part = _leftward(mark, span), _part(mark, span)
    words = base.mark_text(
        align="right" if leftward else "left",
        dx=-5 if leftward else 5,
        fontSize=FONT_SIZE,
        baseline="bottom",
        limit=alt.ExprRef(f"width * {part if leftward else 1 - part:.3f} - 5"),
    )
    told = words.encode(text="text:N", y=alt.value(-4 - place.line * _LINE))
    return [*drawn, painted(told, role)]
