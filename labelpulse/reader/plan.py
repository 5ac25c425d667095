"""A plan: what a query means in this warehouse, with ids for names."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from labelpulse.metrics.base import TIMES, Ask, Control, Metric
from labelpulse.reader.catalog import ProjectInfo, SourceInfo
from labelpulse.reader.joint import Joint
from labelpulse.reader.query import MetricQuery

PEOPLE = ("annotator_id", "reviewer_id")
"""Filters that are about people."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Ids that rows may have: `include` None = all but those of `exclude`."""

    include: frozenset[int] | None = None
    exclude: frozenset[int] = frozenset()

    def passes(self, one: int) -> bool:
        """True when an id passes."""
        return (self.include is None or one in self.include) and one not in self.exclude

    def passes_any(self, some: Iterable[int]) -> bool:
        """True when something that has several of them passes: one is included, none excluded."""
        found = set(some)
        included = self.include is None or bool(found & self.include)
        return included and not found & self.exclude


@dataclass(frozen=True, slots=True)
class Team:
    """A team's dated memberships: annotator -> (first day, last day or None), both inclusive."""

    name: str
    members: Mapping[int, tuple[tuple[int, int | None], ...]]

    def has(self, annotator: int, day: int) -> bool:
        """True when somebody was a member on a day; the unknown day 0 fits undated membership."""
        return any(
            since <= day and (until is None or day <= until)
            for since, until in self.members.get(annotator, ())
        )


@dataclass(slots=True)
class Plan:
    """A query that makes sense here.

    Attributes:
        projects: those it reads. controls: the questions, by id; empty where none matter.
        keys: keys of its rows in order; `seeded`: groups without data get a row, too.
        since, until: day ordinals, None = open.
        filters: batch, annotator, stage, assisted, … -> Filter. teams: (team, is it wanted).
        pairs: (annotator a, annotator b) wanted, and unwanted; None = no condition.
        sources: ids of the sources of its projects, those without answers, too.
        read_sources: the sources it is about, those without any project, too.
        without_visitors: it is about people, so that answers of anonymous visitors are left out.
        joint: the questions that are read as one, where the query joins projects.
        one_project: it names its projects. only_project: source id -> its only project's id.
    """

    query: MetricQuery
    metric: Metric
    projects: list[ProjectInfo]
    controls: dict[int, Control]
    keys: tuple[str, ...]
    seeded: bool
    since: int | None
    until: int | None
    ask: Ask
    filters: dict[str, Filter] = field(default_factory=dict)
    teams: dict[int, Team] = field(default_factory=dict)
    wanted_teams: Filter | None = None
    pairs: tuple[frozenset[tuple[int, int]] | None, frozenset[tuple[int, int]]] | None = None
    sources: frozenset[int] = frozenset()
    read_sources: list[SourceInfo] = field(default_factory=list)
    without_visitors: bool = False
    joint: Joint = field(default_factory=Joint)
    one_project: bool = False
    only_project: dict[int, int] = field(default_factory=dict)

    def of_everybody(self) -> "Plan":
        """Return the same plan without its conditions on people."""
        filters = {name: one for name, one in self.filters.items() if name not in PEOPLE}
        return replace(self, filters=filters, wanted_teams=None, pairs=None)

    def over(self, since: int | None, until: int | None) -> "Plan":
        """Return the same plan for other days: ordinals, both inclusive, None = open."""
        ask = replace(self.ask, since=since, until=until)
        return replace(self, since=since, until=until, ask=ask)

    @property
    def own_keys(self) -> tuple[str, ...]:
        """The keys that groups have by themselves, without those that finishes make."""
        return tuple(key for key in self.keys if key not in self.metric.emits)

    def sides(self, wanted: Collection[str]) -> Sequence[int | None]:
        """Return which answers are counted, each kind apart: assisted (1), others (0), all (None).

        Answers that started from a prediction compare among themselves: they may be alike because
        of it, so that they are no evidence of independent agreement.
        """
        own = self.filters.get("assisted")
        found = [side for side in (0, 1) if own is None or own.passes(side)]
        return [None] if len(found) == 2 and "assisted" not in wanted else found

    @property
    def ranged(self) -> bool:
        """True when the query has a first or a last day."""
        return self.since is not None or self.until is not None

    @property
    def timed(self) -> bool:
        """True when the query needs to know when things happened."""
        return self.ranged or any(key in TIMES for key in self.keys)
