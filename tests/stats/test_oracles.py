"""Coefficients and intervals against independent libraries, on random data and on next to none."""

import warnings
from typing import Any

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa
from statsmodels.stats.proportion import proportion_confint

from labelpulse.stats import agreement as formulas
from labelpulse.stats.domain import Domain, SetDistance, jaccard, masi
from labelpulse.stats.intervals import wilson

CLOSE = 1e-9
PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=60)
SETS = tuple(frozenset(one) for one in ("", "a", "b", "ab", "bc", "abc"))


def same(ours: float | None, theirs: float) -> None:
    """Equal to 1e-9; what is 0/0 for them is undefined, in our words None."""
    if ours is None:
        assert not np.isfinite(theirs)
    else:
        assert ours == pytest.approx(theirs, abs=CLOSE)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@given(PAIRS, st.sampled_from([("nominal", None), ("ordinal", "quadratic")]))
def test_kappa_of_two_people_is_sklearns_and_its_error_statsmodels(pairs, how):
    kind, weights = how
    cells: dict[tuple[int, int], int] = {}
    for pair in pairs:
        cells[pair] = cells.get(pair, 0) + 1
    ours = formulas.cohen_kappa(cells, Domain(kind, 4))
    if not pairs:
        assert ours is None
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = cohen_kappa_score(*zip(*pairs, strict=True), labels=range(4), weights=weights)
    same(None if ours is None else ours[0], theirs)
    if ours is not None:
        square = np.array([[cells.get((c, k), 0) for k in range(4)] for c in range(4)])
        found = cohens_kappa(square, wt="quadratic" if weights else None)
        assert ours[1] ** 2 == pytest.approx(found["var_kappa"], abs=CLOSE)


@given(st.integers(2, 5), st.integers(1, 30), st.integers(1, 4), st.randoms())
def test_fleiss_of_whole_tables_is_statsmodels(m, items, q, draw):
    rows = [[draw.randrange(q) for _ in range(m)] for _ in range(items)]
    table = formulas.tabulate(formulas.counts_of_items(rows))
    counts = np.array([[row.count(c) for c in range(4)] for row in rows])
    with np.errstate(invalid="ignore", divide="ignore"):
        same(formulas.fleiss(table, Domain("nominal", 4)), fleiss_kappa(counts))


@given(
    st.lists(st.lists(st.integers(0, 5), max_size=5), max_size=25), st.sampled_from([jaccard, masi])
)
def test_alpha_of_sets_is_krippendorffs_with_that_distance(items, between):
    """Items without an answer, with one, and no items at all among them."""
    name: SetDistance = "jaccard" if between is jaccard else "masi"
    ours = formulas.alpha(
        formulas.tabulate(formulas.counts_of_items(items)), Domain("set", 6, SETS, name)
    )
    counts = np.array([[one.count(c) for c in range(6)] for one in items]).reshape(-1, 6)
    several = counts[counts.sum(axis=1) > 1]
    if len(np.flatnonzero(several.sum(axis=0))) < 2:
        assert ours is None  # nothing to compare, or no variation
        return
    apart = np.array([[between(a, b) for b in SETS] for a in SETS])
    measure: Any = lambda v1, v2, **_: apart[v1.astype(int), v2.astype(int)]  # noqa: E731
    theirs = krippendorff.alpha(
        value_counts=counts, value_domain=list(range(6)), level_of_measurement=measure
    )
    same(ours, theirs)


@given(st.integers(1, 100_000), st.data())
def test_wilson_is_statsmodels(n, data):
    k = data.draw(st.integers(0, n))
    assert wilson(k, n) == pytest.approx(proportion_confint(k, n, method="wilson"), abs=CLOSE)


@pytest.mark.parametrize("name", ["percent", "alpha", "fleiss", "ac1", "brennan_prediger"])
@pytest.mark.parametrize("items", [[], [[]], [[0]], [[0], [1]]])
def test_without_two_answers_to_an_item_nothing_is_defined(name, items):
    table = formulas.tabulate(formulas.counts_of_items(items))
    assert getattr(formulas, name)(table, Domain("nominal", 4)) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [("percent", 1.0), ("alpha", None), ("fleiss", None), ("ac1", 1.0), ("brennan_prediger", 1.0)],
)
def test_one_category_agrees_and_has_no_variation(name, expected):
    table = formulas.tabulate(formulas.counts_of_items([[2, 2], [2, 2, 2], [2]]))
    assert getattr(formulas, name)(table, Domain("nominal", 4)) == expected
