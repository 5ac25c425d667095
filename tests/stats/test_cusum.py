"""CUSUM against the worked example of NIST, and gold charts of one annotator."""

from math import log

import pytest

from labelpulse.stats.baseline import Point
from labelpulse.stats.cusum import cusum, llr_cusum
from tests.stats import tables

DAY = 738_001


def test_the_sums_are_those_of_the_handbook():
    rows = tables.rows("nist_cusum")
    means = [float(row["mean"]) for row in rows]
    high = list(cusum(mean - 325 - 0.3175 for mean in means))
    low = list(cusum(325 - 0.3175 - mean for mean in means))
    assert high == pytest.approx([float(row["cusum_hi"]) for row in rows], abs=1e-4)
    assert low == pytest.approx([float(row["cusum_lo"]) for row in rows], abs=1e-4)
    first = next(i for i, (a, b) in enumerate(zip(high, low, strict=True), 1) if max(a, b) > 4.1959)
    assert first == 14
    assert high[-1] == pytest.approx(19.0350, abs=1e-4)


def test_a_fall_on_gold_is_an_alarm_dated_by_the_last_zero():
    good, bad = (10, 10), (10, 7)
    days = [good] * 5 + [bad] * 6
    rows = llr_cusum([Point(DAY + i, n, right) for i, (n, right) in enumerate(days)], 0.92)
    step = 7 * log(0.80 / 0.92) + 3 * log(0.20 / 0.08)
    assert [row.statistic for row in rows[4:8]] == pytest.approx([0, step, 2 * step, 3 * step])
    assert [row.alarm for row in rows] == [False] * 7 + [True] * 4
    assert {row.change_day for row in rows if row.alarm} == {DAY + 5}
    assert {row.episode for row in rows if row.alarm} == {1}
    assert max(row.statistic or 0 for row in rows) == 8.0  # capped, so that it can end


def test_an_alarm_ends_at_zero_and_the_next_is_another():
    days = [(10, 6)] * 3 + [(10, 10)] * 8 + [(10, 6)] * 3
    rows = llr_cusum([Point(DAY + i, n, right) for i, (n, right) in enumerate(days)], 0.92)
    assert [row.episode for row in rows] == [None, 1, 1, 1, 1, 1, 1, 1, None, None, None,
                                             None, 2, 2]  # fmt: skip
    assert rows[-1].change_day == DAY + 11


@pytest.mark.parametrize("p0", [0.0, 0.05, 0.5, 1.0])
def test_any_usual_accuracy_gives_finite_sums(p0):
    rows = llr_cusum([Point(DAY, 0, 0), Point(DAY + 1, 5, 0), Point(DAY + 2, 5, 5)], p0)
    assert rows[0].value is None
    assert rows[0].statistic == 0
    assert all(0 <= (row.statistic or 0) <= 8 for row in rows)
    assert rows[1].statistic != 0
