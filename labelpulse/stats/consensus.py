"""The labels that answers agree on, and how good each annotator is, without any gold.

An annotator's confusion matrix says how often they give label l to an item that is k. Items' labels
and annotators' matrices are worked out from each other in turn, by expectation maximisation.
A. P. Dawid & A. M. Skene 1979, "Maximum likelihood estimation of observer error-rates using the
EM algorithm", Applied Statistics 28, 20-28. Where there are too few answers for a matrix each, one
coin an annotator: the share of right answers, wrong ones spread evenly over the other labels
(Y. Zhang, X. Chen, D. Zhou & M. I. Jordan 2014, "Spectral methods meet EM", section 2).

Nothing here is right by itself: the answers of people who err alike are taken for the truth.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from labelpulse.stats.arrays import Answers, Bools, Floats, Ints

Model = Literal["dawid-skene", "one-coin"]

SMOOTHING = 0.01
"""Added to every cell of a matrix: nothing is impossible because it was not yet seen."""
TOWARDS_TEAM = 1.5
"""Answers, for every label, for which the team's matrix counts in each annotator's own.

Without it, people with few answers get matrices of their own noise, and adding more to all cells
draws them towards chance instead. On simulated answers of 20 people (3 an item, 60 a person, 5
labels) 11.7 % of labels were wrong without and 9.3 % with 2, the logarithmic loss fell from .73 to
.38; 5 and 10 do better still there and a little worse on Snow's, where 1.5 keeps the published
742 of 800, and on Dawid & Skene's own table moves no observer's accuracy by .02.
"""
TOLERANCE = 1e-7
MOST_ROUNDS = 100
MOST_LABELS = 50
MOST_CELLS = 20_000_000
"""Items × labels that are worked on at once: 160 MB an array."""
_FLOOR = 1e-300


@dataclass(frozen=True, slots=True)
class Choice:
    """The model that the answers can carry: None where there is none; why says so in words."""

    model: Model | None
    why: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Consensus:
    """What the answers agree on.

    Attributes:
        posterior: P(label of the item | answers), items × labels; the prevalence for an item
            without answers.
        prevalence: P(label), labels.
        accuracy: P(right answer), annotators; the confusion's diagonal weighted by prevalence.
        confusion: P(label given | label), annotators × labels (row: the label) × labels; None for
            one coin.
        log_likelihood: of the answers, natural logarithm.
        answered: answers by item.
        iterations, converged: rounds done, and whether the last one changed next to nothing.
    """

    model: Model
    posterior: Floats
    prevalence: Floats
    accuracy: Floats
    confusion: Floats | None
    log_likelihood: float
    answered: Ints
    iterations: int
    converged: bool


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Where an earlier fit ended: prevalence and confusion as in `Consensus`.

    An annotator whose matrix is all zeros is new, and begins with the mean of the others.
    """

    prevalence: Floats
    confusion: Floats


def choose(given: Answers) -> Choice:
    """Return the model that the answers can carry, from how many there are.

    Dawid & Skene's needs 3 answers an item and 30 an annotator on average (over those that have
    any) and no more than 50 labels; one coin needs 2 an item.

    >>> from labelpulse.stats.arrays import answers
    >>> choose(answers([0, 0, 0, 1], [0, 1, 2, 0], [0, 1, 0, 0])).model
    'one-coin'
    """
    if why := _why_none(given):
        return Choice(None, why)
    why = _why_one_coin(given)
    return Choice("one-coin" if why else "dawid-skene", why)


def _per(number: Ints) -> float:
    return len(number) / int(np.count_nonzero(np.bincount(number)))


def _why_none(given: Answers) -> str:
    if not len(given):
        return "no answers"
    if given.labels < 2:
        return "a single label: there is nothing to tell apart"
    if _per(given.item) < 2:
        n = f"{_per(given.item):.1f}"
        return f"{n} answers an item: consensus needs 2"
    if given.items * given.labels > MOST_CELLS:
        items, labels = f"{given.items:,}", f"{given.labels:,}"
        return f"{items} items × {labels} labels are too many"
    return ""


