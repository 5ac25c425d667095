"""INCEpTION's database on PostgreSQL (or a copy in SQLite), polled read-only."""

from collectors.inception.source import InceptionDatabase

__all__ = ["InceptionDatabase"]
