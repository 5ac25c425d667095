"""Items that are not done, each with its stage, and an index of the oldest of a stage.

The table starts empty. It is counted by the next `collect`, or by `rebuild`; until then what rests
on it says so.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and its index."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    keys = ("project_id", "item_id")
    sums = ("items", "stage", "entered", "batch_id", "answered", "required")
    op.create_table(
        "open_items",
        *(sa.Column(one, whole, autoincrement=False, nullable=False) for one in keys),
        *(sa.Column(one, sa.BigInteger(), nullable=False) for one in sums),
        sa.CheckConstraint("items >= 0", name="ck_open_items_not_negative"),
        sa.PrimaryKeyConstraint(*keys, name="pk_open_items"),
        sqlite_with_rowid=False,
    )
    columns = ["project_id", "stage", "entered", "item_id", "batch_id"]
    op.create_index("ix_open_items_oldest", "open_items", columns)
