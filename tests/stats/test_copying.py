"""Copying is found, and is not seen where mistakes are alike for another reason."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelpulse.stats import copying as module
from labelpulse.stats.arrays import answers
from labelpulse.stats.copying import copying, pairs_within
from labelpulse.stats.discovery import benjamini_hochberg


def team(seed, *, copies=False, favourite=False, misleading=False, people=12, items=150):
    """Answers of people who are right 3 times in 4, of 5 labels, and the gold."""
    draw = np.random.default_rng(seed)
    gold = draw.integers(0, 5, items)
    label = np.tile(gold, (people, 1))
    wrong = draw.random((people, items)) < 0.25
    slip = draw.integers(1, 5, (people, items))
    if favourite:
        slip[:] = 1
    if misleading:
        hard = np.arange(items) < 50
        wrong[:, hard] = draw.random((people, 50)) < 0.8
        slip[:, hard] = draw.integers(1, 5, 50)
    label = np.where(wrong, (label + slip) % 5, label)
    if copies:
        label[1] = label[0]
    who, item = (one.ravel() for one in np.indices(label.shape))
    return answers(item, who, label.ravel()), gold


def found_pairs(given, gold):
    found = copying(given, gold)
    sure = found.notable & benjamini_hochberg(found.p)
    return list(zip(found.first[sure].tolist(), found.second[sure].tolist(), strict=True))


def test_the_pair_that_copies_is_found_and_no_other():
    assert found_pairs(*team(1, copies=True)) == [(0, 1)]
    found = copying(*team(1, copies=True))
    assert found.value[0] == 1
    assert found.expected[0] < 0.5


@pytest.mark.parametrize("cause", ["favourite", "misleading"])
def test_mistakes_that_all_make_are_no_copying(cause):
    for seed in range(5):
        assert found_pairs(*team(seed, **{cause: True})) == []


def test_independent_people_are_seldom_taken_for_copyists():
    p = np.concatenate([copying(*team(seed)).p for seed in range(10)])
    assert len(p) > 500
    assert (p < 0.05).mean() < 0.07
    assert benjamini_hochberg(p).sum() == 0


def test_with_two_labels_the_same_mistake_proves_nothing():
    draw = np.random.default_rng(3)
    gold = draw.integers(0, 2, 100)
    label = np.where(draw.random((4, 100)) < 0.4, 1 - gold, gold)
    who, item = (one.ravel() for one in np.indices(label.shape))
    found = copying(answers(item, who, label.ravel()), gold)
    assert found.value.tolist() == [1.0] * len(found.n)
    assert len(found.n) == 6
    assert found.p == pytest.approx(np.ones(6))


def test_counts_are_those_of_looking_at_every_pair():
    given, gold = team(4, people=5, items=60)
    wrong = {
        (who, item): label
        for who, item, label in zip(given.annotator, given.item, given.label, strict=True)
        if label != gold[item]
    }
    found = copying(given, gold)
    expected = []
    for a, b in combinations(range(5), 2):
        both = [i for i in range(60) if (a, i) in wrong and (b, i) in wrong]
        if len(both) >= 5:
            same = sum(wrong[a, i] == wrong[b, i] for i in both)
            expected.append((a, b, len(both), same / len(both)))
    ours = zip(found.first, found.second, found.n, found.value, strict=True)
    assert list(ours) == expected


def test_beyond_the_limit_of_pairs_the_items_that_most_got_wrong_are_left_out(monkeypatch):
    given, gold = team(5, copies=True, misleading=True)
    whole = copying(given, gold)
    monkeypatch.setattr(module, "MOST_PAIRS", 1000)
    part = copying(given, gold)
    assert part.n.sum() <= 1000 < whole.n.sum()


def test_no_gold_and_no_mistakes_are_no_evidence():
    given, gold = team(6)
    assert len(copying(given, np.full(150, -1)).p) == 0
    assert len(copying(given.only(given.label == gold[given.item]), gold).p) == 0
    assert len(copying(answers([], [], []), []).p) == 0


@given(st.lists(st.integers(0, 4), max_size=25))
def test_pairs_within_groups_are_all_combinations_of_equals(groups):
    first, second = pairs_within(np.array(groups, dtype=np.int64))
    expected = {(a, b) for a, b in combinations(range(len(groups)), 2) if groups[a] == groups[b]}
    assert set(zip(first.tolist(), second.tolist(), strict=True)) == expected
    assert len(first) == len(expected)
