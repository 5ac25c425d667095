"""Rolling reads: each window as a read of its days would give it, digit for digit."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, update

from labelpulse import schema
from labelpulse.core.days import day_text, local_day_hour
from labelpulse.core.errors import UsageError
from labelpulse.core.events import BadRecord, Batch, ControlRecord, Scale
from labelpulse.metrics.base import TIMES
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import MetricQuery, Row, Scope, condition
from labelpulse.reader.days import DAY_US
from labelpulse.reader.keys import columns_of
from labelpulse.reader.moment import Moment
from labelpulse.reader.read import Reading
from labelpulse.reader.rolling import Days, Rolled, Rolling, rolling
from labelpulse.reader.uncounted import ANEW, OLDER
from labelpulse.warehouse.engine import snapshot
from tests.reader.test_agreement_truth import random_says
from tests.reader.test_databases import reviewed
from tests.reader.test_reads_rollups import uncounted
from tests.reader.world import HIDDEN, NAMES, NOW, SETS, Guess, Say, World, at, engine_at, engine_on

MONDAY, _ = local_day_hour(at(0), "UTC")
ROLLED = [name for name, one in METRICS.items() if not (one.state or one.history)]
BOX, NOTE = ControlRecord("box", Scale.GEOMETRY), ControlRecord("note", Scale.TEXT)
NOTES = ("a red car", "a red van", "two cars")
VALUES = {"annotator": "ann", "batch": "b1", "label": "x"}
VALUES |= {"project": "P", "reviewer": "rex", "team": "North"}
WHERE = {key: f"{key}={value}" for key, value in VALUES.items()}


def fill(world: World) -> None:
    """Five projects in three zones: rich, of sets, drawn, of many labels, one time for all."""
    fill_rich(world)
    draw = random.Random(3)
    two = ("ann", "fay")
    sets = [
        Say(f"i{n}", who, {"label": draw.sample("abc", 2), "note": draw.choice(NOTES)}, when(draw))
        for n, who in product(range(30), two)
    ]
    world.project(sets, title="Q", timezone="America/New_York", known=(*SETS, NOTE))
    car = [0.1, 0.1, 0.2, 0.2, "car"]
    boxes = [
        replace(
            Say(f"i{n}", who, {"box": [[draw.choice((0.1, 0.15)), *car[1:]]]}, when(draw)),
            gold={"box": [car]} if n % 3 else {},
        )
        for n, who in product(range(30), two)
    ]
    world.project(boxes, title="B", known=(BOX,), gold="column")
    wide = [
        Say(f"i{n}", who, str((n + draw.choice((0, 0, 1))) % 55), at(n / 2))
        for n, who in product(range(60), ("ann", "bob"))
    ]
    world.project(wide, title="W", source="other")
    same = [Say(f"i{n}", who, "x", at(20)) for n, who in product(range(12), ("ann", "bob"))]
    world.project(same, title="S")
    world.warehouse.teams({"North": ["ann", "bob"], "South": ["bob", "cid"]})
    with world.engine.begin() as conn:
        member, run, refused = schema.membership, schema.run, schema.quarantine
        late = update(member).where(member.c.annotator_id % 2 == 0)
        conn.execute(late.values(since=MONDAY + 20))
        conn.execute(update(run).values(repaired=run.c.id, started_at=at(15) + run.c.id * DAY_US))
        conn.execute(update(refused).values(first_at=at(15) + refused.c.id * DAY_US))


def when(draw: random.Random) -> int:
    """Some time in six weeks."""
    return at(draw.uniform(0, 42))


def fill_rich(world: World) -> None:
    """A project with all that metrics ask for, and records that were refused."""
    says = [
        replace(
            one,
            time_ms=1000 * n + 1,
            gold={"label": "x"} if n % 3 else {},
            reviews=reviewed(n),
            started=f"guess-{one.item}" if n % 4 == 0 else None,
            edited=n % 2 == 0,
        )
        for n, one in enumerate(random_says(11, items=70))
    ]
    names = [f"i{n}" for n in range(70)]
    world.project(
        says,
        gold="column",
        timezone="Asia/Tokyo",
        batches={one: f"b{n % 2}" for n, one in enumerate(names)},
        shows={one: f"picture {n % 25}" for n, one in enumerate(names)},
        required=dict.fromkeys(names[:30], 2),
        guesses=[
            Guess(one, "xy"[n % 2], f"v{n % 3}", score=9_000 * n, name=f"guess-{one}")
            for n, one in enumerate(names)
        ],
    )
    bad = tuple(BadRecord("t.csv", f"{n}", "bad_time", "no time", project="P") for n in range(9))
    with world.warehouse.lease(world.warehouse.source("studio", "label-studio-db")) as lease:
        run = world.warehouse.start_run(lease, "test")
        world.warehouse.write(lease, run, Batch(bad=bad), live=True, observed_at=NOW)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(engine_at(tmp_path_factory.mktemp("rolling")))
    fill(world)
    yield world
    world.engine.dispose()


def ask(
    world: World, query: MetricQuery, since: int | None, until: int, scope: Scope
) -> tuple[Reading, list[Row]]:
    """Return a reading of some days of a query, and its rows."""
    dated = replace(query, since=None if since is None else day_text(since), until=day_text(until))
    with snapshot(world.engine) as conn:
        reading = Reading(conn, dated, scope, NOW)
        return reading, reading.result().rows


def day_by_day(
    world: World, query: MetricQuery, window: int | None, day: int, scope: Scope
) -> list[Rolled]:
    """Return what a read of a day's window says of the groups that have data on that day."""
    alone, _ = ask(world, query, day, day, scope)
    first = alone.plan.metric.needs[0]
    groups = {group for need, group, *_ in alone.fetched() if need == first}
    columns = [column for key in alone.plan.own_keys for column in columns_of(key)]
    _, rows = ask(world, query, None if window is None else day - window + 1, day, scope)
    named = [(row, tuple(row[one] for one in columns)) for row in rows]
    return [Rolled(day, row, group) for row, group in named if group in groups]


