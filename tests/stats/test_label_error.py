"""Expected error, accuracy and ambiguity against teams whose truth is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelpulse.stats.arrays import answers
from labelpulse.stats.consensus import dawid_skene, one_coin
from labelpulse.stats.label_error import (
    chance_right,
    consensus_accuracy,
    consensus_label,
    expected_label_error,
    item_ambiguity,
    item_error,
    posterior_of,
)
from tests.stats.crowd import crowd, drawn, snow


def test_expected_error_is_the_true_one_where_the_model_holds():
    off = []
    for seed in range(10):
        made = crowd(seed, 3000, 10, 5, 3)
        found = dawid_skene(made.given)
        wrong = (consensus_label(found.posterior) != made.truth).mean()
        off.append(expected_label_error(item_error(found.posterior)).value - wrong)
    assert abs(np.mean(off)) < 0.006


def test_interval_holds_the_share_of_wrong_labels_of_such_items():
    draw = np.random.default_rng(1)
    error = draw.beta(1, 6, 400)
    found = expected_label_error(error)
    shares = (draw.random((2000, 400)) < error).mean(axis=1)
    assert found.low is not None
    assert found.high is not None
    assert ((shares >= found.low) & (shares <= found.high)).mean() == pytest.approx(0.95, abs=0.02)


def test_no_items_have_no_expected_error():
    assert expected_label_error(np.zeros(0)).value is None
    assert item_error(np.zeros((0, 3))).tolist() == []


def test_snows_crowd_errs_more_than_it_expects():
    """Why the docstring warns: where people err alike, the model is too sure of itself."""
    given, gold = snow()
    found = dawid_skene(given)
    expected = expected_label_error(item_error(found.posterior))
    assert isinstance(expected.high, float)
    assert expected.high < 0.03 < (consensus_label(found.posterior) != gold).mean()


@pytest.mark.parametrize("model", [dawid_skene, one_coin], ids=["dawid-skene", "one-coin"])
def test_intervals_of_accuracy_hold_the_truth_nine_times_in_ten(model):
    inside = []
    for seed in range(6):
        made = crowd(seed, 1000, 10, 5, 3)
        found = consensus_accuracy(made.given, model(made.given))
        right = made.given.label == made.truth[made.given.item]
        n = np.bincount(made.given.annotator)
        truth = (
            made.accuracy if model is dawid_skene else np.bincount(made.given.annotator, right) / n
        )
        inside.append(
            (found.low <= truth[found.annotator]) & (truth[found.annotator] <= found.high)
        )
        assert found.n.tolist() == n.tolist()
    assert np.mean(inside) > 0.88


def test_people_without_answers_have_no_accuracy():
    given = answers([0, 0, 1, 1], [0, 2, 0, 2], [0, 0, 1, 1], annotators=5)
    assert consensus_accuracy(given, dawid_skene(given)).annotator.tolist() == [0, 2]


def test_ambiguous_items_are_told_from_those_that_careless_people_spoil():
    """Half the team guesses; a quarter of the items is a toss-up for all who know."""
    draw = np.random.default_rng(3)
    items, people = 600, 12
    confusion = np.full((people, 2, 2), 0.5)
    confusion[:6] = [[0.96, 0.04], [0.04, 0.96]]
    truth = draw.integers(0, 2, items)
    item, who = (one.ravel() for one in np.meshgrid(np.arange(items), np.arange(people)))
    label = drawn(draw, confusion, who, truth[item])
    unclear = np.arange(items) % 4 == 0
    toss = unclear[item]
    label[toss] = draw.integers(0, 2, toss.sum())
    given = answers(item, who, label)
    found = item_ambiguity(given, dawid_skene(given))
    assert found.ambiguous[unclear[found.item]].mean() > 0.7
    assert found.ambiguous[~unclear[found.item]].mean() < 0.1
    assert found.mistaken[~unclear[found.item]].mean() > 0.5


def test_people_who_are_alike_are_all_competent():
    given = answers([0, 0, 0, 0, 1, 1, 1, 1], [0, 1, 2, 3] * 2, [0, 0, 1, 1, 0, 0, 0, 0])
    found = item_ambiguity(given, one_coin(given, towards_team=1e12))
    assert found.raw == pytest.approx(found.competent, abs=1e-6)
    assert found.raw == pytest.approx([1, 0])
    assert found.ambiguous.tolist() == [True, False]


def test_the_chance_to_be_right_does_not_look_at_the_answer():
    made = crowd(1, 200, 8, 4, 3)
    found = dawid_skene(made.given)
    assert found.confusion is not None
    one = chance_right(made.given, found)[17]
    item, who = made.given.item[17], made.given.annotator[17]
    right = sum(found.posterior[item, k] * found.confusion[who, k, k] for k in range(3))
    assert one == pytest.approx(right)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2)), max_size=30))
def test_any_answers_give_numbers_between_0_and_1(rows):
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    given = answers(*columns, items=4, annotators=4, labels=3)
    if not len(given):
        return
    for model in (dawid_skene, one_coin):
        found = model(given)
        accuracy, unclear = consensus_accuracy(given, found), item_ambiguity(given, found)
        for values in (accuracy.value, accuracy.low, accuracy.high, unclear.raw, unclear.competent):
            assert ((values >= 0) & (values <= 1 + 1e-9)).all()
        assert (accuracy.low <= accuracy.high).all()
        assert not (unclear.ambiguous & unclear.mistaken).any()


@pytest.mark.parametrize("model", [dawid_skene, one_coin], ids=["dawid-skene", "one-coin"])
def test_items_that_were_fitted_are_read_as_the_fit_read_them(model):
    made = crowd(3, 400, 8, 3, 4)
    found = model(made.given)
    assert posterior_of(made.given, found) == pytest.approx(found.posterior, abs=1e-9)


def test_one_answer_is_as_good_as_its_annotator():
    """Items with a single answer: their expected error is the share of wrong ones."""
    off = []
    for seed in range(5):
        made = crowd(seed, 3000, 10, 5, 3)
        found, first = dawid_skene(made.given), made.given.only(np.arange(15_000) % 5 == 0)
        told = posterior_of(first, found)
        wrong = (consensus_label(told) != made.truth).mean()
        off.append(item_error(told).mean() - wrong)
        at, who, label = 17, int(first.annotator[17]), int(first.label[17])
        assert found.confusion is not None
        bayes = found.prevalence * found.confusion[who, :, label]
        assert told[at] == pytest.approx(bayes / bayes.sum())
    assert abs(np.mean(off)) < 0.01


def test_items_without_answers_have_the_prevalence():
    made = crowd(3, 400, 8, 3, 4)
    found = one_coin(made.given)
    none = made.given.only(np.zeros(len(made.given), dtype=np.bool_))
    assert posterior_of(none, found)[7] == pytest.approx(found.prevalence)
