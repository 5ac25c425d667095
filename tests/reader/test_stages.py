"""Flow between stages as queries tell it: by hand, by the clock, in balance, at a bottleneck."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from labelpulse.core.days import SECOND
from labelpulse.core.events import AnnotationRecord, ItemRecord, Status, Verdict
from labelpulse.metrics.registry import PARTIALS, ROLLUPS
from labelpulse.reader import MetricQuery, read
from labelpulse.reader.explain import explain
from labelpulse.warehouse.store import Warehouse
from tests.reader.world import NAMES, Say, World, at, engine_at

DAY_US = 86_400 * SECOND


@dataclass(frozen=True)
class Did(Say):
    """What somebody did, with more of its times than `Say` tells."""

    opened: int | None = None
    verdict: Verdict | None = None
    reviewed: int | None = None
    name: str = ""


class Clocked(World):
    """A world that is asked at any time, and whose items may be created at any time."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.now = at(10)
        self.created: dict[str, int | None] = {}
        self.warehouse = Warehouse(engine, ROLLUPS, clock=lambda: self.now)

    def _items(self, *said: Any) -> tuple[ItemRecord, ...]:
        return tuple(
            replace(one, created_at=self.created.get(one.native_id, at(-1)))
            for one in super()._items(*said)
        )

    def _annotation(self, title: str, one: Say) -> AnnotationRecord:
        record = super()._annotation(title, one)
        if not isinstance(one, Did):
            return record
        return replace(
            record,
            native_id=one.name or record.native_id,
            started_at=one.opened,
            verdict=one.verdict,
            reviewed_at=one.reviewed,
        )

    def ask(self, metric: str, scope: Any = NAMES, **query: Any) -> list[Any]:
        asked = MetricQuery(metric, **query)
        return read(self.engine, asked, scope, clock=lambda: self.now).rows


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Clocked]:
    engine = engine_at(tmp_path)
    yield Clocked(engine)
    engine.dispose()


def counts(world: Clocked, metric: str, *by: str, **query: Any) -> dict[Any, Any]:
    rows = world.ask(metric, by=by, **query)
    return {tuple(row[key] for key in by): row["value"] for row in rows}


# --- arrivals and departures ---


def test_arrivals_and_departures_by_hand(world: Clocked):
    world.created = {"i3": None, "i5": at(2)}
    world.project(
        [
            *(Did("i1", "ann", "x", at(0, 5), opened=at(0)), Did("i1", "bob", "x", at(1))),
            Did("i2", "ann", "x", at(1), opened=at(0, 3)),
            Did("i3", "ann", "x", at(2)),
            Did("i4", "ann", None, at(2), Status.SKIPPED),
        ],
        required={"i1": 2, "i2": 2, "i3": 1, "i4": 2, "i5": 2},
    )
    arrivals = counts(world, "stage_arrivals", "stage")
    departures = counts(world, "stage_departures", "stage")
    assert arrivals == {
        ("waiting",): 5,
        ("started",): 2,
        ("waiting_for_labels",): 2,
        ("done",): 2,
        ("blocked",): 1,
    }
    assert departures == {("waiting",): 4, ("started",): 2, ("waiting_for_labels",): 1}
    stands = counts(world, "stage_items", "stage")
    left = {key: n - departures.get(key, 0) for key, n in arrivals.items()}
    assert {key: n for key, n in left.items() if n} == stands
    assert counts(world, "stage_arrivals", "day", "stage") == {
        ("2024-03-03", "waiting"): 3,
        ("2024-03-04", "started"): 2,
        ("2024-03-04", "waiting_for_labels"): 1,
        ("2024-03-05", "waiting_for_labels"): 1,
        ("2024-03-05", "done"): 1,
        ("2024-03-06", "waiting"): 1,
        ("2024-03-06", "done"): 1,
        ("2024-03-06", "blocked"): 1,
        (None, "waiting"): 1,
    }
    assert world.one("stage_arrivals")["value"] == 12
    assert world.one("stage_arrivals", since="2024-03-06")["value"] == 3
    assert world.one("stage_departures", where=("stage=started",))["value"] == 2


