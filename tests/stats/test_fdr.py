"""False discoveries against the published example, its definition and an independent library."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from labelpulse.stats.fdr import adjusted, benjamini_hochberg, two_sided_p
from tests.stats import tables


def test_four_of_the_published_tests_stand():
    rows = tables.rows("benjamini_hochberg1995")
    found = benjamini_hochberg([float(row["p"]) for row in rows], 0.05)
    assert found == tuple(row["bh_reject_q05"] == "1" for row in rows)
    assert sum(found) == 4


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_adjusted_p_equals_the_librarys(p):
    _, theirs, _, _ = multipletests(p, method="fdr_bh")
    assert adjusted(p) == pytest.approx(tuple(theirs), abs=1e-12)


def test_nothing_stands_among_no_tests():
    assert benjamini_hochberg([]) == ()


@pytest.mark.parametrize(("z", "p"), [(0.0, 1.0), (1.959964, 0.05), (-2.575829, 0.01)])
def test_two_sided_p_is_that_of_the_tables(z, p):
    assert two_sided_p(z) == pytest.approx(p, abs=1e-6)
