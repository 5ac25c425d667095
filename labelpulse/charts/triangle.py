"""Disagreement: label against label, how much of it sits in each pair, and beyond chance."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import pandas as pd

from labelpulse.charts.grid import table, triangle
from labelpulse.charts.theme import Figure, largest
from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.core.formats import lift, sentences

LABELS = 20
PICKS = "pair"
"""The selection that a click on a cell makes: its column and its row."""

_WITH_LIFT = 8
"""In tables of more labels the cells are too small for a second line."""


def disagreement(rows: Sequence[Row]) -> Figure:
    """Return label against label: how much of all disagreement sits in each pair.

    Args:
        rows: keys ``label_a``, ``label_b`` (unordered, different), value = pairs of answers, and
            ``expected`` where it is known: the share of disagreement that chance gives the pair.
    """
    total = sum(row["value"] for row in rows)
    found: Counter[tuple[str, str]] = Counter()
    chance: defaultdict[tuple[str, str], float] = defaultdict(float)
    weight: Counter[str] = Counter()
    for row in rows:
        a, b = sorted((row["label_a"], row["label_b"]))
        found[a, b] += row["value"]
        chance[a, b] += row.get("expected") or 0.0
        weight.update({a: row["value"], b: row["value"]})
    labels = sorted((label for label, _ in weight.most_common(LABELS)), key=str.casefold)
    cells = [(a, b) for at, a in enumerate(labels) for b in labels[at + 1 :]]
    frame = _frame(cells, found, chance, total)
    small = len(labels) <= _WITH_LIFT
    if not small:
        frame["text"] = frame["count"]
    tips = {"pair": "pair", "share": "share", "count": "count", "lift": "lift"}
    chart = table(frame, triangle(labels), tips, picks=PICKS, row_height=30 if small else 26)
    title = _one_pair(frame, total)
    note = sentences(
        _colour(total, lifts=small and bool(frame["lift"].any())),
        f"The {LABELS} labels with the most are shown." if len(weight) > LABELS else "",
    )
    described = f"Triangle of label pairs. {title}."
    return Figure(title, note, described, chart, len(frame))


def _colour(total: float, *, lifts: bool) -> str:
    pairs = formats.count_of(total, "pair", "pairs")
    if lifts:
        return (
            f"Colour: share of {pairs} of answers that differ; on it: pairs and times as often "
            "as by chance."
        )
    return f"Colour: share of {pairs} of answers that differ; on it: pairs."


def _frame(
    cells: list[tuple[str, str]],
    found: Counter[tuple[str, str]],
    chance: Mapping[tuple[str, str], float],
    total: float,
) -> pd.DataFrame:
    keys = [(min(cell), max(cell)) for cell in cells]
    shares = [found[key] / total if total else 0.0 for key in keys]
    lifts = [lift(share, chance.get(key)) for share, key in zip(shares, keys, strict=True)]
    counts = [formats.count(found[key]) if found[key] else "" for key in keys]
    return pd.DataFrame(
        {
            "column": [a for a, _ in cells],
            "row": [b for _, b in cells],
            "shade": shares,
            "count": counts,
            "lift": lifts,
            "text": [" · ".join(filter(None, both)) for both in zip(counts, lifts, strict=True)],
            "share": [formats.percent(share, 1) if total else "" for share in shares],
            "pair": [f"{a} / {b}" for a, b in cells],
        }
    )


def _one_pair(frame: pd.DataFrame, total: float) -> str:
    if not total or frame.empty:
        return "No two answers differ"
    top = largest(frame, "shade")
    if len(frame) == 1:
        return f"All disagreement is {top['pair']}"
    return (
        f"{formats.percent(top['shade'])} of disagreement sits in one pair of {len(frame)}: "
        f"{top['pair']}"
    )
