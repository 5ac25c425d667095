"""Drift charts: what raises an alarm, what does not, and what a row says."""

import random
import re
from dataclasses import replace
from itertools import pairwise
from math import exp, isfinite, log, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelpulse.stats.baseline import COUNT_RULES, RULES, Baseline, Point, estimate, grouped
from labelpulse.stats.drift import chart
from labelpulse.stats.watch import Ewma, Watched, change_points

MONDAY = 738_001 - 738_001 % 7 + 1


def series(rates, n=200, start=MONDAY):
    """Days whose binomial scatter is drawn once and for all."""
    draw = random.Random(20261125)
    days = []
    for i, rate in enumerate(rates):
        total = sum(draw.random() < rate for _ in range(n))
        days.append(Point(start + i, n, total))
    return days


def flat(days, rate=0.85, n=200, start=MONDAY):
    """Days that all are as expected, but for a wave that makes them scatter as they should."""
    wave = [0, 1, -1, 1, 0, -1, 0]
    sd = sqrt(rate * (1 - rate) * n)
    return [Point(start + i, n, rate * n + wave[i % 7] * sd * 0.7) for i in range(days)]


def alarms(rows):
    return [row.day for row in rows if row.alarm]


def test_a_fall_of_seven_points_is_found_and_dated():
    rows = chart(series([0.85] * 60 + [0.78] * 20))
    first = next(row for row in rows if row.alarm)
    assert MONDAY + 60 <= first.day <= MONDAY + 63
    assert first.change_day is not None
    assert abs(first.change_day - (MONDAY + 60)) <= 1
    assert first.statistic is not None
    assert first.statistic < -3.2
    assert first.smooth is not None
    assert first.low is not None
    assert first.smooth < first.low
    assert {row.episode for row in rows if row.alarm} == {1}
    assert all(row.alarm for row in rows if row.day >= first.day)


def test_a_rise_is_an_alarm_too():
    rows = chart(series([0.85] * 60 + [0.92] * 10))
    last = rows[-1]
    assert last.alarm
    assert last.high is not None
    assert last.smooth is not None
    assert last.smooth > last.high


def test_monitoring_starts_after_28_points():
    rows = chart(flat(40))
    assert [row.note for row in rows] == ["baseline"] * 28 + [""] * 12
    assert all(row.statistic is None and row.z is not None for row in rows[:28])
    assert all(row.statistic is not None for row in rows[28:])
    assert all(row.baseline == pytest.approx(0.85) for row in rows)


def test_too_few_points_are_no_baseline():
    rows = chart(flat(27))
    assert {row.note for row in rows} == {"27 of 28 points for a baseline"}
    assert all(row.baseline is None and row.value is not None for row in rows)
    assert chart([]) == ()


def test_scores_are_worked_out_by_hand():
    rows = chart([*flat(28), Point(MONDAY + 28, 100, 80), Point(MONDAY + 29, 200, 170)])
    variance = (0.85 * 5600 + 0.5) / 5601 - ((0.85 * 5600 + 0.5) / 5601) ** 2
    z = (0.80 - 0.85) / sqrt(variance / 100)
    assert rows[28].z == pytest.approx(z)
    assert rows[28].statistic == pytest.approx(z)
    e, spread = 0.8 * 0.2 * z, sqrt(0.2 / 1.8 * (1 - 0.8**4))
    assert rows[29].statistic == pytest.approx(e / spread)
    sd = sqrt(variance / 200)
    assert rows[29].smooth == pytest.approx(0.85 + e * sd)
    assert rows[29].low == pytest.approx(0.85 - 3.2 * spread * sd)


def test_a_row_does_not_change_when_days_follow():
    days = series([0.85] * 70 + [0.80] * 30)
    whole = chart(days)
    for count in (29, 36, 50, 71, 75):
        early = [row._replace(change_day=None) for row in chart(days[:count])[28:]]
        assert early == [row._replace(change_day=None) for row in whole[28:count]]


