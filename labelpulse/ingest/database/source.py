"""What every live source over a database is made of: a gentle connection, a scanner, its limits."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Self

from labelpulse.ingest.access import needed_url
from labelpulse.ingest.database.connection import SourceDatabase
from labelpulse.ingest.database.scan import Scanner
from labelpulse.source import Access


class DatabaseSource:
    """The beginning of a live source; what it reads and how is its own."""

    def __init__(
        self,
        url: str,
        *,
        name: str,
        projects: Sequence[str] = (),
        overlap: timedelta = timedelta(minutes=15),
        page: int | None = None,
    ) -> None:
        """Keep where to read; nothing is opened yet.

        Args:
            url: ``sqlite:////path`` or ``postgresql://user:password@host/database``.
            name: of the source, for messages.
            projects: names or ids to read, as the tool has them; empty = all.
            overlap: how far back of its cursor every poll reads again.
            page: rows a statement; None = 1,000 on SQLite, 5,000 on PostgreSQL.
        """
        self._db = SourceDatabase(url, name)
        self._scanner = Scanner(self._db, overlap // timedelta(microseconds=1), page)
        self._wanted = frozenset(projects)

    @classmethod
    def from_access(cls, access: Access) -> Self:
        """Return the source of a configured entry; see `LiveSource`."""
        return cls(
            needed_url(access), name=access.name, projects=access.projects, overlap=access.overlap
        )

    def close(self) -> None:
        """Let go of the connection; `open` makes another."""
        self._db.close()

    def refuses_writing(self) -> bool:
        """Return True when a write on this connection was tried and refused."""
        return self._db.refuses_writing()
