"""Agreement coefficients, all from one additive table of ordered pairs of answers.

Notation: item i has m answers, n_ic of them c. The ordered pairs inside items are C_ck, kept per
m, since a pair of an item with m answers weighs 1/(m-1). Sums over items, days and controls' parts
are sums of these integers; a coefficient is worked out once, from the sum, and never averaged.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import fsum, sqrt
from typing import TypeVar

from labelpulse.stats.domain import Compare, Domain, distance, weight
from labelpulse.stats.forms import Pairs, distances, weights

K = TypeVar("K")

Counts = Mapping[tuple[int, int, int], int]
"""(m, c, k) -> ordered pairs of an answer c and another k inside items of m answers.

For m = 1: (1, c, c) -> answers. k = OTHER stands for all labels but c together, which suffices
where all labels are equally far apart.
"""
Pair = tuple[int, int]
NOTHING = 1e-12


@dataclass(slots=True)
class Table:
    """What every coefficient is made of; additive, so that a part can be taken away.

    Attributes:
        items: items with two or more answers; everything: with one or more.
        observed: Σ C/(m(m-1)) by pair; coincidences: Σ C/(m-1) by pair.
        pairable: answers by category, of items with two or more.
        shares: Σ n_ic/m by category, over all items.
    """

    items: float = 0.0
    everything: float = 0.0
    observed: dict[Pair, float] = field(default_factory=dict)
    coincidences: dict[Pair, float] = field(default_factory=dict)
    pairable: dict[int, float] = field(default_factory=dict)
    shares: dict[int, float] = field(default_factory=dict)


def tabulate(counts: Counts) -> Table:
    """Return the table of counts; the same whatever their order."""
    table = Table()
    answers: dict[tuple[int, int], int] = {}
    for (m, c, k), n in sorted(counts.items()):
        answers[m, c] = answers.get((m, c), 0) + n
        if m > 1:
            pair = c, k
            table.observed[pair] = table.observed.get(pair, 0.0) + n / (m * (m - 1))
            table.coincidences[pair] = table.coincidences.get(pair, 0.0) + n / (m - 1)
    for (m, c), n in answers.items():
        given = n if m == 1 else n / (m - 1)
        table.shares[c] = table.shares.get(c, 0.0) + given / m
        table.everything += given / m
        if m > 1:
            table.pairable[c] = table.pairable.get(c, 0.0) + given
            table.items += given / m
    return table


def minus(table: Table, part: Table) -> Table:
    """Return a table without one of its parts."""
    return Table(
        items=table.items - part.items,
        everything=table.everything - part.everything,
        observed=_less(table.observed, part.observed),
        coincidences=_less(table.coincidences, part.coincidences),
        pairable=_less(table.pairable, part.pairable),
        shares=_less(table.shares, part.shares),
    )


def _less(whole: dict[K, float], part: dict[K, float]) -> dict[K, float]:
    rest = dict(whole)
    for key, value in part.items():
        rest[key] -= value
    return rest


def counts_of(answers: Mapping[int, int]) -> dict[tuple[int, int, int], int]:
    """Return the counts of one item from how many answers each category got.

    >>> counts_of({0: 2, 1: 1})
    {(3, 0, 0): 2, (3, 0, 1): 2, (3, 1, 0): 2}
    """
    m = sum(answers.values())
    if m == 1:
        return {(1, c, c): n for c, n in answers.items()}
    pairs = {(m, c, k): n * (answers[k] - (c == k)) for c, n in answers.items() for k in answers}
    return {key: n for key, n in pairs.items() if n}


def add_counts(many: Iterable[Counts]) -> dict[tuple[int, int, int], int]:
    """Return the sum of counts."""
    total: Counter[tuple[int, int, int]] = Counter()
    for counts in many:
        total.update(counts)
    return dict(total)


def counts_of_items(items: Iterable[Iterable[int]]) -> dict[tuple[int, int, int], int]:
    """Return the counts of items, each given as the categories that it got.

    >>> counts_of_items([[0, 0], [0, 1]])
    {(2, 0, 0): 2, (2, 0, 1): 1, (2, 1, 0): 1}
    """
    return add_counts(counts_of(Counter(item)) for item in items)


def one_against_rest(counts: Counts, category: int) -> dict[tuple[int, int, int], int]:
    """Return the counts of two categories: 0 is the one named, 1 is every other label.

    Works on counts with OTHER, too: by m, answers come from the row sums, C_c· = n_c (m-1).
    """
    rows: Counter[tuple[int, int]] = Counter()
    for (m, c, _), n in counts.items():
        rows[m, c] += n
    found: dict[tuple[int, int, int], int] = {}
    for m in {m for m, _ in rows}:
        everything = sum(n for (size, _), n in rows.items() if size == m)
        mine, alike = rows[m, category], counts.get((m, category, category), 0)
        apart = mine - alike
        found |= {(m, 0, 0): alike, (m, 1, 1): everything - mine - apart}
        if apart:
            found |= {(m, 0, 1): apart, (m, 1, 0): apart}
    return {key: n for key, n in found.items() if n}


def percent(table: Table, domain: Domain, alike: Compare | None = None) -> float | None:
    """Return the mean over items of the mean weight of their pairs; None without pairs.

    p_a = Σ_m tr(W Cᵐ)/(m(m-1)) / N₂ (J. L. Fleiss 1971; K. L. Gwet 2014, for unequal m).

    Args:
        alike: weight of two categories; default: 1 when they are the same, else 0.

    >>> percent(tabulate(counts_of_items(["xx", "xy", "yyx"])), Domain("nominal", 2))  # 1, 0, 1/3
    0.4444444444444444
    """
    if table.items < NOTHING:
        return None
    if alike is None or domain.alike:
        return fsum(p for (c, k), p in table.observed.items() if c == k) / table.items
    return fsum(alike(c, k) * p for (c, k), p in table.observed.items()) / table.items


def alpha(table: Table, domain: Domain) -> float | None:
    """Return Krippendorff's alpha; None without pairs or without variation.

    1 - (n-1) Σ o_ck d_ck / Σ n_c n_k d_ck. K. Krippendorff 2011, "Computing Krippendorff's
    Alpha-Reliability"; example B: .692.

    >>> pairs = "ab aa bb bb db cc cc cc ee dd dd ad".split()
    >>> numbers = [["abcde".index(one) for one in pair] for pair in pairs]
    >>> round(alpha(tabulate(counts_of_items(numbers)), Domain("nominal", 5)), 3)
    0.692
    """
    n_c = {c: n for c, n in table.pairable.items() if n > NOTHING}
    n = fsum(n_c.values())
    if n < 2:
        return None
    if domain.alike:
        apart = fsum(o for (c, k), o in table.coincidences.items() if c != k)
        expected = n * n - fsum(count * count for count in n_c.values())
    else:
        between = distance(domain, n_c)
        apart = fsum(o * between(c, k) for (c, k), o in table.coincidences.items() if c != k)
        form = Pairs(n_c, between) if domain.kind == "ordinal" else distances(n_c, domain)
        expected = form.whole
    if expected <= NOTHING * n * n:
        return None
    return 1 - (n - 1) * apart / expected


def _beyond_chance(observed: float | None, expected: float) -> float | None:
    if observed is None or 1 - expected < NOTHING:
        return None
    return (observed - expected) / (1 - expected)


def _prevalence(table: Table) -> dict[int, float]:
    return {c: share / table.everything for c, share in table.shares.items()}


def fleiss(table: Table, domain: Domain) -> float | None:
    """Return Fleiss' kappa for any number of answers; None without pairs or variation.

    (p_a - p_e)/(1 - p_e), p_e = Σ w_ck π_c π_k, π over items with one answer or more
    (J. L. Fleiss 1971, table 1: .430; weights and unequal m: K. L. Gwet 2014).

    >>> counts = counts_of_items(["xx"] * 45 + ["xy"] * 10 + ["yy"] * 45)
    >>> round(fleiss(tabulate(counts), Domain("nominal", 2)), 3)  # (.9 - .5)/(1 - .5)
    0.8
    """
    if table.items < NOTHING:
        return None
    alike, pi = weight(domain), _prevalence(table)
    if domain.alike:
        expected = fsum(share * share for share in pi.values())
    else:
        expected = weights(pi, domain).whole
    return _beyond_chance(percent(table, domain, alike), expected)


def ac1(table: Table, domain: Domain) -> float | None:
    """Return Gwet's AC1, with weights AC2; None without pairs or with a single category.

    p_e = T_w/(q(q-1)) Σ π_c(1-π_c), T_w the sum of all weights, q the categories that could
    occur. K. L. Gwet 2014, Handbook of Inter-Rater Reliability; his abstractors: .849.

    >>> cells = {(0, 0): 13, (1, 1): 20, (2, 2): 56, (1, 2): 11}
    >>> counts = counts_of_items(cell for cell, n in cells.items() for _ in range(n))
    >>> round(ac1(tabulate(counts), Domain("nominal", 3)), 3)
    0.849
    """
    if table.items < NOTHING or domain.q < 2:
        return None
    spread = fsum(share * (1 - share) for share in _prevalence(table).values())
    expected = _total_weight(domain) * spread / (domain.q * (domain.q - 1))
    return _beyond_chance(percent(table, domain, weight(domain)), expected)


def brennan_prediger(table: Table, domain: Domain) -> float | None:
    """Return Brennan and Prediger's kappa; None without pairs or with a single category.

    p_e = T_w/q². R. L. Brennan & D. J. Prediger 1981, Educ. Psych. Meas. 41.
    """
    if table.items < NOTHING or domain.q < 2:
        return None
    expected = _total_weight(domain) / domain.q**2
    return _beyond_chance(percent(table, domain, weight(domain)), expected)


@lru_cache(maxsize=64)
def _total_weight(domain: Domain) -> float:
    if domain.alike:
        return float(domain.q)
    return weights(dict.fromkeys(range(domain.q), 1.0), domain).whole


def cohen_kappa(cells: Mapping[Pair, int], domain: Domain) -> tuple[float, float] | None:
    """Return (kappa, standard error) of two people's table; None without variation.

    kappa_w = (p_o - p_e)/(1 - p_e), p_e = Σ w_ck p_c. p_.k, with the large-sample error of
    J. L. Fleiss, J. Cohen & B. S. Everitt 1969. J. Cohen 1960, table 1: .492.

    >>> cells = {(0, 0): 88, (0, 1): 14, (0, 2): 18, (1, 0): 10, (1, 1): 40, (1, 2): 10}
    >>> cells |= {(2, 0): 2, (2, 1): 6, (2, 2): 12}
    >>> round(cohen_kappa(cells, Domain("nominal", 3))[0], 3)
    0.492
    """
    n, alike = sum(cells.values()), weight(domain)
    if not n:
        return None
    rows, columns = _margins(cells, n)
    observed = fsum(alike(c, k) * count for (c, k), count in cells.items()) / n
    expected = fsum(alike(c, k) * a * b for c, a in rows.items() for k, b in columns.items())
    kappa = _beyond_chance(observed, expected)
    if kappa is None:
        return None
    by_row = {c: fsum(alike(c, k) * b for k, b in columns.items()) for c in rows}
    by_column = {k: fsum(alike(c, k) * a for c, a in rows.items()) for k in columns}
    spread = fsum(
        count
        / n
        * (alike(c, k) * (1 - expected) - (by_row[c] + by_column[k]) * (1 - observed)) ** 2
        for (c, k), count in cells.items()
    )
    variance = spread - (observed * expected - 2 * expected + observed) ** 2
    return kappa, sqrt(max(variance, 0.0) / n) / (1 - expected) ** 2


def _margins(cells: Mapping[Pair, int], n: int) -> tuple[dict[int, float], dict[int, float]]:
    rows: Counter[int] = Counter()
    columns: Counter[int] = Counter()
    for (c, k), count in cells.items():  # whole numbers add up alike in any order
        rows[c] += count
        columns[k] += count
    return {c: n_c / n for c, n_c in rows.items()}, {k: n_k / n for k, n_k in columns.items()}
