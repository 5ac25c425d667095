"""Pairs of people are kept by day too, for ranges that cut a week.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEYS = ("project_id", "day", "control_id", "annotator_a", "annotator_b")


def upgrade() -> None:
    """Create the table; it fills when a project is counted anew, and until then facts answer."""
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "annotator_pair_days",
        *(sa.Column(name, kind, autoincrement=False, nullable=False) for name in KEYS),
        sa.Column("shared", sa.BigInteger(), nullable=False),
        sa.Column("agree", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("shared >= 0", name="ck_annotator_pair_days_not_negative"),
        sa.PrimaryKeyConstraint(*KEYS, name="pk_annotator_pair_days"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_annotation_key_draft",
        "annotation_key",
        ["source_id"],
        sqlite_where=sa.text("stream = 'draft'"),
        postgresql_where=sa.text("stream = 'draft'"),
    )
