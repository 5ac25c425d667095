"""What the page of alerts asks and does: incidents, rules, channels, and the hands that move them.

Beside the queue and markers, only here the pages write; and only where the server is reached from
this machine.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from getpass import getuser
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import context
from dashboard.kiosk import KIOSK
from dashboard.lately import lately
from labelpulse.alerts.backtest import Backtest, backtest
from labelpulse.alerts.drafts import check, said_of
from labelpulse.alerts.inbox import RECENT_DAYS, Pending, Place, in_places, pending
from labelpulse.alerts.look import look, rules_in_force
from labelpulse.alerts.looking import judged_of
from labelpulse.alerts.machine import Judged
from labelpulse.alerts.plotted import first_day, history, narrowed, of_subject
from labelpulse.alerts.present import Standing, present
from labelpulse.alerts.recheck import to_check
from labelpulse.alerts.rules import subject_of
from labelpulse.core.days import SECOND, local_day_hour, machine_zone
from labelpulse.core.errors import UsageError
from labelpulse.reader import Row
from labelpulse.reader.alerts import (
    Incident,
    Made,
    Silenced,
    incidents,
    made_rules,
    open_incidents,
    silences,
    states,
)
from labelpulse.warehouse.alerts import AlertBook, Silence
from labelpulse.warehouse.engine import connect, snapshot

if TYPE_CHECKING:
    from labelpulse.alerts.conditions import Period
    from labelpulse.config import Alert

DAY_US = 86_400 * SECOND
_KEPT_S = 60
"""Seconds for which rules are as they were looked at, where no data came in."""


@dataclass(frozen=True, slots=True)
class Open:
    """What fires, what will if it goes on, and what is silenced: read together.

    Attributes:
        judged: the newest number of each subject that fires or is pending, by rule and digest.
    """

    incidents: tuple[Incident, ...]
    waiting: tuple[Pending, ...]
    silences: tuple[Silenced, ...]
    judged: Mapping[tuple[str, str], Judged | None] = field(default_factory=dict)

    def stamp(self) -> int:
        """Return what changes when any of it does."""
        told = (
            tuple((one.id, one.level, one.state, one.acked_at) for one in self.incidents),
            tuple((one.rule.name, one.subject.digest, one.beyond) for one in self.waiting),
            tuple(one.id for one in self.silences),
        )
        return hash(told)

    def of(self, projects: Collection[int] | None) -> "Open":
        """Return the part of some projects, and of none in particular; None = of all."""
        if projects is None:
            return self
        those = {None, *projects}
        return Open(
            tuple(one for one in self.incidents if one.project_id in those),
            tuple(one for one in self.waiting if one.project_id in those),
            self.silences,
            self.judged,
        )

    def in_places(self) -> dict[Place, list[Incident]]:
        """Return the alerts of each place."""
        return in_places(self.incidents, self.silences)


@lately(context.POLL_S, context.KEPT_WAREHOUSES)
def _opened(_url: str) -> Open:
    with snapshot(context.engine()) as conn:
        by_rule = states(conn, statuses=("pending", "firing", "recovering"))
        rules = rules_in_force(conn, context.settings()) if by_rule else []
        every = [state for subjects in by_rule.values() for state in subjects.values()]
        return Open(
            tuple(open_incidents(conn)),
            tuple(pending(every, rules)),
            tuple(silences(conn, context.now())),
            {(state.rule, state.subject): judged_of(state) for state in every},
        )


def opened() -> Open:
    """Return what fires now, as the last cycle of alerts left it."""
    return _opened(context.address())


def firing() -> int:
    """Return how many alerts of all projects nobody looks after."""
    return len(opened().in_places()["firing"])


@lately(context.POLL_S, context.KEPT_WAREHOUSES * 4)
def _since(_url: str, days: int) -> list[Incident]:
    return incidents(context.engine(), since=context.now() - days * DAY_US)


def since(days: int, projects: Collection[int] | None) -> list[Incident]:
    """Return the alerts of the last days, of some projects and of none in particular."""
    those = None if projects is None else {None, *projects}
    found = _since(context.address(), days)
    return [one for one in found if those is None or one.project_id in those]


def recent(projects: Collection[int] | None) -> list[Incident]:
    """Return the alerts that are over, within `RECENT_DAYS`, the newest first."""
    over = (one for one in since(RECENT_DAYS, projects) if not one.open)
    return sorted(over, key=lambda one: -(one.ended_at or 0))


@dataclass(frozen=True, slots=True)
class _Kept:
    """Rules in force, and those of them that were created on a page."""

    force: "tuple[Alert, ...]"
    made: tuple[Made, ...]


@lately(context.POLL_S, context.KEPT_WAREHOUSES)
def _rules(_url: str) -> _Kept:
    settings = context.settings()
    with snapshot(context.engine()) as conn:
        return _Kept(tuple(rules_in_force(conn, settings)), tuple(made_rules(conn)))


def rules() -> "tuple[Alert, ...]":
    """Return the rules in force."""
    return _rules(context.address()).force


def authors() -> Mapping[str, str]:
    """Return who made the rules that were made on a page, by name."""
    return {one.name: one.author for one in _rules(context.address()).made}


def configured() -> frozenset[str]:
    """Return the names of the rules of the configuration."""
    return frozenset(one.name for one in context.settings().alerts)


@lately(_KEPT_S, context.KEPT_WAREHOUSES * 2)
def _looked(_at: context.Moment, rules: "tuple[Alert, ...]", _stamp: int) -> list[Standing]:
    asked = (context.engine(), context.settings(), context.scope())
    return present(look(*asked, context.now(), rules))


def standings() -> list[Standing]:
    """Return how every subject of every rule stands, on the data of this moment."""
    at = context.Moment(context.address(), context.whole_version())
    return _looked(at, rules(), opened().stamp())


@lately(10 * _KEPT_S, context.KEPT_WAREHOUSES * 8)
def _tested(_at: context.Moment, rule: "Alert") -> Backtest:
    asked = (context.engine(), context.settings(), context.scope())
    return backtest(*asked, rule, context.now())


def tested(rule: "Alert") -> Backtest:
    """Return when a rule would have fired in the last 90 days."""
    return _tested(context.Moment(context.address(), context.whole_version()), rule)


@lately(10 * _KEPT_S, context.KEPT_WAREHOUSES * 8)
def _history(_at: context.Moment, rule: "Alert", digest: str, first: int) -> "Sequence[Period]":
    asked = (context.engine(), context.settings(), context.scope())
    return of_subject(history(*asked, rule, context.now(), first), digest)


def seen(one: Incident, rule: "Alert", label: str | None) -> "Sequence[Period]":
    """Return what a rule saw of an alert's subject, from well before it began up to now.

    Args:
        label: of its project; None = it is of no single one.
    """
    kept = subject_of(one.keys)
    subject = kept if label is None else kept.named(label)
    today, _ = local_day_hour(context.now(), machine_zone())
    first = first_day(one.since_day or one.fired_day, today, rule)
    at = context.Moment(context.address(), context.whole_version())
    return _history(at, narrowed(rule, subject), subject.digest, first)


def doubted(id_: int) -> list[Row]:
    """Return the items that an alert puts in doubt, people by pseudonym."""
    return to_check(context.engine(), context.settings(), id_, context.scope())


# --- what it does ---


def may_write() -> bool:
    """True when this page may change alerts: the server is reached from this machine only.

    On a wall there is nobody to change any.
    """
    return context.may_name() and KIOSK not in st.query_params


def myself() -> str:
    """Return who is at this machine, as its system knows them; "" where it does not tell."""
    try:
        return getuser()
    except (KeyError, OSError):
        return ""


@st.cache_resource(max_entries=context.KEPT_WAREHOUSES, show_spinner=False)
def _book(url: str) -> AlertBook:
    return AlertBook(connect(url))


def own() -> AlertBook:
    """Return alerts for writing; what was read of them before is asked anew."""
    if not may_write():
        raise PermissionError("alerts are changed from this machine only")
    forget()
    return _book(context.address())


def forget() -> None:
    """Forget what was read of alerts; what rules saw of the past is kept."""
    for kept in (_opened, _since, _rules):
        kept.clear()


def acknowledge(ids: Sequence[int], who: str, note: str) -> int:
    """Say that somebody looks after alerts; return how many."""
    return own().acknowledge(ids, named(who), note)


def close(ids: Sequence[int], who: str) -> int:
    """End alerts by hand; return how many."""
    return own().close(ids, named(who))


def judge(ids: Sequence[int], verdict: str | None, who: str) -> int:
    """Say whether alerts were true or false; return how many."""
    return own().judge(ids, verdict, named(who))


def silence(one: Incident, hours: float, reason: str, who: str, *, whole_rule: bool) -> int:
    """Tell nothing of an alert's subject, or of its whole rule, for some hours."""
    until = context.now() + timedelta(hours=hours) // timedelta(microseconds=1)
    only = {} if whole_rule else {"subject": one.subject, "project_id": one.project_id}
    return own().silence(Silence(until, reason, who, rule=one.rule, **only))  # type: ignore[arg-type]


def unsilence(id_: int) -> bool:
    """End a silence now."""
    return own().unsilence(id_)


def put_rule(rule: "Alert", who: str) -> None:
    """Keep a rule that was made here.

    Raises:
        UsageError: it cannot be asked here, or the configuration has a rule of that name.
    """
    book = own()
    if rule.name in configured():
        raise UsageError(
            f"a rule {rule.name!r} stands in labelpulse.toml, and that one holds: "
            "choose another name"
        )
    with snapshot(context.engine()) as conn:
        check(conn, context.scope(), rule, context.now())
    data = {key: value for key, value in said_of(rule).items() if key != "name"}
    book.put_rule(rule.name, data, named(who))


def remove_rule(name: str) -> bool:
    """Take a rule that was made here out of force."""
    return own().remove_rule(name)


def named(who: str) -> str:
    """Return who says so.

    Raises:
        UsageError: nobody is named.
    """
    if not who.strip():
        raise UsageError("say who you are: it is kept beside the alert")
    return who
