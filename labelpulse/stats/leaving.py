"""A coefficient with each day, or each item, left out in turn: what the jackknife is made of."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from math import fsum

from labelpulse.stats.agreement import Counts, Table, alpha, fleiss, minus, tabulate
from labelpulse.stats.domain import Compare, Domain, distance, weight
from labelpulse.stats.forms import distances, weights

Coefficient = Callable[[Table, Domain], float | None]
TINY = 1e-12


def left_out(
    total: Table, parts: Iterable[Counts], coefficient: Coefficient, domain: Domain
) -> list[float] | None:
    """Return a coefficient's values without each part; None when one of them is undefined.

    Alpha and Fleiss' kappa hold sums over all pairs of categories; where distances do not depend
    on the counts, these are brought up to date instead of being summed anew for every part.
    """
    tables = map(tabulate, parts)
    if coefficient is alpha and not domain.alike and domain.kind != "ordinal":
        values = _alphas(total, tables, domain)
    elif coefficient is fleiss and not domain.alike:
        values = _kappas(total, tables, domain)
    else:
        values = (coefficient(minus(total, part), domain) for part in tables)
    found = []
    for value in values:
        if value is None:
            return None
        found.append(value)
    return found


def _apart(table: Table, between: Compare) -> float:
    return fsum(o * between(c, k) for (c, k), o in table.coincidences.items() if c != k)


def _alphas(total: Table, parts: Iterable[Table], domain: Domain) -> Iterator[float | None]:
    between = cache(distance(domain, {}))
    expected, apart = distances(total.pairable, domain), _apart(total, between)
    answers = fsum(total.pairable.values())
    for part in parts:
        n = answers - fsum(part.pairable.values())
        chance = expected.without(part.pairable)
        if n < 2 or chance <= TINY * n * n:
            yield None
        else:
            yield 1 - (n - 1) * (apart - _apart(part, between)) / chance


def _agreeing(table: Table, alike: Compare) -> float:
    return fsum(alike(c, k) * p for (c, k), p in table.observed.items())


def _kappas(total: Table, parts: Iterable[Table], domain: Domain) -> Iterator[float | None]:
    alike = cache(weight(domain))
    form, agreeing = weights(total.shares, domain), _agreeing(total, alike)
    for part in parts:
        items, everything = total.items - part.items, total.everything - part.everything
        if items < TINY or everything < TINY:
            yield None
            continue
        observed = (agreeing - _agreeing(part, alike)) / items
        chance = form.without(part.shares) / everything**2
        yield None if 1 - chance < TINY else (observed - chance) / (1 - chance)
