"""Argilla's own database, SQLite or PostgreSQL, polled read-only."""

from collectors.argilla.source import ArgillaDatabase

__all__ = ["ArgillaDatabase"]
