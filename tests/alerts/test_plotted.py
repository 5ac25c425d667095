"""The lines that numbers are held to: beyond a line as drawn is beyond it as judged."""

from typing import Any

import pytest

from labelpulse.alerts.backtest import Backtest
from labelpulse.alerts.conditions import Period, judge
from labelpulse.alerts.plotted import first_day, lines, narrowed, of_subject, points, unit_of
from labelpulse.alerts.variants import by_keep, by_periods
from labelpulse.config import Alert
from labelpulse.reader import Row
from tests.alerts.kept_alerts import subject


def rule(metric: str = "agreement_percent", **more: Any) -> Alert:
    return Alert.model_validate({"name": "fell", "metric": metric, **more})


def row(value: float | None, n: int = 90, **more: Any) -> Row:
    return {"value": value, "low": None, "high": None, "n": n, "note": None, **more}


RULES = {
    "below": (rule(below=0.8), None),
    "above": (rule("skip_rate", above=0.1), None),
    "both": (rule("reconciliation_gap", below=-1, above=1), None),
    "drift": (rule("agreement_drift", drift=True), None),
    "drift low": (rule("throughput_drift", drift="low"), None),
    "drift high": (rule("time_spent_drift", drift="high"), None),
    "own lower": (rule("throughput_rate", worse_than_own="28d", factor=1.25), row(0.8)),
    "own higher": (rule("skip_rate", worse_than_own="28d", factor=2), row(0.1)),
    "changed": (rule("label_share", changed_by=0.1), row(0.5)),
    "peers": (rule("gold_accuracy", by=["annotator"], worse_than_peers=0.1), row(0.9)),
    "late": (rule("finish_date", late=True), None),
}


@pytest.mark.parametrize("name", RULES)
def test_beyond_the_drawn_line_is_beyond_for_the_rule(name: str) -> None:
    asked, against = RULES[name]
    floor, ceiling = lines(asked, Period(9, row(0.0, limit=3.2), against))
    assert (floor, ceiling) != (None, None)
    for line, turn in ((floor, -1), (ceiling, 1)):
        if line is None:
            continue
        for beyond in (False, True):
            value = line + turn * (1e-6 if beyond else -1e-6)
            alarm: dict[str, Any] = {"limit": 3.2, "alarm": abs(value) > 3.2} if asked.drift else {}
            judged = judge(asked, Period(9, row(value, **alarm), against))
            assert (judged.verdict == "beyond") == beyond, (line, value)


def test_without_a_past_there_is_no_line() -> None:
    assert lines(rule(worse_than_own="28d"), Period(9, row(0.7))) == (None, None)
    assert lines(rule("agreement_drift", drift=True), Period(9, row(0.7))) == (None, None)


def test_days_without_a_number_are_not_drawn() -> None:
    periods = [Period(1, row(0.9)), Period(2, None), Period(3, row(None)), Period(4, row(0.7))]
    assert [one.value for one in points(rule(below=0.8), periods)] == [0.9, 0.7]


def test_a_picture_is_of_the_subject_alone_and_begins_well_before() -> None:
    one, other = subject("Ads", control="a"), subject("Ads", control="b")
    series = {one: [Period(1, None)], other: []}
    assert of_subject(series, one.digest) == [Period(1, None)]
    assert of_subject(series, "gone") == ()
    assert narrowed(rule(below=0.8), one).project == "Ads"
    assert narrowed(rule(below=0.8, project="All"), one).project == "All"
    assert first_day(0, 1000, rule(below=0.8)) == 910
    assert first_day(800, 1000, rule(below=0.8, window="60d")) == 740
    assert unit_of(rule("finish_date", late=True)) == "days"


def test_waiting_for_longer_fires_less_and_going_on_for_longer_too() -> None:
    below = [0, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 0, 1]
    periods = [Period(100 + n, row(0.7 if one else 0.9)) for n, one in enumerate(below)]
    tested = Backtest(rule(below=0.8), (100, 112), [], {subject(): periods})
    assert [(one.periods, one.fired) for one in by_periods(tested)] == [
        (1, 4),
        (2, 2),
        (3, 1),
        (5, 0),
    ]
    assert [(one.keep_firing, one.fired) for one in by_keep(tested)] == [(0, 4), (2, 2), (5, 1)]
    late = Backtest(rule(below=0.8), (108, 112), [], {subject(): periods})
    assert [one.fired for one in by_periods(late)] == [2, 1, 1, 0], "only on the days of the test"
