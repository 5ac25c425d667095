"""One subject that fires, and the selection at which its evidence is looked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from labelpulse.alerts.conditions import grows, judge
from labelpulse.alerts.look import sight_of
from labelpulse.alerts.observe import Series, observe, sampled
from labelpulse.alerts.rules import days_of, values_of
from labelpulse.core.errors import LabelpulseError
from labelpulse.core.pseudonyms import UNKNOWN
from labelpulse.findings.asked import Asked, ask_all
from labelpulse.findings.selection import Choice, Days, Selection, selection_of
from labelpulse.metrics.base import Metric
from labelpulse.metrics.registry import METRICS
from labelpulse.reader.overview import shown_as
from labelpulse.reader.query import Condition, MetricQuery, Row, condition
from labelpulse.warehouse.engine import snapshot

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from labelpulse.alerts.machine import Judged
    from labelpulse.alerts.rules import Subject
    from labelpulse.config import Alert, Settings
    from labelpulse.reader import Scope

T = TypeVar("T")

_PLACE = ("project", "control")
_WIDER = ("source", "program")
"""Keys that say nothing more where the project is known."""
_OF_PEOPLE = ("annotator", "reviewer", "annotator_a", "annotator_b")


@dataclass(frozen=True, slots=True)
class Asking:
    """How evidence is asked for: at one instant, each question once, people by pseudonym.

    Attributes:
        memo: what was worked out so far, by what it is of.
    """

    asked: Asked
    memo: dict[object, Any] = field(default_factory=dict)

    def once(self, of: object, make: Callable[[], T]) -> T:
        """Return what is worked out, the first time that it is asked for."""
        if of not in self.memo:
            self.memo[of] = make()
        found: T = self.memo[of]
        return found

    def shown(self, name: str) -> str:
        """Return somebody's pseudonym, whatever a rule calls them."""
        asked = self.asked
        return self.once(
            ("person", name), lambda: shown_as(asked.engine, name, asked.scope) or UNKNOWN
        )

    def selection(self, project: str | None, control: str | None) -> Selection | None:
        """Return the selection of a whole project as of now; None = there is no such project.

        Args:
            control: None = its headline.
        """
        return self.once(
            ("selection", project, control), partial(self._selection, project, control)
        )

    def against(self, rule: "Alert", subject: "Subject", day: int) -> Row | None:
        """Return what a number was held against: its own past, all the others, a usual day."""
        there = self._seen(rule, (day, day)).get(subject, [])
        return next((one.against for one in there if one.day == day), None)

    def beyond(self, rule: "Alert", subject: "Subject", days: tuple[int, int]) -> "Judged | None":
        """Return the newest number of some days, ordinals, that is beyond the line.

        A count is too small as long as its day lasts: then that says nothing.
        """
        there = [(one.open, judge(rule, one)) for one in self._seen(rule, days).get(subject, [])]
        told = (one for still, one in reversed(there) if not (still and _may_grow(rule, one)))
        return next((one for one in told if one.verdict == "beyond"), None)

    def _seen(self, rule: "Alert", days: tuple[int, int]) -> Series:
        return self.once(("seen", rule.name, days), partial(self._look, rule, days))

    def _look(self, rule: "Alert", days: tuple[int, int]) -> Series:
        asked = self.asked
        with snapshot(asked.engine) as conn:
            sight, samples = sight_of(conn, asked.settings, asked.scope, asked.at)
            return observe(rule, sight, days, samples(rule) if sampled(rule) else {})

    def _selection(self, project: str | None, control: str | None) -> Selection | None:
        held = next((one for one in self.asked.there.projects if one.info.label == project), None)
        if held is None:
            return None
        first = next(iter([*held.controls, *held.unlabeled]), None)
        return selection_of(self.asked, held, Choice(control or first), {}).as_now()


def asking_at(engine: "Engine", settings: "Settings", scope: "Scope", now: int) -> Asking:
    """Return how to ask for evidence at an instant, microseconds UTC; never for names."""
    return Asking(ask_all(engine, settings, replace(scope, names=False), at=now))


