"""How every subject of every rule stands now, for people: pages, the command line, the digest."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from labelpulse.alerts.inbox import silence_of
from labelpulse.alerts.live import level_of
from labelpulse.alerts.look import Look
from labelpulse.alerts.looking import Seen, machine_of
from labelpulse.alerts.machine import FIRES, NEW, Judged, Machine
from labelpulse.alerts.rules import Subject, definition
from labelpulse.reader.alerts import PROGRESS, Incident, Silenced, silencing

if TYPE_CHECKING:
    from labelpulse.config import Alert

Present = Literal["firing", "recovering", "silenced", "pending", "error", "nodata", "normal"]
WORDS: Mapping[Present, str] = MappingProxyType(
    {
        "firing": "Firing",
        "recovering": "Recovering",
        "silenced": "Silenced",
        "pending": "Pending",
        "error": "Cannot be asked",
        "nodata": "No data",
        "normal": "Normal",
    }
)
"""Each state as people read it, the most urgent first."""

ORDER: Sequence[Present] = tuple(WORDS)


@dataclass(frozen=True, slots=True)
class Standing:
    """One subject of a rule now.

    Attributes:
        machine: the state that its numbers brought it to, whatever is shown of it.
        why: what keeps it from being judged, or what silences it.
        incident: the one that is open, None = none is. fires: also where it cannot be judged just
            now; not where somebody silenced or closed it.
    """

    rule: "Alert"
    subject: Subject
    state: Present
    machine: Machine
    judged: Judged | None = None
    why: str = ""
    incident: Incident | None = None
    silence: Silenced | None = None
    fires: bool = False

    @property
    def level(self) -> str | None:
        """How urgent it is, by the open alert where there is one; None = it does not fire."""
        if self.incident is not None:
            return self.incident.level
        return level_of(self.rule, self.judged) if self.fires else None

    @property
    def since(self) -> int:
        """Day on which its periods beyond the line began, an ordinal, by the open alert; 0 = none.

        The number itself may say nothing just now.
        """
        return (self.incident is not None and self.incident.since_day) or self.machine.since


def present(look: Look) -> list[Standing]:
    """Return every subject of every rule, the most urgent first."""
    found = [one for seen in look.seen for one in _of(look, seen)]
    return sorted(found, key=lambda one: ORDER.index(one.state))


def _of(look: Look, seen: Seen) -> Iterator[Standing]:
    if seen.error:
        yield Standing(seen.rule, Subject(()), "error", NEW, why=seen.error)
        yield from (_left(look, seen, one) for one in look.incidents if one.rule == seen.rule.name)
        return
    there = dict(_known(look, seen))
    for subject, (machine, judged) in there.items():
        yield _standing(look, seen, subject, machine, judged)
    if not there:
        why = next(iter(seen.held.values()), "")
        yield Standing(seen.rule, Subject(()), "nodata", NEW, why=why)


def _known(look: Look, seen: Seen) -> Iterator[tuple[Subject, tuple[Machine, Judged | None]]]:
    """Yield the subjects as they were kept, then as they were seen now."""
    mine = definition(seen.rule)
    for digest, state in look.states.get(seen.rule.name, {}).items():
        if digest != PROGRESS and (state.definition == mine or seen.held):
            told, subject = json.loads(state.judged), look.places.subject(state.keys)
            if look.places.has(subject):
                yield subject, (machine_of(state), Judged(**told) if told else None)
    for stand in seen.stands:
        yield stand.subject, (NEW if stand.rests else stand.now, stand.judged)


def _numberless(rule: "Alert", judged: Judged | None) -> bool:
    """Return whether there is no number to call normal; a day without work has none by itself."""
    return rule.no_data is None and (judged is None or judged.value is None)


def _standing(
    look: Look, seen: Seen, subject: Subject, machine: Machine, judged: Judged | None
) -> Standing:
    name, digest = seen.rule.name, subject.digest
    same = (one for one in look.incidents if (one.rule, one.subject) == (name, digest))
    incident = next(same, None)
    silence = silencing(look.silences, name, subject.project_id, digest)
    state: Present = machine.status
    why = seen.held.get(subject.project or "", "")
    if why or (state == "normal" and _numberless(seen.rule, judged)):
        state = "nodata"
    elif silence is not None and machine.status in FIRES:
        state, why = "silenced", silence.reason
    elif machine.status in FIRES and incident is None and _was_kept(look, name, digest):
        state, why = "silenced", "closed by hand"
    fires = machine.status in FIRES and state != "silenced" and silence is None
    return Standing(seen.rule, subject, state, machine, judged, why, incident, silence, fires)


def _left(look: Look, seen: Seen, incident: Incident) -> Standing:
    """Return an alert of a rule that cannot be asked any more: it is open all the same."""
    silence = silence_of(incident, look.silences)
    return Standing(
        rule=seen.rule,
        subject=look.places.subject(incident.keys),
        state="error",
        machine=Machine("firing", since=incident.since_day, fired=incident.fired_day),
        why=seen.error,
        incident=incident,
        silence=silence,
        fires=silence is None,
    )


def _was_kept(look: Look, rule: str, digest: str) -> bool:
    """True where a subject was kept as firing: then its alert has ended by hand."""
    state = look.states.get(rule, {}).get(digest)
    return state is not None and state.status in FIRES
