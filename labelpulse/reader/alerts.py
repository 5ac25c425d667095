"""Alerts as they were kept: rules made on a page, states, incidents, silences."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, select

from labelpulse import schema
from labelpulse.reader.query import Row as Numbers
from labelpulse.warehouse import bulk
from labelpulse.warehouse.alerts import StateRow
from labelpulse.warehouse.engine import snapshot

_incident, _silence = schema.alert_incident, schema.alert_silence

PROGRESS = ""
"""In place of a subject: how far a rule has come."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One time that a rule fired for a subject: see `labelpulse.schema.alert_incident`.

    Instants are microseconds UTC, days ordinals (0 = not by days); None = not so.
    """

    id: int
    rule: str
    subject: str
    keys: str
    project_id: int | None
    severity: str
    level: str
    state: str
    opened_at: int
    since_day: int
    fired_day: int
    early: bool
    ended_at: int | None
    ended_day: int | None
    ended_by: str | None
    acked_at: int | None
    acked_by: str | None
    ack_note: str | None
    verdict: str | None
    verdict_by: str | None
    verdict_at: int | None
    told: int
    told_at: int | None
    evidence: Mapping[str, Any]

    @property
    def open(self) -> bool:
        """True while it fires or recovers."""
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class Silenced:
    """A silence that lasts: see `labelpulse.warehouse.alerts.Silence`."""

    id: int
    rule: str | None
    project_id: int | None
    subject: str | None
    until_at: int
    reason: str
    author: str
    created_at: int

    def covers(self, rule: str, project_id: int | None, subject: str) -> bool:
        """Return whether a subject of a rule is silenced by it."""
        return (
            self.rule in (None, rule)
            and self.project_id in (None, project_id)
            and self.subject in (None, subject)
        )


def silencing(
    silences: Iterable[Silenced], rule: str, project_id: int | None, subject: str
) -> Silenced | None:
    """Return what silences a subject of a rule, by its digest; None = nothing does."""
    return next((one for one in silences if one.covers(rule, project_id, subject)), None)


@dataclass(frozen=True, slots=True)
class State(StateRow):
    """How a subject stood after its last cycle, and since when it is kept so."""

    changed_at: int


@dataclass(frozen=True, slots=True)
class Made:
    """A rule that was made on a page; data = the keys of an [[alerts]] table."""

    name: str
    data: Mapping[str, Any]
    author: str


@dataclass(frozen=True, slots=True)
class Entered:
    """A webhook that was entered on a page."""

    name: str
    address: str = field(repr=False)
    secret: str = field(repr=False)
    least: str = "info"
    author: str = ""


def entered_channels(conn: Connection) -> list[Entered]:
    """Return the webhooks that were entered on a page and are in force, by name."""
    table = schema.alert_channel
    query = select(table).where(table.c.removed_at.is_(None)).order_by(table.c.name)
    names = Entered.__slots__
    return [Entered(**{name: getattr(row, name) for name in names}) for row in conn.execute(query)]


def made_rules(conn: Connection) -> list[Made]:
    """Return the rules that were made on a page and are in force, by name."""
    table = schema.alert_rule
    query = select(table).where(table.c.removed_at.is_(None)).order_by(table.c.name)
    return [Made(row.name, json.loads(row.data), row.author) for row in conn.execute(query)]


def states(
    conn: Connection, *, statuses: Collection[str] | None = None
) -> dict[str, dict[str, State]]:
    """Return by rule and subject's digest how they stood; the subject "" is the rule's progress.

    Args:
        statuses: only states with one of these; None = all.
    """
    query = select(schema.alert_state)
    if statuses is not None:
        query = query.where(schema.alert_state.c.status.in_(statuses))
    found: dict[str, dict[str, State]] = {}
    for row in conn.execute(query):
        found.setdefault(row.rule, {})[row.subject] = State(*row)
    return found


def samples(conn: Connection, question: str) -> dict[str, dict[int, Numbers]]:
    """Return the numbers that were kept of a question: subject's keys -> day -> the number."""
    table, found = schema.alert_sample, dict[str, dict[int, Numbers]]()
    for row in conn.execute(select(table).where(table.c.question == question)):
        numbers = {"value": row.value, "low": row.low, "high": row.high, "n": row.n, "note": None}
        found.setdefault(row.keys, {})[row.day] = numbers
    return found


def open_incidents(conn: Connection) -> list[Incident]:
    """Return the incidents that fire or recover, the oldest first."""
    query = select(_incident).where(_incident.c.ended_at.is_(None)).order_by(_incident.c.id)
    return [_incident_of(row) for row in conn.execute(query)]


def incidents_of(conn: Connection, ids: Collection[int]) -> list[Incident]:
    """Return some incidents as they are in this transaction, in the order of their ids."""
    if not ids:
        return []
    query = select(_incident).where(_incident.c.id.in_(bulk.among(conn, ids)))
    return [_incident_of(row) for row in conn.execute(query.order_by(_incident.c.id))]


def incidents(
    engine: Engine,
    *,
    since: int = 0,
    projects: Collection[int] | None = None,
    ids: Collection[int] | None = None,
    limit: int = 1000,
) -> list[Incident]:
    """Return incidents, those that are open first, then the newest.

    Args:
        since: microseconds UTC; those that ended before are left out. projects: only of these;
            those of no single project stay.
    """
    ended = _incident.c.ended_at
    query = select(_incident).where(ended.is_(None) | (ended >= since))
    with snapshot(engine) as conn:
        if projects is not None:
            own = _incident.c.project_id
            query = query.where(own.is_(None) | own.in_(bulk.among(conn, projects)))
        if ids is not None:
            query = query.where(_incident.c.id.in_(bulk.among(conn, ids)))
        ordered = query.order_by(ended.is_not(None), _incident.c.opened_at.desc(), _incident.c.id)
        return [_incident_of(row) for row in conn.execute(ordered.limit(limit))]


def _incident_of(row: Row[Any]) -> Incident:
    told = {name: getattr(row, name) for name in Incident.__slots__}
    return Incident(**{**told, "evidence": json.loads(row.evidence)})


def silences(conn: Connection, now: int) -> list[Silenced]:
    """Return the silences that last, those that end first before."""
    lasts = (_silence.c.ended_at.is_(None), _silence.c.until_at > now)
    query = select(_silence).where(*lasts).order_by(_silence.c.until_at, _silence.c.id)
    return [
        Silenced(**{name: getattr(row, name) for name in Silenced.__slots__})
        for row in conn.execute(query)
    ]


def notes(conn: Connection) -> dict[str, Any]:
    """Return what cycles remember, by name."""
    query: Select[Any] = select(schema.alert_note)
    return {row.name: json.loads(row.data) for row in conn.execute(query)}
