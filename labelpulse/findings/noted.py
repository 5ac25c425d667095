"""What was noted for days: numbers before and after it, and which moved by more than chance."""

from collections.abc import Sequence
from datetime import date, timedelta

from labelpulse.core.estimate import Row
from labelpulse.core.events import LABELED
from labelpulse.findings.selection import Selection
from labelpulse.metrics.registry import METRICS
from labelpulse.reader.markers import COMPARED, WINDOW
from labelpulse.stats.intervals import Z95


def moves(selection: Selection) -> list[Row]:
    """Return what the compared numbers were before and after each marker, the newest first.

    Returns:
        The rows of the table ``moves`` that have a value, with ``metric``, ``beyond``, as `judged`
        has it, and ``others``, as `apart` has it.
    """
    found = [
        {**row, "metric": metric}
        for metric in compared(selection)
        for row in selection.detail("moves", (None, None), metric=metric)
        if row["value"] is not None
    ]
    return sorted(apart(judged(found)), key=lambda row: str(row["day"]), reverse=True)


def compared(selection: Selection) -> list[str]:
    """Return the numbers that are compared here."""
    asked = [one for one in COMPARED if selection.control or not METRICS[one].on_control]
    other = "match_f1" if selection.scale in LABELED else "agreement_percent"
    without = {other, *(["gold_accuracy"] if selection.holding.gold == "none" else [])}
    return [one for one in asked if one not in without]


def judged(rows: Sequence[Row]) -> list[Row]:
    """Return rows with ``beyond``: whether a change is more than chance; None = not known.

    Several markers and numbers are compared at once, and one 95 % interval in twenty leaves out 0
    by chance: so all together are decided on, by Benjamini and Hochberg at a share of 5 %.

    Args:
        rows: keys value, low, high: the change with its interval.
    """
    from labelpulse.stats.discovery import benjamini_hochberg, two_sided

    known = [at for at, row in enumerate(rows) if row["low"] is not None]
    if not known:
        return [{**row, "beyond": None} for row in rows]
    found = benjamini_hochberg(two_sided([_score(rows[at]) for at in known]))
    beyond = dict(zip(known, found.tolist(), strict=True))
    return [{**row, "beyond": beyond.get(at)} for at, row in enumerate(rows)]


def apart(rows: Sequence[Row]) -> list[Row]:
    """Return rows with ``others``: what was noted later, that the change may be of as well.

    It lies among the days after, and the same number moved the same way with it, beyond chance.

    Args:
        rows: keys day, metric, text, value, beyond.
    """
    return [{**row, "others": [one["text"] for one in rows if _shared(row, one)]} for row in rows]


def _shared(row: Row, other: Row) -> bool:
    if not (row["beyond"] and other["beyond"]) or row["metric"] != other["metric"]:
        return False
    later = date.fromisoformat(other["day"]) - date.fromisoformat(row["day"])
    return timedelta(0) < later < timedelta(WINDOW) and row["value"] * other["value"] > 0


def _score(row: Row) -> float:
    """Return a change in standard errors, by the end of its interval that lies towards 0."""
    value = row["value"]
    towards = value - row["low"] if value > 0 else row["high"] - value
    return 0.0 if not value else Z95 * value / towards if towards else float("inf")
