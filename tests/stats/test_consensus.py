"""Dawid & Skene against their own paper, Snow's crowd, and teams whose truth is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelpulse.stats import consensus
from labelpulse.stats.arrays import answers
from labelpulse.stats.consensus import Start, choose, dawid_skene, fit, one_coin
from labelpulse.stats.label_error import consensus_label
from tests.stats import tables
from tests.stats.crowd import anaesthetists, crowd, snow


def plain(given, **options):
    """The paper's maximum likelihood fit."""
    return dawid_skene(given, smoothing=0, towards_team=0, **options)


def test_the_paper_is_reproduced():
    found = plain(anaesthetists())
    assert found.prevalence.round(2).tolist() == [0.40, 0.42, 0.11, 0.07]
    assert found.log_likelihood == pytest.approx(-192.8909, abs=5e-5)
    assert found.converged
    assert found.confusion is not None
    for row in tables.rows("dawid_skene1979_expected_error_rates"):
        at = [int(row[name]) - 1 for name in ("observer", "true_grade", "given_grade")]
        assert found.confusion[tuple(at)] == pytest.approx(float(row["rate"]), abs=5.1e-5)
    for row in tables.rows("dawid_skene1979_expected_posteriors"):
        expected = [float(row[f"p{grade}"]) for grade in (1, 2, 3, 4)]
        ours = found.posterior[int(row["patient"]) - 1]
        assert ours.tolist() == pytest.approx(expected, abs=5.1e-5)


@pytest.mark.parametrize("model", [plain, dawid_skene, fit], ids=["paper", "default", "gated"])
def test_snows_crowd_is_right_on_742_of_800(model):
    given, gold = snow()
    assert int((model(given).posterior.argmax(axis=1) == gold).sum()) == 742


def test_the_majority_of_snows_crowd_is_right_as_often_as_published():
    """.897 of 800 items, a tie counting half; that is without what the consensus adds."""
    given, gold = snow()
    majority = consensus_label(given.votes() / given.votes().sum(axis=1, keepdims=True))
    tied = majority < 0
    assert int(tied.sum()) == 65
    tables.as_printed(float(((majority == gold) + tied / 2).mean()), ".897")


def test_one_coin_does_nearly_as_well_on_snows_crowd():
    given, gold = snow()
    found = one_coin(given)
    assert found.confusion is None
    assert (found.posterior.argmax(axis=1) == gold).mean() > 0.92
    right = np.bincount(given.annotator, given.label == gold[given.item])
    assert np.corrcoef(right / np.bincount(given.annotator), found.accuracy)[0, 1] > 0.85


@pytest.mark.parametrize(
    ("shape", "model", "words"),
    [
        ((400, 20, 3, 3), "dawid-skene", ""),
        ((400, 50, 3, 3), "one-coin", "24 answers an annotator"),
        ((400, 20, 2, 3), "one-coin", "2.0 answers an item"),
        ((400, 20, 1, 3), None, "1.0 answers an item"),
        ((400, 20, 3, 51), "one-coin", "51 labels"),
        ((10, 9, 3, 2), "one-coin", "3 answers an annotator"),
    ],
)
def test_the_answers_decide_which_model_they_carry(shape, model, words):
    given = crowd(1, *shape).given
    found = choose(given)
    assert found.model == model
    assert words in found.why
    assert bool(found.why) == (model != "dawid-skene")
    result = fit(given)
    assert (None if result is None else result.model) == model


def test_a_single_label_and_no_answers_have_no_consensus_and_say_why():
    assert choose(answers([0, 0, 0], [0, 1, 2], [0, 0, 0])).why.startswith("a single label")
    assert choose(answers([], [], [])).why == "no answers"
    assert fit(answers([], [], [])) is None
    with pytest.raises(ValueError, match="no answers"):
        dawid_skene(answers([], [], []))


def test_too_many_cells_are_refused_before_they_are_allocated():
    given = answers([0, 0], [0, 1], [0, 1], items=consensus.MOST_CELLS, labels=2)
    assert "are too many" in choose(given).why


