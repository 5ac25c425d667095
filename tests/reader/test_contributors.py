"""Where people stand, on planted lives: a newcomer, one in proving, one who fails, one who left."""

from collections.abc import Sequence

import pytest

from labelpulse.metrics.contributors import idle_after, plan_of
from labelpulse.stats.sequential import sprt
from tests.reader.world import NOW, Say, World, at

TODAY = (NOW - at(0)) // 86_400_000_000
WEEKDAYS = [day for day in range(TODAY - 90, TODAY) if (day % 7) < 5]  # 4 March 2024 was a Monday


def worked(who: str, days: Sequence[int], gold: str = "") -> list[Say]:
    """A life: an answer on each day, the first ones to gold, right (r) or wrong (w)."""
    found = []
    for at_, day in enumerate(days):
        key = {"label": "x"} if at_ < len(gold) else {}
        label = "y" if gold[at_ : at_ + 1] == "w" else "x"
        found.append(Say(f"{who}{at_}", who, label, at(day, at_), gold=key))
    return found


def states(world: World) -> dict[str, dict]:
    return {row["annotator"]: row for row in world.ask("contributor_state")}


def test_a_planted_team(world: World):
    calm = "r" * 40
    says = [
        *worked("steady", WEEKDAYS, calm),
        *worked("careless", WEEKDAYS, "rwwrwwwrww"),
        *worked("newcomer", [TODAY - 2, TODAY - 1]),
        *worked("beginner", WEEKDAYS[-9:], "rrrrr"),
        *worked("ungraded", WEEKDAYS),
        *worked("resting", [day for day in WEEKDAYS if day < TODAY - 12], calm),
        *worked("gone", [day for day in WEEKDAYS if day < TODAY - 45]),
        *worked("weekly", range(TODAY - 90, TODAY - 10, 7)),
    ]
    world.project(says, gold="column", controls={"label": {"target": 0.85}})
    found = states(world)
    assert {who: row["value"] for who, row in found.items()} == {
        "steady": "active",
        "careless": "active",
        "newcomer": "new",
        "beginner": "proving",
        "ungraded": "active",
        "resting": "idle",
        "gone": "left",
        "weekly": "active",
    }
    decisions = {who: row["decision"] for who, row in found.items()}
    assert decisions["steady"] == decisions["resting"] == "proven"
    assert (decisions["careless"], decisions["beginner"]) == ("failed", "undecided")
    assert decisions["newcomer"] is decisions["ungraded"] is None
    assert found["beginner"]["remaining"] == sprt([False] * 5, plan_of(0.85)).remaining > 0
    careless = found["careless"]
    assert (careless["gold_n"], careless["gold_right"]) == (10, 3)
    assert found["gone"]["since"] == found["gone"]["last_day"]
    assert found["newcomer"]["n"] == 2
    assert found["steady"]["n"] == len(WEEKDAYS)


def test_the_order_of_answers_decides_and_later_ones_change_nothing(world: World):
    first = "r" * 30 + "w" * 10
    says = [*worked("late", WEEKDAYS, first), *worked("early", WEEKDAYS, first[::-1])]
    world.project(says, gold="column", controls={"label": {"target": 0.85}})
    found = states(world)
    assert found["late"]["decision"] == "proven"
    assert found["early"]["decision"] == "failed"
    assert found["late"]["gold_right"] == found["early"]["gold_right"] == 30
    assert found["late"]["since"] > found["early"]["since"]


def test_people_are_tried_by_the_accuracy_target_where_one_is_set(world: World):
    """By hand, at 5 % against 20 %: a right answer moves the log ratio by ln .8/.95 = -.172, a
    wrong one by ln .2/.05 = 1.386; proven at ln .05/.95 = -2.944, failed at 2.944.

    So 20 right answers stand at -3.44, and 3 wrong of the first 8 at 3.30. At 20 % against 35 %
    the same stand at -4.15 and at 0.64: ln .65/.8 = -.208, ln .35/.2 = .560.
    """
    says = [*worked("calm", WEEKDAYS, "r" * 20), *worked("hasty", WEEKDAYS, "rwrwrwrr")]
    decisions = {}
    for title, targets in {"one": {}, "both": {"accuracy_target": 0.95}}.items():
        controls = {"label": {"target": 0.8, **targets}}
        world.project(says, title=title, gold="column", controls=controls)
        rows = world.ask("contributor_state", project=title)
        decisions[title] = {row["annotator"]: (row["value"], row["decision"]) for row in rows}
    assert decisions == {
        "one": {"calm": ("active", "proven"), "hasty": ("proving", "undecided")},
        "both": {"calm": ("active", "proven"), "hasty": ("active", "failed")},
    }


def test_of_a_file_the_last_day_is_today(world: World):
    says = [*worked("ann", range(30)), *worked("bob", range(10))]
    world.project(says, source="import:P", kind="import")
    found = states(world)
    assert {who: row["value"] for who, row in found.items()} == {"ann": "active", "bob": "idle"}
    assert "a file was imported" in found["ann"]["note"]


def test_of_a_file_a_week_of_silence_is_not_yet_longer_than_a_week(world: World):
    says = [*worked("ann", range(11)), *worked("bob", range(4)), *worked("cid", range(3))]
    world.project(says, source="import:P", kind="import")
    assert {who: row["value"] for who, row in states(world).items()} == {
        "ann": "active",
        "bob": "new",  # until the fourth day, seven before the last one
        "cid": "idle",
    }


def test_answers_of_unknown_time_decide_last(world: World):
    said = worked("ann", WEEKDAYS, "r" * 30)
    unknown = [Say(f"u{n}", "ann", "y", None, gold={"label": "x"}) for n in range(10)]
    world.project([*said, *unknown], gold="column", controls={"label": {"target": 0.85}})
    found = states(world)["ann"]
    assert (found["decision"], found["gold_n"], found["gold_right"]) == ("proven", 40, 30)


def test_one_person_can_be_asked_for_and_days_cannot(world: World):
    world.project([*worked("ann", WEEKDAYS), *worked("bob", WEEKDAYS)])
    (row,) = world.ask("contributor_state", where=["annotator=bob"])
    assert row == states(world)["bob"]
    with pytest.raises(Exception, match="as of now"):
        world.ask("contributor_state", since="2026-01-01")


def test_nobody_and_unknown_times(world: World):
    world.project([Say("i1", None, "x", at(0))], title="nobody")
    row = world.ask("contributor_state", project="nobody")[0]
    assert (row["annotator"], row["value"]) == (None, None)
    world.project([Say("i1", "ann", "x")], title="timeless", source="other")
    row = world.ask("contributor_state", project="timeless")[0]
    assert (row["value"], row["since"], row["gold_n"]) == (None, None, 0)
    assert "times" in row["note"]


def test_a_target_of_everything_or_nothing_still_makes_a_test():
    for target in (None, 0.0, 0.5, 0.85, 1.0):
        plan = plan_of(target)
        assert 0 < plan.good < plan.bad < 1


def test_patience_grows_with_a_persons_own_rhythm():
    import numpy as np

    assert idle_after(np.array([1, 2])) == 7
    assert idle_after(np.arange(1, 30)) == 7
    assert idle_after(np.arange(1, 200, 14)) == 42
