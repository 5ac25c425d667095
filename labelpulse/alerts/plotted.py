"""What a rule saw, as a chart draws it: the number of each day with the lines it was held to."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from labelpulse.alerts.conditions import Period
from labelpulse.alerts.observe import observe, sampled
from labelpulse.alerts.rules import Subject, days_of
from labelpulse.core import formats
from labelpulse.core.periods import Point
from labelpulse.metrics.direction import WORSE
from labelpulse.metrics.registry import METRICS
from labelpulse.warehouse.engine import snapshot

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from labelpulse.alerts.observe import Series
    from labelpulse.config import Alert, Settings
    from labelpulse.reader import Scope

DAYS = 90
"""Days that a picture of an alert shows at least."""

Lines = tuple[float | None, float | None]
"""The line that a number must not be below, and the one that it must not be above."""


def history(
    engine: "Engine", settings: "Settings", scope: "Scope", rule: "Alert", now: int, since: int
) -> "Series":
    """Return what a rule saw of all its subjects since a day (an ordinal), today included."""
    from labelpulse.alerts.look import sight_of

    with snapshot(engine) as conn:
        sight, samples = sight_of(conn, settings, scope, now)
        days = (since, sight.places.last)
        return observe(rule, sight, days, samples(rule) if sampled(rule) else {})


def of_subject(series: "Mapping[Subject, Sequence[Period]]", digest: str) -> Sequence[Period]:
    """Return the periods of one subject; none where it is not there any more."""
    return next((periods for one, periods in series.items() if one.digest == digest), ())


def points(rule: "Alert", periods: Sequence[Period]) -> list[Point]:
    """Return what is drawn of a subject's periods; those without a number are left out."""
    return [_point(rule, one) for one in periods if one.row and one.row["value"] is not None]


def _point(rule: "Alert", period: Period) -> Point:
    row = period.row or {}
    floor, ceiling = lines(rule, period)
    return Point(
        day=date.fromordinal(period.day),
        value=row["value"],
        low=row.get("low"),
        high=row.get("high"),
        n=row.get("n"),
        floor=floor,
        ceiling=ceiling,
        open=period.open,
    )


def lines(rule: "Alert", period: Period) -> Lines:
    """Return the lines that a number was held to on a day; None = there is none on that side."""
    if rule.below is not None or rule.above is not None:
        return rule.below, rule.above
    if rule.drift:
        return _limits(rule, (period.row or {}).get("limit"))
    if rule.late:
        return None, 0.0
    if rule.no_data is not None:
        return 1.0, None
    return _held_against(rule, period)


def _limits(rule: "Alert", limit: float | None) -> Lines:
    """Return the limits of a control chart, on the sides that a rule watches."""
    if limit is None:
        return None, None
    return (None if rule.drift == "high" else -limit), (None if rule.drift == "low" else limit)


def _held_against(rule: "Alert", period: Period) -> Lines:
    other = None if period.against is None else period.against["value"]
    if other is None:
        return None, None
    if rule.changed_by is not None:
        return other - rule.changed_by, other + rule.changed_by
    margin = rule.worse_than_peers or 0.0
    if WORSE.get(rule.metric) == "lower":
        return other / rule.factor - margin, None
    return None, other * rule.factor + margin


def unit_of(rule: "Alert") -> str:
    """Return the unit of the number that a rule watches; "" of a metric that is not there.

    Of a finish it is days past the deadline.
    """
    if rule.late:
        return "days"
    return METRICS[rule.metric].unit if rule.metric in METRICS else ""


def interval_name(metric: str) -> str:
    """Return what the interval of an evaluation is: forecasts come with p10 to p90."""
    return "80 % range" if metric == "finish_date" else "95 % interval"


def valued(rule: "Alert", value: float | None, unit: str) -> str:
    """Return a number that a rule saw, in words."""
    if rule.late and value is not None:
        return formats.count_of(round(value), "day", "days")
    return formats.value(value, unit)


def narrowed(rule: "Alert", subject: Subject) -> "Alert":
    """Return a rule that watches a subject's project alone: less to read for one picture."""
    if rule.project is not None or subject.project is None:
        return rule
    return rule.model_copy(update={"project": subject.project})


def first_day(since: int, now: int, rule: "Alert") -> int:
    """Return the first day of an alert's picture: well before it began.

    Args:
        since: ordinal of the day on which it began, 0 = unknown. now: ordinal of today.
    """
    before = max(days_of(rule) or 0, DAYS // 3)
    return min(now - DAYS, since - before) if since else now - DAYS
