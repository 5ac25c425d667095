"""Tools, teams and programs side by side on one definition: each number with interval and n."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from labelpulse.core import formats
from labelpulse.core.estimate import Measure, Row
from labelpulse.core.events import LABELED
from labelpulse.findings.selection import Selection
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import MetricQuery
from labelpulse.reader.joint import APART
from labelpulse.reader.query import Condition

KEYS: Mapping[str, str] = {
    "Tools": "source",
    "Teams": "team",
    "Programs": "program",
}
"""What can be set side by side, by what it is called, and the key that tells it apart."""


ONE = {"source": "Tool", "team": "Team", "program": "Program"}
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

    def suits(self, selection: Selection, key: str) -> bool:
        """True when groups of a kind can have it, with the question that is chosen."""
        metric = METRICS[self.metric]
        if metric.on_control and selection.control is None:
            return False
        kind = self.labeled is None or self.labeled == (selection.scale in LABELED)
        return key in metric.by and kind

    @property
    def measure(self) -> Measure:
        """What a chart draws."""
        metric = METRICS[self.metric]
        return Measure(self.name, metric.unit, self.noun, metric.min_n)


COLUMNS = (
    Column("annotations_submitted", "Labels submitted", ""),
    Column("active_annotators", "People", ""),
    Column("time_spent_median", "Median time", "times", drawn=True),
    Column("agreement_alpha", "Alpha", "items", drawn=True, labeled=True),
    Column("agreement_percent", "Agreement", "items", drawn=True, labeled=True),
    Column("peer_agreement", "Agrees with most others", "items", labeled=True),
    Column("match_f1", "Matched F1", "pairs of answers", drawn=True, labeled=False),
    Column("gold_accuracy", "Accuracy", "known answers", drawn=True, labeled=True),
    Column(
        "gold_match_f1",
        "Matched F1 on gold",
        "known answers",
        drawn=True,
        labeled=False,
    ),
    Column("review_acceptance", "Accepted in review", "reviewed annotations", drawn=True),
    Column("first_pass_yield", "Accepted at first review", "items", drawn=True),
    Column("cost_per_label", "Cost of a label", "times"),
    Column("cost_per_accepted", "Cost of an accepted answer", "accepted answers"),
)


@dataclass(frozen=True, slots=True)
class Compared:
    """One column of all groups.

    Attributes:
        rows: of groups that have a name, by name; those without a value too. Several of a group
            where each is told on its own questions.
        own: the groups ask different questions, so that each is told on its own.
    """

    column: Column
    query: MetricQuery
    rows: Sequence[Row]
    own: bool = False

    def name(self, row: Row) -> str:
        """Return what a row is of: its group, with the question where each has its own."""
        group = str(row[self.query.by[0]])
        return f"{group} · {row['control']}" if self.own else group

    @property
    def told_apart(self) -> bool:
        """True when two rows at least have a number to set side by side."""
        return sum(row["value"] is not None for row in self.rows) > 1

    @property
    def told(self) -> bool:
        """True when some group has a number."""
        return any(row["value"] is not None for row in self.rows)


def question(selection: Selection, column: Column, key: str, program: str | None) -> MetricQuery:
    """Return what a column asks, of all projects or of those of a program."""
    known = METRICS[column.metric]
    whole = selection.whole or known.state
    return MetricQuery(
        column.metric,
        since=None if whole else selection.span.since.isoformat(),
        until=None if whole else selection.span.until.isoformat(),
        by=(key,),
        where=() if program is None else (Condition("program", program),),
        control=selection.control if known.on_control else None,
    )


def compared(selection: Selection, key: str, program: str | None, version: int) -> list[Compared]:
    """Return the columns that have numbers, or a reason for having none.

    Args:
        key: source, team or program. program: only its projects; None = all.
        version: of the data of all projects.
    """
    found = []
    for column in COLUMNS:
        if column.suits(selection, key):
            asked = question(selection, column, key, program)
            one = Compared(column, asked, _rows(selection, asked, key, version))
            if asked.control is not None and len(_groups_told(one, key)) < 2:
                one = _on_own_questions(selection, one, key, version)
            if one.told or any(_differs(row) for row in one.rows):
                found.append(one)
    return found


def _rows(selection: Selection, asked: MetricQuery, key: str, version: int) -> list[Row]:
    rows = [row for row in selection.ask.answer(asked, version) if row.get(key) is not None]
    return sorted(rows, key=lambda row: (str(row[key]).casefold(), str(row.get("control"))))


def _groups_told(one: Compared, key: str) -> set[str]:
    return {str(row[key]) for row in one.rows if row["value"] is not None}


def _on_own_questions(selection: Selection, one: Compared, key: str, version: int) -> Compared:
    """Return each group's numbers on its own questions, where that tells of more groups."""
    asked = replace(one.query, control=None)
    rows = [
        row
        for row in _rows(selection, asked, key, version)
        if row.get("control") is not None and row["value"] is not None
    ]
    every = replace(one, query=asked, rows=rows, own=True)
    return every if len(_groups_told(every, key)) > 1 else one


