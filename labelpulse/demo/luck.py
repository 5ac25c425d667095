"""How near a run of luck comes to the story: what its charts would say, and what they must not.

Some 35 items a day show the fall, and chance alone would move it by a quarter of its size. Of
several runs the one is kept whose charts raise the alarm of the story in time and no other, and
in which nobody looks worse than they are.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from labelpulse.demo import cast
from labelpulse.demo.acts import Act
from labelpulse.demo.agreement import Shared, agreement, shared_items, without_team
from labelpulse.demo.dates import Dates
from labelpulse.judgement.blame import fell_only_with
from labelpulse.stats.baseline import Point
from labelpulse.stats.causes import cause
from labelpulse.stats.cusum import llr_cusum
from labelpulse.stats.drift import ChartPoint, chart
from labelpulse.stats.intervals import wilson

AGREEMENT = (0.87, 0.79)
"""Before and after the drift."""

_USUAL = 0.93
_PATIENCE = 8
"""Days from the drift to the alarm that are soon enough."""
_WORST = 1.0
_LOUD = 18.0
"""Chi-square of six labels that may set a person apart."""

Sums = dict[object, tuple[float, float]]


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
    right day and cause, and as long as the fall lasts; nothing and nobody else is named.
    """
    items = shared_items(acts)
    late = _since(items, when.drift)
    early = _since(items, when.drift - timedelta(days=28))
    before, _ = agreement(item for item in early if item.day < when.drift)
    after, _ = agreement(late)
    others, _ = agreement(without_team(late, cast.MANILA.name))
    fall = AGREEMENT[0] - AGREEMENT[1]
    off = abs(after - AGREEMENT[1]) + abs(before - after - fall) + 0.5 * abs(others - 0.86)
    rows = _agreement(when, items)
    told = _silence(when, rows) + _doubt(when, items, rows) + _team_unclear(when, items, rows)
    return off + told + _false_alarms(when, acts)


def _since(items: Iterable[Shared], day: date) -> list[Shared]:
    return [item for item in items if item.day >= day]


# -- agreement ----------------------------------------------------------------------------------


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


def _doubt(when: Dates, items: Sequence[Shared], rows: Sequence[ChartPoint]) -> float:
    """Return a misfit for each of the last days on which the cause would be unclear."""
    days = [row for row in rows if row.alarm][-5:]
    told = [_cause(when, items, row) for row in days]
    return 0.02 * sum(one != "quality" for one in told) + 0.2 * (told[-1:] != ["quality"])


def _cause(when: Dates, items: Iterable[Shared], row: ChartPoint) -> str:
    """Return the cause by person and by label, as the metric tells it (there, by upload too)."""
    change = row.change_day or row.day
    sides: tuple[tuple[Sums, Sums], ...] = (({}, {}), ({}, {}))
    for item in items:
        day = item.day.toordinal()
        if change - 56 <= day <= row.day and item.day != when.holiday:
            for families, strata in zip(sides, (item.people, item.most), strict=True):
                _spread(families[day >= change], strata, item.share)
    return cause(dict(zip(("annotator", "label"), sides, strict=True)), row.scale).verdict


def _spread(sums: Sums, strata: Sequence[object], share: float) -> None:
    for one in strata:
        n, total = sums.get(one, (0.0, 0.0))
        sums[one] = n + 1 / len(strata), total + share / len(strata)


def _team_unclear(when: Dates, items: Sequence[Shared], rows: Sequence[ChartPoint]) -> float:
    """Return a misfit where the fall is not surely Manila's, or would be another team's, too."""
    changes = [row.change_day for row in rows if row.alarm and row.change_day]
    change = date.fromordinal(changes[-1]) if changes else when.drift
    sides = (
        [item for item in items if change - timedelta(days=28) <= item.day < change],
        _since(items, change),
    )
    blamed = {team.name for team in cast.TEAMS if _fell_only_with(sides, team.name)}
    return 0.3 * (blamed != {cast.MANILA.name})


def _fell_only_with(sides: Sequence[Sequence[Shared]], team: str) -> bool:
    whole, rest = (
        [_row(part) for part in parts]
        for parts in (sides, [without_team(side, team) for side in sides])
    )
    return fell_only_with(whole, rest, of=len(cast.TEAMS))


def _row(items: Iterable[Shared]) -> dict[str, float]:
    value, n = agreement(items)
    return {"value": value, "n": n}


# -- people -------------------------------------------------------------------------------------


def _false_alarms(when: Dates, acts: Sequence[Act]) -> float:
    """Return a misfit for alarms of accuracy on gold, which stays, and for who seems to differ."""
    everybody, each = _gold(acts)
    rows = list(chart(_points(everybody), holidays={when.holiday.toordinal()}))
    for days in each.values():
        n, right = _total(days)
        rows += llr_cusum(_points(days), (right + 20 * _USUAL) / (n + 20))
    n, right = _total(everybody)
    worse = [who for who, days in each.items() if _is_worse(days, right / max(1, n))]
    beside = [who for who in worse if who not in (cast.the(cast.FAST).id, _unlucky())]
    return sum(row.alarm for row in rows) + 0.3 * len(beside) + 0.1 * _other_mixes(acts)


def _unlucky() -> int:
    return cast.the(cast.NEWCOMER).id


Days = dict[int, list[int]]
"""day -> answers to gold, and how many of them are right."""


def _gold(acts: Iterable[Act]) -> tuple[Days, Mapping[int, Days]]:
    """Return the answers to gold of everybody, and of each."""
    acts = list(acts)
    keys = {act.n: act.label for act in acts if act.gold}
    everybody: Days = defaultdict(lambda: [0, 0])
    each: dict[int, Days] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for act in acts:
        if act.label is not None and not act.gold and act.n in keys:
            day = act.at.date().toordinal()
            for sums in (everybody[day], each[act.person.id][day]):
                sums[0] += 1
                sums[1] += act.label == keys[act.n]
    return everybody, each


def _total(days: Days) -> tuple[int, int]:
    return sum(n for n, _ in days.values()), sum(right for _, right in days.values())


def _is_worse(days: Days, usual: float) -> bool:
    n, right = _total(days)
    return wilson(right, n)[1] < usual


def _other_mixes(acts: Iterable[Act]) -> int:
    """Return how many people seem to give other labels than everybody; the fast one may."""
    given: dict[int, Counter[str]] = defaultdict(Counter)
    for act in acts:
        if act.final is not None and not act.gold and act.person.role != cast.FAST:
            given[act.person.id][act.final] += 1
    every = sum(given.values(), Counter())
    shares = {label: n / every.total() for label, n in every.items()}
    return sum(
        sum(
            (mine[label] - mine.total() * p) ** 2 / (mine.total() * p)
            for label, p in shares.items()
        )
        > _LOUD
        for mine in given.values()
    )


def _points(days: Days) -> list[Point]:
    return [Point(day, n, total) for day, (n, total) in sorted(days.items())]
