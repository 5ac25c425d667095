"""Finishes of metrics that are fitted to the matrix of answers; numpy lives here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from labelpulse.core import estimate
from labelpulse.core.estimate import Estimate
from labelpulse.metrics.answers import answer_of, label_name
from labelpulse.metrics.arrays import NONE, Answers, Flags, Floats, Ints
from labelpulse.metrics.base import Extra, Group, single
from labelpulse.stats import consensus, label_error
from labelpulse.stats.arrays import Answers as Given
from labelpulse.stats.arrays import answers as given_of
from labelpulse.stats.consensus import Consensus
from labelpulse.stats.intervals import wilson
from labelpulse.stats.label_error import Ambiguity

Rows = Iterable[tuple[Extra, Estimate]]


@dataclass(frozen=True, slots=True)
class Fitted:
    """Dawid and Skene's model of a question's answers.

    Attributes:
        given: the labels of known people on items that two or more answered, as they went in;
            rows: which answers they are.
        found: None where there is nothing to fit; why says so, or why one coin was taken.
    """

    given: Given
    rows: Ints
    found: Consensus | None
    why: str


def fitted(group: Group) -> Fitted:
    """Return the model of all answers to a group's question, worked out once for these answers."""
    return group.matrix().answers.fit("consensus", _fit)


def _fit(answers: Answers) -> Fitted:
    usable = answers.known & (answers.label != NONE)
    several = np.bincount(answers.item[usable], minlength=len(answers.items)) > 1
    rows = np.flatnonzero(usable & several[answers.item])  # one answer alone agrees with nobody
    given = given_of(
        answers.item[rows],
        answers.annotator[rows],
        answers.label[rows],
        items=len(answers.items),
        annotators=len(answers.annotators),
        labels=len(answers.labels),
    )
    choice = consensus.choose(given)
    found = None if choice.model is None else consensus.fit(given)
    why = choice.why if len(rows) else "no item has answers of two known people"
    return Fitted(given, rows, found, why)


def text_of(group: Group, answers: Answers, label: int) -> str:
    """Return the text of a label by its index."""
    return label_name(answer_of(group.control, group.ask, int(answers.labels[label])))


def unfit(group: Group, one: Fitted) -> str:
    """Say why there is no consensus; "" when there is one."""
    why = group.control.unlike() or group.control.unlabeled()
    return why or (one.why if one.found is None else "")


def _items(group: Group, one: Fitted) -> Flags:
    """Return the items with an answer that the query chooses."""
    matrix = group.matrix()
    found = np.zeros(len(matrix.answers.items), dtype=bool)
    found[matrix.answers.item[one.rows[matrix.chosen[one.rows]]]] = True
    return found


def consensus_share(group: Group) -> Rows:
    """Return the share of each label among items, as the model has it."""
    one = fitted(group)
    if one.found is None or unfit(group, one):
        return single(estimate.undefined(0, unfit(group, one)))
    answers, items = group.matrix().answers, _items(group, one)
    n = int(items.sum())
    if not n:
        return single(estimate.undefined(0, "no item has an answer"))
    shares = one.found.posterior[items].sum(axis=0) / n if n < len(items) else one.found.prevalence
    merged: dict[str, float] = {}
    for label, share in enumerate(shares.tolist()):
        text = text_of(group, answers, label)
        merged[text] = merged.get(text, 0.0) + share
    return [
        ({"label": text}, estimate.estimate(share, wilson(share * n, n), n, one.why))
        for text, share in merged.items()
        if group.ask.keeps(text)
    ]


def consensus_accuracy(group: Group) -> Rows:
    """Return how likely people are right: each of them, or all answers together."""
    one = fitted(group)
    if one.found is None or unfit(group, one):
        return single(estimate.undefined(0, unfit(group, one)))
    matrix = group.matrix()
    if "annotator" not in group.ask.by:
        chosen = matrix.chosen[one.rows]
        n = int(chosen.sum())
        if not n:
            return single(estimate.undefined(0, "no answer is chosen"))
        value = float(label_error.chance_right(one.given, one.found)[chosen].mean())
        return single(estimate.estimate(value, None, n, one.why))
    told = label_error.consensus_accuracy(one.given, one.found)
    rows = zip(
        *(part.tolist() for part in (told.annotator, told.value, told.low, told.high, told.n)),
        strict=True,
    )
    ids = matrix.answers.annotators
    return [
        ({"annotator": int(ids[who])}, estimate.estimate(value, (low, high), n, one.why))
        for who, value, low, high, n in rows
    ]


def consensus_confusion(group: Group) -> Rows:
    """Return P(label given | label) of each annotator."""
    one = fitted(group)
    why = unfit(group, one)
    if one.found is None or one.found.confusion is None or why:
        return single(estimate.undefined(0, why or one.why))
    return _confusion(group, one, one.found.confusion, one.found.posterior)


