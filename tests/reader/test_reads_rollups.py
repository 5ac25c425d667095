"""What rollups answer is not read from the facts, whose reading takes as long as there is history.

Where no rollup is fine enough, the matrix of answers is.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from labelpulse import schema
from labelpulse.metrics.registry import METRICS, PARTIALS
from labelpulse.reader.recount import countable
from labelpulse.reader.sums import RECOUNTED
from tests.reader.world import Guess, Say, World, at, engine_at

FACTS = (
    *(schema.item, schema.annotation, schema.annotation_key, schema.annotation_revision),
    *(schema.answer, schema.gold, schema.review, schema.prediction),
)
NAMED = re.compile(r"\b(?:FROM|JOIN)\s+(" + "|".join(one.name for one in FACTS) + r")\b")

MONDAY, SUNDAY = "2024-03-04", "2024-03-17"


@contextmanager
def tables_read(engine: Engine) -> Iterator[set[str]]:
    """Gather the names of fact tables that are read."""
    found: set[str] = set()

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.update(NAMED.findall(statement))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Three weeks of double-labeled items with gold, a batch, times, and a skip a day."""
    made = World(engine_at(tmp_path_factory.mktemp("rollups")))
    said = []
    for n in range(63):
        for who, label in (("ana", "ab"[n % 2]), ("ben", "abb"[n % 3])):
            guess = f"guess-{n}" if who == "ben" and n % 2 else None
            said.append(Say(f"i{n}", who, label, at(n // 3, n), time_ms=1_000 + n, started=guess))
        said.append(Say(f"i{n}", "gold", "a", at(n // 3), gold_flag=True))
    guesses = [Guess(f"i{n}", "b", score=n * 9_000, name=f"guess-{n}") for n in range(63)]
    batches = {f"i{n}": "first" for n in range(20)}
    shows = {f"i{n}": f"picture {n % 21}" for n in range(63)}
    made.project(said, gold="flag", batches=batches, guesses=guesses, shows=shows)
    yield made
    made.engine.dispose()


def asked(name: str) -> list[tuple[str, ...]]:
    """Return what a metric is split by: nothing, and each key that it knows.

    Items are named in the table of items and nowhere else, so that key is left out, and so are
    metrics that always have it.
    """
    if "item" in METRICS[name].implied:
        return []
    return [(), *((key,) for key in METRICS[name].by if key != "item")]


@pytest.mark.parametrize("name", METRICS)
def test_facts_are_read_only_where_no_rollup_answers(world: World, name: str) -> None:
    read = set()
    for by in asked(name):
        with tables_read(world.engine) as tables:
            world.ask(name, by=by)
        read |= {"".join(by)} if tables else set()
    assert read == set()


@pytest.mark.parametrize("name", [name for name, one in METRICS.items() if not one.state])
def test_whole_weeks_are_read_from_rollups(world: World, name: str) -> None:
    read = set()
    for by in asked(name):
        with tables_read(world.engine) as tables:
            world.ask(name, by=by, since=MONDAY, until=SUNDAY)
        read |= {"".join(by)} if tables else set()
    assert read == set()


@pytest.mark.parametrize("by", [(), ("annotator_pair",), ("day",), ("month",)])
def test_cut_weeks_of_pairs_are_read_from_facts_only_until_their_days_are_counted(
    world: World, by: tuple[str, ...]
) -> None:
    """An upgrade leaves new tables empty until the project is counted anew."""

    def ask() -> tuple[list[dict[str, Any]], set[str]]:
        with tables_read(world.engine) as tables:
            rows = world.ask("pair_agreement", by=by, since="2024-03-05", until="2024-03-16")
        return rows, tables

    rows, tables = ask()
    assert rows
    assert not tables
    days = schema.annotator_pair_days
    state = schema.rollup_state
    with world.engine.begin() as conn:
        kept = {table: conn.execute(table.select()).all() for table in (days, state)}
        conn.execute(days.delete())
        conn.execute(state.delete().where(state.c.rollup.in_([days.name, "answer_matrix"])))
    try:
        again, read = ask()
        assert again == rows
        assert read
    finally:
        with world.engine.begin() as conn:
            for table, all_rows in kept.items():
                conn.execute(table.delete())
                conn.execute(table.insert(), [dict(row._mapping) for row in all_rows])


def test_what_arrays_can_say_is_named_where_nothing_loads_them() -> None:
    assert {one.name for one in PARTIALS.values() if countable(one)} == RECOUNTED
