"""Single numbers with what defends them: interval, n, and how far they moved."""

from dataclasses import dataclass, replace

from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.core.stages import STAGE_PHRASES, age_text
from labelpulse.findings.assess import (
    definition,
    need,
    project_pace,
    target_for,
    targets_told,
    who_stopped,
)
from labelpulse.findings.attention import SILENT_DAYS
from labelpulse.findings.pace import Pace
from labelpulse.findings.queues import Flowing
from labelpulse.findings.selection import Selection
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import MetricQuery
from labelpulse.stats.intervals import difference

_PACE = (
    "Labels submitted per working day: mean of the last ten that are over. Working days are the "
    "weekdays on which this project usually works."
)
_NO_NOW = "A file has no now: they are the last ones that it has answers of."

_WITHOUT_TODAY = "How far it moved leaves today out, which is not over."

FEW = 20
"""Of fewer than these a percentage would say more than there is."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One number with what defends it.

    Attributes:
        value: formatted; an en dash where there is none.
        below: interval and n, or why there is no number.
        about: what it asks, which defines and explains it; else what it is, in words.
        change: against the days before, "" = not compared or not known.
        more: what is to be known of this very number beside what it is.
    """

    label: str
    value: str
    below: str = ""
    about: MetricQuery | str = ""
    change: str = ""
    more: str = ""

    @property
    def help(self) -> str:
        """What the number means, from the registry where it is a metric."""
        told = self.about if isinstance(self.about, str) else definition(self.about.metric)
        return f"{told} {self.more}".strip()


def estimate_tile(label: str, row: Row | None, unit: str, noun: str, about: MetricQuery) -> Tile:
    """Return a tile of one estimate with its interval and n; without a value it says why."""
    if row is None or row["value"] is None:
        why = "" if row is None else str(row["note"])
        return Tile(label, formats.NONE, why or "nothing in this time", about)
    between = formats.interval(row["low"], row["high"], unit)
    n = formats.counted(row["n"], noun) if noun else formats.count(row["n"])
    counts = not between and row["value"] == row["n"]  # a count's n is the count
    below = " · ".join(part for part in (between, "" if counts else f"n {n}") if part)
    return Tile(label, formats.value(row["value"], unit), below, about)


def metric_tile(selection: Selection, label: str, name: str, noun: str | None = None) -> Tile:
    """Return the tile of a metric in the chosen days, and how it moved where days are compared.

    Args:
        noun: what n counts; None = as the metric says, "" = a bare n.
    """
    metric = METRICS[name]
    row = selection.one(name)
    counted = metric.counted if noun is None else noun
    tile = estimate_tile(label, row, metric.unit, counted, selection.query(name))
    if selection.team is not None and not selection.by_team(name):
        tile = replace(tile, label=f"{tile.label}, all teams")
    tile = held_to_target(selection, tile, name)
    if metric.state:
        return tile
    return compared(selection, tile, name)


def held_to_target(selection: Selection, tile: Tile, metric: str) -> Tile:
    """Return a tile with the target of its measure, where accuracy has one of its own."""
    told = targets_told(selection)
    target = target_for(selection, metric) if told else None
    if target is None or tile.value == formats.NONE:
        return tile
    aim = f"target {formats.percent(target)}".replace(" ", "\xa0")
    return replace(tile, below=f"{tile.below} · {aim}", more=told)


def compared(selection: Selection, tile: Tile, name: str) -> Tile:
    """Return a metric's tile with how far it moved from the days before, where days are compared.

    Where the difference leaves out today, which the number counts, it says so: of a count, which
    one could work it out from, in sight.
    """
    if selection.against is None:
        return tile
    before, now = (selection.one(name, days=days) for days in selection.against)
    moved = change(before, now, METRICS[name].unit)
    if not moved or not selection.without_today:
        return replace(tile, change=moved)
    if now is not None and now["low"] is None:
        moved = f"{moved}, without today"
    return replace(tile, change=moved, more=f"{tile.more} {_WITHOUT_TODAY}".strip())


def change(before: Row | None, now: Row | None, unit: str) -> str:
    """Return how far a number moved, and whether chance alone may do so; "" = not known.

    Chance may where the 95 % interval of the move holds 0.
    """
    if before is None or now is None or before["value"] is None or now["value"] is None:
        return ""
    moved = formats.change(before["value"], now["value"], unit)
    sides = (before, now)
    if any(side["low"] is None or side["high"] is None for side in sides):
        return moved
    first, second = ((side["value"], (side["low"], side["high"])) for side in sides)
    low, high = difference(first, second)
    return f"{moved}, within chance" if low <= 0 <= high else moved


