"""Two periods compared."""

import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from labelpulse.stats.baseline import Point
from labelpulse.stats.intervals import wilson
from labelpulse.stats.periods import before_after, newcombe

DAY = 738_001


def days(totals, n=100):
    return [Point(DAY + i, n, total) for i, total in enumerate(totals)]


def test_days_of_equal_size_give_welchs_interval():
    before, after = [80, 84, 79, 90, 85, 83], [70, 78, 75, 81, 74]
    found = before_after(days(before), days(after))
    theirs = stats.ttest_ind(after, before, equal_var=False)
    change = 0.756 - 501 / 600
    half = stats.t.ppf(0.975, int(theirs.df)) * abs(change / theirs.statistic)
    assert found.method == "days"
    assert found.change == pytest.approx(change)
    assert found.interval == pytest.approx((change - half, change + half))


@pytest.mark.parametrize(
    ("first", "second", "printed"),
    [
        ((48, 80), (56, 70), (0.0524, 0.3339)),
        ((3, 10), (9, 10), (0.1705, 0.8090)),
        ((0, 10), (10, 10), (0.6075, 1.0)),
    ],
)
def test_few_days_give_newcombes_interval(first, second, printed):
    found = newcombe(*((k / n, wilson(k, n)) for k, n in (first, second)))
    assert found == pytest.approx(printed, abs=5e-5)
    (a, n), (b, m) = first, second
    theirs = confint_proportions_2indep(b, m, a, n, method="newcomb")
    assert found == pytest.approx(theirs, abs=1e-9)


def test_the_method_is_told():
    few = before_after(days([80] * 4), days([70, 75, 72, 60, 80]))
    assert few.method == "items"
    assert few.interval is not None
    assert few.interval[0] < few.interval[1] < 0
    alike = before_after(days([80] * 6), days([80] * 6))
    assert alike.method == "items"  # days without any scatter tell nothing
    logs = before_after([Point(DAY, 10, 30, 95)], [Point(DAY, 10, 31, 99)], "log")
    assert logs.change == pytest.approx(0.1)
    assert (logs.interval, logs.method) == (None, "")


def test_scores_of_several_pairs_are_surer_than_yes_or_no():
    scores = [Point(DAY, 100, 70, 55)], [Point(DAY, 100, 60, 45)]
    plain = [Point(DAY, 100, 70)], [Point(DAY, 100, 60)]
    (low, high), (lower, higher) = (
        before_after(*each).interval or (0, 0) for each in (scores, plain)
    )
    assert lower < low < high < higher


def test_a_period_without_items_has_no_change():
    found = before_after([], days([80] * 6))
    assert (found.before, found.after) == (None, 0.8)
    assert (found.change, found.interval) == (None, None)
    assert before_after([Point(DAY, 0, 0)], []).before is None
