"""Prodigy's database, SQLite or PostgreSQL, polled read-only."""

from collectors.prodigy.source import ProdigyDatabase

__all__ = ["ProdigyDatabase"]
