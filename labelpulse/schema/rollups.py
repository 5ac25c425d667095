"""Rollups: the primary key holds the dimensions, the other columns are integer sums."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Table, text

from labelpulse.schema.base import clustered, key


def _rollup(name: str, keys: str, sums: str, added: str = "") -> Table:
    """Return a rollup table. Its first sum is zero only when all sums of the row are.

    Args:
        added: sums added by a later migration, 0 in older rows.
    """
    dimensions = [key("project_id"), *map(key, keys.split())]
    measures = [Column(column, BigInteger, nullable=False) for column in sums.split()]
    later = [
        Column(column, BigInteger, nullable=False, server_default="0") for column in added.split()
    ]
    not_negative = CheckConstraint(f"{measures[0].name} >= 0", name="not_negative")
    return clustered(name, *dimensions, *measures, *later, not_negative)


activity = _rollup("activity", "day hour batch_id annotator_id event", "n")
time_hist = _rollup("time_hist", "day batch_id annotator_id bucket", "n total_ms")
time_days = _rollup("time_days", "day bucket", "n total_ms")
time_totals = _rollup(
    "time_totals",
    "day batch_id annotator_id started_from band",
    "n total_ms within within_ms log_sum log_squares",
)
item_progress = _rollup("item_progress", "day batch_id", "items required done completed assumed")
stage_now = _rollup("stage_now", "stage batch_id entry_hour", "items")
open_items = _rollup("open_items", "item_id", "items stage entered batch_id answered required")
Index(
    "ix_open_items_oldest",
    *(open_items.c[column] for column in ("project_id", "stage", "entered", "item_id", "batch_id")),
)
agree_items = _rollup(
    "agree_items", "day control_id batch_id m", "items agree agree_sq unanimous entropy"
)
agree_labels = _rollup("agree_labels", "day control_id m label_id", "n agree")
agree_pairs = _rollup("agree_pairs", "day control_id m label_a label_b", "n")
annotator_pairs = _rollup(
    "annotator_pairs", "day control_id annotator_a annotator_b", "shared agree"
)
annotator_pair_days = _rollup(
    "annotator_pair_days", "day control_id annotator_a annotator_b", "shared agree"
)
annotator_pair_labels = _rollup(
    "annotator_pair_labels", "day control_id annotator_a annotator_b label_a label_b", "n"
)
peer_loo = _rollup("peer_loo", "day control_id batch_id annotator_id", "n agree tie")
self_repeats = _rollup("self_repeats", "day control_id batch_id annotator_id", "pairs alike")
answer_matrix = _rollup(
    "answer_matrix",
    "control_id item_id annotator_id",
    "n label_id first_label_id since batch_id assisted time_ms verdict stands",
    added="content",
)
item_content = _rollup("item_content", "content", "items")
REPEATED = text("item_content.items > 1")
"""The condition of the partial index; SQLite would not use the index with a bound value."""
Index(
    "ix_item_content_repeated",
    item_content.c.project_id,
    sqlite_where=text("items > 1"),
    postgresql_where=text("items > 1"),
)
pair_geometry = _rollup(
    "pair_geometry",
    "day control_id batch_id annotator_a annotator_b assisted",
    "pairs tp located n_a n_b iou alike empty score",
)
gold_confusion = _rollup("gold_confusion", "day control_id annotator_id gold_label label_id", "n")
gold_geometry = _rollup(
    "gold_geometry",
    "day control_id batch_id annotator_id assisted",
    "n unread empty f1 f1_sq tp located n_known n_given iou",
)
assist_counts = _rollup(
    "assist_counts",
    "day control_id batch_id annotator_id model_version_id label_id band",
    "n shown accepted objects kept wrong wrong_accepted blind alike pairs pairs_alike",
)
label_counts = _rollup("label_counts", "day control_id annotator_id label_id", "n")
review_work = _rollup(
    "review_work", "day batch_id annotator_id reviewer_id outcome", "n rejected timed rejected_ms"
)
review_counts = _rollup(
    "review_counts",
    "day batch_id annotator_id reviewer_id",
    "n accepted rejections items first_pass own own_first_pass looks reversed",
)
stage_flow = _rollup(
    "stage_flow", "day batch_id stage", "moves arrivals departures waits wait_s arrived_s left_s"
)
cycle_hist = _rollup("cycle_hist", "day batch_id start_hour bucket", "items total_s")
labels_done = _rollup("labels_done", "day batch_id", "labels")
item_needs = _rollup("item_needs", "batch_id required answered", "items")
live_rows = _rollup("live_rows", "", "n gold skipped")
