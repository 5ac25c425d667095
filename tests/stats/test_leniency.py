"""Leniency: residual acceptance, against plain loops, a logistic model, and its own coverage."""

import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.stats.rates import confint_poisson

from labelpulse.stats.intervals import score_of_rate
from labelpulse.stats.leniency import leniency
from labelpulse.stats.shrinkage import prior_weight

SKILL = np.array([0.9, 0.8, 0.7, 0.6, 0.85, 0.75])


def reviews(rng, leniencies, size=60):
    """Pairs of reviewer and annotator, some of them without reviews, and acceptances."""
    who = np.repeat(np.arange(len(leniencies)), len(SKILL))
    whom = np.tile(np.arange(len(SKILL)), len(leniencies))
    n = rng.poisson(size, len(who)) * (rng.random(len(who)) < 0.8)
    p = np.clip(SKILL[whom] + np.asarray(leniencies)[who], 0.02, 0.98)
    return who, whom, n, rng.binomial(n, p)


@pytest.mark.parametrize("seed", range(5))
def test_expected_is_what_the_others_accept_of_the_same_people(seed):
    rng = np.random.default_rng(seed)
    who, whom, n, good = reviews(rng, [0, 0.1, -0.1, 0.05], size=8)
    found = leniency(who, whom, n, good)
    for at, one in enumerate(found.reviewer.tolist()):
        theirs = {
            a: (n[(who != one) & (whom == a)].sum(), good[(who != one) & (whom == a)].sum())
            for a in whom[(who == one) & (n > 0)].tolist()
        }
        total = [sum(column) for column in zip(*theirs.values(), strict=True)]
        weight = prior_weight([k for _, k in theirs.values()], [m for m, _ in theirs.values()])
        observed = expected = count = 0.0
        for a, m, k in zip(*(column[who == one] for column in (whom, n, good)), strict=True):
            others, accepted = theirs.get(a, (0, 0))
            if others and m:
                count += m
                observed += k
                expected += m * (accepted + weight * total[1] / total[0]) / (others + weight)
        assert found.n[at] == count
        assert found.observed[at] == pytest.approx(observed / count)
        assert found.expected[at] == pytest.approx(expected / count)
        assert found.value[at] == pytest.approx((observed - expected) / (count + 20))
        assert -1 <= found.low[at] <= found.value[at] <= found.high[at] <= 1


def test_reviewers_rank_as_in_a_logistic_model_with_effects_of_both():
    rng = np.random.default_rng(11)
    true = np.array([0.1, 0.05, 0.0, -0.08, -0.15])
    who, whom, n, good = reviews(rng, true, size=400)
    kept = n > 0
    dummies = np.hstack([who[kept, None] == np.arange(5), whom[kept, None] == np.arange(1, 6)])
    counts = np.column_stack([good, n - good])[kept]
    fit = sm.GLM(counts, dummies.astype(float), family=sm.families.Binomial()).fit()
    found = leniency(who, whom, n, good)
    assert np.argsort(found.value).tolist() == np.argsort(fit.params[:5]).tolist()
    assert np.argsort(found.value).tolist() == np.argsort(true).tolist()
    assert np.corrcoef(found.value, fit.params[:5])[0, 1] > 0.97


def test_the_interval_holds_the_leniency_of_a_reviewer_like_all_others():
    """Nominal 95 %; shrinking towards nothing keeps it above where there is nothing."""
    rng = np.random.default_rng(5)
    held = [
        bool(inside)
        for _ in range(300)
        for found in [leniency(*reviews(rng, [0.0] * 4, size=12))]
        for inside in (found.low <= 0) & (found.high >= 0)
    ]
    assert 0.94 < np.mean(held) <= 1


def test_a_reviewer_who_is_alone_with_somebody_is_compared_on_the_others_only():
    found = leniency([0, 0, 1], [0, 1, 0], [10, 90, 10], [10, 0, 5])
    assert found.n.tolist() == [10, 10]
    assert found.observed.tolist() == [1.0, 0.5]
    assert found.value[0] > 0 > found.value[1]


@pytest.mark.parametrize(
    "given", [([], [], [], []), ([0], [0], [9], [5]), ([0, 1], [0, 1], [9, 9], [5, 5])]
)
def test_nobody_to_compare_with(given):
    assert len(leniency(*given).reviewer) == 0


@pytest.mark.parametrize("share", [0, 1])
def test_all_accepted_or_none_leaves_doubt(share):
    found = leniency([0, 1], [0, 0], [30, 30], [30 * share, 30 * share])
    assert found.value.tolist() == [0, 0]
    assert (found.high - found.low > 0.01).all()


@pytest.mark.parametrize(("events", "n"), [(0, 5), (3, 4), (10, 20), (55, 20), (2, 400)])
def test_the_score_interval_of_a_rate_is_statsmodels(events, n):
    assert score_of_rate(events, n) == pytest.approx(confint_poisson(events, n, method="score"))
