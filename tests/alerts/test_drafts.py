"""Rules that are made on a page: defaults that hold, words of what does not, and their TOML."""

import tomllib
from typing import Any

import pytest

from labelpulse.alerts.drafts import (
    KINDS,
    keys_of,
    kind_of,
    kinds_of,
    rule_of,
    said_of,
    toml,
    usual,
    watchable,
)
from labelpulse.alerts.rules import condition
from labelpulse.alerts.starter import starter
from labelpulse.config import Settings
from labelpulse.core.errors import UsageError


@pytest.mark.parametrize("metric", watchable())
def test_every_kind_that_is_offered_makes_a_rule(metric: str) -> None:
    for kind in kinds_of(metric, keys_of(metric)):
        rule = rule_of({"name": "new", **usual(metric, kind)})
        assert kind_of(rule) == kind
        assert condition(rule)


@pytest.mark.parametrize(
    ("metric", "offered"),
    [
        ("finish_date", ["late"]),
        ("agreement_drift", ["drift"]),
        ("skip_rate", ["above", "below", "own", "changed"]),
        ("label_share", ["below", "above", "changed"]),
        ("annotations_submitted", ["below", "above", "own", "changed", "silent"]),
    ],
)
def test_kinds_that_make_no_sense_are_not_offered(metric: str, offered: list[str]) -> None:
    assert kinds_of(metric) == offered
    assert set(offered) <= set(KINDS)


def test_peers_are_offered_where_a_rule_is_about_people() -> None:
    assert "peers" not in kinds_of("gold_accuracy", ["control"])
    assert "peers" in kinds_of("gold_accuracy", ["control", "annotator"])


@pytest.mark.parametrize("rule", starter(Settings()), ids=lambda one: one.name)
def test_a_rule_survives_the_way_through_the_configuration(rule: Any) -> None:
    assert rule_of(said_of(rule)) == rule
    (read,) = tomllib.loads(toml(rule))["alerts"]
    assert rule_of(read) == rule


def test_a_name_with_quotes_and_a_long_past_are_written_as_they_are() -> None:
    rule = rule_of(
        {"name": 'so "bad" \\ é', "metric": "skip_rate", "worse_than_own": "3d", "window": "2d"}
    )
    assert 'worse_than_own = "3d"' in toml(rule)
    assert rule_of(tomllib.loads(toml(rule))["alerts"][0]) == rule


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"metric": "skip_rate"}, "needs one condition"),
        ({"metric": "skip_rate", "above": 0.1, "for": 0}, "for"),
        ({"metric": "skip_rat", "above": 0.1}, "did you mean skip_rate"),
        (
            {"metric": "skip_rate", "above": 0.1, "window": "soon"},
            "window must be a duration above",
        ),
        ({"metric": "skip_rate", "drift": True}, "has no control chart"),
        ({"metric": "skip_rate", "worse_than_peers": 0.1}, "by must name annotator"),
        ({"metric": "skip_rate", "above": 0.1, "by": ["day"]}, "leave day out of by"),
        ({"metric": "skip_rate", "above": 0.1, "factor": 2}, "set worse_than_own"),
        ({"metric": "skip_rate", "above": 0.1, "name": ""}, "name"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(said: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        rule_of({"name": "new", **said})


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"metric": "skip_rate", "above": 0.1, "window": "14d"}, "above 10 % over 14 days"),
        ({"metric": "skip_rate", "above": 0.125}, "above 12.5 %"),
        ({"metric": "agreement_percent", "below": 0.29}, "below 29 %"),
        ({"metric": "source_lag", "above": 900}, "above 15 min"),
        ({"metric": "reconciliation_gap", "below": 0, "above": 0}, "below 0 or above 0"),
        ({"metric": "stage_age_p85", "worse_than_own": "28d", "factor": 2}, "2 times worse than"),
        ({"metric": "annotations_submitted", "no_data": 1}, "no work on 1 working day"),
    ],
)
def test_a_condition_reads_in_the_unit_of_its_metric(said: dict[str, Any], told: str) -> None:
    found = condition(rule_of({"name": "new", **said}))
    assert found.replace("\N{NO-BREAK SPACE}", " ").startswith(told)
