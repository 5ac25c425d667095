"""What the items of a project are called, for files that know them by their names."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from sqlalchemy import Connection, select

from labelpulse import schema
from labelpulse.warehouse import bulk

PAGE = 20_000


class Called(NamedTuple):
    """An item by its native id, and what its tool calls it."""

    native_id: str
    name: str


def there(conn: Connection, project_id: int, native_ids: Collection[str]) -> set[str]:
    """Return those of the native ids that are items of a project and not deleted."""
    item = schema.item.c
    found: set[str] = set()
    wanted = sorted(native_ids)
    for at in range(0, len(wanted), PAGE):
        own = (item.project_id == project_id, item.deleted_at.is_(None))
        named = item.native_id.in_(bulk.among_texts(conn, wanted[at : at + PAGE]))
        found.update(conn.scalars(select(item.native_id).where(*own, named)))
    return found


def names(conn: Connection, project_id: int) -> Iterator[Called]:
    """Yield the items of a project that have a name and are not deleted.

    All are read, page by page: gold files come seldom, and an index of names would be paid for with
    every item that comes.
    """
    item, after = schema.item.c, 0
    own = (item.project_id == project_id, item.deleted_at.is_(None), item.name != "")
    query = select(item.id, item.native_id, item.name).where(*own).order_by(item.id).limit(PAGE)
    while rows := conn.execute(query.where(item.id > after)).all():
        for after, native_id, name in rows:  # noqa: B007 - the last one goes on
            yield Called(native_id, name)
