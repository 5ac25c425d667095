"""One-to-one matching, against every matching that there is."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from labelpulse.stats.matching import HALF, MILLION, best, millionths

similarities = arrays.arrays(
    np.int64,
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    elements=st.sampled_from([0, 1, HALF - 1, HALF, HALF + 1, 700_000, 999_999, MILLION]),
)


def every_matching(similarity: np.ndarray, least: int = HALF) -> tuple[int, int]:
    """The best of all ways to pair the rows with different columns."""
    rows, columns = similarity.shape
    if rows > columns:
        return every_matching(similarity.T, least)
    found = (0, 0)
    for chosen in permutations(range(columns), rows):
        kept = [int(similarity[i, j]) for i, j in enumerate(chosen) if similarity[i, j] >= least]
        found = max(found, (len(kept), sum(kept)))
    return found


@given(similarities)
def test_there_is_no_better_matching(similarity):
    assert best(similarity) == every_matching(similarity)
    assert best(similarity.T) == every_matching(similarity)


@given(similarities, st.integers(1, MILLION))
def test_at_any_threshold(similarity, least):
    assert best(similarity, least) == every_matching(similarity, least)


def test_assigning_by_overlap_alone_would_lose_a_match():
    assert best(millionths(np.array([[0.5, 0.99], [0.49, 0.5]]))) == (2, MILLION)
    three = [[0.50, 0.99, 0.0], [0.49, 0.50, 0.98], [0.0, 0.49, 0.50]]
    assert best(millionths(np.array(three))) == (3, 3 * HALF)


def test_of_equally_many_matches_the_most_alike_are_taken():
    assert best(millionths(np.array([[0.6, 0.9], [0.7, 0.6]]))) == (2, 1_600_000)


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_nothing_matches_nothing(shape):
    assert best(np.zeros(shape, dtype=np.int64)) == (0, 0)


def test_many_objects_keep_every_digit():
    """A thousand matches in a row that all compete with their neighbours."""
    n = 1_000
    similarity = np.zeros((n, n), dtype=np.int64)
    at = np.arange(n)
    similarity[at, at] = 500_001
    similarity[at[:-1], at[1:]] = MILLION
    assert best(similarity) == (n, n * 500_001)


def test_rounding_is_to_the_nearest_millionth():
    assert millionths(np.array([1 / 3, 0.5 - 1e-12, 0.0])).tolist() == [333_333, HALF, 0]
