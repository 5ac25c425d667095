"""Operations: settings, rules, runs, cursors, leases, quarantine and the review queue."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    or_,
    text,
)

from labelpulse.schema.base import Id, Us, clustered, key, metadata

setting = clustered(
    "setting",
    key("project_id"),
    key("origin", String(20)),
    Column("data", Text, nullable=False),
)

rules = Table(
    "rules",
    metadata,
    key("id"),
    Column("project_id", Id, nullable=False),
    Column("digest", String(40), nullable=False),
    Column("data", Text, nullable=False),
    Column("created_at", Us, nullable=False),
    UniqueConstraint("project_id", "digest"),
)

rollup_state = clustered(
    "rollup_state",
    key("project_id"),
    key("rollup", String(60)),
    Column("code_version", Integer, nullable=False),
    Column("rules_id", Id, nullable=False),
    Column("state", String(20), nullable=False),
    Column("built_at", Us, nullable=False),
)

cursor = clustered(
    "cursor",
    key("source_id"),
    key("stream", String(60)),
    Column("position", Text, nullable=False),
    Column("moved_at", Us, nullable=False),
)

run = Table(
    "run",
    metadata,
    key("id"),
    Column("source_id", Id, nullable=False),
    Column("project_id", Id),
    Column("kind", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("started_at", Us, nullable=False),
    Column("finished_at", Us),
    Column("read", BigInteger, nullable=False, server_default="0"),
    Column("loaded", BigInteger, nullable=False, server_default="0"),
    Column("unchanged", BigInteger, nullable=False, server_default="0"),
    Column("quarantined", BigInteger, nullable=False, server_default="0"),
    Column("deleted", BigInteger, nullable=False, server_default="0"),
    Column("repaired", BigInteger, nullable=False, server_default="0"),
    Column("message", Text, nullable=False, server_default=""),
    Column("file_name", Text),
    Column("file_hash", String(64)),
    Column("options_hash", String(64)),
    Index(None, "source_id", "started_at"),
)
NOTABLE_RUN = or_(
    run.c.loaded + run.c.deleted + run.c.repaired + run.c.quarantined > literal_column("0"),
    run.c.state != literal_column("'ok'"),
)
"""Condition for runs that changed something or failed. The literals match those of the partial
index, which SQLite would not use with bound values."""

Index(
    "ix_run_told",
    *(run.c.id, run.c.started_at, run.c.source_id, run.c.deleted),
    sqlite_where=NOTABLE_RUN,
    postgresql_where=NOTABLE_RUN,
)

lease = Table(
    "lease",
    metadata,
    key("source_id"),
    Column("holder", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("expires_at", Us, nullable=False),
)

counter = clustered("counter", key("name", String(60)), Column("last", BigInteger, nullable=False))
"""The last id assigned in each table, on SQLite; PostgreSQL has sequences."""

quarantine = Table(
    "quarantine",
    metadata,
    key("id"),
    Column("source_id", Id, nullable=False),
    Column("project_id", Id),
    Column("run_id", Id, nullable=False),
    Column("place", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("reason", String(60), nullable=False),
    Column("detail", Text, nullable=False),
    Column("excerpt", Text, nullable=False),
    Column("first_at", Us, nullable=False),
    Column("last_at", Us, nullable=False),
    Column("resolved_at", Us),
    UniqueConstraint("source_id", "place", "record", "reason"),
)

queue_entry = Table(
    "queue_entry",
    metadata,
    key("id"),
    Column("project_id", Id, nullable=False),
    Column("item_id", Id, nullable=False),
    Column("control_id", Id, nullable=False, server_default="0"),
    Column("reason", String(20), nullable=False),
    Column("owner", String(200), nullable=False, server_default=""),
    Column("state", String(20), nullable=False),
    Column("opened_at", Us, nullable=False),
    Column("sent_at", Us),
    Column("decided_at", Us),
    Column("outcome", Text),
    Column("author", String(200)),
    Column("evidence", Text, nullable=False, server_default="{}"),
    Index(None, "project_id", "opened_at"),
)
"""Entries of the review queue. Control 0 = the whole item; author = who decided by hand, null when
the source reported it; evidence = JSON: the value, metric and definition version behind it."""

Index(
    "uq_queue_entry_waiting",
    *(queue_entry.c.project_id, queue_entry.c.item_id),
    *(queue_entry.c.control_id, queue_entry.c.reason),
    unique=True,
    sqlite_where=text("decided_at IS NULL"),
    postgresql_where=text("decided_at IS NULL"),
)
