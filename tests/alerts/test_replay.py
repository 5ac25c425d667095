"""A back-test tells, event for event, what the same days did live (bar A5)."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from labelpulse.alerts.backtest import backtest
from labelpulse.config import Alert
from labelpulse.core.events import Status
from tests.alerts.site import Site, pairs, settings_of
from tests.reader.world import HIDDEN, Say, at

DAYS = 90
FELL = {"name": "fell", "metric": "agreement_percent", "by": ("project", "control")}
RULES: tuple[dict[str, Any], ...] = (
    {**FELL, "name": "bare", "window": "1d", "below": 0.8},
    {**FELL, "name": "patient", "window": "1d", "below": 0.8, "for": 3, "keep_firing": 5},
    {**FELL, "name": "week", "window": "7d", "below": 0.8, "hysteresis": 0.02, "for": 2},
    {**FELL, "name": "own past", "window": "3d", "worse_than_own": "28d"},
    {**FELL, "name": "changed", "window": "7d", "changed_by": 0.05},
    {"name": "drift", "metric": "agreement_drift", "by": ("control",), "drift": True},
    {"name": "idle", "metric": "annotations_submitted", "by": ("project",), "no_data": 1},
    {"name": "skips", "metric": "skip_rate", "by": ("annotator",), "window": "7d", "above": 0.1},
)


def share(day: int) -> float:
    """Agreement of a day: it falls twice, once for a short time."""
    return 0.7 if 30 <= day < 45 or 60 <= day < 63 else 0.85


def said(day: int) -> list[Say]:
    """What is said on a day; nothing at week-ends and on two working days."""
    if (at(day) // 86_400_000_000) % 7 in (2, 3) or day in (50, 51):
        return []
    rng = share(day)
    skips = 12 if 70 <= day < 80 else 2
    says = pairs(day, rng, seed=5)
    return says + [
        Say(f"s{day}n{n}", "ann", None, at(day, n), status=Status.SKIPPED) for n in range(skips)
    ]


def spells(site: Site) -> set[tuple[str, str, int, int | None]]:
    """(rule, subject, day on which it fired, day on which it was over) of all incidents."""
    return {(one.rule, one.subject, one.fired_day, one.ended_day) for one in site.incidents()}


def test_a_backtest_is_a_live_replay(engine: Engine, tmp_path: Path) -> None:
    site = Site(engine, settings_of(tmp_path, *RULES))
    for day in range(DAYS):
        if says := said(day):
            site.day(day, says)
        site.night(day)
        site.cycle()
    live = spells(site)
    told = set()
    for rule in RULES:
        found = backtest(engine, site.settings, HIDDEN, Alert.model_validate(rule), site.now)
        told |= {(rule["name"], one.subject.digest, one.first, one.over) for one in found.fired}
    assert live == told
    assert {rule for rule, *_ in live} == {rule["name"] for rule in RULES}
    assert sum(rule == "bare" for rule, *_ in live) > sum(rule == "patient" for rule, *_ in live)


GAPS: tuple[dict[str, Any], ...] = (
    {"name": "patient", "metric": "skip_rate", "by": ("annotator",), "for": 2, "min_n": 1},
    {"name": "at once", "metric": "skip_rate", "by": ("annotator",), "min_n": 1},
    {"name": "idle", "metric": "annotations_submitted", "by": ("project",), "no_data": 2},
)


def rare(day: int) -> list[Say]:
    """What bob says daily, ann on three Mondays, two days and two more; then a pause for all."""
    says = []
    if day < 45 or day >= 90:
        says = [Say(f"d{day}n{n}", "bob", "a", at(day, n)) for n in range(30)]
    if day in (0, 7, 14, 40, 41, 98, 99):
        says += [Say(f"s{day}n{n}", "ann", None, at(day), status=Status.SKIPPED) for n in range(9)]
        says += [Say(f"t{day}n{n}", "ann", "a", at(day, n)) for n in range(9)]
    return says


def test_people_who_work_now_and_then_are_followed(engine: Engine, tmp_path: Path) -> None:
    """Days between which others work count in a row; after four weeks without any all is new."""
    rules = [one if "no_data" in one else {**one, "window": "1d", "above": 0.1} for one in GAPS]
    site = Site(engine, settings_of(tmp_path, *rules))
    for day in range(100):
        if says := rare(day):
            site.day(day, says)
        site.night(day)
        site.cycle()
    first = datetime.fromtimestamp(at(0) / 1_000_000, UTC).toordinal()
    live = {
        (rule, fired - first, None if over is None else over - first)
        for rule, _, fired, over in spells(site)
    }
    assert live == {
        *(("at once", 0, 70), ("at once", 98, None)),
        *(("patient", 7, 70), ("patient", 99, None)),
        ("idle", 46, 73),
    }
    told = set()
    for rule in rules:
        asked = (engine, site.settings, HIDDEN, Alert.model_validate(rule), site.now)
        found = backtest(*asked, since=first).fired
        told |= {(rule["name"], one.subject.digest, one.first, one.over) for one in found}
    assert told == spells(site)


@pytest.mark.parametrize("looks", [1, 4])
def test_looks_within_a_day_change_no_confirmed_spell(
    engine: Engine, tmp_path: Path, looks: int
) -> None:
    """Polls in the middle of days may raise an alarm early; what stands is the same."""
    rules = [one for one in RULES if one["name"] in ("bare", "patient", "week")]
    site = Site(engine, settings_of(tmp_path, *rules))
    for day in range(25, 50):
        says = said(day)
        step = max(1, len(says) // looks)
        for first in range(0, len(says), step):
            site.day(day, says[first : first + step])
            site.cycle()
        site.night(day)
        site.cycle()
    confirmed = [one for one in site.incidents() if one.ended_by != "unconfirmed"]
    live = {(one.rule, one.fired_day, one.ended_day) for one in confirmed}
    told = set()
    for rule in rules:
        found = backtest(engine, site.settings, HIDDEN, Alert.model_validate(rule), site.now)
        told |= {(rule["name"], one.first, one.over) for one in found.fired}
    assert live == told
    assert live
