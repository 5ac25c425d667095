"""Incidents that are open, and how urgent each is."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labelpulse.alerts.machine import Judged
from labelpulse.alerts.rules import Subject

if TYPE_CHECKING:
    from labelpulse.config import Alert


@dataclass(slots=True)
class Live:
    """An incident that is open, as this cycle leaves it; 0 told = nobody knows of it yet.

    Attributes:
        ended: why it ended in this cycle; "" = it is open. began: in this cycle. day: ordinal of
            its newest number; 0 = nothing came in.
    """

    id: int
    rule: "Alert"
    subject: Subject
    project_id: int | None
    level: str
    told: int
    told_at: int | None
    acked: bool
    evidence: dict[str, Any] = field(default_factory=dict)
    ended: str = ""
    began: bool = False
    day: int = 0


def level_of(rule: "Alert", judged: Judged | None) -> str:
    """Return how urgent a subject is: critical only where the whole interval is beyond the line."""
    clear = judged is not None and judged.clear
    return rule.severity if clear or rule.severity != "critical" else "warning"


def urgency(level: str) -> int:
    """Return the place of a level: what is more urgent has the greater one."""
    return ("info", "warning", "critical").index(level)
