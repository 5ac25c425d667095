"""Gold items with wrong keys, shown too often or too easy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelpulse.stats.arrays import answers
from labelpulse.stats.gold_health import gold_health


def exam(seed, people=40, items=60, worst=0.6):
    """People right 60-95 % of the time on all items; labels 0-2, and the gold."""
    draw = np.random.default_rng(seed)
    gold = draw.integers(0, 3, items)
    skill = np.linspace(worst, 0.95, people)
    right = draw.random((people, items)) < skill[:, None]
    label = np.where(right, gold, (gold + draw.integers(1, 3, (people, items))) % 3)
    return label, gold


def flat(label):
    who, item = (one.ravel() for one in np.indices(label.shape))
    return answers(item, who, label.ravel())


def test_a_wrong_key_is_suspect_and_discriminates_backwards():
    label, gold = exam(1)
    gold[[7, 21]] = (gold[[7, 21]] + 1) % 3
    found = gold_health(flat(label), gold)
    assert found.item[found.suspect_key].tolist() == [7, 21]
    assert found.discrimination[[7, 21]].max() < 0
    assert np.median(found.discrimination) > 0.1


def test_discrimination_is_the_correlation_with_the_rest_of_the_exam():
    label, gold = exam(2)
    right = label == gold
    found = gold_health(flat(label), gold)
    for item in (0, 31, 59):
        rest = np.delete(right, item, axis=1).mean(axis=1)
        expected = np.corrcoef(right[:, item], rest)[0, 1]
        assert found.discrimination[item] == pytest.approx(expected)
        able = rest > 0.5
        assert found.able[item] == able.sum()
        assert found.able_misses[item] == (able & ~right[:, item]).sum()
        wrong = label[able & ~right[:, item], item]
        assert found.rival_votes[item] == (wrong == found.rival[item]).sum()
        assert found.rival_votes[item] == np.bincount(wrong).max()
    assert found.exposures.tolist() == [40] * 60
    assert found.misses.tolist() == (~right).sum(axis=0).tolist()


def small(seed, wrong_by):
    """Eight good people and sixty items; so many of them give the same wrong label to item 5."""
    label, gold = exam(seed, people=8, worst=0.85)
    label[:, 5] = gold[5]
    label[:wrong_by, 5] = (gold[5] + 1) % 3
    return label, gold


@pytest.mark.parametrize(
    ("people", "wrong_by", "suspect"), [(5, 5, 1), (8, 8, 1), (8, 5, 0), (4, 4, 0)]
)
def test_most_of_five_able_people_must_agree_on_another_label(people, wrong_by, suspect):
    label, gold = small(3, wrong_by)
    found = gold_health(flat(label[-people:] if people > 5 else label[:people]), gold)
    assert found.suspect_key[5] == suspect
    assert found.suspect_key.sum() == suspect


def test_five_who_miss_an_item_each_in_their_own_way_suspect_no_key():
    label, gold = small(4, 5)
    label[:5, 5] = (gold[5] + [1, 2, 1, 2, 1]) % 3
    assert not gold_health(flat(label[:5]), gold).suspect_key.any()


def test_people_who_err_half_the_time_are_no_judges_of_a_key():
    draw = np.random.default_rng(6)
    gold = np.zeros(300, dtype=int)
    label = (draw.random((6, 300)) < 0.48).astype(int)
    assert gold_health(flat(label), gold).suspect_key.sum() == 0


def test_what_everybody_knows_is_too_easy_once_enough_have_shown_it():
    draw = np.random.default_rng(4)
    gold = np.zeros(20, dtype=int)
    label = (draw.random((90, 20)) < 0.3).astype(int)
    label[:, 3] = 0
    found = gold_health(flat(label), gold)
    assert found.item[found.too_easy].tolist() == [3]
    assert not gold_health(flat(label[:30]), gold).too_easy.any()


def test_an_item_shown_far_more_often_than_others_is_over_exposed():
    item = np.concatenate([np.repeat(np.arange(10), 10), np.full(25, 4)])
    who = np.concatenate([np.tile(np.arange(10), 10), np.arange(10, 35)])
    found = gold_health(answers(item, who, np.zeros(125, int)), np.zeros(10, int))
    assert found.item[found.over_exposed].tolist() == [4]
    assert found.exposures[4] == 35


def test_a_first_answer_counts_and_items_without_gold_do_not():
    given = answers([0, 0, 1, 2], [0, 0, 0, 0], [1, 0, 1, 1])
    found = gold_health(given, [0, -1, 1])
    assert found.item.tolist() == [0, 2]
    assert found.exposures.tolist() == [1, 1]
    assert found.misses.tolist() == [1, 0]


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6), st.integers(0, 2)), max_size=60),
    st.lists(st.integers(-1, 2), min_size=5, max_size=5),
)
def test_any_answers_give_finite_numbers(rows, gold):
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    found = gold_health(answers(*columns, items=5, annotators=7, labels=3), gold)
    assert np.isfinite(found.discrimination).all()
    assert (np.abs(found.discrimination) <= 1).all()
    assert (found.discrimination[~found.discriminates] == 0).all()
    assert (found.able_misses <= found.misses).all()
    assert set(found.item.tolist()) == {item for item, *_ in rows if gold[item] >= 0}
