"""CVAT's own PostgreSQL database, polled read-only."""

from collectors.cvat.source import CvatDatabase

__all__ = ["CvatDatabase"]
