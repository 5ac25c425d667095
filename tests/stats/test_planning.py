"""How many items buy an interval: against Wilson's interval itself, and statsmodels'."""

import pytest
from statsmodels.stats.proportion import proportion_confint

from labelpulse.stats.planning import half_width, items_for_share, items_for_width


@pytest.mark.parametrize("share", [0, 0.03, 0.2, 0.5, 0.8, 1])
@pytest.mark.parametrize("wanted", [0.01, 0.02, 0.05, 0.1, 0.3, 0.49])
def test_it_is_the_fewest_items_that_do(share: float, wanted: float):
    def half(n: int) -> float:
        low, high = proportion_confint(share * n, n, method="wilson")
        return float(high - low) / 2

    n = items_for_share(wanted, share)
    assert half(n) <= wanted + 1e-9
    assert n == 1 or half(n - 1) > wanted


def test_a_hundred_double_labeled_items_give_eight_points_at_80_percent():
    assert round(100 * half_width(0.8, 100)) == 8
    assert items_for_share(0.08) <= 100


def test_an_interval_as_wide_as_all_shares_needs_one_item():
    assert items_for_share(0.5) == items_for_share(0.9, 0.3) == 1


def test_half_the_width_needs_four_times_the_items():
    assert items_for_width(0.08, 50, 0.04) == 200
    assert items_for_width(0.04, 50, 0.08) == 13
    assert items_for_width(0.0, 50, 0.05) == 1


@pytest.mark.parametrize("wanted", [0, -0.1])
def test_no_width_is_refused(wanted: float):
    with pytest.raises(ValueError, match="endless"):
        items_for_share(wanted)
    with pytest.raises(ValueError, match="endless"):
        items_for_width(0.1, 10, wanted)
