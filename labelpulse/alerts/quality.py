"""How good alerts were: how many were true, and how fast people and numbers came back. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from labelpulse.core.days import SECOND

if TYPE_CHECKING:
    from labelpulse.reader.alerts import Incident

FEW = 3
"""Alerts of a rule below which nothing is advised: two of them may be chance."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What became of the alerts of one rule, or of all together.

    Attributes:
        rule: its name, "" = all. fired: alerts that began; true, false: as people judged them;
            unjudged: the others.
        unconfirmed: fired during a day whose end did not confirm it.
        acknowledged_s, cleared_s: medians, in seconds from the beginning to the acknowledgement and
            to the number's own return within its line; None = there is none.
    """

    rule: str
    fired: int
    true: int
    false: int
    unjudged: int
    unconfirmed: int
    acknowledged_s: float | None
    cleared_s: float | None

    @property
    def precision(self) -> float | None:
        """The share of true ones among those that were judged; None = none was."""
        judged = self.true + self.false
        return self.true / judged if judged else None


def quality(incidents: Iterable["Incident"], since: int) -> list[Quality]:
    """Return what became of the alerts of each rule, those that fired most often first.

    Args:
        since: microseconds UTC; alerts that began before are left out.
    """
    by_rule: dict[str, list[Incident]] = {}
    for one in incidents:
        if one.opened_at >= since:
            by_rule.setdefault(one.rule, []).append(one)
    found = [_of(rule, those) for rule, those in by_rule.items()]
    return sorted(found, key=lambda one: (-one.fired, one.rule))


def together(incidents: Iterable["Incident"], since: int) -> Quality:
    """Return what became of the alerts of all rules."""
    return _of("", [one for one in incidents if one.opened_at >= since])


def _of(rule: str, incidents: Sequence["Incident"]) -> Quality:
    verdicts = Counter(one.verdict for one in incidents)
    return Quality(
        rule=rule,
        fired=len(incidents),
        true=verdicts["true"],
        false=verdicts["false"],
        unjudged=verdicts[None],
        unconfirmed=sum(one.ended_by == "unconfirmed" for one in incidents),
        acknowledged_s=_median(one.acked_at - one.opened_at for one in incidents if one.acked_at),
        cleared_s=_median(
            one.ended_at - one.opened_at
            for one in incidents
            if one.ended_at and one.ended_by == "resolved"
        ),
    )


def _median(times_us: Iterable[int]) -> float | None:
    known = list(times_us)
    return median(known) / SECOND if known else None


def advice(one: Quality) -> str:
    """Return what to change of a rule by what became of its alerts; "" = nothing is plain."""
    if one.fired < FEW:
        return ""
    if 2 * one.unconfirmed > one.fired:
        return "Most were over by the day's end: raise for."
    if one.false > one.true and one.false >= FEW:
        return "Most were false: raise for, or move the line."
    if one.unjudged == one.fired:
        return "Nobody said whether they were true."
    return ""
