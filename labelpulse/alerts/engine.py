"""One cycle of alerts: look, explain what is new, keep it, deliver, and say that all went well."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from labelpulse.alerts.absent import absent
from labelpulse.alerts.channels.entered import with_entered
from labelpulse.alerts.cycle import Evidence, Keeping
from labelpulse.alerts.delivery import Delivered, Dispatcher
from labelpulse.alerts.due import to_explain
from labelpulse.alerts.evidence import explainer
from labelpulse.alerts.heard import HEARD
from labelpulse.alerts.heartbeat import beat
from labelpulse.alerts.look import Look, look
from labelpulse.alerts.telling import STALE, Telling
from labelpulse.core.days import SECOND, now_us
from labelpulse.core.errors import LabelpulseError
from labelpulse.warehouse.alerts import AlertBook, CycleOvertaken
from labelpulse.warehouse.engine import reading
from labelpulse.warehouse.outbox import Outbox

if TYPE_CHECKING:
    from labelpulse.config import Settings
    from labelpulse.reader import Scope

GRAIN_US = 60 * SECOND
"""What is only known as of now is looked at anew so often, where polls go on for ever."""

STUCK_US = 3600 * SECOND
"""A message that waits longer than this says that nobody is told anything."""

Log = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Went:
    """What a cycle did.

    Attributes:
        firing: open incidents after it. errors: rule -> why it cannot be asked. absent: channel
            that is not there -> who names it.
        overtaken: another process was first, so that nothing was kept. beaten: the dead man's
            ping went out.
    """

    rules: int
    firing: int = 0
    began: int = 0
    ended: int = 0
    errors: Mapping[str, str] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    delivered: Delivered = field(default_factory=Delivered)
    overtaken: bool = False
    beaten: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Alerts:
    """Rules that are looked at after each poll.

    Attributes:
        scope: who people are shown as; names never leave the warehouse here.
        waits: things that fire within a short time are told together; not where a run ends.
    """

    book: AlertBook
    settings: "Settings"
    scope: "Scope"
    log: Log
    clock: Callable[[], int] = now_us
    waits: bool = True

    def go(self, *, attempted: bool = True) -> Went:
        """Go through one cycle.

        Args:
            attempted: every source was tried since the last cycle; else nobody is told that all
                is well.
        """
        entered = with_entered(self.settings, self.book.engine)
        return replace(self, settings=entered).cycle(attempted=attempted)

    def cycle(self, *, attempted: bool) -> Went:
        """Go through one cycle with the channels of this configuration alone: see `go`."""
        began = time.monotonic()
        seen = self._look(GRAIN_US if self.waits else 1)
        went = self._keep(seen)
        delivered = self._deliver()
        lost = absent(self.settings, [one.rule for one in seen.seen])
        trouble = went.errors or lost or self._stuck()
        beaten = attempted and not trouble and self._beat()
        for rule, why in went.errors.items():
            self.log("rule", name=rule, state="wrong", error=why)
        for channel, why in lost.items():
            self.log("channel", name=channel, state="absent", error=why)
        return Went(
            rules=went.rules,
            firing=went.firing,
            began=went.began,
            ended=went.ended,
            errors=went.errors,
            absent=lost,
            delivered=delivered,
            overtaken=went.overtaken,
            beaten=beaten,
            seconds=time.monotonic() - began,
        )

    def _look(self, grain: int) -> Look:
        engine = reading(self.book.engine)
        return look(engine, self.settings, self.scope, self.clock(), grain=grain)

    def _keep(self, seen: Look) -> Went:
        errors = {one.rule.name: one.error for one in seen.seen if one.error}
        if not moves(seen):
            return Went(len(seen.seen), len(seen.incidents), errors=errors)
        keeping = Keeping(seen, self._evidence(seen))
        now = self.clock()
        try:
            with self.book.cycle(seen.cycle) as cycle:
                keeping.keep(cycle)
                intents = Telling(self.settings, seen, now).tell(cycle, keeping.live)
                Outbox.put(cycle.conn, intents, now)
        except CycleOvertaken:
            return Went(len(seen.seen), len(seen.incidents), errors=errors, overtaken=True)
        known = {one.id for one in seen.incidents}
        live = keeping.live
        return Went(
            rules=len(seen.seen),
            firing=sum(not one.ended for one in live),
            began=sum(one.id not in known for one in live),
            ended=sum(bool(one.ended) for one in live),
            errors=errors,
        )

    def _evidence(self, seen: Look) -> dict[tuple[str, str], Evidence]:
        """Return what there is to say of what fires since now, asked before anything is kept."""
        explain = explainer(self.book.engine, self.settings, self.scope, seen.now)
        found: dict[tuple[str, str], Evidence] = {}
        for rule, subject, judged, since in to_explain(seen, self._repeat_us):
            try:
                found[rule.name, subject.digest] = explain(rule, subject, judged, since)
            except Exception as error:  # noqa: BLE001 - an alert goes out without its reasons, too
                self.log("evidence", rule=rule.name, state="failed", error=type(error).__name__)
        return found

    @property
    def _repeat_us(self) -> int:
        return int(self.settings.alerting.repeat.total_seconds() * SECOND)

    def _deliver(self) -> Delivered:
        return Dispatcher(
            Outbox(self.book.engine, self.clock), self.settings, self.log, waits=self.waits
        ).run()

    def _stuck(self) -> bool:
        oldest = Outbox(self.book.engine, self.clock).oldest_us()
        return oldest is not None and oldest > STUCK_US

    def _beat(self) -> bool:
        try:
            return beat(self.settings)
        except LabelpulseError as error:
            self.log("heartbeat", state="failed", error=str(error))
            return False


def moves(seen: Look) -> bool:
    """Return whether a look has anything to keep or to tell."""
    looked = any(one.walked is not None or one.error for one in seen.seen)
    named = {one.rule.name for one in seen.seen}
    stale = {one.name for one in seen.places.stale} != set(seen.notes.get(STALE, {}))  # type: ignore[call-overload]
    told = bool(seen.incidents) or bool(seen.notes.get(HEARD))
    return looked or told or stale or bool(set(seen.states) - named)
