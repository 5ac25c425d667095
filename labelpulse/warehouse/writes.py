"""Changed facts of one transaction, written table by table."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, update

from labelpulse import schema
from labelpulse.warehouse import bulk
from labelpulse.warehouse.facts import (
    COLUMNS,
    CURRENT,
    NOTHING,
    AnnotationFacts,
    Answer,
    Answers,
    ItemFacts,
    PredictionFacts,
)

_columns = attrgetter(*COLUMNS)


class Writes:
    """Changed facts of one transaction, collected and then written table by table."""

    def __init__(self) -> None:
        self.items: dict[tuple[int, int], ItemFacts] = {}
        self.new: dict[tuple[int, int], AnnotationFacts] = {}
        self.changed: dict[tuple[int, int], AnnotationFacts] = {}
        self.gone: dict[tuple[int, int], int] = {}  # (project, annotation) -> where it moved
        self.gold: dict[tuple[int, int, int], dict[int, Answer]] = {}
        self.revisions: dict[tuple[int, int, int], tuple[int, int | None, int]] = {}
        self.reviews: dict[tuple[int, int, str], tuple[int | None, int, int | None]] = {}
        self.predictions: dict[tuple[int, int], tuple[int, PredictionFacts] | None] = {}
        """(project, prediction) -> its item and what it says; None = it moved elsewhere."""
        self.keys: dict[tuple[str, str], tuple[Any, ...]] = {}

    def flush(self, conn: Connection, source_id: int) -> None:
        """Write everything that was collected."""
        self._flush_items(conn)
        self._flush_annotations(conn)
        self._flush_answers(conn)
        self._flush_gold(conn)
        self._flush_predictions(conn)
        key = ("source_id", "native_id", "unique_key")
        rest = ("stream", "annotation_id", "project_id", "fingerprint", "live")
        rows = [(source_id, *names, *values) for names, values in self.keys.items()]
        bulk.upsert(conn, schema.annotation_key, key + rest, rows)
        names = ("project_id", "annotation_id", "digest", "author_id", "at", "observed_at")
        rows = [(*where, *values) for where, values in self.revisions.items()]
        bulk.insert_missing(conn, schema.annotation_revision, names, rows)
        names = ("project_id", "annotation_id", "native_id", "reviewer_id", "verdict", "at")
        rows = [(*where, *values) for where, values in self.reviews.items()]
        bulk.upsert(conn, schema.review, names, rows)

    def _flush_items(self, conn: Connection) -> None:
        names = (
            *("project_id", "id", "native_id", "batch_id", "required"),
            *("created_at", "deleted_at", "fingerprint", "content", "name"),
        )
        bulk.upsert(conn, schema.item, names, list(map(attrgetter(*names), self.items.values())))

    def _flush_annotations(self, conn: Connection) -> None:
        for (project_id, annotation_id), to in self.gone.items():
            for table in (schema.annotation, schema.answer):
                id_column = table.c.id if table is schema.annotation else table.c.annotation_id
                here = and_(table.c.project_id == project_id, id_column == annotation_id)
                conn.execute(delete(table).where(here))
            for table in (schema.annotation_revision, schema.review):
                here = and_(
                    table.c.project_id == project_id, table.c.annotation_id == annotation_id
                )
                conn.execute(update(table).where(here).values(project_id=to))
        names = ("project_id", *COLUMNS)
        bulk.insert(conn, schema.annotation, names, _rows(self.new))
        bulk.upsert(conn, schema.annotation, names, _rows(self.changed))

    def _flush_answers(self, conn: Connection) -> None:
        _delete(conn, schema.answer, schema.answer.c.annotation_id, self.changed)
        names = ("project_id", "annotation_id", "version", "control_id", "label_id", "value")
        rows = [
            (project_id, annotation_id, version, control, *answer)
            for group in (self.new, self.changed)
            for (project_id, annotation_id), facts in group.items()
            for version, answers in ((0, facts.current), (1, facts.first), (2, facts.last))
            for control, answer in _stored(version, answers).items()
        ]
        bulk.insert(conn, schema.answer, names, rows)

    def _flush_gold(self, conn: Connection) -> None:
        gold = schema.gold
        for project_id, item_id, annotation_id in self.gold:
            if (project_id, annotation_id) not in self.new:
                conn.execute(
                    delete(gold).where(
                        gold.c.project_id == project_id,
                        gold.c.item_id == item_id,
                        gold.c.annotation_id == annotation_id,
                    )
                )
        names = ("project_id", "item_id", "control_id", "annotation_id", "label_id", "value")
        rows = [
            (project_id, item_id, control, annotation_id, *answer)
            for (project_id, item_id, annotation_id), answers in self.gold.items()
            for control, answer in answers.items()
        ]
        bulk.insert(conn, gold, names, rows)

    def _flush_predictions(self, conn: Connection) -> None:
        if not self.predictions:
            return
        table = schema.prediction
        _delete(conn, table, table.c.id, self.predictions)
        rows = [
            (project_id, item_id, one.id, control, *answer, *_of_prediction(one))
            for (project_id, _), said in self.predictions.items()
            if said is not None
            for item_id, one in (said,)
            for control, answer in (one.answers or {NOTHING: (None, None)}).items()
        ]
        bulk.insert(conn, table, [column.name for column in table.columns], rows)


_of_prediction = attrgetter(
    *("native_id", "model_version_id", "score", "created_at", "deleted_at", "revision", "digest")
)


def _stored(version: int, answers: Answers | None) -> Answers:
    if answers == {} and version != CURRENT:
        return {NOTHING: (None, None)}
    return answers or {}


def _rows(group: Mapping[tuple[int, int], AnnotationFacts]) -> list[tuple[Any, ...]]:
    return [(project_id, *_columns(facts)) for (project_id, _), facts in group.items()]


def _delete(
    conn: Connection, table: Table, column: Any, group: Mapping[tuple[int, int], Any]
) -> None:
    by_project: dict[int, list[int]] = {}
    for project_id, annotation_id in group:
        by_project.setdefault(project_id, []).append(annotation_id)
    for project_id, ids in by_project.items():
        conn.execute(
            delete(table).where(table.c.project_id == project_id, column.in_(bulk.among(conn, ids)))
        )
