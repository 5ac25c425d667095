"""How near a run of luck comes to the story: what its charts would say, and what they must not.

Some 35 items a day show the fall, and chance alone would move it by a quarter of its size. Of
several runs the one is kept whose charts raise the alarm of the story in time and no other.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from labelpulse.demo import cast
from labelpulse.demo.acts import Act
from labelpulse.demo.agreement import Shared, agreement, shared_items, without_team
from labelpulse.demo.dates import Dates
from labelpulse.stats.baseline import Point
from labelpulse.stats.cusum import llr_cusum
from labelpulse.stats.drift import ChartPoint, chart

AGREEMENT = (0.87, 0.79)
"""Before and after the drift."""

_USUAL = 0.93
_PATIENCE = 8
"""Days from the drift to the alarm that are soon enough."""
_WORST = 1.0


def misfit_calm(when: Dates, acts: Sequence[Act]) -> float:
    """Return how far the time before the drift is from a calm one at the level of the story."""
    items = shared_items(acts)
    before, _ = agreement(_since(items, when.drift - timedelta(days=28)))
    rows = _agreement(when, items)
    wide = max((row.scale for row in rows), default=1.0) - 1
    false = _false_alarms(when, acts) + sum(row.alarm for row in rows)
    return false + wide + 2 * abs(before - AGREEMENT[0])


def misfit(when: Dates, acts: Sequence[Act]) -> float:
    """Return how far a whole history is from the promise.

    Agreement falls by .08 to .79, of the other teams by 0; its chart says so within days, with the
    right day, and as long as the fall lasts; nothing else has an alarm.
    """
    items = shared_items(acts)
    late = _since(items, when.drift)
    early = _since(items, when.drift - timedelta(days=28))
    before, _ = agreement(item for item in early if item.day < when.drift)
    after, _ = agreement(late)
    others, _ = agreement(without_team(late, cast.MANILA.name))
    fall = AGREEMENT[0] - AGREEMENT[1]
    off = abs(after - AGREEMENT[1]) + abs(before - after - fall) + 0.5 * abs(others - 0.86)
    return off + _silence(when, _agreement(when, items)) + _false_alarms(when, acts)


def _since(items: Iterable[Shared], day: date) -> list[Shared]:
    return [item for item in items if item.day >= day]


def _agreement(when: Dates, items: Iterable[Shared]) -> Sequence[ChartPoint]:
    days: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for item in items:
        sums = days[item.day.toordinal()]
        days[item.day.toordinal()] = [sums[0] + 1, sums[1] + item.share, sums[2] + item.share**2]
    points = [Point(day, *sums) for day, sums in days.items()]
    return chart(points, holidays={when.holiday.toordinal()})


def _silence(when: Dates, rows: Sequence[ChartPoint]) -> float:
    """Return how much the chart leaves out of the fall: alarms late, off the day, or given up."""
    drift = when.drift.toordinal()
    alarms = [row for row in rows if row.alarm]
    if not alarms or alarms[0].day < drift:
        return _WORST
    late = max(0, alarms[0].day - drift - _PATIENCE)
    off = max(abs((row.change_day or 0) - drift) for row in alarms)
    given_up = sum(not row.alarm for row in rows if row.day > alarms[0].day)
    return 0.02 * late + 0.03 * max(0, off - 1) + 0.15 * max(0, off - 2) + 0.1 * given_up


def _false_alarms(when: Dates, acts: Iterable[Act]) -> float:
    """Return the days with an alarm of accuracy on gold, which stays: of all, and of anyone."""
    acts = list(acts)
    keys = {act.n: act.label for act in acts if act.gold}
    everybody: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    each: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for act in acts:
        if act.label is not None and not act.gold and act.n in keys:
            day = act.at.date().toordinal()
            for sums in (everybody[day], each[act.person.id][day]):
                sums[0] += 1
                sums[1] += act.label == keys[act.n]
    rows = list(chart(_points(everybody), holidays={when.holiday.toordinal()}))
    for days in each.values():
        n, right = (sum(column) for column in zip(*days.values(), strict=True))
        rows += llr_cusum(_points(days), (right + 20 * _USUAL) / (n + 20))
    return float(sum(row.alarm for row in rows))


def _points(days: dict[int, list[int]]) -> list[Point]:
    return [Point(day, n, total) for day, (n, total) in sorted(days.items())]
