"""95 % intervals: Wilson for shares, jackknife over days or items for everything else."""

from collections.abc import Iterable, Sequence
from math import atan, cos, exp, fsum, inf, lgamma, log, pi, sin, sqrt

Interval = tuple[float, float]
Estimated = tuple[float, Interval]
"""A value and its interval."""

Z95 = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""


def wilson(successes: float, n: float, z: float = Z95) -> Interval:
    """Return the Wilson score interval of a share; n > 0 and need not be whole.

    (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n), without continuity correction.
    E. B. Wilson 1927; example: R. G. Newcombe 1998, Statistics in Medicine 17, table I, method 3.

    >>> tuple(round(end, 4) for end in wilson(81, 263))
    (0.2553, 0.3662)
    >>> tuple(round(end, 4) for end in wilson(0, 20))
    (0.0, 0.1611)
    """
    share, z2 = successes / n, z * z
    middle = share + z2 / (2 * n)
    half = z * sqrt(max(share * (1 - share), 0.0) / n + z2 / (4 * n * n))
    low, high = (middle - half) / (1 + z2 / n), (middle + half) / (1 + z2 / n)
    return max(0.0, min(low, share)), min(1.0, max(high, share))


def score_of_rate(events: float, n: float) -> Interval:
    """Return the score interval of a mean number of events in n > 0 things, as Poisson's.

    λ + z²/2n ± z √(λ/n + z²/4n²): Wilson's of a share where a thing may have several events.
    C. R. Rao 1948; as in L. Barker 2002, The American Statistician 56, 85-89.

    >>> tuple(round(end, 4) for end in score_of_rate(10, 20))
    (0.2716, 0.9205)
    """
    rate, z2 = events / n, Z95 * Z95
    middle = rate + z2 / (2 * n)
    half = Z95 * sqrt(rate / n + z2 / (4 * n * n))
    return max(0.0, middle - half), middle + half


def effective_n(mean: float, variance: float, n: float, most: float) -> float:
    """Return how many yes-or-no answers tell as much as n scores in 0-1 do.

    n_eff = n p(1-p)/s², from s²/n = p(1-p)/n_eff.

    Args:
        mean, variance: of the scores; the variance with n - 1 in its denominator.
        most: upper bound, e.g. the number of pairs behind the scores.

    >>> effective_n(0.5, 0.125, 100, 300)
    200.0
    """
    chance = mean * (1 - mean)
    if chance <= 0 or variance <= 0:
        return n if chance <= 0 else most
    return min(n * chance / variance, most)


def wilson_of_scores(scores: Iterable[tuple[float, float]], most: float) -> Interval | None:
    """Return the Wilson interval of the mean of scores in 0-1; None below two scores.

    Args:
        scores: (score, how many items have it).
        most: upper bound of the effective n.
    """
    found = list(scores)
    n = sum(count for _, count in found)
    if n < 2:
        return None
    mean = fsum(score * count for score, count in found) / n
    squares = fsum((score - mean) ** 2 * count for score, count in found)
    size = effective_n(mean, squares / (n - 1), n, most)
    return wilson(mean * size, size)


def jackknife(value: float, left_out: Sequence[float]) -> Interval:
    """Return value ± t(D-1) SE, SE² = (D-1)/D Σ(aₛ - ā)², from the values with one part left out.

    Parts are days: what people did on one day goes together, so that days, not items, are the
    independent draws. B. Efron & C. Stein 1981; for a mean it equals the textbook standard error:

    >>> xs = [1.0, 2.0, 3.0, 4.0]
    >>> low, high = jackknife(2.5, [(10 - x) / 3 for x in xs])
    >>> round((high - low) / 2 / t975(3), 6)  # s/√n = 1.290994/2
    0.645497
    """
    return jackknife_weighted(value, [(one, 1) for one in left_out])


