"""How configured rules stand now: by the whole interval, by the estimate, or not at all."""

from typing import Any

import pytest

from labelpulse.alerts.standing import standings, subject
from labelpulse.config.alerting import Alert
from labelpulse.core.errors import UsageError
from labelpulse.reader import MetricQuery, Row


def rule(**more: Any) -> Alert:
    return Alert(name="fell", metric="agreement_percent", **more)


def row(value: float | None, low: float | None, high: float | None, n: int, **keys: Any) -> Row:
    return {**keys, "value": value, "low": low, "high": high, "n": n, "note": None}


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (row(0.7, 0.6, 0.78, 90), "clearly beyond"),
        (row(0.79, 0.7, 0.86, 90), "beyond"),
        (row(0.81, 0.7, 0.9, 90), "within"),
        (row(0.2, 0.1, 0.4, 19), "too few"),
        (row(None, None, None, 0), "no data"),
    ],
)
def test_a_line_is_passed_by_the_whole_interval_or_by_the_estimate(found: Row, state: str) -> None:
    (one,) = standings([rule(below=0.80)], lambda _: [found])
    assert one.state == state
    assert one.line == "below 0.8"


def test_what_is_worst_comes_first() -> None:
    rows = [row(v, v - 0.01, v + 0.01, 90, control=c) for v, c in ((0.9, "a"), (0.5, "b"))]
    found = standings([rule(below=0.8, by=("control",))], lambda _: rows)
    assert [(one.subject, one.state) for one in found] == [("b", "clearly beyond"), ("a", "within")]


def test_a_window_ends_with_the_newest_day_that_has_data() -> None:
    asked: list[MetricQuery] = []

    def read(query: MetricQuery) -> list[Row]:
        asked.append(query)
        if query.by == ("day",):
            days = [("2026-11-20", 0.9), ("2026-11-25", None), (None, 0.8)]
            return [row(value, None, None, 30, day=day) for day, value in days]
        return [row(0.9, 0.85, 0.95, 90)]

    (one,) = standings([rule(below=0.8, window="7d")], read)
    assert (asked[-1].since, asked[-1].until) == ("2026-11-14", "2026-11-20")
    assert one.line == "below 0.8 over 7 days"


def test_drift_stands_as_its_newest_day_stands() -> None:
    rows = [row(-4.0, None, None, 30, day="2026-11-24", alarm=True, project="Ads")]
    rows += [row(-1.0, None, None, 30, day="2026-11-25", alarm=False, project="Ads")]
    watched = Alert(name="drift", metric="agreement_drift", drift=True)
    assert [one.state for one in standings([watched], lambda _: rows)] == ["within"]
    assert [one.state for one in standings([watched], lambda _: rows[:1])] == ["clearly beyond"]


def test_a_day_that_says_nothing_yet_hides_no_number() -> None:
    known = row(-4.04, None, None, 30, day="2026-11-24", alarm=True, project="Ads", limit=3.2)
    early = row(None, None, None, 4, day="2026-11-25", alarm=True, project="Ads", limit=None)
    watched = Alert(name="drift", metric="agreement_drift", drift=True)
    (one,) = standings([watched], lambda _: [known, early])
    assert (one.row, one.state) == (known, "clearly beyond")
    assert one.line == "beyond its limits of ±3.2 SD"
    (only,) = standings([watched], lambda _: [early])
    assert only.row == early


WHY = "there is no control 'mood'; there are: intent"


def test_what_cannot_be_asked_says_why() -> None:
    def refuse(_: MetricQuery) -> list[Row]:
        raise UsageError(WHY)

    (one,) = standings([rule(below=0.8, control="mood")], refuse)
    assert (one.state, one.why) == (
        "cannot be asked",
        "there is no control 'mood'; there are: intent",
    )


def test_the_subject_is_the_query_of_the_page() -> None:
    query = subject(rule(below=0.8, by=("project",), where=("team=Manila",), min_n=5), None)
    assert (query.by, query.min_n) == (("project",), 5)
    assert [one.text() for one in query.where] == ["team=Manila"]


def test_a_rule_on_its_own_history_is_not_called_kept() -> None:
    found = standings([rule(worse_than_own="28d")], lambda _: [row(0.7, 0.6, 0.8, 90)])
    assert [one.state for one in found] == ["not watched yet"]
