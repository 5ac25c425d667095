"""A Prodigy database of our own making, by the schema that public code reads (peewee's names)."""

import json
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

from tests.support.foreign import Foreign

AT = 1_709_542_800  # 2024-03-04T09:00:00Z


def tables(*, structured: bool = False) -> MetaData:
    """The tool's tables; with those of newer releases when asked."""
    meta = MetaData()
    Table(
        "dataset",
        meta,
        Column("id", Integer, primary_key=True),
        Column("name", String(255), unique=True, nullable=False),
        Column("created", Integer, nullable=False),
        Column("meta", LargeBinary, nullable=False),
        Column("session", Boolean, nullable=False),
    )
    for prefix in ("", "structured_") if structured else ("",):
        Table(
            f"{prefix}example",
            meta,
            Column("id", Integer, primary_key=True),
            Column("input_hash", BigInteger, nullable=False),
            Column("task_hash", BigInteger, nullable=False),
            Column("content", LargeBinary, nullable=False),
        )
        Table(
            f"{prefix}link",
            meta,
            Column("id", Integer, primary_key=True),
            Column("example_id", Integer, ForeignKey(f"{prefix}example.id"), nullable=False),
            Column("dataset_id", Integer, ForeignKey("dataset.id"), nullable=False),
        )
    return meta


class Prodigy(Foreign):
    """The tool: it saves an answer to its dataset and to the data set of its session."""

    def __init__(self, url: str, *, structured: bool = False) -> None:
        super().__init__(url, tables(structured=structured))
        self._ids: dict[str, int] = {}

    def dataset(self, name: str, *, session: bool = False, created: int = AT) -> int:
        if name not in self._ids:
            row = {"name": name, "created": created, "meta": b"{}", "session": session}
            self._ids[name] = self.add("dataset", row)
        return self._ids[name]

    def save(
        self, dataset: str, task: dict[str, Any], who: str | None = "abe", prefix: str = ""
    ) -> str:
        """Save an answer as the tool does; return its link to the dataset."""
        session = "2024-03-04_08-59-00" if who is None else f"{dataset}-{who}"
        content = {"_input_hash": 1, "_task_hash": 2, "_session_id": session, **task}
        example = self.add(
            f"{prefix}example",
            input_hash=content["_input_hash"],
            task_hash=content["_task_hash"],
            content=json.dumps(content, separators=(",", ":")).encode(),
        )
        self.add(
            f"{prefix}link",
            example_id=example,
            dataset_id=self.dataset(f"session {session}", session=True),
        )
        to = self.dataset(dataset)
        return str(self.add(f"{prefix}link", example_id=example, dataset_id=to))

    def drop(self, dataset: str) -> None:
        """Drop a dataset: its links go, and examples that no other dataset has."""
        key = self._ids.pop(dataset)
        self.run(
            f"DELETE FROM link WHERE dataset_id = {key}",
            f"DELETE FROM dataset WHERE id = {key}",
        )


def choice(item: int, accept: list[str], at: int | None = AT, **more: Any) -> dict[str, Any]:
    """A choice between three options, as the tool stores it."""
    task = {
        "text": f"text {item}",
        "_input_hash": item,
        "_task_hash": item + 1000,
        "options": [{"id": one, "text": one.title()} for one in ("pos", "neg", "odd")],
        "accept": accept,
        "answer": "accept",
        "_view_id": "choice",
        **more,
    }
    return task if at is None else {**task, "_timestamp": at}
