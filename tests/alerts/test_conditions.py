"""Numbers against lines: by estimate and interval, against the past, the others, all at once."""

from typing import Any

import pytest

from labelpulse.alerts.conditions import Period, judge, others_of, together
from labelpulse.alerts.live import level_of
from labelpulse.alerts.machine import Judged
from labelpulse.config import Alert
from labelpulse.core.errors import UsageError
from labelpulse.reader import Row
from labelpulse.stats.intervals import wilson


def rule(**more: Any) -> Alert:
    return Alert.model_validate({"name": "fell", "metric": "agreement_percent", **more})


def row(
    value: float | None,
    low: float | None = None,
    high: float | None = None,
    n: int = 90,
    **more: Any,
) -> Row:
    return {"value": value, "low": low, "high": high, "n": n, "note": None, **more}


def share(hits: int, n: int) -> Row:
    low, high = wilson(hits, n)
    return row(hits / n, low, high, n)


def verdict(found: Judged) -> tuple[str, bool]:
    return found.verdict, found.clear


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (row(0.7, 0.6, 0.78), ("beyond", True)),
        (row(0.79, 0.7, 0.86), ("beyond", False)),
        (row(0.80, 0.7, 0.86), ("between", False)),
        (row(0.83, 0.7, 0.86), ("within", False)),
        (row(0.9, 0.85, 0.95), ("within", True)),
        (row(0.7), ("beyond", False)),  # too little for an interval
        (row(0.2, 0.1, 0.4, 19), ("unknown", False)),
        (row(None, n=0), ("unknown", False)),
    ],
)
def test_below_a_line(found: Row, told: tuple[str, bool]) -> None:
    assert verdict(judge(rule(below=0.8, hysteresis=0.02), Period(1, found))) == told


def test_between_two_lines() -> None:
    both = rule(below=0.2, above=0.8)
    seen = [judge(both, Period(1, row(v, v - 0.05, v + 0.05))) for v in (0.1, 0.5, 0.9, 0.22)]
    assert [verdict(one) for one in seen] == [
        ("beyond", True),
        ("within", True),
        ("beyond", True),
        ("within", False),
    ]


def test_critical_needs_the_whole_interval() -> None:
    watched = rule(below=0.8, severity="critical")
    sure = judge(watched, Period(1, row(0.7, 0.6, 0.78)))
    unsure = judge(watched, Period(1, row(0.79, 0.7, 0.86)))
    assert [level_of(watched, one) for one in (sure, unsure)] == ["critical", "warning"]
    mild = rule(below=0.8, severity="info")
    assert [level_of(mild, one) for one in (sure, unsure)] == ["info", "info"]


def test_min_n_is_the_rules_own_or_the_metrics() -> None:
    few = Period(1, row(0.2, 0.1, 0.3, 19))
    assert judge(rule(below=0.8), few).verdict == "unknown"
    assert judge(rule(below=0.8, min_n=5), few).verdict == "beyond"


@pytest.mark.parametrize(
    ("lines", "value", "told"),
    [
        ({"below": 10}, 3, ("beyond", False)),
        ({"below": 10}, 12, ("within", True)),
        ({"above": 10}, 12, ("beyond", True)),
        ({"above": 10}, 3, ("within", False)),
    ],
)
def test_a_count_only_grows_while_a_day_lasts(
    lines: dict[str, float], value: int, told: tuple[str, bool]
) -> None:
    watched = rule(metric="annotations_submitted", **lines)
    assert verdict(judge(watched, Period(1, row(value, n=value), open=True))) == told
    assert judge(watched, Period(1, row(value, n=value))).clear


def test_drift_is_the_charts_own_alarm() -> None:
    watched = rule(metric="agreement_drift", drift=True)
    on = row(-4.0, n=30, alarm=True, limit=3.2)
    off = row(-4.0, n=30, alarm=False, limit=3.2)
    assert verdict(judge(watched, Period(1, on))) == ("beyond", True)
    assert verdict(judge(watched, Period(1, off))) == ("within", True)
    assert judge(watched, Period(1, on, open=True)).clear is False
    assert judge(watched, Period(1, on)).p == pytest.approx(6.334e-5, rel=1e-3)


@pytest.mark.parametrize(
    ("side", "score", "told"),
    [
        ("low", -4.0, "beyond"),
        ("low", 4.0, "within"),
        ("high", 4.0, "beyond"),
        ("high", -4.0, "within"),
    ],
)
def test_drift_to_one_side(side: str, score: float, told: str) -> None:
    watched = rule(metric="throughput_drift", drift=side)
    found = row(score, n=1, alarm=True, limit=3.5, baseline=100.0)
    assert verdict(judge(watched, Period(1, found))) == (told, True)


def test_an_alarm_of_the_other_side_that_swings_over_begins_nothing() -> None:
    watched = rule(metric="throughput_drift", drift="low")
    found = row(-0.4, n=1, alarm=True, limit=3.5, baseline=100.0)
    assert verdict(judge(watched, Period(1, found))) == ("between", False)


