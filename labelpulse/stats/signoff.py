"""May a batch be delivered? Its error with an interval against a target, and what is missing.

A sample's bounds are exact, since a delivery is promised on them: C. J. Clopper & E. S. Pearson
1934, Biometrika 26, 404-413; of a batch of known size the hypergeometric ones, by the same
inversion (W. G. Cochran 1977, Sampling Techniques, section 3.6).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np

from labelpulse.stats.arrays import Floats, Ints
from labelpulse.stats.intervals import Z95, Interval

Decision = Literal["ship", "recheck", "not enough evidence"]

LEVEL = 0.95
MOST_MORE = 1_000_000
"""More items than this are never asked for."""
_TINY = 1e-12


def exact_interval(wrong: int, n: int, size: int | None = None, level: float = LEVEL) -> Interval:
    """Return the exact interval of the share of wrong items.

    Args:
        wrong, n: wrong items in the sample, and the sample.
        size: of the batch that the sample was drawn from; None = endless.
        level: of both sides together.

    Raises:
        ValueError: there is no sample, or more of it than there is of the batch.

    R. G. Newcombe 1998, Statistics in Medicine 17, table I, method 5:

    >>> [tuple(round(end, 4) for end in exact_interval(*one)) for one in ((81, 263), (0, 20))]
    [(0.2527, 0.3676), (0.0, 0.1684)]
    """
    if n < 1 or not 0 <= wrong <= n or (size is not None and size < n):
        raise ValueError("A sample needs an item, and no more than there are in the batch.")
    tail = (1 - level) / 2
    return _binomial(wrong, n, tail) if size is None else _hypergeometric(wrong, n, size, tail)


def _beta_quantile(a: int, b: int, p: float) -> float:
    from scipy.special import betaincinv

    return float(betaincinv(a, b, p))


def _binomial(wrong: int, n: int, tail: float) -> Interval:
    low = 0.0 if wrong == 0 else _beta_quantile(wrong, n - wrong + 1, tail)
    return low, _upper(wrong, n, None, tail)


def _hypergeometric(wrong: int, n: int, size: int, tail: float) -> Interval:
    low = _first(
        wrong, size - n + wrong, lambda bad: 1 - _chance_of_most(wrong - 1, n, bad, size) > tail
    )
    return low / size, _upper(wrong, n, size, tail)


def _upper(wrong: int, n: int, size: int | None, tail: float) -> float:
    """Return the greatest share of wrong items that still shows so few often enough."""
    if size is None:
        return 1.0 if wrong == n else _beta_quantile(wrong + 1, n - wrong, 1 - tail)
    most = size - n + wrong
    beyond = _first(wrong, most + 1, lambda bad: _chance_of_most(wrong, n, bad, size) <= tail)
    return max(beyond - 1, wrong) / size


def _chance_of_most(wrong: int, n: int, bad: int, size: int) -> float:
    """Return P(so many wrong ones, or fewer, in a sample of n), of so many bad ones in all."""
    x = np.arange(max(0, n - (size - bad)), min(wrong, bad, n) + 1)
    logs = _choose(bad, x) + _choose(size - bad, n - x) - _choose(size, np.array(n))
    return min(float(np.exp(logs).sum()), 1.0)


def _choose(n: int, k: Ints) -> Floats:
    from scipy.special import gammaln

    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1), dtype=np.float64)


def _first(start: int, end: int, holds: Callable[[int], bool]) -> int:
    """Return the first number of a range for which something holds from there on; else the end."""
    while start < end:
        middle = (start + end) // 2
        if holds(middle):
            end = middle
        else:
            start = middle + 1
    return start


def right_needed(
    wrong: int, n: int, target: float, size: int | None = None, level: float = LEVEL
) -> int | None:
    """Return how many more items, all right, put the upper bound at the target or below.

    None where no number does, of the batch or of a million.

    Args:
        target: share of wrong items that is allowed. Others: as of `exact_interval`.

    Without a wrong one, 59 items show with 95 % confidence that 95 % are right (the success run,
    n = ln .05 / ln .95); its bound is one-sided:

    >>> right_needed(0, 0, 0.05, level=0.9), right_needed(0, 0, 0.05), right_needed(2, 100, 0.05)
    (59, 72, 42)
    """
    most, tail = MOST_MORE if size is None else size - n, (1 - level) / 2

    def enough(more: int) -> bool:
        return n + more > 0 and _upper(wrong, n + more, size, tail) <= target + _TINY

    found = _first(0, most + 1, enough)
    return found if found <= most else None


def model_interval(error: Floats) -> Interval:
    """Return mean ± z √Σp(1-p) / n of items that are wrong independently with chances p."""
    n = len(error)
    mean, half = float(error.mean()), Z95 * sqrt(float((error * (1 - error)).sum())) / n
    return max(mean - half, 0.0), min(mean + half, 1.0)


def recheck_by_model(error: Floats, target: float) -> int:
    """Return the fewest most doubtful items whose review brings the rest under the target.

    With these reviewed and right, what is left, Σp + z √Σp(1-p) over all items, is the target or
    less.

    Args:
        error: chance by item that its label is wrong.

    >>> recheck_by_model(np.array([0.5] * 10 + [0.01] * 90), 0.03)
    10
    """
    order = np.sort(error)[::-1]
    left = np.append(order[::-1].cumsum()[::-1], 0.0)
    spread = np.append((order * (1 - order))[::-1].cumsum()[::-1], 0.0)
    above = left + Z95 * np.sqrt(spread) <= target * len(error) + _TINY
    return int(np.argmax(above))


def recheck_by_sample(high: float, target: float, doubt: Floats) -> int:
    """Return how many of the most doubtful items to review, where a sample tells the error.

    The sample's upper bound says how much is wrong, the doubts only where: reviewing the k most
    doubtful items takes away Σ(k greatest doubts) / Σ doubts of it. Where doubts are all the same
    every item is as good as any other.

    Args:
        high: upper bound of the share of wrong items.
        doubt: by item; all equal where nothing is known.

    >>> recheck_by_sample(0.1, 0.05, np.ones(100))
    50
    >>> recheck_by_sample(0.1, 0.05, np.array([0.5] * 10 + [0.01] * 90))
    6
    """
    if high <= target or not len(doubt):
        return 0
    order = np.sort(doubt)[::-1].astype(np.float64)
    whole = order.sum()
    if whole <= 0:
        order, whole = np.ones(len(doubt)), float(len(doubt))
    left = high * (1 - order.cumsum() / whole)
    return int(np.argmax(left <= target + _TINY)) + 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a batch.

    Attributes:
        error, low, high: share of wrong labels with its 95 % interval. n: items that tell it.
        recheck: most doubtful items whose review would do; 0 = none are needed.
        more: items of evidence, all right, that would do; None = no number of them.
    """

    decision: Decision
    error: float
    low: float
    high: float
    n: int
    recheck: int
    more: int | None


