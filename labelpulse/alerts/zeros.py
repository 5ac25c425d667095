"""Days on which there was nothing to count: a zero of its own, by which what fires is over.

Only where too much is what fires: that nothing was made is what rules with `no_data` are for.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from labelpulse.alerts.conditions import too_much
from labelpulse.alerts.machine import EXPIRES
from labelpulse.alerts.reads import Group
from labelpulse.alerts.rules import days_of, metric_of, question
from labelpulse.metrics.base import PLACE
from labelpulse.metrics.direction import TOTALS
from labelpulse.reader.query import MetricQuery, Row

if TYPE_CHECKING:
    from labelpulse.alerts.reads import Reads
    from labelpulse.config import Alert

Days = tuple[int, int]


def idle(rule: "Alert", reads: "Reads", days: Days) -> dict[int, set[Group]]:
    """Return by day the groups that have nothing to count, while others of their place worked.

    For as long after their last data as anybody waits for them.
    """
    found = metric_of(rule)
    if rule.metric not in TOTALS or not too_much(rule) or set(rule.by) & set(found.emits):
        return {}
    lasts = (days_of(rule) or 1) + EXPIRES
    own = _days_of_groups(reads.present(question(rule), (days[0] - lasts, days[1])))
    keys = tuple(one for one in PLACE if any(one in dict(group) for group in own))
    where = tuple(one for one in question(rule).where if one.key in PLACE)
    asked = MetricQuery("annotations_submitted", project=rule.project, by=keys, where=where)
    worked = {day: set(map(_place, groups)) for day, groups in reads.present(asked, days).items()}
    idle: dict[int, set[Group]] = {}
    for group, there in own.items():
        for day in (day for day, places in worked.items() if _place(group) in places):
            at = bisect_left(there, day)
            if at and day not in there[at : at + 1] and day - there[at - 1] <= lasts:
                idle.setdefault(day, set()).add(group)
    return idle


def _place(group: Group) -> Group:
    return tuple(sorted(one for one in group if one[0] in PLACE))


def _days_of_groups(present: Mapping[int, Iterable[Group]]) -> dict[Group, list[int]]:
    found: dict[Group, list[int]] = {}
    for day in sorted(present):
        for group in present[day]:
            found.setdefault(group, []).append(day)
    return found


def zero(keys: Iterable[tuple[str, str | None]]) -> Row:
    """Return the row of a group in which nothing is to be counted."""
    return {**dict(keys), "value": 0, "low": None, "high": None, "n": 0, "note": None}