def _differs(row: Row) -> bool:
    """True when a group has no number since its projects ask different questions."""
    return row["value"] is None and APART in str(row["note"])


def groups(found: Sequence[Compared], key: str) -> list[str]:
    """Return the names of the groups, in alphabetical order."""
    names = {str(row[key]) for one in found for row in one.rows}
    return sorted(names, key=str.casefold)


def cell(one: Compared, group: str, key: str) -> str:
    """Return a group's number as words, with the question where each has its own."""
    rows = [row for row in one.rows if str(row[key]) == group]
    if not one.own:
        return number(one.column, next(iter(rows), None))
    return "; ".join(f"{row['control']}: {number(one.column, row)}" for row in rows)


def number(column: Column, row: Row | None) -> str:
    """Return a number as words: value, 95 % interval, n; why it is none of too few."""
    metric = METRICS[column.metric]
    if row is None or row["value"] is None:
        return ""
    n = formats.count(row["n"])
    if row["n"] < metric.min_n:
        return f"too few: n {n}"
    if metric.unit == "money":
        money = f"{formats.number(row['value'], 2)} {row.get('currency') or ''}".strip()
        return f"{money}, n {n}"
    value = formats.value(row["value"], metric.unit)
    if not column.noun:
        return value
    ends = formats.interval(row["low"], row["high"], metric.unit)
    if not ends:
        return f"{value}, n {n}"
    return f"{value} ({ends}), n {n}"


def finding(one: Compared) -> str:
    """Return which groups intervals tell apart, as a sentence without a full stop."""
    measure = one.column.measure
    if one.own:
        return f"{measure.name}, each on its own question"
    known = [
        row
        for row in one.rows
        if row["low"] is not None and row["n"] >= measure.min_n and row["value"] is not None
    ]
    if len(known) < 2:
        return f"{measure.name}: fewer than two can be compared"
    low = min(known, key=lambda row: float(row["high"]))
    high = max(known, key=lambda row: float(row["low"]))
    if low["high"] >= high["low"]:
        return f"{measure.name}: the intervals of all {len(known)} overlap"
    return f"{measure.name}: {one.name(low)} lies clearly below {one.name(high)}"


def reasons(found: Sequence[Compared], key: str) -> list[str]:
    """Return why groups have no number, or no common one: their projects ask other questions."""
    told = {
        f"No number of {row[key]}: {row['note']}": None
        for one in found
        for row in one.rows
        if _differs(row)
    }
    if any(one.own for one in found):
        asked = {str(row["control"]): None for one in found if one.own for row in one.rows}
        told[
            (
                f"Their questions differ ({', '.join(sorted(asked, key=str.casefold))}): each is "
                "told on its own, and a difference may be the question's."
            )
        ] = None
    return list(told)