def of_sample(
    wrong: int, n: int, target: float, doubt: Floats, size: int | None = None, mended: int = 0
) -> Verdict:
    """Return what a sample of a batch says: items with gold, or items that were reviewed.

    Ship when the upper bound is the target or less, recheck when the lower one is above it;
    between them the sample is too small to say.

    Args:
        doubt: of the batch's items, as of `recheck_by_sample`.
        size: of the batch where the sample was drawn from it without return; None otherwise.
        mended: of the wrong ones, those that are right by now, as reviews correct what they find;
            the batch is judged without them. Only with a size.

    >>> of_sample(1, 200, 0.05, np.ones(1000)).decision
    'ship'
    >>> of_sample(2, 20, 0.05, np.ones(1000)).decision
    'not enough evidence'
    """
    gone = mended / size if size else 0.0
    low, high = exact_interval(wrong, n, size)
    share = wrong / n
    low, share, high = (max(one - gone, 0.0) for one in (min(low, share), share, max(high, share)))
    if high <= target + _TINY:
        return Verdict("ship", share, low, high, n, 0, 0)
    decision: Decision = "recheck" if low > target else "not enough evidence"
    more = right_needed(wrong, n, target + gone, size)
    return Verdict(decision, share, low, high, n, recheck_by_sample(high, target, doubt), more)


def of_model(error: Floats, target: float) -> Verdict:
    """Return what a model of the answers says; it holds the model for true.

    Args:
        error: chance by item that its label is wrong; one item or more.

    >>> found = of_model(np.array([0.5] * 10 + [0.01] * 90), 0.03)
    >>> found.decision, found.recheck
    ('recheck', 10)
    """
    (low, high), k = model_interval(error), recheck_by_model(error, target)
    decision: Decision = "recheck" if k else "ship"
    return Verdict(decision, float(error.mean()), low, high, len(error), k, None)
