"""Sources with their projects, controls, labels and batches; annotators, people and teams."""

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text, UniqueConstraint

from labelpulse.schema.base import Flag, Id, Us, clustered, key, metadata

source = Table(
    "source",
    metadata,
    key("id"),
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
    "program", metadata, key("id"), Column("name", String(200), nullable=False, unique=True)
)

project = Table(
    "project",
    metadata,
    key("id"),
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
    Column("holidays", Text, nullable=False, server_default=""),
    UniqueConstraint("source_id", "native_id"),
)

control = Table(
    "control",
    metadata,
    key("id"),
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
    key("id"),
    Column("control_id", Id, nullable=False),
    Column("text", Text, nullable=False),
    Column("options", Text),
    UniqueConstraint("control_id", "text"),
)

model_version = Table(
    "model_version",
    metadata,
    key("id"),
    Column("project_id", Id, nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("project_id", "name"),
)

batch = Table(
    "batch",
    metadata,
    key("id"),
    Column("project_id", Id, nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("project_id", "name"),
)

annotator = Table(
    "annotator",
    metadata,
    key("id"),
    Column("source_id", Id, nullable=False),
    Column("kind", String(20), nullable=False, server_default="person"),
    Column("person_id", Id),
)

annotator_identity = Table(
    "annotator_identity",
    metadata,
    key("annotator_id"),
    Column("source_id", Id, nullable=False),
    Column("native_id", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("email", Text, nullable=False, server_default=""),
    UniqueConstraint("source_id", "native_id"),
)

person = Table("person", metadata, key("id"), Column("name", Text, nullable=False, unique=True))

team = Table("team", metadata, key("id"), Column("name", Text, nullable=False, unique=True))

membership = clustered(
    "membership",
    key("team_id"),
    key("annotator_id"),
    key("since", Integer, server_default="0"),
    Column("until", Integer),
)

rate = clustered(
    "rate",
    key("team_id"),
    key("annotator_id"),
    key("since", Integer),
    Column("hourly_millionths", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
)
"""Hourly cost from a day on, of a team (annotator 0) or of an annotator (team 0)."""