def jackknife_weighted(value: float, left_out: Iterable[tuple[float, float]]) -> Interval:
    """Return the jackknife interval where each left-out value stands for so many equal parts."""
    found = list(left_out)
    half = t975(int(sum(count for _, count in found)) - 1) * _error(found)
    return value - half, value + half


def _error(left_out: Sequence[tuple[float, float]]) -> float:
    """Return the jackknife standard error."""
    parts = sum(count for _, count in left_out)
    mean = fsum(one * count for one, count in left_out) / parts
    squares = fsum((one - mean) ** 2 * count for one, count in left_out)
    return sqrt((parts - 1) / parts * squares)


def wilson_of_draws(share: float, left_out: Sequence[float], n: int) -> Interval:
    """Return the Wilson interval of a share whose draws are days, not answers.

    With n* = p(1-p)/SE² (z/t(D-1))² in the place of n, SE by the jackknife: near 0 and 1 it keeps
    inside and covers, where p ± t SE does not. Where no day differs n stands for p(1-p)/SE².
    E. L. Korn & B. I. Graubard 1998, Survey Methodology 24, 193-201, there for the exact interval.

    Args:
        left_out: the share without each of the days, two or more.
        n: answers.

    >>> days = [(17, 20), (19, 20), (12, 20), (18, 20), (19, 20)]
    >>> low, high = wilson_of_draws(0.85, [(85 - k) / (100 - m) for k, m in days], 100)
    >>> round(low, 3), round(high, 3)  # p ± t SE is 0.669 to 1.031
    (0.602, 0.955)
    """
    error = _error([(one, 1) for one in left_out])
    size = share * (1 - share) / (error * error) if error > 1e-12 else float(n)
    size *= (Z95 / t975(len(left_out) - 1)) ** 2
    return wilson(share * size, size)


def difference(first: Estimated, second: Estimated) -> Interval:
    """Return the interval of second - first, two independent estimates with their intervals.

    The square-and-add rule: each end takes the distances that point its way,
    d - √((b-l_b)² + (u_a-a)²) and d + √((u_b-b)² + (a-l_a)²).
    R. G. Newcombe 1998, Statistics in Medicine 17:873, method 10; G. Y. Zou & A. Donner 2008 for
    any two intervals. Newcombe's example: 56/70 against 48/80.

    >>> both = [(k / n, wilson(k, n)) for k, n in ((48, 80), (56, 70))]
    >>> [round(end, 4) for end in difference(*both)]
    [0.0524, 0.3339]
    """
    (a, (low_a, high_a)), (b, (low_b, high_b)) = first, second
    down = sqrt((b - low_b) ** 2 + (high_a - a) ** 2)
    up = sqrt((high_b - b) ** 2 + (a - low_a) ** 2)
    return b - a - down, b - a + up


def difference_of_draws(first: Estimated, second: Estimated, draws: tuple[int, int]) -> Interval:
    """Return the interval of second - first, where both rest on few draws.

    Each interval is as wide as t(D-1) standard errors ask for; added up by `difference` they would
    be too wide. So their ends are drawn in to the t of the degrees of freedom of the difference,
    (SE₁² + SE₂²)² / (SE₁⁴/(D₁-1) + SE₂⁴/(D₂-1)), SE being half the width by t(D-1).
    F. E. Satterthwaite 1946, Biometrics Bulletin 2, 110-114; B. L. Welch 1947, Biometrika 34.

    Args:
        draws: D₁ and D₂, two or more.

    >>> low, high = difference_of_draws((2, (0, 4)), (5, (3, 7)), (5, 5))
    >>> round(high - 3, 4), round(8**0.5 * t975(8) / t975(4), 4)  # alike: t(8) instead of t(4)
    (2.3492, 2.3492)
    """
    degrees = [one - 1 for one in draws]
    ts = [t975(df) for df in degrees]
    both = (first, second)
    squared = [((ends[1] - ends[0]) / 2 / t) ** 2 for (_, ends), t in zip(both, ts, strict=True)]
    below = fsum(square**2 / df for square, df in zip(squared, degrees, strict=True))
    if below <= 0:
        return difference(first, second)
    wanted = t975(sum(squared) ** 2 / below)
    drawn_in = [_drawn_in(one, wanted / t) for one, t in zip(both, ts, strict=True)]
    return difference(*drawn_in)


