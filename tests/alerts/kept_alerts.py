"""Alerts as a warehouse keeps them, made up: one line each."""

from typing import Any

from labelpulse.alerts.rules import Subject
from labelpulse.core.days import SECOND
from labelpulse.reader.alerts import Incident, Silenced

HOUR = 3600 * SECOND
DAY = 24 * HOUR


def subject(project: str | None = "Tickets", **keys: str) -> Subject:
    """A subject by its keys."""
    return Subject(tuple(keys.items()), project)


def incident(id_: int, opened_at: int = DAY, **more: Any) -> Incident:
    """An alert that fires; `more` says what differs."""
    of = more.pop("of", subject(control="intent"))
    values: dict[str, Any] = {
        **dict.fromkeys(Incident.__slots__),
        "rule": "fell",
        "subject": of.digest,
        "keys": of.document(),
        "project_id": 1,
        "severity": "warning",
        "level": "warning",
        "state": "firing",
        "early": False,
        "since_day": 0,
        "fired_day": 0,
        "told": 0,
        "evidence": {},
    }
    return Incident(**{**values, "id": id_, "opened_at": opened_at, **more})


def silence(**more: Any) -> Silenced:
    """A silence of everything for ten days."""
    values = {"id": 1, "rule": None, "project_id": None, "subject": None, "until_at": 10 * DAY}
    told = {"reason": "migration", "author": "Mia", "created_at": 0}
    return Silenced(**{**values, **told, **more})
