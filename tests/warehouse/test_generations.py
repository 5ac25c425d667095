"""A project is counted anew beside its old numbers, which are served and marked meanwhile."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from labelpulse import schema
from labelpulse.reader import MetricQuery, read
from labelpulse.warehouse import generations, progress, rollups
from labelpulse.warehouse.engine import connect
from tests.reader.world import NAMES, NOW, Say, World, at, engine_at

DAYS = MetricQuery("annotations_submitted", by=("day",))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(engine_at(tmp_path))
    made.project([Say(f"i{n}", who, "x", at(0, 700)) for n in range(3) for who in ("ann", "bob")])
    yield made
    made.engine.dispose()


def rows(world: World):
    reader = connect(str(world.engine.url), readonly=True)
    try:
        return read(reader, DAYS, NAMES, clock=lambda: NOW).rows
    finally:
        reader.dispose()


def apply(world: World, zone: str, told=lambda _: None) -> None:
    """Give the project another zone of days, as the configuration would."""
    warehouse = world.warehouse
    (source,) = warehouse.sources()
    with warehouse.lease(source) as held:
        warehouse.configure(held, {1: {"timezone": zone}}, told)


def test_another_zone_moves_all_history(world: World):
    assert [row["day"] for row in rows(world)] == ["2024-03-04"]
    apply(world, "Asia/Kathmandu")
    assert [(row["day"], row["value"], row["note"]) for row in rows(world)] == [
        ("2024-03-05", 6, None)
    ]
    assert world.warehouse.verify(1) == []


def test_the_old_numbers_are_served_and_marked_until_the_new_ones_are_whole(world: World):
    seen = []
    mend = rollups.mend

    def look(*arguments):
        seen.extend(rows(world))
        mend(*arguments)

    with patch.object(rollups, "mend", look):
        apply(world, "Asia/Kathmandu")
    assert [(row["day"], row["value"]) for row in seen] == [("2024-03-04", 6)]
    assert "being counted anew" in seen[0]["note"]


def test_a_count_that_dies_is_done_again(world: World):
    dies = patch.object(generations, "install", side_effect=KeyboardInterrupt)
    with dies, pytest.raises(KeyboardInterrupt):
        apply(world, "Asia/Kathmandu")
    assert [row["day"] for row in rows(world)] == ["2024-03-04"]
    apply(world, "Asia/Kathmandu")
    assert [(row["day"], row["note"]) for row in rows(world)] == [("2024-03-05", None)]


def test_a_count_that_died_is_finished_by_the_next_writer(world: World):
    """Also where nobody wants the new rules any more: labels were spelled anew for them already."""
    dies = patch.object(generations, "install", side_effect=KeyboardInterrupt)
    with dies, pytest.raises(KeyboardInterrupt):
        apply(world, "Asia/Kathmandu")
    assert world.warehouse.being_counted(1)
    assert world.warehouse.verify(1) == []
    told: list[str] = []
    (source,) = world.warehouse.sources()
    with world.warehouse.lease(source, tell=told.append):
        assert not world.warehouse.being_counted(1)
        assert world.warehouse.verify(1) == []
    assert [row["day"] for row in rows(world)] == ["2024-03-05"]
    apply(world, "UTC")
    assert [(row["day"], row["note"]) for row in rows(world)] == [("2024-03-04", None)]
    assert world.warehouse.verify(1) == []


def test_a_long_count_tells_how_far_it_is(world: World):
    told: list[str] = []
    with patch.object(progress, "LONG", 2):
        apply(world, "Asia/Kathmandu", told.append)
    assert told[0].startswith("counting project 'P' anew: its rules")
    assert told[-1] == "counting project 'P' anew: 100 %"


def test_single_answers_are_mended_and_compared(world: World):
    matrix = schema.answer_matrix
    with world.engine.begin() as conn:
        conn.execute(matrix.delete().where(matrix.c.item_id == 1))
        conn.execute(matrix.update().where(matrix.c.item_id == 2).values(time_ms=5))
    assert {one.rollup for one in world.warehouse.verify(1)} == {"answer_matrix"}
    (source,) = world.warehouse.sources()
    with world.warehouse.lease(source) as held:
        world.warehouse.rebuild(held, 1)
    assert world.warehouse.verify(1) == []
