"""Metrics over windows of local days that move from day to day, as alerts follow them."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sqlalchemy import Connection, Engine

from labelpulse import schema
from labelpulse.core.days import now_us
from labelpulse.core.errors import UsageError
from labelpulse.metrics.base import TIMES, Need, Sums
from labelpulse.metrics.registry import PARTIALS, ROLLUPS, metric
from labelpulse.reader.catalog import ProjectInfo
from labelpulse.reader.days import Range
from labelpulse.reader.keys import KeyValues, Namer, columns_of, in_order
from labelpulse.reader.moment import Moment
from labelpulse.reader.plan import Plan
from labelpulse.reader.query import EVERYONE, MetricQuery, Row, Scope
from labelpulse.reader.read import Reading
from labelpulse.reader.sliding import Sliding
from labelpulse.reader.sums import SumReader, SumRow
from labelpulse.reader.uncounted import Uncounted
from labelpulse.warehouse.engine import snapshot

_VERSIONS = {
    name: version
    for name, version in ROLLUPS.versions().items()
    if "day" in PARTIALS[name].columns
    or name in (schema.answer_matrix.name, schema.item_content.name)
}
"""Of the rollups that sums of days come from, by the present code."""

Days = tuple[int, int]
"""First and last day, ordinals, both inclusive."""


@dataclass(frozen=True, slots=True)
class Rolled:
    """One row over the window that ends with a day.

    Attributes:
        day: ordinal. row: as `read` gives it for the days of the window. group: of which it is,
            by the values of `Present.columns`.
    """

    day: int
    row: Row
    group: KeyValues


@dataclass(frozen=True, slots=True)
class Present:
    """Which groups have data on which days.

    Attributes:
        columns: names of a group's values. days: day -> groups.
    """

    columns: tuple[str, ...]
    days: Mapping[int, Collection[KeyValues]]


def rolling(
    engine: Engine,
    query: MetricQuery,
    window: int | None,
    days: Days,
    scope: Scope = EVERYONE,
    *,
    clock: Callable[[], int] = now_us,
) -> list[Rolled]:
    """Return the rows of a query over each window: see `Rolling.rows`."""
    with snapshot(engine) as conn:
        return Rolling(Moment(conn, scope, clock())).rows(query, window, days)


class Rolling:
    """Rolling reads at one moment of the warehouse, which know sources and people from once."""

    def __init__(self, moment: Moment) -> None:
        self._moment = moment

    def read(self, query: MetricQuery) -> list[Row]:
        """Return the rows of a query at this moment, as `read` does."""
        plan = self._moment.plan(query)
        return _Windowed(self._moment, plan, self._namer(plan)).result().rows

    def present(self, query: MetricQuery, days: Days) -> Present:
        """Return the groups of a query that have data on some days; UsageError as of `rows`."""
        _check(query, None, days)
        plan = self._moment.plan(query)
        columns = tuple(one for key in plan.own_keys for one in columns_of(key))
        return Present(columns, self._present(plan, self._namer(plan), days))

    def rows(
        self,
        query: MetricQuery,
        window: int | None,
        days: Days,
        wanted: Mapping[int, Collection[KeyValues]] | None = None,
    ) -> list[Rolled]:
        """Return the rows of a query over the window that ends with each day, by day.

        A row equals that of `read` with since and until at the ends of its window. A group has
        rows on days on which it has data of its own, and none on those between; where a metric
        makes keys itself, such as labels, all rows of such a group are there.

        Args:
            query: without since and until, and by no key of time.
            window: how many days; None = from the beginning on.
            days: which days to tell. wanted: of these only such groups; None = all that have data.

        Raises:
            UsageError: as of `read`; or the metric is as of now, or tells every day by itself.
        """
        _check(query, window, days)
        plan = self._moment.plan(query)
        namer = self._namer(plan)
        present = self._present(plan, namer, days) if wanted is None else wanted
        reading = self._readings(plan, namer, window, days)
        order = in_order(plan)
        found: list[Rolled] = []
        for day in sorted(present):
            rows = _rows(reading(day), present[day])
            told = sorted(rows, key=lambda one: order(one[1]))
            found += [Rolled(day, row, group) for group, row in told]
        return found

    def _namer(self, plan: Plan) -> Namer:
        return Namer(self._moment.catalog, lambda: self._moment.people, plan)

    def _present(self, plan: Plan, namer: Namer, days: Days) -> dict[int, set[KeyValues]]:
        """Return by day the groups that have data on it."""
        reader = SumReader(self._moment.conn, plan.over(*days), Uncounted())
        found: dict[int, set[KeyValues]] = {}
        need = replace(plan.metric.needs[0], keep=())
        for row in reader.rows(need, (*plan.own_keys, "day")):
            found.setdefault(row.at["day"], set()).update(namer.groups(row))
        return found

    def _readings(
        self, plan: Plan, namer: Namer, window: int | None, days: Days
    ) -> Callable[[int], Reading]:
        """Return what makes the reading of the window that ends with a day; days only go on."""
        first, last = days
        slide = _Slide(self._moment, plan.over(_since(first, window), last), namer)
        slides = first < last and _adds_up(plan)

        def reading(day: int) -> Reading:
            since = _since(day, window)
            return slide.at(since, day) if slides else slide.alone(since, day)

        return reading


def _since(day: int, window: int | None) -> int | None:
    return None if window is None else day - window + 1


def _check(query: MetricQuery, window: int | None, days: Days) -> None:
    asked = metric(query.metric)
    if asked.state:
        raise UsageError(f"{asked.name} is as of now, so that no window of days moves over it")
    if asked.history or "day" in asked.emits:
        raise UsageError(
            f"{asked.name} tells every day by itself: read it instead of moving a window over it"
        )
    if query.since is not None or query.until is not None:
        raise UsageError("a window moves over the days: leave since and until out")
    if times := [key for key in query.by if key in TIMES]:
        raise UsageError(f"a window has one number for its days: leave {times[0]} out of by")
    if window is not None and window < 1:
        raise UsageError(f"a window of {window} days is empty: give it one day or more")
    if days[0] > days[1]:
        raise UsageError("the first day is after the last, so no day is left: swap the two")


def _adds_up(plan: Plan) -> bool:
    """True when sums of days make up those of a window, its notes included.

    After an upgrade a note says which rollups were read, and by day those may be others.
    """
    by_day = all("day" in PARTIALS[need.partial].columns for need in plan.metric.needs)
    return by_day and all(map(_is_current, plan.projects))


def _is_current(project: ProjectInfo) -> bool:
    """True when a project is counted by the present code where windows are, or not loaded yet."""
    return not project.versions or _VERSIONS.items() <= project.versions.items()


def _rows(reading: Reading, present: Collection[KeyValues]) -> Iterator[tuple[KeyValues, Row]]:
    for key in reading.group_keys():
        if key in present:
            yield from ((key, row) for row, _ in reading.of_group(key))


class _Slide:
    """One query over windows that move on, its sums read once by day."""

    def __init__(self, moment: Moment, plan: Plan, namer: Namer) -> None:
        self._moment, self._plan, self._namer = moment, plan, namer
        self._sliding: dict[Need, Sliding] = {}
        self.own = _Daily(moment.conn, plan)

    @cached_property
    def everybody(self) -> "_Daily":
        """The same without the query's conditions on people."""
        return _Daily(self._moment.conn, self._plan.of_everybody())

    def alone(self, since: int | None, until: int) -> Reading:
        """Return the reading of one window that reads its sums itself."""
        return _Windowed(self._moment, self._plan.over(since, until), self._namer)

    def at(self, since: int | None, until: int) -> Reading:
        """Return the reading of one window that takes its sums from here."""
        return _Slid(self._moment, self._plan.over(since, until), self._namer, self)

    def sums(self, need: Need) -> Sliding:
        """Return the sums of a need by group."""
        if need not in self._sliding:
            days = self.own.rows(need, self._plan.own_keys)
            self._sliding[need] = Sliding(need, self._namer.groups, days)
        return self._sliding[need]


