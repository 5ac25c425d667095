"""Made-up teams whose truth is known, and Snow's crowd as arrays."""

from typing import NamedTuple

import numpy as np

from labelpulse.stats.arrays import Answers, Floats, Ints, answers
from tests.stats import tables


class Crowd(NamedTuple):
    given: Answers
    truth: Ints
    confusion: Floats
    prevalence: Floats

    @property
    def accuracy(self) -> Floats:
        return np.asarray(np.einsum("akk,k->a", self.confusion, self.prevalence))


def drawn(draw: np.random.Generator, confusion: Floats, people: Ints, truth: Ints) -> Ints:
    """Labels that people give to items of these true labels."""
    chances = confusion[people, truth].cumsum(axis=1)
    labels = (draw.random(len(people))[:, None] > chances).sum(axis=1)
    return np.asarray(np.minimum(labels, confusion.shape[2] - 1))


def crowd(seed: int, items: int, people: int, each: int, labels: int) -> Crowd:
    """People who are right 55-95 % of the time, by label, each with favourite mistakes."""
    draw = np.random.default_rng(seed)
    prevalence = draw.dirichlet(np.full(labels, 2.0))
    truth = draw.choice(labels, items, p=prevalence)
    confusion = np.zeros((people, labels, labels))
    for person in range(people):
        for label in range(labels):
            right = draw.uniform(0.55, 0.95)
            wrong = draw.dirichlet(np.full(labels - 1, 0.7)) * (1 - right)
            confusion[person, label] = np.insert(wrong, label, right)
    item = np.repeat(np.arange(items), each)
    who = np.concatenate([draw.choice(people, each, replace=False) for _ in range(items)])
    given_label = drawn(draw, confusion, who, truth[item])
    given = answers(item, who, given_label, items=items, annotators=people, labels=labels)
    return Crowd(given, truth, confusion, prevalence)


def column(rows: list[dict[str, str]], name: str) -> Ints:
    """A column's values numbered from 0 in rising order."""
    _, numbers = np.unique([int(row[name]) for row in rows], return_inverse=True)
    return numbers


def snow() -> tuple[Answers, Ints]:
    """Answers of R. Snow et al. 2008, and gold by item."""
    rows = tables.rows("snow2008_rte")
    given = answers(column(rows, "item"), column(rows, "worker"), column(rows, "label"))
    gold = np.zeros(given.items, dtype=np.int64)
    gold[given.item] = column(rows, "gold")
    return given, gold


def anaesthetists() -> Answers:
    """Grades of A. P. Dawid & A. M. Skene 1979; the first observer saw each patient thrice."""
    rows = tables.rows("dawid_skene1979_anaesthetists")
    return answers(column(rows, "patient"), column(rows, "observer"), column(rows, "grade"))
