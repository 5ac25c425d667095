"""Tiles that more than one page shows: done, left, pace."""

from dashboard.widgets import Tile
from labelpulse.charts import formats
from labelpulse.judgement.assess import definition, need, project_pace
from labelpulse.judgement.desk import Desk

_PACE = (
    "Labels submitted per working day: mean of the last ten that are over. Working days are the "
    "weekdays on which this project usually works."
)
_PACE_FILE = f"{_PACE} A file has no now: they are the last ones that it has answers of."


def done(desk: Desk) -> Tile:
    """Return the share of required labels, or of items with one where the need is not known."""
    row, about = desk.one("progress"), definition("progress")
    share = formats.percent(row["value"] if row else None)
    if unknown := need(desk):
        return Tile("Items with a label", share, unknown, about)
    required = formats.plural(row["n"] if row else 0, "required label")
    return Tile("Done", share, f"of {required}", about)


def left(desk: Desk, below: str) -> Tile:
    """Return the labels that are left, where it is known how many are needed."""
    row, about = desk.one("labels_remaining"), definition("labels_remaining")
    if unknown := need(desk):
        first = formats.plural(row["value"] if row else 0, "item")
        return Tile("Labels left", formats.NONE, f"{first} without any; {unknown}", about)
    return Tile("Labels left", formats.count(row["value"] if row else None), below, about)


def pace(desk: Desk) -> Tile:
    """Return the labels made per working day, against the need or with what it rests on."""
    found = project_pace(desk)
    last = "the file's last " if desk.file else ""
    below = f"mean of {last}{formats.plural(found.days, 'working day')}"
    if found.made is None:
        below = "the file tells no times" if desk.file else "no working day is over yet"
    elif found.needed is not None and desk.deadline is not None:
        below = f"needs {formats.rate(found.needed)} to {formats.day_year(desk.deadline)}"
    about = _PACE_FILE if desk.file else _PACE
    return Tile("Labels per workday", formats.rate(found.made), below, about)
