"""Drift: has agreement, accuracy, the mix of labels, the pace or the time left its baseline?"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from labelpulse.core.days import day_text
from labelpulse.core.estimate import Estimate
from labelpulse.core.events import MATCHED
from labelpulse.metrics.answers import answer_of
from labelpulse.metrics.base import PLACE, Extra, Finish, Group, Metric, Need
from labelpulse.metrics.geometry import PAIRS, measured
from labelpulse.metrics.labels import ANSWERS
from labelpulse.metrics.throughput import SUBMITTED
from labelpulse.metrics.times import Totals
from labelpulse.stats.baseline import COUNT_RULES, RULES, Kind, Point, Rules
from labelpulse.stats.causes import Cause
from labelpulse.stats.cusum import llr_cusum
from labelpulse.stats.drift import ChartPoint, chart
from labelpulse.stats.mix import mix_chart

ITEMS = Need("agree_items", ("day", "m"))
GOLD = Need("gold_confusion", ("day", "gold_label", "label_id"))
LABELS = Need("label_counts", ("day", "label_id"))
WORK = Need("activity", ("day",), (("event", (SUBMITTED,)),))
TIMES = Need("time_totals", ("day",))

MANY = 100
"""More series than this are looked at together with a wider limit."""
WIDE = 3.5
USUAL = 30
"""First answers to gold from which a person's usual accuracy is taken."""
WEIGHT = 20.0
"""So many answers of everybody stand beside a person's own in their usual accuracy."""


def _rows(
    group: Group, points: Iterable[ChartPoint], series: str
) -> Iterator[tuple[Extra, Estimate]]:
    shown = [one for one in points if group.ask.shows(one.day)]
    tell = _tells(group, series) if any(one.alarm for one in shown) else None
    for one in shown:
        found = Estimate(one.statistic, None, None, round(one.n), one.note)
        why = tell(one) if tell is not None and one.alarm else None
        parts = None if why is None else why.parts
        yield (
            {"day": one.day},
            found.showing(
                rate=one.value,
                baseline=one.baseline,
                limit=one.limit,
                smooth=one.smooth,
                lower=one.low,
                upper=one.high,
                alarm=one.alarm,
                episode=one.episode,
                change_day=None if one.change_day is None else day_text(one.change_day),
                cause=None if why is None else why.verdict,
                quality_part=None if parts is None else parts.within,
                mix_part=None if parts is None else parts.mix,
                strata=None if why is None else why.family,
            ),
        )


def _tells(group: Group, series: str) -> Callable[[ChartPoint], Cause]:
    from labelpulse.metrics.causes import tells

    return tells(group, series)


def _rules(group: Group, rules: Rules) -> Rules:
    return replace(rules, limit=max(rules.limit, WIDE)) if group.siblings > MANY else rules


def _chart(
    series: str,
    points: Callable[[Group], Iterable[Point]],
    kind: Kind = "mean",
    rules: Rules = RULES,
) -> Finish:
    def finish(group: Group) -> Iterable[tuple[Extra, Estimate]]:
        days = [one for one in points(group) if one.day]
        found = chart(days, kind, _rules(group, rules), holidays=group.project.holidays)
        return _rows(group, found, series)

    return finish


def agreement_points(group: Group) -> list[Point]:
    """Return by day the items with two answers, and the sum of their shares of alike pairs.

    Of shapes, spans and texts: the objects of a pair's mean answer, and how many of them match.
    """
    if group.control.rules.scale in MATCHED:
        pairs = {day: measured(sums) for (day,), sums in sorted(group.sums(PAIRS).items())}
        return [Point(day, one.drawn / 2, one.tp) for day, one in pairs.items()]
    days: dict[int, list[float]] = {}
    for (day, m), (items, alike, squares, *_) in sorted(group.sums(ITEMS).items()):
        if m > 1 and group.control.rules.exact:
            sums, pairs = days.setdefault(day, [0.0, 0.0, 0.0]), m * (m - 1)
            days[day] = [sums[0] + items, sums[1] + alike / pairs, sums[2] + squares / pairs**2]
    return [Point(day, *sums) for day, sums in days.items()]


