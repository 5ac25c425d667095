"""One person among their peers over time: their own line before the others' median and band."""

from collections.abc import Sequence
from statistics import median, quantiles

import altair as alt
import pandas as pd

from labelpulse.charts.marks import over_days
from labelpulse.charts.shares import HEIGHT
from labelpulse.charts.theme import (
    BY_ROLE,
    MAIN,
    MUTED,
    Figure,
    day_axis,
    hollow,
    hollow_told,
    painted,
    utc,
    value_axis,
)
from labelpulse.core import formats
from labelpulse.core.estimate import Measure, Row
from labelpulse.core.formats import sentences
from labelpulse.core.periods import Span, parse_period
from labelpulse.core.pseudonyms import UNKNOWN

LEAST_PEERS = 5
"""With fewer others in a week there is no band: it would show single people."""

_BEYOND = (
    "{measure}: below nine in ten others in {n} of {periods}",
    "{measure}: above nine in ten others in {n} of {periods}",
)
_BEYOND_TIMES = (
    "{measure}: shorter than nine in ten others in {n} of {periods}",
    "{measure}: longer than nine in ten others in {n} of {periods}",
)


def among_peers(rows: Sequence[Row], who: str, span: Span, *, key: str, measure: Measure) -> Figure:
    """Return one person's dots with intervals, before the peers' median and 10-90 % band.

    Args:
        rows: everybody's: keys ``annotator``, `key` (week or month), value, low, high, n.
        who: as in the rows. Peers count where they rest on `measure.min_n` or more.
    """
    known = [row for row in rows if row[key] and row["value"] is not None]
    own = _own([row for row in known if row["annotator"] == who], key, measure, span)
    others = [
        row
        for row in known
        if row["annotator"] not in (who, UNKNOWN, None) and row["n"] >= measure.min_n
    ]
    band = _band(others, key)
    title = _standing(own, band, measure, who, key)
    few = len(own) > 0 and not own["enough"].all()
    note = sentences(
        f"Dots: {who}, by {key}, with 95 % intervals.",
        (
            f"Band and line: 10 to 90 % and the middle of the others with {measure.min_n} or more "
            f"{measure.noun}."
        )
        if len(band)
        else "",
        f"Pale: fewer than {measure.min_n}." if few else "",
        hollow_told(own, key),
    )
    days = [one["day"].min().date() for one in (own, band) if len(one)]
    shown = span.widened(min(days)) if days else span
    chart = over_days(_layers(own, band, shown, measure), shown, HEIGHT)
    described = f"Dots before a band by {key}. {title}."
    return Figure(title, note, described, chart, len(own))


def _own(rows: Sequence[Row], key: str, measure: Measure, span: Span) -> pd.DataFrame:
    starts = [parse_period(row[key]) for row in rows]
    enough = [row["n"] >= measure.min_n for row in rows]
    return pd.DataFrame(
        {
            "period": [row[key] for row in rows],
            "day": utc(starts) + pd.Timedelta(hours=12),
            "value": [float(row["value"]) for row in rows],
            "low": [row["low"] for row in rows],
            "high": [row["high"] for row in rows],
            "n": [row["n"] for row in rows],
            "enough": enough,
            "open": [span.is_open(one, key) for one in starts],
            "weight": [1.0 if one else 0.4 for one in enough],
            "role": [MAIN] * len(rows),
            "when": [formats.period(one, key) for one in starts],
            "text": [formats.value(row["value"], measure.unit) for row in rows],
            "range": [formats.interval(row["low"], row["high"], measure.unit) for row in rows],
        }
    ).astype({"low": "float64", "high": "float64", "enough": "bool", "open": "bool"})


def _band(rows: Sequence[Row], key: str) -> pd.DataFrame:
    found: dict[str, list[float]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(float(row["value"]))
    periods = sorted(period for period, values in found.items() if len(values) >= LEAST_PEERS)
    tenths = [quantiles(found[period], n=10, method="inclusive") for period in periods]
    return pd.DataFrame(
        {
            "period": periods,
            "day": utc([parse_period(one) for one in periods]) + pd.Timedelta(hours=12),
            "low": [one[0] for one in tenths],
            "high": [one[-1] for one in tenths],
            "middle": [median(found[period]) for period in periods],
            "people": [len(found[period]) for period in periods],
        }
    )


def _layers(own: pd.DataFrame, band: pd.DataFrame, span: Span, measure: Measure) -> list[alt.Chart]:
    seen = own[own["enough"]] if own["enough"].any() else own
    lows = [*band["low"], *seen["low"].dropna(), *seen["value"]]
    highs = [*band["high"], *seen["high"].dropna(), *seen["value"]]
    share = measure.unit == "share"
    floor = max(0.0, round(min(lows, default=0.0) - 0.06, 1)) if share else 0.0
    top = 1.0 if share else 1.1 * max(highs, default=1.0)
    scale = alt.Scale(domain=[floor, top], clamp=True, nice=False, zero=False)
    x = day_axis(span.since, span.until)

    def y(field: str) -> alt.Y:
        axis = value_axis(field, measure.name, **({"format": "%"} if share else {}))
        axis["scale"] = scale
        return axis

    ground, base = alt.Chart(band).encode(x=x), alt.Chart(own).encode(x=x)
    faded = alt.Opacity("weight:Q", scale=None, legend=None)
    tips = [
        alt.Tooltip("when:N", title="When"),
        alt.Tooltip("text:N", title=measure.name),
        alt.Tooltip("range:N", title="95 % interval"),
        alt.Tooltip("n:Q", title=measure.noun, format=","),
    ]
    return [
        painted(ground.mark_area(opacity=0.18).encode(y=y("low"), y2="high:Q"), MUTED),
        painted(ground.mark_line(strokeWidth=1.5).encode(y=y("middle")), MUTED),
        base.mark_rule(strokeWidth=1.5).encode(
            y=y("low"), y2="high:Q", color=BY_ROLE, opacity=faded
        ),
        hollow(base.mark_point(filled=True, size=55)).encode(
            y=y("value"), color=BY_ROLE, opacity=faded, tooltip=tips
        ),
    ]


def _standing(own: pd.DataFrame, band: pd.DataFrame, measure: Measure, who: str, key: str) -> str:
    """Return how often the person lay outside the others' band, among periods that can tell."""
    firm = own[own["enough"]].merge(band, on="period", suffixes=("", "_band"))
    name = formats.begun(measure.name)
    if own.empty:
        return f"{name}: nothing of {who} in this time"
    if band.empty:
        return f"{name}: fewer than {LEAST_PEERS} others to hold {who} against"
    if firm.empty:
        return f"{name}: too few answers a {key} to compare {who} with the others"
    under = int((firm["value"] < firm["low_band"]).sum())
    over = int((firm["value"] > firm["high_band"]).sum())
    of = formats.periods(len(firm), key)
    below, above = _BEYOND_TIMES if measure.unit == "s" else _BEYOND
    if under * 2 > len(firm):
        return below.format(measure=name, n=under, periods=of)
    if over * 2 > len(firm):
        return above.format(measure=name, n=over, periods=of)
    return f"{name}: among the others in most of {of}"
