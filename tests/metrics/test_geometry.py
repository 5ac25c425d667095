"""The rollup of pairs of shapes: what it costs, what it remembers, and where it stops."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from labelpulse.core.events import Origin, Scale, Status, canonical
from labelpulse.core.items import AnnotationState, ItemState, ItemView
from labelpulse.core.rules import ControlRules, Rules
from labelpulse.metrics import geometry, likeness
from labelpulse.metrics.agreement import MAX_ANSWERS
from labelpulse.metrics.likeness import Comparer

BOX = [0.1, 0.1, 0.2, 0.2, "car"]
CONTROL = 7


def view(values: dict[int, Any], scale: Scale = Scale.GEOMETRY) -> ItemView:
    """An item that some people answered, a minute apart."""
    said = [
        AnnotationState(
            id=who,
            annotator=who,
            has_author=True,
            status=Status.SUBMITTED,
            origin=Origin.PERSON,
            deleted=False,
            submitted_at=1_700_000_000_000_000 + who,
            touched_at=None,
            time_spent_ms=None,
            gold_flag=False,
            edited=False,
            first={CONTROL: None},
            last={CONTROL: None},
            values={CONTROL: canonical(value)},
        )
        for who, value in values.items()
    ]
    rules = Rules(controls={CONTROL: ControlRules("box", scale)})
    return ItemView(ItemState(1, 1, annotations=said), rules)


@pytest.fixture(autouse=True)
def empty_memory() -> Iterator[None]:
    geometry._memory.clear()
    yield
    geometry._memory.clear()


@pytest.fixture
def matched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The pairs of values that were compared."""
    found = []
    facts = Comparer.facts

    def noting(self: Comparer, a: str, b: str) -> tuple[int, ...]:
        found.append((a, b))
        return facts(self, a, b)

    monkeypatch.setattr(Comparer, "facts", noting)
    return found


def moved(by: float) -> list[list[Any]]:
    return [[0.1 + by, *BOX[1:]]]


def test_an_edit_matches_only_the_pairs_of_the_edited_answer(matched):
    values = {1: moved(0), 2: moved(0.01), 3: moved(0.02)}
    before = list(geometry.pair_partials(view(values)))
    assert len(before) == len(matched) == 3
    matched.clear()
    assert list(geometry.pair_partials(view(values))) == before
    after = list(geometry.pair_partials(view({**values, 3: moved(0.03)})))
    assert len(after) == 3
    assert len(matched) == 2
    assert after[0] == before[0]


def test_what_is_remembered_is_bounded(matched, monkeypatch):
    monkeypatch.setattr(geometry, "REMEMBERED", 2)
    first = {1: moved(0), 2: moved(0.01), 3: moved(0.02)}
    wanted = list(geometry.pair_partials(view(first)))
    assert len(geometry._memory) == 2
    assert list(geometry.pair_partials(view(first))) == wanted


def test_the_same_value_on_another_scale_is_another_pair():
    """As boxes these overlap; as texts they have a word less or more."""
    values = {1: moved(0), 2: moved(0.01)}
    (as_boxes,) = geometry.pair_partials(view(values))
    (as_texts,) = geometry.pair_partials(view(values, Scale.TEXT))
    assert as_boxes[1] != as_texts[1]


def test_no_pairs_of_very_many_answers():
    crowd = {who: [BOX] for who in range(1, MAX_ANSWERS + 2)}
    assert list(geometry.pair_partials(view(crowd))) == []
    del crowd[1]
    pairs = list(geometry.pair_partials(view(crowd)))
    assert len(pairs) == MAX_ANSWERS * (MAX_ANSWERS - 1) // 2


def test_no_pairs_of_answers_with_very_many_objects(monkeypatch):
    monkeypatch.setattr(likeness, "MOST", 5)
    three = view({1: [BOX] * 3, 2: [BOX] * 2, 3: [BOX]})
    pairs = [key[3:5] for key, _ in geometry.pair_partials(three)]
    assert pairs == [(1, 3), (2, 3)]


def test_labels_have_no_pairs_here():
    assert list(geometry.pair_partials(view({1: "a", 2: "b"}, Scale.NOMINAL))) == []
    assert list(geometry.pair_partials(view({1: 3, 2: 4}, Scale.NUMBER))) == []


def test_items_of_labels_load_no_arrays():
    script = """
import sys
from labelpulse.core.events import Scale
from labelpulse.core.items import AnnotationState, ItemState
from labelpulse.core.rules import ControlRules, Rules
from labelpulse.metrics.registry import ROLLUPS
said = [AnnotationState(n, n, True, 1, 0, False, n, None, 1, False, False, {1: n}, {1: n})
        for n in (1, 2, 3)]
rules = Rules(controls={1: ControlRules("c", Scale.NOMINAL), 2: ControlRules("b", Scale.GEOMETRY)})
sums = {}
ROLLUPS.contribute(ItemState(1, 1, annotations=said), rules, sums)
assert sums["annotator_pairs"] and not sums["pair_geometry"]
print(*sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert not {"numpy", "scipy", "shapely", "rapidfuzz"} & set(done.stdout.split())
