"""What items show, as a digest, by which identical items are known.

It fills with the next sweep, which reads every item once; until then no item is known to equal
another, as before. Sums are counted anew by the next `collect`.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _key(name: str) -> sa.Column[int]:
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, whole, autoincrement=False, nullable=False)


def upgrade() -> None:
    """Add the digest to items and to the matrix of answers; create the sums of items by it."""
    for table in ("item", "answer_matrix"):
        digest = sa.Column("content", sa.BigInteger(), nullable=False, server_default="0")
        op.add_column(table, digest)
    op.create_table(
        "item_content",
        _key("project_id"),
        _key("content"),
        sa.Column("items", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("items >= 0", name="ck_item_content_not_negative"),
        sa.PrimaryKeyConstraint("project_id", "content", name="pk_item_content"),
        sqlite_with_rowid=False,
    )
    repeated = sa.text("items > 1")
    op.create_index(
        "ix_item_content_repeated",
        "item_content",
        ["project_id"],
        sqlite_where=repeated,
        postgresql_where=repeated,
    )
