"""An INCEpTION database of our own making, by the tables that its public sources declare."""

import json
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, String, Table, Text

from labelpulse.core.days import SECOND, from_us
from tests.support.foreign import Foreign

STAMP = DateTime().with_variant(String(32), "sqlite")
KEY = BigInteger().with_variant(Integer, "sqlite")
AT = 1_709_542_800 * SECOND  # 2024-03-04T09:00:00Z
MINUTE = 60 * SECOND


def tables(*, old: bool = False) -> MetaData:
    """The tool's tables, in part; old ones do not know what the annotator chose."""
    meta = MetaData()
    times = [("created", STAMP), ("updated", STAMP)]
    own = [] if old else [Column("annotatorState", String(255))]
    Table("project", meta, Column("id", KEY, primary_key=True), Column("name", String(255)))
    Table(
        "source_document",
        meta,
        Column("id", KEY, primary_key=True),
        Column("name", String(255), nullable=False),
        Column("project", BigInteger),
        Column("state", String(255), nullable=False),
        *(Column(name, kind) for name, kind in times),
    )
    Table(
        "annotation_document",
        meta,
        Column("id", KEY, primary_key=True),
        Column("name", String(255), nullable=False),
        Column("project", BigInteger),
        Column("user", String(255)),
        Column("document", BigInteger),
        Column("state", String(255), nullable=False),
        Column("timestamp", STAMP),
        *(Column(name, kind) for name, kind in times),
        *own,
    )
    Table(
        "logged_event",
        meta,
        Column("id", KEY, primary_key=True),
        Column("event", String(255), nullable=False),
        Column("created", STAMP, nullable=False),
        Column("user", String(255), nullable=False),
        Column("project", BigInteger, nullable=False),
        Column("document", BigInteger, nullable=False),
        Column("annotator", String(255)),
        Column("details", Text),
    )
    Table(
        "users",
        meta,
        Column("username", String(255), primary_key=True),
        Column("email", String(255)),
        Column("password", String(255)),
    )
    return meta


class Inception(Foreign):
    """The tool: people open documents, finish them, and have them opened again."""

    def __init__(self, url: str, *, old: bool = False) -> None:
        super().__init__(url, tables(old=old))
        self.old = old

    def stamp(self, us: int) -> Any:
        moment = from_us(us).replace(tzinfo=None)
        return str(moment) if self.sqlite else moment

    def project(self, name: str) -> int:
        return int(self.add("project", name=name))

    def document(self, project: int, at: int = AT) -> int:
        made = self.stamp(at)
        row = {"name": "d.txt", "project": project, "state": "NEW"}
        return int(self.add("source_document", **row, created=made, updated=made))

    def log(self, event: str, document: int, by: str, at: int, **more: Any) -> int:
        row = {"user": by, "project": 1, "document": document, **more}
        return int(self.add("logged_event", event=event, created=self.stamp(at), **row))

    def begin(self, document: int, who: str, at: int = AT) -> int:
        """Somebody opens a document for the first time."""
        made = self.stamp(at)
        row = {"name": "d.txt", "user": who, "document": document, "state": "INPROGRESS"}
        if not self.old:
            row["annotatorState"] = "INPROGRESS"
        self.log("DocumentOpenedEvent", document, who, at, annotator=who)
        times = {"created": made, "updated": made, "timestamp": made}
        return int(self.add("annotation_document", row | times))

    def turn(
        self, key: int, states: tuple[str, str], at: int, by: str, *, told: str | None = None
    ) -> None:
        """A document goes from one state to another; `told` = what the annotator chose."""
        with self.engine.connect() as connection:
            table = self.meta.tables["annotation_document"]
            row = connection.execute(table.select().where(table.c.id == key)).mappings().one()
        own = {"timestamp": self.stamp(at)} if by == row["user"] else {}
        if told is not None and not self.old:
            own["annotatorState"] = told
        self.change("annotation_document", key, state=states[1], updated=self.stamp(at), **own)
        before, after = (one.replace("INPROGRESS", "IN_PROGRESS") for one in states)
        details = json.dumps({"state": after, "previousState": before})
        where = {"annotator": row["user"], "details": details}
        self.log("AnnotationStateChangeEvent", row["document"], by, at, **where)

    def finish(self, key: int, who: str, at: int) -> None:
        self.turn(key, ("INPROGRESS", "FINISHED"), at, who, told="FINISHED")

    def reopen(self, key: int, by: str, at: int) -> None:
        self.turn(key, ("FINISHED", "INPROGRESS"), at, by)
