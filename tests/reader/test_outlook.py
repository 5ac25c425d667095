"""The tables behind a burn-up: labels by day, the forecast of then, milestones."""

from datetime import date, timedelta
from math import ceil

import pytest

from labelpulse.reader import MetricQuery, Scope, outlook
from labelpulse.reader.query import Condition
from labelpulse.stats import forecast
from labelpulse.stats.forecast import History, Pace
from tests.reader.test_what_if import TODAY, fill, noon, workdays
from tests.reader.world import NOW, Say, World

ASKED = MetricQuery("agreement_percent", project="P", since="2026-11-20")
TEAM = MetricQuery("agreement_percent", project="P", where=(Condition("team", "Manila"),))


def clock() -> int:
    return NOW


def test_labels_are_told_by_the_day_they_were_made(world: World) -> None:
    fill(world)
    rows = outlook.labels_by_day(world.engine, ASKED, clock=clock)
    made = {row["day"]: row["value"] for row in rows if row["value"]}
    assert made == {day.isoformat(): 20 for day in workdays(TODAY, 10)}
    assert sum(row["items"] for row in rows) == 1493, "of items that came on a known day"


def test_labels_that_nobody_needs_are_left_out(world: World) -> None:
    day = TODAY - timedelta(days=1)
    says = [Say("one", who, "x", noon(day) + n) for n, who in enumerate(("ann", "bob", "cleo"))]
    world.project(says, required={"one": 2})
    (made,) = [row for row in outlook.labels_by_day(world.engine, ASKED, clock=clock) if row["n"]]
    assert (made["day"], made["value"]) == (day.isoformat(), 2)


def test_the_forecast_of_then_knows_only_what_was_known(world: World) -> None:
    fill(world)
    (row,) = outlook.finish_then(world.engine, ASKED, clock=clock)
    then = TODAY - timedelta(days=14)
    assert row["day"] == then.isoformat()
    late = round(_came_since(world, then))
    assert row["remaining"] == 493 + 10 * 20 - late
    counts = [20 if day.weekday() < 5 else 0 for day in _days(then)]
    pace = forecast.fit(History(_days(then)[0].toordinal(), counts))
    assert isinstance(pace, Pace)
    end = forecast.finish(pace, row["remaining"])
    assert [row[name] for name in ("p10", "p50", "p90")] == [
        date.fromordinal(day or 0).isoformat() for day in (end.low, end.median, end.high)
    ]


def _days(until: date) -> list[date]:
    first = workdays(TODAY, 10)[0]
    return [first + timedelta(days=n) for n in range((until - first).days)]


def _came_since(world: World, day: date) -> int:
    """Items that came since a day; each needs one label here."""
    rows = outlook.labels_by_day(world.engine, ASKED, clock=clock)
    return sum(row["items"] for row in rows if row["day"] and row["day"] >= day.isoformat())


def test_a_history_that_was_too_short_then_says_so(world: World) -> None:
    says = [Say(f"{day}", "ann", "x", noon(day)) for day in workdays(TODAY, 4)]
    world.project(says, required={one.item: 2 for one in says})
    (row,) = outlook.finish_then(world.engine, ASKED, clock=clock)
    assert row["p50"] is None
    assert "not enough history" in row["note"]


def test_milestones_are_reached_or_likely(world: World) -> None:
    fill(world)
    rows = outlook.reached(world.engine, ASKED, clock=clock)
    assert [(row["share"], row["value"]) for row in rows] == [
        (share, ceil(share * 1493)) for share in (0.25, 0.5, 0.75, 1.0)
    ]
    days = workdays(TODAY, 10)
    assert rows[0]["day"] == days[ceil(374 / 20) - 1].isoformat()
    assert rows[1]["day"] == days[ceil(747 / 20) - 1].isoformat()
    assert (rows[2]["day"], rows[3]["day"]) == (None, None)
    assert [row["made"] for row in rows] == [True, True, False, False]
    whole = world.one("finish_date")
    assert rows[3]["p50"] == whole["p50"], "the last milestone is the finish"
    assert TODAY.isoformat() <= rows[2]["p50"] < rows[3]["p50"]


def test_a_team_is_no_part_of_the_question(world: World) -> None:
    fill(world)
    both = (outlook.reached(world.engine, one, clock=clock) for one in (ASKED, TEAM))
    assert next(both) == next(both)


@pytest.mark.parametrize("table", [outlook.finish_then, outlook.reached])
def test_a_file_has_no_outlook(world: World, table) -> None:
    world.project([Say("one", "ann", "x", noon(TODAY))], kind="import")
    assert table(world.engine, ASKED, Scope(), clock=clock) == []
