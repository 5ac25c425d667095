"""How a number came about: its definition, the sums it is made of, the SQL, the items behind."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, Select, select

from labelpulse import schema
from labelpulse.core.days import day_text, iso, now_us
from labelpulse.core.events import canonical
from labelpulse.metrics.answers import Answer, answer_of, label_name
from labelpulse.metrics.base import Need
from labelpulse.metrics.glossary import glossary
from labelpulse.metrics.labels import SAID
from labelpulse.metrics.registry import PARTIALS
from labelpulse.reader.catalog import ProjectInfo
from labelpulse.reader.keys import columns_of
from labelpulse.reader.query import EVERYONE, MetricQuery, Result, Scope
from labelpulse.reader.read import Reading
from labelpulse.reader.sums import SumRow
from labelpulse.warehouse.engine import snapshot

MAX_ITEMS = 20
MAX_SUMS = 50


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything needed to follow a number by hand, as plain values.

    Attributes:
        definition: the glossary's entry, with unit, version and minimum n.
        rules: by project, the settings that its numbers are counted with.
        sums: the partial sums, by what they are; at most 50 rows each.
        statements: the SQL that ran, values filled in.
        recomputed: what was counted from answers or reviews, as no rollup is fine enough.
        items: up to 20 items behind the numbers, and what each adds.
        sources: name -> state and when it was last read well.
    """

    result: Result
    definition: dict[str, Any]
    rules: dict[str, dict[str, Any]]
    sums: dict[str, list[dict[str, Any]]]
    statements: list[str]
    recomputed: list[str]
    items: list[dict[str, Any]]
    sources: dict[str, dict[str, Any]]

    def document(self) -> dict[str, Any]:
        """Return the explanation as one JSON document."""
        return {**asdict(self), "result": self.result.document()}


def explain(
    engine: Engine,
    query: MetricQuery,
    scope: Scope = EVERYONE,
    *,
    clock: Callable[[], int] = now_us,
) -> Explanation:
    """Return how the answer to a query came about.

    Raises:
        UsageError: as `read` does.
    """
    with snapshot(engine) as conn:
        reading = Reading(conn, query, scope, clock())
        result = reading.result()
        sums = _sums(reading)
        statements = [_sql(one, engine) for one in reading.reader.statements]
        recomputed = reading.reader.passes
        return Explanation(
            result=result,
            definition=_definition(reading),
            rules=_rules(reading),
            sums=sums,
            statements=statements,
            recomputed=recomputed,
            items=_items(conn, reading),
            sources={
                one.name: {"state": one.state, "reason": one.reason, "ok_at": iso(one.ok_at)}
                for one in reading.sources
            },
        )


def _definition(reading: Reading) -> dict[str, Any]:
    metric = reading.plan.metric
    return asdict(glossary()[metric.name]) | {
        "name": metric.name,
        "unit": metric.unit,
        "counted": metric.counted,
        "version": metric.version,
        "min_n": metric.min_n,
    }


def _rules(reading: Reading) -> dict[str, dict[str, Any]]:
    controls = reading.plan.controls.values()
    return {
        one.label: {
            "timezone": one.counted.timezone,
            "gold": one.counted.gold,
            "controls": {
                control.name: {
                    "scale": str(control.rules.scale),
                    "labels": control.rules.labels,
                    "refused": control.rules.refused,
                }
                for control in controls
                if control.project == one.id
            },
        }
        for one in reading.plan.projects
    }


def _sql(statement: Select[Any], engine: Engine) -> str:
    compiled = statement.compile(dialect=engine.dialect, compile_kwargs={"literal_binds": True})
    return str(compiled)


def _sums(reading: Reading) -> dict[str, list[dict[str, Any]]]:
    """Return the fetched sums with words for ids."""
    words = _Words(reading)
    columns = [c for key in reading.plan.own_keys for c in columns_of(key)]
    found: dict[str, list[dict[str, Any]]] = {}
    for need, group, kept, values in reading.fetched():
        rows = found.setdefault(need.partial, [])
        if len(rows) < MAX_SUMS:
            keys = dict(zip(columns, group, strict=True))
            told = {
                column: words.of(column, one) for column, one in zip(need.keep, kept, strict=True)
            }
            measures = dict(zip(PARTIALS[need.partial].measures, values, strict=True))
            rows.append({**keys, **told, **measures})
    return found


