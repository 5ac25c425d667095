"""How much there is that tells right answers from wrong ones."""

from dataclasses import replace

from labelpulse.core import formats
from labelpulse.core.events import LABELED, MATCHED
from labelpulse.findings.selection import Selection
from labelpulse.findings.tiles import Tile

_GOLD = (
    "Items with an answer that is chosen as right, of all items. What counts as gold stands in the "
    "configuration; nothing is taken for right by itself."
)


def coverage(selection: Selection) -> list[Tile]:
    """Return what share of the work has evidence: two answers, a known answer, a review."""
    return [_double(selection), gold(selection), reviewed(selection)]


def _double(selection: Selection) -> Tile:
    row, about = selection.one("agreement_coverage"), selection.query("agreement_coverage")
    label = "Double-labeled"
    if row is None or row["value"] is None:
        return Tile(label, formats.NONE, "no answers in this time", about)
    n = formats.count_of(row["n"], "answered item", "answered items")
    below = f"of {n}"
    return Tile(label, formats.percent(row["value"]), below, about)


def gold(selection: Selection) -> Tile:
    """Return what share of the items has a known answer."""
    held = selection.holding
    if held.gold == "none" and (selection.scale in LABELED | MATCHED or not held.candidates):
        below = "to choose: see Accuracy" if held.candidates else "no known answers"
        return Tile("With gold", formats.NONE, below, _GOLD)
    if selection.scale in MATCHED:
        return _met(selection, "gold_match_f1", "n")
    if selection.scale not in LABELED:
        return Tile("With gold", formats.NONE, "not measured of such answers yet", _GOLD)
    n = held.candidates.get(held.gold)
    if n is None:  # chosen by author: items are not counted apart, answers to them are
        return _met(selection, "gold_exposures", "value")
    share = min(n / held.items, 1.0) if held.items else None
    below = formats.count_of(n, "known answer", "known answers")
    return Tile("With gold", formats.percent(share), below, _GOLD)


def _met(selection: Selection, metric: str, column: str) -> Tile:
    """Return how many first answers met a known one."""
    row = selection.one(metric)
    met = formats.count(0 if row is None else row[column] or 0)
    return Tile("Met gold", met, "first answers", selection.query(metric))


def reviewed(selection: Selection) -> Tile:
    """Return what share of the answers was reviewed."""
    row, about = selection.one("review_coverage"), selection.query("review_coverage")
    label = "Reviewed"
    if row is None or row["value"] is None:
        return Tile(label, formats.NONE, "no answers in this time", about)
    below = "the source tells no reviews"
    if row["value"] or _ever_reviewed(selection):
        n = formats.count_of(row["n"], "answer", "answers")
        below = f"of {n}"
    return Tile(label, formats.percent(row["value"]), below, about)


def _ever_reviewed(selection: Selection) -> bool:
    """Return whether any answer of the project was reviewed, on any day, by whichever team."""
    row = replace(selection, team=None).one("review_coverage", days=(None, None))
    return row is not None and bool(row["value"])
