"""The six numbers of the summary: done, finish, pace, quality, what waits, risks."""

from collections.abc import Sequence
from dataclasses import replace

from labelpulse.core import formats
from labelpulse.core.forecast import read_forecast
from labelpulse.core.stages import STAGE_PHRASES
from labelpulse.findings.assess import QUALITY_KINDS, need, quality, unmeasured
from labelpulse.findings.attention import Finding
from labelpulse.findings.selection import Selection
from labelpulse.findings.tiles import Tile, compared, done, held_to_target, pace

_UNKNOWN = (
    "Nothing here tells right answers from wrong ones: no known answers, no items with the answers "
    "of two people, no reviews, or answers of a kind that is not measured yet."
)
_RISKS = (
    "What needs attention, as listed beside the progress: red is urgent by its whole interval, "
    "orange by its estimate."
)


def tiles(selection: Selection, found: Sequence[Finding]) -> list[Tile]:
    """Return the six tiles of a project, of which one counts what was found."""
    return [
        done_left(selection),
        finish(selection),
        pace(selection),
        quality_tile(selection),
        open_items(selection),
        risks(found),
    ]


def done_left(selection: Selection) -> Tile:
    """Return what is done, with what is left below it."""
    tile, left = done(selection), selection.one("labels_remaining")
    if need(selection) or left is None:
        return tile
    labels = formats.count_of(left["value"], "label", "labels")
    return replace(tile, below=f"{labels} left")


def finish(selection: Selection) -> Tile:
    """Return the likely day of the finish with its band, against the deadline."""
    about, label = selection.query("finish_date"), "Likely finish"
    if known := need(selection):
        return Tile(label, formats.NONE, known, about)
    row = selection.one("finish_date")
    found = read_forecast(row)
    if found is None:
        return Tile(label, formats.NONE, "" if row is None else str(row["note"]), about)
    band = f"p10–p90 {found.short_band}"
    middle = formats.day_month(found.middle)
    return Tile(label, middle, f"{_against(found.days_late)} · {band}", about)


def _against(late: int | None) -> str:
    """Return how a likely day stands to the deadline, in words."""
    if late is None:
        return "no deadline set"
    if not late:
        return "the day of the deadline"
    days = formats.count_of(abs(late), "day", "days")
    return f"{days} late" if late > 0 else f"{days} early"


def quality_tile(selection: Selection) -> Tile:
    """Return quality by the best evidence there is, which the tile names."""
    found = quality(selection)
    if found is None:
        below = "no gold, no second answers"
        if unmeasured(selection):
            below = "known shapes, spans or texts: see Accuracy"
        return Tile("Quality unknown", formats.NONE, below, _UNKNOWN)
    name = f"Quality: {found.kind}"
    metric = next(name for name, kind in QUALITY_KINDS.items() if kind == found.kind)
    if not found.known and not found.weak:
        few = f"too few: n {found.n} {found.noun}"
        return Tile(name, formats.NONE, few, selection.query(metric))
    between = formats.interval(found.low, found.high, "share")
    n = f"n {formats.count(found.n)}"
    weak = "weak evidence" if found.weak else ""
    below = " · ".join(part for part in (between, n, weak) if part)
    tile = Tile(name, formats.percent(found.value), below, selection.query(metric))
    return compared(selection, held_to_target(selection, tile, metric), metric)


def open_items(selection: Selection) -> Tile:
    """Return the items that are not done, with the stage that holds most of what is begun."""
    rows = {row["stage"]: row["value"] for row in selection.rows("stage_items", "stage")}
    waiting = {stage: n for stage, n in rows.items() if stage not in ("done", "waiting")}
    total = sum(n for stage, n in rows.items() if stage != "done")
    nothing = "every item has a label" if need(selection) else "nothing waits"
    below = "none of them begun" if total else nothing
    if waiting:
        stage = max(waiting, key=waiting.__getitem__)
        below = f"{formats.count(waiting[stage])} {STAGE_PHRASES[stage]}"
    about = selection.query("stage_items", where=["stage!=done"])
    return Tile("Open items", formats.count(total), below, about)


def risks(found: Sequence[Finding]) -> Tile:
    """Return how many things need attention, by urgency."""
    urgent = sum(one.weight == "red" for one in found)
    below = f"{formats.count(urgent)} urgent" if found else "none by our rules"
    return Tile("Risks", formats.count(len(found)), below, _RISKS)
