"""Compare alpha from rollups with the krippendorff package on the same answers."""

from collections.abc import Mapping

import krippendorff
import numpy as np
from numpy.typing import NDArray

from benchmarks.speed.measurement import Row, faster, medians, size_text, timer
from labelpulse.stats.agreement import Counts, add_counts, alpha, tabulate
from labelpulse.stats.domain import Domain

LABELS, PEOPLE, DAYS = 4, 3, 90
Integers = NDArray[np.int64]


def measure(answers: int) -> list[Row]:
    """Check that both give the same alpha of three answers an item, then measure them."""
    labels = _answers(answers // PEOPLE)
    counts = np.stack([(labels == c).sum(1) for c in range(LABELS)], 1)
    daily_counts = _daily(labels, counts)
    domain = Domain("nominal", LABELS)

    def from_rollups() -> float:
        value = alpha(tabulate(add_counts(daily_counts.values())), domain)
        assert value is not None
        return value

    def from_answers() -> float:
        return float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))

    def from_matrix() -> float:
        return float(krippendorff.alpha(labels.T, level_of_measurement="nominal"))

    for from_all in (from_answers, from_matrix):
        assert abs(from_rollups() - from_all()) < 1e-9
    ours, counted, plain = medians(timer(from_rollups), timer(from_answers), timer(from_matrix))
    what, size = f"alpha of {DAYS} days, from daily rollups", size_text(answers)
    return [
        faster(what, size, ours, "krippendorff, answers counted by item", counted),
        faster(what, size, ours, "krippendorff, the answers", plain),
    ]


def _answers(items: int) -> Integers:
    """Return answers of shape (items, people) that are correct at least three times in four."""
    rng = np.random.default_rng(1)
    correct = rng.integers(0, LABELS, (items, 1))
    random_labels = rng.integers(0, LABELS, (items, PEOPLE))
    return np.where(rng.random((items, PEOPLE)) < 0.75, correct, random_labels)


def _daily(labels: Integers, counts: Integers) -> Mapping[int, Counts]:
    """Return the rollup of each day: (answers an item, label a, label b) -> pairs."""
    days = np.array_split(counts, DAYS)
    by_day: dict[int, Counts] = {}
    for day, rows in enumerate(days):
        pairs = rows.T @ rows - np.diag(rows.sum(0))
        by_day[day] = {
            (labels.shape[1], a, b): int(pairs[a, b]) for a in range(LABELS) for b in range(LABELS)
        }
    return by_day
