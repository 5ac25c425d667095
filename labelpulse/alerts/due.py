"""What is to be explained before a cycle is kept: what will be told of in it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from labelpulse.alerts.live import level_of, urgency
from labelpulse.alerts.look import Look
from labelpulse.alerts.looking import Stand
from labelpulse.alerts.machine import FIRES, Judged
from labelpulse.alerts.rules import Subject
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
        events = () if seen.walked is None else seen.walked.events
        fired = {one.subject: one for one in events if one.kind == "fired"}
        over = {one.subject for one in events if one.kind == "over"}
        for stand in seen.stands:
            known = there.get((seen.rule.name, stand.subject.digest))
            if known is None and _closed(stand) and stand.subject not in over:
                continue
            event, judged = fired.get(stand.subject), stand.judged
            if (
                stand.now.fires
                and judged is not None
                and _tells(look, seen.rule, judged, known, repeat_us)
            ):
                yield seen.rule, stand.subject, judged, stand.now.since
            elif event is not None and not stand.fresh:
                yield seen.rule, stand.subject, event.judged, event.after.since


def _closed(stand: Stand) -> bool:
    """True where a subject without an alert was kept as firing: it was closed by hand."""
    return not stand.fresh and stand.before in FIRES


def _tells(
    look: Look, rule: "Alert", judged: Judged, known: Incident | None, repeat_us: int
) -> bool:
    """Return whether there is anything to tell of a subject that fires."""
    if known is None:
        return True
    worse = urgency(level_of(rule, judged)) > urgency(known.level)
    again = known.told_at is not None and look.now - known.told_at >= repeat_us
    return worse or (again and known.acked_at is None)
