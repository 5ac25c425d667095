"""Starter rules let a calm project alone and name what is planted; docs/validation.md has more."""

from benchmarks.simulators.calm_project import Trouble
from benchmarks.simulators.rule_runs import find_firings, starter_rules
from labelpulse.alerts.observe import sampled

BY_DAY = [one for one in starter_rules() if not sampled(one)]
FROM = 60
PLANTED = Trouble(FROM, agreement=0.79, pace=0.5, skips=3)
NAMES = {"agreement left its band", "pace left its band", "many skips"}


def test_a_calm_project_is_let_alone() -> None:
    """Its newcomers raise the pace beyond its band, and its first days tell of hardly any skips."""
    assert find_firings(0, BY_DAY) == []


def test_each_trouble_is_named_and_only_then() -> None:
    found = find_firings(9, BY_DAY, PLANTED)
    assert {one.rule for one in found} == NAMES
    assert min(one.day for one in found) >= FROM
    first = {name: min(one.day for one in found if one.rule == name) for name in NAMES}
    assert max(first.values()) <= FROM + 14
