"""Define every table of the warehouse, as SQLAlchemy Core.

Conventions:
    An instant is microseconds UTC; a column that ends in ``_ms`` is milliseconds; a day is a
    proleptic ordinal, and 0 is an unknown day.
    Id 0 means "none" in a key, where null is not possible: no batch, no control.
    Tables of one project's rows begin their key with the project and are clustered by it.
    Ids are allotted by `labelpulse.warehouse.bulk.new_ids`, never by the database.

A change here needs a migration: see "Change the schema" in CONTRIBUTING.md.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    Sequence,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    or_,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite keeps a second B-tree for a BIGINT primary key; an INTEGER one is the row id itself.
Id = BigInteger().with_variant(Integer, "sqlite")
Instant = BigInteger()
Flag = Boolean(create_constraint=False)

DIGEST = 40
"""Hexadecimal characters of the digest of an alert's subject, question or definition."""


def key(name: str, kind: Any = Id, **options: Any) -> Column[Any]:
    """Return a column of the primary key."""
    return Column(name, kind, primary_key=True, autoincrement=False, **options)


def clustered(name: str, *columns: Any) -> Table:
    """Return a table that SQLite stores in the order of its primary key.

    The key begins with the project, so one project's rows are read as one range.
    """
    return Table(name, metadata, *columns, sqlite_with_rowid=False)


def rollup(name: str, keys: str, sums: str) -> Table:
    """Return a rollup table: project and `keys` are the primary key, `sums` are integer sums.

    No sum is below zero, and the first is zero only when all are; a check constraint on the first
    guards that.
    """
    columns = [key("project_id"), *(key(column) for column in keys.split())]
    measures = [Column(measure, BigInteger, nullable=False) for measure in sums.split()]
    check = CheckConstraint(f"{measures[0].name} >= 0", name="not_negative")
    return clustered(name, *columns, *measures, check)


# --- Sources and what they hold; people ---

source = Table(
    "source",
    metadata,
    key("id"),
    Column("name", String(200), nullable=False, unique=True),
    Column("type", String(60), nullable=False),
    Column("state", String(20), nullable=False, server_default="new"),
    Column("state_reason", Text, nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("tried_at", Instant),
    Column("ok_at", Instant),
    Column("loading", Flag, nullable=False, server_default="0"),
    Column("complete_from", Instant),
    Column("clock_offset_ms", BigInteger),
)
"""Configured connections. loading: the first load has not ended; complete_from: how far back it has
come, as it goes newest first; clock_offset_ms: the source's clock minus ours."""

program = Table(
    "program", metadata, key("id"), Column("name", String(200), nullable=False, unique=True)
)
"""Projects that are reported together."""

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
    Column("observed_since", Instant, nullable=False),
    Column("data_version", BigInteger, nullable=False, server_default="0"),
    Column("source_rows", BigInteger),
    Column("warehouse_rows", BigInteger),
    Column("reconciled_at", Instant),
    Column("constant_time", Flag, nullable=False, server_default="0"),
    Column("holidays", Text, nullable=False, server_default=""),
    UniqueConstraint("source_id", "native_id"),
)
"""Labeling projects. data_version: rises with every change of the project's data; headline: name of
the metric shown first; source_rows, warehouse_rows: counts of the last reconciliation;
constant_time: all submission times are the same, so metrics by time are null; holidays: ISO dates,
separated by spaces."""

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
"""Versions of the models that made predictions."""

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
"""Accounts by number; facts hold this number and never a name."""

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
"""Names and addresses of accounts, for those who may see them."""

person = Table("person", metadata, key("id"), Column("name", Text, nullable=False, unique=True))
"""Humans with several linked accounts."""

team = Table("team", metadata, key("id"), Column("name", Text, nullable=False, unique=True))

membership = clustered(
    "membership",
    key("team_id"),
    key("annotator_id"),
    key("since", Integer, server_default="0"),
    Column("until", Integer),
)
"""Who belongs to a team from one day until another; until null = still a member."""

