"""Agreement on shapes, spans and texts: what two answers have in common, as sums over pairs.

Every pair of people who answered an item adds how many objects each drew and how many of them
match one to one, so that F1 and mean overlap of any group come from sums. Matching is worked out
from the two values alone; a short memory keeps an update of one answer from matching the others
again, and arrays are loaded only where there is something to match.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from labelpulse import schema
from labelpulse.core import estimate
from labelpulse.core.estimate import Estimate
from labelpulse.core.events import MATCHED, Scale
from labelpulse.core.formats import plural
from labelpulse.core.items import Countable, ItemView
from labelpulse.core.rules import ControlRules
from labelpulse.metrics.agreement import MAX_ANSWERS, compared
from labelpulse.metrics.base import DATES, PLACE, Extra, Finish, Group, Metric, Need, single
from labelpulse.metrics.pairs import left_out
from labelpulse.metrics.rollups import Contribution, Rollup
from labelpulse.metrics.samples import over_days

if TYPE_CHECKING:
    from labelpulse.metrics.likeness import Comparer

MILLION = 1_000_000
MIXED = 2
"""Of two answers one was assisted: on no side of a split by that."""
REMEMBERED = 20_000
"""Pairs of values whose comparison is kept in memory, the latest; a few megabytes."""

Facts = tuple[int, ...]
"""The sums of `pair_geometry` for one pair of answers; none where they cannot be compared."""

_memory: OrderedDict[bytes, Facts] = OrderedDict()


def pair_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, control, batch, annotator a < b, assisted): what their answers have in common.

    Assisted: neither of them had a prediction before them (0), both (1), or one of them (MIXED).
    The sums: pairs; objects that match in place and label; in place, whatever the label; objects
    of a; of b; IoU of the first in millionths; objects exactly alike; pairs where neither drew
    anything; similarity of texts in millionths. Of texts the objects are words.
    """
    for one in compared(view):
        if one.labels or not 1 < len(one.rows) <= MAX_ANSWERS:
            continue
        rules = view.rules.controls.get(one.control)
        if rules is None or rules.scale not in MATCHED:
            continue
        rows = sorted([row for row in one.rows if row.value is not None], key=_annotator)
        pairs = Pairs(rules)
        for a, b in combinations(rows, 2):
            if facts := pairs.facts(str(a.value), str(b.value)):
                sides = int(a.assisted) if a.assisted == b.assisted else MIXED
                people = (a.annotator, b.annotator)
                yield (one.day, one.control, view.item.batch, *people, sides), facts


class Pairs:
    """Compares answers to one question of one item, from memory where that was done before."""

    def __init__(self, rules: ControlRules) -> None:
        self._rules = rules
        self._digests: dict[str, bytes] = {}
        self._comparer: Comparer | None = None

    def facts(self, a: str, b: str) -> Facts:
        """Return what two answers have in common, given as canonical JSON."""
        key = self._digest(a) + self._digest(b)
        facts = _memory.get(key)
        if facts is None:
            self._comparer = self._comparer or _comparer(self._rules)
            facts = _memory[key] = self._comparer.facts(a, b)
            if len(_memory) > REMEMBERED:
                _memory.popitem(last=False)
        return facts

    def _digest(self, value: str) -> bytes:
        if value not in self._digests:
            self._digests[value] = _digest(self._rules, value)
        return self._digests[value]


def _annotator(row: Countable) -> int:
    return row.annotator


def _digest(rules: ControlRules, value: str) -> bytes:
    """Return what stands for a value, and for how it is compared."""
    how = f"{rules.scale}{rules.ellipses:d}".encode()
    return blake2b(value.encode(), digest_size=16, person=how).digest()


def _comparer(rules: ControlRules) -> "Comparer":
    from labelpulse.metrics.likeness import Comparer

    return Comparer(rules.scale, ellipses=rules.ellipses)


ROLLUPS = (Rollup(schema.pair_geometry, pair_partials, version=2),)

PAIRS = Need("pair_geometry", ("day",))
MET = Need("agree_items", ("m",))
NOTHING_COMPARED = "no two people gave an item answers that can be compared"


class _Sums(NamedTuple):
    """The measures of `pair_geometry` by name; what they are, `pair_partials` says."""

    pairs: int
    tp: int
    located: int
    n_a: int
    n_b: int
    iou: int
    alike: int
    empty: int
    score: int

    @property
    def drawn(self) -> int:
        """Objects of both."""
        return self.n_a + self.n_b


Ratio = Callable[[_Sums], tuple[int, int]]
"""Sums -> numerator and denominator of a metric."""


