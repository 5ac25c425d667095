"""What a metric is: which partial sums it needs, and how they finish into numbers."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Table

from labelpulse.core.estimate import Estimate
from labelpulse.core.events import Scale
from labelpulse.core.items import ItemView
from labelpulse.core.rules import ControlRules, Rules
from labelpulse.metrics.rates import Rates
from labelpulse.metrics.rollups import Key, Rollup

if TYPE_CHECKING:
    from labelpulse.metrics.arrays import ChosenReviews, Matrix

Sums = Mapping[tuple[Any, ...], tuple[int, ...]]
"""Values of the kept key columns -> sums of the partial's measures."""

Contribute = Callable[[ItemView], Iterable[tuple[tuple[Any, ...], tuple[int, ...]]]]
"""What an item adds to partial sums, as the partials of a rollup do; keys need not be integers."""

Extra = dict[str, Any]
"""Keys that a finish makes itself, as ids: see `Metric.emits`."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A value of an emitted key that is itself a person or a batch: key `annotator`, and the id.

    Several of them in a tuple are read as one, joined by " + ".
    """

    key: str
    id: int


Finish = Callable[["Group"], Iterable[tuple[Extra, Estimate]]]
"""One group of partial sums -> its numbers; extra keys where it gives several (one a label)."""

SOURCES, QUARANTINED, RECONCILED, REPAIRED = "sources", "quarantined", "reconciled", "repaired"
"""Partials that no item contributes to: the reader takes them from the warehouse's care."""

TIMES = ("day", "week", "month", "hour", "weekday")
PLACE = ("source", "program", "project")
DATES = ("day", "week", "month", "weekday")


@dataclass(frozen=True, slots=True)
class Partial:
    """A kind of partial sums: its columns, its measures, and what an item contributes.

    Attributes:
        columns: what is counted, the project left out.
        function: None for those of the warehouse's own care.
        table: where they are kept; None = counted from arrays each time.
        version: of the code that fills the table.
        finer, coarser: names of the partials that keep the same by day, where `grain` is coarser,
            and the same by fewer columns.
        any_day: its days are not only those of submissions.
    """

    name: str
    columns: tuple[str, ...]
    measures: tuple[str, ...]
    function: Contribute | None = None
    table: Table | None = None
    grain: Callable[[Key, Rules], Key] | None = None
    version: int = 1
    finer: str = ""
    coarser: str = ""
    any_day: bool = False


def of_no_item(_view: ItemView) -> Iterator[tuple[Key, tuple[int, ...]]]:
    """Yield nothing: what single items add to a partial that is counted across items."""
    return iter(())


def partial_of(rollup: Rollup) -> Partial:
    """Return a rollup as partial sums to read."""
    keys = [one.name for one in rollup.table.primary_key]
    measures = tuple(one.name for one in rollup.table.columns if one.name not in keys)
    columns = tuple(key for key in keys if key != "project_id")
    return Partial(
        rollup.name,
        columns,
        measures,
        rollup.partials,
        rollup.table,
        rollup.grain,
        rollup.version,
        rollup.finer,
        rollup.coarser,
        rollup.any_day,
    )


@dataclass(frozen=True, slots=True)
class Need:
    """Partial sums that a metric wants.

    Attributes:
        partial: name of the partial.
        keep: key columns that the finish works on, besides those that make the groups.
        only: (column, values): rows that count at all.
    """

    partial: str
    keep: tuple[str, ...] = ()
    only: tuple[tuple[str, tuple[int, ...]], ...] = ()


@dataclass(slots=True)
class Control:
    """A question of a project, as finishes see it.

    Attributes:
        labels: label id -> text, of every label of the control.
        options: label id of a set -> ids of its options.
        seen: returns the ids of labels in present answers, any day.
        delivery_target: returns which share of right answers a delivery must have: the operator's
            accuracy target, else the one target that is set; None = none is.
    """

    id: int
    name: str
    project: int
    rules: ControlRules
    labels: Mapping[int, str] = field(default_factory=dict)
    options: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    seen: Callable[[], frozenset[int]] = frozenset
    delivery_target: Callable[[], float | None] = lambda: None

    @property
    def is_set(self) -> bool:
        """True when an answer is a set of options."""
        return self.rules.scale == Scale.SET

    def unlike(self) -> str:
        """Return why answers are never exactly alike; "" when they can be."""
        if self.rules.exact:
            return ""
        text = self.rules.scale == Scale.TEXT
        use = "match_f1 or text_similarity" if text else "match_f1"
        alike = f"such answers are hardly ever exactly alike: use {use}"
        return self.rules.refused or alike

    def unlabeled(self) -> str:
        """Return why answers are no labels; "" when they are."""
        if self.rules.labeled:
            return ""
        if self.rules.refused:
            return self.rules.refused
        scale = self.rules.scale
        remedies = {Scale.NUMBER: "interval", Scale.TEXT: "nominal"}
        if scale not in remedies:
            return f'answers on the scale "{scale}" are no labels'
        return (
            f'answers on the scale "{scale}" are no labels: declare scale {remedies[scale]} '
            "if they are"
        )


