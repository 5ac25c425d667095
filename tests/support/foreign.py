"""Somebody else's database, SQLite or PostgreSQL: made and changed row by row, each committed."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, create_engine, event, func, insert, make_url, select, text, update

from labelpulse.core.events import AnnotationRecord, BadRecord
from labelpulse.ingest.runner import Task, poll
from labelpulse.source import ANNOTATIONS, LiveSource
from labelpulse.warehouse.store import Warehouse
from tests.ingest.importing import copy_of, make


class Foreign:
    """A database with tables of `meta`, of which each has one primary key."""

    def __init__(self, url: str, meta: MetaData) -> None:
        parsed = make_url(url)
        self.sqlite = parsed.get_backend_name() == "sqlite"
        driver = "sqlite" if self.sqlite else "postgresql+psycopg2"
        self.url, self.meta = url, meta
        self.engine = create_engine(parsed.set(drivername=driver))
        if self.sqlite:
            event.listen(self.engine, "connect", _hasten)
        meta.create_all(self.engine)

    def add(self, name: str, /, *rows: dict[str, Any], **values: Any) -> Any:
        """Add rows; return the key of the last one."""
        table = self.meta.tables[name]
        with self.engine.begin() as connection:
            for row in [*rows, *([values] if values else [])]:
                made = connection.execute(insert(table).values(**row)).inserted_primary_key
        return made[0] if made else None

    def change(self, name: str, key: Any, /, **values: Any) -> None:
        """Change one row."""
        table = self.meta.tables[name]
        (primary,) = table.primary_key
        with self.engine.begin() as connection:
            connection.execute(update(table).where(primary == key).values(**values))

    def delete(self, name: str, *keys: Any) -> None:
        """Delete rows."""
        table = self.meta.tables[name]
        (primary,) = table.primary_key
        with self.engine.begin() as connection:
            connection.execute(table.delete().where(primary.in_(keys)))

    def last(self, name: str) -> Any:
        """Return the greatest key of a table."""
        table = self.meta.tables[name]
        (primary,) = table.primary_key
        with self.engine.connect() as connection:
            return connection.scalar(select(func.max(primary)))

    def run(self, *statements: str) -> None:
        """Run SQL as it is."""
        with self.engine.begin() as connection:
            for one in statements:
                connection.execute(text(one))


def _hasten(connection: Any, _record: object) -> None:
    """Wait for no disk: nothing here outlives the test."""
    connection.execute("PRAGMA synchronous = OFF")


@contextmanager
def foreign(url: str, meta: MetaData) -> Iterator[Foreign]:
    """Yield a database of that address with empty tables."""
    made = Foreign(url, meta)
    try:
        yield made
    finally:
        made.engine.dispose()


@contextmanager
def reader(tool: Foreign, grants: str, role: str) -> Iterator[str]:
    """Yield the address of a PostgreSQL role that may do what grants say, and no more."""
    server = make_url(tool.url)
    said = grants.replace("labelpulse", role)
    try:
        tool.run(*(one for one in said.splitlines() if not one.startswith("--")))
        url = server.set(username=role, password="choose-one")
        yield url.render_as_string(hide_password=False)
    finally:
        tool.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def copied(empty: Path, folder: Path) -> Warehouse:
    """Return an empty warehouse in a folder; a copy, since to migrate takes longer."""
    if not empty.exists():
        make(f"sqlite:///{empty}").engine.dispose()
    return copy_of(empty, folder / "copied.db")


class CopiedWarehouse:
    """Stands before a contract of `labelpulse.testing`: its warehouse is copied, not migrated."""

    @pytest.fixture
    def warehouse(self, warehouse: Warehouse) -> Warehouse:
        """Return the one that all tests of collectors have."""
        return warehouse


def read(source: LiveSource) -> tuple[dict[str, AnnotationRecord], Sequence[BadRecord]]:
    """Open a source and return all its annotations by native id, and its bad records."""
    with closing(source):
        source.open()
        seen = [one for page in source.full(ANNOTATIONS, None) for one in page.records]
        batch = source.fetch(ANNOTATIONS, [one.native_id for one in seen])
        prints = {one.native_id: one.fingerprint for one in seen}
        assert all(one.fingerprint == prints[one.native_id] for one in batch.annotations)
        return {one.native_id: one for one in batch.annotations}, batch.bad


def polled(warehouse: Warehouse, source: LiveSource, *, sweep: bool | None = False) -> Any:
    """Poll a source once into a warehouse and return what the poll did."""
    with closing(source):
        return poll(warehouse, Task("mine", "any", source, sweep=sweep))
