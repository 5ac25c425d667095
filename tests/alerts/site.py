"""A project that goes on from day to day, with a clock under control and rules that watch it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine

from labelpulse.alerts.cycle import Keeping
from labelpulse.alerts.engine import Alerts, Went
from labelpulse.alerts.look import Look, look
from labelpulse.alerts.present import Standing, present
from labelpulse.config import Settings
from labelpulse.core.days import SECOND
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.reader.alerts import Incident, incidents
from labelpulse.warehouse.alerts import AlertBook
from labelpulse.warehouse.store import Warehouse
from tests.reader.world import HIDDEN, Say, World, at

DAY_US = 86_400 * SECOND
HOUR = 3600 * SECOND
EVENING = 9 * 3600 * SECOND
"""From noon, at which a day's work is done, to the evening in which it is looked at."""

FELL = {
    "name": "fell",
    "metric": "agreement_percent",
    "by": ("project", "control"),
    "window": "1d",
    "below": 0.8,
    "severity": "critical",
    "channels": ("diary",),
}
DIARY = {"diary": {"type": "log"}}
"""A rule on agreement by question and day, and the channel that it is told by."""


@dataclass
class Site:
    """Loads days, moves the clock, looks.

    Attributes:
        now: microseconds UTC.
    """

    engine: Engine
    settings: Settings
    now: int = at(0)
    logged: list[dict[str, Any]] = field(default_factory=list)
    world: World = field(init=False)

    def __post_init__(self) -> None:
        """Let the warehouse have this clock, too."""
        self.world = World(self.engine)
        self.world.warehouse = Warehouse(self.engine, ROLLUPS, clock=lambda: self.now)

    @property
    def book(self) -> AlertBook:
        """Where alerts are kept."""
        return AlertBook(self.engine, lambda: self.now)

    def day(self, number: int, says: Sequence[Say], **project: Any) -> None:
        """Load what was said up to the evening of a day, which it then is."""
        self.now = at(number) + EVENING
        self.world.project(says, **project)

    def poll(self, now: int) -> None:
        """Let the source be read at an instant, which is now; it tells nothing new."""
        self.now = now
        store = self.world.warehouse
        with store.lease(store.source("studio", "label-studio-db")) as lease:
            store.finish_run(lease, store.start_run(lease, "test"), "ok")

    def night(self, number: int) -> None:
        """Let a day be over, and the source be read an hour later."""
        self.poll(at(number) + 13 * 3600 * SECOND)

    def seen(self) -> Look:
        """Look at all rules."""
        return look(self.engine, self.settings, HIDDEN, self.now)

    def cycle(self) -> Keeping:
        """Look, and keep what was found; nothing is told."""
        found = self.seen()
        keeping = Keeping(found, {})
        with self.book.cycle(found.cycle) as cycle:
            keeping.keep(cycle)
        return keeping

    def go(self, *, attempted: bool = True) -> Went:
        """Go through a whole cycle, as a run that ends: all that is due is delivered."""
        alerts = Alerts(
            *(self.book, self.settings, HIDDEN, self.log), clock=lambda: self.now, waits=False
        )
        return alerts.go(attempted=attempted)

    def log(self, event: str, **fields: Any) -> None:
        """Keep what the collector's log would show."""
        self.logged.append({"event": event, **fields})

    def told(self, *kinds: str) -> list[dict[str, Any]]:
        """Notices that went to channels of type log, of some kinds, in their order."""
        found = [one for one in self.logged if one["event"] == "alert"]
        return [one for one in found if not kinds or one["kind"] in kinds]

    def standing(self) -> list[Standing]:
        """How every subject stands now."""
        return present(self.seen())

    def incidents(self) -> list[Incident]:
        """All incidents, those that are open first, then the newest."""
        return incidents(self.engine)


def settings_of(folder: Path, *rules: Mapping[str, Any], **more: Any) -> Settings:
    """Return a configuration with such rules."""
    studio = {"name": "studio", "type": "label-studio-db", "url": "sqlite:///x", "every": "10s"}
    more.setdefault("sources", (studio,))
    return Settings.model_validate({"file": folder / "labelpulse.toml", "alerts": rules, **more})


def site_of(engine: Engine, folder: Path, *rules: dict[str, Any], **more: Any) -> Site:
    """Return a site with such rules, else the one on agreement, told in the diary."""
    return Site(engine, settings_of(folder, *(rules or (FELL,)), **{"channels": DIARY, **more}))


def pairs(day: int, share: float, n: int = 60, seed: int = 0) -> list[Say]:
    """Answers of two people to n items of a day, of which about such a share is alike."""
    rng = np.random.default_rng((seed, day))
    alike = rng.random(n) < share
    says = []
    for item, same in enumerate(alike.tolist()):
        label = "ab"[int(rng.integers(2))]
        other = label if same else "ba"["ab".index(label)]
        name = f"d{day}i{item}"
        says += [Say(name, "ann", label, at(day, item)), Say(name, "bob", other, at(day, item))]
    return says
