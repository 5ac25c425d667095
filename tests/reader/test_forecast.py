"""Forecasts through the reader: the history it gives the statistics, and what it tells of them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from labelpulse.core.days import SECOND, day_text, to_us
from labelpulse.stats import forecast
from labelpulse.stats.backtest import backtest
from labelpulse.stats.forecast import History, Pace
from tests.reader.world import Say, World, engine_at

TODAY = date(2026, 11, 24)
"""The day of the world's clock, a Tuesday."""
DAYS = 98
OFF = frozenset(TODAY + timedelta(days=n) for n in (-60, -33, 1, 3, 6, 9))
"""Holidays: nobody works."""
DEADLINE = date(2026, 12, 15)
DONE_TODAY, LEFT = 40, 220


def made() -> list[int]:
    """Labels of each day before today: irregular, none at weekends and on holidays."""
    draw = Random(20261124)
    days = [TODAY - timedelta(days=n) for n in range(DAYS, 0, -1)]
    return [
        draw.choice((4, 8, 12, 16, 20)) if day.weekday() < 5 and day not in OFF else 0
        for day in days
    ]


def worked(day: date, count: int) -> list[Say]:
    """So many items labeled by ann on the morning of a day."""
    at = to_us(datetime(day.year, day.month, day.day, 8, tzinfo=UTC))
    return [Say(f"{day} {n}", "ann", "x", at + n) for n in range(count)]


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Fourteen irregular weeks of labels, 40 today, 220 left, holidays past and to come.

    Of one item in five another label is there that nobody needs.
    """
    filled = World(engine_at(tmp_path_factory.mktemp("forecast")))
    said = worked(TODAY, DONE_TODAY)
    for n, count in enumerate(made()):
        said += worked(TODAY - timedelta(days=DAYS - n), count)
    too_many = [replace(one, who="bob", at=(one.at or 0) + 3600 * SECOND) for one in said[::5]]
    filled.project(
        said + too_many,
        required={one.item: 1 for one in said} | {f"new {n}": 1 for n in range(LEFT)},
        holidays=[day.isoformat() for day in OFF],
        deadline=DEADLINE.isoformat(),
    )
    yield filled
    filled.engine.dispose()


def history() -> History:
    counts = made()
    skipped = next(n for n, count in enumerate(counts) if count)
    first = TODAY.toordinal() - DAYS + skipped
    return History(first, counts[skipped:], frozenset(day.toordinal() for day in OFF))


def pace() -> Pace:
    found = forecast.fit(history())
    assert isinstance(found, Pace)
    return found


def test_the_days_are_those_of_the_daily_labels(team: World) -> None:
    row = team.one("finish_date")
    end = forecast.finish(pace(), LEFT + DONE_TODAY)
    wanted = [day_text(one or 0) for one in (end.low95, end.low, end.median, end.high, end.high95)]
    assert [row[name] for name in ("low", "p10", "p50", "p90", "high")] == wanted
    assert row["value"] == row["p50"]
    assert row["low"] < row["p10"] < row["p50"] < row["p90"] < row["high"]
    assert row["forecast_pace"] == pace().labels_per_workday
    assert row["n"] == sum(count > 0 for count in made())
    assert row["deadline"] == DEADLINE.isoformat()


def test_what_was_done_today_remained_when_the_day_began(team: World) -> None:
    assert team.one("finish_date")["remaining"] == LEFT + DONE_TODAY
    assert team.one("required_rate")["n"] == LEFT + DONE_TODAY
    assert team.one("finish_date", what_if=["people=+1"])["remaining"] == LEFT + DONE_TODAY


def test_how_past_forecasts_did_is_told(team: World) -> None:
    row, wanted = team.one("finish_date"), backtest(history())
    assert wanted.share is not None
    assert (row["covered"], row["tested"]) == (wanted.share, wanted.n)
    hits = sum(one.covered for one in wanted.cutoffs)
    assert f"{hits} of {wanted.n} past forecasts" in row["note"]


def test_the_required_rate_is_of_the_working_days_left(team: World) -> None:
    """16 weekdays from 24 November to 15 December, without 4 holidays."""
    days = [TODAY + timedelta(days=n) for n in range((DEADLINE - TODAY).days + 1)]
    left = [day for day in days if day.weekday() < 5 and day not in OFF]
    assert len(left) == 12
    row = team.one("required_rate")
    assert row["value"] == pytest.approx((LEFT + DONE_TODAY) / 12)
    assert (row["n"], row["days"]) == (LEFT + DONE_TODAY, 12), "what divides to it"
    assert row["deadline"] == DEADLINE.isoformat()
    assert row["forecast_pace"] == pace().labels_per_workday
    assert "pace" not in row, "what tiles call pace is the mean of the last working days"
    assert row["gap"] == pytest.approx(row["value"] / row["forecast_pace"])
    assert 1 < row["gap"] < 3


def steady(world: World, holidays: tuple[date, ...] = (), **told: str) -> None:
    """20 labels a working day for eight weeks, and 95 left."""
    days = [TODAY - timedelta(days=n) for n in range(1, 57)]
    said = [
        one for day in days if day.weekday() < 5 and day not in holidays for one in worked(day, 20)
    ]
    needed = {one.item: 1 for one in said} | {f"new {n}": 1 for n in range(95)}
    off = [day.isoformat() for day in holidays]
    world.project(said, required=needed, holidays=off, **told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("holidays", "end"),
    [((), "2026-11-30"), ((TODAY - timedelta(days=7), TODAY + timedelta(days=1)), "2026-12-01")],
    ids=["none", "tomorrow"],
)
def test_a_holiday_brings_nothing(world: World, holidays: tuple[date, ...], end: str) -> None:
    """95 labels at 20 a day are five working days: Tuesday to Monday, or to the next Tuesday."""
    steady(world, holidays, deadline=end)
    row = world.one("finish_date")
    assert (row["p10"], row["value"], row["p90"]) == (end, end, end)
    rate = world.one("required_rate")
    assert rate["value"] == 95 / 5
    assert rate["gap"] == pytest.approx(0.95, abs=0.01)


def test_a_pause_is_named_where_no_end_is_in_sight(world: World) -> None:
    days = [TODAY - timedelta(days=n) for n in range(6, 62)]  # nothing from Thursday to Monday
    said = [one for day in days if day.weekday() < 5 for one in worked(day, 20)]
    world.project(said, required={one.item: 1 for one in said} | {f"n{n}": 1 for n in range(900)})
    row = world.one("finish_date")
    why = "no label needed came on the last 3 working days: no end in sight until work goes on"
    assert (row["value"], row["note"]) == (None, why)


def test_without_a_deadline_or_past_it_there_is_no_rate(world: World) -> None:
    steady(world, title="open")
    steady(world, title="late", deadline="2026-11-20")
    rows = {row["project"]: row for row in world.ask("required_rate", by=("project",))}
    assert [rows[name]["value"] for name in ("open", "late")] == [None, None]
    assert "no deadline is set" in rows["open"]["note"]
    assert rows["late"]["note"] == "the deadline was 4 days ago"


def test_a_file_has_no_future(world: World) -> None:
    steady(world, kind="import")
    row = world.one("finish_date")
    assert (row["value"], row["p50"], row["covered"]) == (None, None, None)
    assert "a file was imported" in row["note"]
