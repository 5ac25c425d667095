"""Keeping what a look has found: states, incidents, and what is to be told, in one transaction."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

from labelpulse.alerts.live import Live, level_of, urgency
from labelpulse.alerts.look import Look
from labelpulse.alerts.looking import Progress, Seen, Stand, machine_json, progress
from labelpulse.alerts.machine import EXPIRES, FIRES, Judged, Machine
from labelpulse.alerts.rules import Subject, definition, question_digest, subject_of
from labelpulse.alerts.walk import Event
from labelpulse.reader.alerts import PROGRESS, Incident, State
from labelpulse.warehouse.alerts import Cycle, Opening, SampleRow, StateRow

if TYPE_CHECKING:
    from labelpulse.config import Alert

Evidence = Mapping[str, Any]
Explain = "Callable[[Alert, Subject, Judged, int], Evidence]"
"""(rule, subject, number that fires, first day beyond the line) -> what there is to say of it."""


class Keeping:
    """One cycle's changes.

    Args:
        explain: what there is to say of what fires; asked before the transaction.
    """

    def __init__(self, look: Look, evidence: Mapping[tuple[str, str], Evidence]) -> None:
        self._look = look
        self._evidence = evidence
        self._rules = {seen.rule.name: seen.rule for seen in look.seen}
        self._open: dict[tuple[str, str], Incident] = {
            (one.rule, one.subject): one for one in look.incidents
        }
        self._lives: dict[int, Live] = {}
        self._ended: set[tuple[str, str]] = set()

    @property
    def live(self) -> list[Live]:
        """The incidents that are open, and those that ended in this cycle."""
        return list(self._lives.values())

    def keep(self, cycle: Cycle) -> None:
        """Write states and incidents; `live` then holds what may have to be told."""
        self._rename(cycle)
        for seen in self._look.seen:
            self._keep_rule(cycle, seen)
        self._drop_rules(cycle)
        for one in self._open.values():
            if one.rule in self._rules:
                self._live(one, self._rules[one.rule])

    def _rename(self, cycle: Cycle) -> None:
        """Let open alerts say the present label of their project."""
        for one in self._look.incidents:
            named = self._look.places.subject(one.keys).document()
            if named != one.keys:
                cycle.change(one.id, keys=named)

    def _keep_rule(self, cycle: Cycle, seen: Seen) -> None:
        self._drop_unseen(cycle, seen)
        for stand in seen.stands:
            self._keep_stand(cycle, seen, stand)
        cycle.keep(self._rows(seen))
        if seen.samples:
            cycle.sample(self._samples(seen))
        self._expire(cycle, seen)

    def _keep_stand(self, cycle: Cycle, seen: Seen, stand: Stand) -> None:
        if not stand.fresh and seen.walked is not None:
            for event in seen.walked.events:
                if event.subject == stand.subject:
                    self._happened(cycle, seen.rule, event, stand)
        self._settle(cycle, seen.rule, stand)

    def _happened(self, cycle: Cycle, rule: "Alert", event: Event, stand: Stand) -> None:
        """Keep what happened on a day that is over."""
        key = (rule.name, event.subject.digest)
        found = self._open.get(key)
        if event.kind == "over":
            self._ended.add(key)
            if found is not None:
                ends = "no data" if event.judged.verdict == "gone" else "resolved"
                self._end(cycle, found, event.day, ends)
            return
        if found is None:
            if stand.before in FIRES and key not in self._ended:
                return  # it was closed by hand, and was not within its line since
            opened = self._opening(rule, event.subject, event.judged, event.after.since, event.day)
            self._begin(cycle, rule, event.subject, opened)
        elif found.early:
            cycle.change(found.id, early=False, fired_day=event.day)

    def _settle(self, cycle: Cycle, rule: "Alert", stand: Stand) -> None:
        """Bring a subject's incident to where the subject stands now."""
        key, now = (rule.name, stand.subject.digest), stand.now
        found = self._placed(cycle, key, stand.subject)
        new = stand.fresh or stand.before not in FIRES or key in self._ended
        if stand.rests:
            if found is not None:
                self._end(cycle, found, now.day + EXPIRES + 1, "no data")
        elif found is None and now.fires and new:
            if stand.judged is not None:
                early = not stand.closed.fires and not stand.final
                opened = self._opening(
                    rule, stand.subject, stand.judged, now.since, now.fired, early=early
                )
                self._begin(cycle, rule, stand.subject, opened)
        elif found is not None and not now.fires:
            self._end(cycle, found, now.day, _why(found, stand))
        elif found is not None:
            self._follow(cycle, rule, found, stand)

    def _placed(self, cycle: Cycle, key: tuple[str, str], subject: Subject) -> Incident | None:
        """Return a subject's incident, of the project that it is of now.

        What is of the only project there is is of none in particular once there are several.
        """
        found = self._open.get(key)
        if found is None or found.project_id == subject.project_id:
            return found
        keys, project = subject.document(), subject.project_id
        cycle.change(found.id, keys=keys, project_id=project)
        self._open[key] = replace(found, keys=keys, project_id=project)
        return self._open[key]

    def _follow(self, cycle: Cycle, rule: "Alert", found: Incident, stand: Stand) -> None:
        """Note how an open incident goes on; it may become more urgent, never less."""
        if found.early and stand.final:
            cycle.change(found.id, early=False, fired_day=stand.now.fired)
        worse = level_of(rule, stand.judged) if stand.now.status == "firing" else found.level
        level = worse if urgency(worse) > urgency(found.level) else found.level
        if (found.state, found.level) != (stand.now.status, level):
            cycle.change(found.id, state=stand.now.status, level=level)
        live = self._live(found, rule)
        live.level, live.day = level, stand.now.day
        if fresh := self._evidence.get((rule.name, stand.subject.digest)):
            live.evidence = {**live.evidence, **fresh}

    def _opening(
        self,
        rule: "Alert",
        subject: Subject,
        judged: Judged,
        since: int,
        fired: int,
        *,
        early: bool = False,
    ) -> Opening:
        evidence = self._evidence.get((rule.name, subject.digest), {})
        return Opening(
            rule=rule.name,
            subject=subject.digest,
            keys=subject.document(),
            project_id=subject.project_id,
            severity=rule.severity,
            level=level_of(rule, judged),
            state="firing",
            since_day=since,
            fired_day=fired,
            early=early,
            evidence=evidence,
        )

    def _begin(self, cycle: Cycle, rule: "Alert", subject: Subject, opened: Opening) -> None:
        values: dict[str, Any] = {name: getattr(opened, name) for name in Opening.__slots__}
        values |= dict.fromkeys(_LATER) | {"told": 0, "opened_at": cycle.now}
        one = Incident(id=cycle.open(opened), **values)
        self._open[rule.name, subject.digest] = one
        live = self._live(one, rule)
        live.began, live.day = True, opened.fired_day

    def _end(self, cycle: Cycle, found: Incident, day: int, by: str) -> None:
        cycle.end(found.id, day, by)
        del self._open[found.rule, found.subject]
        self._ended.add((found.rule, found.subject))
        if found.rule in self._rules:
            self._live(found, self._rules[found.rule]).ended = by

    def _live(self, one: Incident, rule: "Alert") -> Live:
        """Return what is told of an incident, made when it is first asked for."""
        if one.id not in self._lives:
            self._lives[one.id] = Live(
                id=one.id,
                rule=rule,
                subject=self._look.places.subject(one.keys),
                project_id=one.project_id,
                level=one.level,
                told=one.told,
                told_at=one.told_at,
                acked=one.acked_at is not None,
                evidence=dict(one.evidence),
                day=self._newest_day(one),
            )
        return self._lives[one.id]

    def _newest_day(self, one: Incident) -> int:
        state = self._look.states.get(one.rule, {}).get(one.subject)
        return one.fired_day if state is None else state.day

    def _drop_unseen(self, cycle: Cycle, seen: Seen) -> None:
        """End the alerts of subjects that are not watched any more, and forget them.

        A changed rule no longer watches them, or nothing is left of their data.
        """
        if seen.error or seen.walked is None:
            return
        mine, stands = definition(seen.rule), {one.subject.digest for one in seen.stands}
        gone = [
            digest
            for digest, state in self._look.states.get(seen.rule.name, {}).items()
            if digest in seen.lost
            or (
                digest not in (PROGRESS, *stands)
                and state.definition != mine
                and self._label(state) not in seen.held
            )
        ]
        for digest in gone:
            if (found := self._open.get((seen.rule.name, digest))) is not None:
                self._end(cycle, found, 0, "lost" if digest in seen.lost else "changed")
        if gone:
            cycle.forget(seen.rule.name, gone)

    def _expire(self, cycle: Cycle, seen: Seen) -> None:
        """End what waits for a subject of which no data come any more."""
        stands = {one.subject.digest for one in seen.stands}
        newest: dict[str, int] = {}
        for one in seen.stands:
            label = one.subject.project or ""
            newest[label] = max(one.now.day, newest.get(label, 0))
        for digest, state in self._look.states.get(seen.rule.name, {}).items():
            if digest in stands or state.status == "normal" or digest == PROGRESS:
                continue
            if self._is_old(seen, state, newest):
                if (found := self._open.get((seen.rule.name, digest))) is not None:
                    self._end(cycle, found, state.day + EXPIRES + 1, "no data")
                cycle.keep([_as_new(state)])

    def _is_old(self, seen: Seen, state: State, newest: Mapping[str, int]) -> bool:
        label = self._label(state)
        if seen.walked is None or label in seen.held or not state.day:
            return False
        return self._look.places.awaited(label, newest.get(label, 0)) - state.day > EXPIRES

    def _label(self, state: State) -> str:
        return self._look.places.subject(state.keys).project or ""

    def _drop_rules(self, cycle: Cycle) -> None:
        """End the incidents of rules and projects that are gone, and forget those rules' states."""
        there = {None, *self._look.places.ids.values()}
        for found in list(self._open.values()):
            gone = found.project_id not in there and _is_of_one(found)
            if found.rule not in self._rules or gone:
                self._end(cycle, found, 0, "removed")
                cycle.forget(found.rule, [found.subject])
        for name in self._look.states:
            if name not in self._rules:
                cycle.forget(name)

    def _rows(self, seen: Seen) -> Iterator[StateRow]:
        mine = definition(seen.rule)
        for stand in seen.stands:
            judged = {} if stand.judged is None else asdict(stand.judged)
            yield StateRow(
                rule=seen.rule.name,
                subject=stand.subject.digest,
                keys=stand.subject.document(),
                project_id=stand.subject.project_id,
                definition=mine,
                status=stand.now.status,
                day=stand.now.day,
                closed=machine_json(stand.closed),
                judged=json.dumps(judged),
            )
        if seen.walked is None and not seen.error and not self._lost(seen):
            return
        yield StateRow(
            rule=seen.rule.name,
            subject=PROGRESS,
            keys="",
            project_id=None,
            definition=mine,
            status="error" if seen.error else "normal",
            day=0,
            closed=json.dumps({"error": seen.error}),
            judged=json.dumps(self._progress(seen)),
        )

    def _progress(self, seen: Seen) -> Progress:
        """Return how far a rule has come; projects that wait keep what they had."""
        lost = self._lost(seen)
        former = {place: at for place, at in self._former(seen).items() if place not in lost}
        return {**former, **({} if seen.error else seen.progress)}

    def _former(self, seen: Seen) -> Progress:
        return progress(seen.rule, self._look.states.get(seen.rule.name, {}))

    def _lost(self, seen: Seen) -> set[int]:
        """Return the projects of a rule that are gone: should they come back, they are new."""
        return set(self._former(seen)) - {0, *self._look.places.ids.values()}

    def _samples(self, seen: Seen) -> Iterator[SampleRow]:
        asked = question_digest(seen.rule)
        for subject, row in seen.samples.items():
            yield SampleRow(
                question=asked,
                subject=subject.digest,
                day=self._look.places.day(subject.project),
                keys=subject.document(),
                value=row["value"],
                low=row["low"],
                high=row["high"],
                n=row["n"],
            )


def _is_of_one(found: Incident) -> bool:
    """Return whether an alert is of one project, whatever others there are."""
    return any(key == "project" for key, _ in subject_of(found.keys).keys)


def _why(found: Incident, stand: Stand) -> str:
    """Return why an alert ends whose subject does not fire now."""
    if stand.fresh:
        return "changed"
    if stand.judged is not None and stand.judged.verdict == "gone":
        return "no data"
    return "unconfirmed" if found.early else "resolved"


def _as_new(state: State) -> StateRow:
    """Return the state of a subject that nobody waits for: its newest day is all that is kept."""
    kept = {field.name: getattr(state, field.name) for field in fields(StateRow)}
    closed = machine_json(Machine(day=state.day))
    return StateRow(**{**kept, "status": "normal", "closed": closed})


_LATER = (
    *("ended_at", "ended_day", "ended_by", "acked_at", "acked_by", "ack_note"),
    *("verdict", "verdict_by", "verdict_at", "told_at"),
)
