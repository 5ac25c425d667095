"""The accounts of one source, as integer annotator ids."""

from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import Connection, and_, insert, select, update

from labelpulse import schema
from labelpulse.core.events import PersonRecord
from labelpulse.warehouse import bulk

UNKNOWN = ""
"""Native id of the annotator that stands for authors nobody knows."""


def accounts(conn: Connection, named: Sequence[str]) -> list[int]:
    """Return the annotators of all sources that native ids or e-mail addresses name."""
    who = schema.annotator_identity.c
    meant = who.native_id.in_(named) | and_(who.email.in_(named), who.email != "")
    return list(conn.scalars(select(who.annotator_id).where(meant, who.native_id != UNKNOWN)))


class People:
    """Accounts by native id; filled as records bring them.

    Args:
        changed: called when an account is new, since rules may name it.
    """

    def __init__(self, conn: Connection, source_id: int, changed: Callable[[], None]) -> None:
        who = schema.annotator_identity.c
        rows = conn.execute(
            select(who.annotator_id, who.native_id, schema.annotator.c.kind)
            .join(schema.annotator, schema.annotator.c.id == who.annotator_id)
            .where(who.source_id == source_id)
        )
        self._source_id = source_id
        self._changed = changed
        self._ids: dict[str, int] = {}
        self.known: dict[int, bool] = {}
        """Annotator id -> is a known person."""
        for row in rows:
            self._ids[row.native_id] = row.annotator_id
            self.known[row.annotator_id] = row.kind == "person"

    def id_of(self, conn: Connection, native_id: str) -> int:
        """Return the annotator id of an account, made when it is new."""
        found = self._ids.get(native_id)
        return self._add(conn, PersonRecord(native_id)) if found is None else found

    def unknown(self, conn: Connection) -> int:
        """Return the id of the annotator that stands for unknown authors."""
        return self.id_of(conn, UNKNOWN)

    def _add(self, conn: Connection, record: PersonRecord) -> int:
        known = record.native_id != UNKNOWN
        (new,) = bulk.new_ids(conn, schema.annotator, 1)
        kind = "person" if known else "unknown"
        conn.execute(insert(schema.annotator).values(id=new, source_id=self._source_id, kind=kind))
        conn.execute(
            insert(schema.annotator_identity).values(
                annotator_id=new,
                source_id=self._source_id,
                native_id=record.native_id,
                name=record.name,
                email=record.email,
            )
        )
        self._ids[record.native_id] = new
        self.known[new] = known
        self._changed()
        return new

    def keep(self, conn: Connection, records: Iterable[PersonRecord]) -> None:
        """Keep accounts and their present names."""
        who = schema.annotator_identity
        wanted = {one.native_id: one for one in records}
        if not wanted:
            return
        rows = conn.execute(
            select(who.c.native_id, who.c.name, who.c.email).where(
                who.c.source_id == self._source_id
            )
        )
        there = {row.native_id: (row.name, row.email) for row in rows}
        for native_id, record in wanted.items():
            if native_id not in there:
                self._add(conn, record)
            elif there[native_id] != (record.name, record.email):
                conn.execute(
                    update(who)
                    .where(who.c.annotator_id == self._ids[native_id])
                    .values(name=record.name, email=record.email)
                )
