"""A warehouse that polls one source, and what it holds of it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from labelpulse import schema
from labelpulse.core.events import Status
from labelpulse.ingest.runner import PollResult, Task, poll
from labelpulse.source import LiveSource
from tests.ingest.importing import copy_of, make


@dataclass(frozen=True)
class Held:
    """One annotation as the warehouse holds it.

    Attributes:
        status: ``draft``, ``submitted``, ``skipped``; with ``deleted`` where it is gone.
        answers: control -> present canonical value.
        reviews: (verdict, native id of the reviewer, time).
    """

    item: str
    author: str
    status: str
    answers: dict[str, Any]
    submitted_at: int | None
    edited: bool
    assisted: bool
    reviews: list[tuple[int, str, int | None]]


class Polled:
    """A warehouse on SQLite and the source that it polls under the name ``tool``."""

    def __init__(self, folder: Path, template: Path, source: Callable[[], LiveSource]) -> None:
        """Take an empty warehouse; `template` is one to copy, made by its first user."""
        if not template.exists():
            make(f"sqlite:///{template}").engine.dispose()
        self.warehouse = copy_of(template, folder / "polled.db")
        self._source = source

    def poll(self, *, sweep: bool | None = None, guarded: bool = True) -> PollResult:
        """Poll once, by a new collector, as after a restart."""
        task = Task("tool", "tool", self._source(), sweep=sweep, guarded=guarded)
        return poll(self.warehouse, task)

    def held(self) -> dict[str, Held]:
        """Return what is held, by native id."""
        key, note, item = schema.annotation_key.c, schema.annotation.c, schema.item.c
        who = schema.annotator_identity.c
        query = (
            select(
                key.native_id,
                schema.annotation,
                item.native_id.label("item"),
                who.native_id.label("who"),
            )
            .join(schema.annotation, note.id == key.annotation_id)
            .join(schema.item, item.id == note.item_id)
            .outerjoin(schema.annotator_identity, who.annotator_id == note.annotator_id)
        )
        with self.warehouse.engine.connect() as conn:
            return {
                row.native_id: Held(
                    item=row.item,
                    author=row.who or "",
                    status=_status(row),
                    answers=_answers(conn, row.id),
                    submitted_at=row.submitted_at,
                    edited=row.edited,
                    assisted=row.assisted,
                    reviews=_reviews(conn, row.id),
                )
                for row in conn.execute(query).all()
            }

    def statuses(self) -> dict[str, int]:
        """Return how many annotations there are, by status."""
        found: dict[str, int] = {}
        for one in self.held().values():
            found[one.status] = found.get(one.status, 0) + 1
        return found

    def items(self) -> set[str]:
        """Return the items that are not deleted."""
        item = schema.item.c
        with self.warehouse.engine.connect() as conn:
            return set(conn.scalars(select(item.native_id).where(item.deleted_at.is_(None))))

    def aside(self) -> list[tuple[str, str]]:
        """Return (record, reason) of everything in quarantine."""
        one = schema.quarantine.c
        with self.warehouse.engine.connect() as conn:
            rows = conn.execute(select(one.record, one.reason))
            return [(row.record, row.reason) for row in rows]

    def close(self) -> None:
        """Let go of the warehouse."""
        self.warehouse.engine.dispose()


def _status(row: Any) -> str:
    draft = row.reopened and row.deleted_at is None
    word = Status.DRAFT.name if draft else Status(row.status).name
    return word.lower() if row.deleted_at is None else f"{word.lower()} deleted"


def _answers(conn: Any, annotation_id: int) -> dict[str, Any]:
    answer, label, control = schema.answer.c, schema.label.c, schema.control.c
    rows = conn.execute(
        select(control.name, control.scale, label.text, answer.value)
        .join(schema.control, control.id == answer.control_id)
        .outerjoin(schema.label, label.id == answer.label_id)
        .where(answer.annotation_id == annotation_id, answer.version == 0)
    )
    return {
        row.name: json.loads(row.value) if row.text is None else _labeled(row.text, row.scale)
        for row in rows
    }


def _labeled(text: str, scale: str) -> Any:
    if scale == "set" and not text.startswith("["):
        return [text]
    return json.loads(text) if scale in ("set", "ranking") else text


def _reviews(conn: Any, annotation_id: int) -> list[tuple[int, str, int | None]]:
    one, who = schema.review.c, schema.annotator_identity.c
    rows = conn.execute(
        select(one.verdict, who.native_id, one.at)
        .outerjoin(schema.annotator_identity, who.annotator_id == one.reviewer_id)
        .where(one.annotation_id == annotation_id)
    )
    return [tuple(row) for row in rows]