def test_weak_data_draws_matrices_to_the_team_and_errs_less():
    """What `TOWARDS_TEAM` says: few answers a person, five labels."""
    wrong, off = {0.0: 0.0, 2.0: 0.0}, {0.0: 0.0, 2.0: 0.0}
    for seed in range(6):
        made = crowd(seed, 400, 20, 3, 5)
        for weight in wrong:
            found = dawid_skene(made.given, towards_team=weight)
            assert found.confusion is not None
            wrong[weight] += (found.posterior.argmax(axis=1) != made.truth).mean() / 6
            off[weight] += np.abs(found.confusion - made.confusion).mean() / 6
    assert wrong[2.0] < wrong[0.0] - 0.01
    assert off[2.0] < off[0.0] * 0.85


def test_with_many_answers_the_matrices_are_the_true_ones():
    made = crowd(3, 6000, 12, 5, 3)
    found = dawid_skene(made.given)
    assert found.confusion is not None
    assert np.abs(found.confusion - made.confusion).max() < 0.08
    assert np.abs(found.prevalence - made.prevalence).max() < 0.02
    assert np.abs(found.accuracy - made.accuracy).max() < 0.03


def test_likelihood_never_falls_from_round_to_round():
    given = crowd(5, 150, 12, 4, 4).given
    reached = [plain(given, rounds=rounds, tolerance=0).log_likelihood for rounds in range(1, 25)]
    assert min(np.diff(reached)) > -1e-9
    assert reached[-1] > reached[0] + 1


def test_an_earlier_fit_is_a_shorter_way_to_the_same_end():
    given = anaesthetists()
    cold = plain(given)
    assert cold.confusion is not None
    warm = plain(given, start=Start(cold.prevalence, cold.confusion))
    assert warm.iterations < cold.iterations
    assert warm.posterior == pytest.approx(cold.posterior, abs=1e-3)


def test_a_newcomer_begins_with_the_teams_matrix():
    made = crowd(2, 300, 10, 3, 3)
    before = dawid_skene(made.given.only(made.given.annotator != 4))
    assert before.confusion is not None
    matrices = before.confusion.copy()
    matrices[4] = 0
    warm = dawid_skene(made.given, start=Start(before.prevalence, matrices))
    cold = dawid_skene(made.given)
    assert (warm.posterior.argmax(axis=1) == cold.posterior.argmax(axis=1)).mean() > 0.99
    with pytest.raises(ValueError, match="other annotators"):
        dawid_skene(made.given, start=Start(before.prevalence, matrices[1:]))


def test_items_without_answers_have_the_prevalence_and_change_nothing():
    given = anaesthetists()
    more = answers(given.item, given.annotator, given.label, items=given.items + 3)
    one, other = plain(given), plain(more)
    assert other.log_likelihood == pytest.approx(one.log_likelihood)
    assert other.posterior[-1] == pytest.approx(one.prevalence, abs=1e-6)
    assert other.answered[-3:].tolist() == [0, 0, 0]


def test_the_order_and_the_names_of_labels_do_not_matter():
    given = anaesthetists()
    draw = np.random.default_rng(4)
    order, names = draw.permutation(len(given)), draw.permutation(4)
    moved = answers(given.item[order], given.annotator[order], names[given.label[order]])
    one, other = dawid_skene(given), dawid_skene(moved)
    assert other.posterior[:, names] == pytest.approx(one.posterior, abs=1e-9)


ROWS = st.lists(
    st.tuples(st.integers(-1, 4), st.integers(-1, 3), st.integers(-1, 3)), min_size=0, max_size=40
)


@given(ROWS, st.sampled_from([0.0, 0.01, 1.0]), st.sampled_from([0.0, 2.0]))
def test_any_answers_give_chances_and_never_nan(rows, smoothing, weight):
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    found = answers(*columns, items=5, annotators=4, labels=4)
    if not len(found):
        assert fit(found) is None
        return
    for model in (dawid_skene, one_coin):
        result = model(found, smoothing=smoothing, towards_team=weight)
        assert np.isfinite(result.posterior).all()
        assert result.posterior.sum(axis=1) == pytest.approx(np.ones(5))
        assert np.isfinite(result.log_likelihood)
        assert result.log_likelihood <= 1e-9
        assert ((result.accuracy >= 0) & (result.accuracy <= 1 + 1e-9)).all()
        assert result.prevalence.sum() == pytest.approx(1)
        if result.confusion is not None:
            assert result.confusion.sum(axis=2) == pytest.approx(np.ones((4, 4)))
