"""What becomes a label, what is refused as one, and how sets count."""

from typing import Any

import pytest
from sqlalchemy import Engine, text

from labelpulse.core.events import ControlRecord, Scale
from labelpulse.core.rules import MAX_LABEL_LENGTH, MAX_LABELS
from labelpulse.reader import MetricQuery, read
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.versions import upgrade
from tests.reader.world import NAMES, NOW, SETS, Say, World, at

REMEDY = "so its answers are not treated as labels: declare its scale"


@pytest.fixture
def world(database_url: str) -> World:
    """An empty, upgraded warehouse, to be filled by what people say."""
    engine = connect(database_url)
    upgrade(engine)
    return World(engine)


def both_say(labels: list[Any]) -> list[Say]:
    """Two people who give each item the same label, an item a label."""
    return [
        Say(f"i{n}", who, label, at(0, n)) for n, label in enumerate(labels) for who in ("a", "b")
    ]


def agreement(engine: Engine) -> tuple[Any, str]:
    """The project's percent agreement and its note."""
    (row,) = read(engine, MetricQuery("agreement_percent"), NAMES, clock=lambda: NOW).rows
    return row["value"], row["note"]


def labels_of(engine: Engine) -> dict[str, str | None]:
    """Text of a label -> its options' texts, as stored."""
    with engine.connect() as conn:
        rows = conn.execute(text("SELECT id, text, options FROM label")).all()
    names = {row.id: row.text for row in rows}
    return {
        row.text: None
        if row.options is None
        else "+".join(names[int(one)] for one in row.options.strip("[]").split(",") if one)
        for row in rows
    }


def test_a_thousand_short_labels_are_labels(world: World) -> None:
    longest = "x" * MAX_LABEL_LENGTH
    project = world.project(both_say([longest, *(f"l{n}" for n in range(MAX_LABELS - 1))]))
    value, note = agreement(world.engine)
    assert value == 1.0
    assert "not treated as labels" not in (note or "")
    assert len(labels_of(world.engine)) == MAX_LABELS
    assert world.warehouse.verify(project) == []


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ([f"l{n}" for n in range(MAX_LABELS + 1)], "has more than 1,000 different labels"),
        (["short", "x" * (MAX_LABEL_LENGTH + 1)], "has labels longer than 64 characters"),
    ],
    ids=["too many", "too long"],
)
def test_answers_that_cannot_be_labels_are_refused_with_the_remedy(
    world: World, labels: list[str], why: str
) -> None:
    project = world.project(both_say(labels))
    value, note = agreement(world.engine)
    assert value is None
    assert f"control 'label' {why}" in note
    assert REMEDY in note
    assert len(labels_of(world.engine)) <= MAX_LABELS
    assert world.warehouse.verify(project) == []
    with world.engine.connect() as conn:  # every answer is there, as a label or as its text
        answers = text("SELECT count(*) FROM answer WHERE label_id IS NOT NULL OR value <> ''")
        assert conn.scalar(answers) == 2 * len(labels)
    assert world.one("annotations_submitted")["value"] == 2 * len(labels)


def test_a_declared_scale_is_the_remedy(world: World) -> None:
    long = "x" * (MAX_LABEL_LENGTH + 1)
    project = world.project(both_say(["short", long]), controls={"label": {"scale": "text"}})
    value, note = agreement(world.engine)
    assert value is None
    assert "use match_f1" in note
    assert labels_of(world.engine) == {}
    assert world.warehouse.verify(project) == []


def test_a_set_of_one_is_its_option(world: World) -> None:
    project = world.project(
        [Say("i1", "ann", "a", at()), Say("i1", "bob", ["a"], at(0, 1))], known=SETS
    )
    assert labels_of(world.engine) == {"a": None}
    assert agreement(world.engine)[0] == 1.0
    assert world.warehouse.verify(project) == []


def test_sets_know_no_order_and_no_repetition(world: World) -> None:
    project = world.project(
        [
            Say("i1", "ann", ["b", "a"], at()),
            Say("i1", "bob", ["a", "b", "a"], at(0, 1)),
            Say("i2", "ann", [], at(0, 2)),
            Say("i2", "bob", [], at(0, 3)),
            Say("i3", "ann", ["c", "a"], at(0, 4)),
            Say("i3", "bob", ["a"], at(0, 5)),
        ],
        known=SETS,
    )
    assert labels_of(world.engine) == {
        "a": None,
        "b": None,
        "c": None,
        '["a","b"]': "a+b",
        '["a","c"]': "a+c",
        "[]": "",
    }
    assert agreement(world.engine)[0] == pytest.approx(2 / 3)
    assert world.warehouse.verify(project) == []
    counts = world.by("label_count", "label")
    assert {name: counts[name] for name in "abc"} == {"a": 4, "b": 2, "c": 1}


def test_a_second_option_makes_a_question_a_set(world: World) -> None:
    says = [Say("i1", "ann", ["a"], at()), Say("i1", "bob", ["a", "b"], at(0, 1))]
    project = world.project(says, known=[ControlRecord("label", Scale.NOMINAL)])
    with world.engine.connect() as conn:
        assert conn.scalar(text("SELECT scale FROM control")) == "set"
    assert world.warehouse.verify(project) == []
    counts = world.by("label_count", "label")
    assert (counts["a"], counts["b"]) == (2, 1)
