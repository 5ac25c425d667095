"""The metrics of people and gold name just whom the story planted, from the tables of the demo."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from labelpulse.core.days import to_us
from labelpulse.core.events import Status
from tests.demo.conftest import LABEL
from tests.reader.world import Say, World, engine_at

WORK = (
    f"SELECT c.task_id, u.email, {LABEL}, c.created_at, c.lead_time, c.ground_truth, "
    "c.was_cancelled, c.updated_at > c.created_at "
    "FROM task_completion c JOIN htx_user u ON u.id = c.completed_by_id"
)


@pytest.fixture(scope="module")
def world(made, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The history of the demo in a warehouse."""
    found = World(engine_at(tmp_path_factory.mktemp("findings")))
    found.project(
        [
            Say(
                str(task),
                email,
                label,
                to_us(datetime.fromisoformat(at).replace(tzinfo=UTC)),
                Status.SKIPPED if skipped else Status.SUBMITTED,
                time_ms=round(1000 * (seconds or 0)),
                gold_flag=bool(key),
                edited=bool(edited),
            )
            for task, email, label, at, seconds, key, skipped, edited in made.all(WORK)
        ],
        gold="flag",
        holidays=[made.truth.find("holiday").day],
    )
    yield found
    found.engine.dispose()


def named(world: World, metric: str) -> set[str]:
    return {row["annotator"] for row in world.ask(metric) if row["finding"]}


def test_the_fast_and_wrong_one_is_named_and_nobody_else(made, world: World):
    (fast,) = made.truth.find("fast and wrong").who
    assert named(world, "signal_too_fast") == {fast}
    assert named(world, "error_lift") <= {fast}  # under twenty gold answers a label
    groups = {row["annotator"]: row["group"] for row in world.ask("gold_accuracy_shrunk")}
    (unlucky,) = made.truth.find("bad luck, too few to rank").who
    assert {who for who, group in groups.items() if group != 1} == {fast, unlucky}
    assert (groups[fast], groups[unlucky]) == (2, None)
    alone = {row["annotator"] for row in world.ask("annotator_cluster") if row["value"] != 1}
    assert alone == {fast}


@pytest.mark.parametrize("signal", ["straight_lining", "label_mix", "skips"])
def test_nobody_is_named_for_what_nobody_did(world: World, signal: str):
    rows = world.ask(f"signal_{signal}")
    assert len(rows) >= 21
    assert not [row["evidence"] for row in rows if row["finding"]]


def test_no_two_people_copy(world: World):
    assert not [row for row in world.ask("signal_copying") if row.get("finding")]


def test_the_wrong_keys_are_suspect_and_no_others(made, world: World):
    planted = [one for one in made.truth.planted if one.what == "wrong gold key"]
    assert len(planted) == 3
    rows = world.ask("gold_item_health")
    rivals = {int(row["item"]): row["rival"] for row in rows if row["value"] == "suspect key"}
    assert rivals == {one.expected["inner_id"]: one.labels[1] for one in planted}


def test_what_everybody_confuses_is_laid_on_the_guideline(made, world: World):
    pair = " / ".join(sorted(made.truth.find("guideline v2").labels))
    rows = world.ask("disagreement_share")
    causes = {
        kind: [row for row in rows if row["kind"] == kind] for kind in ("guideline", "annotator")
    }
    assert (causes["guideline"][0]["cause"], causes["guideline"][0]["beyond_chance"]) == (
        pair,
        True,
    )
    (fast,) = made.truth.find("fast and wrong").who
    assert {row["cause"] for row in causes["annotator"] if row["beyond_chance"]} == {fast}


def test_the_outage_is_an_alarm_and_the_holiday_is_none(made, world: World):
    rows = {row["day"]: row for row in world.ask("throughput_drift", by=("day",))}
    holiday, outage = (made.truth.find(one).day for one in ("holiday", "outage"))
    before = max(day for day in rows if day < holiday)
    assert rows[holiday]["note"] == "holiday"
    assert rows[holiday]["alarm"] <= rows[before]["alarm"], "what stands goes on, nothing begins"
    began = {row["change_day"] for row in rows.values() if row["alarm"]}
    assert outage in began
    assert holiday not in began
