"""What rollups answer is not read from the facts, whose reading takes as long as there is history.

Where no rollup is fine enough, the matrix of answers is; what an upgrade left uncounted says so.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Engine, event

from labelpulse import schema
from labelpulse.core.events import Verdict
from labelpulse.metrics.registry import METRICS, PARTIALS
from labelpulse.reader.query import Condition
from labelpulse.reader.recount import countable
from labelpulse.reader.sums import RECOUNTED
from labelpulse.reader.uncounted import NOT_YET, OLDER
from tests.reader.world import Guess, Judged, Say, World, at, engine_at

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
            judged = [Judged(Verdict.ACCEPTED, "rev", at(n // 3, n + 9))] if n % 2 else []
            own: dict[str, Any] = {"time_ms": 1_000 + n, "started": guess, "reviews": judged}
            said.append(Say(f"i{n}", who, label, at(n // 3, n), **own))
        said.append(Say(f"i{n}", "gold", "a", at(n // 3), gold_flag=True))
    guesses = [Guess(f"i{n}", "b", score=n * 9_000, name=f"guess-{n}") for n in range(63)]
    batches = {f"i{n}": "first" for n in range(20)}
    shows = {f"i{n}": f"picture {n % 21}" for n in range(63)}
    made.project(said, gold="flag", batches=batches, guesses=guesses, shows=shows)
    made.warehouse.teams({"North": ["ana", "ben"]})
    yield made
    made.engine.dispose()


REVIEWS = frozenset({"annotation", "item", "review"})
"""Read once for arrays of reviews."""
OF_REVIEWS = frozenset({"rubber_stamps"})
OF_SOME_PEOPLE = frozenset({"first_pass_yield", "rework_rate"})
"""Of all reviews, and of those of some people's work: no sum over items tells them."""


def read_of(name: str, tables: set[str], *, people: bool = False) -> set[str]:
    """Return the tables that should not have been read."""
    reviews = name in OF_REVIEWS or (people and name in OF_SOME_PEOPLE)
    return tables - REVIEWS if reviews else tables


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
        read |= {"".join(by)} if read_of(name, tables) else set()
    assert read == set()


@pytest.mark.parametrize("name", [name for name, one in METRICS.items() if not one.state])
def test_whole_weeks_are_read_from_rollups(world: World, name: str) -> None:
    read = set()
    for by in asked(name):
        with tables_read(world.engine) as tables:
            world.ask(name, by=by, since=MONDAY, until=SUNDAY)
        read |= {"".join(by)} if read_of(name, tables) else set()
    assert read == set()


def conditions(name: str) -> list[tuple[Condition, ...]]:
    """Return the conditions to ask a metric with: one a key, and several people of one batch."""
    values = {"batch": "first", "annotator": "ana", "team": "North", "reviewer": "rev"}
    values |= {"annotator_pair": "ana+ben", "assisted": "true", "control": "label"}
    known = METRICS[name].where
    single: list[tuple[Condition, ...]] = [
        (Condition(key, value),) for key, value in values.items() if key in known
    ]
    if not {"batch", "annotator"} <= set(known):
        return single
    people = tuple(Condition("annotator", one) for one in ("ana", "ben"))
    return [*single, (Condition("batch", "first"), *people)]


@pytest.mark.parametrize("name", METRICS)
def test_no_condition_makes_facts_be_read(world: World, name: str) -> None:
    read = set()
    ranges: list[dict[str, Any]] = (
        [{}] if METRICS[name].state else [{}, {"since": MONDAY, "until": "2024-03-16"}]
    )
    for where, range_, by in product(conditions(name), ranges, asked(name)[:1]):
        with tables_read(world.engine) as tables:
            world.ask(name, by=by, where=where, **range_)
        people = bool({"annotator", "team"} & {one.key for one in where})
        read |= {str((where, range_))} if read_of(name, tables, people=people) else set()
    assert read == set()


@contextmanager
def uncounted(world: World, *names: str, version: int | None = None) -> Iterator[None]:
    """Let a warehouse look as after an upgrade: rollups are not counted yet, or by older code."""
    tables, state = [schema.metadata.tables[name] for name in names], schema.rollup_state
    with world.engine.begin() as conn:
        kept = {table: conn.execute(table.select()).all() for table in (*tables, state)}
        own = state.c.rollup.in_(names)
        if version is None:
            for table in tables:
                conn.execute(table.delete())
            conn.execute(state.delete().where(own))
        else:
            conn.execute(state.update().where(own).values(code_version=version))
    try:
        yield
    finally:
        with world.engine.begin() as conn:
            for table, all_rows in kept.items():
                conn.execute(table.delete())
                if all_rows:
                    conn.execute(table.insert(), [dict(row._mapping) for row in all_rows])


@pytest.mark.parametrize("by", [(), ("annotator_pair",), ("day",), ("month",)])
def test_cut_weeks_of_pairs_are_counted_from_answers_until_their_days_are(
    world: World, by: tuple[str, ...]
) -> None:
    cut: dict[str, Any] = {"by": by, "since": "2024-03-05", "until": "2024-03-16"}
    rows = world.ask("pair_agreement", **cut)
    assert rows
    with uncounted(world, "annotator_pair_days"), tables_read(world.engine) as read:
        assert world.ask("pair_agreement", **cut) == rows
    assert not read


@pytest.mark.parametrize(
    ("name", "rollup"),
    [
        *(("time_spent_total", "time_totals"), ("match_f1", "pair_geometry")),
        *(("agreement_percent", "agree_items"), ("consensus_accuracy", "answer_matrix")),
        *(("self_consistency", "item_content"), ("finish_date", "labels_done")),
    ],
)
@pytest.mark.parametrize("by", [(), ("project",)])
def test_what_is_not_counted_yet_says_so_and_reads_no_facts(
    world: World, name: str, rollup: str, by: tuple[str, ...]
) -> None:
    gone = {rollup} if rollup != "agree_items" else {rollup, "answer_matrix"}
    with uncounted(world, *gone), tables_read(world.engine) as read:
        rows = world.ask(name, by=by)
    assert rows
    assert not read
    for row in rows:
        assert row["value"] is None
        assert row["note"] == NOT_YET


def test_what_older_code_counted_is_served_and_says_so(world: World) -> None:
    wanted = world.one("time_spent_total")
    with uncounted(world, "time_totals", version=0):
        row = world.one("time_spent_total")
    assert row["value"] == wanted["value"]
    assert row["note"] == OLDER


def test_what_arrays_can_say_is_named_where_nothing_loads_them() -> None:
    assert {one.name for one in PARTIALS.values() if countable(one)} == RECOUNTED
