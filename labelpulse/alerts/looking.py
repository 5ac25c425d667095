"""One rule at one moment: the projects that moved, the days to read, where its subjects stand."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

from labelpulse.alerts.lost import lost
from labelpulse.alerts.machine import EXPIRES, NEW, Judged, Machine, Status, step
from labelpulse.alerts.observe import Days, Samples, Series, Sight, observe, sampled
from labelpulse.alerts.reads import Group
from labelpulse.alerts.rules import Subject, definition, metric_of, patience
from labelpulse.alerts.walk import Walked, standing, walk
from labelpulse.core.errors import LabelpulseError, UsageError
from labelpulse.reader.alerts import PROGRESS, Incident, State
from labelpulse.reader.query import Condition, Row, condition

if TYPE_CHECKING:
    from labelpulse.config import Alert

HISTORY = 366
"""Days that a rule looks back when it is new."""
AGAIN = 3
"""Days that are read once more: what came late of them is new to some subjects."""

Came = tuple[int, int]
"""The data version of a project, and its newest day that was over."""
Progress = Mapping[int, Came]
"""Project (0 = of no single one) -> how far a rule has come in it."""


@dataclass(frozen=True, slots=True)
class Stand:
    """How a subject stands.

    Attributes:
        closed: after its last day that is over; now: by the present day, too.
        before: what its status was when it was last kept; "" = never.
        fresh: its history was walked for the first time: what was over before is not told.
        rests: no data of it came for long: it is waited for no longer, and as new.
        final: its newest number is no less sure for the day's not being over.
    """

    subject: Subject
    closed: Machine
    now: Machine
    judged: Judged | None
    before: str = ""
    fresh: bool = False
    rests: bool = False
    final: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A rule at one moment.

    Attributes:
        stands: of the subjects that were looked at now. error: why it cannot be asked.
        held: project label -> why its subjects are not judged.
        samples: the numbers of the present day, where they are only known as of now.
        lost: digests of subjects that fire, of whose data nothing is there any more.
    """

    rule: "Alert"
    stands: Sequence[Stand] = ()
    walked: Walked | None = None
    progress: Progress = field(default_factory=dict)
    error: str = ""
    held: Mapping[str, str] = field(default_factory=dict)
    samples: Mapping[Subject, Row] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Looking:
    """One rule at work.

    Attributes:
        states: its subjects' digests -> how they were kept. fires: (rule, subject) -> its alert.
        samples: reads what was kept of numbers that are only known as of now. grain: how often
            those are looked at anew, microseconds.
    """

    rule: "Alert"
    sight: Sight
    states: Mapping[str, State]
    fires: Mapping[tuple[str, str], Incident]
    samples: "Callable[[Alert], Samples]"
    grain: int = 1

    def seen(self) -> Seen:
        """Return where the rule's subjects stand; those of projects that moved."""
        try:
            metric_of(self.rule)
            if self._to_come:
                return Seen(self.rule, held={"": "loading"})
            self._check_project()
            due = [one for one, at in self._moved.items() if self._progress.get(one) != at]
            if not due:
                return Seen(self.rule, progress=self._came, held=self._held)
            return self._looked(due)
        except LabelpulseError as error:
            return Seen(self.rule, error=str(error))
        except Exception as error:  # noqa: BLE001 - one rule's defect must not stop the others
            return Seen(self.rule, error=f"unexpected {type(error).__name__}")

    @property
    def _to_come(self) -> bool:
        """True while a source that the rule names has not been read for the first time."""
        named = [one for one in map(condition, self.rule.where) if one.key == "source"]
        return any(one.equal and one.value in self.sight.places.to_come for one in named)

    def _check_project(self) -> None:
        """Refuse a project that is not there, once there is any."""
        there, name = self.sight.places, self.rule.project
        if name is not None and there.by_label and there.only(name) not in there.by_label:
            known = ", ".join(sorted(there.by_label)[:5])
            raise UsageError(f"there is no project {name!r}: known projects are {known}")

    def _looked(self, due: Sequence[str]) -> Seen:
        as_of_now = sampled(self.rule)
        kept = self.samples(self.rule) if as_of_now else {}
        days, known_to = self._days(due), self._known_to
        found = observe(self._narrowed(due), self.sight, days, kept, known_to)
        series = self._wanted(found, due)
        known = {one: self._caught_up(one, days[0]) for one in series if one in self._machines}
        walked = walk(self.rule, series, known, settled=self._settled(series))
        newest = newest_days(series)
        digests = {one.digest for one in series}
        due_ones = [one for one in self._machines if "" in due or one.project in due]
        return Seen(
            rule=self.rule,
            stands=[self._stand(walked, one, newest[one.project]) for one in series],
            walked=walked,
            progress=self._came,
            held=self._held,
            samples=_present(series) if as_of_now else {},
            lost=frozenset(lost(self.rule, self.sight.reads, due_ones, self.states, digests)),
        )

    def _wanted(self, series: Series, due: Sequence[str]) -> Series:
        """Return the series of projects that moved; "" stands for all that is of none of them."""
        anywhere = "" in due
        return {one: rows for one, rows in series.items() if anywhere or one.project in due}

    def _stand(self, walked: Walked, subject: Subject, newest: int) -> Stand:
        state = self.states.get(subject.digest)
        closed, opened = walked.closed.get(subject, NEW), walked.opened.get(subject)
        alert = self.fires.get((self.rule.name, subject.digest))
        today = alert is not None and opened is not None and alert.fired_day == opened.day
        fires = alert is not None and (closed.fires or (alert.early and today))
        now, judged = standing(self.rule, walked, subject, fires=fires)
        rests = 0 < now.day < self.sight.places.awaited(subject.project, newest) - EXPIRES
        if rests:
            closed = now = Machine(day=now.day)
        return Stand(
            subject=subject,
            closed=closed,
            now=now,
            judged=_with_number(judged, state),
            before=state.status if state else "",
            fresh=subject not in self._machines,
            rests=rests,
            final=subject in walked.final or sampled(self.rule),
        )

    @cached_property
    def _labels(self) -> list[str]:
        """The projects that the rule is about; "" for what is of no single one."""
        there, found = self.sight.places, metric_of(self.rule)
        only = there.only(self.rule.project)
        if "project" not in found.by:
            return [""]
        if only is not None:
            return [only] if only in there.by_label else []
        return list(there.by_label) if "project" in (*found.split, *self.rule.by) else [""]

    @cached_property
    def _held(self) -> dict[str, str]:
        if self.rule.metric == "source_lag":  # it is about sources that stand still
            return {}
        there = self.sight.places
        return {one: why for one in self._labels if (why := there.held(one or None))}

    @cached_property
    def _moved(self) -> dict[str, Came]:
        """How far each project has come that can be judged."""
        there, always = self.sight.places, sampled(self.rule)
        found = {}
        for label in self._labels:
            if label not in self._held:
                version = there.now // self.grain if always else there.version(label or None)
                found[label] = (version, there.over(label or None))
        return found

    @property
    def _came(self) -> Progress:
        return {self.sight.places.ids.get(label, 0): at for label, at in self._moved.items()}

    @cached_property
    def _progress(self) -> dict[str, Came]:
        came, ids = progress(self.rule, self.states), self.sight.places.ids
        every = {label: came.get(ids.get(label, 0)) for label in self._labels}
        return {label: at for label, at in every.items() if at is not None}

    @cached_property
    def _machines(self) -> dict[Subject, Machine]:
        mine, there = definition(self.rule), self.sight.places
        return {
            subject: Machine(**json.loads(one.closed))
            for digest, one in self.states.items()
            if digest != PROGRESS and one.definition == mine
            if there.has(subject := there.subject(one.keys))
        }

    def _caught_up(self, subject: Subject, first: int) -> Machine:
        """Return a state that was kept, by its newest day, too, where that is not read again."""
        machine, state = self._machines[subject], self.states[subject.digest]
        if not machine.day < state.day < first:
            return machine
        newest = Judged(**json.loads(state.judged))
        late = newest.day > machine.day
        return step(machine, newest, patience(self.rule)) if late else machine

    def _settled(self, series: Series) -> dict[Subject, Judged]:
        """Return days that were the newest, were judged when they were over, and are as they were.

        They were judged together with those of others, which are not read again.
        """
        found = {}
        for subject, periods in series.items():
            state = self.states.get(subject.digest)
            if state is None or subject not in self._machines or state.day > self._over(subject):
                continue
            row = next((one.row for one in periods if one.day == state.day), None)
            kept = None if row is None else Judged(**json.loads(state.judged))
            if kept is not None and kept.p is not None and _same(kept, row):
                found[subject] = kept
        return found

    def _over(self, subject: Subject) -> int:
        """Return the newest day of a subject's project that was over when it was looked at last."""
        came = self._progress.get(subject.project or "", self._progress.get(""))
        return 0 if came is None else came[1]

    def _known_to(self, group: Group) -> int:
        """Return the day up to which all subjects of a group were stepped through."""
        return self._steps.get(group, 0)

    @cached_property
    def _steps(self) -> dict[Group, int]:
        """By group the day up to which its subjects were stepped through, the least of them."""
        emitted = metric_of(self.rule).emits
        found: dict[Group, int] = {}
        for subject, one in self._machines.items():
            group = tuple(key for key in subject.keys if key[0] not in emitted)
            found[group] = min(one.day, found.get(group, one.day))
        return found

    def _days(self, due: Sequence[str]) -> Days:
        """Return the days to read: from where the projects that moved had come to."""
        last = self.sight.places.last
        first = min((self._came_to(one) for one in due), default=0)
        return max(first, last - HISTORY), last

    def _came_to(self, label: str) -> int:
        if label not in self._progress:
            return 0
        own = (one.day for subject, one in self._machines.items() if label in ("", subject.project))
        return max(own, default=0) - AGAIN

    def _narrowed(self, due: Sequence[str]) -> "Alert":
        """Return the rule on the projects that moved, where others did not.

        Only where it names nothing else: names are looked up among all of its projects.
        """
        named = any((self.rule.project, self.rule.control, self.rule.where)) or "" in due
        if named or len(due) == len(self._labels):
            return self.rule
        terms = tuple(Condition("project", one).text() for one in due)
        return self.rule.model_copy(update={"where": (*self.rule.where, *terms)})