def test_a_deleted_answer_takes_its_moves_with_it(world: Clocked):
    said = [Did("i", "ann", "x", at(0), name="a"), Did("i", "bob", "x", at(1), name="b")]
    world.project(said, required={"i": 2})
    assert counts(world, "stage_arrivals", "stage")[("done",)] == 1
    world.project([replace(said[1], deleted=True)], required={"i": 2})
    assert counts(world, "stage_arrivals", "stage") == {("waiting",): 1, ("waiting_for_labels",): 1}


@pytest.mark.parametrize("metric", ["stage_arrivals", "stage_departures", "cycle_time_p50"])
def test_the_items_behind_a_range_are_those_counted(world: Clocked, metric: str):
    """On days on which something but a submission happened, too."""
    said = [
        *(Did("a", "ann", "x", at(4), opened=at(1)), Did("b", "ann", "x", at(6), opened=at(2))),
        Did("c", "ann", None, at(2), Status.DRAFT, opened=at(2)),
    ]
    world.project(said, required={"a": 1, "b": 1, "c": 1, "d": 1})
    query = MetricQuery(metric, since="2024-03-03", until="2024-03-06")
    told = explain(world.engine, query, NAMES, clock=lambda: world.now)
    (sums,) = told.sums.values()
    measure = next(iter(PARTIALS[next(iter(told.sums))].measures))
    behind = sum(added[measure] for one in told.items for added in one["adds"])
    assert behind == sum(row[measure] for row in sums) > 0


def test_review_is_a_stage_where_answers_are_judged(world: Clocked):
    said = [
        Did("i1", "ann", "x", at(0), name="a"),
        Did("i2", "ann", "x", at(0), name="b"),
        Did("i3", "ann", "x", at(0), name="c"),
    ]
    need = dict.fromkeys(("i1", "i2", "i3"), 1)
    world.project(said, required=need)
    assert counts(world, "stage_items", "stage") == {("done",): 3}
    yes, no = Verdict.ACCEPTED, Verdict.REJECTED
    judged = [
        replace(said[0], verdict=yes, reviewed=at(2)),
        replace(said[1], verdict=no, reviewed=at(3)),
    ]
    world.project(judged, required=need)
    assert counts(world, "stage_items", "stage") == {("done",): 1, ("review",): 2}
    assert counts(world, "stage_departures", "day", "stage", where=("stage=review",)) == {
        ("2024-03-06", "review"): 1,
    }
    assert world.by("items_completed", "day") == {"2024-03-04": 3}
    assert world.one("progress")["value"] == 1
    assert world.one("bottleneck")["value"] == "review"
    id_ = world.warehouse.projects(world.warehouse.source("studio", "label-studio-db"))["P"]
    assert world.warehouse.verify(id_) == []


def test_reviews_of_samples_make_no_stage(world: Clocked):
    said = Did("i", "ann", "x", at(0), verdict=Verdict.REJECTED, reviewed=at(1))
    id_ = world.project([said], required={"i": 1})
    assert counts(world, "stage_items", "stage") == {("review",): 1}
    source = world.warehouse.source("studio", "label-studio-db")
    with world.warehouse.lease(source) as lease:
        world.warehouse.settings(lease, id_, "toml", {"timezone": "UTC", "reviews": False})
        assert world.warehouse.apply_rules(lease, id_)
    assert counts(world, "stage_items", "stage") == {("done",): 1}


# --- ages and cycles by the clock ---


def test_an_age_grows_with_the_clock_and_counts_from_the_entry(world: Clocked):
    world.project([Say("i", "ann", "x", at(0)), Say("i", "bob", "x", at(3))], required={"i": 3})
    for days in (10, 20):
        world.now = at(days)
        (row,) = world.ask("stage_age_p50", by=("stage",))
        assert (row["stage"], row["value"]) == ("waiting_for_labels", days * 86_400 - 1800)


def test_a_cycle_by_hand_and_its_censoring_by_the_clock(world: Clocked):
    """Three of five are done, after 1, 2 and 4 h; two have been open since noon of day 0."""
    said = []
    for item, minutes in (("a", 60), ("b", 120), ("c", 240)):
        said += [Say(item, "ann", "x", at(0)), Say(item, "bob", "x", at(0, minutes))]
    said += [Say(item, "ann", "x", at(0)) for item in "de"]
    world.project(said, required=dict.fromkeys("abcde", 2))
    world.now = at(3)
    row = world.one("cycle_time_p50")
    assert (row["value"], row["n"], row["completed"], row["open"]) == (240 * 60, 5, 3, 2)
    assert row["low"] is None
    assert "5 items, fewer than 20" in row["note"]
    late = world.one("cycle_time_p85")
    assert (late["value"], late["n"]) == (None, 5)
    assert "2 of 5 items not completed yet" in late["note"]
    world.now = at(0, 150)  # the open ones are 2 h old: they count as open no longer than that
    row = world.one("cycle_time_p50")
    assert (row["value"], row["open"]) == (240 * 60, 2)


