"""The items of a stage: oldest first, as counted by hand, by an index, and named by scope."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from labelpulse.core.errors import UsageError
from labelpulse.core.events import Status
from labelpulse.reader import MetricQuery, Scope, condition
from labelpulse.reader.stuck import Stuck, stuck
from labelpulse.reader.uncounted import NOT_YET
from tests.reader.test_reads_rollups import tables_read, uncounted
from tests.reader.test_stages import Clocked, Did
from tests.reader.world import HIDDEN, NAMES, at, engine_at, engine_on
from tests.warehouse.test_plans import explained, reads_a_project

ASKED = MetricQuery("", project="P")
DAY_S = 86_400


def filled(engine: Engine) -> Clocked:
    """Three wait for more labels, one of them since nobody knows when; others do not."""
    made = Clocked(engine)
    made.created = {"old": at(-3), "new": at(2), "timeless": None}
    made.project(
        [
            *(Did("half", "ann", "x", at(1)), Did("half", "bob", "x", at(4))),
            *(Did("single", "bob", "x", at(0)), Did("timeless", "cid", "x", None)),
            *(Did("whole", "ann", "x", at(1)), Did("whole", "bob", "y", at(2))),
            Did("skipped", "ann", None, at(3), Status.SKIPPED),
        ],
        required={"half": 3, "single": 2, "timeless": 2, "whole": 2, "old": 1, "new": 1},
        batches={"half": "one", "single": "two", "new": "two"},
        timezone="Asia/Kathmandu",
    )
    return made


@pytest.fixture
def world(database_url: str) -> Iterator[Clocked]:
    engine = engine_on(database_url)
    yield filled(engine)
    engine.dispose()


def ask(world: Clocked, stage: str, scope: Scope = NAMES, **more: object) -> Stuck:
    options = {"query": ASKED, "limit": 10} | more
    return stuck(world.engine, stage=stage, scope=scope, clock=lambda: world.now, **options)  # type: ignore[arg-type]


def items(found: Stuck) -> list[str]:
    return [one.item for one in found.items]


def test_the_oldest_come_first_and_unknown_entries_last(world: Clocked) -> None:
    found = ask(world, "waiting_for_labels")
    assert items(found) == ["single", "half", "timeless"]
    assert (found.total, found.counted, found.note) == (3, True, "")
    single, half, timeless = found.items
    assert (half.batch, half.answered, half.required, half.people) == ("one", 2, 3, ("ann", "bob"))
    assert half.entered is not None
    assert half.entered.isoformat() == "2024-03-05T17:45:00+05:45"
    assert [single.age_s, half.age_s] == [10 * DAY_S, 9 * DAY_S]
    assert (timeless.entered, timeless.age_s, timeless.people) == (None, None, ("cid",))
    assert items(ask(world, "waiting")) == ["old", "new"]
    assert items(ask(world, "blocked")) == ["skipped"]
    assert ask(world, "done") == ask(world, "review") == Stuck()


def test_more_are_counted_than_are_told(world: Clocked) -> None:
    for limit, told in ((1, ["single"]), (2, ["single", "half"])):
        found = ask(world, "waiting_for_labels", limit=limit)
        assert (items(found), found.total) == (told, 3)


def test_a_batch_and_a_first_day_choose_among_them(world: Clocked) -> None:
    two = replace(ASKED, where=(condition("batch=two"),))
    assert items(ask(world, "waiting_for_labels", query=two)) == ["single"]
    assert items(ask(world, "waiting", query=two)) == ["new"]
    assert items(ask(world, "waiting_for_labels", since=date(2024, 3, 5))) == ["half"]
    lately = ask(world, "waiting_for_labels", since=date(2024, 3, 6))
    assert (lately.items, lately.total) == ((), 0)


def test_people_are_shown_as_the_scope_shows_them(world: Clocked) -> None:
    (two,) = (one.people for one in ask(world, "waiting_for_labels", HIDDEN).items[1:2])
    assert all(re.fullmatch(r"[A-Z][a-z]+ \d+", who) for who in two)


def test_what_an_item_does_moves_it(world: Clocked) -> None:
    world.project([Did("single", "cid", "x", at(5)), Did("old", "ann", "x", at(6))])
    assert items(ask(world, "waiting_for_labels")) == ["half", "timeless"]
    assert items(ask(world, "waiting")) == ["new"]
    assert world.warehouse.verify(1) == []


def test_what_is_not_counted_yet_says_so(world: Clocked) -> None:
    with uncounted(world, "open_items"), tables_read(world.engine) as read:
        assert ask(world, "waiting") == Stuck(counted=False, note=NOT_YET)
    assert not read


def test_no_such_stage_and_no_single_project_are_refused(world: Clocked) -> None:
    with pytest.raises(UsageError, match="stage"):
        ask(world, "stuck")
    world.project([Did("i", "ann", "x", at(1))], title="Q")
    with pytest.raises(UsageError, match="--project"):
        ask(world, "waiting", query=MetricQuery(""))


def test_the_oldest_are_found_by_the_index(tmp_path: Path) -> None:
    """Nothing is sorted, and of the facts only the rows of these items are read, by their ids."""
    world = filled(engine_at(tmp_path))
    two = replace(ASKED, where=(condition("batch=two"),))
    for query in (ASKED, two):
        with explained(world.engine) as steps:
            ask(world, "waiting_for_labels", query=query, since=date(2024, 3, 1))
        plans = [tuple(one.split("\n", 1)) for one in steps]
        found = [step for step, text in plans if "FROM open_items" in text]
        by_age = "INDEX ix_open_items_oldest (project_id=? AND stage=? AND entered>?"
        assert len(found) == 3, "those of a known entry, the others, and how many there are"
        assert all(by_age in one for one in found), found
        assert "COVERING" in found[-1]
        ids = "item USING PRIMARY KEY (project_id=? AND id=?)"
        said = "answer_matrix USING PRIMARY KEY (project_id=? AND control_id=? AND item_id=?)"
        assert {f"SEARCH {ids}", f"SEARCH {said}"} <= {step for step, _ in plans}
        assert not [step for step, _ in plans if reads_a_project(step)]
