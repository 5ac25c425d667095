"""doccano's own database, SQLite or PostgreSQL, polled read-only."""

from collectors.doccano.source import DoccanoDatabase

__all__ = ["DoccanoDatabase"]
