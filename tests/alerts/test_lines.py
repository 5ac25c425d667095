"""Conditions that could never work, or say what is ignored: refused with what to write."""

from typing import Any

import pytest

from labelpulse.alerts.drafts import rule_of
from labelpulse.alerts.rules import metric_of
from labelpulse.alerts.starter import starter
from labelpulse.config import Settings
from labelpulse.core.errors import UsageError

SHARE = {"metric": "skip_rate"}
COUNT = {"metric": "annotations_submitted", "window": "1d"}
DRIFT = {"metric": "agreement_drift", "drift": True}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({**SHARE, "above": 10}, "above = 10, but skip_rate is from 0 to 1.*0.1 for 10 %"),
        ({**SHARE, "below": 80}, "below = 80, but skip_rate is from 0 to 1: write 0.8 for 80 %"),
        ({**SHARE, "above": -0.1}, "within that"),
        ({**SHARE, "above": 1}, "would never fire"),
        ({**SHARE, "below": 0}, "would never fire"),
        ({**COUNT, "below": 0}, "annotations_submitted is 0 or more, so that it would never fire"),
        ({"metric": "agreement_alpha", "below": 67}, "is from -1 to 1"),
        ({**SHARE, "window": "7d", "changed_by": 5}, "write 0.05 for 5 %"),
        (
            {"metric": "gold_accuracy", "by": ["annotator"], "worse_than_peers": 10},
            "write 0.1 for 10 %",
        ),
        (
            {**SHARE, "above": 0.1, "hysteresis": 0.2},
            "never below 0: write a hysteresis of at most 0.1",
        ),
        (
            {**SHARE, "below": 0.8, "hysteresis": 0.5},
            "never above 1: write a hysteresis of at most 0.2",
        ),
        ({**COUNT, "above": 5, "hysteresis": 6}, "a hysteresis of at most 5"),
        ({**SHARE, "below": 0.5, "above": 0.1}, "below 0.5 or above 0.1 is every number"),
        ({**SHARE, "below": 0.4, "above": 0.6, "hysteresis": 0.2}, "use a smaller hysteresis"),
        ({**DRIFT, "hysteresis": 1}, "hysteresis applies to below and above only: remove it"),
        ({**DRIFT, "window": "7d"}, "remove window"),
        ({**COUNT, "no_data": 1}, "remove window"),
    ],
)
def test_what_could_never_work_is_refused(said: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        rule_of({"name": "new", **said})


@pytest.mark.parametrize(
    "said",
    [
        {**SHARE, "above": 0.1, "hysteresis": 0.1},
        {**SHARE, "below": 0.8, "hysteresis": 0.2},
        {**SHARE, "above": 0},
        {**SHARE, "below": 1},
        {**COUNT, "below": 1, "above": 3, "hysteresis": 1},
        {"metric": "reviewer_leniency", "below": -0.05, "above": 0.05, "hysteresis": 0.01},
        {"metric": "prediction_time_saved", "window": "7d", "below": -60},
        {"metric": "agreement_alpha", "below": 0, "hysteresis": 0.1},
        {"metric": "cost_per_label", "window": "7d", "changed_by": 10},
        {**DRIFT, "min_n": 5},
    ],
)
def test_what_can_work_is_taken(said: dict[str, Any]) -> None:
    assert rule_of({"name": "new", **said}).name == "new"


@pytest.mark.parametrize("rule", starter(Settings()), ids=lambda one: one.name)
def test_starter_rules_can_work(rule: Any) -> None:
    assert metric_of(rule).name == rule.metric
