"""Alerts as people go through them: what fires, who looks after it, what is silenced, what is over.

Of an alert, what was said when it began is told: the same as in its messages.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from labelpulse.alerts.looking import machine_of
from labelpulse.alerts.rules import Subject, subject_of
from labelpulse.reader.alerts import silencing

if TYPE_CHECKING:
    from labelpulse.config import Alert
    from labelpulse.findings.attention import Finding
    from labelpulse.reader.alerts import Incident, Silenced, State

Place = Literal["firing", "acknowledged", "silenced", "recent"]
PLACES: Mapping[Place, str] = MappingProxyType(
    {
        "firing": "Firing",
        "acknowledged": "Acknowledged",
        "silenced": "Silenced",
        "recent": "Recent",
    }
)
"""Where an alert lies, as people read it; recent = over within the last `RECENT_DAYS`."""

RECENT_DAYS = 30

LEVELS: Mapping[str, str] = MappingProxyType(
    {
        "critical": "Critical",
        "warning": "Warning",
        "info": "For information",
    }
)
"""How urgent an alert is, as people read it, the most urgent first."""

ENDS: Mapping[str, str] = MappingProxyType(
    {
        "resolved": "back within its line",
        "unconfirmed": "not confirmed by the day's end",
        "no data": "no data came any more",
        "lost": "its data are gone, or have another name",
        "changed": "the rule was changed",
        "removed": "the rule was removed",
        "closed": "closed by hand",
    }
)
"""How an alert ended, as people read it."""


def place_of(one: "Incident", silences: Iterable["Silenced"]) -> Place:
    """Return where an alert lies."""
    if not one.open:
        return "recent"
    if silence_of(one, silences) is not None:
        return "silenced"
    return "firing" if one.acked_at is None else "acknowledged"


def silence_of(one: "Incident", silences: Iterable["Silenced"]) -> "Silenced | None":
    """Return what silences an alert; None = nothing does."""
    return silencing(silences, one.rule, one.project_id, one.subject)


def in_places(
    incidents: Iterable["Incident"], silences: Sequence["Silenced"]
) -> dict[Place, list["Incident"]]:
    """Return the alerts of each place: the most urgent first, then the newest."""
    found: dict[Place, list[Incident]] = {place: [] for place in PLACES}
    for one in incidents:
        found[place_of(one, silences)].append(one)
    order = list(LEVELS)
    for place, those in found.items():
        if place == "recent":
            those.sort(key=lambda one: -(one.ended_at or 0))
        else:
            those.sort(key=lambda one: (order.index(one.level), -one.opened_at))
    return found


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of an alert when it began.

    Attributes:
        lines: sentences: how sure, likely cause, what to do. link: to the page that plots it.
        since: ISO day, "" = not by days. items: answered since then, None = it is about no items.
        query: what it asks, as plain values.
    """

    title: str
    lines: tuple[str, ...] = ()
    link: str = ""
    metric: str = ""
    unit: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    since: str = ""
    items: int | None = None
    query: Mapping[str, Any] = field(default_factory=dict)


def told_of(one: "Incident") -> Told:
    """Return what was said of an alert; of one that nothing was said of, its rule and subject."""
    said = {key: value for key, value in one.evidence.items() if key in Told.__slots__}
    subject = subject_of(one.keys).words
    title = " · ".join(part for part in (one.rule, subject) if part)
    return Told(**{"title": title, **said, "lines": tuple(said.get("lines", ()))})


_WHOLE = frozenset({"project", "control", "source", "stage"})
"""Keys of subjects that a finding can be about: others are of parts of its work."""


def not_told(
    findings: Iterable["Finding"],
    incidents: Sequence["Incident"],
    project: int,
    control: str | None,
) -> "list[Finding]":
    """Return the findings on a project that no open alert tells: the same trouble is told once.

    Args:
        control: the question that findings on quality are about.
    """
    every = [(one, dict(subject_of(one.keys).keys)) for one in incidents]
    told = {
        (told_of(one).metric, keys.get("stage"))
        for one, keys in every
        if one.open
        and one.project_id in (project, None)
        and keys.keys() <= _WHOLE
        and keys.get("control") in (control, None)
    }
    return [one for one in findings if not _leads(told, one)]


def _leads(told: set[tuple[str, str | None]], one: "Finding") -> bool:
    stage = None if one.items is None else one.items.stage
    return bool(one.metric) and (one.metric, stage) in told


@dataclass(frozen=True, slots=True)
class Pending:
    """A subject beyond its line for fewer periods than its rule waits.

    Attributes:
        beyond: periods in a row beyond it. since: ordinal of the first of them.
    """

    rule: "Alert"
    subject: Subject
    project_id: int | None
    beyond: int
    since: int


def pending(states: Iterable["State"], rules: Iterable["Alert"]) -> list[Pending]:
    """Return what will fire if it goes on; of rules that are no longer in force, nothing."""
    known = {one.name: one for one in rules}
    found = []
    for state in states:
        if state.status == "pending" and state.rule in known:
            at, subject = machine_of(state), subject_of(state.keys)
            waits = known[state.rule], subject, state.project_id
            found.append(Pending(*waits, at.beyond, at.since))
    return sorted(found, key=lambda one: (one.since, one.rule.name, one.subject.words))
