"""How SQLite finds rows: it is told once how a large warehouse looks.

Without figures SQLite takes a table for small and rather reads all of a project than use the
index that finds a few of its rows; so each batch would cost as much as there is history. Figures
of a young warehouse (ANALYZE) would say the same, so ours are of a grown one, and stay.
"""

from sqlalchemy import Connection, Text, column, delete, insert, table

_MANY = "1000000 1000000"  # rows, and rows with the same first column: one large project
_FIGURES = {
    ("project", "sqlite_autoindex_project_1"): "100 20 1",
    ("item", "item"): f"{_MANY} 1",
    ("item", "sqlite_autoindex_item_2"): f"{_MANY} 1",
    ("annotation", "annotation"): f"{_MANY} 1",
    ("annotation", "ix_annotation_project_id_item_id"): f"{_MANY} 3",
    ("annotation", "ix_annotation_held"): "10 10",
    ("annotation_key", "annotation_key"): f"{_MANY} 1 1",
    ("answer", "answer"): f"{_MANY} 2 2 1",
    ("item_content", "item_content"): f"{_MANY} 1",
    ("item_content", "ix_item_content_repeated"): "10 10",
}
"""(table, index) -> rows, and rows that share its first one, two, … columns."""

_figures = table("sqlite_stat1", *(column(name, Text) for name in ("tbl", "idx", "stat")))


def guide(conn: Connection) -> None:
    """Tell SQLite's planner how large the tables grow; other databases find out by themselves."""
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql("ANALYZE alembic_version")  # makes the table of figures
        conn.execute(delete(_figures))
        rows = [{"tbl": one, "idx": of, "stat": stat} for (one, of), stat in _FIGURES.items()]
        conn.execute(insert(_figures), rows)
        conn.exec_driver_sql("ANALYZE sqlite_schema")  # reads them
