"""Sign-off: exact bounds against other code, and promises kept in simulated deliveries."""

from math import comb

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from labelpulse.stats.signoff import (
    exact_interval,
    model_interval,
    of_model,
    of_sample,
    recheck_by_model,
    recheck_by_sample,
    right_needed,
)


@pytest.mark.parametrize("n", [1, 2, 17, 60])
def test_the_exact_interval_is_that_of_clopper_and_pearson(n: int):
    for wrong in range(n + 1):
        wanted = proportion_confint(wrong, n, method="beta")
        wanted = (0.0 if wrong == 0 else wanted[0], 1.0 if wrong == n else wanted[1])
        assert exact_interval(wrong, n) == pytest.approx(wanted, abs=1e-9)


def by_counting(wrong: int, n: int, size: int) -> tuple[float, float]:
    """The bounds by looking at every batch that there could be."""

    def chance(bad: int, numbers: range) -> float:
        return sum(comb(bad, x) * comb(size - bad, n - x) for x in numbers) / comb(size, n)

    could = [
        bad
        for bad in range(wrong, size - n + wrong + 1)
        if chance(bad, range(wrong + 1)) > 0.025 and chance(bad, range(wrong, n + 1)) > 0.025
    ]
    return min(could) / size, max(could) / size


@pytest.mark.parametrize(("n", "size"), [(1, 1), (5, 5), (4, 9), (10, 25), (30, 60)])
def test_of_a_batch_of_known_size_it_counts_all_that_there_could_be(n: int, size: int):
    for wrong in range(n + 1):
        assert exact_interval(wrong, n, size) == pytest.approx(by_counting(wrong, n, size))


def test_all_looked_at_leaves_no_doubt():
    assert exact_interval(3, 40, 40) == (3 / 40, 3 / 40)
    assert right_needed(3, 40, 0.05, 40) is None
    assert right_needed(2, 40, 0.05, 40) == 0


@pytest.mark.parametrize("call", [(0, 0), (3, 2), (-1, 2), (1, 10, 9)])
def test_no_sample_is_refused(call: tuple[int, ...]):
    with pytest.raises(ValueError, match="sample"):
        exact_interval(*call)


@pytest.mark.parametrize("size", [None, 150, 400])
@pytest.mark.parametrize(("wrong", "n"), [(0, 0), (0, 12), (2, 30), (5, 60)])
def test_the_next_right_ones_are_the_fewest_that_do(size: int | None, wrong: int, n: int):
    found = right_needed(wrong, n, 0.1, size)
    assert found is not None
    assert exact_interval(wrong, n + found, size)[1] <= 0.1
    for fewer in range(max(1 - n, 0), found):
        assert exact_interval(wrong, n + fewer, size)[1] > 0.1


def test_a_batch_that_is_bad_is_hardly_ever_shipped():
    rng = np.random.default_rng(5)
    size, doubt = 600, np.ones(600)
    shipped = [of_sample(x, 150, 0.05, doubt, size).decision == "ship" for x in range(40)]
    for bad, least, most in ((36, 0, 0.01), (31, 0, 0.025), (2, 0.95, 1)):
        drawn = rng.hypergeometric(bad, size - bad, 150, size=20_000)
        assert least <= np.array(shipped)[drawn].mean() <= most


def test_reviewing_what_is_asked_brings_the_model_under_its_target():
    rng = np.random.default_rng(6)
    error = rng.beta(0.5, 5, 400)
    k = recheck_by_model(error, 0.04)

    def upper(reviewed: int) -> float:
        rest = np.sort(error)[::-1].copy()
        rest[:reviewed] = 0
        return model_interval(rest)[1]

    assert 0 < k < 400
    assert upper(k) <= 0.04 < upper(k - 1)
    found = of_model(error, 0.04)
    assert (found.decision, found.recheck, found.more) == ("recheck", k, None)
    assert of_model(np.zeros(10), 0.01).decision == "ship"
    assert recheck_by_model(error, 0.0) == 400


def test_doubts_say_where_the_errors_are_and_the_sample_how_many():
    rng = np.random.default_rng(8)
    doubt = rng.random(1_000)
    k = recheck_by_sample(0.2, 0.1, doubt)
    order = np.sort(doubt)
    assert order[-k:].sum() >= doubt.sum() / 2 > order[len(order) - k + 1 :].sum()
    assert recheck_by_sample(0.2, 0.1, 3 * doubt) == k  # the model may be too sure everywhere
    assert recheck_by_sample(0.2, 0.1, np.zeros(1_000)) == 500
    assert recheck_by_sample(0.05, 0.1, doubt) == 0


def test_the_three_verdicts_of_a_sample():
    doubt = np.ones(100)
    shipped, wrong, unknown = (
        of_sample(*one, 0.1, doubt) for one in ((1, 100), (30, 100), (1, 20))
    )
    assert (shipped.decision, shipped.recheck, shipped.more) == ("ship", 0, 0)
    assert wrong.decision == "recheck"
    assert wrong.recheck > 70
    assert unknown.decision == "not enough evidence"
    assert unknown.more == right_needed(1, 20, 0.1)
    for one in (shipped, wrong, unknown):
        assert one.low <= one.error <= one.high