def _f1(sums: _Sums) -> tuple[int, int]:
    return 2 * sums.tp, sums.drawn


def _iou(sums: _Sums) -> tuple[int, int]:
    return sums.iou, MILLION * sums.tp


def _similarity(sums: _Sums) -> tuple[int, int]:
    return sums.score, MILLION * sums.pairs


def measured(sums: Iterable[int]) -> _Sums:
    """Return sums of `pair_geometry` by name."""
    return _Sums(*sums)


def _number(group: Group, ratio: Ratio, sums: _Sums, nothing: str) -> Estimate:
    """Return a ratio of sums, or why there is none."""
    top, bottom = ratio(sums)
    if not bottom:
        return estimate.undefined(sums.pairs, nothing)
    value = top / bottom
    days = {day: ratio(_Sums(*one)) for (day,), one in group.sums(PAIRS).items()}
    return estimate.estimate(value, over_days(days, sums.pairs, value), sums.pairs)


def share(top: int, bottom: int) -> float | None:
    """Return a part of a whole; None of nothing."""
    return top / bottom if bottom else None


def _sums(group: Group) -> _Sums | None:
    found = group.total(PAIRS)
    return _Sums(*found) if found and found[0] else None


def _finish(
    scales: frozenset[Scale], instead: str, number: Callable[[Group, _Sums], Estimate]
) -> Finish:
    """Return a finish for questions of some scales; others are told what to use instead."""

    def finish(group: Group) -> Iterable[tuple[Extra, Estimate]]:
        if group.control.rules.scale not in scales:
            return single(estimate.undefined(0, instead))
        sums = _sums(group)
        found = estimate.undefined(0, NOTHING_COMPARED) if sums is None else number(group, sums)
        return single(found.noting(left_out(group), _unread(group)))

    return finish


def _unread(group: Group) -> str:
    """Return a note on pairs that cannot be compared, of everybody; "" where there are none."""
    met = sum(
        sums[0] * m * (m - 1) // 2
        for (m,), sums in group.everybody(MET).items()
        if m <= MAX_ANSWERS
    )
    unread = met - sum(sums[0] for sums in group.everybody(PAIRS).values())
    pairs = plural(unread, "pair", "pairs")
    left = f"{pairs} of answers that cannot be read left out"
    return left if unread else ""


def _match_f1(group: Group, sums: _Sums) -> Estimate:
    text = group.control.rules.scale == Scale.TEXT
    if sums.drawn:
        found = _number(group, _f1, sums, "")
    else:
        found = estimate.estimate(1.0, None, sums.pairs)
    pairs = plural(sums.empty, "pair", "pairs")
    empty = f"{pairs} where neither drew anything counted apart"
    found = found.noting(empty if sums.empty else "")
    if text:
        return found.noting("of words")
    return found.showing(
        both_empty=sums.empty,
        located_f1=share(2 * sums.located, sums.drawn),
        exact_f1=share(2 * sums.alike, sums.drawn),
        label_agreement=share(sums.tp, sums.located),
    )


def _match_iou(group: Group, sums: _Sums) -> Estimate:
    found = _number(group, _iou, sums, "nothing matches")
    return found.showing(matches=sums.tp)


def _text_similarity(group: Group, sums: _Sums) -> Estimate:
    return _number(group, _similarity, sums, NOTHING_COMPARED).showing(
        exact=sums.alike / sums.pairs
    )


_KEYS = (*PLACE, "control", "batch", "annotator", "annotator_pair", "assisted")


def _metric(name: str, finish: Finish) -> Metric:
    return Metric(
        name=name,
        unit="share",
        counted="pairs of answers",
        by=(*_KEYS, *DATES),
        where=(*_KEYS, "team"),
        needs=(PAIRS,),
        finish=finish,
        split=("project", "control"),
        joins=True,
        min_n=20,
        on_control=True,
    )


PLACED = frozenset({Scale.GEOMETRY, Scale.SPAN})
"""Scales whose parts have a place."""
_NO_PARTS = "answers that are labels have no parts to match: use agreement_percent"
_NO_PLACES = (
    "only shapes and spans have a place: use match_f1 for texts, agreement_percent for labels"
)
_NO_TEXTS = "answers are no texts: use match_f1 for shapes, agreement_percent for labels"

METRICS = (
    _metric("match_f1", _finish(MATCHED, _NO_PARTS, _match_f1)),
    _metric("match_iou", _finish(PLACED, _NO_PLACES, _match_iou)),
    _metric("text_similarity", _finish(frozenset({Scale.TEXT}), _NO_TEXTS, _text_similarity)),
)
