"""The queue of items to look at; it starts empty.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table, its numbers and its indexes; one entry waits for each thing to decide."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.schema.CreateSequence(sa.Sequence("queue_entry_numbers")))
    op.create_table(
        "queue_entry",
        sa.Column("id", _id(), autoincrement=False, nullable=False),
        sa.Column("project_id", _id(), nullable=False),
        sa.Column("item_id", _id(), nullable=False),
        sa.Column("control_id", _id(), nullable=False, server_default="0"),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False, server_default=""),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger()),
        sa.Column("decided_at", sa.BigInteger()),
        sa.Column("outcome", sa.Text()),
        sa.Column("author", sa.String(200)),
        sa.Column("evidence", sa.Text(), nullable=False, server_default="{}"),
        sa.PrimaryKeyConstraint("id", name="pk_queue_entry"),
    )
    columns = ["project_id", "opened_at"]
    op.create_index("ix_queue_entry_project_id_opened_at", "queue_entry", columns)
    waiting = sa.text("decided_at IS NULL")
    op.create_index(
        "uq_queue_entry_waiting",
        "queue_entry",
        ["project_id", "item_id", "control_id", "reason"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
