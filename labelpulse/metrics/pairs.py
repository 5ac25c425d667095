"""Agreement metrics of people: how alike two annotators answer the items that both answered."""

from collections import Counter
from collections.abc import Iterable

from labelpulse.core import estimate
from labelpulse.core.days import week_start
from labelpulse.core.estimate import Estimate
from labelpulse.core.formats import plural
from labelpulse.metrics.agreement import MAX_ANSWERS
from labelpulse.metrics.answers import answer_of, categories
from labelpulse.metrics.base import DATES, PLACE, Extra, Group, Metric, Need, single
from labelpulse.metrics.samples import over_days
from labelpulse.stats.agreement import cohen_kappa
from labelpulse.stats.intervals import Z95, Interval, clipped, wilson

SHARED = Need("annotator_pairs", ("day",))
CELLS = Need("annotator_pair_labels", ("label_a", "label_b"))
CROWDED = Need("agree_items", only=(("m", tuple(range(MAX_ANSWERS + 1, 1001))),))
NONE_SHARED = "no two people answered the same item"


def left_out(group: Group) -> str:
    """Return a note on items with too many answers for pairs; "" where there are none."""
    crowded = group.overall(CROWDED)
    items = plural(crowded, "item", "items")
    left = f"{items} with over {MAX_ANSWERS} answers left out"
    return left if crowded else ""


def _alike(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    why = group.control.unlike()
    if why:
        return single(estimate.undefined(0, why))
    shared, alike = _merged(group) if group.ask.merge else group.total(SHARED) or (0, 0)
    if not shared:
        return single(estimate.undefined(0, NONE_SHARED))
    value = alike / shared
    return single(estimate.estimate(value, _ends(group, shared, alike), shared, left_out(group)))


def _ends(group: Group, shared: int, alike: int) -> Interval | None:
    """Pairs of one item hang together, and an item is of one week, by which they are kept."""
    if "annotator_pair" in group.ask.by:
        return wilson(alike, shared)
    if group.ask.merge:
        return None
    weeks: dict[int, tuple[int, int]] = {}
    for (day,), (n, same) in group.sums(SHARED).items():
        there, of = weeks.get(week_start(day), (0, 0))
        weeks[week_start(day)] = there + same, of + n
    return over_days(weeks, shared, alike / shared)


def _merged(group: Group) -> tuple[int, int]:
    shared = alike = 0
    for (a, b), values in group.sums(CELLS).items():
        control, ask = group.control, group.ask
        shared += values[0]
        alike += values[0] * (answer_of(control, ask, a) == answer_of(control, ask, b))
    return shared, alike


def _kappa(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    why = group.control.unlike() or group.control.unlabeled()
    sums = {} if why else group.sums(CELLS)
    n = sum(values[0] for values in sums.values())
    if why or not n:
        return single(estimate.undefined(n, why or NONE_SHARED))
    used = {label for pair in sums for label in pair}
    scaled = group.control.rules.scale != "nominal"
    found = categories(group.control, group.ask, used, whole=scaled)
    if found.why:
        return single(estimate.undefined(n, found.why))
    cells: Counter[tuple[int, int]] = Counter()
    for (a, b), values in sums.items():
        cells[found.of[a], found.of[b]] += values[0]
    kappa = cohen_kappa(cells, found.domain)
    if kappa is None:
        return single(estimate.undefined(n, "no variation: both always gave the same answer"))
    value, error = kappa
    half = Z95 * error
    ends = clipped((value - half, value + half), -1.0, 1.0) if error and n >= 20 else None
    return single(estimate.estimate(value, ends, n, left_out(group)).noting(found.note))


_KEYS = (*PLACE, "control", "batch", "annotator", "annotator_pair", "assisted")


def _pair(
    name: str, unit: str, need: Need, implied: tuple[str, ...], by: tuple[str, ...]
) -> Metric:
    return Metric(
        name=name,
        unit=unit,
        counted="shared items",
        by=(*by, *DATES),
        where=(*_KEYS, "team"),
        needs=(need,),
        finish=_kappa if implied else _alike,
        split=("project", "control"),
        joins=not implied,
        implied=implied,
        min_n=20,
        takes=("merge",),
        chart="heatmap",
        on_control=True,
    )


METRICS = (
    _pair("pair_agreement", "share", SHARED, (), _KEYS),
    _pair(
        "pair_kappa",
        "kappa",
        CELLS,
        ("annotator_pair",),
        tuple(key for key in _KEYS if key != "annotator"),
    ),
)