def test_a_late_answer_heals_the_chart():
    days = series([0.85] * 60)
    wrong = [replace(day, total=day.total - 90) if i == 50 else day for i, day in enumerate(days)]
    assert alarms(chart(wrong))
    assert chart(reversed(days)) == chart(days)


def test_the_baseline_grows_to_56_points_and_is_frozen_by_an_alarm():
    higher = [replace(day, total=day.total + 0.003 * day.n) for day in flat(40, start=MONDAY + 28)]
    grown = chart(flat(28) + higher)
    assert grown[30].baseline == pytest.approx(0.85)
    assert grown[60].baseline == pytest.approx(0.8515)  # weeks 5-8 are 0.3 points higher
    assert grown[60].baseline == grown[67].baseline
    lower = [replace(day, total=day.total - 0.1 * day.n) for day in flat(40, start=MONDAY + 28)]
    frozen = chart(flat(28) + lower)
    assert all(row.baseline == pytest.approx(0.85) for row in frozen)


def test_an_alarm_ends_with_three_points_back_and_the_next_has_its_own_number():
    days = flat(140)
    for i in [*range(60, 65), *range(105, 110)]:
        days[i] = replace(days[i], total=days[i].total - 20)
    rows = chart(days)
    numbers = [row.episode for row in rows]
    assert {number for number in numbers if number} == {1, 2}
    end = max(i for i, number in enumerate(numbers) if number == 1)
    back = [row.statistic for row in rows[end : end + 2]]
    assert all(abs(statistic) <= 1.5 for statistic in back if statistic is not None)
    second = next(row for row in rows if row.episode == 2)
    assert second.change_day == MONDAY + 105


def test_an_accepted_baseline_starts_anew():
    days = series([0.85] * 60 + [0.78] * 60)
    assert alarms(chart(days))[-1] == MONDAY + 119
    rows = chart(days, rebase=[MONDAY + 65])
    assert alarms(rows) == [day for day in alarms(rows) if day < MONDAY + 65]
    assert rows[65].note == "baseline"
    assert rows[-1].baseline == pytest.approx(0.78, abs=0.02)
    again = chart([*days, *series([0.6] * 5, start=MONDAY + 120)], rebase=[MONDAY + 65])
    assert again[-1].episode == 2


def test_days_with_few_items_are_pooled():
    days = flat(30) + [Point(MONDAY + 30 + i, 8, 5) for i in range(3)]
    rows = chart(days)
    assert re.fullmatch(r"pooled with \d+ \w{3} \d{4}", rows[30].note)
    assert rows[30].statistic is None
    assert rows[30].value == 5 / 8
    assert rows[32].note == ""
    alone = chart([*flat(30), Point(MONDAY + 32, 24, 15)])
    assert rows[32].z == pytest.approx(alone[30].z)


def test_days_with_too_few_items_in_a_week_are_no_point():
    days = flat(30) + [Point(MONDAY + 30 + i, 2, 0) for i in range(9)]
    rows = chart(days)
    assert [row.note for row in rows[30:]] == ["insufficient data"] * 2 + [
        "fewer than 20 items so far"
    ] * 7
    assert not alarms(rows)


def test_before_the_baseline_few_items_are_not_what_is_missing():
    rows = chart([*flat(10), Point(MONDAY + 10, 2, 0)])
    assert {row.note for row in rows} == {"10 of 28 points for a baseline"}


def test_holidays_are_left_out():
    days = flat(40)
    days[35] = replace(days[35], total=0)
    assert alarms(chart(days))
    rows = chart(days, holidays={MONDAY + 35})
    assert not alarms(rows)
    assert rows[35].note == "holiday"
    assert rows[35].z is None


def test_a_day_without_items_has_no_value():
    rows = chart([*flat(30), Point(MONDAY + 30, 0, 0)])
    assert rows[30].value is None
    assert rows[30].note == "fewer than 20 items so far"


