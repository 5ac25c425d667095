"""Times by day alone, their totals by prediction, and shapes by batch and by assistance.

The tables start empty. They are counted anew by the next `collect`, or by `rebuild`; until then
what rests on them says so.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

REPLACED = ("assist_times", "pair_geometry")
ROLLUPS = {
    "time_days": ("day bucket", "n total_ms"),
    "time_totals": (
        "day batch_id annotator_id started_from band",
        "n total_ms within within_ms log_sum log_squares",
    ),
    "pair_geometry": (
        "day control_id batch_id annotator_a annotator_b assisted",
        "pairs tp located n_a n_b iou alike empty score",
    ),
}


def _key(name: str) -> sa.Column[int]:
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, whole, autoincrement=False, nullable=False)


def upgrade() -> None:
    """Drop the tables that are replaced, and what says that they are counted; create the new."""
    state = sa.table("rollup_state", sa.column("rollup"))
    op.execute(state.delete().where(state.c.rollup.in_(REPLACED)))
    for name in REPLACED:
        op.drop_table(name)
    for name, (of, sums) in ROLLUPS.items():
        columns, measures = ["project_id", *of.split()], sums.split()
        op.create_table(
            name,
            *map(_key, columns),
            *(sa.Column(one, sa.BigInteger(), nullable=False) for one in measures),
            sa.CheckConstraint(f"{measures[0]} >= 0", name=f"ck_{name}_not_negative"),
            sa.PrimaryKeyConstraint(*columns, name=f"pk_{name}"),
            sqlite_with_rowid=False,
        )
