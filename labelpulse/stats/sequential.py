"""Is somebody good enough? Decided as soon as their answers to gold can tell, by Wald's test.

A. Wald 1945, "Sequential tests of statistical hypotheses", Annals of Mathematical Statistics 16,
117-186; 1947, Sequential Analysis, chapter 5.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, exp, log
from typing import Literal

Decision = Literal["proven", "failed", "undecided"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is acceptable and what is not, and how often the decision may be wrong.

    Attributes:
        good, bad: p0 < p1, shares of wrong answers that are acceptable and unacceptable.
        alpha: chance to fail somebody who errs as often as p0.
        beta: chance to pass somebody who errs as often as p1.
    """

    good: float
    bad: float
    alpha: float = 0.05
    beta: float = 0.05

    def __post_init__(self) -> None:
        """Refuse what is no plan."""
        if not 0 < self.good < self.bad < 1:
            raise ValueError("The acceptable share must be over 0 and below the unacceptable one.")
        if min(self.alpha, self.beta) <= 0 or self.alpha + self.beta >= 1:
            raise ValueError("The risks must be over 0, and less than 1 together.")

    @property
    def bounds(self) -> tuple[float, float]:
        """Log likelihood ratios at which somebody is proven, ln β/(1-α), or has failed."""
        return log(self.beta / (1 - self.alpha)), log((1 - self.beta) / self.alpha)

    @property
    def steps(self) -> tuple[float, float]:
        """What a right and a wrong answer add to the log likelihood ratio."""
        return log((1 - self.bad) / (1 - self.good)), log(self.bad / self.good)

    def lines(self) -> tuple[float, float, float]:
        """Return (h0, h1, s): proven at h0 + s n wrong answers or fewer, failed at h1 + s n.

        Wald's lots, of which one defective in ten is good and three in ten is bad:

        >>> [round(one, 3) for one in Plan(0.1, 0.3, alpha=0.02, beta=0.03).lines()]
        [-2.583, 2.875, 0.186]
        """
        (low, high), (right, wrong) = self.bounds, self.steps
        return low / (wrong - right), high / (wrong - right), -right / (wrong - right)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a test stands.

    Attributes:
        at: number of the answer that decided it, from 1; None = undecided.
        n, wrong: answers that there are, those after the decision too.
        remaining: further answers that the test is expected to take if the person is acceptable;
            0 when it is decided.
    """

    decision: Decision
    at: int | None
    n: int
    wrong: int
    remaining: int


def sprt(wrong: Iterable[bool], plan: Plan) -> Outcome:
    """Return what answers in their order decide; answers after the decision change nothing.

    >>> plan = Plan(0.1, 0.3, alpha=0.02, beta=0.03)
    >>> sprt([False] * 13, plan).decision, sprt([False] * 14, plan).decision
    ('undecided', 'proven')
    >>> sprt([True, True, True, True], plan)
    Outcome(decision='failed', at=4, n=4, wrong=4, remaining=0)
    """
    (low, high), (right, bad) = plan.bounds, plan.steps
    answers = list(wrong)
    ratio = 0.0
    for at, err in enumerate(answers, 1):
        ratio += bad if err else right
        if low < ratio < high:
            continue
        return Outcome("proven" if ratio <= low else "failed", at, len(answers), sum(answers), 0)
    remaining = ceil(expected_n(plan, ratio))
    return Outcome("undecided", None, len(answers), sum(answers), remaining)


def expected_n(plan: Plan, ratio: float = 0.0, *, good: bool = True) -> float:
    """Return how many more answers are expected, by Wald's approximation.

    E n = (L a + (1-L) b) / E z, where L is the chance to be proven, and a and b are the bounds as
    seen from the ratio reached; the last answer's overshoot is left out.

    Args:
        ratio: log likelihood ratio reached. good: the person errs as often as p0, else p1.

    >>> round(expected_n(Plan(0.1, 0.3, alpha=0.02, beta=0.03)), 1)
    28.7
    """
    low, high = (bound - ratio for bound in plan.bounds)
    right, wrong = plan.steps
    share = plan.good if good else plan.bad
    drift = share * wrong + (1 - share) * right
    proven = _chance_of_low(low, high, 1.0 if good else -1.0)
    return max((proven * low + (1 - proven) * high) / drift, 1.0)


def _chance_of_low(low: float, high: float, h: float) -> float:
    """Return P(the lower bound comes first), where E exp(h z) = 1."""
    return (exp(h * high) - 1) / (exp(h * high) - exp(h * low))
