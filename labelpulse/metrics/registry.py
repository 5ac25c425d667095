"""All rollups and metrics in one place; a new one is an entry in its family's file."""

from labelpulse.core.errors import UsageError
from labelpulse.metrics import (
    accuracy,
    agreement,
    assist,
    assisted,
    coefficients,
    consensus,
    cost,
    cycle,
    data_health,
    decisions,
    drift,
    flow,
    forecast,
    geometry,
    gold_labels,
    gold_shapes,
    labels,
    matrix,
    pairs,
    peers,
    people,
    queues,
    rankings,
    repeats,
    review,
    throughput,
    time_saved,
    times,
)
from labelpulse.metrics.base import Metric, partial_of
from labelpulse.metrics.rollups import Rollups

ROLLUPS = Rollups(
    [
        *throughput.ROLLUPS,
        *times.ROLLUPS,
        *flow.ROLLUPS,
        *queues.ROLLUPS,
        *cycle.ROLLUPS,
        *forecast.ROLLUPS,
        *agreement.ROLLUPS,
        *accuracy.ROLLUPS,
        *labels.ROLLUPS,
        *assisted.ROLLUPS,
        *peers.ROLLUPS,
        *geometry.ROLLUPS,
        *gold_shapes.ROLLUPS,
        *repeats.ROLLUPS,
        *review.ROLLUPS,
        *matrix.ROLLUPS,
        *data_health.ROLLUPS,
    ]
)

PARTIALS = {
    one.name: one
    for one in (
        *map(partial_of, ROLLUPS.all.values()),
        *agreement.FACTS,
        *labels.FACTS,
        *review.FACTS,
        *repeats.FACTS,
        *data_health.CARE,
    )
}
"""All kinds of partial sums that a metric may need, kept in a rollup or not, by name."""

METRICS: dict[str, Metric] = {
    one.name: one
    for one in (
        *throughput.METRICS,
        *times.METRICS,
        *flow.METRICS,
        *queues.METRICS,
        *cycle.METRICS,
        *forecast.METRICS,
        *coefficients.METRICS,
        *pairs.METRICS,
        *geometry.METRICS,
        *rankings.METRICS,
        *peers.METRICS,
        *repeats.METRICS,
        *review.METRICS,
        *cost.METRICS,
        *accuracy.METRICS,
        *gold_labels.METRICS,
        *gold_shapes.METRICS,
        *consensus.METRICS,
        *decisions.METRICS,
        *people.METRICS,
        *labels.METRICS,
        *assist.METRICS,
        *time_saved.METRICS,
        *drift.METRICS,
        *data_health.METRICS,
    )
}
"""All metrics by name, in the order of the catalogue."""


def metric(name: str) -> Metric:
    """Return a metric by name; UsageError, with the nearest names, when there is none."""
    found = METRICS.get(name)
    if found is None:
        from difflib import get_close_matches

        near = get_close_matches(name, METRICS, n=3)
        if not near:
            raise UsageError(f"there is no metric {name!r}: `labelpulse metrics` lists them")
        raise UsageError(f"there is no metric {name!r}: did you mean {', '.join(near)}")
    return found
