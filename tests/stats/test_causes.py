"""A change taken apart, and what it is put down to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelpulse.stats.causes import cause, decompose, decompose_counts, judged, weekday_weights

SIMPSON = {"easy": (900, 810), "hard": (100, 50)}, {"easy": (300, 276), "hard": (700, 385)}
strata = st.dictionaries(
    st.integers(0, 5),
    st.tuples(st.integers(1, 500), st.floats(0, 1)).map(lambda pair: (pair[0], pair[0] * pair[1])),
    min_size=1,
)


def rate(side):
    return sum(total for _, total in side.values()) / sum(n for n, _ in side.values())


@given(strata, strata)
def test_parts_add_up_to_the_change(before, after):
    parts = decompose(before, after)
    assert parts is not None
    assert parts.change == pytest.approx(rate(after) - rate(before), abs=1e-12)
    back = decompose(after, before)
    assert back is not None
    assert (back.within, back.mix) == pytest.approx((-parts.within, -parts.mix), abs=1e-12)


def test_the_pooled_rate_falls_while_it_rises_in_every_stratum():
    parts = decompose(*SIMPSON)
    assert parts is not None
    assert parts.change == pytest.approx(0.661 - 0.86)
    assert parts.within > 0
    told = cause({"batch": SIMPSON})
    assert (told.verdict, told.family) == ("mix", "batch")


def test_worse_rates_alone_are_quality_and_other_shares_alone_are_mix():
    before = {1: (500, 450), 2: (500, 300)}
    worse = decompose(before, {1: (500, 400), 2: (500, 250)})
    other = decompose(before, {1: (100, 90), 2: (900, 540)})
    assert worse is not None
    assert other is not None
    assert (worse.within, worse.mix) == pytest.approx((-0.1, 0))
    assert (other.within, other.mix) == pytest.approx((0, -0.12))


def test_a_new_stratum_counts_as_mix():
    parts = decompose({1: (500, 450)}, {1: (250, 225), 2: (250, 150)})
    assert parts is not None
    assert (parts.within, parts.mix) == pytest.approx((0, -0.15))


def test_the_family_that_explains_most_decides():
    total = {1: (500, 430), 2: (500, 430)}, {1: (500, 330), 2: (500, 331)}
    assert cause({"annotator": total}).verdict == "quality"
    told = cause({"annotator": total, "batch": SIMPSON, "label": total})
    assert (told.verdict, told.family) == ("mix", "batch")


@pytest.mark.parametrize(
    "families",
    [
        {},
        {"batch": ({1: (100, 90)}, {1: (100, 70)})},
        {"batch": ({1: (100, 90), 2: (0, 0)}, {1: (0, 0), 2: (0, 0)})},
        {"batch": ({1: (10, 9), 2: (10, 8)}, {1: (10, 8), 2: (10, 8)})},
        {"batch": ({1: (100, 90), 2: (100, 90)}, {1: (100, 90), 2: (100, 90)})},
    ],
    ids=["no strata", "one stratum", "no items after", "few items", "no change"],
)
def test_what_cannot_be_told_is_unclear(families):
    assert cause(families).verdict == "unclear"


def test_half_and_half_is_unclear():
    before = {1: (5000, 4500), 2: (5000, 3000)}
    after = {1: (3500, 3000), 2: (6500, 3500)}
    parts = decompose(before, after)
    assert parts is not None
    assert 1 / 3 < parts.mix / parts.change < 2 / 3
    assert cause({"batch": (before, after)}).verdict == "unclear"


def test_days_that_differ_make_causes_less_clear():
    families = {"batch": ({1: (300, 270), 2: (300, 240)}, {1: (300, 250), 2: (300, 220)})}
    assert cause(families).verdict == "quality"
    assert cause(families, dispersion=2).verdict == "unclear"


def test_errors_are_those_of_simulated_changes():
    import numpy as np

    rng = np.random.default_rng(20261125)
    rates, shares = np.array([0.9, 0.6]), ([0.7, 0.3], [0.4, 0.6])
    found = []
    for _ in range(2000):
        sides = []
        for n, share in zip((800, 400), shares, strict=True):
            items = rng.multinomial(n, share)
            right = rng.binomial(items, rates)
            sides.append(dict(enumerate(zip(items.tolist(), right.tolist(), strict=True))))
        before, after = sides
        found.append(decompose(before, after))
    parts = [one for one in found if one is not None]
    for name in ("within", "mix"):
        scatter = np.std([getattr(one, name) for one in parts])
        told = np.mean([getattr(one, f"{name}_se") for one in parts])
        assert told == pytest.approx(scatter, rel=0.08)


def squared(values):
    return len(values), sum(values), sum(x * x for x in values)


def test_with_squares_the_error_is_that_of_an_analysis_of_variance():
    """Beside the residual variance of the cell means, by statsmodels."""
    import numpy as np
    from statsmodels.regression.linear_model import OLS

    rng = np.random.default_rng(20261125)
    means, sizes = (3.0, 4.5, 3.4, 4.9), (60, 40, 30, 20)
    cells = [rng.normal(mean, 0.8, n) for mean, n in zip(means, sizes, strict=True)]
    design = np.repeat(np.eye(4), sizes, axis=0)
    fitted = OLS(np.concatenate(cells), design).fit()
    contrast = np.array([-0.6, -0.4, 0.6, 0.4])  # the shares are 60 % and 40 % on both sides
    a, b, c, d = map(squared, cells)
    parts = decompose({1: a, 2: b}, {1: c, 2: d})
    assert parts is not None
    assert parts.within == pytest.approx(contrast @ fitted.params)
    assert parts.within_se == pytest.approx(fitted.t_test(contrast).sd.item())
    doubled = decompose({1: a, 2: b}, {1: c, 2: d}, dispersion=2)
    assert doubled is not None
    assert doubled.within_se == pytest.approx(2 * parts.within_se)


def test_one_value_a_stratum_tells_no_scatter():
    lone = {1: squared([3.0]), 2: squared([4.0])}
    assert decompose(lone, {1: squared([5.0]), 2: squared([6.0])}) is None
    assert cause({"batch": (lone, lone)}).verdict == "unclear"


@given(strata, strata, st.integers(1, 60), st.integers(1, 60))
def test_parts_of_a_count_add_up_to_its_change(before, after, n, m):
    parts = decompose_counts(before, after, (n, m))
    assert parts is not None
    x, y = (sum(count for _, count in side.values()) for side in (before, after))
    assert parts.change == pytest.approx(y / m - x / n, abs=1e-9)


def test_a_count_falls_because_of_slower_or_of_fewer_people():
    usual = {1: (40, 800), 2: (40, 800)}
    slower = decompose_counts(usual, {1: (10, 150), 2: (10, 150)}, (40, 10))
    fewer = decompose_counts(usual, {1: (10, 200)}, (40, 10))
    assert slower is not None
    assert fewer is not None
    assert (slower.within, slower.mix) == pytest.approx((-10, 0))
    assert (fewer.within, fewer.mix) == pytest.approx((0, -20))
    assert slower.mix_se == pytest.approx((1600 / 40**2 + 300 / 10**2) ** 0.5)
    told = [judged(one, "annotator").verdict for one in (slower, fewer)]
    assert told == ["quality", "mix"]
    scattered = decompose_counts(usual, {1: (10, 150), 2: (10, 150)}, (40, 10), dispersion=3)
    assert judged(scattered, "annotator").verdict == "unclear"


def test_a_side_without_days_tells_nothing():
    assert decompose_counts({1: (1, 5)}, {}, (1, 0)) is None
    assert judged(None, "annotator").verdict == "unclear"


@given(st.sets(st.integers(1, 60)), st.sets(st.integers(61, 100)))
def test_weighted_days_have_the_same_weekdays(before, after):
    weights = weekday_weights(sorted(before), sorted(after))
    sums = [[0.0] * 7, [0.0] * 7]
    for day, weight in weights.items():
        assert 0 < weight <= 1 + 1e-12
        sums[day in after][day % 7] += weight
    if weights:
        shares = [[one / sum(side) for one in side] for side in sums]
        assert shares[0] == pytest.approx(shares[1])
