"""Labels: how often each is given, and how the mix of them moves."""

import json
from collections.abc import Sequence
from datetime import timedelta

import altair as alt
import pandas as pd

from labelpulse.charts.marks import over_days, room
from labelpulse.charts.theme import (
    ACCENT,
    BY_ROLE,
    FONT_SIZE,
    LEGEND_OFFSET,
    MAIN,
    MUTED,
    Figure,
    day_axis,
    layered,
    painted,
    pale,
    rows_height,
    utc,
)
from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.core.formats import sentences
from labelpulse.core.periods import Span, after_period, parse_period
from labelpulse.stats.intervals import difference, wilson

SHOWN = 25
BIGGEST = 5
"""Labels that have a colour of their own over time; the others are one rest, one more is none."""

RARE = 20
"""Answers below which a label is rare: nothing can be said of it alone."""

LATELY = 28
HEIGHT = 230
REST = "all other labels"
_ROLES = (MAIN, ACCENT, "third", "fourth", "fifth", MUTED)


def mix(rows: Sequence[Row], imbalance: Row | None = None) -> Figure:
    """Return a bar a label, the commonest first: its share, 95 % interval and count.

    Args:
        rows: `label_share` by label: keys ``label``, value, low, high, n = all answers.
        imbalance: `label_imbalance` of the same answers, for the title.
    """
    known = [row for row in rows if row["value"] is not None]
    kept = sorted(known, key=lambda row: (-row["value"], row["label"]))[:SHOWN]
    counts = [round(row["value"] * row["n"]) for row in kept]
    enough = bool(kept) and kept[0]["n"] >= RARE
    frame = pd.DataFrame(
        {
            "label": [row["label"] for row in kept],
            "value": [row["value"] for row in kept],
            "low": [row["low"] for row in kept],
            "high": [row["high"] for row in kept],
            "role": [MAIN if n >= RARE else MUTED for n in counts],
            "text": [_words(row, n, enough) for row, n in zip(kept, counts, strict=True)],
            "range": [formats.interval(row["low"], row["high"], "share") for row in kept],
        }
    )
    title = _of_mix(kept, imbalance)
    note = sentences(
        f"Shares of {_answers(kept[0]['n'])}, and how many." if kept else "",
        "Thin lines: 95 % intervals." if enough else "",
        f"Grey: fewer than {RARE}." if any(n < RARE for n in counts) else "",
        f"The {SHOWN} commonest of {len(known)}." if len(known) > SHOWN else "",
    )
    chart = layered(_bars(frame), rows_height(len(frame), 20))
    described = f"Bars, one a label. {title}."
    return Figure(title, note, described, chart, len(frame))


def _answers(n: float) -> str:
    return formats.count_of(n, "answer", "answers")


def _words(row: Row, n: int, enough: bool) -> str:
    return f"{formats.percent(row['value'])} · {formats.count(n)}" if enough else formats.count(n)


def _bars(frame: pd.DataFrame) -> list[alt.Chart]:
    names = alt.Axis(title=None, ticks=False, domain=False, labelLimit=170, labelOverlap=False)
    top = 1.25 * max(frame["high"].max(), 0.01) if len(frame) else 1.0
    scale = alt.Scale(domain=[0, top], nice=False)
    base = alt.Chart(frame).encode(y=alt.Y("label:N", sort=None, axis=names))
    x = alt.X("value:Q", axis=None, scale=scale)
    tips = [
        alt.Tooltip("label:N", title="Label"),
        alt.Tooltip("text:N", title="Share and count"),
        alt.Tooltip("range:N", title="95 % interval"),
    ]
    bars = base.mark_bar(height=13, cornerRadiusEnd=2, opacity=0.85)
    return [
        bars.encode(x=x, color=BY_ROLE, tooltip=tips),
        painted(
            base.mark_rule(strokeWidth=1.5).encode(x=alt.X("low:Q", axis=None), x2="high:Q"), MUTED
        ),
        painted(
            base.mark_text(align="left", dx=6, fontSize=FONT_SIZE).encode(
                x=alt.X("high:Q", axis=None), text="text:N"
            ),
            MUTED,
        ),
    ]


def _of_mix(rows: Sequence[Row], imbalance: Row | None) -> str:
    if not rows:
        return "No label was given in this time"
    rare = [row for row in rows if round(row["value"] * row["n"]) < RARE]
    if rows[0]["n"] < RARE:
        return f"{_answers(rows[0]['n'])}: too early for shares"
    if rare and len(rows) > 1:
        labels = formats.listed([str(row["label"]) for row in rare])
        return (
            f"{labels} is rare: fewer than {RARE} answers"
            if len(rare) == 1
            else f"{labels} are rare: fewer than {RARE} answers"
        )
    if imbalance is None or imbalance["value"] is None or len(rows) < 2:
        return f"{rows[0]['label']} is the commonest label, {formats.percent(rows[0]['value'])}"
    between = f"{formats.rate(imbalance['low'])}–{formats.rate(imbalance['high'])}"
    return (
        f"{imbalance['largest']} comes {formats.rate(imbalance['value'])} times as often as "
        f"{imbalance['smallest']} (95 % interval {between})"
    )


