"""When the remaining labels will be done: steady teams, holidays, growth, and why there is none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelpulse.stats.forecast import (
    HORIZON,
    LEAST_DAYS,
    PATHS,
    Finish,
    History,
    Pace,
    finish,
    fit,
    idle_days,
    required_rate,
    weekday,
)

MONDAY = 738_942
FRIDAY = MONDAY + 4
WEEK = (100, 100, 100, 100, 50, 0, 0)


def known(history: History) -> Pace:
    pace = fit(history)
    assert isinstance(pace, Pace), pace
    return pace


def noisy(seed: int, days: int, level: float = 100, growth: float = 0.0) -> list[int]:
    rng = np.random.default_rng(seed)
    week = np.array([WEEK[day % 7] / 100 for day in range(days)])
    pace = level * week * np.exp(growth * np.arange(days))
    return [int(n) for n in rng.poisson(pace * rng.lognormal(-0.02, 0.2, days))]


def worked_out(pace: dict[int, float], start: int, remaining: float) -> int:
    """The day on which a known pace by weekday reaches what remains."""
    day = start
    while (remaining := remaining - pace[weekday(day)]) > 0:
        day += 1
    return day


@pytest.mark.parametrize("remaining", [1, 99, 101, 440, 460, 2222, 5030])
def test_a_steady_team_finishes_when_it_must(remaining):
    pace = known(History(MONDAY, WEEK * 6))
    wanted = worked_out(dict(enumerate(WEEK)), pace.start, remaining)
    found = finish(pace, remaining)
    assert (found.low95, found.median, found.high95) == (wanted, wanted, wanted)
    assert pace.workdays == (True,) * 5 + (False,) * 2
    assert pace.labels_per_workday == pytest.approx(90, rel=0.01)


def test_the_first_day_forecast_is_the_one_after_the_last_count():
    pace = known(History(MONDAY, (*WEEK * 6, 100)))
    assert pace.start == MONDAY + 43
    assert finish(pace, 1).median == pace.start


def test_nobody_works_on_holidays():
    coming = frozenset(range(MONDAY + 42, MONDAY + 49))
    free, busy = (known(History(MONDAY, WEEK * 6, days)) for days in (coming, frozenset()))
    without = finish(busy, 1200).median
    assert without is not None
    assert finish(free, 1200).median == without + 7
    past = [0 if 14 <= day < 21 else n for day, n in enumerate(WEEK * 6)]
    off = frozenset(range(MONDAY + 14, MONDAY + 21))
    rested = finish(known(History(MONDAY, past, off)), 1200).median
    assert rested is not None
    assert abs(rested - without) <= 1  # its weekdays are known a little less


def test_labels_on_a_past_holiday_are_no_pace():
    day = MONDAY + 21
    counts = [9000 if MONDAY + at == day else n for at, n in enumerate(WEEK * 6)]
    pace = known(History(MONDAY, counts, frozenset({day})))
    assert pace.labels_per_workday == pytest.approx(90, rel=0.01)


def test_why_there_is_no_pace():
    assert fit(History(MONDAY, ())) == "short"
    assert fit(History(MONDAY, (0,) * 60)) == "short"
    assert fit(History(MONDAY, [5] * (LEAST_DAYS - 1))) == "short"
    assert isinstance(fit(History(MONDAY, [5] * LEAST_DAYS)), Pace)
    assert fit(History(MONDAY, [*WEEK * 6, *[0] * 7])) == "stalled"
    assert fit(History(MONDAY, [*WEEK * 6, *[0] * 200])) == "stalled"
    assert isinstance(fit(History(MONDAY, [*WEEK * 6, 0, 0, 0])), Pace)


def test_a_silence_of_holidays_is_no_stall():
    off = frozenset(range(MONDAY + 42, MONDAY + 49))
    assert isinstance(fit(History(MONDAY, [*WEEK * 6, *[0] * 7], off)), Pace)


def test_idle_days_are_working_days_at_the_end():
    pace = known(History(MONDAY, WEEK * 6))
    assert idle_days(History(MONDAY, WEEK * 6), pace) == 0, "a weekend is no pause"
    assert idle_days(History(MONDAY, [*WEEK * 6, 0, 0]), pace) == 2
    off = frozenset({MONDAY + 42})
    assert idle_days(History(MONDAY, [*WEEK * 6, 0, 0], off), pace) == 1


def test_nothing_remains_or_too_much_does():
    pace = known(History(MONDAY, WEEK * 6))
    assert finish(pace, 0) == finish(pace, -3) == Finish(reason="done")
    assert finish(pace, 1e9) == Finish(reason="beyond")
    assert finish(pace, 100, factor=0.0) == Finish(reason="beyond")


def test_a_date_may_be_known_at_its_near_end_only():
    pace = known(History(MONDAY, noisy(1, 42)))
    far = finish(pace, 95 * HORIZON * 5 / 7)
    assert far.reason == "beyond"
    assert far.low95 is not None
    assert far.high95 is None


def test_what_is_older_than_thirteen_weeks_does_not_count():
    recent = noisy(2, 91)
    long = known(History(MONDAY - 700, [*noisy(3, 700, 900), *recent]))
    short = known(History(MONDAY, recent))
    assert finish(long, 3000) == finish(short, 3000)


@pytest.mark.parametrize("growth", [0.007, -0.007])
def test_a_trend_goes_on(growth):
    """Medians are nearer to the trend going on than to the present pace kept."""
    days = np.arange(400)
    week = np.array([WEEK[day % 7] for day in days]) * np.exp(growth * 91)
    remaining = week[:70].sum()
    kept, trend = (
        int(np.searchsorted(np.cumsum(labels), remaining))
        for labels in (week, week * np.exp(growth * days))
    )
    found = []
    for seed in range(12):
        pace = known(History(MONDAY, noisy(seed, 91, 100, growth)))
        median = finish(pace, remaining).median
        assert median is not None
        found.append(median - pace.start)
    assert abs(np.mean(found) - trend) < abs(np.mean(found) - kept)


def test_a_factor_is_like_less_work():
    pace = known(History(MONDAY, noisy(6, 63)))
    assert finish(pace, 3000, factor=2.0) == finish(pace, 1500)


def test_ends_are_the_days_whose_tails_are_nearest_to_what_they_promise():
    from labelpulse.stats import forecast

    pace = known(History(MONDAY, noisy(7, 63)))
    days = forecast._finish_days(pace, 2500, 1.0)
    found = finish(pace, 2500)
    for end, share, tail in (
        (found.low, 0.1, lambda day: (days < day).mean()),
        (found.low95, 0.025, lambda day: (days < day).mean()),
        (found.high, 0.1, lambda day: (days > day).mean()),
        (found.high95, 0.025, lambda day: (days > day).mean()),
    ):
        assert end is not None
        candidates = sorted(set(days[days < HORIZON].tolist()))
        nearest = min(abs(tail(day) - share) for day in candidates)
        assert abs(tail(end - pace.start) - share) == pytest.approx(nearest)
    assert len(days) == PATHS


def test_it_is_the_same_each_time_and_everywhere():
    counts = noisy(8, 91)
    first, again = (finish(known(History(MONDAY, counts)), 4000) for _ in range(2))
    assert first == again


@settings(max_examples=40, deadline=None)
@given(
    counts=st.lists(st.integers(0, 400), min_size=14, max_size=120),
    remaining=st.integers(1, 20_000),
    holidays=st.frozensets(st.integers(MONDAY, MONDAY + 160), max_size=20),
)
def test_any_history_gives_days_in_order_or_a_reason(counts, remaining, holidays):
    pace = fit(History(MONDAY, counts, holidays))
    if not isinstance(pace, Pace):
        assert pace in ("short", "stalled")
        return
    found = finish(pace, remaining)
    days = [found.low95, found.low, found.median, found.high, found.high95]
    there = [day for day in days if day is not None]
    assert there == sorted(there)
    assert days[: len(there)] == there
    assert (len(there) == 5) == (found.reason == "")
    for day in there:
        assert day >= pace.start
        assert pace.workdays[weekday(day)]
        assert day not in holidays


def test_more_work_takes_no_less_time():
    pace = known(History(MONDAY, noisy(9, 70)))
    ends = [finish(pace, remaining).median or 10**9 for remaining in range(100, 5000, 300)]
    assert ends == sorted(ends)


def test_the_rate_that_a_deadline_needs():
    five = (True,) * 5 + (False,) * 2
    assert required_rate(0, FRIDAY, FRIDAY, five) == 0
    assert required_rate(100, FRIDAY, FRIDAY, five) == 100
    assert required_rate(100, FRIDAY + 3, FRIDAY, five) == 50
    assert required_rate(100, FRIDAY + 3, FRIDAY, five, frozenset({FRIDAY})) == 100
    assert required_rate(100, FRIDAY + 2, FRIDAY + 1, five) is None
    assert required_rate(100, FRIDAY - 1, FRIDAY, five) is None
