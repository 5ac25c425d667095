"""Reading a tool's own database: gentle connections, and scans that miss nothing."""

from labelpulse.ingest.database.columns import as_text, content_digest, row_version
from labelpulse.ingest.database.connection import DIGEST, SourceDatabase
from labelpulse.ingest.database.detect import (
    holds,
    is_postgresql,
    postgres_tables,
    reach,
    sqlite_tables,
)
from labelpulse.ingest.database.scan import Scanner, Table, readable
from labelpulse.ingest.database.source import DatabaseSource

__all__ = [
    "DIGEST",
    "DatabaseSource",
    "Scanner",
    "SourceDatabase",
    "Table",
    "as_text",
    "content_digest",
    "holds",
    "is_postgresql",
    "postgres_tables",
    "reach",
    "readable",
    "row_version",
    "sqlite_tables",
]
