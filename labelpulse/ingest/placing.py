"""Known answers of a file onto the items of a project that is polled: found by id, else by name.

A name is a picture's file name. Its folders count only where names alone would leave a doubt: in
the file or in the project. What stays in doubt is set aside rather than guessed.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import (
    LABELED,
    AnnotationRecord,
    BadRecord,
    Batch,
    Origin,
    Scale,
)
from labelpulse.ingest.known import assertion, identity, last, parts
from labelpulse.ingest.polled import Polled
from labelpulse.warehouse.called import Called
from labelpulse.warehouse.store import Warehouse

Gold = tuple[tuple[str, Any], ...]
"""(question, known answer) pairs, as of a record."""

UNKNOWN = "unknown_item", "no item of the project has its id or name"
AMBIGUOUS = (
    "ambiguous_item",
    "several items there, or several in the file, are called so: give their folders or their ids",
)


class Places:
    """Which item of a project each name of a file means.

    Attributes:
        nameless: no item of the project has a name, and some were looked for by theirs.
        elsewhere: name of the file -> that of the item it means, where their folders differ.
    """

    def __init__(self, warehouse: Warehouse, project_id: int, wanted: Collection[str]) -> None:
        there = warehouse.items_there(project_id, wanted)
        self._items = {name: name for name in there}
        self._refused: dict[str, tuple[str, str]] = {}
        self.nameless = False
        self.elsewhere: dict[str, str] = {}
        rest = {name for name in wanted if name not in there}
        if rest:
            self.nameless = True
            self._find(rest, warehouse.items_called(project_id))

    def _find(self, rest: Collection[str], items: Iterator[Called]) -> None:
        shared = Counter(map(last, rest))
        called: dict[str, list[Called]] = {}
        for one in items:
            self.nameless = False
            name = last(one.name)
            if name in shared:
                called.setdefault(name, []).append(one)
        found: dict[str, Called] = {}
        for name in rest:
            short = last(name)
            meant = _meant(name, called.get(short, ()), shared[short] > 1)
            if isinstance(meant, Called):
                found[name] = meant
            else:
                self._refused[name] = meant
        often = Counter(one.native_id for one in found.values())
        for name, item in found.items():
            if often[item.native_id] > 1:
                self._refused[name] = AMBIGUOUS
                continue
            self._items[name] = item.native_id
            if _is_elsewhere(parts(name), parts(item.name)):
                self.elsewhere[name] = item.name

    def of(self, name: str) -> str:
        """Return the native id of the item that a name means; SkipRecord where it is in doubt."""
        if name not in self._items:
            raise SkipRecord(*self._refused[name])
        return self._items[name]

    def __bool__(self) -> bool:
        """Return whether any name means an item."""
        return bool(self._items)


def _meant(name: str, called: Collection[Called], shared: bool) -> Called | tuple[str, str]:
    """Return the item that a name means, of those whose last part is the same; else why none.

    Args:
        shared: the file has it in other folders, too.
    """
    if not called:
        return UNKNOWN
    whole = parts(name)
    exact = [one for one in called if parts(one.name) == whole]
    if len(exact) == 1 or (len(called) == 1 and not shared):
        return (exact or [*called])[0]
    common = [(_in_common(whole, parts(one.name)), one) for one in called]
    most = max(n for n, _ in common)
    best = [one for n, one in common if n == most]
    if most < 2 or len(best) > 1:
        return AMBIGUOUS
    return best[0]


def _is_elsewhere(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """True where both paths tell a folder, and not the same one."""
    return min(len(one), len(other)) > 1 and one[-2] != other[-2]


def _in_common(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """Return how many parts two paths share at their ends."""
    n = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        n += 1
    return n


@dataclass(slots=True)
class Placing:
    """Makes the records of a file ones of a polled project, an assertion a question and item.

    So what one file says of a question and another of the next stand beside each other.

    Attributes:
        scales: question -> scale.
        lost: names of the file that mean no item, or leave a doubt, in the order of the file,
            and which of both.
    """

    to: Polled
    places: Places
    scales: Mapping[str, str]
    lost: dict[str, str] = field(default_factory=dict)
    _numbers: Counter[tuple[str, str]] = field(default_factory=Counter)

    def batch(self, batch: Batch, place: str) -> Batch:
        """Return a batch with its records placed; what cannot be is bad.

        Args:
            place: what the file is called.
        """
        found: list[AnnotationRecord] = []
        bad = list(batch.bad)
        for one in batch.annotations:
            try:
                found += self._placed(one)
            except SkipRecord as error:
                record, said = one.location or "a known answer", (error.reason, str(error))
                bad.append(BadRecord(place, record, *said, one.item, self.to.native_id))
        return Batch(annotations=tuple(found), bad=tuple(bad))

    def _placed(self, record: AnnotationRecord) -> list[AnnotationRecord]:
        try:
            item = self.places.of(record.item)
        except SkipRecord as error:
            self.lost.setdefault(record.item, error.reason)
            raise
        for control, value in record.gold:
            self._check(control, value)
        said: list[tuple[str, Gold]] = [(one[0], (one,)) for one in record.gold]
        return [
            self._one(item, *one, record.location) for one in said or [(self._blank(record), ())]
        ]

    def _one(self, item: str, control: str, gold: Gold, place: str) -> AnnotationRecord:
        self._numbers[item, control] += 1
        key, number = (self.to.native_id, item, control), self._numbers[item, control]
        return replace(assertion(key, item, gold, number=number, place=place), origin=Origin.GOLD)

    def _blank(self, record: AnnotationRecord) -> str:
        """Return the question of a record that asserts nothing, which only its identity tells."""
        keys = {identity((record.project, record.item, one)): one for one in self.scales}
        if record.native_id not in keys:
            raise SkipRecord("unknown_question", "the project does not ask its question")
        return keys[record.native_id]

    def _check(self, control: str, value: Any) -> None:
        """Refuse an answer that nobody could give to its question."""
        scale = self.scales.get(control)
        if scale is None:
            raise SkipRecord("unknown_question", "the project does not ask its question")
        several = isinstance(value, list) and len(value) != 1
        if several and scale in LABELED and scale != Scale.SET:
            raise SkipRecord(
                "several_labels", "it knows several labels or none, and its question takes one"
            )
        if value != [] and (scale in (Scale.GEOMETRY, Scale.SPAN)) != _is_located(value):
            raise SkipRecord("unfit_answer", "its question takes answers of another kind")


def _is_located(value: Any) -> bool:
    """True for shapes and spans."""
    return isinstance(value, list) and all(isinstance(one, list) for one in value)
