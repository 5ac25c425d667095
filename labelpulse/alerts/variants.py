"""How often a rule would have fired had it waited for longer, or gone on firing for longer."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelpulse.alerts.backtest import Backtest, spells
from labelpulse.alerts.walk import walk

if TYPE_CHECKING:
    from labelpulse.config import Alert

PERIODS = (1, 2, 3, 5)
KEEPS = (0, 2, 5)
"""What `for` and `keep_firing` are tried with, beside what the rule says."""


@dataclass(frozen=True, slots=True)
class Variant:
    """The same rule with other patience: how often it would have fired on the days of a test."""

    periods: int
    keep_firing: int
    fired: int


def by_periods(tested: Backtest) -> list[Variant]:
    """Return how often a rule would have fired by how many periods it waits."""
    rule = tested.rule
    tried = sorted({*PERIODS, rule.periods})
    return [_tried(tested, one, rule.keep_firing) for one in tried]


def by_keep(tested: Backtest) -> list[Variant]:
    """Return how often a rule would have fired by how long it goes on firing."""
    rule = tested.rule
    tried = sorted({*KEEPS, rule.keep_firing})
    return [_tried(tested, rule.periods, one) for one in tried]


def _tried(tested: Backtest, periods: int, keep_firing: int) -> Variant:
    first, last = tested.days
    rule: Alert = tested.rule.model_copy(update={"periods": periods, "keep_firing": keep_firing})
    found = spells(rule, walk(rule, tested.series, {}, whole=True))
    fired = sum(one.last >= first and one.first <= last for one in found)
    return Variant(periods, keep_firing, fired)
