"""Alerts: rules, states, samples, incidents, what is to be told, silences; all start empty.

Revision ID: 0011
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NUMBERED = (
    *("alert_rule", "alert_channel", "alert_incident", "alert_intent", "alert_message"),
    "alert_silence",
)


def _id(name: str, **more: object) -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, **more)  # type: ignore[arg-type]


def _us(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _whole(name: str, default: str | None = None, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable, server_default=default)


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _words(
    name: str, size: int, default: str | None = None, *, nullable: bool = False
) -> sa.Column[str]:
    return sa.Column(name, sa.String(size), nullable=nullable, server_default=default)


def upgrade() -> None:
    """Create the tables, their numbers and their indexes."""
    if op.get_bind().dialect.name == "postgresql":
        for name in NUMBERED:
            op.execute(sa.schema.CreateSequence(sa.Sequence(f"{name}_numbers")))
    _rules()
    _channels()
    _states()
    _samples()
    _incidents()
    _intents()
    _messages()
    _silences()
    op.create_table(
        "alert_note",
        _words("name", 200),
        _text("data"),
        sa.PrimaryKeyConstraint("name", name="pk_alert_note"),
        sqlite_with_rowid=False,
    )


def _numbered(name: str, *rest: object) -> None:
    op.create_table(
        name,
        _id("id", autoincrement=False, nullable=False),
        *rest,  # type: ignore[arg-type]
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    )


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _rules() -> None:
    _numbered(
        "alert_rule",
        _words("name", 200),
        _text("data"),
        _words("author", 200, ""),
        _us("created_at"),
        _us("removed_at", nullable=True),
    )
    op.create_index(
        "uq_alert_rule_in_force",
        "alert_rule",
        ["name"],
        unique=True,
        **_where("removed_at IS NULL"),
    )


def _channels() -> None:
    _numbered(
        "alert_channel",
        _words("name", 200),
        _text("address"),
        _words("secret", 200),
        _words("least", 20),
        _words("author", 200, ""),
        _us("created_at"),
        _us("removed_at", nullable=True),
    )
    in_force = _where("removed_at IS NULL")
    op.create_index("uq_alert_channel_in_force", "alert_channel", ["name"], unique=True, **in_force)


def _states() -> None:
    op.create_table(
        "alert_state",
        _words("rule", 200),
        _words("subject", 40),
        _text("keys"),
        _id("project_id"),
        _words("definition", 40),
        _words("status", 20),
        _whole("day"),
        _text("closed"),
        _text("judged"),
        _us("changed_at"),
        sa.PrimaryKeyConstraint("rule", "subject", name="pk_alert_state"),
        sqlite_with_rowid=False,
    )


def _samples() -> None:
    op.create_table(
        "alert_sample",
        _words("question", 40),
        _words("subject", 40),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        _text("keys"),
        *(sa.Column(one, sa.Float()) for one in ("value", "low", "high")),
        _us("n", nullable=True),
        _us("sampled_at"),
        sa.PrimaryKeyConstraint("question", "subject", "day", name="pk_alert_sample"),
        sqlite_with_rowid=False,
    )


def _incidents() -> None:
    _numbered(
        "alert_incident",
        _words("rule", 200),
        _words("subject", 40),
        _text("keys"),
        _id("project_id"),
        *(_words(one, 20) for one in ("severity", "level", "state")),
        _us("opened_at"),
        *(_whole(one) for one in ("since_day", "fired_day")),
        sa.Column("early", sa.Boolean(create_constraint=False), nullable=False, server_default="0"),
        _us("ended_at", nullable=True),
        _whole("ended_day", nullable=True),
        _words("ended_by", 20, nullable=True),
        _us("acked_at", nullable=True),
        _words("acked_by", 200, nullable=True),
        _words("ack_note", 500, nullable=True),
        _words("verdict", 10, nullable=True),
        _words("verdict_by", 200, nullable=True),
        _us("verdict_at", nullable=True),
        _whole("told", "0"),
        _us("told_at", nullable=True),
        _text("evidence"),
    )
    for columns in (["project_id", "opened_at"], ["opened_at"]):
        op.create_index(f"ix_alert_incident_{'_'.join(columns)}", "alert_incident", columns)
    op.create_index(
        "uq_alert_incident_open",
        "alert_incident",
        ["rule", "subject"],
        unique=True,
        **_where("ended_at IS NULL"),
    )


def _intents() -> None:
    _numbered(
        "alert_intent",
        _id("incident_id", nullable=False, server_default="0"),
        _words("channel", 200),
        _words("kind", 200),
        _us("sequence"),
        _words("grouped_by", 400),
        _text("body"),
        _us("created_at"),
        _id("message_id"),
        sa.UniqueConstraint(
            *("incident_id", "channel", "kind", "sequence"),
            name="uq_alert_intent_incident_id_channel_kind_sequence",
        ),
    )
    waiting = _where("message_id IS NULL")
    op.create_index("ix_alert_intent_waiting", "alert_intent", ["channel", "id"], **waiting)


def _messages() -> None:
    _numbered(
        "alert_message",
        _words("key", 60),
        _words("channel", 200),
        _words("kind", 60),
        _words("grouped_by", 400),
        _text("body"),
        _words("state", 20),
        _us("created_at"),
        _whole("attempts", "0"),
        _us("next_try_at"),
        _us("claimed_until", nullable=True),
        _us("sent_at", nullable=True),
        _text("failure", ""),
        sa.UniqueConstraint("key", name="uq_alert_message_key"),
    )
    for columns in (["channel", "state", "id"], ["created_at"]):
        op.create_index(f"ix_alert_message_{'_'.join(columns)}", "alert_message", columns)


def _silences() -> None:
    _numbered(
        "alert_silence",
        _words("rule", 200, nullable=True),
        _id("project_id"),
        _words("subject", 40, nullable=True),
        _us("until_at"),
        _words("reason", 500),
        _words("author", 200),
        _us("created_at"),
        _us("ended_at", nullable=True),
    )
