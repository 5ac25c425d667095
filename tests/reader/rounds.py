"""Dawid & Skene's model of answers, in plain loops that share no code with what they check."""

from collections import defaultdict
from dataclasses import dataclass
from math import log

from labelpulse.stats.consensus import SMOOTHING, TOLERANCE, TOWARDS_TEAM

Given = list[tuple[str, str, str]]
"""(item, person, label)."""
Shares = dict[str, float]


@dataclass
class Told:
    """The end of the rounds: item -> label -> chance; label -> share; person -> label -> given."""

    posterior: dict[str, Shares]
    prevalence: Shares
    confusion: dict[str, dict[str, Shares]]

    def accuracy(self, who: str) -> float:
        return sum(share * self.confusion[who][k][k] for k, share in self.prevalence.items())

    def chance_right(self, item: str, who: str) -> float:
        """How likely a person is right on an item, whatever they said."""
        return sum(p * self.confusion[who][k][k] for k, p in self.posterior[item].items())

    def error(self, item: str) -> float:
        return 1 - max(self.posterior[item].values())

    def seen(self, given: Given, who: str, label: str) -> float:
        """The expected number of a person's answers to items of a label."""
        return sum(self.posterior[item][label] for item, person, _ in given if person == who)


def shares(counts: Shares) -> Shares:
    return {key: n / sum(counts.values()) for key, n in counts.items()}


def rounds(given: Given, smoothing: float, team: float, least: float) -> Told:
    """A. P. Dawid & A. M. Skene 1979, equations 2.3 to 2.5, from each item's shares of answers.

    Args:
        smoothing: added to every count. team: answers for which everybody's matrix counts.
        least: stop when the log-likelihood changes by less than this part of itself.
    """
    labels = sorted({label for _, _, label in given})
    people = sorted({who for _, who, _ in given})
    own: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for item, who, label in given:
        own[item].append((who, label))
    posterior = {i: shares({k: sum(x == k for _, x in own[i]) for k in labels}) for i in own}
    before = None
    while True:
        count = {who: {k: dict.fromkeys(labels, 0.0) for k in labels} for who in people}
        for item, who, label in given:
            for k in labels:
                count[who][k][label] += posterior[item][k]
        all_ = {
            k: shares({x: sum(count[w][k][x] for w in people) + smoothing for x in labels})
            for k in labels
        }
        confusion = {
            w: {
                k: shares({x: count[w][k][x] + smoothing + team * all_[k][x] for x in labels})
                for k in labels
            }
            for w in people
        }
        prevalence = shares({k: sum(p[k] for p in posterior.values()) + smoothing for k in labels})
        likelihood = 0.0
        for item, answers in own.items():
            joint = dict(prevalence)
            for who, label in answers:
                joint = {k: p * confusion[who][k][label] for k, p in joint.items()}
            likelihood += log(sum(joint.values()))
            posterior[item] = shares(joint)
        if before is not None and abs(likelihood - before) <= least * abs(likelihood):
            return Told(posterior, prevalence, confusion)
        before = likelihood


def as_told(given: Given) -> Told:
    return rounds(given, SMOOTHING, TOWARDS_TEAM, TOLERANCE)
