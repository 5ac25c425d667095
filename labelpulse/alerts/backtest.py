"""When a rule would have fired: the same steps as live, over the days that are stored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from labelpulse.alerts.live import level_of
from labelpulse.alerts.look import sight_of
from labelpulse.alerts.looking import HISTORY, newest_days
from labelpulse.alerts.machine import Judged
from labelpulse.alerts.observe import Series, observe, sampled
from labelpulse.alerts.places import Places
from labelpulse.alerts.rules import Subject
from labelpulse.alerts.walk import Event, Walked, given_up, walk
from labelpulse.warehouse.engine import snapshot

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from labelpulse.config import Alert, Settings
    from labelpulse.reader import Scope

DAYS = 90
"""Days that are told of where no others are asked for."""


@dataclass(frozen=True, slots=True)
class Fired:
    """One time that a rule would have fired for a subject.

    Attributes:
        since: first day beyond the line. first: day on which it fired; last: the last on which it
            did; over: day on which that was over, None = it still fires on the last day told.
        judged: the number with which it fired.
    """

    rule: "Alert"
    subject: Subject
    since: int
    first: int
    last: int
    over: int | None
    judged: Judged

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        ends = {"from": _iso(self.first), "to": _iso(self.last) if self.over else None}
        numbers = {key: getattr(self.judged, key) for key in ("value", "low", "high", "n")}
        return {
            "rule": self.rule.name,
            "subject": self.subject.words,
            **ends,
            **numbers,
            "since": _iso(self.since),
            "over": _iso(self.over) if self.over else None,
            "level": level_of(self.rule, self.judged),
            "keys": dict(self.subject.keys),
        }


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a rule would have done.

    Attributes:
        days: first and last day told, ordinals. series: what it would have seen on all days.
        kept_from: of a number that is only known as of now: the first day that was kept of it.
    """

    rule: "Alert"
    days: tuple[int, int]
    fired: Sequence[Fired]
    series: Series
    as_of_now: bool = False
    kept_from: int | None = None


def backtest(  # noqa: PLR0913 - keyword-only: which days
    engine: "Engine",
    settings: "Settings",
    scope: "Scope",
    rule: "Alert",
    now: int,
    *,
    since: int | None = None,
    until: int | None = None,
) -> Backtest:
    """Return when a rule would have fired on days that are over.

    It is walked through a year before the last day, so that what fires on the first day told is
    what would have fired then.

    Args:
        since, until: day ordinals, both inclusive; by default the last 90 days with data.

    Raises:
        UsageError: the rule cannot be asked.
    """
    with snapshot(engine) as conn:
        sight, samples = sight_of(conn, settings, scope, now)
        end = sight.places.last if until is None else until
        as_of_now = sampled(rule)
        found = observe(rule, sight, (end - HISTORY, end), samples(rule) if as_of_now else {})
    series = {one: [at for at in periods if not at.open] for one, periods in found.items()}
    newest = max((periods[-1].day for periods in series.values() if periods), default=end)
    last = newest if until is None else until
    first = last - DAYS + 1 if since is None else since
    walked = walk(rule, series, {}, whole=True)
    given_up(rule, walked, _awaited(series, sight.places, end))
    fired = [one for one in spells(rule, walked) if one.last >= first and one.first <= last]
    oldest = min((periods[0].day for periods in series.values() if periods), default=None)
    return Backtest(rule, (first, last), fired, series, as_of_now, oldest)


def _awaited(series: Series, places: Places, end: int) -> dict[Subject, int]:
    """Return by which day there would be data of each subject, had it gone on: see `Places`."""
    newest = newest_days(series)
    return {one: min(places.awaited(one.project, newest[one.project]), end) for one in series}


def spells(rule: "Alert", walked: Walked) -> Iterator[Fired]:
    """Yield each time that a subject fired, in the order in which they began."""
    began: dict[Subject, Event] = {}
    found = []
    for event in walked.events:
        if event.kind == "fired":
            began[event.subject] = event
        elif (start := began.pop(event.subject, None)) is not None:
            found.append(_fired(rule, start, event.before.last, event.day))
    for subject, start in began.items():
        found.append(_fired(rule, start, walked.closed[subject].last, None))
    yield from sorted(found, key=lambda one: (one.first, one.subject.words))


def _fired(rule: "Alert", start: Event, last: int, over: int | None) -> Fired:
    return Fired(rule, start.subject, start.after.since, start.day, last, over, start.judged)


def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()
