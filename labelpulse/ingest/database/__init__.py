"""Reading a tool's own database: gentle connections, and scans that miss nothing."""

from labelpulse.ingest.database.connection import DIGEST, SourceDatabase, sqlite_tables
from labelpulse.ingest.database.scan import Scanner, Table, readable

__all__ = ["DIGEST", "Scanner", "SourceDatabase", "Table", "readable", "sqlite_tables"]
