"""What is to be explained before a cycle is kept: what will be told of in it."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from labelpulse.alerts.look import Look
from labelpulse.alerts.looking import Stand
from labelpulse.alerts.machine import Judged
from labelpulse.alerts.rules import Subject
from labelpulse.alerts.walk import Event
from labelpulse.reader.alerts import Incident

if TYPE_CHECKING:
    from labelpulse.config import Alert

Wanted = tuple["Alert", Subject, Judged, int]
"""A rule, its subject, a number and the first day beyond the line: what is to be explained."""


def to_explain(look: Look, repeat_us: int) -> Iterator[Wanted]:
    """Yield what is told anew: what fires since the last look, and what is due to be told again.

    Args:
        repeat_us: microseconds after which what fires is told again.
    """
    there = {(one.rule, one.subject): one for one in look.incidents}
    for seen in look.seen:
        fired = {} if seen.walked is None else _fired(seen.walked.events)
        for stand in seen.stands:
            event, known = (
                fired.get(stand.subject),
                there.get((seen.rule.name, stand.subject.digest)),
            )
            if (
                stand.now.fires
                and stand.judged is not None
                and _tells(look, stand, known, repeat_us)
            ):
                yield seen.rule, stand.subject, stand.judged, stand.now.since
            elif event is not None and not stand.fresh:
                yield seen.rule, stand.subject, event.judged, event.after.since


def _fired(events: Sequence[Event]) -> dict[Subject, Event]:
    return {one.subject: one for one in events if one.kind == "fired"}


def _tells(look: Look, stand: Stand, known: Incident | None, repeat_us: int) -> bool:
    """Return whether there is anything to tell of a subject that fires."""
    if known is None:
        return True
    worse = stand.judged is not None and stand.judged.clear and known.level == "warning"
    again = known.told_at is not None and look.now - known.told_at >= repeat_us
    return worse or (again and known.acked_at is None)
