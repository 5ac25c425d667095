"""Sums for agreement of people and shapes, reviews and flow; the answers as a matrix; rates.

The new rollups fill when a project is counted anew, which the next `collect` does by itself.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROLLUPS = {
    "annotator_pair_labels": ("day control_id annotator_a annotator_b label_a label_b", "n"),
    "peer_loo": ("day control_id batch_id annotator_id", "n agree tie"),
    "self_repeats": ("day control_id batch_id annotator_id", "pairs alike"),
    "answer_matrix": (
        "control_id item_id annotator_id",
        "n label_id first_label_id since batch_id assisted time_ms verdict stands",
    ),
    "pair_geometry": (
        "day control_id annotator_a annotator_b",
        "pairs tp located n_a n_b iou alike empty score",
    ),
    "review_work": (
        "day batch_id annotator_id reviewer_id outcome",
        "n rejected timed rejected_ms",
    ),
    "review_counts": (
        "day batch_id annotator_id reviewer_id",
        "n accepted rejections items first_pass own own_first_pass looks reversed",
    ),
    "stage_flow": (
        "day batch_id stage",
        "moves arrivals departures waits wait_s arrived_s left_s",
    ),
    "labels_done": ("day batch_id", "labels"),
    "item_needs": ("batch_id required answered", "items"),
    "cycle_hist": ("day batch_id start_hour bucket", "items total_s"),
}


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _table(name: str, keys: list[str], *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        *(sa.Column(one, _id(), autoincrement=False, nullable=False) for one in keys),
        *columns,
        sa.PrimaryKeyConstraint(*keys, name=f"pk_{name}"),
        sqlite_with_rowid=False,
    )


def upgrade() -> None:
    """Create the tables; name reviews by their time, since an annotation may have several."""
    for name, (keys, sums) in ROLLUPS.items():
        measures = sums.split()
        _table(
            name,
            ["project_id", *keys.split()],
            *(sa.Column(one, sa.BigInteger(), nullable=False) for one in measures),
            sa.CheckConstraint(f"{measures[0]} >= 0", name=f"ck_{name}_not_negative"),
        )
    op.add_column("project", sa.Column("holidays", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_review_project_id_verdict", "review", ["project_id", "verdict"])
    op.execute(
        "UPDATE review SET native_id = 'verdict ' || CAST(at AS VARCHAR(20)) "
        "WHERE native_id = 'verdict' AND at IS NOT NULL"
    )
    op.create_table(
        "rate",
        sa.Column("team_id", _id(), autoincrement=False, nullable=False),
        sa.Column("annotator_id", _id(), autoincrement=False, nullable=False),
        sa.Column("since", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hourly_millionths", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.PrimaryKeyConstraint("team_id", "annotator_id", "since", name="pk_rate"),
        sqlite_with_rowid=False,
    )
