"""The accounts of one source, as integer annotator ids."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection, and_, func, insert, select, update

from labelpulse import schema
from labelpulse.core import pseudonyms
from labelpulse.core.events import PersonRecord
from labelpulse.core.pseudonyms import ANONYMOUS
from labelpulse.warehouse import bulk
from labelpulse.warehouse.rollups import bump

UNKNOWN = ""
"""Native id of the annotator that stands for authors nobody knows."""

PERSON, NOBODY = "person", pseudonyms.UNKNOWN
"""Kinds of annotators, beside `ANONYMOUS`."""


def kind_of(record: PersonRecord) -> str:
    """Return what kind of annotator an account is: person, anonymous or unknown."""
    if record.native_id == UNKNOWN:
        return NOBODY
    return ANONYMOUS if record.anonymous else PERSON


def accounts(conn: Connection, named: Collection[str]) -> list[int]:
    """Return the accounts of all sources that names mean, in order, with all of linked people.

    A name is a native id, SOURCE/ID, an e-mail address or the name of a person whose accounts are
    linked.
    """
    who, person = schema.annotator, schema.person.c
    ids = [one for ids in matching(conn, named).values() for one in ids]
    linked = select(who.c.person_id).where(who.c.id.in_(ids), who.c.person_id.is_not(None))
    called = select(person.id).where(person.name.in_(named))
    theirs = select(who.c.id).where(who.c.person_id.in_(linked) | who.c.person_id.in_(called))
    return sorted({*ids, *conn.scalars(theirs)})


def matching(conn: Connection, named: Collection[str]) -> dict[str, list[int]]:
    """Return the annotators that each native id, SOURCE/ID or e-mail address means by itself.

    Addresses mean the same however they are capitalised: tools spell one address in two ways.
    """
    who, source = schema.annotator_identity.c, schema.source.c
    full = source.name + "/" + who.native_id
    addresses: dict[str, list[str]] = {}
    for name in named:
        addresses.setdefault(name.lower(), []).append(name)
    by_address = and_(func.lower(who.email).in_(addresses), who.email != "")
    meant = who.native_id.in_(named) | full.in_(named) | by_address
    query = (
        select(who.annotator_id, who.native_id, who.email, full.label("full"))
        .join(schema.source, source.id == who.source_id)
        .where(meant, who.native_id != UNKNOWN)
        .order_by(who.annotator_id)
    )
    found: dict[str, list[int]] = {}
    for row in conn.execute(query):
        by_id = {row.native_id, row.full} & {*named}
        for name in by_id.union(addresses.get(row.email.lower(), ()) if row.email else ()):
            found.setdefault(name, []).append(row.annotator_id)
    return found


def follow_links(conn: Connection, people: Mapping[str, Sequence[str]]) -> bool:
    """Make one person of the accounts that the configuration says are one; True on a change.

    Of two people who claim an account, the first in the configuration has it; an account that no
    source has shown yet is linked when it appears.

    Args:
        people: name -> accounts, each SOURCE/ID or an e-mail address.
    """
    who = schema.annotator.c
    found = matching(conn, [one for accounts in people.values() for one in accounts])
    wanted: dict[int, int] = {}
    for name, own in people.items():
        ids = [id_ for one in own for id_ in found.get(one, ())]
        if ids:
            person = bulk.named(conn, schema.person, name)
            wanted = dict.fromkeys(ids, person) | wanted
    linked = select(who.id, who.person_id).where(who.person_id.is_not(None))
    there = {row.id: row.person_id for row in conn.execute(linked)}
    if wanted == there:
        return False
    for one in there.keys() | wanted.keys():
        if there.get(one) != wanted.get(one):
            moved = update(schema.annotator).where(who.id == one)
            conn.execute(moved.values(person_id=wanted.get(one)))
    return True


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
        """Annotator id -> is somebody, be it an anonymous visitor."""
        for row in rows:
            self._ids[row.native_id] = row.annotator_id
            self.known[row.annotator_id] = row.kind != NOBODY

    def id_of(self, conn: Connection, native_id: str) -> int:
        """Return the annotator id of an account, made when it is new."""
        found = self._ids.get(native_id)
        return self._add(conn, PersonRecord(native_id)) if found is None else found

    def unknown(self, conn: Connection) -> int:
        """Return the id of the annotator that stands for unknown authors."""
        return self.id_of(conn, UNKNOWN)

    def _add(self, conn: Connection, record: PersonRecord) -> int:
        kind = kind_of(record)
        (new,) = bulk.new_ids(conn, schema.annotator, 1)
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
        self.known[new] = kind != NOBODY
        self._changed()
        return new

    def keep(self, conn: Connection, records: Iterable[PersonRecord]) -> None:
        """Keep accounts, their present names, and which of them are anonymous."""
        who, kind = schema.annotator_identity, schema.annotator.c.kind
        wanted = {one.native_id: one for one in records}
        if not wanted:
            return
        rows = conn.execute(
            select(who.c.native_id, who.c.name, who.c.email, kind)
            .join(schema.annotator, schema.annotator.c.id == who.c.annotator_id)
            .where(who.c.source_id == self._source_id)
        )
        there = {row.native_id: tuple(row[1:]) for row in rows}
        for native_id, record in wanted.items():
            if native_id not in there:
                self._add(conn, record)
                continue
            *names, was = there[native_id]
            if names != [record.name, record.email]:
                conn.execute(
                    update(who)
                    .where(who.c.annotator_id == self._ids[native_id])
                    .values(name=record.name, email=record.email)
                )
            if was != kind_of(record):
                self._turn(conn, self._ids[native_id], kind_of(record))

    def _turn(self, conn: Connection, annotator_id: int, kind: str) -> None:
        """Keep what an account turned out to be; numbers of people change with it."""
        who, project = schema.annotator, schema.project.c
        conn.execute(update(who).where(who.c.id == annotator_id).values(kind=kind))
        own = select(project.id).where(project.source_id == self._source_id)
        bump(conn, conn.scalars(own))