def test_cycles_belong_to_the_day_on_which_they_began(world: Clocked):
    world.project(
        [
            *(Did("a", "ann", "x", at(1), opened=at(0)), Did("b", "ann", "x", at(1, 30))),
            *(Say("c", "ann", "x", at(2)), Say("c", "bob", "x", at(5))),
        ],
        required={"a": 1, "b": 1, "c": 2},
    )
    rows = {row["day"]: row for row in world.ask("cycle_time_p50", by=("day",))}
    assert {day: row["value"] for day, row in rows.items()} == {
        "2024-03-04": 86_400,
        "2024-03-06": 3 * 86_400,
    }
    everything = world.one("cycle_time_p50")
    assert everything["n"] == 2
    assert "1 item left out, of which no beginning is known" in everything["note"]
    assert world.one("cycle_time_p50", since="2024-03-05", until="2024-03-05")["value"] is None


def test_cycle_times_are_those_of_single_durations(world: Clocked):
    """Many items: the curve from buckets lies within their width of that from every duration."""
    from labelpulse.stats.survival import kaplan_meier, quantile

    rng = random.Random(3)
    said: list[Say] = []
    durations: dict[float, tuple[int, int]] = {}
    for n in range(300):
        minutes = rng.randint(1, 20_000)
        said.append(Say(f"i{n}", "ann", "x", at(0, n)))
        ended = n + minutes < 14_400
        if ended:
            said.append(Say(f"i{n}", "bob", "x", at(0, n + minutes)))
        lasted = float(minutes * 60 if ended else (14_400 - n) * 60)
        done, still = durations.get(lasted, (0, 0))
        durations[lasted] = (done + ended, still + (not ended))
    world.project(said, required={f"i{n}": 2 for n in range(300)})
    world.now = at(0, 14_400)
    wanted = quantile(kaplan_meier(durations), 0.5)
    row = world.one("cycle_time_p50")
    assert row["n"] == 300
    for key, value in (("value", wanted.value), ("low", wanted.low), ("high", wanted.high)):
        assert row[key] == pytest.approx(value, rel=0.02)
    assert world.one("cycle_time_p85")["value"] is None


# --- balance ---


def steady(rng: random.Random, days: int, rate: int) -> tuple[list[Say], dict[str, int]]:
    """Items that come all day and get their second label two days later, more or less."""
    said = []
    for n in range(days * rate):
        came = at(n / rate)
        gone = came + int(rng.uniform(0.5, 3.5) * DAY_US)
        said.append(Say(f"i{n}", "ann", "x", came))
        if gone < at(days):
            said.append(Say(f"i{n}", "bob", "x", gone))
    return said, {f"i{n}": 2 for n in range(days * rate)}


def test_a_steady_queue_is_in_balance(world: Clocked):
    said, need = steady(random.Random(2), 40, 40)
    world.project(said, required=need)
    world.now = at(40)
    row = world.one("littles_law_residual")
    assert row["n"] == pytest.approx(28 * 40, rel=0.05)
    assert row["wip"] == pytest.approx(80, rel=0.05)
    assert row["throughput"] == pytest.approx(40, rel=0.05)
    assert row["cycle_time"] == pytest.approx(2 * 86_400, rel=0.05)
    assert abs(row["value"]) < 1
    assert row["value"] == pytest.approx(
        row["wip"] - row["throughput"] * row["cycle_time"] / 86_400
    )
    assert (row["since"], row["until"]) == ("2024-03-16", "2024-04-12")
    by_stage = world.ask("littles_law_residual", by=("stage",))
    assert [(one["stage"], one["value"]) for one in by_stage] == [
        ("waiting_for_labels", row["value"])
    ]
    filling = world.one("littles_law_residual", since="2024-03-04", until="2024-03-08")
    assert filling["value"] is None
    assert "not steady" in filling["note"]


