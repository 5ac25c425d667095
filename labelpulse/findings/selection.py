"""What somebody looks at: one project, perhaps one control and one team, some days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from labelpulse.core.days import SECOND, zone
from labelpulse.core.events import Scale
from labelpulse.core.periods import Mark, Span, by_period
from labelpulse.findings.freshness import FILES, Freshness, freshness
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import MetricQuery, Row
from labelpulse.reader.markers import Marker
from labelpulse.reader.overview import Holding
from labelpulse.reader.query import Condition

_PEOPLE = ("annotator", "annotator_a", "annotator_b", "reviewer")
_ZONES = {
    "set": "Days in {zone}",
    "default": "Days in {zone} (the default of the configuration)",
    "machine": "Days in {zone} (this machine)",
}

_DAY = timedelta(days=1)
Days = tuple[date | None, date | None]
"""First and last day, both inclusive; None = open."""


class Ask(Protocol):
    """How a selection asks: the pages keep answers by data version, a report asks each once."""

    def answer(self, query: MetricQuery, at: int) -> list[Row]:
        """Return the rows of a query on the data of one version."""

    def detail(self, kind: str, query: MetricQuery, at: int) -> list[Row]:
        """Return one of the tables behind single numbers."""

    def noted(self, project: int) -> list[Marker]:
        """Return what was noted for days of a project, or of all projects."""

    def holding(self, project: int) -> Holding | None:
        """Return one project as it stands now; None when it is gone."""

    def version(self, project: int) -> int:
        """Return a project's data version now; -1 when it is gone."""

    def interval(self, source: str) -> timedelta:
        """Return the time between a source's polls."""

    def teams(self) -> tuple[str, ...]:
        """Return the names of the teams that have members."""

    def now(self) -> int:
        """Return the clock that ages are measured by, microseconds UTC."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The choice of a page or a report, and how it asks.

    Attributes:
        control: the chosen question, one with labels where there is any; None without questions.
        span: the days of charts, in the project's zone; a file has no now, so its days end with
            its last answer, and its today is the day after. whole: no day is left out.
        version: of the data that answers are about.
        names: pseudonym -> name, empty to show pseudonyms.
        team: only what people of this team did, where a metric can tell; None = all.
        compared: numbers are set against the same number of days before.
        first: the first day with work, None = none is known.
        by_clock: the chosen days for what has a now whatever the data is: runs of imports, too.
    """

    ask: Ask
    holding: Holding
    control: str | None
    span: Span
    whole: bool
    version: int
    names: dict[str, str]
    team: str | None = None
    compared: bool = False
    first: date | None = None
    by_clock: Days = (None, None)

    @property
    def timezone(self) -> str:
        """The IANA zone of days."""
        return self.holding.info.counted.timezone

    @property
    def zone_line(self) -> str:
        """The words on the zone of days, and who chose it."""
        return _ZONES[self.holding.zone_from].format(zone=self.timezone)

    @property
    def deadline(self) -> date | None:
        """The last day that the operator set."""
        day = self.holding.info.deadline
        return None if day is None else date.fromordinal(day)

    @property
    def file(self) -> bool:
        """True when the project was imported: nobody is at work on it now."""
        return self.holding.info.source.type == FILES

    @property
    def now_day(self) -> date:
        """The project's day by the clock."""
        return clock_day(self.ask, self.timezone)

    @property
    def target(self) -> float | None:
        """The operator's target for the chosen control, of agreement before all."""
        return self.holding.targets.get(self.control or "")

    @property
    def accuracy_target(self) -> float | None:
        """The share of right answers that the operator asks for; None = not set apart."""
        return self.holding.accuracy_targets.get(self.control or "")

    @property
    def subjective(self) -> bool:
        """True where different answers to the chosen control are perspectives, not errors."""
        return self.control in self.holding.subjective

    @property
    def scale(self) -> Scale:
        """How answers to the chosen control compare."""
        rules = self.holding.info.counted.controls.values()
        return next((one.scale for one in rules if one.name == self.control), Scale.NOMINAL)

    @property
    def loading(self) -> bool:
        """True while the first load runs."""
        return self.holding.info.source.loading

    @property
    def fresh(self) -> Freshness:
        """How fresh the project's source is now."""
        source = self.holding.info.source
        return freshness(source, self.ask.now(), self.timezone, self.ask.interval(source.name))

    @property
    def against(self) -> tuple[tuple[date, date], tuple[date, date]] | None:
        """The days before the span and those of it, as many of both; None = nothing to compare.

        Today is left out, since it is not over; and nothing is compared with days before the first
        with work.
        """
        if not self.compared or self.whole or self.first is None:
            return None
        last = min(self.span.until, self.span.today - _DAY)
        length = last - self.span.since + _DAY
        if length < _DAY or self.span.since - length < self.first:
            return None
        return (self.span.since - length, self.span.since - _DAY), (self.span.since, last)

    @property
    def without_today(self) -> bool:
        """True where numbers count today and what they are set against leaves it out."""
        return self.against is not None and self.against[1][1] != self.span.until

    def as_now(self) -> "Selection":
        """Return the selection for the verdict: the whole project in its last thirteen weeks.

        What stands now does not depend on what days or which team somebody looks at.
        """
        plain = replace(self, team=None, compared=False, whole=False)
        return replace(plain, span=span_of(plain, Choice(self.control)))

    def refreshed(self) -> "Selection":
        """Return the same choice on the newest data."""
        held = self.ask.holding(self.holding.info.id) or self.holding
        return replace(self, holding=held, version=self.ask.version(held.info.id))

    def query(
        self,
        metric: str,
        *by: str,
        days: Days | None = None,
        where: Sequence[str | Condition] = (),
    ) -> MetricQuery:
        """Return a query on this choice; about the chosen control and team where the metric can.

        Args:
            days: by default the chosen span.
        """
        known = METRICS[metric]
        since, until = (None, None) if known.state else days or self._days()
        only = [Condition("team", self.team, True)] if self.team and self.by_team(metric) else []
        return MetricQuery(
            metric,
            project=self.holding.info.label,
            since=None if since is None else since.isoformat(),
            until=None if until is None else until.isoformat(),
            by=by,
            where=(*only, *where),  # type: ignore[arg-type]
            control=self.control if known.on_control else None,
        )

    def by_team(self, metric: str) -> bool:
        """Return whether a metric can tell one team's work from the others'."""
        return "team" in METRICS[metric].where

    def _days(self) -> Days:
        return (None, None) if self.whole else (self.span.since, self.span.until)

    def rows(self, metric: str, *by: str, **more: Any) -> list[Row]:
        """Return a metric's rows, people named as chosen."""
        found = self.ask.answer(self.query(metric, *by, **more), self.version)
        return [self.named(row) for row in found]

    def one(self, metric: str, **more: Any) -> Row | None:
        """Return the single row of a metric; None without data."""
        return next(iter(self.rows(metric, **more)), None)

    def detail(
        self,
        kind: str,
        days: Days | None = None,
        *,
        metric: str = "agreement_percent",
        where: Sequence[str] = (),
    ) -> list[Row]:
        """Return one of the tables behind single numbers, for this choice.

        Args:
            metric: what the table is about, where it can be about several.
        """
        query = self.query(metric, days=days, where=where)
        found = self.ask.detail(kind, query, self.version)
        return [self.named(row) for row in found]

    def named(self, row: Row) -> Row:
        """Return a row with people under their names, where they are shown."""
        if not self.names:
            return row
        people = {key: self.names.get(row[key], row[key]) for key in _PEOPLE if key in row}
        return {**row, **people}


