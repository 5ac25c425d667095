"""Compute the expected metrics from Label Studio's own tables, independently of labelpulse.

Label Studio does not store what was deleted, so the trial logs its own changes. The tables and the
log are copied into three small tables in memory, and each metric is one SQL statement over them,
written from its definition.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from benchmarks.lab.database import Database

UNKNOWN = "unknown"
TOLERANCE = 1e-9

Key = tuple[str | None, ...]
"""Metric, project, then what it is split by."""
Numbers = dict[Key, tuple[float | None, int]]
"""Key -> (value, n)."""


@dataclass(frozen=True, slots=True)
class Row:
    """An annotation as the tables of the tool hold it, or last held it.

    Attributes:
        key: its UUID without dashes, which is never reused. number: its id.
        author: None when the tool has none.
        bulk: created in bulk by the tool itself.
    """

    key: str
    number: int
    project: int
    task: int
    author: int | None
    created: datetime
    skipped: bool
    gold: bool
    result: list[dict[str, Any]]
    bulk: bool = False


@dataclass(slots=True)
class Log:
    """Changes of the trial that the tables of the tool do not keep.

    Attributes:
        gone: deleted rows, as they last were. authors: former authors of rows without one.
        first: the first result of the author, of rows that changed later.
        own: the last result of the author, of rows that another user overwrote.
    """

    gone: dict[str, Row] = field(default_factory=dict)
    authors: dict[str, int] = field(default_factory=dict)
    first: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    own: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def deletes(self, rows: Iterable[Row]) -> None:
        """Log rows that will be deleted."""
        self.gone |= {row.key: row for row in rows}

    def removes(self, rows: Iterable[Row]) -> None:
        """Log the rows of a user who will be removed."""
        self.authors |= {row.key: row.author for row in rows if row.author is not None}

    def edits(self, row: Row, *, by_author: bool) -> None:
        """Log that the result of a row will be changed."""
        self.first.setdefault(row.key, row.result)
        if by_author:
            self.own.pop(row.key, None)
        else:
            self.own.setdefault(row.key, row.result)


@dataclass(frozen=True, slots=True)
class Control:
    """A control that is answered once per item with labels."""

    project: int
    name: str
    is_set: bool


# --- reading the tool -----------------------------------------------------------------------

_ROWS = """
select cast(c.unique_id as text), c.id, t.project_id, t.id, c.completed_by_id, c.created_at,
       c.was_cancelled, c.ground_truth, cast(c.result as text), c.bulk_created
from task_completion c join task t on t.id = c.task_id
where t.project_id is not null
"""


def read_rows(database: Database) -> list[Row]:
    """Read all annotations of the tool."""
    return [
        Row(
            key=unique.replace("-", ""),
            number=number,
            project=project,
            task=task,
            author=author,
            created=_to_utc(created),
            skipped=bool(skipped),
            gold=bool(gold),
            result=json.loads(result) if result else [],
            bulk=bool(bulk),
        )
        for unique, number, project, task, author, created, skipped, gold, result, bulk in (
            database.rows(_ROWS)
        )
    ]


def _to_utc(value: str | datetime) -> datetime:
    """Convert to UTC. SQLite holds text without a zone."""
    time = datetime.fromisoformat(value) if isinstance(value, str) else value
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def read_controls(database: Database) -> list[Control]:
    """Read the choices of each project that are answered once per item."""
    return [
        Control(project, tag.attrib["name"], tag.get("choice") == "multiple")
        for project, config in database.rows("select id, label_config from project order by id")
        for tag in ET.fromstring(config).iter("Choices")
        if tag.get("perRegion") != "true"
    ]


# --- answers --------------------------------------------------------------------------------


def _answer(result: list[dict[str, Any]], control: Control) -> str | None:
    """Return the answer to one control as text, or None where there is none.

    An empty set is the answer "none of them". A missing single choice is no answer.
    """
    chosen = {
        choice
        for region in result
        if region.get("from_name") == control.name
        for choice in region["value"]["choices"]
    }
    if control.is_set or len(chosen) > 1:
        return json.dumps(sorted(chosen))
    return next(iter(chosen), None)


_TABLES = """
create table item (id integer primary key, project text, required integer);
create table submission (  -- day: local; at: sorts as instants do
    id text primary key, number integer, project text, item integer, author text,
    at text, day text, skipped integer, gold integer, live integer);
create table answer (
    submission text, control text, first text, last text, primary key (submission, control));
"""

_DERIVED = """
create index submission_item on submission (item);

create table countable as  -- one per item, control and author; deleted, skipped and gold left out
select project, item, control, author, at, number, day, first, last from (
    select s.project, s.item, s.author, s.at, s.number, s.day, a.control,
           first_value(a.first) over earliest as first,
           first_value(a.last) over latest as last,
           row_number() over earliest as nth
    from submission s join answer a on a.submission = s.id
    where s.live and not s.skipped and not s.gold
    window earliest as (partition by s.item, a.control, s.author order by s.at, s.number),
           latest as (partition by s.item, a.control, s.author order by s.at desc, s.number desc)
) where nth = 1;
create index countable_item on countable (item, control);

create table gold_label as  -- none where gold annotations contradict each other
select s.item, a.control, min(a.last) as label
from submission s join answer a on a.submission = s.id
where s.live and not s.skipped and s.gold
group by s.item, a.control having count(distinct a.last) = 1;

create table item_progress as  -- number of annotators of each item
select i.project, i.id as item, i.required, count(distinct s.author) as people
from item i left join submission s on s.item = i.id and s.live and not s.skipped
group by i.id;

