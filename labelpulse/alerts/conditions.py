"""A number against its line: beyond, within, or too little to tell. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, sqrt
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from labelpulse.alerts.machine import Judged, Verdict, gone
from labelpulse.core.errors import UsageError
from labelpulse.metrics.direction import QUEUES, TOTALS, WORSE
from labelpulse.metrics.registry import METRICS
from labelpulse.stats.intervals import Z95, Interval, difference, wilson

if TYPE_CHECKING:
    from labelpulse.config import Alert
    from labelpulse.reader import Row

FALSE_SHARE = 0.1
"""Share of false findings that is borne where many subjects are judged together."""

COUNTS = frozenset({"annotations", "items", "answers", "labels", "people", "records", "rows"})
"""Units of numbers that only grow while a day lasts."""


@dataclass(frozen=True, slots=True)
class Period:
    """What is known of a subject on a day.

    Attributes:
        day: ordinal. row: the number of the window that ends with it; None = no data.
        against: what it is held against: its own history, the window before, all the others.
        open: the day is not over. gone: by then nobody waits for it any longer.
    """

    day: int
    row: "Row | None"
    against: "Row | None" = None
    open: bool = False
    gone: bool = False


Judge = Callable[["Alert", Period], Judged]


def judge(rule: "Alert", period: Period) -> Judged:
    """Return how a period stands to its rule's line.

    An estimate within its line on a day that is not over ends nothing yet: by the evening it may
    be beyond it again.
    """
    found = _judged(rule, period)
    uncertain = period.open and found.verdict == "within" and found.low is not None
    return replace(found, clear=False) if uncertain else found


def _judged(rule: "Alert", period: Period) -> Judged:
    if rule.no_data is not None:
        return _silent(period)
    row = period.row
    if row is None or row["value"] is None:
        return _unknown(period)
    if rule.drift:
        return _drift(rule, period, row)
    if rule.late:
        return _late(period, row)
    lines = rule.below is not None or rule.above is not None
    found = (_line if lines else _against)(rule, period, row)
    return found if (row["n"] or 0) >= least(rule) else _of_few(rule, period, found)


def _of_few(rule: "Alert", period: Period, found: Judged) -> Judged:
    """Return what too little tells: nothing, but that of what waits or adds up there is little."""
    small = too_much(rule) and rule.metric in (*TOTALS, *QUEUES)
    return found if small and found.verdict in ("within", "between") else _unknown(period)


def least(rule: "Alert") -> int:
    """Return the least n that a rule judges by."""
    return METRICS[rule.metric].min_n if rule.min_n is None else rule.min_n


def _told(period: Period, verdict: Verdict, *, clear: bool, note: str = "") -> Judged:
    row: Mapping[str, Any] = period.row or {}
    numbers = {key: row.get(key) for key in ("value", "low", "high", "n")}
    return Judged(period.day, verdict, clear, **numbers, note=note)


def _unknown(period: Period) -> Judged:
    return _told(period, "unknown", clear=False)


def _line(rule: "Alert", period: Period, row: "Row") -> Judged:
    """Judge against fixed lines; of two, the one that is passed."""
    found = []
    growing = period.open and grows(rule)
    if rule.below is not None:
        found.append(_below(row, rule.below, rule.hysteresis, final=not growing))
    if rule.above is not None:
        turned = _turned(row)
        verdict, clear = _below(turned, -rule.above, rule.hysteresis, final=True)
        found.append((verdict, clear and not (growing and verdict != "beyond")))
    worst = min(found, key=lambda one: ("beyond", "between", "within").index(one[0]))
    clear = all(one[1] for one in found) if worst[0] == "within" else worst[1]
    return _told(period, worst[0], clear=clear)


def _turned(row: "Row") -> "Row":
    """Return a number as if less were more."""
    low, high = row["low"], row["high"]
    return {
        "value": -row["value"],
        "low": None if high is None else -high,
        "high": None if low is None else -low,
    }


def _below(row: "Row", line: float, hysteresis: float, *, final: bool) -> tuple[Verdict, bool]:
    """Return how a number stands to a line that it must not be below, and whether clearly.

    Args:
        final: what is counted can only grow while the day lasts: below the line says nothing yet.
    """
    value, low, high = row["value"], row["low"], row["high"]
    if value < line:
        return "beyond", final and (high is None or high < line)
    if value < line + hysteresis:
        return "between", False
    return "within", low is None or low >= line


def grows(rule: "Alert") -> bool:
    """Return whether a rule's number only grows while a day lasts."""
    return METRICS[rule.metric].unit in COUNTS or rule.metric in TOTALS


def too_much(rule: "Alert") -> bool:
    """Return whether a rule fires at what is too high alone."""
    if rule.above is not None:
        return rule.below is None
    own = rule.worse_than_own is not None or rule.worse_than_peers is not None
    return own and WORSE.get(rule.metric) == "higher"


def scored(rule: "Alert") -> bool:
    """True when a rule's chart tells a standard normal score, so that chances can be told."""
    person = rule.metric == "gold_drift" and "annotator" in rule.by
    return bool(rule.drift) and rule.metric != "label_mix_drift" and not person


def _drift(rule: "Alert", period: Period, row: "Row") -> Judged:
    if _size(rule, row) < (rule.min_n or 0):
        return _unknown(period)
    sided = {"low": -1, "high": 1}.get(str(rule.drift), 0) * row["value"]
    if not row.get("alarm") or sided < 0:
        return _told(period, "within", clear=not period.open)
    beyond = abs(row["value"]) > (row.get("limit") or inf)
    if sided and not beyond:  # the alarm goes on, and may have begun on the other side
        return _told(period, "between", clear=False)
    p = chance(row["value"]) if scored(rule) and beyond else None
    return replace(_told(period, "beyond", clear=not period.open), p=p)


