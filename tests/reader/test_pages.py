"""What pages need besides metrics: the overview, the tables behind numbers, how data came in."""

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial

import pytest
from sqlalchemy import update

from labelpulse import schema
from labelpulse.core.days import to_us
from labelpulse.core.errors import UsageError
from labelpulse.core.events import BadRecord, Batch, PersonRecord, Status
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.metrics.stages import STAGES
from labelpulse.reader import MetricQuery
from labelpulse.reader.confusions import readings, sides
from labelpulse.reader.details import (
    AGE_UNKNOWN,
    AGES,
    gold_confusion,
    item_agreement,
    label_pairs,
    stage_ages,
)
from labelpulse.reader.markers import moves
from labelpulse.reader.overview import data_versions, names_of, overview
from labelpulse.reader.query import condition
from labelpulse.reader.status import Time, held, quarantined, runs, source_states
from labelpulse.warehouse.store import Warehouse
from tests.reader.world import HIDDEN, NAMES, NOW, Say, World, at, labeled

HOUR = 3_600_000_000
QUERY = MetricQuery("progress", project="P", control="label")


def test_the_overview_counts_what_pages_depend_on(world: World):
    says = [
        Say("i1", "ann", "x", at(0)),
        Say("i1", "bob", "y", at(1)),
        Say("i2", "ann", "x", at(0), gold_flag=True),
        Say("i3", "ann", {}, at(0), status=Status.SKIPPED),
        Say("i4", "ann", "x", at(0), deleted=True),
    ]
    controls = {"label": {"target": 0.8}, "mood": {"accuracy_target": 0.9}}
    world.project(says, timezone="Europe/Berlin", controls=controls, required={"i5": 2})
    (source,) = overview(world.engine, NAMES).sources
    (held_,) = overview(world.engine, NAMES).projects
    assert (source.name, held_.info.title) == ("studio", "P")
    assert (held_.items, held_.answers, held_.double) == (5, 4, 1)
    assert held_.controls == ("label",)
    assert (held_.targets, held_.accuracy_targets) == ({"label": 0.8}, {"mood": 0.9})
    assert (held_.gold, dict(held_.candidates)) == ("none", {"flag": 1})
    assert held_.zone_from == "set"


def test_known_answers_of_a_column_are_a_candidate(world: World):
    world.project([Say("i1", "ann", "x", at(0), gold={"label": "y"})])
    (one,) = overview(world.engine, NAMES).projects
    assert dict(one.candidates) == {"column": 1}


def test_a_project_that_is_gone_is_hidden(world: World):
    project = world.project(labeled({"i1": "xx"}))
    with world.engine.begin() as conn:
        conn.execute(
            update(schema.project).where(schema.project.c.id == project).values(state="gone")
        )
    assert overview(world.engine, NAMES).projects == ()


def test_the_data_version_rises_with_the_data(world: World):
    project = world.project(labeled({"i1": "xx"}))
    before = data_versions(world.engine)[project]
    world.project(labeled({"i2": "xy"}))
    assert data_versions(world.engine)[project] > before


@pytest.mark.parametrize("key", ["target", "accuracy_target"])
def test_the_data_version_rises_with_a_target_that_decides(key: str, world: World):
    project = world.project(labeled({"i1": "xx"}), controls={"label": {key: 0.8}})
    source = world.warehouse.source("studio", "label-studio-db")

    def version_with(target: float) -> int:
        said = {"timezone": "UTC", "controls": {"label": {key: target}}}
        with world.warehouse.lease(source) as lease:
            world.warehouse.configure(lease, {project: said}, print)
        return data_versions(world.engine)[project]

    before = version_with(0.8)
    assert version_with(0.8) == before, "the same again changes nothing"
    assert version_with(0.9) > before


def test_people_have_names_where_the_source_tells_them(world: World):
    world.project(labeled({"i1": "xx"}))
    source = world.warehouse.source("studio", "label-studio-db")
    told = (PersonRecord("a", "Ana"), PersonRecord("b", "Ana"))
    with world.warehouse.lease(source) as lease:
        run = world.warehouse.start_run(lease, "test")
        world.warehouse.write(lease, run, Batch(people=told), live=True, observed_at=NOW)
    found = names_of(world.engine, HIDDEN)
    twins = {shown: name for shown, name in found.items() if name.startswith("Ana")}
    assert twins == {shown: f"Ana ({shown})" for shown in twins}
    assert len(twins) == 2
    assert set(found.values()) - set(twins.values()) == {"ann", "bob"}


def test_label_pairs_are_the_differing_pairs_of_answers(world: World):
    world.project(
        [
            *(Say("i1", who, label, at(0)) for who, label in zip("abc", "xxy", strict=True)),
            *(Say("i2", who, label, at(3)) for who, label in zip("ab", "yz", strict=True)),
            *(Say("i3", who, label, at(3)) for who, label in zip("ab", "xx", strict=True)),
        ]
    )
    found = {(row["label_a"], row["label_b"]): row["value"] for row in _pairs(world, QUERY)}
    assert found == {("x", "y"): 2, ("y", "z"): 1}
    later = MetricQuery("progress", project="P", control="label", since="2024-03-06")
    assert [row["value"] for row in _pairs(world, later)] == [1]