class _Daily:
    """The sums of a plan by day, each kind read once."""

    def __init__(self, conn: Connection, plan: Plan) -> None:
        self._reader = SumReader(conn, plan, Uncounted())
        self._by_day: dict[tuple[Need, tuple[str, ...]], dict[int, list[SumRow]]] = {}

    def rows(self, need: Need, keys: Sequence[str]) -> Mapping[int, list[SumRow]]:
        """Return the sums of a need by day, in the order of days."""
        asked = need, tuple(keys)
        if asked not in self._by_day:
            found: dict[int, list[SumRow]] = {}
            for row in self._reader.rows(need, (*keys, "day")):
                found.setdefault(row.at["day"], []).append(row)
            self._by_day[asked] = dict(sorted(found.items()))
        return self._by_day[asked]


class _Window(SumReader):
    """Takes the sums of a window from those by day."""

    def __init__(self, conn: Connection, plan: Plan, daily: _Daily) -> None:
        super().__init__(conn, plan, Uncounted())
        self._daily, self._window = daily, Range(plan.since, plan.until)

    def rows(self, need: Need, keys: Sequence[str]) -> Iterator[SumRow]:
        """Yield the sums of a need, those of each day apart."""
        for day, rows in self._daily.rows(need, keys).items():
            if self._window.has(day):
                yield from rows


class _Windowed(Reading):
    """A reading of one window."""

    def __init__(self, moment: Moment, plan: Plan, namer: Namer) -> None:
        self._open(moment, plan)
        self._namer = namer


class _Slid(_Windowed):
    """A reading of one window whose sums slide on from that of an earlier day."""

    def __init__(self, moment: Moment, plan: Plan, namer: Namer, slide: _Slide) -> None:
        self._slide = slide
        super().__init__(moment, plan, namer)

    def _reads(self, plan: Plan) -> SumReader:
        daily = self._slide.own if plan is self.plan else self._slide.everybody
        return _Window(self.conn, plan, daily)

    def _fetch(self, need: Need) -> Mapping[KeyValues, Sums]:
        found = self._slide.sums(need)
        found.move(self.plan.since, self.plan.until)
        for key, row in found.standing():
            self._enter(key, row)
        return found.sums