def _size(rule: "Alert", row: "Row") -> float:
    """Return how much a day has of what a chart counts; where it counts days, what is usual."""
    of_days = METRICS[rule.metric].counted == "days"
    return (row.get("baseline") if of_days else row["n"]) or 0


def chance(z: float) -> float:
    """Return the two-sided chance of a standard normal score."""
    from math import erfc

    return erfc(abs(z) / sqrt(2))


def _late(period: Period, row: "Row") -> Judged:
    """Judge a forecast by its days past the deadline; low: those of the earliest tenth of paths."""
    if row["value"] <= 0:
        return _told(period, "within", clear=True)
    return _told(period, "beyond", clear=(row["low"] or 0) > 0)


def _silent(period: Period) -> Judged:
    """Judge a working day without any work; `against` holds what such a day usually brings."""
    if period.gone:
        return gone(period.day)
    made = 0 if period.row is None else period.row["value"] or 0
    usual = None if period.against is None else period.against["value"]
    if made:
        return _told(period, "within", clear=True)
    if period.open or usual is None or usual < EXPECTED:
        return _unknown(period)
    return Judged(period.day, "beyond", clear=True, value=0, n=0)


EXPECTED = 20
"""A day on which so little is usual tells nothing by being empty."""


def _against(rule: "Alert", period: Period, row: "Row") -> Judged:
    """Judge against the subject's own past, or against all the others."""
    other = period.against
    if other is None or other["value"] is None or (other["n"] or 0) < least(rule):
        return _unknown(period)
    if rule.factor != 1:
        return _times(rule, period, row, other)
    gap, ends = _gap(row, other)
    margin = rule.changed_by or rule.worse_than_peers or 0.0
    if ends is None and not margin:
        return _unknown(period)
    worse = "lower" if gap < 0 else "higher"
    turn = -1 if (worse if rule.changed_by else _worse(rule.metric)) == "lower" else 1
    return _judged_gap(period, turn * gap - margin, _scaled(ends, turn, margin))


def _worse(metric: str) -> str:
    found = WORSE.get(metric)
    if found is None:
        raise UsageError(
            f"lower {metric} is neither better nor worse: use below, above or changed_by"
        )
    return found


def _gap(row: "Row", other: "Row") -> tuple[float, Interval | None]:
    """Return how far a number is from another, and the interval of that."""
    gap = row["value"] - other["value"]
    if row["low"] is None or other["low"] is None:
        return gap, None
    first, second = ((one["value"], (one["low"], one["high"])) for one in (other, row))
    return gap, difference(first, second)


def _scaled(ends: Interval | None, turn: int, margin: float) -> Interval | None:
    """Return the interval of how far beyond a margin a gap is."""
    if ends is None:
        return None
    low, high = sorted(turn * one - margin for one in ends)
    return low, high


def _judged_gap(period: Period, far: float, ends: Interval | None) -> Judged:
    """Judge how far beyond its margin a gap is: only the whole interval is beyond.

    What it is held against is an estimate itself: by the estimate alone, every second number would
    be worse than its past.
    """
    if ends is None:
        return _told(period, "beyond" if far > 0 else "within", clear=not period.open)
    low, high = ends
    if low <= 0:
        return _told(period, "within", clear=high < 0 or not period.open)
    score = Z95 * far / max(far - low, 1e-12)
    return replace(_told(period, "beyond", clear=True), p=chance(score))


def _times(rule: "Alert", period: Period, row: "Row", other: "Row") -> Judged:
    """Judge whether a number is so many times worse, with the end of its interval nearer to it."""
    lower = _worse(rule.metric) == "lower"
    line = other["value"] / rule.factor if lower else other["value"] * rule.factor
    seen, sign = (row, 1) if lower else (_turned(row), -1)
    verdict, clear = _below(seen, sign * line, 0.0, final=not period.open)
    if verdict == "beyond" and not clear and row["low"] is not None:
        verdict = "between"
    if not lower and period.open and grows(rule) and verdict != "beyond":
        clear = False  # there may be more of it
    return _told(period, verdict, clear=clear)


def together(judged: Mapping[str, Judged], firing: Sequence[str] = ()) -> Mapping[str, Judged]:
    """Return what stays of one day's findings when all subjects are judged together.

    Those that are no finding at a share of false ones of `FALSE_SHARE` are held back as "between":
    they do not begin to fire. What fires already (`firing`) is not asked again.
    """
    asked = [key for key, one in judged.items() if one.p is not None and key not in firing]
    if not asked or len(judged) < 2:
        return judged
    from labelpulse.stats.discovery import benjamini_hochberg

    others = sum(one.verdict != "unknown" for one in judged.values()) - len(asked)
    chances = [judged[key].p or 0.0 for key in asked] + [1.0] * others
    found = benjamini_hochberg(chances, FALSE_SHARE)[: len(asked)]
    held = [key for key, real in zip(asked, found, strict=True) if not real]
    changed = {key: replace(judged[key], verdict="between", clear=False) for key in held}
    return MappingProxyType({**judged, **changed})


def others_of(row: "Row", whole: "Row") -> "Row | None":
    """Return the number of all the others, of a share: what is left of the whole.

    >>> found = others_of({"value": 0.5, "n": 20}, {"value": 0.8, "n": 120})
    >>> round(found["value"], 4), found["n"]
    (0.86, 100)
    """
    if row["value"] is None or whole["value"] is None or (whole["n"] or 0) <= row["n"]:
        return None
    n = whole["n"] - row["n"]
    hits = min(max(whole["value"] * whole["n"] - row["value"] * row["n"], 0.0), float(n))
    low, high = wilson(hits, n)
    return {"value": hits / n, "low": low, "high": high, "n": n, "note": None}