def _pairs(world: World, query: MetricQuery):
    rows = label_pairs(world.engine, query, NAMES)
    return [{**row, **_in_order(row)} for row in rows]


def _in_order(row):
    first, second = sorted((row["label_a"], row["label_b"]))
    return {"label_a": first, "label_b": second}


def test_confusion_counts_first_answers_on_known_labels(world: World):
    world.project(
        [
            Say("i1", "ann", "x", at(0), gold={"label": "x"}),
            Say("i1", "bob", "y", at(0)),
            Say("i2", "ann", "y", at(0), gold={"label": "x"}),
        ],
        gold="column",
    )
    rows = gold_confusion(world.engine, QUERY, NAMES)
    assert {(row["gold"], row["label"]): row["value"] for row in rows} == {
        ("x", "x"): 1,
        ("x", "y"): 2,
    }


def test_stage_ages_add_up_to_the_items_of_each_stage(world: World):
    world.project(
        [Say("i1", "ann", "x", at(0)), Say("i2", "ann", "x", at(2.6))],
        required={"i1": 2, "i2": 2, "i3": 1},
    )
    rows = stage_ages(world.engine, QUERY, NAMES, clock=lambda: at(3))
    found = {(row["stage"], row["age"]): row["value"] for row in rows}
    assert found == {
        ("waiting", "> 7 days"): 1,
        ("waiting_for_labels", "1–3 days"): 1,
        ("waiting_for_labels", "< 1 day"): 1,
    }
    staged = {row["stage"]: row["value"] for row in world.ask("stage_items", by=("stage",))}
    for stage in STAGES:
        assert sum(n for (one, _), n in found.items() if one == stage) == staged.get(stage, 0)


def test_an_unknown_entry_has_an_age_of_its_own(world: World):
    world.project([Say("i1", "ann", "x", None)], required={"i1": 2})
    (row,) = stage_ages(world.engine, QUERY, NAMES)
    assert (row["age"], row["value"]) == (AGE_UNKNOWN, 1)
    assert AGES[-1][0] is None, "the last class of age is open"


def test_runs_that_found_nothing_are_left_out_but_the_newest(world: World):
    world.project(labeled({"i1": "xx"}))
    source = world.warehouse.source("studio", "label-studio-db")
    for _ in range(3):
        with world.warehouse.lease(source) as lease:
            run = world.warehouse.start_run(lease, "poll")
            world.warehouse.finish_run(lease, run, "ok")
    found = runs(world.engine).rows
    assert [run.kind for run in found] == ["poll", "test"]
    assert (found[1].loaded, found[1].state) == (2, "ok")
    assert source_states(world.engine)[0].rows == 2


