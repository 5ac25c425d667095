"""What people do with a model's predictions: by label, and by how sure the model is."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from labelpulse.charts.theme import (
    ACCENT,
    BY_ROLE,
    MAIN,
    MUTED,
    Figure,
    largest,
    layered,
    painted,
    rows_height,
)
from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.core.formats import sentences

LEAST = 20
SHOWN = 25
HEIGHT = 230
ACCEPTED, BLIND = "accepted by those who see it", "said by those who see none"


def by_label(
    accepted: Sequence[Row],
    blind: Sequence[Row],
    *,
    version: str,
    finding: str = "",
    sure: str = "",
) -> Figure:
    """Return a row a label: the share of its predictions that stand, and what the blind say.

    Args:
        accepted: `prediction_acceptance`, blind: `prediction_agreement` of a model version, both
            by ``label``.
        finding: the title, where a label stands out. sure: what that rests on.
    """
    known = [row for row in accepted if row["value"] is not None and row["label"] is not None]
    kept = sorted(known, key=lambda row: str(row["label"]).casefold())[:SHOWN]
    labels = [row["label"] for row in kept]
    others = [row for row in blind if row["value"] is not None and row["label"] in labels]
    frame = _points([(row, ACCEPTED, MAIN) for row in kept] + [(o, BLIND, ACCENT) for o in others])
    title = finding or _even(frame, version)
    few = len(frame) > 0 and not frame["enough"].all()
    note = sentences(
        sure,
        (
            f"Of the predictions of {version}, by predicted label: filled, the share {ACCEPTED}; "
            f"hollow, the share {BLIND}. 95 % intervals."
        ),
        _pale() if few else "",
        f"{SHOWN} of {len(known)} labels are shown." if len(known) > SHOWN else "",
    )
    chart = layered(_rows(frame), 30 + rows_height(len(kept), 40))
    described = f"Two dots a label with intervals. {title}."
    return Figure(title, note, described, chart, len(frame))


def _pale() -> str:
    return f"Pale: fewer than {LEAST} answers."


def _points(found: Sequence[tuple[Row, str, str]]) -> pd.DataFrame:
    enough = [row["n"] >= LEAST for row, _, _ in found]
    return pd.DataFrame(
        {
            "label": [str(row["label"]) for row, _, _ in found],
            "kind": [kind for _, kind, _ in found],
            "role": [role for _, _, role in found],
            "value": [row["value"] for row, _, _ in found],
            "low": [row["low"] for row, _, _ in found],
            "high": [row["high"] for row, _, _ in found],
            "n": [row["n"] for row, _, _ in found],
            "enough": enough,
            "weight": [1.0 if one else 0.35 for one in enough],
            "text": [formats.percent(row["value"]) for row, _, _ in found],
            "range": [formats.interval(row["low"], row["high"], "share") for row, _, _ in found],
        }
    ).astype({"value": "float64", "low": "float64", "high": "float64", "enough": "bool"})


def _rows(frame: pd.DataFrame) -> list[alt.Chart]:
    names = alt.Axis(title=None, ticks=False, domain=False, labelLimit=170, labelOverlap=False)
    seen = frame[frame["enough"]] if len(frame) else frame
    floor = max(0.0, round(min(seen["low"], default=0.06) - 0.06, 1))
    axis = alt.Axis(format="%", tickCount=5, orient="top", domain=False, ticks=False, title=None)
    scale = alt.Scale(domain=[floor, 1.0], clamp=True, nice=False)

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", axis=axis, scale=scale)

    offset = alt.YOffset("kind:N", sort=[ACCEPTED, BLIND], scale=alt.Scale(paddingOuter=0.9))
    base = alt.Chart(frame).encode(
        y=alt.Y("label:N", axis=names),
        yOffset=offset,
        color=BY_ROLE,
        opacity=alt.Opacity("weight:Q", scale=None, legend=None),
    )
    tips = _tips("label", "Label")
    filled, hollow = _kinds(base)
    return [
        base.mark_rule(strokeWidth=1.8).encode(x=x("low"), x2="high:Q"),
        filled.mark_point(filled=True, size=60).encode(x=x("value"), tooltip=tips),
        hollow.mark_point(filled=False, size=55, strokeWidth=1.6).encode(
            x=x("value"), tooltip=tips
        ),
    ]


def _even(frame: pd.DataFrame, version: str) -> str:
    if frame.empty or not frame["enough"].any():
        return f"Too few answers started from predictions of {version} to compare labels"
    if BLIND not in set(frame["kind"]):
        return f"How often predictions of {version} stand, by label"
    return f"No label of {version} is accepted more readily than the others"


def by_score(accepted: Sequence[Row], blind: Sequence[Row]) -> Figure:
    """Return, by how sure the model is, how often its predictions stand and are right.

    Right is what people say who see no prediction: a model that knows how sure it may be lies on
    the dashed line.

    Args:
        accepted: `prediction_acceptance`, blind: `prediction_agreement`, both by ``score_band``
            (0 = below 10 %, 9 = from 90 %; None = no score).
    """
    found = [
        *((row, ACCEPTED, MAIN) for row in _scored(accepted)),
        *((row, BLIND, ACCENT) for row in _scored(blind)),
    ]
    frame = _points(
        [({**row, "label": row["score_band"]}, kind, role) for row, kind, role in found]
    )
    frame["score"] = [(row["score_band"] + 0.5) / 10 for row, _, _ in found]
    frame["band"] = [
        f"{10 * row['score_band']}–{10 * row['score_band'] + 10} %" for row, *_ in found
    ]
    title = _calibrated(frame)
    few = len(frame) > 0 and not frame["enough"].all()
    note = sentences(
        (
            f"By the model's own score: filled, the share {ACCEPTED}; hollow, the share {BLIND}; "
            "95 % intervals. Dashed: as often as the score says."
        ),
        _pale() if few else "",
    )
    described = f"Dots by score. {title}."
    return Figure(title, note, described, layered(_curve(frame), HEIGHT), len(frame))


def _scored(rows: Sequence[Row]) -> list[Row]:
    known = [row for row in rows if row["value"] is not None and row["score_band"] is not None]
    return sorted((row for row in known if row["score_band"] >= 0), key=lambda r: r["score_band"])


def _curve(frame: pd.DataFrame) -> list[alt.Chart]:
    title = "model's score"
    percent = alt.Axis(format="%", tickCount=5, domain=False, ticks=False, title=title)
    x = alt.X("score:Q", axis=percent, scale=alt.Scale(domain=[0, 1], nice=False))

    def y(field: str) -> alt.Y:
        axis = alt.Axis(format="%", tickCount=4, domain=False, ticks=False)
        return alt.Y(f"{field}:Q", title=None, axis=axis, scale=alt.Scale(domain=[0, 1]))

    faded = alt.Opacity("weight:Q", scale=None, legend=None)
    base = alt.Chart(frame).encode(x=x, color=BY_ROLE, opacity=faded)
    tips = _tips("band", "Score")
    filled, hollow = _kinds(base)
    even = alt.Chart(pd.DataFrame({"score": [0.0, 1.0], "value": [0.0, 1.0]})).encode(x=x)
    return [
        painted(even.mark_line(strokeDash=[6, 3], strokeWidth=1.2).encode(y=y("value")), MUTED),
        base.mark_rule(strokeWidth=1.5).encode(y=y("low"), y2="high:Q"),
        filled.mark_point(filled=True, size=60).encode(y=y("value"), tooltip=tips),
        hollow.mark_point(filled=False, size=55, strokeWidth=1.6).encode(
            y=y("value"), tooltip=tips
        ),
    ]


def _calibrated(frame: pd.DataFrame) -> str:
    """Return where most predictions are less right, or more, than the score says, beyond chance."""
    enough = frame[frame["enough"]] if len(frame) else frame
    firm = enough[enough["kind"] == BLIND] if len(frame) else frame
    if len(enough) and not (frame["kind"] == BLIND).any():
        most = largest(enough, "n")
        return f"Of the predictions scored {most['band']}, {most['text']} are accepted as they are"
    if firm.empty:
        return "Too few answers at any score to tell whether the model is too sure of itself"
    off = firm[(firm["low"] > firm["score"] + 0.05) | (firm["high"] < firm["score"] - 0.05)]
    if off.empty:
        return "The model is about as often right as its score says"
    matters = (off["value"] - off["score"]).abs() * off["n"]
    worst = largest(off.assign(matters=matters), "matters")
    if worst["value"] < worst["score"]:
        return (
            f"The model is too sure of itself: scored {worst['band']}, people who see no "
            f"prediction agree with {worst['text']}"
        )
    return (
        f"The model is too modest: scored {worst['band']}, people who see no prediction agree "
        f"with {worst['text']}"
    )


def _tips(field: str, title: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip(f"{field}:N", title=title),
        alt.Tooltip("kind:N", title="Share"),
        alt.Tooltip("text:N", title="Value"),
        alt.Tooltip("range:N", title="95 % interval"),
        alt.Tooltip("n:Q", title="Answers", format=","),
    ]


def _kinds(base: alt.Chart) -> tuple[alt.Chart, alt.Chart]:
    """Return what is accepted when shown, and what is said by those who see no prediction."""
    kinds = [one.replace("'", r"\'") for one in (ACCEPTED, BLIND)]  # as Vega quotes what it reads
    shown, blind = (base.transform_filter(f"datum.kind === '{one}'") for one in kinds)
    return shown, blind
