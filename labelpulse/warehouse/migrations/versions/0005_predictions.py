"""What models predict, which prediction an annotation started from, and sums of both.

Predictions fill with the next poll; annotations are read again for what they started from.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


ROLLUPS = {
    "assist_counts": (
        "day control_id batch_id annotator_id model_version_id label_id band",
        "n shown accepted objects kept wrong wrong_accepted blind alike pairs pairs_alike",
    ),
    "assist_times": ("day batch_id annotator_id started_from", "n within within_ms"),
}


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, _id(), autoincrement=False, nullable=False)


def upgrade() -> None:
    """Create the tables, and name the prediction in annotations."""
    if op.get_bind().dialect.name == "postgresql":
        for name in ("prediction_numbers", "model_version_numbers"):
            op.execute(sa.schema.CreateSequence(sa.Sequence(name)))
    op.create_table(
        "model_version",
        _key("id"),
        sa.Column("project_id", _id(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_model_version"),
        sa.UniqueConstraint("project_id", "name", name="uq_model_version_project_id_name"),
    )
    keys = ("project_id", "item_id", "id", "control_id")
    op.create_table(
        "prediction",
        *map(_key, keys),
        sa.Column("label_id", _id()),
        sa.Column("value", sa.Text()),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("model_version_id", _id(), nullable=False),
        sa.Column("score", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger()),
        sa.Column("deleted_at", sa.BigInteger()),
        sa.Column("revision", sa.BigInteger()),
        sa.Column("digest", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(*keys, name="pk_prediction"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_prediction_project_id_id", "prediction", ["project_id", "id"])
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
    op.add_column("annotation", sa.Column("parent_prediction", sa.Text()))
    op.add_column("annotation", sa.Column("parent_revision", sa.BigInteger()))
