"""A project's items in pages, as contributions read them: memory stays flat."""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection, select

from labelpulse import schema
from labelpulse.core.items import ItemState
from labelpulse.warehouse.facts import known_people, load, set_options

PAGE = 5_000


def load_items(
    conn: Connection, project_id: int, item_ids: Iterable[int] | None = None
) -> Iterator[ItemState]:
    """Yield a project's items, all or those of `item_ids`, as contributions read them.

    Items come in pages of 5,000, so memory stays flat.
    """
    for page in item_pages(conn, project_id, item_ids):
        yield from page


def item_pages(
    conn: Connection, project_id: int, item_ids: Iterable[int] | None = None
) -> Iterator[list[ItemState]]:
    """Yield a project's items, all or those of `item_ids`, in pages of 5,000."""
    known = known_people(conn, project_id)
    options = set_options(conn, project_id)
    for ids in _id_pages(conn, project_id, item_ids):
        found = load(conn, project_id, ids)
        yield [one.state(known, options) for one in found.values()]


def _id_pages(
    conn: Connection, project_id: int, item_ids: Iterable[int] | None
) -> Iterator[Sequence[int]]:
    if item_ids is not None:
        wanted = sorted(item_ids)
        yield from (wanted[at : at + PAGE] for at in range(0, len(wanted), PAGE))
        return
    item, after = schema.item.c, 0
    while ids := list(
        conn.scalars(
            select(item.id)
            .where(item.project_id == project_id, item.id > after)
            .order_by(item.id)
            .limit(PAGE)
        )
    ):
        yield ids
        after = ids[-1]