rate = clustered(
    "rate",
    key("team_id"),
    key("annotator_id"),
    key("since", Integer),
    Column("hourly_millionths", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
)
"""The cost of an hour from a day on, of a team (annotator 0) or of one annotator (team 0)."""

# --- Facts ---

item = clustered(
    "item",
    key("project_id"),
    key("id"),
    Column("native_id", Text, nullable=False),
    Column("batch_id", Id, nullable=False, server_default="0"),
    Column("required", Integer),
    Column("created_at", Instant),
    Column("deleted_at", Instant),
    Column("fingerprint", Text, nullable=False, server_default=""),
    Column("content", BigInteger, nullable=False, server_default="0"),
    Column("name", Text, nullable=False, server_default=""),
    UniqueConstraint("project_id", "native_id"),
)
"""What is labeled. content: digest of what the item shows, 0 = unknown; fingerprint: changes with
the source's row; name: what the tool calls the item, which is no identity."""

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
"""Maps the identity of a source's row to an annotation or prediction. unique_key tells apart rows
that reuse a native id; live: the source still holds the row."""

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
    Column("deleted_at", Instant),
    Column("submitted_at", Instant),
    Column("updated_at", Instant),
    Column("started_at", Instant),
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
"""One annotator's submission on one item. status, origin: see `labelpulse.core.events`; held: its
submission time is in the future, so it has no day yet; digest: of the present content; reopened: a
draft again, while status and answers are those of the last submission."""
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
    Column("at", Instant),
    Column("observed_at", Instant, nullable=False),
)
"""All contents an annotation was seen with, as digests."""

answer = clustered(
    "answer",
    key("project_id"),
    key("annotation_id"),
    key("version", SmallInteger),
    key("control_id"),
    Column("label_id", Id),
    Column("value", Text),
)
"""Answers by control. version: 0 = current, 1 = the author's first, 2 = the author's last; value:
JSON, where there is no label or it was spelled differently."""

gold = clustered(
    "gold",
    key("project_id"),
    key("item_id"),
    key("control_id"),
    key("annotation_id"),
    Column("label_id", Id),
    Column("value", Text),
)
"""Answers that a source asserts as known-correct for an item; annotation_id: the row that does."""

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
    Column("created_at", Instant),
    Column("deleted_at", Instant),
    Column("revision", BigInteger),
    Column("digest", BigInteger, nullable=False),
)
"""A model's answers; score in millionths."""
Index(None, prediction.c.project_id, prediction.c.id)

review = clustered(
    "review",
    key("project_id"),
    key("annotation_id"),
    key("native_id", Text),
    Column("reviewer_id", Id),
    Column("verdict", SmallInteger, nullable=False),
    Column("at", Instant),
)
"""Reviews of annotations; verdict: see `labelpulse.core.events.Verdict`."""
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
"""Events on time charts; project null = all projects."""

# --- Rollups ---

