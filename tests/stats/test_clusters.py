"""Groups of readers are found where there are some, and doubted where there are none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score, silhouette_score

from labelpulse.stats.clusters import clusters, silhouette

STRICT = np.array([[0.9, 0.1, 0.0], [0.05, 0.9, 0.05], [0.0, 0.1, 0.9]])
LOOSE = np.array([[0.9, 0.1, 0.0], [0.5, 0.45, 0.05], [0.0, 0.1, 0.9]])


def counts(seed, readings, n=(30, 30, 30)):
    draw = np.random.default_rng(seed)
    return np.array([[draw.multinomial(n[k], one[k]) for k in range(3)] for one in readings])


@pytest.mark.parametrize("groups", [2, 3, 5])
def test_silhouette_is_sklearns(groups):
    draw = np.random.default_rng(groups)
    points = draw.normal(size=(25, 4))
    group = np.concatenate([np.arange(groups), draw.integers(0, groups, 25 - groups)])
    distance = np.linalg.norm(points[:, None] - points, axis=2)
    expected = silhouette_score(distance, group, metric="precomputed")
    assert silhouette(distance, group) == pytest.approx(expected)


def test_who_is_alone_in_a_group_counts_zero_as_in_sklearn():
    line = np.array([0.0, 1.0, 9.0])
    distance, group = np.abs(line[:, None] - line), np.array([0, 0, 1])
    expected = silhouette_score(distance, group, metric="precomputed")
    assert silhouette(distance, group) == pytest.approx(expected)
    assert silhouette(np.zeros((3, 3)), group) == 0


def test_two_ways_to_read_one_label_are_two_groups():
    found = clusters(counts(1, [STRICT] * 9 + [LOOSE] * 5), seed=1)
    assert found is not None
    assert found.group.tolist() == [0] * 9 + [1] * 5
    assert found.p < 0.01
    assert found.reading[0, 1, 0] == pytest.approx(0.05, abs=0.05)
    assert found.reading[1, 1, 0] == pytest.approx(0.5, abs=0.1)
    assert found.reading.sum(axis=2) == pytest.approx(np.ones((2, 3)))
    assert np.count_nonzero(np.diff(found.group[found.order])) == 1  # side by side in the tree


def test_three_groups_are_recovered():
    other = STRICT[:, [0, 2, 1]]
    truth = np.repeat([0, 1, 2], [8, 7, 6])
    readings = [(STRICT, LOOSE, other)[one] for one in truth]
    found = clusters(counts(2, readings, (60, 60, 60)), seed=2)
    assert found is not None
    assert adjusted_rand_score(truth, found.group) > 0.9


def test_people_who_read_alike_could_be_one_group_whatever_their_share_of_the_work():
    """Small p-values come no more often than they should."""
    p = []
    for seed in range(30):
        n = np.random.default_rng(seed).integers(8, 80, (12, 3))
        parts = [counts(seed * 100 + person, [STRICT], n[person]) for person in range(12)]
        found = clusters(np.concatenate(parts), seed=seed, permutations=49)
        assert found is not None
        p.append(found.p)
    assert np.mean(np.array(p) <= 0.1) <= 0.225
    assert np.mean(p) == pytest.approx(0.5, abs=0.15)


def test_the_same_seed_gives_the_same_p():
    cells = counts(3, [STRICT] * 6)
    first, again, other = (clusters(cells, seed=seed, permutations=50) for seed in (1, 1, 2))
    assert first is not None
    assert again is not None
    assert other is not None
    assert first.p == again.p != other.p
    assert first.group.tolist() == other.group.tolist()


def test_people_with_few_answers_are_absent_and_few_people_are_no_groups():
    cells = counts(4, [STRICT] * 5)
    cells[2] = 0
    cells[2, 0, 0] = 19
    found = clusters(cells, seed=1, permutations=9)
    assert found is not None
    assert found.annotator.tolist() == [0, 1, 3, 4]
    assert clusters(cells[:4], seed=1) is None
    assert clusters(np.full((6, 1, 1), 50), seed=1) is None
    assert clusters(np.zeros((0, 3, 3)), seed=1) is None


@given(st.lists(st.lists(st.integers(0, 40), min_size=4, max_size=4), min_size=4, max_size=7))
def test_any_counts_give_numbers(rows):
    cells = np.array(rows).reshape(-1, 2, 2)
    found = clusters(cells, seed=1, permutations=5)
    if found is None:
        assert (cells.sum(axis=(1, 2)) >= 20).sum() < 4
        return
    assert np.isfinite(found.reading).all()
    assert -1 <= found.silhouette <= 1
    assert 0 < found.p <= 1
    assert sorted(found.order) == list(range(len(found.annotator)))
    sizes = np.bincount(found.group)
    assert (np.diff(sizes) <= 0).all()
