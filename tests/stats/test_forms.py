"""Sums over many pairs of categories equal the plain double loop."""

import random

import krippendorff
import numpy as np
import pytest

from labelpulse.stats import agreement as formulas
from labelpulse.stats.domain import Domain, distance, weight
from labelpulse.stats.forms import MANY, Pairs, distances, weights

Q = MANY + 30


def domain_of(kind) -> Domain:
    rng = random.Random(kind)
    if kind in ("jaccard", "masi"):
        sets = [frozenset(rng.sample(range(9), rng.randrange(7))) for _ in range(Q * 3)]
        values = tuple(dict.fromkeys([frozenset(), *sets]))[:Q]
        return Domain("set", Q, values, kind)
    if kind == "ordinal":
        return Domain("ordinal", Q)
    return Domain(kind, Q, tuple(rng.uniform(0, 9) + 1e6 * (kind == "interval") for _ in range(Q)))


def amounts() -> dict[int, float]:
    rng = random.Random(7)
    return {c: float(rng.randrange(1, 9)) for c in range(Q)}


@pytest.mark.parametrize("kind", ["interval", "ratio", "jaccard", "masi"])
def test_distances_of_many_categories_sum_as_pair_by_pair(kind):
    domain, x = domain_of(kind), amounts()
    part = {c: x[c] / 2 for c in range(0, Q, 3)}
    form, plain = distances(x, domain), Pairs(x, distance(domain, {}))
    assert form.whole == pytest.approx(plain.whole, rel=1e-9)
    assert form.without(part) == pytest.approx(plain.without(part), rel=1e-9)


@pytest.mark.parametrize("kind", ["ordinal", "interval", "ratio", "jaccard", "masi"])
def test_weights_of_many_categories_sum_as_pair_by_pair(kind):
    domain, x = domain_of(kind), amounts()
    part = {c: x[c] / 2 for c in range(0, Q, 3)}
    form, plain = weights(x, domain), Pairs(x, weight(domain))
    assert form.whole == pytest.approx(plain.whole, rel=1e-9)
    assert form.without(part) == pytest.approx(plain.without(part), rel=1e-9)


@pytest.mark.parametrize("kind", ["interval", "ratio"])
def test_alpha_of_continuous_values_is_that_of_an_independent_library(kind):
    rng = np.random.default_rng(3)
    truth = rng.uniform(1, 100, 120)
    given = truth + rng.normal(0, 4, (3, 120))
    given[rng.random(given.shape) < 0.2] = np.nan
    values = np.unique(given[~np.isnan(given)])
    items = [np.searchsorted(values, column[~np.isnan(column)]) for column in given.T]
    table = formulas.tabulate(formulas.counts_of_items([one.tolist() for one in items if len(one)]))
    expected = krippendorff.alpha(given, level_of_measurement=kind)
    domain = Domain(kind, len(values), tuple(values.tolist()))
    assert formulas.alpha(table, domain) == pytest.approx(expected, abs=1e-9)