def test_a_perfect_baseline_is_no_zero_variance():
    perfect = [Point(MONDAY + i, 50, 50) for i in range(35)]
    assert not alarms(chart([*perfect, Point(MONDAY + 35, 50, 50)]))
    bad = [Point(MONDAY + 35 + i, 50, 45) for i in range(4)]
    assert alarms(chart(perfect + bad))


def test_days_that_differ_more_than_their_items_widen_the_scale():
    wild = [Point(MONDAY + i, 200, 170 + (12 if i % 2 else -12)) for i in range(28)]
    baseline = estimate("mean", [grouped([day]) for day in wild], RULES)
    sd = sqrt(baseline.variance / 200)
    assert baseline.scale == pytest.approx(0.12 / sd / 1.128379, rel=1e-6)
    assert estimate("mean", [grouped([day]) for day in flat(28)], RULES).scale >= 1


def test_a_row_says_how_much_days_scatter():
    """Also one that completes no point."""
    wild = [Point(MONDAY + i, 200, 170 + (12 if i % 2 else -12)) for i in range(28)]
    rows = chart([*wild, Point(MONDAY + 28, 200, 60), Point(MONDAY + 29, 3, 1)])
    wanted = estimate("mean", [grouped([day]) for day in wild], RULES).scale
    assert wanted > 2
    assert [row.scale for row in rows] == [wanted] * 30
    assert rows[29].alarm
    assert rows[29].z is None


def test_the_variance_of_scores_is_that_of_the_scores():
    """60 of 100 items unanimous, 40 with one of three pairs agreeing."""
    days = [Point(MONDAY + i, 100, 60 + 40 / 3, 60 + 40 / 9) for i in range(28)]
    baseline = estimate("mean", [grouped([day]) for day in days], RULES)
    assert baseline.variance == pytest.approx(0.6 * 0.4 * (2 / 3) ** 2, rel=1e-3)


def test_weekdays_are_expected_from_six_weeks_on():
    def day(i):
        return Point(MONDAY + i, 200, 150 if i % 7 in (5, 6) else 170)

    short = estimate("mean", [grouped([day(i)]) for i in range(41)], RULES)
    assert set(short.offsets) == {0.0}
    groups = [grouped([day(i)]) for i in range(42)]
    known = estimate("mean", groups, RULES)
    assert known.expected(groups[5]) == pytest.approx(0.75)
    assert known.expected(groups[0]) == pytest.approx(0.85)
    pair = grouped([day(4), day(5)])
    assert known.expected(pair) == pytest.approx(0.80)


def test_counts_know_their_free_sundays():
    week = [100, 110, 90, 105, 95, 20, 0]
    days = [Point(MONDAY + i, 1, week[i % 7]) for i in range(35)]
    rows = chart(days, "count")
    assert not alarms(rows)
    sunday, monday = rows[34], rows[28]
    assert sunday.note == "hardly any expected that day"
    assert sunday.statistic is None
    assert monday.baseline == pytest.approx(100)
    assert monday.z == pytest.approx(0)
    silent = [Point(MONDAY + 35 + i, 1, 0) for i in range(3)]
    assert alarms(chart(days + silent, "count"))[0] == MONDAY + 35


def test_counts_per_hour_are_rates():
    days = [Point(MONDAY + i, 8, 80 + 9 * (i % 2)) for i in range(28)]
    rows = chart([*days, Point(MONDAY + 28, 2, 21)], "count", replace(COUNT_RULES, weeks=99))
    assert rows[28].value == 10.5
    assert rows[28].baseline == pytest.approx(84.5 / 8)


