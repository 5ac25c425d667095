"""A change taken apart, and what it is put down to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelpulse.stats.causes import cause, decompose

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
