"""The registry is whole: every metric is defined, and asks for what exists."""

import subprocess
import sys
from dataclasses import asdict

import pytest

from labelpulse.metrics.base import PLACE, TIMES, Metric
from labelpulse.metrics.glossary import glossary
from labelpulse.metrics.registry import METRICS, PARTIALS, ROLLUPS

STATE = {
    "finish_date",
    "required_rate",
    *("batch_sign_off", "review_gain", "contributor_state"),
    "progress",
    "labels_remaining",
    "stage_items",
    "stage_age_p50",
    "stage_age_p85",
    "bottleneck",
}
KEYS = {
    *PLACE,
    *TIMES,
    "team",
    "item",
    "label_given",
    *("kind", "cause"),
    "model_version",
    "assisted",
    "score_band",
    "reviewer",
    "batch",
    "annotator",
    "annotator_pair",
    "label",
    "control",
    "stage",
}


def test_every_metric_is_defined_whole_and_no_text_is_left_over():
    assert glossary().keys() == METRICS.keys()
    for name, entry in glossary().items():
        assert entry.definition.endswith("."), name
        texts = asdict(entry)
        assert not [part for part, text in texts.items() if not text.strip()], name


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda one: one.name)
def test_every_metric_says_its_unit_its_keys_and_its_least_n(metric: Metric):
    assert metric.unit
    assert metric.counted
    assert metric.min_n >= 1
    assert "source" in metric.by
    assert metric.where


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda one: one.name)
def test_a_metric_asks_for_what_there_is(metric: Metric):
    assert set(metric.by) | set(metric.where) <= KEYS
    assert not set(metric.where) & set(TIMES)
    for need in (*metric.needs, *([metric.evidence] if metric.evidence else [])):
        partial = PARTIALS[need.partial]
        columns = set(partial.columns) | {"batch_id"}
        assert set(need.keep) <= columns
        assert {column for column, _ in need.only} <= columns
    assert not (metric.state and set(metric.by) & set(TIMES))


def test_the_metrics_of_the_present_are_those_of_the_contract():
    assert {name for name, one in METRICS.items() if one.state} == STATE | {
        "source_lag",
        "reconciliation_gap",
    }


def test_minimum_n_is_twenty_for_samples_and_one_for_counts():
    samples = {name for name, one in METRICS.items() if one.min_n == 20}
    assert samples == {
        "skip_rate",
        "throughput_rate",
        *("cycle_time_p50", "cycle_time_p85", "littles_law_residual"),
        "label_share",
        *(f"prediction_{kind}" for kind in ("acceptance", "edit_rate", "agreement", "time_saved")),
        "automation_bias",
        *("gold_accuracy_shrunk", "error_lift", "annotator_cluster", "label_imbalance"),
        *(f"signal_{one}" for one in ("too_fast", "straight_lining", "label_mix")),
        *("signal_skips", "signal_edits"),
        *("gold_accuracy", "gold_precision", "gold_recall", "gold_f1"),
        *("gold_match_f1", "gold_match_iou"),
        "pair_agreement",
        "pair_kappa",
        "peer_agreement",
        "self_consistency",
        *("match_f1", "match_iou", "text_similarity", "rank_tau"),
        *("review_coverage", "review_acceptance", "first_pass_yield", "rework_rate"),
        *("reviewer_overturn", "rubber_stamps", "review_error"),
        *("cost_per_completed", "cost_per_label", "cost_per_accepted", "rework_cost"),
        *("consensus_share", "consensus_accuracy", "consensus_confusion"),
        *("expected_label_error", "item_ambiguity", "agreement_without"),
        *(f"time_spent_{kind}" for kind in ("median", "p90", "mean", "total")),
        *(
            f"agreement_{kind}"
            for kind in ["percent", "alpha", "fleiss", "ac1", "bp", "coverage", "entropy"]
        ),
    }
    assert {name for name, one in METRICS.items() if one.min_n == 30} == {"reviewer_leniency"}
    assert {one.min_n for one in METRICS.values()} == {1, 20, 30}


def test_every_rollup_can_be_read():
    assert ROLLUPS.all.keys() <= PARTIALS.keys()
    for name, rollup in ROLLUPS.all.items():
        assert PARTIALS[name].table is rollup.table
        assert PARTIALS[name].function is rollup.partials


def test_the_registry_loads_no_heavy_library():
    """So that the command line answers at once; arrays are for those who ask for a fit."""
    script = "import sys, labelpulse.reader, labelpulse.metrics.registry; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert not {"numpy", "scipy", "shapely", "pandas"} & set(done.stdout.split())
