"""Alpha from sums against the krippendorff package on the same answers."""

from collections.abc import Mapping

import krippendorff
import numpy as np
from numpy.typing import NDArray

from labelpulse.stats.agreement import Counts, add_counts, alpha, tabulate
from labelpulse.stats.domain import Domain
from tests.bench.measure import Row, faster, medians, size_text, timer

LABELS, PEOPLE, DAYS = 4, 3, 90
Integers = NDArray[np.int64]


def measure(answers: int) -> list[Row]:
    """Return how long alpha takes, once equal, of so many answers by three people an item."""
    given = _answers(answers // PEOPLE)
    counts = np.stack([(given == c).sum(1) for c in range(LABELS)], 1)
    kept = _daily(given, counts)
    domain = Domain("nominal", LABELS)

    def from_sums() -> float:
        found = alpha(tabulate(add_counts(kept.values())), domain)
        assert found is not None
        return found

    def from_answers() -> float:
        return float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))

    def from_matrix() -> float:
        return float(krippendorff.alpha(given.T, level_of_measurement="nominal"))

    for other in (from_answers, from_matrix):
        assert abs(from_sums() - other()) < 1e-9
    ours, counted, plain = medians(timer(from_sums), timer(from_answers), timer(from_matrix))
    what, size = f"alpha of {DAYS} days, from daily sums", size_text(answers)
    return [
        faster(what, size, ours, "krippendorff, answers counted by item", counted),
        faster(what, size, ours, "krippendorff, the answers", plain),
    ]


def _answers(items: int) -> Integers:
    """Return answers of three people, right three times in four: (items, people)."""
    rng = np.random.default_rng(1)
    known = rng.integers(0, LABELS, (items, 1))
    other = rng.integers(0, LABELS, (items, PEOPLE))
    return np.where(rng.random((items, PEOPLE)) < 0.75, known, other)


def _daily(given: Integers, counts: Integers) -> Mapping[int, Counts]:
    """Return what the warehouse keeps of each day: (answers an item, label a, label b) -> pairs."""
    days = np.array_split(counts, DAYS)
    found: dict[int, Counts] = {}
    for day, rows in enumerate(days):
        pairs = rows.T @ rows - np.diag(rows.sum(0))
        found[day] = {
            (given.shape[1], a, b): int(pairs[a, b]) for a in range(LABELS) for b in range(LABELS)
        }
    return found