@dataclass(frozen=True, slots=True)
class Ask:
    """What a query asks of a finish, besides its groups.

    Attributes:
        by: the keys that its rows have.
        wanted: True for the labels that the query's `where` keeps; None = no condition.
        merge: label -> the label that it becomes.
        distance: between sets; None = the metric's own.
        people: it is about some people: split or filtered by annotator or team.
        now: microseconds UTC, for ages.
        what_if: what the query supposes of the future: see `metrics.what_if`.
        since, until: day ordinals of the query, None = open; for folds, which read earlier days.
    """

    by: frozenset[str] = frozenset()
    wanted: Callable[[str], bool] | None = None
    merge: Mapping[str, str] = field(default_factory=dict)
    distance: Literal["jaccard", "masi", "exact"] | None = None
    people: bool = False
    now: int = 0
    what_if: Mapping[str, float] = field(default_factory=dict)
    since: int | None = None
    until: int | None = None

    def shows(self, day: int) -> bool:
        """True when a day lies in the query's range."""
        after = self.since is None or day >= self.since
        return after and (self.until is None or day <= self.until)

    @property
    def by_label(self) -> bool:
        """True when one number a label is wanted."""
        return "label" in self.by

    def text(self, label: str) -> str:
        """Return a label after merging."""
        return self.merge.get(label, label)

    def keeps(self, label: str) -> bool:
        """True when a label passes the query's `where`."""
        return self.wanted is None or self.wanted(label)


@dataclass(frozen=True, slots=True)
class Project:
    """A project as finishes see it.

    Attributes:
        deadline: day ordinal, or None. today: its present day by the query's clock.
        holidays: day ordinals on which nobody is expected to work.
        timezone: IANA zone of its days.
        live: its source is watched, so that a day without answers is one without work.
    """

    id: int
    timezone: str
    today: int
    deadline: int | None = None
    holidays: frozenset[int] = frozenset()
    live: bool = True

    @property
    def last_full_day(self) -> int:
        """The day before today: a day that is not over says too little."""
        return self.today - 1


@dataclass(frozen=True, slots=True)
class Group:
    """The partial sums of one row of an answer, fetched when a finish asks for them.

    Attributes:
        controls: the questions in it; one for metrics that are split by control.
        gold: what counts as gold in its project.
        observed_since: the day since when its projects are watched; "" where files tell all.
        sums: need -> its sums here.
        overall: need -> first measure summed over all groups of the query.
        unknown: returns the ids of the annotators that are nobody in particular.
        same: returns account -> the account that stands for all of the same person.
        matrix: returns all answers to the group's question, for fits; what the query's conditions
            choose of them is marked.
        reviews: the same of all reviews in the group's project.
        projects: the projects in it, with what the operator said of them.
        everybody: need -> its sums over all people and groups of the same projects and questions,
            whatever the query's conditions on people.
        siblings: how many groups the query has.
        rates: returns what an hour of people's work costs.
    """

    ask: Ask
    controls: tuple[Control, ...]
    gold: str
    observed_since: str
    sums: Callable[[Need], Sums]
    overall: Callable[[Need], int]
    unknown: Callable[[], frozenset[int]]
    matrix: Callable[[], "Matrix"]
    reviews: Callable[[], "ChosenReviews"]
    projects: tuple[Project, ...]
    everybody: Callable[[Need], Sums]
    siblings: int = 1
    same: Callable[[], Mapping[int, int]] = dict
    rates: Callable[[], Rates] = Rates

    @property
    def project(self) -> Project:
        """The one project of a metric that is split by project."""
        return self.projects[0]

    @property
    def control(self) -> Control:
        """The one question of a metric that is split by control."""
        return self.controls[0]

    def total(self, need: Need) -> tuple[int, ...]:
        """Return the measures of a need, summed over everything kept; () without rows."""
        return tuple(map(sum, zip(*self.sums(need).values(), strict=True)))

    def first(self, need: Need) -> int:
        """Return the first measure of a need, summed over everything kept."""
        return sum(values[0] for values in self.sums(need).values())


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that people may ask for; its texts stand in glossary.toml.

    Attributes:
        name, unit: as users write and read them.
        counted: what n counts, in the plural.
        by, where: keys that it can be split and filtered by.
        needs: what it is made of; the first decides which groups have data.
        finish: makes the numbers of one group.
        split: keys that it is always split by where there are several of them.
        implied: keys that its rows always have.
        ranked: key whose values stand in the order of the rows' column `rank`; "" = none.
        emits: keys that its finish makes itself when asked for (`Ask.by`): label as text, day as
            ordinal, others as ids; the reader names them, and filters by them.
        history: it reads all days up to `until`, and `since` cuts only what it shows.
        min_n: below this n a note says that it rests on little.
        state: as of now, so that since and until make no sense.
        takes: further options that it knows: distance, merge, what_if.
        sparse: groups without anything counted are left out when asked by a key.
        on_control: it is about answers to questions.
        joins: its sums over several projects are those of one project that held all their items,
            so that by source, program or team it is one number, where the question is the same.
        evidence: what to show of the items behind a number; None = the first need, for fits to
            the answers of a question who gave which label.
        version: raise it when the definition changes.
    """

    name: str
    unit: str
    counted: str
    by: tuple[str, ...]
    where: tuple[str, ...]
    needs: tuple[Need, ...]
    finish: Finish
    split: tuple[str, ...] = ()
    implied: tuple[str, ...] = ()
    emits: tuple[str, ...] = ("label",)
    history: bool = False
    min_n: int = 1
    kind: Literal["sum", "fold", "fit"] = "sum"
    chart: Literal["line", "bar", "heatmap", "number"] = "line"
    state: bool = False
    takes: tuple[str, ...] = ()
    sparse: bool = True
    on_control: bool = False
    evidence: Need | None = None
    version: int = 1
    ranked: str = ""
    joins: bool = False


def single(estimate: Estimate) -> Iterator[tuple[Extra, Estimate]]:
    """Give the single number of a group."""
    yield {}, estimate
