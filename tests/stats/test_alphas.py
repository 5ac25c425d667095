"""Alpha of many tables at once equals alpha of each, and that of an independent library."""

import random

import krippendorff
import numpy as np
import pytest

from labelpulse.stats import agreement
from labelpulse.stats.alphas import alphas
from labelpulse.stats.domain import OTHER, Domain

SETS = tuple(frozenset(one) for one in ("", "a", "b", "ab"))
DOMAINS = [
    Domain("nominal", 4),
    Domain("ordinal", 4),
    Domain("interval", 4, (1.0, 2.0, 4.0, 8.0)),
    Domain("ratio", 4, (1.0, 2.0, 4.0, 8.0)),
    Domain("set", 4, SETS),
    Domain("set", 4, SETS, "masi"),
    Domain("set", 4, SETS, "exact"),
]


def items_of(rng: random.Random, labels: int = 4) -> list[list[int]]:
    return [
        [rng.randrange(labels) for _ in range(rng.randint(1, 5))] for _ in range(rng.randint(2, 30))
    ]


def laid_out(
    tables: list[agreement.Table], *, others: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coincidences of tables in common columns; all other labels as one where that suffices."""

    def columns(table: agreement.Table) -> dict[tuple[int, int], float]:
        found: dict[tuple[int, int], float] = {}
        for (c, k), n in table.coincidences.items():
            key = (c, OTHER if others and c != k else k)
            found[key] = found.get(key, 0.0) + n
        return found

    rows = [columns(one) for one in tables]
    pairs = sorted({pair for row in rows for pair in row})
    cells = np.array([[row.get(pair, 0.0) for pair in pairs] for row in rows])
    first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return cells, first, second


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda one: f"{one.kind}-{one.distance}")
@pytest.mark.parametrize("seed", range(5))
def test_it_is_alpha_of_each_table(domain: Domain, seed: int):
    rng = random.Random(seed)
    many = [items_of(rng, rng.choice((1, 2, 4))) for _ in range(12)]
    tables = [agreement.tabulate(agreement.counts_of_items(one)) for one in many]
    wanted = [agreement.alpha(one, domain) for one in tables]
    for others in (False, True) if domain.alike else (False,):
        found = alphas(*laid_out(tables, others=others), domain)
        assert found == pytest.approx(
            [np.nan if one is None else one for one in wanted], nan_ok=True
        )
    assert any(one is not None for one in wanted)


@pytest.mark.parametrize("kind", ["nominal", "ordinal", "interval", "ratio"])
def test_it_is_that_of_an_independent_library(kind):
    rng = np.random.default_rng(4)
    domain = Domain(kind, 4, () if kind in ("nominal", "ordinal") else (1.0, 2.0, 3.0, 4.0))
    many = [rng.integers(0, 5, size=(4, 40)).astype(float) for _ in range(3)]  # 0 = no answer
    tables = [
        agreement.tabulate(
            agreement.counts_of_items([[int(x) - 1 for x in item if x] for item in one.T])
        )
        for one in many
    ]
    for found, one in zip(alphas(*laid_out(tables), domain), many, strict=True):
        data = np.where(one == 0, np.nan, one)
        wanted = krippendorff.alpha(data, level_of_measurement=kind, value_domain=[1, 2, 3, 4])
        assert found == pytest.approx(wanted)


def test_nothing_to_compare_or_no_variation_is_no_number():
    items: list[list[list[int]]] = [[], [[0, 0]], [[0, 1]]]
    tables = [agreement.tabulate(agreement.counts_of_items(one)) for one in items]
    found = alphas(*laid_out(tables), Domain("nominal", 2))
    assert np.isnan(found).tolist() == [True, True, False]