def test_items_that_come_at_nine_and_leave_at_five_are_in_balance(world: Clocked):
    """At midnight there is nothing: the mean of the day is taken to the second."""
    said = []
    for day in range(10):
        said += [Say(f"i{day}.{n}", "ann", "x", at(day, -180)) for n in range(6)]
        said += [Say(f"i{day}.{n}", "bob", "x", at(day, 300)) for n in range(6)]
    said += [Say(f"old{n}", "ann", "x", at(-3)) for n in range(4)]
    need = {one.item: 2 for one in said}
    world.created = dict.fromkeys(need, at(-20))
    world.project(said, required=need)
    world.now = at(10)
    row = world.one("littles_law_residual", since="2024-03-04", until="2024-03-13")
    assert row["wip"] == pytest.approx(4 + 6 * 8 / 24)
    assert row["cycle_time"] == 8 * 3600
    assert row["value"] == pytest.approx(4)  # four that never left: they aged unseen


def test_what_is_not_in_progress_has_no_balance(world: Clocked):
    world.project([Say("i", "ann", "x", at(0))], required={"i": 1})
    row = world.one("littles_law_residual")
    assert (row["value"], row["n"]) == (None, 0)
    assert row["note"] == "nothing was seen in progress"


# --- the bottleneck ---


def planted(growing: bool) -> tuple[list[Say], dict[str, int]]:
    """Ten items a day get a first label; from day 10 on, where it grows, only four a second one."""
    said = []
    waiting: list[str] = []
    for day in range(20):
        for n in range(10):
            said.append(Say(f"i{day}.{n}", "ann", "x", at(day, n)))
            waiting.append(f"i{day}.{n}")
        most = 10 if day < 10 or not growing else 4 + day % 2
        for n, item in enumerate(waiting[:most] if day else []):
            said.append(Say(item, "bob", "x", at(day, 100 + n)))
        waiting = waiting[most:] if day else waiting
    return said, {one.item: 2 for one in said} | {f"new{n}": 2 for n in range(500)}


def test_a_planted_bottleneck_is_found_with_its_beginning(world: Clocked):
    said, need = planted(growing=True)
    world.project(said, required=need)
    world.now = at(20)
    row = world.one("bottleneck")
    assert (row["value"], row["growing"], row["since"]) == (
        "waiting_for_labels",
        True,
        "2024-03-14",
    )
    assert row["queue"] == row["n"] == 10 + sum(6 - day % 2 for day in range(10, 20))
    assert row["growth"] == pytest.approx(5.4)
    assert "5 of the last 5 working days" in row["why"]
    ages = world.ask("stage_age_p85", by=("project",))
    assert row["age_p85"] < ages[0]["value"]  # all stages together: the backlog is older


def test_a_queue_that_does_not_grow_is_named_as_such(world: Clocked):
    said, need = planted(growing=False)
    world.project(said, required=need)
    world.now = at(20)
    row = world.one("bottleneck")
    assert (row["value"], row["growing"], row["since"]) == ("waiting_for_labels", False, None)
    assert "does not grow" in row["why"]
    assert row["queue"] == 10


def test_a_day_that_is_not_over_is_no_evidence(world: Clocked):
    said, need = planted(growing=False)
    said += [Say(f"today{n}", "ann", "x", at(20, -n)) for n in range(50)]
    world.project(said, required=need | {f"today{n}": 2 for n in range(50)})
    world.now = at(20, 30)
    row = world.one("bottleneck")
    assert (row["queue"], row["growth"]) == (60, 0)


def test_a_backlog_alone_is_no_bottleneck_until_it_piles_up(world: Clocked):
    need = {f"i{n}": 1 for n in range(40)}
    world.project([], required=need)
    row = world.one("bottleneck")
    assert row["value"] is None
    assert "40 items without any label" in row["note"]
    world.created = {f"more{n}": at(n % 8) for n in range(40)}
    world.project([], required={f"more{n}": 1 for n in range(40)})
    row = world.one("bottleneck")
    assert (row["value"], row["growing"]) == ("waiting", True)
    assert row["queue"] == 80


def test_nothing_waits_and_nothing_is_there(world: Clocked):
    world.project([Say("i", "ann", "x", at(0))], required={"i": 1})
    row = world.one("bottleneck")
    assert (row["value"], row["note"]) == (None, "nothing waits with a known age")
    assert world.one("cycle_time_p50")["value"] is None
