"""A project is counted anew beside its old numbers, which are served and marked meanwhile."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import select

from labelpulse import schema
from labelpulse.core.errors import NegativeCount
from labelpulse.core.events import Batch
from labelpulse.reader import MetricQuery, read
from labelpulse.reader.uncounted import NOT_YET, WRONG
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
    assert {(row["day"], row["value"]) for row in seen} == {("2024-03-04", 6)}
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
    (source,) = world.warehouse.sources()
    assert list(world.warehouse.unready(source)) == [1]
    assert world.warehouse.verify(1) == []
    told: list[str] = []
    with world.warehouse.lease(source, tell=told.append):
        assert world.warehouse.unready(source) == {}
        assert world.warehouse.verify(1) == []
    assert [row["day"] for row in rows(world)] == ["2024-03-05"]
    apply(world, "UTC")
    assert [(row["day"], row["note"]) for row in rows(world)] == [("2024-03-04", None)]
    assert world.warehouse.verify(1) == []


NEW = ("time_days", "time_totals")


def timed(label: str, *more: Say) -> list[Say]:
    return [Say("t", "ann", label, at(1), time_ms=60_000), *more]


def uncount(world: World, project: int) -> None:
    """Let a project look as right after an upgrade that brought new rollups."""
    state = schema.rollup_state.c
    with world.engine.begin() as conn:
        for name in NEW:
            table = schema.metadata.tables[name]
            conn.execute(table.delete().where(table.c.project_id == project))
        new = (state.project_id == project) & state.rollup.in_(NEW)
        conn.execute(schema.rollup_state.delete().where(new))


@pytest.mark.parametrize(
    "more",
    [
        (Say("t2", "bob", "new label", at(1), time_ms=30_000),),
        (Say("t2", "bob", {"another control": "y"}, at(1), time_ms=30_000),),
        (),
    ],
)
def test_after_an_upgrade_all_is_counted_before_anything_is_written(world: World, more):
    world.project(timed("x"))
    (source,) = world.warehouse.sources()
    uncount(world, 1)
    assert list(world.warehouse.unready(source)) == [1]
    world.project(timed("changed", *more))
    assert world.warehouse.unready(source) == {}
    assert world.warehouse.verify(1) == []
    (row,) = world.ask("time_spent_total", by=("project",))
    assert row["value"] == 60 + 60 + 30 * len(more)  # both answers of ann to t are work done


def test_no_sum_leaves_out_a_project_that_is_not_counted_yet(world: World):
    world.project(timed("x"))
    other = world.project(timed("x"), title="Q", source="other")
    own = world.one("time_spent_total", project="P")
    uncount(world, other)
    none = (None, 0, NOT_YET)
    for by in ((), ("day",), ("annotator",), ("week",), ("program",), ("batch", "day")):
        rows = world.ask("time_spent_total", by=by)
        assert rows, by
        assert {(row["value"], row["n"], row["note"]) for row in rows} <= {
            none,
            (None, 0, f"{NOT_YET}; in no program"),
            (None, 0, f"{NOT_YET}; in no batch"),
        }, by
    for key, (first, second) in {"project": "PQ", "source": ("studio", "other")}.items():
        for by in ((key,), (key, "day")):
            found = {row[key]: row for row in world.ask("time_spent_total", by=by)}
            assert found[first]["value"] == own["value"], by
            assert (found[second]["value"], found[second]["note"]) == (None, NOT_YET), by
    rates = {row["project"]: row for row in world.ask("throughput_rate", by=("week",))}
    assert rates["P"]["value"] is not None
    assert rates["Q"]["note"] == NOT_YET


def test_sums_that_are_found_wrong_say_so_and_are_counted_anew(world: World):
    world.project(timed("x"))
    with world.engine.begin() as conn:
        conn.execute(schema.time_days.delete())
    (row,) = world._annotations("P", *timed("x"))
    latest = str(int(row.native_id) - 1)
    changed = replace(row, native_id=latest, time_spent_ms=30_000)
    (source,) = world.warehouse.sources()

    def write() -> None:
        with world.warehouse.lease(source) as held:
            run = world.warehouse.start_run(held, "test")
            world.warehouse.write(held, run, Batch(annotations=(changed,)), live=True)

    with pytest.raises(NegativeCount):
        write()
    assert world.one("time_spent_total")["note"].startswith(WRONG)
    assert list(world.warehouse.unready(source).values()) == [generations.FOUND_WRONG]
    write()
    assert world.warehouse.verify(1) == []
    assert WRONG not in str(world.one("time_spent_total")["note"])


def test_a_long_count_tells_how_far_it_is(world: World):
    told: list[str] = []
    with patch.object(progress, "LONG", 2):
        apply(world, "Asia/Kathmandu", told.append)
    assert told[0].startswith("counting project 'P' anew: its rules")
    assert told[-1] == "counting project 'P' anew: 100 %"


@pytest.mark.parametrize(
    ("name", "wrong"), [("answer_matrix", {"time_ms": 5}), ("open_items", {"stage": 5})]
)
def test_single_answers_and_items_are_mended_and_compared(
    world: World, name: str, wrong: dict[str, int]
):
    need = {f"open {n}": 2 for n in range(3)}
    world.project([Say(one, "ann", "x", at(1)) for one in need], required=need)
    table = schema.metadata.tables[name]
    with world.engine.begin() as conn:
        first, second = sorted(conn.scalars(select(table.c.item_id).distinct()))[:2]
        conn.execute(table.delete().where(table.c.item_id == first))
        conn.execute(table.update().where(table.c.item_id == second).values(wrong))
    assert {one.rollup for one in world.warehouse.verify(1)} == {name}
    (source,) = world.warehouse.sources()
    with world.warehouse.lease(source) as held:
        world.warehouse.rebuild(held, 1)
    assert world.warehouse.verify(1) == []
