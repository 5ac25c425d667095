"""What is told of reviews: a share, none in these days, or that the source knows of none."""

from dataclasses import dataclass
from typing import Any

import pytest

from labelpulse.findings.evidence import reviewed
from labelpulse.reader import MetricQuery


@dataclass(frozen=True)
class Asked:
    """A selection whose share of reviewed answers is known for the chosen days and for all."""

    chosen: dict[str, Any] | None
    ever: float | None
    team: str | None = None

    def query(self, metric: str) -> MetricQuery:
        return MetricQuery(metric)

    def one(self, _: str, days: object = None) -> dict[str, Any] | None:
        if days is None:
            return self.chosen
        return {"value": self.ever, "n": 900} if self.team is None else {"value": 0.0, "n": 9}


@pytest.mark.parametrize(
    ("share", "ever", "value", "below"),
    [
        (0.25, 0.2, "25\xa0%", "of 40 answers"),
        (0.0, 0.2, "0\xa0%", "of 40 answers"),
        (0.0, 0.0, "0\xa0%", "the source tells no reviews"),
        (None, 0.2, "–", "no answers in this time"),
    ],
)
@pytest.mark.parametrize("team", [None, "North"])
def test_no_reviews_is_said_only_where_the_source_has_none(
    share: float | None, ever: float, value: str, below: str, team: str | None
) -> None:
    tile = reviewed(Asked({"value": share, "n": 40}, ever, team))  # type: ignore[arg-type]
    assert (tile.value, tile.below) == (value, below)
    none = reviewed(Asked(None, ever, team))  # type: ignore[arg-type]
    assert none.below == "no answers in this time"
