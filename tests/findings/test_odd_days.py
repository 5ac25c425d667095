"""Days unlike the others: an outage, a holiday, and nothing where work is small or steady."""

from datetime import date, timedelta

from labelpulse.findings.odd_days import cells, explaining, odd_days

FIRST = date(2026, 9, 7)
DAYS = [day for n in range(56) if (day := FIRST + timedelta(days=n)).isoweekday() < 6]
OUTAGE, HOLIDAY = DAYS[20], DAYS[30]


def work(per_day: float) -> dict[date, float]:
    return {day: per_day + n % 7 for n, day in enumerate(DAYS)}


def test_an_outage_and_a_holiday_are_told_apart() -> None:
    made = work(100) | {OUTAGE: 31.0, HOLIDAY: 0.0}
    found = odd_days(made, DAYS, frozenset({HOLIDAY}))
    assert [(one.day, one.made, one.holiday) for one in found] == [
        (HOLIDAY, 0.0, True),
        (OUTAGE, 31.0, False),
    ]
    assert all(100 <= one.usual <= 106 for one in found)
    assert cells(found[0])["What it was"] == "a holiday, as configured"
    assert cells(found[1])["What it was"] == "little work: was the tool down?"


def test_a_day_without_any_row_is_a_day_without_work() -> None:
    made = {day: n for day, n in work(100).items() if day != OUTAGE}
    (found,) = odd_days(made, DAYS, frozenset())
    assert (found.day, cells(found)["What it was"]) == (OUTAGE, "nobody worked")


def test_a_slow_day_and_a_small_team_are_nothing_odd() -> None:
    assert odd_days(work(100) | {OUTAGE: 60.0}, DAYS, frozenset()) == []
    assert odd_days(work(5) | {OUTAGE: 0.0}, DAYS, frozenset()) == []
    assert odd_days({}, [], frozenset()) == []


def test_a_slow_down_that_stays_is_not_many_odd_days() -> None:
    made = {day: 200.0 if day < OUTAGE else 90.0 for day in DAYS}
    assert len(odd_days(made, DAYS, frozenset())) < 5


def test_a_fall_comes_from_an_odd_day_only_where_the_other_days_went_on() -> None:
    until = DAYS[25]
    outage = work(100) | {OUTAGE: 31.0}
    assert explaining({OUTAGE}, outage, DAYS, OUTAGE, until) == (OUTAGE,)
    assert explaining({OUTAGE}, outage, DAYS, DAYS[21], until) == (), "it lies before the fall"
    assert explaining({OUTAGE}, outage, DAYS, OUTAGE, OUTAGE) == (OUTAGE,), "no other day is over"
    fewer = outage | dict.fromkeys(DAYS[21:26], 70.0)
    assert explaining({OUTAGE}, fewer, DAYS, OUTAGE, until) == (), "people do less since, too"
    assert explaining({OUTAGE}, outage, DAYS[20:], OUTAGE, until) == (), "nothing to compare with"
