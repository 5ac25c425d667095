"""Annotations remember which revision named their author, and that they are drafts again.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; who is there was named by the newest revision, as far as is known."""
    op.add_column("annotation", sa.Column("author_revision", sa.BigInteger()))
    op.add_column(
        "annotation", sa.Column("reopened", sa.Boolean(), server_default="0", nullable=False)
    )
    op.execute("UPDATE annotation SET author_revision = coalesce(revision, 0)")
