"""What the tests of delivery share: a clock, a log, intents, notices."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine

from labelpulse.alerts.notice import Notice
from labelpulse.config import Settings
from labelpulse.core.days import SECOND
from labelpulse.warehouse.outbox import Intent, Outbox
from tests.reader.world import NOW

MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
WAIT, INTERVAL = 30 * SECOND, 5 * MINUTE


@dataclass
class Clock:
    """Stands still until it is told to go on, or goes on by itself at each look."""

    now: int = NOW
    step: int = 0

    def __call__(self) -> int:
        self.now += self.step
        return self.now


@dataclass
class Lines:
    """A log that keeps what it is told."""

    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __call__(self, event: str, **values: Any) -> None:
        self.told.append((event, values))


def notice(kind: str = "fired", **more: Any) -> Notice:
    """One thing to tell."""
    said = {
        "title": "agreement fell",
        "incident": 7,
        "rule": "agreement",
        "project": "Ads",
        "subject": "sentiment",
        "lines": ("Since 20 Nov 2026.", "Likely one annotator."),
        "link": "https://labels.example.org/alerts?project=Ads",
        "value": 0.71,
        "n": 120,
        "since": "2026-11-20",
    }
    return Notice(kind, **{**said, **more})


def intent(incident: int = 7, channel: str = "hook", sequence: int = 1, **more: Any) -> Intent:
    """One thing to tell on one channel; more: of `Intent` or of its notice."""
    kind, group = more.pop("kind", "fired"), more.pop("grouped_by", "Ads")
    body = notice(kind, incident=incident, **more).document()
    return Intent(incident, channel, kind, sequence, group, body)


def tell(engine: Engine, *intents: Intent, now: int = NOW) -> int:
    """Put intents in the outbox in a transaction of their own."""
    with engine.begin() as conn:
        return Outbox.put(conn, intents, now)


def formed(engine: Engine, *intents: Intent, now: int = NOW) -> Outbox:
    """An outbox with one message for each intent, made at once and in their order."""
    outbox = Outbox(engine, Clock(now), lambda: 1.0)
    for one in intents:
        tell(engine, one, now=now)
        assert outbox.form(0, 0) == 1
    return outbox


def settings(channels: Mapping[str, Any], **alerting: Any) -> Settings:
    """A configuration with these channels; by default nothing waits for company."""
    at_once = {"group_wait": "1ms", "group_interval": "1ms"}
    said = {"channels": dict(channels), "alerting": {**at_once, **alerting}}
    return Settings.model_validate(said)