@dataclass(frozen=True, slots=True)
class Case:
    """A subject of a rule that fires.

    Attributes:
        since: ordinal of the first day beyond the line; 0 = not by days.
        keys: its keys that have a value, people by pseudonym. selection: None = no single project.
    """

    asking: Asking
    rule: "Alert"
    subject: "Subject"
    judged: "Judged"
    since: int
    keys: Mapping[str, str]
    selection: Selection | None

    @property
    def metric(self) -> Metric:
        """What is watched."""
        return METRICS[self.rule.metric]

    @property
    def project(self) -> str | None:
        """Its project, as its subject, its rule, or the one term on a project calls it."""
        known = self.subject.project or self.rule.project
        named = {one.value for one in self._projects if one.equal}
        return known or (named.pop() if len(named) == 1 else None)

    @property
    def _projects(self) -> tuple[Condition, ...]:
        """The rule's terms on projects."""
        ruled = (condition(one) for one in self.rule.where)
        return tuple(one for one in ruled if one.key == "project")

    @property
    def control(self) -> str | None:
        """The question that it is about."""
        return self.keys.get("control") or self.rule.control if self.metric.on_control else None

    @property
    def parts(self) -> tuple[Condition, ...]:
        """What part of the project's work it is about."""
        own = [Condition(key, value) for key, value in self._parts.items()]
        ruled = [condition(one) for one in self.rule.where]
        told = [self._told(one) for one in (*ruled, *own) if one.key not in _PLACE]
        return tuple(dict.fromkeys(one for one in told if not self._of_place(one)))

    @property
    def terms(self) -> tuple[Condition, ...]:
        """The same part, as far as the metric can be asked so."""
        return tuple(one for one in self.parts if one.key in self.metric.where)

    @property
    def lacks(self) -> tuple[str, ...]:
        """Keys that its work has no value of, such as the batch."""
        return tuple(key for key, value in self.subject.keys if value is None)

    @property
    def _parts(self) -> Mapping[str, str]:
        pair = [self.keys[key] for key in ("annotator_a", "annotator_b") if key in self.keys]
        found = {key: value for key, value in self.keys.items() if key not in _OF_PEOPLE[2:]}
        return {**found, "annotator_pair": "+".join(pair)} if pair else found

    def _told(self, one: Condition) -> Condition:
        if one.key == "assisted":
            return one._replace(value=one.value.lower())
        return one._replace(value=self.asking.shown(one.value)) if one.key in _OF_PEOPLE else one

    def _of_place(self, one: Condition) -> bool:
        """True for the source or program of the one project that it is of."""
        return "project" in self.keys and one.key in _WIDER and one.equal

    @property
    def where(self) -> tuple[str, ...]:
        """The terms, as they are written."""
        return tuple(one.text() for one in self.terms)

    @property
    def person(self) -> str | None:
        """The one person that it is about, by pseudonym."""
        people = [one.value for one in self.terms if one.key == "annotator" and one.equal]
        return people[0] if len(people) == 1 else None

    @property
    def day(self) -> date:
        """The day of the number; of days without work, the first."""
        silent = self.rule.no_data is not None and self.since
        return date.fromordinal(self.since if silent else self.judged.day)

    @property
    def window(self) -> Days:
        """The days of the number; those of a rule without a window are open at the beginning."""
        length = 1 if self.rule.no_data is not None else days_of(self.rule)
        first = None if length is None or self.rule.drift else self.day - timedelta(length - 1)
        return first, self.day

    @property
    def against(self) -> Row | None:
        """What the number was held against; None = its line alone."""
        return self.asking.against(self.rule, self.subject, self.day.toordinal())

    @property
    def _split(self) -> tuple[str, ...]:
        """Keys that no term can choose by: the number is one of several."""
        own, known = self._parts, self.metric
        every = dict.fromkeys((*self.rule.by, *own, *self.lacks))
        apart = [one for one in every if one in known.by and one not in _PLACE]
        if "project" in self.keys:
            apart = [one for one in apart if one not in _WIDER]
        return tuple(one for one in apart if one not in own or one not in known.where)

    @property
    def query(self) -> MetricQuery:
        """The question that has this number as its answer."""
        known, more = self.metric, self._split
        since, until = (None, None) if known.state else self.window
        project = self.project
        return MetricQuery(
            known.name,
            project=project,
            since=None if since is None else since.isoformat(),
            until=None if until is None else until.isoformat(),
            by=(*more, "day") if self.rule.drift else more,
            where=self.terms if project else (*self._projects, *self.terms),
            control=self.control,
        )


def case_of(
    asking: Asking, rule: "Alert", subject: "Subject", judged: "Judged", since: int
) -> Case:
    """Return a subject that fires, with the selection of its project and question.

    A day that is not over may say too little yet, or count too little: then it is told by the
    newest that said more.
    """
    keys = {
        key: asking.shown(value) if key in _OF_PEOPLE else value
        for key, value in values_of(subject).items()
    }
    control = keys.get("control") or rule.control
    selection = known(lambda: asking.selection(subject.project, control))
    if since and (judged.verdict == "unknown" or _may_grow(rule, judged)):
        days = since, judged.day
        judged = known(lambda: asking.beyond(rule, subject, days)) or judged
    return Case(asking, rule, subject, judged, since, keys, selection)


def _may_grow(rule: "Alert", judged: "Judged") -> bool:
    """Return whether a number that is beyond its line may just be that of a part of a day."""
    return judged.verdict == "beyond" and not judged.clear and grows(rule)


def known(told: Callable[[], T | None]) -> T | None:
    """Return what can be told; an alert goes out without the rest."""
    try:
        return told()
    except LabelpulseError:
        return None