create table nth_annotator as  -- rank of the annotators of an item by first submission
select s.project, s.item, s.day, row_number() over (partition by s.item order by at, number) as nth
from submission s
where s.live and not s.skipped and not exists (
    select 1 from submission e
    where e.item = s.item and e.author = s.author and e.live and not e.skipped
      and (e.at, e.number) < (s.at, s.number));

create table annotators as  -- unknown annotators are left out of agreement
select project, item, control, count(*) as people
from countable where author <> 'unknown' group by item, control;

create table agreement as  -- the share of agreeing pairs of an item, on the second person's day
select x.project, x.item, x.control, avg(x.last = y.last) as share,
       (select day from countable z
        where z.item = x.item and z.control = x.control and z.author <> 'unknown'
        order by z.at, z.number limit 1 offset 1) as day
from countable x
join countable y on x.item = y.item and x.control = y.control and x.author < y.author
where x.author <> 'unknown' and y.author <> 'unknown'
group by x.item, x.control;
"""

_METRICS = {
    "annotations_submitted": """
        select project, count(*), count(*) from submission where not skipped group by project""",
    "annotations_submitted by day": """
        select project, day, count(*), count(*) from submission where not skipped
        group by project, day""",
    "annotations_skipped": """
        select project, count(*), count(*) from submission where skipped group by project""",
    "agreement_percent": """
        select project, control, avg(share), count(*) from agreement group by project, control""",
    "agreement_percent by day": """
        select project, control, day, avg(share), count(*) from agreement
        group by project, control, day""",
    "agreement_coverage": """
        select project, control, avg(people >= 2), count(*) from annotators
        group by project, control""",
    "gold_accuracy": """
        select c.project, c.control, avg(c.first = k.label), count(*)
        from countable c join gold_label k on k.item = c.item and k.control = c.control
        group by c.project, c.control""",
    "gold_accuracy by annotator": """
        select c.project, c.control, c.author, avg(c.first = k.label), count(*)
        from countable c join gold_label k on k.item = c.item and k.control = c.control
        group by c.project, c.control, c.author""",
    "progress": """
        select project, 1.0 * sum(min(people, required)) / sum(required), sum(required)
        from item_progress group by project""",
    "items_completed": """
        select project, sum(people >= required), sum(people >= required)
        from item_progress group by project""",
    "items_completed by day": """
        select p.project, p.day, count(*), count(*)
        from nth_annotator p join item i on i.id = p.item and i.required = p.nth
        group by p.project, p.day""",
}


def truth(database: Database, log: Log, zone: str, now: datetime) -> Numbers:
    """Compute every number that is compared.

    Args:
        log: changes that the tables do not keep.
        zone: IANA time zone of days.
        now: time of the poll. Rows with a later timestamp have no day yet.
    """
    with closing(sqlite3.connect(":memory:")) as tables:
        tables.executescript(_TABLES)
        _fill(tables, database, log, ZoneInfo(zone), now)
        tables.executescript(_DERIVED)
        return {
            (metric, *split): (value, n)
            for metric, query in _METRICS.items()
            for *split, value, n in tables.execute(query)
            if value or not metric.startswith(("annotations", "items"))
        }


def _fill(
    tables: sqlite3.Connection, database: Database, log: Log, zone: ZoneInfo, now: datetime
) -> None:
    titles = dict(database.rows("select id, title from project"))
    items = database.rows("select id, project_id, overlap from task where project_id is not null")
    tables.executemany(
        "insert into item values (?, ?, ?)", [(item, titles[p], need) for item, p, need in items]
    )
    existing = {row.key: row for row in read_rows(database)}
    rows = [row for row in (log.gone | existing).values() if not row.bulk]
    tables.executemany(
        "insert into submission values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(row.key, row.number, titles[row.project], row.task, _author(row, log)),
                *(row.created.isoformat(timespec="microseconds"), _day(row.created, zone, now)),
                *(row.skipped, row.gold, row.key in existing),
            )
            for row in rows
        ],
    )
    controls = read_controls(database)
    tables.executemany(
        "insert into answer values (?, ?, ?, ?)",
        [answer for row in rows if not row.skipped for answer in _answers(row, controls, log)],
    )


def _author(row: Row, log: Log) -> str:
    author = log.authors.get(row.key) if row.author is None else row.author
    return UNKNOWN if author is None else str(author)


def _day(created: datetime, zone: ZoneInfo, now: datetime) -> str | None:
    return None if created > now else created.astimezone(zone).date().isoformat()


def _answers(
    row: Row, controls: Iterable[Control], log: Log
) -> Iterable[tuple[str, str, str | None, str]]:
    """Yield (submission, control, author's first own answer, author's last own answer)."""
    own = replace(row, result=log.own.get(row.key, row.result))
    first = log.first.get(row.key, own.result)
    for control in controls:
        last = _answer(own.result, control)
        if control.project == row.project and last is not None:
            yield row.key, control.name, _answer(first, control) or last, last


# --- comparing ------------------------------------------------------------------------------


def differences(ours: Numbers, theirs: Mapping[Key, tuple[float | None, int]]) -> list[str]:
    """Describe each number that differs."""
    lines = []
    for key in sorted(ours.keys() | theirs.keys(), key=str):
        own, independent = ours.get(key), theirs.get(key)
        if own is None or independent is None or not _same(own, independent):
            lines.append(
                f"{' / '.join(map(str, key))}: labelpulse {own}, independent {independent}"
            )
    return lines


def _same(own: tuple[float | None, int], independent: tuple[float | None, int]) -> bool:
    if own[0] is None or independent[0] is None:
        return own == independent
    return own[1] == independent[1] and abs(own[0] - independent[0]) <= TOLERANCE