def gold_points(group: Group) -> list[Point]:
    """Return by day the first answers to gold, and how many of them are right."""
    days: dict[int, list[float]] = {}
    for (day, known, given), (n,) in group.sums(GOLD).items():
        control, ask = group.control, group.ask
        alike = answer_of(control, ask, known) == answer_of(control, ask, given)
        sums = days.setdefault(day, [0.0, 0.0])
        days[day] = [sums[0] + n, sums[1] + n * alike]
    return [Point(day, *sums) for day, sums in sorted(days.items())]


def _gold(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    if "annotator" not in group.ask.by:
        return _chart("gold", gold_points)(group)
    points = [one for one in gold_points(group) if one.day]
    return _rows(group, llr_cusum(points, _usual(group, points)), "gold")


def _usual(group: Group, points: list[Point]) -> float:
    """Return a person's usual accuracy: that of their first answers, drawn towards everybody's."""
    n = right = 0.0
    for one in points:
        if n >= USUAL:
            break
        n, right = n + one.n, right + one.total
    control, ask = group.control, group.ask
    every = alike = 0
    for (_, known, given), (count,) in group.everybody(GOLD).items():
        every += count
        alike += count * (answer_of(control, ask, known) == answer_of(control, ask, given))
    pooled = alike / every if every else 0.0
    return (right + WEIGHT * pooled) / (n + WEIGHT)


def _mix(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    days: dict[int, Counter[str]] = {}
    for (day, label), (n,) in group.sums(LABELS).items():
        if day and label != ANSWERS:
            text = group.ask.text(group.control.labels[label])
            days.setdefault(day, Counter())[text] += n
    found = mix_chart(days, RULES, holidays=group.project.holidays)
    return _rows(group, found, "mix")


def work_points(group: Group) -> list[Point]:
    """Return the submissions of every full day, from the first to the last; 0 where none were.

    The last is yesterday where the source is watched, else the last day with any.
    """
    counts = {day: values[0] for (day,), values in group.sums(WORK).items() if day}
    if not counts:
        return []
    project = group.project
    last = project.last_full_day if project.live else max(counts)
    until = last if group.ask.until is None else min(last, group.ask.until)
    return [Point(day, 1, counts.get(day, 0)) for day in range(min(counts), until + 1)]


def time_points(group: Group) -> list[Point]:
    """Return by day the reported times, the sum of their logs and of its squares, in seconds.

    The idle cut stands for times beyond it.
    """
    days = {day: Totals(*sums) for (day,), sums in sorted(group.sums(TIMES).items())}
    return [Point(day, one.n, *one.log_seconds) for day, one in days.items()]


def _metric(
    name: str,
    counted: str,
    needs: tuple[Need, ...],
    finish: Finish,
    keys: tuple[str, ...],
    *,
    control: bool,
) -> Metric:
    return Metric(
        name=name,
        unit="sd",
        counted=counted,
        by=(*keys, "day"),
        where=keys,
        needs=needs,
        finish=finish,
        split=("project", "control") if control else ("project",),
        implied=("day",),
        emits=("day",),
        history=True,
        kind="fold",
        on_control=control,
    )


_PLACES = (*PLACE, "batch")
_PEOPLE = (*PLACE, "team", "batch", "annotator")
METRICS = (
    _metric(
        "agreement_drift",
        "items with two answers",
        (ITEMS, PAIRS),
        _chart("agreement", agreement_points),
        (*_PLACES, "control"),
        control=True,
    ),
    _metric(
        "gold_drift",
        "first answers to gold",
        (GOLD,),
        _gold,
        (*_PEOPLE, "control"),
        control=True,
    ),
    _metric("label_mix_drift", "labels", (LABELS,), _mix, (*_PEOPLE, "control"), control=True),
    _metric(
        "throughput_drift",
        "days",
        (WORK,),
        _chart("pace", work_points, "count", COUNT_RULES),
        _PEOPLE,
        control=False,
    ),
    _metric(
        "time_spent_drift",
        "times",
        (TIMES,),
        _chart("time", time_points, "log"),
        _PEOPLE,
        control=False,
    ),
)