def clock_day(ask: Ask, zone_name: str) -> date:
    """Return the local day by the clock."""
    return datetime.fromtimestamp(ask.now() / SECOND, UTC).astimezone(zone(zone_name)).date()


@dataclass(frozen=True, slots=True)
class Choice:
    """What a page's header or a report's settings choose.

    Attributes:
        days: how many last days; None = all. between: first and last day instead.
    """

    control: str | None = None
    team: str | None = None
    days: int | None = 91
    between: Days | None = None
    compared: bool = False


def selection_of(ask: Ask, held: Holding, choice: Choice, names: dict[str, str]) -> Selection:
    """Return the selection of a project with a choice made."""
    today = clock_day(ask, held.info.counted.timezone)
    selection = Selection(
        ask=ask,
        holding=held,
        control=choice.control,
        span=Span(today, today, today),
        whole=choice.days is None and choice.between is None,
        version=ask.version(held.info.id),
        names=names,
        team=choice.team,
        compared=choice.compared,
        by_clock=_by_clock(choice, today),
    )
    return replace(selection, span=span_of(selection, choice), first=first_day(selection))


def _by_clock(choice: Choice, today: date) -> Days:
    if choice.between is not None or choice.days is None:
        return choice.between or (None, None)
    return today - timedelta(choice.days - 1), None


def span_of(selection: Selection, choice: Choice) -> Span:
    """Return the chosen days with what was noted for them.

    What lies before the first day with work would be an empty half of a chart. A source's clock
    may be ahead of ours at midnight: no span begins after today.
    """
    noted = selection.ask.noted(selection.holding.info.id)
    marks = tuple(Mark(date.fromisoformat(one.day), one.text) for one in noted)
    return replace(_chosen(selection, choice), marks=marks)


def _chosen(selection: Selection, choice: Choice) -> Span:
    today = until = selection.span.today
    found = _worked(selection)
    if selection.file and found:
        until = max(found)
        today = until + timedelta(days=1)
    first = min([*found, until])
    if choice.between is not None:
        return _between(choice.between, Span(first, until, today))
    if choice.days is None:
        return Span(first, until, today)
    return Span(max(first, until - timedelta(choice.days - 1)), until, today)


def first_day(selection: Selection) -> date | None:
    """Return the first day with work; None = no day is known."""
    return min(_worked(selection), default=None)


def _worked(selection: Selection) -> Mapping[date, float]:
    rows = selection.rows("annotations_submitted", "day", days=(None, None))
    return by_period(rows, "day")


def _between(wanted: Days, there: Span) -> Span:
    """Return the wanted days as far as they lie within those that are there; at least one."""
    since, until = wanted[0] or there.since, wanted[1] or there.until
    last = min(max(until, there.since), there.until)
    return Span(min(max(since, there.since), last), last, there.today)


def grain(selection: Selection) -> str:
    """Return what time charts are split by: days, or weeks where there are too many days."""
    return "day" if len(selection.span.days) <= 130 else "week"
