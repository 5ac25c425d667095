"""The warehouse's tables as SQLAlchemy Core.

Instants are microseconds UTC, durations milliseconds, days proleptic ordinals (0 = unknown).
Rollup tables: the primary key is what is counted, every other column is an integer sum.
"""

from sqlalchemy import Sequence

from labelpulse.schema.base import metadata, sequence_name
from labelpulse.schema.care import (
    counter,
    cursor,
    lease,
    quarantine,
    rollup_state,
    rules,
    run,
    setting,
)
from labelpulse.schema.facts import (
    annotation,
    annotation_key,
    annotation_revision,
    answer,
    gold,
    item,
    marker,
    review,
)
from labelpulse.schema.rollups import (
    activity,
    agree_items,
    agree_labels,
    agree_pairs,
    annotator_pair_days,
    annotator_pair_labels,
    annotator_pairs,
    answer_matrix,
    cycle_hist,
    gold_confusion,
    item_progress,
    label_counts,
    live_rows,
    pair_geometry,
    peer_loo,
    review_items,
    review_work,
    self_repeats,
    stage_flow,
    stage_now,
    time_hist,
)
from labelpulse.schema.sources import (
    annotator,
    annotator_identity,
    batch,
    control,
    label,
    membership,
    person,
    program,
    project,
    rate,
    source,
    team,
)

NUMBERED = (
    *(source, program, project, control, label, batch, annotator, person, team),
    *(item, annotation, marker, rules, run, quarantine),
)
for _numbered in NUMBERED:
    Sequence(sequence_name(_numbered), metadata=metadata)  # SQLite has none and needs none

__all__ = [
    "NUMBERED",
    "activity",
    "agree_items",
    "agree_labels",
    "agree_pairs",
    "annotation",
    "annotation_key",
    "annotation_revision",
    "annotator",
    "annotator_identity",
    "annotator_pair_days",
    "annotator_pair_labels",
    "annotator_pairs",
    "answer",
    "answer_matrix",
    "batch",
    "control",
    "counter",
    "cursor",
    "cycle_hist",
    "gold",
    "gold_confusion",
    "item",
    "item_progress",
    "label",
    "label_counts",
    "lease",
    "live_rows",
    "marker",
    "membership",
    "metadata",
    "pair_geometry",
    "peer_loo",
    "person",
    "program",
    "project",
    "quarantine",
    "rate",
    "review",
    "review_items",
    "review_work",
    "rollup_state",
    "rules",
    "run",
    "self_repeats",
    "sequence_name",
    "setting",
    "source",
    "stage_flow",
    "stage_now",
    "team",
    "time_hist",
]
