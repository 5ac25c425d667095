"""Finish dates under other plans: two people, 10 labels each a working day, all worked out."""

from datetime import UTC, date, datetime, timedelta

import pytest

from labelpulse.core.days import to_us
from labelpulse.core.errors import UsageError
from tests.reader.world import NOW, Say, World

TODAY = date(2026, 11, 24)
"""The day of `NOW`, a Tuesday."""
WEEKS = 10


def noon(day: date) -> int:
    return to_us(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))


def workdays(before: date, weeks: int) -> list[date]:
    days = [before - timedelta(days=n) for n in range(1, 7 * weeks + 1)]
    return sorted(day for day in days if day.weekday() < 5)


def fill(world: World) -> None:
    """1,000 items labelled once, 20 a working day, and 493 without a label."""
    says = [
        Say(f"{day} {who} {n}", who, "x", noon(day))
        for day in workdays(TODAY, WEEKS)
        for who in ("ann", "bob")
        for n in range(10)
    ]
    new = {f"new {n}": 1 for n in range(493)}
    world.project(says, required={one.item: 1 for one in says} | new)


def finish(per_day: int, remaining: int) -> str:
    day = TODAY
    while True:
        remaining -= per_day if day.weekday() < 5 else 0
        if remaining <= 0:
            return day.isoformat()
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("supposed", "per_day", "remaining", "told"),
    [
        ((), 20, 493, "if the present pace holds"),
        (("people=+1",), 30, 493, "+1 person at 10 labels a working day, the median of 2 people"),
        (("people=-1",), 10, 493, "-1 person at 10 labels a working day"),
        (("overlap=2",), 20, 1986, "2 labels an item"),
        (("review=0.25",), 16, 493, "a further 25 % of labels reviewed"),
        (("people=+2", "overlap=2"), 40, 1986, "2 labels an item, +2 people at"),
    ],
)
def test_the_day_is_the_one_worked_out(world: World, supposed, per_day, remaining, told):
    fill(world)
    row = world.one("finish_date", what_if=supposed)
    assert row["remaining"] == remaining
    assert row["value"] == finish(per_day, remaining)
    assert row["forecast_pace"] == pytest.approx(per_day, abs=0.1)
    assert told in row["note"]
    assert ("what if" in row["note"]) == bool(supposed)


def test_nobody_left_never_finishes(world: World):
    fill(world)
    row = world.one("finish_date", what_if=["people=-2"])
    assert row["value"] is None
    assert "more than three years" in row["note"]
    assert "-2 people" in row["note"]


def test_a_late_end_too_far_away_is_told(world: World):
    says = [
        Say(f"{day} {n}", "ann", "x", noon(day))
        for place, day in enumerate(workdays(TODAY, WEEKS))
        for n in range((3, 14, 6, 9, 2)[place % 5] + place % 3)
    ]
    world.project(says, required={one.item: 1 for one in says} | {"many": 5400})
    row = world.one("finish_date")
    assert row["value"] is not None
    assert row["low"] is not None
    assert row["high"] is None
    assert "the late end is more than three years away" in row["note"]


@pytest.mark.parametrize(
    ("supposed", "said"),
    [
        ("people=999999999999", "at most 1,000"),
        ("people=-1001", "at most 1,000"),
        ("overlap=101", "at most 100"),
        ("overlap=1e12", "at most 100"),
        ("review=1.5", "0 to 1"),
    ],
)
def test_what_no_team_plans_with_is_refused_in_a_sentence(world: World, supposed: str, said: str):
    fill(world)
    with pytest.raises(UsageError, match=said):
        world.one("finish_date", what_if=[supposed])


def test_an_overlap_that_is_reached_leaves_nothing(world: World):
    says = [
        Say(f"{day} {n}", who, "x", noon(day))
        for day in workdays(TODAY, 5)
        for n in range(5)
        for who in ("ann", "bob")
    ]
    world.project(says, required={one.item: 3 for one in says})
    assert world.one("finish_date")["remaining"] == 125
    row = world.one("finish_date", what_if=["overlap=2"])
    assert (row["remaining"], row["value"]) == (0, None)
    assert row["note"] == "nothing remains; what if: 2 labels an item"


def test_a_short_history_stays_one(world: World):
    world.project([Say("i1", "ann", "x", NOW - 86_400_000_000)], required={"i2": 1})
    row = world.one("finish_date", what_if=["people=+1"])
    assert row["value"] is None
    assert "not enough history" in row["note"]


@pytest.mark.parametrize(
    ("supposed", "why"),
    [
        (["people"], "write it as"),
        (["people=many"], "write it as"),
        (["people=nan"], "write it as"),
        (["=2"], "write it as"),
        (["pay=2"], "there is no what_if"),
        (["overlap=1.5"], "whole number"),
        (["overlap=0"], "whole number"),
        (["review=2"], "share of the labels"),
        (["people=1", "people=2"], "twice"),
    ],
)
def test_what_cannot_be_supposed_is_refused(world: World, supposed, why):
    world.project([Say("i1", "ann", "x", NOW)])
    with pytest.raises(UsageError, match=why):
        world.ask("finish_date", what_if=supposed)


def test_metrics_that_look_back_refuse_it(world: World):
    world.project([Say("i1", "ann", "x", NOW)])
    for name in ("agreement_percent", "progress", "required_rate"):
        with pytest.raises(UsageError, match="takes no what_if"):
            world.ask(name, what_if=["people=+1"])
