"""The starter rules: all can be asked, and each has an owner; a short past is no past."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.simulators.rule_runs import SOURCE, starter_rules
from labelpulse.alerts.rules import condition, metric_of
from labelpulse.core.events import Status
from tests.alerts.site import Site, settings_of
from tests.reader.world import Say, at, engine_at

SKIPS = {"name": "skips", "metric": "skip_rate", "by": ("project",), "window": "1d", "min_n": 50}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    rule = {**SKIPS, "worse_than_own": "28d", "factor": 2}
    found = Site(engine_at(tmp_path), settings_of(tmp_path, rule))
    yield found
    found.engine.dispose()


def said(day: int, skips: int) -> list[Say]:
    """A hundred items of a day, of which so many are skipped."""
    return [
        Say(f"d{day}i{n}", "ann", None, at(day, n), Status.SKIPPED)
        if n < skips
        else Say(f"d{day}i{n}", "ann", "a", at(day, n))
        for n in range(100)
    ]


@pytest.mark.parametrize(("known", "fires"), [(6, False), (7, True)])
def test_a_past_of_a_few_days_is_none(site: Site, known: int, fires: bool) -> None:
    """One day in four of 28 must have data."""
    for day in range(known):
        site.day(day, said(day, 3))
    site.day(known, said(known, 40))
    site.night(known)
    (found,) = site.standing()
    assert found.fires == fires


def test_every_rule_can_be_asked_and_belongs_to_somebody() -> None:
    rules = starter_rules()
    assert len({one.name for one in rules}) == len(rules)
    for one in rules:
        assert metric_of(one).name == one.metric
        assert one.owner
        assert condition(one)
        assert not one.project, "they are for any project"


def test_a_new_warehouse_is_no_trouble(tmp_path: Path) -> None:
    found = Site(engine_at(tmp_path), settings_of(tmp_path, sources=[SOURCE]))
    found.settings = found.settings.model_copy(update={"alerts": starter_rules()})
    assert {one.state for one in found.standing()} == {"nodata"}, "no source was read yet"
    found.day(0, said(0, 3))
    found.cycle()
    assert not [one.rule.name for one in found.standing() if one.state == "error"]
    assert not found.incidents()
    found.engine.dispose()
