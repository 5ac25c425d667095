"""Who was told of an alert hears once that it has ended, however that came about.

Alerts end by their number, with their rule, or by hand; what is silenced is told when it is no
longer. Only what ends for want of data is told to nobody: silence is no news.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from labelpulse.alerts import ending
from labelpulse.alerts.inbox import silence_of
from labelpulse.alerts.live import Live
from labelpulse.alerts.look import Look
from labelpulse.alerts.looking import Seen, Stand
from labelpulse.alerts.machine import Judged
from labelpulse.alerts.notice import Kind, Notice
from labelpulse.alerts.walk import Event
from labelpulse.alerts.worded import Worded
from labelpulse.core import formats
from labelpulse.reader.alerts import Incident, incidents_of

if TYPE_CHECKING:
    from labelpulse.warehouse.alerts import Cycle

HEARD = "heard"
"""The note on alerts that were told and whose end was not: id -> the number that ended it; None =
none did."""

Number = Mapping[str, Any] | None
Ended = tuple[Incident, Notice]

_KINDS = {"resolved": Kind.RESOLVED, "unconfirmed": Kind.UNCONFIRMED}
_CALM = ("within", "between")
"""Verdicts of numbers that are not beyond their line."""


@dataclass(frozen=True)
class Ends:
    """Finds the alerts whose end is to be told.

    Attributes:
        base: where the pages are.
    """

    look: Look
    base: str

    def told(self, cycle: "Cycle", live: Sequence[Live]) -> list[Ended]:
        """Return what is to be told now, and note of which alerts it is to be told later.

        Args:
            live: alerts as this cycle leaves them, what was told in it counted.
        """
        noted: Mapping[str, Number] = self.look.notes.get(HEARD) or {}  # type: ignore[assignment]
        heard: dict[int, Number] = {one.id: None for one in self.look.incidents if one.told}
        heard |= {int(id_): number for id_, number in noted.items()}
        still = {one.id: one.told for one in live if not one.ended}
        new = {one.id for one in live if one.ended and one.began}
        waits: dict[int, Number] = {id_: None for id_, told in still.items() if told}
        found: list[Ended] = []
        for one in incidents_of(cycle.conn, (heard.keys() | new) - still.keys()):
            number = heard.get(one.id) or self._number(one)
            if silence_of(one, self.look.silences) is None:
                found += self._ended(one, number, new=one.id in new)
            elif one.id in heard:
                waits[one.id] = number
        after = {str(id_): number for id_, number in waits.items()}
        if after != noted:
            cycle.note(HEARD, after)
        return found

    def _ended(self, one: Incident, number: Number, *, new: bool) -> Iterator[Ended]:
        by, worded = one.ended_by or "", self._worded(one)
        if kind := _KINDS.get(by):
            now = Judged(**number) if number else None
            notice = ending.over(worded, kind, now, self.base)
            lines = (*notice.lines, *(_began(one) if new else ()))
            yield one, replace(notice, lines=lines)
        elif by in _WITHOUT:
            yield one, ending.ended(worded, by, self.base)

    def _worded(self, one: Incident) -> Worded:
        rule = next((seen.rule for seen in self.look.seen if seen.rule.name == one.rule), None)
        subject = self.look.places.subject(one.keys)
        return Worded(one.id, one.rule, rule, subject, one.level, one.evidence)

    def _number(self, one: Incident) -> Number:
        """Return the number by which an alert is over: the newest, or that of an earlier day."""
        seen, stand = self._stands.get((one.rule, one.subject), (None, None))
        if seen is None or stand is None or one.ended_by not in _KINDS:
            return None
        if one.evidence.get("metric", seen.rule.metric) != seen.rule.metric:
            return None  # the rule was changed: its number is of something else
        walked = seen.walked
        events = [] if walked is None else walked.events
        ends = [
            each.judged for each in events if each.day == one.ended_day and _is_end(each, stand)
        ]
        calm = (each for each in (stand.judged, *ends) if each and each.verdict in _CALM)
        return next(map(asdict, calm), None)

    @cached_property
    def _stands(self) -> dict[tuple[str, str], tuple[Seen, Stand]]:
        return {
            (seen.rule.name, one.subject.digest): (seen, one)
            for seen in self.look.seen
            for one in seen.stands
        }


_WITHOUT = ("lost", "changed", "removed", "closed")
"""How alerts end whatever their number is."""


def _is_end(event: Event, stand: Stand) -> bool:
    return event.kind == "over" and event.subject == stand.subject


def _began(one: Incident) -> tuple[str, ...]:
    """Say that it began, where nobody was told of that."""
    if not one.fired_day:
        return ()
    day = formats.day_month(date.fromordinal(one.fired_day))
    return (f"It fired on {day}, before anybody looked.",)
