"""Agreement with peers and with oneself, against counting it one by one."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from labelpulse.stats.arrays import answers
from labelpulse.stats.consensus import dawid_skene
from labelpulse.stats.peers import leave_one_out, self_consistency
from tests.stats.crowd import snow

ROWS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 5), st.integers(0, 2)), min_size=0, max_size=40
)


def arrays(rows):
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return answers(*columns, items=5, annotators=6, labels=3)


@given(ROWS)
def test_leaving_one_out_is_counting_the_others_votes(rows):
    first: dict[tuple[int, int], int] = {}
    for item, who, label in rows:
        first.setdefault((item, who), label)
    n, agree, tie = ([0] * 6 for _ in range(3))
    for (item, who), label in first.items():
        votes = Counter(x for (i, other), x in first.items() if i == item and other != who)
        if not votes:
            continue
        most = [one for one, count in votes.items() if count == max(votes.values())]
        if len(most) > 1:
            tie[who] += 1
        else:
            n[who] += 1
            agree[who] += most == [label]
    found = leave_one_out(arrays(rows))
    assert (found.n.tolist(), found.agree.tolist(), found.tie.tolist()) == (n, agree, tie)


@given(ROWS, st.lists(st.integers(0, 2), min_size=5, max_size=5))
def test_self_consistency_is_counting_pairs_of_ones_own_answers(rows, content):
    pairs, agree = [0] * 6, [0] * 6
    repeated: dict[int, set[int]] = {}
    for one, other in combinations(rows, 2):
        if one[1] == other[1] and content[one[0]] == content[other[0]]:
            pairs[one[1]] += 1
            agree[one[1]] += one[2] == other[2]
            repeated.setdefault(one[1], set()).add(content[one[0]])
    found = self_consistency(arrays(rows), content)
    assert (found.pairs.tolist(), found.agree.tolist()) == (pairs, agree)
    assert found.contents.tolist() == [len(repeated.get(who, ())) for who in range(6)]


def test_of_one_repeat_each_the_share_is_sklearns_accuracy_of_the_second_answer():
    draw = np.random.default_rng(1)
    first, second = draw.integers(0, 3, (2, 80))
    item = np.tile(np.arange(80), 2)
    given = answers(item, np.zeros(160, int), np.concatenate([first, second]))
    found = self_consistency(given)
    assert found.agree[0] / found.pairs[0] == pytest.approx(accuracy_score(first, second))


def test_peers_foretell_gold_accuracy_less_well_than_dawid_and_skene_do():
    """On Snow's crowd, over people with 20 answers or more."""
    given, gold = snow()
    n = np.bincount(given.annotator)
    truth = np.bincount(given.annotator, given.label == gold[given.item]) / n
    peers = leave_one_out(given)
    assert peers.n.tolist() == n.tolist()  # nine others and two labels: never a tie
    share = peers.agree / np.maximum(peers.n, 1)
    some = n >= 20
    ours = np.corrcoef(dawid_skene(given).accuracy[some], truth[some])[0, 1]
    assert ours > np.corrcoef(share[some], truth[some])[0, 1] + 0.05


def test_a_lone_answer_is_compared_with_nobody():
    found = leave_one_out(answers([0, 1, 1], [0, 1, 1], [1, 0, 0]))
    assert found.n.tolist() == found.agree.tolist() == found.tie.tolist() == [0, 0]
    assert leave_one_out(answers([], [], [])).n.tolist() == []
    assert self_consistency(answers([], [], [])).pairs.tolist() == []
