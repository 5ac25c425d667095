"""Label Studio's own database, SQLite or PostgreSQL, polled read-only."""

from collectors.label_studio_db.source import LabelStudioDatabase

__all__ = ["LabelStudioDatabase"]