def roll(
    world: World, query: MetricQuery, window: int | None, days: Days, scope: Scope = NAMES
) -> list[Rolled]:
    """Return a rolling read."""
    return rolling(world.engine, query, window, days, scope, clock=lambda: NOW)


def check(
    world: World, query: MetricQuery, window: int | None, days: Days, scope: Scope = NAMES
) -> list[Rolled]:
    """Hold a rolling read against reads day by day, and return it."""
    found = roll(world, query, window, days, scope)
    told = range(days[0], days[1] + 1)
    assert found == [one for day in told for one in day_by_day(world, query, window, day, scope)]
    return found


def keys_of(name: str) -> list[str]:
    """Return what a rolling read of a metric can be split by."""
    return [key for key in METRICS[name].by if key not in TIMES]


@pytest.mark.parametrize("name", ROLLED)
def test_windows_are_as_reads_of_their_days(full: World, name: str):
    keys = keys_of(name)
    split = (keys[len(name) % len(keys)],)
    days = MONDAY + 18, MONDAY + 20
    assert check(full, MetricQuery(name), 7, (MONDAY + 18, MONDAY + 22))
    check(full, MetricQuery(name, by=split), 1, days)
    check(full, MetricQuery(name, by=split), None, days)


QUERIES = st.sampled_from(ROLLED).flatmap(
    lambda name: st.builds(
        MetricQuery,
        st.just(name),
        by=st.lists(st.sampled_from(keys_of(name)), max_size=2, unique=True),
        where=st.sampled_from(
            [[], *([term] for key, term in WHERE.items() if key in METRICS[name].where)]
        ),
        min_n=st.sampled_from((None, 0, 3)),
    )
)


@settings(max_examples=60)
@given(
    query=QUERIES,
    window=st.sampled_from((None, 1, 2, 7, 30)),
    first=st.integers(-3, 44),
    more=st.integers(0, 5),
)
def test_any_window_is_as_a_read_of_its_days(
    full: World, query: MetricQuery, window: int | None, first: int, more: int
):
    check(full, query, window, (MONDAY + first, MONDAY + first + more))


@pytest.mark.pg
def test_postgresql_rolls_as_sqlite(full: World, pg_database: str):
    other = World(engine_on(pg_database))
    fill(other)
    days = MONDAY + 14, MONDAY + 24
    try:
        for name in ROLLED[::5]:
            for query in (MetricQuery(name), MetricQuery(name, by=tuple(keys_of(name)[-1:]))):
                assert roll(other, query, 7, days) == roll(full, query, 7, days), query
    finally:
        other.engine.dispose()


def test_pseudonyms_and_projects_of_a_scope_hold(full: World):
    query, days = MetricQuery("gold_accuracy", by=("annotator",)), (MONDAY + 18, MONDAY + 24)
    hidden = check(full, query, 7, days, replace(HIDDEN, projects=frozenset({1})))
    assert not {"ann", "bob"} & {one.row["annotator"] for one in hidden}
    assert check(full, query, 7, days, replace(HIDDEN, projects=frozenset({2}))) == []


def test_what_all_people_drew_moves_with_the_window(world: World):
    """Of people who are left out, too: shapes that were not compared are known from all pairs."""
    people = ("ann", "bob", "cid")
    box = {"box": [[0.1, 0.1, 0.2, 0.2, "car"]]}
    said = [Say(f"i{n}", who, box, at(n)) for n, who in product(range(12), people)]
    world.project(said, known=(BOX,))
    query = MetricQuery("match_f1", where=(condition("annotator=ann"),))
    assert check(world, query, 3, (MONDAY, MONDAY + 11))


def test_a_project_counted_anew_is_noted_while_it_is_in_the_window(world: World):
    world.project([Say(f"i{n}", "ann", "x", at(n)) for n in range(9)], title="P")
    anew = world.project([Say("i1", "ann", "x", at(2))], title="Q")
    state = schema.rollup_state
    with world.engine.begin() as conn:
        conn.execute(update(state).where(state.c.project_id == anew).values(state="building"))
    query = MetricQuery("annotations_submitted", by=("team",))
    found = check(world, query, 3, (MONDAY, MONDAY + 8))
    noted = [one.day - MONDAY for one in found if ANEW in one.row["note"]]
    assert noted == [2, 3, 4]


