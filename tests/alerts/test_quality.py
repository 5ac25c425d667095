"""What became of alerts, against numbers worked out by hand."""

from typing import Any

import pytest

from labelpulse.alerts.quality import Quality, advice, quality, together
from tests.alerts.kept_alerts import DAY, HOUR, incident

KEPT = [
    incident(1, DAY, rule="a", verdict="true", acked_at=DAY + HOUR),
    incident(2, 2 * DAY, rule="a", verdict="false", acked_at=2 * DAY + 3 * HOUR),
    incident(
        3, 3 * DAY, rule="a", verdict="false", ended_by="unconfirmed", ended_at=3 * DAY + HOUR
    ),
    incident(4, 4 * DAY, rule="a", ended_by="resolved", ended_at=6 * DAY),
    incident(
        5, 5 * DAY, rule="a", ended_by="resolved", ended_at=9 * DAY, acked_at=5 * DAY + 8 * HOUR
    ),
    incident(6, 5 * DAY, rule="b", ended_by="closed", ended_at=6 * DAY),
    incident(7, DAY - 1, rule="b", verdict="true"),
]


def test_alerts_are_counted_by_rule_and_medians_taken() -> None:
    first, second = quality(KEPT, DAY)
    assert first == Quality("a", 5, 1, 2, 2, 1, 3 * 3600, 3 * 86_400)
    assert second == Quality("b", 1, 0, 0, 1, 0, None, None), "what was closed has not cleared"
    whole = together(KEPT, DAY)
    assert (whole.fired, whole.true, whole.false, whole.unjudged) == (6, 1, 2, 3)


def test_precision_is_of_the_judged_alone() -> None:
    first, second = quality(KEPT, DAY)
    assert first.precision == pytest.approx(1 / 3)
    assert second.precision is None, "nobody judged any: that is no 0 %"


@pytest.mark.parametrize(
    ("counts", "begins"),
    [
        ({"fired": 2, "false": 2}, ""),
        ({"fired": 6, "true": 2, "false": 4}, "Most were false"),
        ({"fired": 6, "true": 3, "false": 3}, ""),
        ({"fired": 5, "unjudged": 5}, "Nobody said"),
        ({"fired": 5, "unjudged": 5, "unconfirmed": 3}, "Most were over by the day's end"),
    ],
)
def test_advice_needs_enough_alerts(counts: dict[str, Any], begins: str) -> None:
    none = {"true": 0, "false": 0, "unjudged": 0, "unconfirmed": 0}
    told = advice(Quality(rule="a", acknowledged_s=None, cleared_s=None, **{**none, **counts}))
    assert told.startswith(begins) if begins else told == ""
