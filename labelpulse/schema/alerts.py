"""Alerts: rules created on a page, the state of each subject, incidents and notifications.

An incident is one firing of a rule for one subject. An intent is a notification about it for one
channel. A message is what a channel sends: all intents of one group.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from labelpulse.schema.base import Flag, Id, Us, clustered, key, metadata

DIGEST = 40
"""Hexadecimal characters of a subject's or a definition's digest."""

alert_rule = Table(
    "alert_rule",
    metadata,
    key("id"),
    Column("name", String(200), nullable=False),
    Column("data", Text, nullable=False),
    Column("author", String(200), nullable=False, server_default=""),
    Column("created_at", Us, nullable=False),
    Column("removed_at", Us),
)
"""Rules created on a page; data = the keys of an [[alerts]] table as JSON."""

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
    Column("created_at", Us, nullable=False),
    Column("removed_at", Us),
)
"""Webhooks created on a page; removing one clears its address and secret."""

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
    Column("changed_at", Us, nullable=False),
)
"""The state of a subject of a rule: closed = the state after its last complete day; judged = the
latest value compared with the threshold; definition = digest of the rule that both belong to."""

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
    Column("sampled_at", Us, nullable=False),
)
"""Daily samples of metrics that have no history of their own, for rules that watch them."""

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
    Column("opened_at", Us, nullable=False),
    Column("since_day", Integer, nullable=False),
    Column("fired_day", Integer, nullable=False),
    Column("early", Flag, nullable=False, server_default="0"),
    Column("ended_at", Us),
    Column("ended_day", Integer),
    Column("ended_by", String(20)),
    Column("acked_at", Us),
    Column("acked_by", String(200)),
    Column("ack_note", String(500)),
    Column("verdict", String(10)),
    Column("verdict_by", String(200)),
    Column("verdict_at", Us),
    Column("told", Integer, nullable=False, server_default="0"),
    Column("told_at", Us),
    Column("evidence", Text, nullable=False),
    Index(None, "project_id", "opened_at"),
    Index(None, "opened_at"),
)
"""Day 0 = the metric has no days. level: warning while only the estimate is beyond the threshold,
critical when the whole interval is; early = raised before the day was complete; ended_by: resolved,
unconfirmed, no data, lost, changed, removed, closed; told = how many times it was announced."""

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
    Column("created_at", Us, nullable=False),
    Column("message_id", Id),
    UniqueConstraint("incident_id", "channel", "kind", "sequence"),
)
"""Incident 0 = none: a notification about a silent source, a digest or a test."""

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
    Column("created_at", Us, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_try_at", Us, nullable=False),
    Column("claimed_until", Us),
    Column("sent_at", Us),
    Column("failure", Text, nullable=False, server_default=""),
    Index(None, "channel", "state", "id"),
    Index(None, "created_at"),
)
"""key = the id that receivers get, the same in every attempt; state: waiting, sent, dead."""

alert_silence = Table(
    "alert_silence",
    metadata,
    key("id"),
    Column("rule", String(200)),
    Column("project_id", Id),
    Column("subject", String(DIGEST)),
    Column("until_at", Us, nullable=False),
    Column("reason", String(500), nullable=False),
    Column("author", String(200), nullable=False),
    Column("created_at", Us, nullable=False),
    Column("ended_at", Us),
)
"""A null rule, project or subject matches all."""

alert_note = clustered("alert_note", key("name", String(200)), Column("data", Text, nullable=False))
"""State of the alert evaluation: its last completion, the silent sources, the id of this
warehouse."""