def _why_one_coin(given: Answers) -> str:
    if _per(given.item) < 3:
        n = f"{_per(given.item):.1f}"
        return f"{n} answers an item: error by label needs 3"
    if _per(given.annotator) < 30:
        n = f"{_per(given.annotator):.0f}"
        return f"{n} answers an annotator: error by label needs 30"
    if given.labels > MOST_LABELS:
        return f"{given.labels} labels: error by label takes up to {MOST_LABELS}"
    return ""


def fit(given: Answers, start: Start | None = None) -> Consensus | None:
    """Return the consensus by the model that the answers can carry; None where there is none.

    Only Dawid & Skene's model goes on from an earlier fit.
    """
    model = choose(given).model
    if model is None:
        return None
    return one_coin(given) if model == "one-coin" else dawid_skene(given, start=start)


def dawid_skene(
    given: Answers,
    *,
    smoothing: float = SMOOTHING,
    towards_team: float = TOWARDS_TEAM,
    start: Start | None = None,
    rounds: int = MOST_ROUNDS,
    tolerance: float = TOLERANCE,
) -> Consensus:
    """Return Dawid & Skene's fit, begun at each item's shares of answers.

    Several answers of a person to an item count each, as in the paper. The paper's own fit, by
    maximum likelihood, has smoothing and towards_team 0. A round takes time by answers × labels.

    Args:
        smoothing, towards_team: see `SMOOTHING` and `TOWARDS_TEAM`.
        start: an earlier fit to begin at instead.
        tolerance: stop when the log-likelihood changes by less than this part of itself.

    Raises:
        ValueError: there are no answers, or the start is of other annotators or labels.
    """
    table, people, labels = _by_annotator_and_label(given), given.annotators, given.labels

    def skill(posterior: Floats) -> Floats:
        counts = np.asarray(table.T @ posterior).reshape(people, labels, labels)
        counts = counts.transpose(0, 2, 1)
        team = _rows(counts.sum(axis=0) + smoothing)
        return _rows(np.asarray(counts + smoothing + towards_team * team))

    def evidence(confusion: Floats) -> Floats:
        logs = np.log(np.maximum(confusion, _FLOOR)).transpose(0, 2, 1)
        return np.asarray(table @ np.ascontiguousarray(logs).reshape(people * labels, labels))

    first = None if start is None else (_checked(start, given), start.prevalence)
    steps = _Steps(skill, evidence, smoothing, _answered(given) > 0)
    state, done, converged = _climb(given, steps, first, rounds, tolerance)
    accuracy = np.einsum("akk,k->a", state.skill, state.prevalence)
    return _consensus("dawid-skene", given, state, (accuracy, state.skill), (done, converged))


def one_coin(
    given: Answers,
    *,
    smoothing: float = SMOOTHING,
    towards_team: float = TOWARDS_TEAM,
    rounds: int = MOST_ROUNDS,
    tolerance: float = TOLERANCE,
) -> Consensus:
    """Return the fit with one number an annotator: the share of right answers.

    It needs annotators whose items overlap with those of two others: of two people alone, their
    agreement does not tell who is right. Arguments and errors as of `dawid_skene`.
    """
    people, labels = given.annotators, given.labels
    cells = given.item * labels + given.label
    totals = np.bincount(given.annotator, minlength=people)

    def skill(posterior: Floats) -> Floats:
        right = np.bincount(given.annotator, posterior.ravel()[cells], people)
        team = (right.sum() + smoothing) / (totals.sum() + 2 * smoothing)
        hits = right + smoothing + towards_team * team
        every = totals + 2 * smoothing + towards_team
        own = np.divide(hits, every, out=np.full(people, team), where=every > 0)
        return np.asarray(own, dtype=np.float64)

    def evidence(accuracy: Floats) -> Floats:
        hit = np.log(np.maximum(accuracy, _FLOOR))
        miss = np.log(np.maximum((1 - accuracy) / max(labels - 1, 1), _FLOOR))
        missed = np.bincount(given.item, miss[given.annotator], given.items)
        gain = np.bincount(cells, (hit - miss)[given.annotator], given.items * labels)
        return np.asarray(missed[:, None] + gain.reshape(given.items, labels))

    steps = _Steps(skill, evidence, smoothing, _answered(given) > 0)
    state, done, converged = _climb(given, steps, None, rounds, tolerance)
    return _consensus("one-coin", given, state, (state.skill, None), (done, converged))


