"""What left its baseline: since when, how far, why, who or what has a part in it, what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.findings import alarms, attention, findings, watch
from labelpulse.findings.alarms import Alarm
from labelpulse.findings.moved import BEFORE, LEVELS, arrow, moved, sides
from labelpulse.findings.selection import Selection
from labelpulse.findings.tiles import Tile
from labelpulse.metrics.registry import METRICS
from labelpulse.stats.intervals import difference

_PARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "gold_drift": ("team", "batch", "label"),
        "label_mix_drift": ("label",),
        "time_spent_drift": ("team", "batch"),
    }
)
"""Drift metric -> by what the change of its level is looked for."""

_STEPS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("agreement_drift", "quality"): "Settle the pair in the guideline; re-check items since.",
        ("agreement_drift", "mix"): "Nobody works worse: look at the batches that came in.",
        ("gold_drift", "quality"): "Talk about five examples of the weakest label.",
        ("gold_drift", "mix"): "Look at which people and labels came in; train newcomers.",
        ("label_mix_drift", "quality"): "Same work, other labels: ask whether the guideline moved.",
        ("label_mix_drift", "mix"): "Other data came in: is it what was ordered?",
        ("throughput_drift", "quality"): "Ask what slows people: tool, guideline, harder items?",
        ("throughput_drift", alarms.ODD): attention.FIND_OUT,
        ("throughput_drift", "mix"): "See Progress: who works less than before?",
        ("time_spent_drift", "quality"): "Slower: unclear guideline? Faster: check accuracy.",
        ("time_spent_drift", "mix"): "Look at the batches that came in before judging people.",
    }
)
_UNCLEAR = "Look at the parts on this page before acting: the cause is not told apart."


@dataclass(frozen=True, slots=True)
class Change:
    """One time at which a number left its baseline.

    Attributes:
        metric: the drift metric. alarm: its days and levels. stands: it is not over.
        how: how far it moved. cause: in words. where: what has a part in it, "" = nothing found.
    """

    metric: str
    alarm: Alarm
    stands: bool
    how: str
    cause: str
    where: str
    do: str

    @property
    def window(self) -> str:
        """The days in which the change lies."""
        first = self.alarm.first or self.alarm.since
        since = formats.day(self.alarm.since)
        if first <= self.alarm.since:
            return since
        return f"{since} to {formats.day(first)}"


def watchable(selection: Selection) -> list[str]:
    """Return the drift metrics that have a baseline here, in the order of the page."""
    asked = [one for one in watch.WATCHED if selection.control or not METRICS[one].on_control]
    if selection.holding.gold == "none":
        asked = [one for one in asked if one != "gold_drift"]
    return [one for one in asked if watch.has_baseline(watch.watched_rows(selection, one))]


def changes(selection: Selection) -> list[Change]:
    """Return all changes in the chosen days, those that stand first, then the newest."""
    found = [one for metric in watchable(selection) for one in _of(selection, metric)]
    return sorted(found, key=lambda one: (not one.stands, -one.alarm.since.toordinal()))


def _of(selection: Selection, metric: str) -> list[Change]:
    rows = watch.watched_rows(selection, metric)
    now = alarms.current_alarm(rows)
    return [_change(selection, metric, one, stands=one == now) for one in alarms.find_alarms(rows)]


def _change(selection: Selection, metric: str, alarm: Alarm, *, stands: bool) -> Change:
    known = watch.WATCHED[metric]
    do = step(metric, alarm) if stands else ""
    cause = alarms.cause_text(alarm, known.causes)
    part = where(selection, metric, alarm) if stands else ""
    return Change(metric, alarm, stands, _how(selection, metric, alarm), cause, part, do)


def step(metric: str, alarm: Alarm) -> str:
    """Return what to do about a change."""
    return _STEPS.get((metric, alarm.cause), _UNCLEAR)


def _how(selection: Selection, metric: str, alarm: Alarm) -> str:
    if alarm.usual is None or alarm.now is None:
        return "other shares"
    if whole := moved(selection, metric, alarm):
        return whole.levels
    unit = watch.WATCHED[metric].measure.unit
    return f"{arrow(alarm.usual, alarm.now, unit)}, smoothed"


def where(selection: Selection, metric: str, alarm: Alarm | None) -> str:
    """Return in words what has a part in a change that stands; "" = nothing stands out."""
    if alarm is None:
        return ""
    if metric == "agreement_drift":
        return findings.where(selection).mostly
    if metric == "throughput_drift":
        return "" if alarm.cause == alarms.ODD else _less_active(selection, alarm)
    if metric not in _PARTS:
        return ""
    found = [
        text for key in _PARTS[metric] for text in _clear(selection, LEVELS[metric], key, alarm)
    ]
    return f"mostly {formats.listed(found, 2)}" if found else ""


def _clear(selection: Selection, name: str, key: str, alarm: Alarm) -> list[str]:
    """Return the part that moved furthest the way the whole did, beyond chance, as words.

    Only one is told, never people, and only where the interval of its change, widened by a quarter
    of that change at either end, leaves out 0: of several parts one always looks moved.
    """
    before, after = (selection.rows(name, key, days=days) for days in sides(alarm))
    old = {row[key]: row for row in before}
    least = METRICS[name].min_n
    furthest: list[tuple[float, str]] = []
    for row in after:
        was = old.get(row[key])
        if not row[key] or was is None or not _known(was, least) or not _known(row, least):
            continue
        first, second = ((one["value"], (one["low"], one["high"])) for one in (was, row))
        low, high = difference(first, second)
        change = row["value"] - was["value"]
        slack = abs(change) / 4
        if _against(alarm, change) or low - slack <= 0 <= high + slack:
            continue
        levels = arrow(was["value"], row["value"], METRICS[name].unit)
        furthest.append((abs(change), f"{part_of(key, row[key])} {levels}"))
    return [text for _, text in sorted(furthest, reverse=True)[:1]]


def _against(alarm: Alarm, change: float) -> bool:
    """Return whether a part moved the other way than the whole, where that has a level."""
    if alarm.usual is None or alarm.now is None:
        return False
    return (change < 0) != (alarm.now < alarm.usual)


def part_of(key: str, name: str) -> str:
    """Return what a part of the work is called: a label by its own name alone."""
    if key == "team":
        return f"team {name}"
    return f"batch {name}" if key == "batch" else name


def _known(row: Row, least: int) -> bool:
    return row["value"] is not None and row["low"] is not None and (row["n"] or 0) >= least


def _less_active(selection: Selection, alarm: Alarm) -> str:
    """Return how many people make less than half of what they made a day."""
    both = sides(alarm)
    made = [
        {
            row["annotator"]: row["value"]
            for row in selection.rows("annotations_submitted", "annotator", days=one)
        }
        for one in both
    ]
    days = [((last or alarm.until) - (first or alarm.since)).days + 1 for first, last in both]
    old = {who: n / days[0] for who, n in made[0].items() if who and n >= BEFORE}
    less = [who for who, rate in old.items() if made[1].get(who, 0) / days[1] < rate / 2]
    if not less:
        return ""
    return (
        f"{len(less)} of {len(old)} people makes less than half as many"
        if len(less) == 1
        else f"{len(less)} of {len(old)} people make less than half as many"
    )


def states(selection: Selection) -> list[Tile]:
    """Return a tile for each number that is watched: as usual since when, or what changed."""
    mostly = {"agreement_drift": findings.where(selection).mostly}
    return [state(selection, metric, mostly.get(metric, "")) for metric in watchable(selection)]


def state(selection: Selection, metric: str, mostly: str = "") -> Tile:
    """Return whether a number is in its usual band, in words."""
    rows = watch.watched_rows(selection, metric)
    known, about = watch.WATCHED[metric], selection.query(metric)
    name = formats.begun(known.measure.name)
    if not watch.has_baseline(rows):
        no_days = "no days with data"
        why = next((str(row["note"]) for row in reversed(rows) if row["note"]), no_days)
        below = f"too early to tell: {why}"
        return Tile(f"{name} drift", formats.NONE, below, about)
    found = alarms.current_alarm(rows)
    if found is None:
        return Tile(name, "As usual", _usual(selection, metric, rows), about)
    below = f"since {formats.day(found.since)}"
    if why := ", ".join(part for part in (alarms.cause_text(found, known.causes), mostly) if part):
        below = f"since {formats.day(found.since)}: {why}"
    whole = moved(selection, metric, found)
    if whole is not None:
        below = " · ".join(part for part in (whole.ends, below) if part)
        return Tile(name, whole.change, below, about, more=_AGAINST)
    if found.usual is None or found.now is None:
        return Tile(name, "Changed", below, about)
    smoothed = formats.change(found.usual, found.now, known.measure.unit)
    return Tile(name, smoothed, below, about, more=_SMOOTHED)


_AGAINST = f"The change and its 95 % interval: the days since against the {BEFORE} days before."
_SMOOTHED = "The change is from the baseline to the smoothed level now."


def _usual(selection: Selection, metric: str, rows: Sequence[Row]) -> str:
    """Return since when a number is as usual, or judged at all, whatever days are chosen.

    Args:
        rows: of the chosen days.
    """
    if selection.first is not None and selection.first < selection.span.since:
        span = replace(selection.span, since=selection.first)
        rows = watch.watched_rows(replace(selection, span=span), metric)
    judged = [date.fromisoformat(row["day"]) for row in rows if row["value"] is not None]
    if past := alarms.find_alarms(rows):
        back = next((day for day in judged if day > past[-1].until), past[-1].until)
        return f"in its usual band again since {_day(back, selection)}"
    return f"judged since {_day(judged[0], selection)}"


def _day(day: date, selection: Selection) -> str:
    """Return a day with its year where that is another than the last shown day's."""
    this_year = day.year == selection.span.until.year
    return formats.day_month(day) if this_year else formats.day_year(day)
