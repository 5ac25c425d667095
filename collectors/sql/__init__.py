"""Any table of labels in SQLite or PostgreSQL, polled read-only by a map of columns."""

from collectors.sql.source import SqlTable

__all__ = ["SqlTable"]