activity = rollup("activity", "day hour batch_id annotator_id event", "n")
time_hist = rollup("time_hist", "day batch_id annotator_id bucket", "n total_ms")
time_days = rollup("time_days", "day bucket", "n total_ms")
time_totals = rollup(
    "time_totals",
    "day batch_id annotator_id started_from band",
    "n total_ms within within_ms log_sum log_squares",
)
item_progress = rollup("item_progress", "day batch_id", "items required done completed assumed")
stage_now = rollup("stage_now", "stage batch_id entry_hour", "items")
open_items = rollup("open_items", "item_id", "items stage entered batch_id answered required")
Index(
    "ix_open_items_oldest",
    *(open_items.c[name] for name in ("project_id", "stage", "entered", "item_id", "batch_id")),
)
agree_items = rollup(
    "agree_items", "day control_id batch_id m", "items agree agree_sq unanimous entropy"
)
agree_labels = rollup("agree_labels", "day control_id m label_id", "n agree")
agree_pairs = rollup("agree_pairs", "day control_id m label_a label_b", "n")
annotator_pairs = rollup(
    "annotator_pairs", "day control_id annotator_a annotator_b", "shared agree"
)
annotator_pair_days = rollup(
    "annotator_pair_days", "day control_id annotator_a annotator_b", "shared agree"
)
annotator_pair_labels = rollup(
    "annotator_pair_labels", "day control_id annotator_a annotator_b label_a label_b", "n"
)
peer_loo = rollup("peer_loo", "day control_id batch_id annotator_id", "n agree tie")
self_repeats = rollup("self_repeats", "day control_id batch_id annotator_id", "pairs alike")
answer_matrix = rollup(
    "answer_matrix",
    "control_id item_id annotator_id",
    "n label_id first_label_id since batch_id assisted time_ms verdict stands content",
)
item_content = rollup("item_content", "content", "items")
REPEATED_CONTENT = text("item_content.items > 1")
"""Selects what several items show. No bound value, or SQLite would not use the partial index."""
Index(
    "ix_item_content_repeated",
    item_content.c.project_id,
    sqlite_where=text("items > 1"),
    postgresql_where=text("items > 1"),
)
pair_geometry = rollup(
    "pair_geometry",
    "day control_id batch_id annotator_a annotator_b assisted",
    "pairs tp located n_a n_b iou alike empty score",
)
gold_confusion = rollup("gold_confusion", "day control_id annotator_id gold_label label_id", "n")
gold_geometry = rollup(
    "gold_geometry",
    "day control_id batch_id annotator_id assisted",
    "n unread empty f1 f1_sq tp located n_known n_given iou",
)
assist_counts = rollup(
    "assist_counts",
    "day control_id batch_id annotator_id model_version_id label_id band",
    "n shown accepted objects kept wrong wrong_accepted blind alike pairs pairs_alike",
)
label_counts = rollup("label_counts", "day control_id annotator_id label_id", "n")
review_work = rollup(
    "review_work", "day batch_id annotator_id reviewer_id outcome", "n rejected timed rejected_ms"
)
review_counts = rollup(
    "review_counts",
    "day batch_id annotator_id reviewer_id",
    "n accepted rejections items first_pass own own_first_pass looks reversed",
)
stage_flow = rollup(
    "stage_flow", "day batch_id stage", "moves arrivals departures waits wait_s arrived_s left_s"
)
cycle_hist = rollup("cycle_hist", "day batch_id start_hour bucket", "items total_s")
labels_done = rollup("labels_done", "day batch_id", "labels")
item_needs = rollup("item_needs", "batch_id required answered", "items")
live_rows = rollup("live_rows", "", "n gold skipped")

# --- Settings, rules, runs, quarantine, review queue ---

setting = clustered(
    "setting",
    key("project_id"),
    key("origin", String(20)),
    Column("data", Text, nullable=False),
)
"""A project's settings as JSON, by origin; the warehouse merges the origins into rules."""