def _drawn_in(one: Estimated, factor: float) -> Estimated:
    value, (low, high) = one
    return value, (value - factor * (value - low), value + factor * (high - value))


def ratio_of_shares(
    first: tuple[float, float], second: tuple[float, float], z: float = Z95
) -> Interval:
    """Return the interval of (x/n) / (y/m), two independent shares given as (x, n) and (y, m).

    exp(log ratio ± z √(1/x - 1/n + 1/y - 1/m)); a count of 0 is taken for a half, as in its n.
    D. Katz, J. Baptista, S. P. Azen & M. C. Pike 1978, Biometrics 34, 469-474; the half: S. D.
    Walter 1975, Biometrika 62.

    >>> tuple(round(end, 4) for end in ratio_of_shares((15, 100), (30, 120)))
    (0.3427, 1.0505)
    """
    (x, n), (y, m) = (
        (max(k, 0.5), size + (0.5 if k < 0.5 else 0.0)) for k, size in (first, second)
    )
    ratio, half = (x / n) / (y / m), z * sqrt(max(1 / x - 1 / n + 1 / y - 1 / m, 0.0))
    return ratio * exp(-half), ratio * exp(half)


def clipped(interval: Interval, lowest: float, highest: float) -> Interval:
    """Return an interval cut to the values that are possible."""
    return max(interval[0], lowest), min(interval[1], highest)


def t_cdf(t: float, df: int) -> float:
    """Return P(T <= t) of Student's t with whole degrees of freedom, by its finite sum.

    M. Abramowitz & I. A. Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.

    >>> round(t_cdf(2.262157, 9), 6)
    0.975
    """
    angle = atan(t / sqrt(df))
    sine, squared = sin(angle), cos(angle) ** 2
    term, total = 1.0, 0.0
    if df % 2:
        for j in range(1, df // 2 + 1):
            term = 1.0 if j == 1 else term * (2 * j - 2) / (2 * j - 1) * squared
            total += term
        inside = 2 / pi * (angle + sine * cos(angle) * total)
    else:
        for j in range(df // 2):
            term = 1.0 if j == 0 else term * (2 * j - 1) / (2 * j) * squared
            total += term
        inside = sine * total
    return 0.5 + inside / 2


def _t_density(t: float, df: int) -> float:
    scale = lgamma((df + 1) / 2) - lgamma(df / 2) - log(df * pi) / 2
    return exp(scale - (df + 1) / 2 * log(1 + t * t / df))


def t975(df: float) -> float:
    """Return the 97.5 % quantile of Student's t; infinite without degrees of freedom.

    Between whole degrees it is interpolated in 1/df, from 4 degrees on right to 3 digits.

    Newton's steps on `t_cdf` from the normal quantile, which lies below, where the function is
    concave: they cannot overshoot. Above 1,000 degrees, G. A. Campbell's expansion (Abramowitz &
    Stegun 26.7.5), right to 12 digits there. As in every t table:

    >>> [round(t975(df), 3) for df in (1, 9, 29, 364)]
    [12.706, 2.262, 2.045, 1.967]
    """
    if df < 1:
        return inf
    z = Z95
    if df > 1000:
        second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * df**2)
        third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * df**3)
        return z + (z**3 + z) / (4 * df) + second + third
    whole = int(df)
    if df > whole:
        part = (1 / whole - 1 / df) / (1 / whole - 1 / (whole + 1))
        return t975(whole) + part * (t975(whole + 1) - t975(whole))
    t = z
    for _ in range(200):
        step = (0.975 - t_cdf(t, whole)) / _t_density(t, whole)
        t += step
        if abs(step) <= 1e-13 * t:
            break
    return t
