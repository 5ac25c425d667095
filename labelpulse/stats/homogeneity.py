"""Do several days' shares differ by more than chance? Pearson's chi-square, also for few counts."""

from collections.abc import Iterable, Sequence
from math import erfc, sqrt

Counted = tuple[int, int]
"""How many of how many."""


def p_alike(days: Iterable[Counted]) -> float:
    """Return the chance that days of one and the same share differ as much as these.

    X² = Σ (kᵢ - nᵢ p)² / (nᵢ p (1-p)), p = Σk/Σn. Where hits or misses are few a day, X² is far
    from chi-square; so it is judged as chi-square with D-1 degrees of freedom and as the gamma
    distribution with the exact mean and variance that X² has given Σk (J. B. S. Haldane 1940,
    Biometrika 31, 346-355), and the larger chance is returned. 1 where nothing can differ.

    Args:
        days: (hits, answers) of each day; days without answers tell nothing.

    >>> round(p_alike([(10, 20), (18, 20), (12, 20)]), 3)  # X² = 7.80, df 2: exp(-3.90)
    0.02
    >>> p_alike([(20, 20), (20, 20)]), p_alike([(3, 9)])
    (1.0, 1.0)
    """
    table = [(hits, n) for hits, n in days if n]
    right, total = sum(hits for hits, _ in table), sum(n for _, n in table)
    if len(table) < 2 or not 0 < right < total:
        return 1.0
    squares = sum(hits * hits / n for hits, n in table)
    scale = right * (total - right) / (total * total)
    mean, variance = _moments([n for _, n in table], right, total)
    expected = (mean - right * right / total) / scale
    variance /= scale * scale
    if expected <= 0 or variance < 1e-9:  # given the sum, X² is always the same
        return 1.0
    found = max((squares - right * right / total) / scale, 0.0)
    df = 2 * expected * expected / variance
    return max(_upper(found, len(table) - 1), _upper(found * df / expected, df))


def _moments(sizes: Sequence[int], right: int, total: int) -> tuple[float, float]:
    """Return mean and variance of Σ kᵢ²/nᵢ when `right` hits fall on the days by chance.

    From the factorial moments of the hypergeometric distribution: with h(a) = R₍ₐ₎/N₍ₐ₎,
    E kᵢ₍ₐ₎ = nᵢ₍ₐ₎ h(a) and E kᵢ₍ₐ₎ kⱼ₍ᵦ₎ = nᵢ₍ₐ₎ nⱼ₍ᵦ₎ h(a+b).
    """
    h1, h2, h3, h4 = (_falling(right, a) / max(_falling(total, a), 1.0) for a in (1, 2, 3, 4))
    d, less = len(sizes), [n - 1 for n in sizes]
    rest = sum(less)
    mean = h2 * rest + h1 * d
    own = sum(
        (_falling(n, 4) * h4 + 6 * _falling(n, 3) * h3 + 7 * _falling(n, 2) * h2 + n * h1) / (n * n)
        for n in sizes
    )
    others = h4 * (rest * rest - sum(m * m for m in less))
    others += 2 * (d - 1) * rest * h3 + d * (d - 1) * h2
    return mean, own + others - mean * mean


def _falling(n: int, a: int) -> float:
    """Return n (n-1) ... (n-a+1)."""
    found = 1.0
    for one in range(a):
        found *= n - one
    return found


def _upper(chi2: float, df: float) -> float:
    """Return P(X² >= chi2) of chi-square with any degrees of freedom.

    The cube root of X²/df is nearly normal: E. B. Wilson & M. M. Hilferty 1931, PNAS 17, 684-688;
    at 1 % within .0003 from 1 degree on.
    """
    spread = 2 / (9 * df)
    return erfc(((chi2 / df) ** (1 / 3) - (1 - spread)) / sqrt(2 * spread)) / 2
