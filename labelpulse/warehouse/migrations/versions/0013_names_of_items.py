"""What tools call items, by which files of known answers find them.

Names fill with the next sweep, whose fingerprints differ where a collector reads a name; until then
an item is known by its native id alone, as before. Nothing is counted anew.

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; with a constant default neither database writes a row for it."""
    op.add_column("item", sa.Column("name", sa.Text(), nullable=False, server_default=""))
