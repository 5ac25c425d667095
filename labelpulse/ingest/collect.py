"""Polling the sources of a configuration: one after the other, or one by name."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from labelpulse.core.errors import LabelpulseError, LeaseHeld, RetryLater
from labelpulse.ingest.plugins import live_source
from labelpulse.ingest.runner import (
    PollResult,
    Progress,
    ProjectSettings,
    Task,
    poll,
    unheard,
    unseen,
)
from labelpulse.source import Access, FileSource, LiveSource
from labelpulse.warehouse.engine import checkpoint
from labelpulse.warehouse.lease import TTL_S
from labelpulse.warehouse.markers import SaidMarker
from labelpulse.warehouse.projects import SaidMember
from labelpulse.warehouse.rates import SaidRate
from labelpulse.warehouse.store import Warehouse

if TYPE_CHECKING:
    from labelpulse.config import Settings
    from labelpulse.config.models import Member, Source

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Turn:
    """One source's turn: what it did, or the sentence that says why it failed."""

    source: str
    seconds: float
    result: PollResult | None = None
    error: LabelpulseError | None = None


@dataclass(frozen=True, slots=True)
class Collector:
    """Everything a turn needs.

    Attributes:
        sweep: True = sweep every source now, False = never, None = when it is due.
        lease_wait_s: how long to wait for another collector.
    """

    warehouse: Warehouse
    settings: "Settings"
    tell: Tell = unheard
    progress: Progress = unseen
    sweep: bool | None = None
    guarded: bool = True
    lease_wait_s: float = 0.0
    stop: Event = field(default_factory=Event)
    _lives: dict[str, tuple[Access, LiveSource]] = field(default_factory=dict, repr=False)

    def turn(self, source: "Source") -> Turn:
        """Poll one source; a failure is part of the turn, not an exception."""
        began = time.monotonic()
        try:
            live = self._live(source)
            task = Task(
                name=source.name,
                type=source.type,
                live=live,
                settings=lambda title: self.settings.project_data(source.name, title),
                sweep=self.sweep,
                guarded=self.guarded,
                lease_wait_s=self.lease_wait_s,
                stop=self.stop,
                tell=self.tell,
                progress=self.progress,
            )
            if isinstance(live, FileSource):
                result = self._follow_files(live, task)
            else:
                result = poll(self.warehouse, task)
        except LabelpulseError as error:
            return Turn(source.name, time.monotonic() - began, error=error)
        except Exception as error:  # noqa: BLE001 - a defect in one must not end others
            self._lives.pop(source.name, None)  # whatever it is left in
            told = RetryLater(
                f"unexpected {type(error).__name__}; `labelpulse doctor` may tell more"
            )
            return Turn(source.name, time.monotonic() - began, error=told)
        finally:
            checkpoint(self.warehouse.engine)
        return Turn(source.name, time.monotonic() - began, result=result)

    def _live(self, source: "Source") -> LiveSource:
        """Return a source's collector, which keeps what it learnt until its secrets change."""
        from labelpulse.ingest.access import access_to  # with the configuration, which is slow

        access = access_to(self.settings, source)
        known = self._lives.get(source.name)
        if known is None or known[0] != access:
            known = self._lives[source.name] = access, live_source(self.settings, source)
        return known[1]

    def _follow_files(self, files: FileSource, task: Task) -> PollResult:
        from labelpulse.ingest.watching import Following, follow

        once = self.sweep is not None
        return follow(self.warehouse, files, Following(self.settings, task, waits=once))

    def introduce(self) -> None:
        """Make all sources known in the order of the configuration, whichever answers first.

        So that the first source's projects come first, and no page takes one source for all.
        """
        for source in self.settings.sources:
            self.warehouse.source(source.name, source.type)

    def prepare(self) -> None:
        """Follow the configuration where no poll does: people, rates, and the rules of imports."""
        follow_people(self.warehouse, self.settings)
        polled = {source.name for source in self.settings.sources}
        for source_id, name in self.warehouse.sources().items():
            if name not in polled:
                said = partial(self.settings.project_data, name)
                with suppress(LeaseHeld):  # an import is running; the next round follows
                    apply_settings(self.warehouse, source_id, said, self.tell)

    def once(self, only: str | None = None) -> list[Turn]:
        """Give every source (or the one named) one turn."""
        self.prepare()
        chosen = [self.settings.source(only)] if only else list(self.settings.sources)
        turns = [self.turn(source) for source in chosen if not self.stop.is_set()]
        self.prepare()  # people and teams may name accounts that have just appeared
        return turns


LEASE_WAIT_S = TTL_S + 1.0
"""One time to live: a collector that died has lost its lease by then."""


def follow_people(warehouse: Warehouse, settings: "Settings") -> None:
    """Make linked people, teams, rates and markers what the configuration says.

    They may name accounts and projects still to come.
    """
    warehouse.people({one.name: one.accounts for one in settings.people})
    warehouse.teams({team.name: [_said(one) for one in team.members] for team in settings.teams})
    warehouse.rates(
        [
            SaidRate(one.team, one.annotator, one.first_day, one.hourly_millionths, one.currency)
            for one in settings.rates
        ]
    )
    warehouse.markers(
        [
            SaidMarker(one.project, one.day.toordinal(), one.kind, one.text)
            for one in settings.markers
        ]
    )


def _said(member: "Member") -> SaidMember:
    """Return who belongs to a team, and when, in days."""
    since = 0 if member.since is None else member.since.toordinal()
    until = None if member.until is None else member.until.toordinal()
    return SaidMember(member.account, since, until)


def apply_settings(
    warehouse: Warehouse, source_id: int, settings: ProjectSettings, tell: Tell
) -> None:
    """Give a source's stored projects what the configuration says now; recount where needed.

    For sources that are not polled (imports), so that the next `collect` follows the file.
    """
    with warehouse.lease(source_id, tell=tell) as held:
        said = {one: settings(title) for one, title in warehouse.titles(source_id).items()}
        warehouse.configure(held, said, tell)