def test_log_seconds_are_drawn_in_seconds():
    mean = log(30)
    days = [Point(MONDAY + i, 100, 100 * mean, 100 * (mean**2 + 0.25)) for i in range(28)]
    slow = log(36)
    days += [Point(MONDAY + 28 + i, 100, 100 * slow, 100 * (slow**2 + 0.25)) for i in range(4)]
    rows = chart(days, "log")
    assert rows[28].value == pytest.approx(36)
    assert rows[28].baseline == pytest.approx(30)
    assert rows[28].z == pytest.approx((slow - mean) / (0.5 / 10))
    assert rows[28].high == pytest.approx(30 * exp(3.2 * 0.2 * 0.05))
    assert rows[31].change_day == MONDAY + 28


def test_the_spread_of_the_average_is_exact_from_the_start():
    average = Ewma(0.2)
    weights: list[float] = []
    for _ in range(12):
        weights = [0.8 * weight for weight in weights] + [0.2]
        _, spread = average.add(0.0)
        assert spread == pytest.approx(sqrt(sum(weight**2 for weight in weights)))


def test_the_change_of_a_second_alarm_is_sought_after_the_first():
    z = [0.1, -0.1] * 10 + [-5.0] * 3 + [0.1, -0.1] * 5 + [-2.0] * 3
    watched = [Watched(None, one, one) for one in z]
    numbers = [None] * 21 + [1, 1] + [None] * 11 + [2, 2]
    assert change_points(watched, numbers) == {1: 20, 2: 33}


def test_points_after_the_alarm_help_to_date_it():
    z = [0.0] * 30 + [-1.0, -1.0, -4.0]
    numbers = [None] * 32 + [1] * 8
    assert change_points([Watched(None, one, one) for one in z], numbers) == {1: 32}
    z += [-1.5] * 7
    assert change_points([Watched(None, one, one) for one in z], numbers) == {1: 30}


def test_a_change_is_not_sought_in_the_baseline():
    z = [3.0] * 10 + [0.0] * 18 + [-1.0, -2.0]
    watched = [Watched(None, one, one if i >= 28 else None) for i, one in enumerate(z)]
    found = change_points(watched, [None] * 29 + [1])
    assert found[1] >= 28


def test_weekday_offsets_widen_the_scale_for_what_they_take_away():
    draw = random.Random(7)
    days = [Point(MONDAY + i, 200, 170 + draw.gauss(0, 15)) for i in range(42)]
    groups = [grouped([day]) for day in days]
    found = estimate("mean", groups, RULES)
    left = [group.x - found.expected(group) for group in groups]
    ranges = sum(abs(a - b) for a, b in pairwise(left)) / 41
    sd = sqrt(found.variance / 200)
    assert found.scale == pytest.approx(ranges / 1.128379 / sd * sqrt(6 / 5), rel=1e-5)


def test_what_is_drawn_stays_possible():
    rows = chart(flat(40, rate=0.99, n=20))
    assert all(row.high == 1.0 for row in rows[28:])
    rows = chart(
        [Point(MONDAY + i, 1, 2) for i in range(32)], "count", replace(COUNT_RULES, limit=9)
    )
    assert rows[31].low == 0.0


points = st.builds(
    lambda n, share, square: (n, share * n, square * share * n),
    st.integers(0, 300),
    st.floats(0, 1),
    st.floats(0, 1),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(points, min_size=29, max_size=80), st.sampled_from(["mean", "log", "count"]))
def test_every_number_is_finite_and_every_day_has_its_row(sums, kind):
    days = [
        Point(MONDAY + i, n, total, None if kind == "count" else max(squares, total**2 / (n or 1)))
        for i, (n, total, squares) in enumerate(sums)
    ]
    rows = chart(days, kind)
    assert [row.day for row in rows] == [day.day for day in days]
    for row in rows:
        assert all(isfinite(x) for x in row if isinstance(x, float))
        assert row.alarm == (row.episode is not None) == (row.change_day is not None)
        assert row.note or row.statistic is not None


def test_a_baseline_of_nothing_expects_nothing():
    group = grouped([Point(MONDAY, 1, 5)])
    assert Baseline("count", 0.0, (0.0,) * 7, 0.0).sd(group, 0.0) is None