# --- what both models share ---


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """One round's end: the parameters, the posterior under them, and their likelihood."""

    posterior: Floats
    prevalence: Floats
    skill: Floats
    log_likelihood: float


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """A model: posterior -> skill; skill -> log P(answers | label), items × labels."""

    skill: Callable[[Floats], Floats]
    evidence: Callable[[Floats], Floats]
    smoothing: float
    seen: Bools

    def parameters(self, posterior: Floats) -> tuple[Floats, Floats]:
        """Return the skill, and as prevalence the mean of the items that have answers."""
        mean = _rows(posterior[self.seen].sum(axis=0) + self.smoothing)
        return self.skill(posterior), mean

    def expect(self, skill: Floats, prevalence: Floats) -> _State:
        """Return the posterior under the parameters, and how likely they make the answers."""
        logs = self.evidence(skill)
        logs += np.log(np.maximum(prevalence, _FLOOR))
        top = logs.max(axis=1, keepdims=True)
        posterior = np.exp(logs - top)
        whole = posterior.sum(axis=1, keepdims=True)
        posterior /= whole
        likelihood = float((np.log(whole) + top)[self.seen].sum())
        return _State(posterior, prevalence, skill, likelihood)


def _climb(
    given: Answers,
    steps: _Steps,
    first: tuple[Floats, Floats] | None,
    rounds: int,
    tolerance: float,
) -> tuple[_State, int, bool]:
    """Return the last round, how many there were, and whether it changed next to nothing."""
    if not len(given):
        raise ValueError("There are no answers to agree.")
    state = steps.expect(*(first or steps.parameters(_rows(given.votes()))))
    for done in range(1, rounds + 1):
        before = state.log_likelihood
        state = steps.expect(*steps.parameters(state.posterior))
        if abs(state.log_likelihood - before) <= tolerance * abs(state.log_likelihood):
            return state, done, True
    return state, rounds, False


def _consensus(
    model: Model,
    given: Answers,
    state: _State,
    people: tuple[Floats, Floats | None],
    end: tuple[int, bool],
) -> Consensus:
    return Consensus(
        model,
        state.posterior,
        state.prevalence,
        *people,
        log_likelihood=state.log_likelihood,
        answered=_answered(given),
        iterations=end[0],
        converged=end[1],
    )


def _answered(given: Answers) -> Ints:
    return np.bincount(given.item, minlength=given.items)


def _rows(counts: Floats) -> Floats:
    """Return rows that sum to 1; a row without counts is even."""
    whole = counts.sum(axis=-1, keepdims=True)
    even = np.full_like(counts, 1 / counts.shape[-1])
    return np.asarray(np.divide(counts, whole, out=even, where=whole > 0))


def _by_annotator_and_label(given: Answers) -> Any:
    """Return how often each item has an annotator's label: sparse, items × (annotator, label)."""
    from scipy.sparse import csr_array

    columns = given.annotator * given.labels + given.label
    shape = (given.items, given.annotators * given.labels)
    return csr_array((np.ones(len(given)), (given.item, columns)), shape=shape)


def _checked(start: Start, given: Answers) -> Floats:
    shape = (given.annotators, given.labels, given.labels)
    if start.confusion.shape != shape or start.prevalence.shape != shape[1:2]:
        raise ValueError("The start is of other annotators or labels than the answers.")
    known = start.confusion.sum(axis=(1, 2)) > 0
    mean = start.confusion[known].mean(axis=0) if known.any() else np.eye(given.labels)
    return _rows(np.where(known[:, None, None], start.confusion, mean))
