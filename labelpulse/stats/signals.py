"""Signs of careless work, each with its evidence: an occasion for a talk, never a verdict.

Every signal returns what was seen, what is usual, and how likely chance alone makes as much of it.
Many people are tested at once: the caller decides with `discovery.benjamini_hochberg`, and should
ask for `notable` besides, since with many answers a small difference is sure, too.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from labelpulse.stats.arrays import Bools, Floats, Ints
from labelpulse.stats.discovery import two_sided

LEAST_TIMES = 20
FASTEST = 1.0
"""Seconds that an answer takes at the very least."""
TOO_MANY_FAST = 0.2
LEAST_ANSWERS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """A signal by annotator, parallel arrays; people with too few cases are absent.

    Attributes:
        annotator: numbers; n: cases.
        value: what was seen; expected: what is usual; both in the signal's unit.
        p: the chance of as much, or more, if nothing were the matter.
        notable: large enough to matter, whatever p.
    """

    annotator: Ints
    n: Ints
    value: Floats
    expected: Floats
    p: Floats
    notable: Bools


def _shares(who: Ints, hits: Ints, n: Ints, expected: float, notable: Bools) -> Evidence:
    """Return evidence of shares above the expected one, by the binomial upper tail."""
    from scipy.stats import binom

    usual = np.full(len(who), expected)
    p = np.asarray(binom.sf(hits - 1, n, expected), dtype=np.float64)
    return Evidence(who, n, hits / n, usual, p, notable)


def too_fast(
    annotator: ArrayLike,
    seconds: ArrayLike,
    *,
    limit: float | None = None,
    least: int = LEAST_TIMES,
) -> Evidence:
    """Return the share of each annotator's answers that took less than a limit.

    Expected: the pooled share. Notable: more than a fifth. The pool should be of one control, as
    what is too fast for one question is usual for another.

    Args:
        annotator: by answer; seconds: times, > 0; others and NaN are left out, as unknown.
        limit: in seconds; None = that of `fast_limit`.
        least: people with fewer times are absent.
    """
    people, times = _known_times(annotator, seconds)
    if not len(times):
        return nothing()
    fast = times < (fast_limit(people, times) if limit is None else limit)
    n, hits = np.bincount(people), np.bincount(people[fast], minlength=int(people.max()) + 1)
    who = np.flatnonzero(n >= max(least, 1))
    notable = hits[who] > TOO_MANY_FAST * n[who]
    return _shares(who, hits[who], n[who], float(fast.mean()), notable)


def fast_limit(annotator: ArrayLike, seconds: ArrayLike) -> float:
    """Return the seconds below which an answer is too fast: max(1, p5/2).

    p5: the median over people, with 20 times or more where there are such, of the time that their
    fastest twentieth stays below. Of all times pooled it would be set by who is fast and does much.

    >>> fast_limit([0] * 40 + [1] * 40 + [2] * 400, [30.0] * 40 + [24.0] * 40 + [3.0] * 400)
    12.0
    """
    people, times = _known_times(annotator, seconds)
    if not len(times):
        return FASTEST
    order = np.lexsort((times, people))
    _, start, n = np.unique(people[order], return_index=True, return_counts=True)
    at = 0.05 * (n - 1)  # the 0.05-quantile of each, between two of the sorted times
    low, part = start + at.astype(np.int64), at % 1
    high = np.minimum(low + 1, start + n - 1)
    each = times[order][low] * (1 - part) + times[order][high] * part
    many = n >= LEAST_TIMES
    return max(FASTEST, float(np.median(each[many] if many.any() else each)) / 2)


def _known_times(annotator: ArrayLike, seconds: ArrayLike) -> tuple[Ints, Floats]:
    people, times = np.asarray(annotator, np.int64), np.asarray(seconds, np.float64)
    known = np.isfinite(times) & (times > 0) & (people >= 0)
    return people[known], times[known]


def unusual_rates(events: ArrayLike, n: ArrayLike, *, least: int = LEAST_ANSWERS) -> Evidence:
    """Return each annotator's rate of skips, or edits, against the team's, by Laney's limits.

    z = (x/n - p)/√(p(1-p)/n), divided by how much more than chance people differ as a rule: the
    greater of 1 and the median |z - median z| / 0.6745. Laney takes the mean moving range instead,
    but people have no order in time (D. B. Laney 2002, Quality Engineering 14, 531-537).
    Two-sided.
    Notable: a twentieth more or less than the team, and twice or half as much.

    Args:
        events, n: whole numbers by annotator; people with n < `least` are absent.

    >>> found = unusual_rates([2, 3, 2, 20, 3], [100, 100, 100, 100, 10])
    >>> found.annotator.tolist(), found.notable.tolist(), found.p.round(3).tolist()
    ([0, 1, 2, 3], [False, False, False, True], [0.058, 0.135, 0.058, 0.0])
    """
    x, total = np.asarray(events, np.int64), np.asarray(n, np.int64)
    who = np.flatnonzero(total >= max(least, 1))
    x, total = x[who], total[who]
    pooled = float(x.sum()) / max(int(total.sum()), 1)
    if not 0 < pooled < 1:
        return nothing()
    rate = x / total
    z = (rate - pooled) / np.sqrt(pooled * (1 - pooled) / total)
    scale = max(1.0, float(np.median(np.abs(z - np.median(z)))) / 0.6744897501960817)
    far = (np.abs(rate - pooled) > 0.05) & ((rate > 2 * pooled) | (rate < pooled / 2))
    return Evidence(who, total, rate, np.full(len(who), pooled), two_sided(z / scale), far)


def label_mix(counts: ArrayLike, *, least: int = LEAST_ANSWERS) -> Evidence:
    """Return how far each annotator's mix of labels is from that of all the others.

    value: Σ|p_a - p_rest|/2, the share of answers that would have to change (total variation);
    expected: the mean of it by chance, Σ √(2 s_k/π)/2 with s_k the variance of a difference.
    p: of the likelihood-ratio test G = 2 Σ n ln(n/e), on (labels used - 1) degrees of freedom
    (R. R. Sokal & F. J. Rohlf, Biometry, section 17.2). Notable: over a tenth. It holds that people
    get items of like mixes: where they do not, the items differ and not the people.

    Args:
        counts: whole numbers, annotators × labels; people with fewer than `least` answers are
            absent, but are others' peers all the same.
    """
    from scipy.special import chdtrc

    table = np.asarray(counts, np.float64)
    table = table[:, table.sum(axis=0) > 0]
    total = table.sum(axis=1)
    who = np.flatnonzero((total >= max(least, 1)) & (total.sum() > total))
    if table.shape[1] < 2:
        return nothing()
    own, rest = table[who], table.sum(axis=0) - table[who]
    n, others = total[who][:, None], total.sum() - total[who][:, None]
    pooled = (own + rest) / (n + others)
    g = 2 * (_log_ratio(own, n * pooled) + _log_ratio(rest, others * pooled)).sum(axis=1)
    value = np.abs(own / n - rest / others).sum(axis=1) / 2
    errors = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / others))
    expected = errors.sum(axis=1) * np.sqrt(2 / np.pi) / 2
    p = np.asarray(chdtrc(table.shape[1] - 1, np.maximum(g, 0.0)), dtype=np.float64)
    return Evidence(who, total[who].astype(np.int64), value, expected, p, value > 0.1)


def _log_ratio(seen: Floats, expected: Floats) -> Floats:
    ratio = np.divide(seen, expected, out=np.ones_like(seen), where=seen > 0)
    return seen * np.log(ratio)


def nothing() -> Evidence:
    """Return the evidence of no one: too few cases, or nothing to compare them with."""
    ints, floats = np.zeros(0, np.int64), np.zeros(0)
    return Evidence(ints, ints, floats, floats, floats, np.zeros(0, np.bool_))