def test_a_chart_is_not_judged_by_a_day_of_little() -> None:
    """Where days are counted, by what is usual on such a day."""
    mix = rule(metric="label_mix_drift", drift=True, min_n=100)
    pace = rule(metric="throughput_drift", drift="low", min_n=20)
    for watched, n, usual in ((mix, 99, 0.3), (pace, 1, 19.5)):
        found = row(-9.0, n=n, alarm=True, limit=3.5, baseline=usual)
        assert judge(watched, Period(1, found)).verdict == "unknown"
    for watched, n, usual in ((mix, 100, 0.3), (pace, 1, 20.0)):
        found = row(-9.0, n=n, alarm=True, limit=3.5, baseline=usual)
        assert judge(watched, Period(1, found)).verdict == "beyond"


def test_worse_than_its_own_past_needs_the_interval_of_the_difference() -> None:
    watched = rule(worse_than_own="28d")
    past = share(850, 1000)
    for now, told in ((share(70, 100), "beyond"), (share(80, 100), "within")):
        assert judge(watched, Period(1, now, past)).verdict == told
    better = judge(watched, Period(1, share(99, 100), past))
    assert verdict(better) == ("within", True)
    assert judge(watched, Period(1, share(70, 100))).verdict == "unknown"  # no past yet
    assert judge(watched, Period(1, share(70, 100), share(9, 10))).verdict == "unknown"  # too short


def test_many_times_worse() -> None:
    watched = rule(metric="skip_rate", worse_than_own="28d", factor=2, min_n=50)
    past = share(50, 1000)
    seen = [judge(watched, Period(1, share(k, 100), past)).verdict for k in (9, 12, 30)]
    assert seen == ["within", "between", "beyond"]


def test_a_change_either_way() -> None:
    watched = rule(changed_by=0.05)
    before = share(800, 1000)
    seen = [judge(watched, Period(1, share(k, 1000), before)).verdict for k in (900, 700, 830, 760)]
    assert seen == ["beyond", "beyond", "within", "within"]


def test_what_is_neither_better_nor_worse_is_refused() -> None:
    watched = rule(metric="label_count", worse_than_own="28d")
    with pytest.raises(UsageError, match="neither better nor worse"):
        judge(watched, Period(1, row(5.0, 4.0, 6.0), row(9.0, 8.0, 10.0)))


def test_a_person_against_all_the_others() -> None:
    watched = rule(metric="gold_accuracy", by=("annotator",), worse_than_peers=0.1)
    whole = share(900, 1000)
    seen = []
    for hits in (50, 75, 88):
        own = share(hits, 100)
        seen.append(judge(watched, Period(1, own, others_of(own, whole))).verdict)
    assert seen == ["beyond", "within", "within"]


def test_nobody_is_held_against_nobody() -> None:
    assert others_of(share(5, 10), share(5, 10)) is None


def late(days: float, early: float) -> Judged:
    watched = rule(metric="finish_date", late=True)
    return judge(watched, Period(1, row(days, early, None, 30)))


def test_a_forecast_past_its_deadline() -> None:
    assert [verdict(late(*one)) for one in ((9, 2), (9, -3), (-1, -9))] == [
        ("beyond", True),
        ("beyond", False),
        ("within", True),
    ]


@pytest.mark.parametrize(
    ("made", "usual", "open_", "told"),
    [
        (0, 40, False, "beyond"),
        (0, 19, False, "unknown"),
        (0, None, False, "unknown"),
        (0, 40, True, "unknown"),
        (3, 40, True, "within"),
    ],
)
def test_nobody_works(made: int, usual: float | None, open_: bool, told: str) -> None:
    watched = rule(metric="annotations_submitted", no_data=1)
    against = None if usual is None else row(usual, n=4)
    found = judge(watched, Period(1, row(made, n=made) if made else None, against, open=open_))
    assert found.verdict == told


def scored(p: float | None) -> Judged:
    return Judged(1, "within" if p is None else "beyond", p is not None, p=p)


def test_many_subjects_are_judged_together() -> None:
    """Benjamini and Hochberg 1995: the fifteen p-values of their example, at a share of 10 %."""
    chances = (
        *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
        *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
    )
    found = together({str(at): scored(p) for at, p in enumerate(chances)})
    kept = [int(key) for key, one in found.items() if one.verdict == "beyond"]
    assert kept == list(range(9))  # .0459 <= .1 * 9/15


def test_those_that_are_within_count_among_the_many() -> None:
    alone = {"a": scored(0.03), "b": scored(None)}
    assert together(alone)["a"].verdict == "beyond"
    many = {"a": scored(0.03)} | {str(at): scored(None) for at in range(9)}
    assert together(many)["a"].verdict == "between"
    assert together(many, firing=["a"])["a"].verdict == "beyond"
