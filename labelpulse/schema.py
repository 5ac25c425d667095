"""The warehouse's tables: facts, people, care, and rollups, as SQLAlchemy Core.

Instants are microseconds UTC, durations milliseconds, days proleptic ordinals (0 = unknown).
Rollup tables: the primary key is what is counted, every other column is an integer sum.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    MetaData,
    Sequence,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite keeps a second B-tree for a BIGINT primary key; INTEGER is the row's own place.
Id = BigInteger().with_variant(Integer, "sqlite")
Us = BigInteger()
Flag = Boolean(create_constraint=False)


def _key(name: str, kind: Any = Id, **more: Any) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False, **more)


def _table(name: str, *columns: Any) -> Table:
    """A table clustered by its primary key (project first), so that a project is one range."""
    return Table(name, metadata, *columns, sqlite_with_rowid=False)


# --- sources and what they hold -------------------------------------------------------------

source = Table(
    "source",
    metadata,
    _key("id"),
    Column("name", String(200), nullable=False, unique=True),
    Column("type", String(60), nullable=False),
    Column("state", String(20), nullable=False, server_default="new"),
    Column("state_reason", Text, nullable=False, server_default=""),
    Column("created_at", Us, nullable=False),
    Column("tried_at", Us),
    Column("ok_at", Us),
    Column("loading", Flag, nullable=False, server_default="0"),
    Column("complete_from", Us),
    Column("clock_offset_ms", BigInteger),
)

program = Table(
    "program", metadata, _key("id"), Column("name", String(200), nullable=False, unique=True)
)

project = Table(
    "project",
    metadata,
    _key("id"),
    Column("source_id", Id, nullable=False),
    Column("native_id", String(200), nullable=False),
    Column("title", Text, nullable=False),
    Column("state", String(20), nullable=False, server_default="active"),
    Column("required", Integer),
    Column("program_id", Id),
    Column("headline", Text),
    Column("deadline", Integer),
    Column("config_digest", String(80), nullable=False, server_default=""),
    Column("observed_since", Us, nullable=False),
    Column("data_version", BigInteger, nullable=False, server_default="0"),
    Column("source_rows", BigInteger),
    Column("warehouse_rows", BigInteger),
    Column("reconciled_at", Us),
    Column("constant_time", Flag, nullable=False, server_default="0"),
    UniqueConstraint("source_id", "native_id"),
)

control = Table(
    "control",
    metadata,
    _key("id"),
    Column("project_id", Id, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", String(60), nullable=False, server_default=""),
    Column("scale", String(20), nullable=False),
    Column("labels", Text),
    Column("refused", Text, nullable=False, server_default=""),
    UniqueConstraint("project_id", "name"),
)

label = Table(
    "label",
    metadata,
    _key("id"),
    Column("control_id", Id, nullable=False),
    Column("text", Text, nullable=False),
    Column("options", Text),
    UniqueConstraint("control_id", "text"),
)

batch = Table(
    "batch",
    metadata,
    _key("id"),
    Column("project_id", Id, nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("project_id", "name"),
)

# --- people -----------------------------------------------------------------------------------

annotator = Table(
    "annotator",
    metadata,
    _key("id"),
    Column("source_id", Id, nullable=False),
    Column("kind", String(20), nullable=False, server_default="person"),
    Column("person_id", Id),
)

annotator_identity = Table(
    "annotator_identity",
    metadata,
    _key("annotator_id"),
    Column("source_id", Id, nullable=False),
    Column("native_id", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("email", Text, nullable=False, server_default=""),
    UniqueConstraint("source_id", "native_id"),
)

person = Table("person", metadata, _key("id"), Column("name", Text, nullable=False, unique=True))

team = Table("team", metadata, _key("id"), Column("name", Text, nullable=False, unique=True))

membership = _table(
    "membership",
    _key("team_id"),
    _key("annotator_id"),
    _key("since", Integer, server_default="0"),
    Column("until", Integer),
)

# --- facts ------------------------------------------------------------------------------------

item = _table(
    "item",
    _key("project_id"),
    _key("id"),
    Column("native_id", Text, nullable=False),
    Column("batch_id", Id, nullable=False, server_default="0"),
    Column("required", Integer),
    Column("created_at", Us),
    Column("deleted_at", Us),
    Column("fingerprint", Text, nullable=False, server_default=""),
    UniqueConstraint("project_id", "native_id"),
)

annotation_key = _table(
    "annotation_key",
    _key("source_id"),
    _key("native_id", Text),
    _key("unique_key", Text),
    Column("stream", String(12), nullable=False, server_default="annotation"),
    Column("annotation_id", Id, nullable=False),
    Column("project_id", Id, nullable=False),
    Column("fingerprint", Text, nullable=False, server_default=""),
    Column("live", Flag, nullable=False),
)

annotation = _table(
    "annotation",
    _key("project_id"),
    _key("id"),
    Column("item_id", Id, nullable=False),
    Column("annotator_id", Id, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("origin", SmallInteger, nullable=False),
    Column("deleted_at", Us),
    Column("submitted_at", Us),
    Column("updated_at", Us),
    Column("started_at", Us),
    Column("time_spent_ms", BigInteger),
    Column("gold_flag", Flag, nullable=False),
    Column("assisted", Flag, nullable=False),
    Column("edited", Flag, nullable=False),
    Column("held", Flag, nullable=False),
    Column("revision", BigInteger),
    Column("first_revision", BigInteger),
    Column("own_revision", BigInteger),
    Column("digest", BigInteger, nullable=False),
    Column("editor_id", Id),
    Column("run_id", Id, nullable=False, server_default="0"),
)
Index(None, annotation.c.project_id, annotation.c.item_id)
Index(
    "ix_annotation_held",
    annotation.c.project_id,
    sqlite_where=annotation.c.held,
    postgresql_where=annotation.c.held,
)

annotation_revision = _table(
    "annotation_revision",
    _key("project_id"),
    _key("annotation_id"),
    _key("digest", BigInteger),
    Column("author_id", Id, nullable=False),
    Column("at", Us),
    Column("observed_at", Us, nullable=False),
)

answer = _table(
    "answer",
    _key("project_id"),
    _key("annotation_id"),
    _key("version", SmallInteger),
    _key("control_id"),
    Column("label_id", Id),
    Column("value", Text),
)

gold = _table(
    "gold",
    _key("project_id"),
    _key("item_id"),
    _key("control_id"),
    _key("annotation_id"),
    Column("label_id", Id),
    Column("value", Text),
)

review = _table(
    "review",
    _key("project_id"),
    _key("annotation_id"),
    _key("native_id", Text),
    Column("reviewer_id", Id),
    Column("verdict", SmallInteger, nullable=False),
    Column("at", Us),
)

marker = Table(
    "marker",
    metadata,
    _key("id"),
    Column("project_id", Id),
    Column("day", Integer, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("text", Text, nullable=False),
)

# --- settings and the warehouse's own care --------------------------------------------------

setting = _table(
    "setting",
    _key("project_id"),
    _key("origin", String(20)),
    Column("data", Text, nullable=False),
)

rules = Table(
    "rules",
    metadata,
    _key("id"),
    Column("project_id", Id, nullable=False),
    Column("digest", String(40), nullable=False),
    Column("data", Text, nullable=False),
    Column("created_at", Us, nullable=False),
    UniqueConstraint("project_id", "digest"),
)

rollup_state = _table(
    "rollup_state",
    _key("project_id"),
    _key("rollup", String(60)),
    Column("code_version", Integer, nullable=False),
    Column("rules_id", Id, nullable=False),
    Column("state", String(20), nullable=False),
    Column("built_at", Us, nullable=False),
)

cursor = _table(
    "cursor",
    _key("source_id"),
    _key("stream", String(60)),
    Column("position", Text, nullable=False),
    Column("moved_at", Us, nullable=False),
)

run = Table(
    "run",
    metadata,
    _key("id"),
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

lease = Table(
    "lease",
    metadata,
    _key("source_id"),
    Column("holder", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("expires_at", Us, nullable=False),
)

counter = _table("counter", _key("name", String(60)), Column("last", BigInteger, nullable=False))
"""Last id allotted by table, on SQLite; PostgreSQL has sequences."""

quarantine = Table(
    "quarantine",
    metadata,
    _key("id"),
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

# --- rollups: what is counted is the key, the rest are integer sums -------------------------


def _rollup(name: str, keys: str, sums: str) -> Table:
    """A rollup table; its first sum is zero only when all are, and none goes below zero."""
    columns = [_key("project_id"), *(_key(key, Id) for key in keys.split())]
    measures = [Column(one, BigInteger, nullable=False) for one in sums.split()]
    first = CheckConstraint(f"{measures[0].name} >= 0", name="not_negative")
    return _table(name, *columns, *measures, first)


activity = _rollup("activity", "day hour batch_id annotator_id event", "n")
time_hist = _rollup("time_hist", "day batch_id annotator_id bucket", "n total_ms")
item_progress = _rollup("item_progress", "day batch_id", "items required done completed assumed")
stage_now = _rollup("stage_now", "stage batch_id entry_hour", "items")
agree_items = _rollup(
    "agree_items", "day control_id batch_id m", "items agree agree_sq unanimous entropy"
)
agree_labels = _rollup("agree_labels", "day control_id m label_id", "n agree")
agree_pairs = _rollup("agree_pairs", "day control_id m label_a label_b", "n")
annotator_pairs = _rollup(
    "annotator_pairs", "day control_id annotator_a annotator_b", "shared agree"
)
gold_confusion = _rollup("gold_confusion", "day control_id annotator_id gold_label label_id", "n")
label_counts = _rollup("label_counts", "day control_id annotator_id label_id", "n")
live_rows = _rollup("live_rows", "", "n gold skipped")


def sequence_name(table: Table) -> str:
    """Return the name of the PostgreSQL sequence that numbers a table's ``id``."""
    return f"{table.name}_numbers"


NUMBERED = (
    *(source, program, project, control, label, batch, annotator, person, team),
    *(item, annotation, marker, rules, run, quarantine),
)
for _numbered in NUMBERED:
    Sequence(sequence_name(_numbered), metadata=metadata)  # SQLite has none and needs none
