"""What people's first shapes, spans and texts have in common with the known ones.

The table starts empty. It is counted by the next `collect`, or by `rebuild`; until then what rests
on it says so.

Revision ID: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    keys = ("project_id", "day", "control_id", "batch_id", "annotator_id", "assisted")
    sums = "n unread empty f1 f1_sq tp located n_known n_given iou"
    op.create_table(
        "gold_geometry",
        *(sa.Column(one, whole, autoincrement=False, nullable=False) for one in keys),
        *(sa.Column(one, sa.BigInteger(), nullable=False) for one in sums.split()),
        sa.CheckConstraint("n >= 0", name="ck_gold_geometry_not_negative"),
        sa.PrimaryKeyConstraint(*keys, name="pk_gold_geometry"),
        sqlite_with_rowid=False,
    )