def progress(rule: "Alert", states: Mapping[str, State]) -> Progress:
    """Return how far a rule had come as it was kept; nowhere where it was changed since."""
    state = states.get(PROGRESS)
    if state is None or state.definition != definition(rule):
        return {}
    return {int(place): (at[0], at[1]) for place, at in json.loads(state.judged).items()}


def _with_number(judged: Judged | None, state: State | None) -> Judged | None:
    """Return the newest number of a subject, as it was kept where the present day has none yet."""
    if state is None or (judged is not None and _tells(judged)):
        return judged
    kept = json.loads(state.judged)
    return Judged(**kept) if kept else judged


def _same(judged: Judged, row: Row | None) -> bool:
    names = ("value", "low", "high", "n")
    return row is not None and all(getattr(judged, name) == row[name] for name in names)


def _tells(judged: Judged) -> bool:
    return judged.value is not None or judged.verdict == "gone"


def newest_days(series: Series) -> dict[str | None, int]:
    """Return the newest day with data of each project."""
    found: dict[str | None, int] = {}
    for subject, periods in series.items():
        last = periods[-1].day if periods else 0
        found[subject.project] = max(last, found.get(subject.project, 0))
    return found


def _present(series: Series) -> dict[Subject, Row]:
    """Return the numbers of the present day."""
    last = {subject: periods[-1] for subject, periods in series.items() if periods}
    return {one: at.row for one, at in last.items() if at.open and at.row is not None}


def machine_of(state: State) -> Machine:
    """Return a state as it was kept, with what its newest day, which may not be over, did to it."""
    closed = Machine(**json.loads(state.closed))
    if state.status == "normal":
        return Machine(day=state.day)
    beyond = closed.beyond + (closed.day < state.day or not closed.beyond)
    since = closed.since or state.day
    status = cast("Status", state.status)
    return replace(closed, status=status, beyond=beyond, since=since, day=state.day)


def judged_of(state: State) -> Judged | None:
    """Return the newest number of a state against its line; None when nothing was judged yet."""
    judged = json.loads(state.judged)
    return Judged(**judged) if judged else None


def machine_json(machine: Machine) -> str:
    """Return a state as it is kept."""
    return json.dumps(asdict(machine))