def _confusion(
    group: Group, one: Fitted, confusion: Floats, posterior: Floats
) -> Iterator[tuple[Extra, Estimate]]:
    answers, given = group.matrix().answers, one.given
    seen = np.stack(
        [
            np.bincount(given.annotator, posterior[given.item, k], given.annotators)
            for k in range(given.labels)
        ],
        axis=1,
    )
    texts = [text_of(group, answers, label) for label in range(given.labels)]
    people = np.flatnonzero(np.bincount(given.annotator, minlength=given.annotators))
    for who in people.tolist():
        for label, text in enumerate(texts):
            n = float(seen[who, label])
            for told, share in zip(texts, confusion[who, label].tolist(), strict=True):
                keys = {"annotator": int(answers.annotators[who]), "label": text}
                ends = wilson(share * n, n) if n >= 1 else None
                yield keys | {"label_given": told}, estimate.estimate(share, ends, round(n))


def expected_label_error(group: Group) -> Rows:
    """Return the chance that an item's likeliest label is wrong, or its mean over items."""
    one = fitted(group)
    if one.found is None or unfit(group, one):
        return single(estimate.undefined(0, unfit(group, one)))
    answers, items = group.matrix().answers, _items(group, one)
    error = label_error.item_error(one.found.posterior)
    if "item" in group.ask.by:
        return _by_item(group, one, items, error)
    if "batch" not in group.ask.by:
        return single(label_error.expected_label_error(error[items]).noting(one.why))
    batch = _batches(answers, one)
    return [
        (
            {"batch": int(name)},
            label_error.expected_label_error(error[items & (batch == name)]).noting(one.why),
        )
        for name in np.unique(batch[items])
    ]


def _batches(answers: Answers, one: Fitted) -> Ints:
    batch = np.zeros(len(answers.items), dtype=np.int64)
    batch[answers.item[one.rows]] = answers.batch[one.rows]
    return batch


def _by_item(group: Group, one: Fitted, items: Flags, error: Floats) -> Rows:
    assert one.found is not None  # noqa: S101 - asked for only then
    answers = group.matrix().answers
    batch, best = _batches(answers, one), label_error.consensus_label(one.found.posterior)
    for item in np.flatnonzero(items).tolist():
        n, label = int(one.found.answered[item]), int(best[item])
        keys = {"item": int(answers.items[item]), "batch": int(batch[item])}
        found = Estimate(float(error[item]), None, None, n)
        yield (
            _asked(group, keys),
            found.showing(consensus=None if label < 0 else text_of(group, answers, label)),
        )


def _asked(group: Group, keys: Extra) -> Extra:
    return {key: value for key, value in keys.items() if key in group.ask.by}


def ambiguity(group: Group, given: Given, model: Consensus) -> Ambiguity:
    """Return the ambiguity of all items, worked out once for these answers."""
    answers = group.matrix().answers
    return answers.fit("ambiguity", lambda _: label_error.item_ambiguity(given, model))


def item_ambiguity(group: Group) -> Rows:
    """Return how far competent people disagree on an item, or the mean over items."""
    one = fitted(group)
    if one.found is None or unfit(group, one):
        return single(estimate.undefined(0, unfit(group, one)))
    answers, items = group.matrix().answers, _items(group, one)
    told = ambiguity(group, one.given, one.found)
    keep, batch = items[told.item], _batches(answers, one)[told.item]
    if "item" in group.ask.by:
        return (
            (
                _asked(group, {"item": int(answers.items[told.item[at]]), "batch": int(batch[at])}),
                Estimate(
                    float(told.competent[at]), None, None, int(one.found.answered[told.item[at]])
                ).showing(
                    raw=float(told.raw[at]),
                    kind="ambiguous"
                    if told.ambiguous[at]
                    else "mistaken"
                    if told.mistaken[at]
                    else None,
                ),
            )
            for at in np.flatnonzero(keep).tolist()
        )
    names = np.unique(batch[keep]) if "batch" in group.ask.by else [None]
    return [
        (
            {} if name is None else {"batch": int(name)},
            _mean(
                told.competent,
                told.ambiguous,
                told.mistaken,
                keep if name is None else keep & (batch == name),
            ),
        )
        for name in names
    ]


def _mean(competent: Floats, ambiguous: Flags, mistaken: Flags, keep: Flags) -> Estimate:
    n = int(keep.sum())
    if not n:
        return estimate.undefined(0, "no item has two answers of competent people")
    value, half = float(competent[keep].mean()), 1.96 * float(competent[keep].std()) / n**0.5
    ends = (max(value - half, 0.0), min(value + half, 1.0)) if n >= 20 else None
    return estimate.estimate(value, ends, n).showing(
        ambiguous=float(ambiguous[keep].mean()), mistaken=float(mistaken[keep].mean())
    )
