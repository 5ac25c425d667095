"""How numbers compare: which way they are worse, and which of them add up over days."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Direction = Literal["lower", "higher"]

_LOWER = (
    *("annotations_submitted", "items_completed", "throughput_rate", "progress"),
    *("active_annotators", "stage_departures", "agreement_percent", "agreement_alpha"),
    *("agreement_fleiss", "agreement_ac1", "agreement_bp", "agreement_coverage", "pair_kappa"),
    *("pair_agreement", "peer_agreement", "self_consistency", "match_f1", "match_iou"),
    *("text_similarity", "rank_tau", "gold_exposures", "gold_accuracy", "gold_accuracy_shrunk"),
    *("gold_precision", "gold_recall", "gold_f1", "gold_match_f1", "gold_match_iou"),
    *("consensus_accuracy", "review_coverage"),
    *("review_acceptance", "first_pass_yield", "prediction_acceptance", "prediction_agreement"),
    "prediction_time_saved",
)
_HIGHER = (
    *("annotations_skipped", "skip_rate", "time_spent_median", "time_spent_p90"),
    *("time_spent_mean", "labels_remaining", "stage_items", "stage_age_p50", "stage_age_p85"),
    *("cycle_time_p50", "cycle_time_p85", "required_rate", "agreement_entropy", "rework_rate"),
    *("reviewer_overturn", "rubber_stamps", "cost_per_completed", "cost_per_label"),
    *("cost_per_accepted", "rework_cost", "expected_label_error", "error_lift", "item_ambiguity"),
    *("review_error", "signal_too_fast", "signal_straight_lining", "signal_label_mix"),
    *("signal_skips", "signal_edits", "signal_copying", "prediction_edit_rate"),
    *("automation_bias", "label_imbalance", "source_lag", "records_quarantined"),
    *("rows_repaired", "reconciliation_gap", "annotations_edited"),
)
WORSE: Mapping[str, Direction] = MappingProxyType(
    {**dict.fromkeys(_LOWER, "lower"), **dict.fromkeys(_HIGHER, "higher")}
)
"""Metric -> the way in which it is worse; what is in neither is neither better nor worse."""

TOTALS = frozenset(
    {
        *("annotations_submitted", "annotations_skipped", "annotations_edited", "items_completed"),
        *("label_count", "gold_exposures", "stage_arrivals", "stage_departures", "rework_cost"),
        *("records_quarantined", "rows_repaired", "time_spent_total"),
    }
)
"""Metrics that add up over days: of more days there is more, and of a day more until it is over."""

QUEUES = frozenset({"stage_items", "stage_age_p50", "stage_age_p85", "labels_remaining"})
"""Metrics of what waits now: where nothing does, they have no row."""