rules = Table(
    "rules",
    metadata,
    key("id"),
    Column("project_id", Id, nullable=False),
    Column("digest", String(40), nullable=False),
    Column("data", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("project_id", "digest"),
)
"""Versions of the rules that a project's rollups are counted by, as JSON."""

rollup_state = clustered(
    "rollup_state",
    key("project_id"),
    key("rollup", String(60)),
    Column("code_version", Integer, nullable=False),
    Column("rules_id", Id, nullable=False),
    Column("state", String(20), nullable=False),
    Column("built_at", Instant, nullable=False),
)
"""The code version and rules that a project's rollup was counted with."""

cursor = clustered(
    "cursor",
    key("source_id"),
    key("stream", String(60)),
    Column("position", Text, nullable=False),
    Column("moved_at", Instant, nullable=False),
)
"""How far each stream of a source has been read; position: JSON that only the source interprets."""

run = Table(
    "run",
    metadata,
    key("id"),
    Column("source_id", Id, nullable=False),
    Column("project_id", Id),
    Column("kind", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
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
"""Polls, imports and other runs, with their counts of records."""

EVENTFUL_RUN = or_(
    run.c.loaded + run.c.deleted + run.c.repaired + run.c.quarantined > literal_column("0"),
    run.c.state != literal_column("'ok'"),
)
"""Selects runs that changed something or failed, in the very words of their partial index."""

Index(
    "ix_run_told",
    *(run.c.id, run.c.started_at, run.c.source_id, run.c.deleted),
    sqlite_where=EVENTFUL_RUN,
    postgresql_where=EVENTFUL_RUN,
)

lease = Table(
    "lease",
    metadata,
    key("source_id"),
    Column("holder", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("expires_at", Instant, nullable=False),
)
"""Who may write a source's data until when; the epoch rises with every new holder."""

counter = clustered("counter", key("name", String(60)), Column("last", BigInteger, nullable=False))
"""Last id allotted per table, on SQLite. PostgreSQL has sequences."""

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
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("resolved_at", Instant),
    UniqueConstraint("source_id", "place", "record", "reason"),
)
"""Records that could not be loaded. place: where in the source or file; excerpt: the beginning of
the record."""

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
    Column("opened_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("decided_at", Instant),
    Column("outcome", Text),
    Column("author", String(200)),
    Column("evidence", Text, nullable=False, server_default="{}"),
    Index(None, "project_id", "opened_at"),
)
"""The review queue. control_id 0 = the whole item; author: who decided by hand, null = decided in
the source; evidence: JSON of the number behind the entry, its metric and definition version."""

Index(
    "uq_queue_entry_waiting",
    *(queue_entry.c.project_id, queue_entry.c.item_id),
    *(queue_entry.c.control_id, queue_entry.c.reason),
    unique=True,
    sqlite_where=text("decided_at IS NULL"),
    postgresql_where=text("decided_at IS NULL"),
)

# --- Alerts ---

alert_rule = Table(
    "alert_rule",
    metadata,
    key("id"),
    Column("name", String(200), nullable=False),
    Column("data", Text, nullable=False),
    Column("author", String(200), nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("removed_at", Instant),
)
"""Rules created on a page; data: JSON with the keys of an ``[[alerts]]`` table."""

Index(
    "uq_alert_rule_in_force",
    alert_rule.c.name,
    unique=True,
    sqlite_where=text("removed_at IS NULL"),
    postgresql_where=text("removed_at IS NULL"),
)

alert_channel = Table(
    "alert_channel",
    metadata,
    key("id"),
    Column("name", String(200), nullable=False),
    Column("address", Text, nullable=False),
    Column("secret", String(200), nullable=False),
    Column("least", String(20), nullable=False),
    Column("author", String(200), nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("removed_at", Instant),
)
"""Webhooks entered on a page. Removing one empties its address and secret."""

Index(
    "uq_alert_channel_in_force",
    alert_channel.c.name,
    unique=True,
    sqlite_where=text("removed_at IS NULL"),
    postgresql_where=text("removed_at IS NULL"),
)

alert_state = clustered(
    "alert_state",
    key("rule", String(200)),
    key("subject", String(DIGEST)),
    Column("keys", Text, nullable=False),
    Column("project_id", Id),
    Column("definition", String(DIGEST), nullable=False),
    Column("status", String(20), nullable=False),
    Column("day", Integer, nullable=False),
    Column("closed", Text, nullable=False),
    Column("judged", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
)
"""The state of each subject of a rule. closed: JSON of the state after the last complete day;
judged: JSON of the newest number and its verdict; definition: digest of the rule of both."""

alert_sample = clustered(
    "alert_sample",
    key("question", String(DIGEST)),
    key("subject", String(DIGEST)),
    key("day", Integer),
    Column("keys", Text, nullable=False),
    Column("value", Float),
    Column("low", Float),
    Column("high", Float),
    Column("n", BigInteger),
    Column("sampled_at", Instant, nullable=False),
)
"""One value a day of metrics that are only known as of now: the history that rules on them need."""

alert_incident = Table(
    "alert_incident",
    metadata,
    key("id"),
    Column("rule", String(200), nullable=False),
    Column("subject", String(DIGEST), nullable=False),
    Column("keys", Text, nullable=False),
    Column("project_id", Id),
    Column("severity", String(20), nullable=False),
    Column("level", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("since_day", Integer, nullable=False),
    Column("fired_day", Integer, nullable=False),
    Column("early", Flag, nullable=False, server_default="0"),
    Column("ended_at", Instant),
    Column("ended_day", Integer),
    Column("ended_by", String(20)),
    Column("acked_at", Instant),
    Column("acked_by", String(200)),
    Column("ack_note", String(500)),
    Column("verdict", String(10)),
    Column("verdict_by", String(200)),
    Column("verdict_at", Instant),
    Column("told", Integer, nullable=False, server_default="0"),
    Column("told_at", Instant),
    Column("evidence", Text, nullable=False),
    Index(None, "project_id", "opened_at"),
    Index(None, "opened_at"),
)
"""Alerts: one row for each time that a subject fires. level: warning while only the estimate is
beyond the threshold, critical with the whole interval; early: fired on a day that was not over;
ended_by: resolved, unconfirmed, no data, lost, changed, removed, closed; told: how often it was
announced; day 0: the rule does not go by days."""

Index(
    "uq_alert_incident_open",
    *(alert_incident.c.rule, alert_incident.c.subject),
    unique=True,
    sqlite_where=text("ended_at IS NULL"),
    postgresql_where=text("ended_at IS NULL"),
)

alert_intent = Table(
    "alert_intent",
    metadata,
    key("id"),
    Column("incident_id", Id, nullable=False, server_default="0"),
    Column("channel", String(200), nullable=False),
    Column("kind", String(200), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("grouped_by", String(400), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("message_id", Id),
    UniqueConstraint("incident_id", "channel", "kind", "sequence"),
)
"""Notifications waiting to be put into a message of their channel. incident_id 0: not about an
alert, such as a silent source, a digest or a test."""

Index(
    "ix_alert_intent_waiting",
    *(alert_intent.c.channel, alert_intent.c.id),
    sqlite_where=text("message_id IS NULL"),
    postgresql_where=text("message_id IS NULL"),
)

alert_message = Table(
    "alert_message",
    metadata,
    key("id"),
    Column("key", String(60), nullable=False, unique=True),
    Column("channel", String(200), nullable=False),
    Column("kind", String(60), nullable=False),
    Column("grouped_by", String(400), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_try_at", Instant, nullable=False),
    Column("claimed_until", Instant),
    Column("sent_at", Instant),
    Column("failure", Text, nullable=False, server_default=""),
    Index(None, "channel", "state", "id"),
    Index(None, "created_at"),
)
"""Messages to deliver. key: the id that receivers see, the same on every attempt; state: waiting,
sent, dead."""

alert_silence = Table(
    "alert_silence",
    metadata,
    key("id"),
    Column("rule", String(200)),
    Column("project_id", Id),
    Column("subject", String(DIGEST)),
    Column("until_at", Instant, nullable=False),
    Column("reason", String(500), nullable=False),
    Column("author", String(200), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
)
"""Rules, projects or subjects that are not announced; null = all of them."""

alert_note = clustered("alert_note", key("name", String(200)), Column("data", Text, nullable=False))
"""Values that alert evaluation keeps between runs, as JSON, and the identity of this warehouse."""

NUMBERED_TABLES = (
    *(source, program, project, control, label, batch, annotator, person, team),
    *(item, annotation, prediction, model_version, marker, rules, run, quarantine, queue_entry),
    *(alert_rule, alert_channel, alert_incident, alert_intent, alert_message, alert_silence),
)
"""Tables whose ids are allotted: from sequences on PostgreSQL, from `counter` on SQLite."""


def sequence_name(table: Table) -> str:
    """Return the name of the PostgreSQL sequence that numbers a table's ``id``."""
    return f"{table.name}_numbers"


for _table in NUMBERED_TABLES:
    Sequence(sequence_name(_table), metadata=metadata)