def test_lists_say_what_they_leave_out(world: World) -> None:
    """Of each run and record there is a row, or it is counted by why there is none."""
    source = world.warehouse.source("studio", "label-studio-db")
    for hour in range(6):
        clocked = Warehouse(world.engine, ROLLUPS, clock=partial(int, NOW + hour * HOUR))
        bad = BadRecord("t.csv", f"line {hour}", "bad_time", "no time", project="P")
        with clocked.lease(source) as lease:
            run = clocked.start_run(lease, "poll")
            clocked.write(lease, run, Batch(bad=(bad,)), live=True, observed_at=NOW)
            clocked.finish_run(lease, run, "ok")
    for listed, at_of in ((runs, "started_at"), (quarantined, "first_at")):
        for since, until, limit in (
            (None, None, 9),
            (2, None, 2),
            (None, 4, 9),
            (1, 3, 1),
            (9, 9, 1),
        ):
            time = Time(*(one and NOW + one * HOUR for one in (since, until)))
            hours = [one for one in range(6)[::-1] if (since or 0) <= one < (until or 6)]
            found = listed(world.engine, time, limit)
            told = [(getattr(one, at_of) - NOW) // HOUR for one in found.rows]
            assert told == hours[:limit]
            assert (found.more, found.outside) == (len(hours[limit:]), 6 - len(hours))


def test_what_is_set_aside_is_told_without_its_content(world: World):
    world.project(labeled({"i1": "xx"}))
    source = world.warehouse.source("studio", "label-studio-db")
    bad = BadRecord("t.csv", "line 7", "bad_time", "no time", excerpt="Ana;secret", project="P")
    with world.warehouse.lease(source) as lease:
        run = world.warehouse.start_run(lease, "test")
        world.warehouse.write(lease, run, Batch(bad=(bad,)), live=True, observed_at=NOW)
    (one,) = quarantined(world.engine).rows
    assert (one.place, one.record, one.reason) == ("t.csv", "line 7", "bad_time")
    assert "secret" not in repr(one)


def test_what_is_stamped_ahead_is_held(world: World):
    ahead = to_us(datetime(2026, 11, 25, 9, tzinfo=UTC))
    world.project([Say("i1", "ann", "x", ahead), Say("i2", "ann", "x", at(0))])
    (one,) = held(world.engine)
    assert (one.project, one.rows, one.latest) == ("P", 1, ahead)


def test_chance_gives_a_pair_of_labels_what_the_causes_say(world: World):
    world.project(
        [
            *(Say("i1", who, label, at(0)) for who, label in zip("abc", "xxy", strict=True)),
            *(Say("i2", who, label, at(3)) for who, label in zip("ab", "yz", strict=True)),
            *(Say("i3", who, label, at(3)) for who, label in zip("ab", "xx", strict=True)),
        ]
    )
    rows = world.ask("disagreement_share")
    told = {row["cause"]: row["expected"] for row in rows if row["kind"] == "label pair"}
    found = {
        f"{row['label_a']} / {row['label_b']}": row["expected"] for row in _pairs(world, QUERY)
    }
    assert found == pytest.approx(told)


def test_items_whose_answers_are_all_alike_are_counted_by_answers(world: World):
    world.project(
        [
            *(Say("i1", who, label, at(0)) for who, label in zip("abc", "xxy", strict=True)),
            *(Say("i2", who, "x", at(1)) for who in "abc"),
            *(Say("i3", who, label, at(3)) for who, label in zip("ab", "xx", strict=True)),
            Say("i4", "a", "x", at(3)),
        ]
    )
    rows = item_agreement(world.engine, QUERY, NAMES)
    assert [(row["answers"], row["value"], row["n"]) for row in rows] == [(2, 1.0, 1), (3, 0.5, 2)]
    assert rows[1]["low"] < 0.5 < rows[1]["high"]


def test_both_readings_name_who_gave_which(world: World):
    world.project(
        [
            *(Say("i1", who, label, at(0)) for who, label in zip("abc", "xxy", strict=True)),
            *(Say("i2", who, label, at(3)) for who, label in zip("ab", "yx", strict=True)),
            *(Say("i3", who, label, at(3)) for who, label in zip("ab", "xz", strict=True)),
            Say("i4", "a", "x", at(4), gold={"label": "y"}),
            Say("i4", None, "y", at(4)),
        ],
        gold="column",
    )
    world.warehouse.teams({"North": ["a", "b"]})
    query = replace(QUERY, metric="progress", where=(condition("label=x"), condition("label=y")))
    rows = readings(world.engine, query, NAMES)
    assert [(row["item"], row["annotator_a"], row["annotator_b"]) for row in rows] == [
        ("i2", "b", "a"),
        ("i1", "a", "c"),
        ("i1", "b", "c"),
    ]
    assert [row["day"] for row in rows] == ["2024-03-07", "2024-03-04", "2024-03-04"]
    told = {
        row["annotator"]: (row["team"], row["first"], row["second"])
        for row in sides(world.engine, query, NAMES)
    }
    assert told == {"a": ("North", 1, 1), "b": ("North", 2, 0), "c": (None, 0, 1)}, (
        "an answer is one, whomever it is beside"
    )
    later = replace(query, since="2024-03-06")
    assert [row["item"] for row in readings(world.engine, later, NAMES)] == ["i2"]
    assert sides(world.engine, replace(query, until="2024-03-03"), NAMES) == []


@pytest.mark.parametrize("where", [(), ("label=x",), ("label=x", "label!=y")])
def test_two_readings_need_two_labels(world: World, where: tuple[str, ...]):
    world.project([Say("i1", "a", "x", at(0))])
    with pytest.raises(UsageError, match="two labels"):
        readings(world.engine, replace(QUERY, where=tuple(map(condition, where))), NAMES)


def test_each_marker_has_its_before_and_after(world: World):
    says = [
        Say(f"i{day}-{n}", who, "x" if who == "a" or day < 20 or n % 2 else "y", at(day))
        for day in range(40)
        for n in range(3)
        for who in "ab"
    ]
    world.project(says)
    day = date(2024, 3, 24)
    world.warehouse.mark(None, day.toordinal(), "guideline", "New words")
    world.warehouse.mark(None, day.toordinal() + 4, "release", "Tool 2")
    query = replace(QUERY, metric="agreement_percent", since="2024-03-10")
    rows = moves(world.engine, query, NAMES)
    assert [(row["day"], row["kind"], row["text"]) for row in rows] == [
        ("2024-03-28", "release", "Tool 2"),
        ("2024-03-24", "guideline", "New words"),
    ]
    assert (rows[1]["before"], rows[1]["value"]) == (1.0, pytest.approx(rows[1]["after"] - 1))
    assert rows[1]["after"] < 0.8
