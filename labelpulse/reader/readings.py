"""What people said of single items: each answer with who gave it and when."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from labelpulse import schema
from labelpulse.core.days import day_text, local_day_hour
from labelpulse.core.pseudonyms import UNKNOWN
from labelpulse.metrics.answers import answer_of, label_name
from labelpulse.metrics.base import Control
from labelpulse.reader.catalog import ProjectInfo
from labelpulse.reader.read import Reading
from labelpulse.warehouse import bulk

NO_LABEL = "no label"


@dataclass(frozen=True, slots=True)
class Said:
    """One answer. `who`: as the scope shows people; day: local, None = unknown."""

    who: str
    label: str
    day: str | None

    def text(self) -> str:
        """Return it as one text."""
        return f"{self.who}: {self.label}"


@dataclass(frozen=True, slots=True)
class ItemSaid:
    """What is said of an item on one question. gold: the known label; batch: its name."""

    item_id: int
    item: str
    batch: str | None
    said: tuple[Said, ...]
    gold: str | None


def readings(
    reading: Reading, project: ProjectInfo, control: Control, items: Iterable[int]
) -> dict[int, ItemSaid]:
    """Return by item id what people said of it, earliest first; the known answer apart."""
    ids = list(items)
    found = item_names(reading, project, ids)
    if not control.labels:
        reading.catalog.fill_labels({control.id: control})
    people = reading.people.shown(reading.plan.sources)
    zone, said, gold = project.counted.timezone, dict[int, list[Said]](), dict[int, str]()
    row = schema.answer_matrix.c
    query = (
        select(row.item_id, row.annotator_id, row.label_id, row.since)
        .where(row.project_id == project.id, row.control_id == control.id)
        .where(row.item_id.in_(bulk.among(reading.conn, ids)))
        .order_by(row.item_id, row.since, row.annotator_id)
    )
    for item, who, label, since in reading.conn.execute(query):
        text = _text(reading, control, label)
        if who == 0:
            gold[item] = text
            continue
        day = day_text(local_day_hour(since, zone)[0]) if since else None
        said.setdefault(item, []).append(Said(people.get(who, UNKNOWN), text, day))
    return {
        item: ItemSaid(item, name, batch, tuple(said.get(item, ())), gold.get(item))
        for item, (name, batch) in found.items()
    }


def item_names(
    reading: Reading, project: ProjectInfo, ids: Iterable[int]
) -> dict[int, tuple[str, str | None]]:
    """Return id -> native id and name of the batch."""
    item, batch = schema.item.c, schema.batch.c
    query = (
        select(item.id, item.native_id, batch.name)
        .outerjoin(schema.batch, batch.id == item.batch_id)
        .where(item.project_id == project.id, item.id.in_(bulk.among(reading.conn, ids)))
    )
    return {row.id: (row.native_id, row.name) for row in reading.conn.execute(query)}


def _text(reading: Reading, control: Control, label: int) -> str:
    if label not in control.labels:
        return NO_LABEL if control.rules.labeled else ""
    return label_name(answer_of(control, reading.plan.ask, label))
