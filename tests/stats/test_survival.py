"""Kaplan-Meier against statsmodels, which works from single durations."""

import random
import warnings

import numpy as np
import pytest

from labelpulse.stats.survival import kaplan_meier, open_after, quantile

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from statsmodels.duration.survfunc import SurvfuncRight


def some(seed):
    """Return durations, many of them equal, and whether each ended."""
    rng = random.Random(seed)
    n = rng.randint(1, 80)
    most = rng.choice([3, 20, 1000])
    ends = rng.choice([0.2, 0.6, 1.0])
    return [(rng.randint(1, most), rng.random() < ends) for _ in range(n)]


def gathered(said):
    found: dict[float, tuple[int, int]] = {}
    for time, ended in said:
        a, b = found.get(time, (0, 0))
        found[time] = (a + ended, b + (not ended))
    return found


def oracle(said):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return SurvfuncRight(*map(np.array, zip(*[(t, int(e)) for t, e in said], strict=True)))


@pytest.mark.parametrize("seed", range(60))
def test_the_curve_and_its_variance(seed):
    said = some(seed)
    curve, wanted = kaplan_meier(gathered(said)), oracle(said)
    assert list(curve.times) == list(wanted.surv_times)
    assert curve.open == pytest.approx(wanted.surv_prob)
    assert (curve.n, curve.ended) == (len(said), sum(ended for _, ended in said))
    for share, variance, error in zip(
        curve.open, curve.greenwood, wanted.surv_prob_se, strict=True
    ):
        if variance is not None:
            assert share * variance**0.5 == pytest.approx(error)
        else:
            assert share == 0


@pytest.mark.parametrize("p", [0.5, 0.85])
@pytest.mark.parametrize("seed", range(60))
def test_a_quantile_is_where_the_curve_falls_so_low(seed, p):
    said = some(seed)
    found, wanted = quantile(kaplan_meier(gathered(said)), p), oracle(said)
    at = [t for t, s in zip(wanted.surv_times, wanted.surv_prob, strict=True) if s <= 1 - p + 1e-9]
    assert found.value == (at[0] if at else None)
    if found.value is not None:
        assert found.low is not None
        assert found.low <= found.value
    if found.value is not None and found.high is not None:
        assert found.value <= found.high


@pytest.mark.parametrize("seed", range(60))
def test_the_interval_is_brookmeyers_and_crowleys(seed):
    """Statsmodels leaves out the ends; a time belongs to the interval by a test of its own."""
    said = some(seed)
    curve, wanted = kaplan_meier(gathered(said)), oracle(said)
    found = quantile(curve, 0.5)
    if any(v is None for v in curve.greenwood) or found.high is None:
        return
    low, high = wanted.quantile_ci(0.5, method="cloglog")
    assert found.low == pytest.approx(low)
    assert found.high == pytest.approx(high)


def test_the_remission_times_of_gehan():
    """E. A. Gehan 1965, Biometrika 52: 6-MP, 21 patients, as in every textbook."""
    ended = {6: 3, 7: 1, 10: 1, 13: 1, 16: 1, 22: 1, 23: 1}
    still = {6: 1, 9: 1, 10: 1, 11: 1, 17: 1, 19: 1, 20: 1, 25: 1, 32: 2, 34: 1, 35: 1}
    times = sorted({*ended, *still})
    curve = kaplan_meier({t: (ended.get(t, 0), still.get(t, 0)) for t in times})
    assert [round(one, 3) for one in curve.open] == [
        *(0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448)
    ]
    errors = [s * v**0.5 for s, v in zip(curve.open, curve.greenwood, strict=True) if v is not None]
    assert [round(one, 4) for one in errors] == [
        *(0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346)
    ]


def test_nothing_and_nothing_ended():
    empty = kaplan_meier({})
    assert (empty.n, open_after(empty, 3), quantile(empty, 0.5).value) == (0, None, None)
    waiting = kaplan_meier({5: (0, 4)})
    assert open_after(waiting, 100) == (1.0, None)
    assert quantile(waiting, 0.5).value is None