def test_a_group_has_no_row_on_days_without_data_of_its_own(world: World):
    said = [Say(f"i{n}", "ann", "x", at(n)) for n in range(9)]
    world.project([*said, Say("j1", "bob", "x", at(1)), Say("j2", "bob", "y", at(6))])
    query = MetricQuery("annotations_submitted", by=("annotator",))
    found = roll(world, query, 7, (MONDAY, MONDAY + 8))
    assert [
        (one.day - MONDAY, one.row["value"]) for one in found if one.row["annotator"] == "bob"
    ] == [(1, 1), (6, 2)]
    assert [one.row["value"] for one in found if one.row["annotator"] == "ann"] == [
        *range(1, 8), 7, 7
    ]  # fmt: skip


def test_a_label_that_nobody_gave_that_day_stays_in_the_window(world: World):
    world.project([Say("i1", "ann", "x", at(0)), Say("i2", "ann", "y", at(1))])
    found = roll(world, MetricQuery("label_share"), 2, (MONDAY + 1, MONDAY + 5))
    assert [(one.day - MONDAY, one.row["label"], one.row["value"]) for one in found] == [
        (1, "x", 0.5),
        (1, "y", 0.5),
    ]


@pytest.mark.parametrize("name", ["pair_agreement", "agreement_percent"])
@pytest.mark.parametrize("version", [None, 0])
def test_after_an_upgrade_windows_say_what_reads_say(full: World, name: str, version: int | None):
    """Whole weeks of pairs come from one rollup, single days from another."""
    rollups = ("annotator_pairs", "agree_items", "answer_matrix")
    with uncounted(full, *rollups, version=version):
        found = check(full, MetricQuery(name), 7, (MONDAY + 20, MONDAY + 21))
    if version == 0:
        assert found
        assert all(OLDER in one.row["note"] for one in found)


def test_only_wanted_groups_are_told(full: World):
    """Those of `present`, which names the groups with data."""
    query, days = MetricQuery("skip_rate", by=("annotator",)), (MONDAY, MONDAY + 20)
    with snapshot(full.engine) as conn:
        session = Rolling(Moment(conn, NAMES, NOW))
        present = session.present(query, days)
        day = max(present.days)
        one = min(present.days[day], key=str)
        found = session.rows(query, 7, days, {day: {one}})
        every = session.rows(query, 7, days)
    assert {(each.day, each.group) for each in every} == {
        (at, group) for at, groups in present.days.items() for group in groups
    }
    assert found == [each for each in every if (each.day, each.group) == (day, one)]
    assert found


def test_days_are_read_once(full: World):
    """However many they are; and sources, projects and questions once a session."""
    with counted(full) as statements:
        roll(full, MetricQuery("agreement_percent"), 7, (MONDAY, MONDAY + 1))
        few = len(statements)
        roll(full, MetricQuery("agreement_percent"), 7, (MONDAY, MONDAY + 40))
        assert len(statements) == 2 * few
    with snapshot(full.engine) as conn:
        session = Rolling(Moment(conn, NAMES, NOW))
        session.rows(MetricQuery("agreement_percent"), 7, (MONDAY + 20, MONDAY + 20))
        with counted(full) as statements:
            session.rows(MetricQuery("skip_rate"), 7, (MONDAY + 20, MONDAY + 20))
    assert [("FROM activity" in one) for one in statements] == [True, True]


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    """Gather the statements that run."""
    found: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(world.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(world.engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("query", "window", "days", "words"),
    [
        ({"metric": "stage_items"}, 7, (1, 2), "as of now"),
        ({"metric": "agreement_drift"}, 7, (1, 2), "every day by itself"),
        ({"metric": "littles_law_residual"}, 7, (1, 2), "every day by itself"),
        ({"metric": "skip_rate", "since": "2024-03-04"}, 7, (1, 2), "leave since and until out"),
        ({"metric": "skip_rate", "until": "2024-03-04"}, 7, (1, 2), "leave since and until out"),
        ({"metric": "skip_rate", "by": ("week",)}, 7, (1, 2), "leave week out of by"),
        ({"metric": "skip_rate", "by": ("hour",)}, 7, (1, 2), "leave hour out of by"),
        ({"metric": "skip_rate"}, 0, (1, 2), "one day or more"),
        ({"metric": "skip_rate"}, 7, (2, 1), "swap the two"),
        ({"metric": "skip_rate", "project": "none"}, 7, (1, 2), "unknown project"),
    ],
)
def test_what_no_window_can_move_over_is_refused(
    full: World, query: dict[str, Any], window: int, days: Days, words: str
):
    with pytest.raises(UsageError, match=words):
        roll(full, MetricQuery(**query), window, days)