def over_time(rows: Sequence[Row], span: Span, *, key: str = "week") -> Figure:
    """Return the mix of labels by week or month as stacked columns: the commonest five and a rest.

    Colours go by the name of the label, so that they stay from one look to the next.

    Args:
        rows: `label_count` by label and `key`: keys ``label``, `key`, value = how often.
    """
    kept = [row for row in rows if row[key] and row["value"]]
    totals: dict[str, float] = {}
    for row in kept:
        totals[row["label"]] = totals.get(row["label"], 0) + row["value"]
    biggest = sorted(totals, key=lambda label: (-totals[label], label))
    own = BIGGEST if len(biggest) > BIGGEST + 1 else len(biggest)
    named = sorted(biggest[:own], key=str.casefold)
    frame = _stacked(kept, named, key, span)
    title = _moved(kept, named, span, key)
    shown = [*named, *([REST] if len(biggest) > own else [])]
    note = sentences(
        f"The five commonest of {len(biggest)} labels." if len(biggest) > own else "",
        f"Each column adds up to all labels of its {key}.",
        f"The pale column is the {key} that is not over." if frame["open"].any() else "",
    )
    starts = [parse_period(row[key]) for row in kept] or [span.since]
    wide = span.widened(min(starts), after_period(max(starts), key) - timedelta(days=1))
    chart = over_days([_columns(frame, shown, wide)], wide, HEIGHT)
    described = f"Stacked columns by {key}. {title}."
    return Figure(title, note, described, chart, len(frame))


def _stacked(rows: Sequence[Row], named: list[str], key: str, span: Span) -> pd.DataFrame:
    found: dict[tuple[str, str], float] = {}
    whole: dict[str, float] = {}
    for row in rows:
        label = row["label"] if row["label"] in named else REST
        found[row[key], label] = found.get((row[key], label), 0) + row["value"]
        whole[row[key]] = whole.get(row[key], 0) + row["value"]
    order = [*named, REST]
    cells = sorted(found, key=lambda cell: (cell[0], order.index(cell[1])))
    starts = [parse_period(period) for period, _ in cells]
    shares = [found[cell] / whole[cell[0]] for cell in cells]
    tops: list[float] = []
    for at, share in enumerate(shares):
        below = tops[-1] if at and cells[at][0] == cells[at - 1][0] else 0.0
        tops.append(below + share)
    return pd.DataFrame(
        {
            "day": utc(starts) + pd.Timedelta(hours=8),
            "end": utc([after_period(one, key) for one in starts]) - pd.Timedelta(hours=8),
            "open": pd.Series([span.is_open(one, key) for one in starts], dtype="bool"),
            "label": [label for _, label in cells],
            "role": [_role(label, named) for _, label in cells],
            "low": [top - share for top, share in zip(tops, shares, strict=True)],
            "high": tops,
            "text": [
                f"{formats.percent(share)} of {formats.count(whole[period])}"
                for (period, _), share in zip(cells, shares, strict=True)
            ],
            "when": [formats.period(one, key) for one in starts],
        }
    )


def _role(label: str, named: list[str]) -> str:
    return _ROLES[named.index(label)] if label in named and label != REST else MUTED


def _columns(frame: pd.DataFrame, shown: list[str], span: Span) -> alt.Chart:
    names = {_role(label, shown): label for label in shown}
    legend = alt.Legend(
        orient="top",
        title=None,
        values=list(names),
        labelExpr=f"{json.dumps(names)}[datum.value]",
        labelLimit=150,
        columns=3,
        symbolType="square",
        offset=LEGEND_OFFSET + room(span),
    )
    drawn: alt.Chart = (
        alt.Chart(frame)
        .mark_rect()
        .encode(
            x=day_axis(span.since, span.until, whole=False),
            x2="end:T",
            y=alt.Y(
                "low:Q",
                title=None,
                scale=alt.Scale(domain=[0, 1], nice=False),
                axis=alt.Axis(format="%", tickCount=4, domain=False, ticks=False),
            ),
            y2="high:Q",
            color=BY_ROLE.legend(legend),
            opacity=pale(),
            tooltip=[
                alt.Tooltip("label:N", title="Label"),
                alt.Tooltip("text:N", title="Share"),
                alt.Tooltip("when:N", title="When"),
            ],
        )
    )
    return drawn


def _moved(rows: Sequence[Row], labels: Sequence[str], span: Span, key: str) -> str:
    """Return which of the commonest labels moved most in the last weeks, beyond chance."""
    edge = span.until - timedelta(days=LATELY - 1)
    sides: tuple[dict[str, float], dict[str, float]] = ({}, {})
    for row in rows:
        side = sides[parse_period(row[key]) >= edge]
        side[row["label"]] = side.get(row["label"], 0) + row["value"]
    before, after = (sum(side.values()) for side in sides)
    if not rows:
        return "No label was given in this time"
    if min(before, after) < RARE:
        given = formats.count_of(before + after, "label", "labels")
        return f"The mix of {given}; too early to say if it moves"
    tests = []
    for label in labels:
        pairs = [(side.get(label, 0), n) for side, n in zip(sides, (before, after), strict=True)]
        first, second = ((k / n, wilson(k, n)) for k, n in pairs)
        low, high = difference(first, second)
        tests.append((abs(second[0] - first[0]), label, first[0], second[0], low > 0 or high < 0))
    real = [one for one in tests if one[4]]
    if not real:
        return "The mix of labels in the last four weeks is as before"
    _, label, was, is_now, _ = max(real)
    now, then = formats.percent(is_now), formats.percent(was)
    if now == then:
        return "The mix of labels in the last four weeks is about as before"
    return f"{label} moved most: {now} in the last four weeks, {then} before"