def between(low: float | None, high: float | None, unit: str) -> str:
    r"""Return the interval of a change in words, both ends signed; "" = not known.

    >>> between(-0.12, -0.04, "share")
    '−12\xa0points to −4\xa0points'
    """
    if low is None or high is None:
        return ""
    first, last = (formats.change(0.0, end, unit) for end in (low, high))
    return f"{first} to {last}"


def done(selection: Selection) -> Tile:
    """Return the share of required labels, or of items with one where the need is not known."""
    row, about = selection.one("progress"), selection.query("progress")
    share = _share(row)
    if unknown := need(selection):
        return Tile("Items with a label", share, unknown, about)
    required = formats.count_of(row["n"] if row else 0, "required label", "required labels")
    return Tile("Done", share, f"of {required}", about)


def _share(row: Row | None) -> str:
    """Return a share of all, or of so few that its counts say more: ``3 of 12``."""
    if row is None or row["value"] is None or row["n"] >= FEW:
        return formats.percent(row["value"] if row else None)
    there = formats.count(round(row["value"] * row["n"]))
    return f"{there} of {formats.count(row['n'])}"


def left(selection: Selection, below: str) -> Tile:
    """Return the labels that are left, where it is known how many are needed."""
    row, about = selection.one("labels_remaining"), selection.query("labels_remaining")
    label = "Labels left"
    if unknown := need(selection):
        items = formats.count_of(row["value"] if row else 0, "item", "items")
        why = f"{items} without any; {unknown}"
        return Tile(label, formats.NONE, why, about)
    return Tile(label, formats.count(row["value"] if row else None), below, about)


def pace(selection: Selection) -> Tile:
    """Return the labels made per working day, against the need or with what it rests on."""
    found = project_pace(selection)
    about = f"{_PACE} {_NO_NOW}" if selection.file else _PACE
    return Tile("Labels per workday", formats.rate(found.made), _rests_on(selection, found), about)


def _rests_on(selection: Selection, found: Pace) -> str:
    """Return the pace that the deadline needs, or which days the one made is the mean of."""
    if found.made is None:
        return "the file tells no times" if selection.file else "no working day is over yet"
    if found.needed is not None and selection.deadline is not None:
        rate, day = formats.rate(found.needed), formats.day_year(selection.deadline)
        if selection.team:
            return f"the whole project needs {rate} to {day}"
        return f"needs {rate} to {day}"
    if found.days == 1:
        return "of the file's last working day" if selection.file else "of one working day"
    days = f"{formats.count(found.days)} working days"
    return f"mean of the file's last {days}" if selection.file else f"mean of {days}"


def worst_queue(selection: Selection, flowing: Flowing) -> Tile:
    """Return the queue that grows; else the one of begun work with the most items times age."""
    label, about, grown = "Worst queue", selection.query("bottleneck"), flowing.grown
    if grown is not None:
        below = f"{STAGE_PHRASES[grown.stage]}: grew {grown.grew} since {grown.day}"
        return Tile(label, formats.count_of(grown.now, "item", "items"), below, about)
    row = selection.one("bottleneck")
    if row is None or row["value"] is None:
        return Tile(label, "none", "nothing begun waits for long", about)
    below = f"{STAGE_PHRASES[row['value']]}, {age_text(row['age_p85'])}; it does not grow"
    return Tile(label, formats.count_of(row["queue"], "item", "items"), below, about)


def silent(selection: Selection) -> Tile:
    """Return who of those at work has submitted nothing on the last working days."""
    stopped, label = who_stopped(selection), "Silent people"
    if stopped is None:
        why = "a file has no now" if selection.file else "nothing is left to do"
        return Tile(label, formats.NONE, why, _SILENT)
    if not stopped:
        return Tile(label, "0", "everybody at work submitted lately", _SILENT)
    names = formats.listed(sorted(stopped, key=str.casefold), 2)
    return Tile(label, formats.count(len(stopped)), names, _SILENT)


_SILENT = (
    "People at work on three days or more of the four weeks up to their last who submitted "
    f"nothing on the last {SILENT_DAYS} working days. They may have left, be on leave, or work "
    "on another project."
)