def _items(conn: Connection, reading: Reading) -> list[dict[str, Any]]:
    metric, plan = reading.plan.metric, reading.plan
    fitted = metric.kind == "fit" and metric.on_control
    need = metric.evidence or (SAID if fitted else metric.needs[0])
    if PARTIALS[need.partial].function is None:
        return []
    found = list(islice(_behind(reading, need), MAX_ITEMS))
    if fitted and not found:  # answers that are no labels
        need = metric.needs[0]
        found = list(islice(_behind(reading, need), MAX_ITEMS))
    native = _native_ids(conn, [(project.id, item) for project, item, _ in found])
    words = _Words(reading)
    measures = PARTIALS[need.partial].measures
    titles = {one.id: one.label for one in plan.projects}
    return [
        {
            "project": titles[project.id],
            "item": native[project.id, item],
            "adds": _added(rows, words, measures),
        }
        for project, item, rows in found
    ]


def _added(
    rows: Iterable[SumRow], words: "_Words", measures: Sequence[str]
) -> list[dict[str, Any]]:
    """Return what an item adds: what is told in the same words (two annotations) as one sum."""
    told: dict[str, dict[str, Any]] = {}
    for row in rows:
        said = {column: words.of(column, value) for column, value in row.at.items()}
        sums = told.setdefault(canonical(said), said | dict.fromkeys(measures, 0))
        for measure, value in zip(measures, row.sums, strict=True):
            sums[measure] += value
    return list(told.values())


def _behind(reading: Reading, need: Need) -> Iterator[tuple[ProjectInfo, int, list[SumRow]]]:
    """Yield the items that the numbers rest on: for agreement, those with two answers."""
    for project, item, rows in reading.reader.by_item(need, reading.plan.own_keys):
        kept = [row for row in rows if _counts(reading, row)]
        if kept:
            yield project, item, kept


def _counts(reading: Reading, row: SumRow) -> bool:
    """True when an item's row is about the labels that the query keeps, and can be compared."""
    labels = row.at.get("labels")
    if labels is not None and len(labels) < 2:
        return False
    given = labels or [row.at[one] for one in ("gold_label", "label_id") if one in row.at][:1]
    if reading.plan.ask.wanted is None or not given:
        return True
    texts = {
        text
        for control in reading.plan.controls.values()
        for label in given
        if label in control.labels
        for text in _texts(answer_of(control, reading.plan.ask, label))
    }
    return any(map(reading.plan.ask.keeps, texts))


def _texts(answer: Answer) -> set[str]:
    return {label_name(answer), *(() if isinstance(answer, str) else answer)}


def _native_ids(conn: Connection, ids: list[tuple[int, int]]) -> dict[tuple[int, int], str]:
    table = schema.item.c
    query = select(table.project_id, table.id, table.native_id).where(
        table.project_id.in_({project for project, _ in ids}),
        table.id.in_([item for _, item in ids]),
    )
    return {(row.project_id, row.id): row.native_id for row in conn.execute(query)}


class _Words:
    """Words for the ids in key columns."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._labels = {
            label: text
            for control in reading.plan.controls.values()
            for label, text in control.labels.items()
        }

    def of(self, column: str, value: Any) -> Any:
        """Return what a column's value means."""
        if column == "day":
            return day_text(value)
        if column == "labels":
            return [self._labels.get(one, one) for one in value]
        if column in ("label_id", "gold_label", "label_a", "label_b"):
            return self._labels.get(value, value)
        if column.startswith("annotator"):
            people = self._reading.people.shown(self._reading.plan.sources)
            return people.get(value, value)
        if column == "control_id":
            return self._reading.plan.controls[value].name
        return value
