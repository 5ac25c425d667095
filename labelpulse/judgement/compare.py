"""Tools, teams and programs side by side on one definition: each number with interval and n."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labelpulse.charts import formats
from labelpulse.charts.shares import Measure
from labelpulse.charts.theme import Row
from labelpulse.core.catalogue import marked, say
from labelpulse.core.events import LABELED
from labelpulse.judgement.desk import Desk
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import MetricQuery
from labelpulse.reader.joint import APART
from labelpulse.reader.query import Condition

KEYS: Mapping[str, str] = {
    marked("Tools"): "source",
    marked("Teams"): "team",
    marked("Programs"): "program",
}
"""What can be set side by side, by what it is called, and the key that tells it apart."""


ONE = {"source": say("Tool"), "team": say("Team"), "program": say("Program")}
"""What one of them is called."""


@dataclass(frozen=True, slots=True)
class Column:
    """One number of each group.

    Attributes:
        noun: what n counts, an English plural. drawn: as a chart with intervals, too.
        labeled: of questions whose answers are labels (True), or are none (False); None = any.
    """

    metric: str
    name: str
    noun: str
    drawn: bool = False
    labeled: bool | None = None

    def suits(self, desk: Desk, key: str) -> bool:
        """True when groups of a kind can have it, with the question that is chosen."""
        metric = METRICS[self.metric]
        if metric.on_control and desk.control is None:
            return False
        kind = self.labeled is None or self.labeled == (desk.scale in LABELED)
        return key in metric.by and kind

    @property
    def measure(self) -> Measure:
        """What a chart draws."""
        metric = METRICS[self.metric]
        return Measure(self.name, metric.unit, say(self.noun), metric.min_n)


COLUMNS = (
    Column("annotations_submitted", say("Labels submitted"), ""),
    Column("active_annotators", say("People"), ""),
    Column("time_spent_median", say("Median time"), marked("times"), drawn=True),
    Column("agreement_alpha", say("Alpha"), marked("items"), drawn=True, labeled=True),
    Column("agreement_percent", say("Agreement"), marked("items"), drawn=True, labeled=True),
    Column("peer_agreement", say("Agrees with most others"), marked("items"), labeled=True),
    Column("match_f1", say("Matched F1"), marked("pairs of answers"), drawn=True, labeled=False),
    Column("gold_accuracy", say("Accuracy"), marked("known answers"), drawn=True, labeled=True),
    Column(
        "review_acceptance", say("Accepted in review"), marked("reviewed annotations"), drawn=True
    ),
    Column("first_pass_yield", say("Accepted at first review"), marked("items"), drawn=True),
    Column("cost_per_label", say("Cost of a label"), marked("times")),
    Column("cost_per_accepted", say("Cost of an accepted answer"), marked("accepted answers")),
)


@dataclass(frozen=True, slots=True)
class Compared:
    """One column of all groups.

    Attributes:
        rows: of groups that have a name, by name; those without a value too.
    """

    column: Column
    query: MetricQuery
    rows: Sequence[Row]

    @property
    def told(self) -> bool:
        """True when some group has a number."""
        return any(row["value"] is not None for row in self.rows)


def question(desk: Desk, column: Column, key: str, program: str | None) -> MetricQuery:
    """Return what a column asks, of all projects or of those of a program."""
    known = METRICS[column.metric]
    whole = desk.whole or known.state
    return MetricQuery(
        column.metric,
        since=None if whole else desk.span.since.isoformat(),
        until=None if whole else desk.span.until.isoformat(),
        by=(key,),
        where=() if program is None else (Condition("program", program),),
        control=desk.control if known.on_control else None,
    )


def compared(desk: Desk, key: str, program: str | None, version: int) -> list[Compared]:
    """Return the columns that have numbers, or a reason for having none.

    Args:
        key: source, team or program. program: only its projects; None = all.
        version: of the data of all projects.
    """
    found = []
    for column in COLUMNS:
        if column.suits(desk, key):
            asked = question(desk, column, key, program)
            rows = [row for row in desk.ask.answer(asked, version) if row.get(key) is not None]
            rows.sort(key=lambda row: str(row[key]).casefold())
            one = Compared(column, asked, rows)
            if one.told or any(_differs(row) for row in rows):
                found.append(one)
    return found


def _differs(row: Row) -> bool:
    """True when a group has no number since its projects ask different questions."""
    return row["value"] is None and APART in str(row["note"])


def groups(found: Sequence[Compared], key: str) -> list[str]:
    """Return the names of the groups, in alphabetical order."""
    names = {str(row[key]) for one in found for row in one.rows}
    return sorted(names, key=str.casefold)


def cell(column: Column, row: Row | None) -> str:
    """Return a number as words: value, 95 % interval, n; why it is none of too few."""
    metric = METRICS[column.metric]
    if row is None or row["value"] is None:
        return ""
    n = formats.count(row["n"])
    if row["n"] < metric.min_n:
        return say("too few: n {n}", n=n)
    if metric.unit == "money":
        money = f"{formats.number(row['value'], 2)} {row.get('currency') or ''}".strip()
        return say("{value}, n {n}", value=money, n=n)
    value = formats.value(row["value"], metric.unit)
    if not column.noun:
        return value
    ends = formats.interval(row["low"], row["high"], metric.unit)
    if not ends:
        return say("{value}, n {n}", value=value, n=n)
    return say("{value} ({interval}), n {n}", value=value, interval=ends, n=n)


def finding(one: Compared, key: str) -> str:
    """Return which groups intervals tell apart, as a sentence without a full stop."""
    measure = one.column.measure
    known = [
        row
        for row in one.rows
        if row["low"] is not None and row["n"] >= measure.min_n and row["value"] is not None
    ]
    if len(known) < 2:
        return say("{measure}: fewer than two can be compared", measure=measure.name)
    low = min(known, key=lambda row: float(row["high"]))
    high = max(known, key=lambda row: float(row["low"]))
    if low["high"] >= high["low"]:
        return say(
            "{measure}: the intervals of all {n} overlap", measure=measure.name, n=len(known)
        )
    return say(
        "{measure}: {low} lies clearly below {high}",
        measure=measure.name,
        low=low[key],
        high=high[key],
    )


def reasons(found: Sequence[Compared], key: str) -> list[str]:
    """Return why groups have no number where their projects ask different questions."""
    told = {
        say("No number of {group}: {why}", group=row[key], why=row["note"]): None
        for one in found
        for row in one.rows
        if _differs(row)
    }
    return list(told)
