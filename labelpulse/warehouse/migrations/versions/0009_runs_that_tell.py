"""An index of the runs that tell something: most polls find nothing new, and are many.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index, with all that counts of runs need."""
    told = sa.text("loaded + deleted + repaired + quarantined > 0 OR state != 'ok'")
    op.create_index(
        "ix_run_told",
        "run",
        ["id", "started_at", "source_id", "deleted"],
        sqlite_where=told,
        postgresql_where=told,
    )
