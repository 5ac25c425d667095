"""Looking at all rules at one moment: what they see, and where that brings their subjects."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelpulse.alerts.looking import Looking, Seen
from labelpulse.alerts.observe import Samples, Sight
from labelpulse.alerts.places import Places, beats_of, places
from labelpulse.alerts.reads import Reads
from labelpulse.alerts.rules import Subject, question_digest
from labelpulse.alerts.starter import starter
from labelpulse.config import Alert
from labelpulse.reader import alerts as kept
from labelpulse.reader.moment import Moment
from labelpulse.reader.query import Row, Scope
from labelpulse.reader.rolling import Rolling
from labelpulse.warehouse.alerts import cycles
from labelpulse.warehouse.engine import snapshot

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from labelpulse.config import Settings


@dataclass(frozen=True, slots=True)
class Look:
    """All rules at one moment, with what was kept of them."""

    now: int
    cycle: int
    places: Places
    seen: Sequence[Seen]
    states: Mapping[str, Mapping[str, kept.State]]
    incidents: Sequence[kept.Incident]
    silences: Sequence[kept.Silenced]
    notes: Mapping[str, object]


def rules_in_force(conn: "Connection", settings: "Settings") -> "list[Alert]":
    """Return the rules of the configuration, those made on a page, and the starter rules.

    Of two of one name the configuration's stands.
    """
    every = [*settings.alerts, *(Alert(name=one.name, **one.data) for one in kept.made_rules(conn))]
    if settings.alerting.starter:
        every += starter(settings)
    found: dict[str, Alert] = {}
    for one in every:
        found.setdefault(one.name, one)
    return list(found.values())


def look(
    engine: "Engine",
    settings: "Settings",
    scope: Scope,
    now: int,
    rules: Sequence[Alert] | None = None,
    *,
    grain: int = 1,
) -> Look:
    """Return how all rules stand at a moment of the warehouse.

    Args:
        now: microseconds UTC. rules: None = those in force. grain: how often what is only known
            as of now is looked at anew, microseconds.
    """
    with snapshot(engine) as conn:
        sight, of_rule = sight_of(conn, settings, scope, now)
        states, incidents = kept.states(conn), kept.open_incidents(conn)
        fires = {(one.rule, one.subject): one for one in incidents}
        asked = rules_in_force(conn, settings) if rules is None else rules
        seen = [
            Looking(rule, sight, states.get(rule.name, {}), fires, of_rule, grain).seen()
            for rule in asked
        ]
        return Look(
            now=now,
            cycle=cycles(conn),
            places=sight.places,
            seen=seen,
            states=states,
            incidents=incidents,
            silences=kept.silences(conn, now),
            notes=kept.notes(conn),
        )


def sight_of(
    conn: "Connection", settings: "Settings", scope: Scope, now: int
) -> tuple[Sight, "Callable[[Alert], Samples]"]:
    """Return what rules see at a moment, and what reads the samples that were kept of one."""
    moment = Moment(conn, scope, now)
    catalog = moment.catalog
    sources = list(catalog.sources.values())
    there = places(catalog.visible, sources, now, beats_of(settings))
    return Sight(Reads(Rolling(moment)), there), _samples_of(conn, there)


def _samples_of(conn: "Connection", there: Places) -> "Callable[[Alert], Samples]":
    def of(rule: "Alert") -> Samples:
        found: dict[Subject, dict[int, Row]] = {}
        for keys, rows in kept.samples(conn, question_digest(rule)).items():
            found.setdefault(there.subject(keys), {}).update(rows)
        return found

    return of
