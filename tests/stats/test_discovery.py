"""False discoveries against the published example, its definition and an independent library."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from labelpulse.stats.discovery import adjusted, benjamini_hochberg, two_sided
from tests.stats import tables


def test_four_of_the_published_tests_stand():
    rows = tables.rows("benjamini_hochberg1995")
    found = benjamini_hochberg([float(row["p"]) for row in rows])
    assert found.tolist() == [row["bh_reject_q05"] == "1" for row in rows]
    assert found.sum() == 4


@given(st.lists(st.floats(0, 1), max_size=40), st.sampled_from([0.01, 0.05, 0.1, 0.5]))
def test_findings_and_adjusted_p_are_those_of_statsmodels(p, q):
    if not p:
        assert benjamini_hochberg(p, q).tolist() == adjusted(p).tolist() == []
        return
    _, theirs, _, _ = multipletests(p, q, "fdr_bh")
    assert adjusted(p) == pytest.approx(theirs, abs=1e-12)
    assert benjamini_hochberg(p, q).tolist() == by_rank(p, q)


def by_rank(p: list[float], q: float) -> list[bool]:
    """The step-up rule as published: everything up to the greatest rank k with p_(k) <= k q/m."""
    ranked = sorted(p)
    last = [one for k, one in enumerate(ranked, 1) if one * len(p) / k <= q]
    return [bool(last) and one <= last[-1] for one in p]


def test_two_sided_p_is_the_normal_tables():
    assert two_sided([0, 1.959964, -2.575829]) == pytest.approx([1, 0.05, 0.01], abs=1e-6)
