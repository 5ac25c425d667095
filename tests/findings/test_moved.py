"""How far a number moved: the value is of the same days as its interval, whoever is looked at."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import cast

import pytest

from labelpulse.core.events import Scale
from labelpulse.findings import quality_rules
from labelpulse.findings.alarms import Alarm
from labelpulse.findings.moved import moved
from labelpulse.findings.selection import Days, Selection

DAY = date(2026, 11, 16)
FELL = Alarm(DAY, DAY + timedelta(days=9), 0.92, 0.81)
BEFORE = (DAY - timedelta(days=28), DAY - timedelta(days=1))
SINCE = (DAY, DAY + timedelta(days=9))


@dataclass(frozen=True)
class Looked:
    """A selection at which a share was one before a day, and is another since."""

    shares: tuple[float, float] = (0.93, 0.77)
    team: str | None = None
    half: float | None = 0.01
    scale: Scale = Scale.NOMINAL
    asked: list[tuple[str, Days, str | None]] = field(default_factory=list)

    def by_team(self, metric: str) -> bool:
        return metric == "gold_drift"

    def one(self, metric: str, *, days: Days, where: object) -> dict[str, object]:
        self.asked.append((metric, days, self.team))
        value = self.shares[days[0] == DAY]
        ends = (None, None) if self.half is None else (value - self.half, value + self.half)
        return {"value": value, "low": ends[0], "high": ends[1], "n": 100}


def selection(**known: object) -> tuple[Selection, Looked]:
    looked = Looked(**known)  # type: ignore[arg-type]
    return cast("Selection", looked), looked


def test_the_change_is_that_of_the_days_and_lies_in_its_interval() -> None:
    found = moved(selection()[0], "agreement_drift", FELL)
    assert found is not None
    assert found.change == "−16\xa0points"
    assert found.ends == "−17\xa0points to −15\xa0points"
    assert found.levels == "93\xa0% → 77\xa0%"
    assert found.interval[0] < found.since - found.before < found.interval[1]


@pytest.mark.parametrize(
    ("metric", "level", "team"),
    [("agreement_drift", "agreement_percent", None), ("gold_drift", "gold_accuracy", "Manila")],
)
def test_it_is_of_the_team_only_where_the_chart_is(
    metric: str, level: str, team: str | None
) -> None:
    looking, looked = selection(team="Manila")
    assert moved(looking, metric, FELL) is not None
    assert looked.asked == [(level, BEFORE, team), (level, SINCE, team)]


def test_nothing_is_made_of_what_has_no_interval_or_went_another_way() -> None:
    assert moved(selection(half=None)[0], "agreement_drift", FELL) is None
    assert moved(selection(shares=(0.8, 0.9))[0], "agreement_drift", FELL) is None
    assert moved(selection()[0], "throughput_drift", FELL) is None
    assert moved(selection()[0], "label_mix_drift", Alarm(DAY, DAY, None, None)) is None


def test_attention_tells_the_same_levels_as_the_tile() -> None:
    far = moved(selection()[0], "gold_drift", FELL)
    (found,) = quality_rules.drifted(FELL, "Accuracy", "Accuracy", moved=far)
    assert found.what == "Accuracy has fallen from 93\xa0% to 77\xa0%"
    (smoothed,) = quality_rules.drifted(FELL, "Accuracy", "Accuracy")
    assert smoothed.what == "Accuracy has fallen from 92\xa0% to 81\xa0%"
