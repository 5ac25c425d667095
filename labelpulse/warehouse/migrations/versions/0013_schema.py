"""The schema.

Revision ID: 0013
"""

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table, index and sequence by the SQL file of the database's dialect."""
    sql = Path(__file__).with_name(f"0013_{op.get_bind().dialect.name}.sql").read_text("utf-8")
    for statement in sql.split(";\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement)
