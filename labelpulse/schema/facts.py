"""Facts: items, annotations with answers and revisions, gold, predictions, reviews, markers."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from labelpulse.schema.base import Flag, Id, Us, clustered, key, metadata

item = clustered(
    "item",
    key("project_id"),
    key("id"),
    Column("native_id", Text, nullable=False),
    Column("batch_id", Id, nullable=False, server_default="0"),
    Column("required", Integer),
    Column("created_at", Us),
    Column("deleted_at", Us),
    Column("fingerprint", Text, nullable=False, server_default=""),
    Column("content", BigInteger, nullable=False, server_default="0"),
    Column("name", Text, nullable=False, server_default=""),
    UniqueConstraint("project_id", "native_id"),
)

annotation_key = clustered(
    "annotation_key",
    key("source_id"),
    key("native_id", Text),
    key("unique_key", Text),
    Column("stream", String(12), nullable=False, server_default="annotation"),
    Column("annotation_id", Id, nullable=False),
    Column("project_id", Id, nullable=False),
    Column("fingerprint", Text, nullable=False, server_default=""),
    Column("live", Flag, nullable=False),
)

Index(
    "ix_annotation_key_draft",
    annotation_key.c.source_id,
    sqlite_where=annotation_key.c.stream == "draft",
    postgresql_where=annotation_key.c.stream == "draft",
)

annotation = clustered(
    "annotation",
    key("project_id"),
    key("id"),
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
    Column("author_revision", BigInteger),
    Column("reopened", Flag, nullable=False, server_default="0"),
    Column("parent_prediction", Text),
    Column("parent_revision", BigInteger),
)
Index(None, annotation.c.project_id, annotation.c.item_id)
Index(
    "ix_annotation_held",
    annotation.c.project_id,
    sqlite_where=annotation.c.held,
    postgresql_where=annotation.c.held,
)

annotation_revision = clustered(
    "annotation_revision",
    key("project_id"),
    key("annotation_id"),
    key("digest", BigInteger),
    Column("author_id", Id, nullable=False),
    Column("at", Us),
    Column("observed_at", Us, nullable=False),
)

answer = clustered(
    "answer",
    key("project_id"),
    key("annotation_id"),
    key("version", SmallInteger),
    key("control_id"),
    Column("label_id", Id),
    Column("value", Text),
)

gold = clustered(
    "gold",
    key("project_id"),
    key("item_id"),
    key("control_id"),
    key("annotation_id"),
    Column("label_id", Id),
    Column("value", Text),
)

prediction = clustered(
    "prediction",
    key("project_id"),
    key("item_id"),
    key("id"),
    key("control_id"),
    Column("label_id", Id),
    Column("value", Text),
    Column("native_id", Text, nullable=False),
    Column("model_version_id", Id, nullable=False),
    Column("score", BigInteger),
    Column("created_at", Us),
    Column("deleted_at", Us),
    Column("revision", BigInteger),
    Column("digest", BigInteger, nullable=False),
)
Index(None, prediction.c.project_id, prediction.c.id)

review = clustered(
    "review",
    key("project_id"),
    key("annotation_id"),
    key("native_id", Text),
    Column("reviewer_id", Id),
    Column("verdict", SmallInteger, nullable=False),
    Column("at", Us),
)
Index(None, review.c.project_id, review.c.verdict)

marker = Table(
    "marker",
    metadata,
    key("id"),
    Column("project_id", Id),
    Column("day", Integer, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("text", Text, nullable=False),
)
