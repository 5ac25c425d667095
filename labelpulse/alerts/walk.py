"""A rule's way through the days: the same steps live and in a back-test."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from labelpulse.alerts.conditions import Period, judge, together
from labelpulse.alerts.machine import EXPIRES, NEW, Judged, Machine, Patience, gone, so_far, step
from labelpulse.alerts.rules import Subject, patience

if TYPE_CHECKING:
    from labelpulse.alerts.observe import Series
    from labelpulse.config import Alert


@dataclass(frozen=True, slots=True)
class Event:
    """A subject began to fire, or that was over.

    Attributes:
        day: ordinal. before, after: the states around it. judged: the number that did it.
    """

    subject: Subject
    kind: Literal["fired", "over"]
    day: int
    before: Machine
    after: Machine
    judged: Judged


@dataclass(frozen=True, slots=True)
class Walked:
    """Where a walk came to.

    Attributes:
        closed: state after each subject's last day but its newest, of which more may come in.
        judged: its newest number up to there. opened: that of its newest day; final: subjects
            whose newest day is over. events: what happened on days up to `closed`, in their order.
    """

    closed: dict[Subject, Machine]
    judged: dict[Subject, Judged]
    opened: dict[Subject, Judged]
    events: list[Event]
    final: set[Subject]


def walk(
    rule: "Alert",
    series: "Series",
    before: Mapping[Subject, Machine],
    *,
    whole: bool = False,
    settled: Mapping[Subject, Judged] = MappingProxyType({}),
) -> Walked:
    """Step every subject through its periods, day by day, all subjects of a day together.

    Args:
        before: the states so far; periods up to their days were stepped through already.
        whole: step through the newest day, too, where it is over: nothing more is waited for.
        settled: newest days that were judged together with those of others, who went on since.
    """
    waits = patience(rule)
    walked = Walked(dict(before), {}, {}, [], set())
    newest = {one: periods[-1].day for one, periods in series.items() if periods}
    for day, there in _by_day(series, before):
        for one in there:
            _give_up(walked, one, day, waits)
        fires = [one.digest for one in there if walked.closed.get(one, NEW).fires]
        judged = {one.digest: judge(rule, period) for one, period in there.items()}
        judged |= {
            one.digest: settled[one] for one in there if one in settled and settled[one].day == day
        }
        kept = together(judged, fires)
        for subject, period in there.items():
            found = kept[subject.digest]
            if period.open or (day == newest[subject] and not whole):
                walked.opened[subject] = found
                walked.final.update(() if period.open else (subject,))
                continue
            _stepped(walked, subject, day, found, step(_state(walked, subject), found, waits))
    return walked


def _give_up(walked: Walked, subject: Subject, day: int, waits: Patience) -> None:
    """Let a subject be as new by a day, if nothing came of it for too long before."""
    before = _state(walked, subject)
    if 0 < before.day < day - EXPIRES and before.status != "normal":
        said = gone(before.day + EXPIRES + 1)
        _stepped(walked, subject, said.day, said, step(before, said, waits))


def given_up(rule: "Alert", walked: Walked, awaited: Mapping[Subject, int]) -> None:
    """Give up subjects of which nothing came since, as is done when time goes by.

    Args:
        awaited: the day by which there would be data of them, had they gone on.
    """
    for subject, day in awaited.items():
        _give_up(walked, subject, day, patience(rule))


def _state(walked: Walked, subject: Subject) -> Machine:
    return walked.closed.get(subject, NEW)


def _stepped(walked: Walked, subject: Subject, day: int, judged: Judged, after: Machine) -> None:
    before = _state(walked, subject)
    if before.fires != after.fires:
        kind: Literal["fired", "over"] = "fired" if after.fires else "over"
        walked.events.append(Event(subject, kind, day, before, after, judged))
    walked.closed[subject], walked.judged[subject] = after, judged


def _by_day(
    series: "Series", before: Mapping[Subject, Machine]
) -> Iterator[tuple[int, dict[Subject, Period]]]:
    """Yield the periods of each day that is new to their subjects, those of a project together."""
    found: dict[tuple[int, str], dict[Subject, Period]] = {}
    for subject, periods in series.items():
        since = before.get(subject, NEW).day
        for one in periods:
            if one.day > since:
                found.setdefault((one.day, subject.project or ""), {})[subject] = one
    for (day, _), there in sorted(found.items(), key=lambda one: one[0]):
        yield day, there


def standing(
    rule: "Alert", walked: Walked, subject: Subject, *, fires: bool
) -> tuple[Machine, Judged | None]:
    """Return how a subject stands now, also by a day that is not over, and its newest number.

    Args:
        fires: it fires by this day so far; what days that are over have brought since wins.
    """
    closed, opened = _state(walked, subject), walked.opened.get(subject)
    if opened is None:
        return closed, walked.judged.get(subject)
    if subject in walked.final:
        return step(closed, opened, patience(rule)), opened
    if any(event.subject == subject for event in walked.events):
        fires = closed.fires
    return so_far(closed, opened, patience(rule), fires=fires), opened
