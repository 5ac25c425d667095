"""What to train somebody in: the confusions that others do not make, and what to say."""

import shlex
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from labelpulse.charts import formats
from labelpulse.charts.theme import Row
from labelpulse.core.catalogue import say
from labelpulse.core.events import LABELED
from labelpulse.judgement.desk import Desk
from labelpulse.judgement.people import GOLD, comparing, is_person
from labelpulse.metrics.registry import METRICS

SHOWN = 3
LEAST_TIMES = 2
"""Once is no habit."""

FIRM = 20
"""On fewer answers to a label, a confusion is a hint."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """One label taken for another by somebody.

    Attributes:
        truth: what the items are. given: what the person said; "" = other labels.
        n: how often, of so many answers to items of `truth`. peers: how often the others did, 0-1.
        evidence: what says what the items are, in words: known answers, consensus, most others.
    """

    truth: str
    given: str
    n: int
    of: int
    peers: float | None
    evidence: str

    @property
    def excess(self) -> float:
        """How many times more than a peer would have."""
        return self.n - self.of * (self.peers or 0)

    @property
    def pair(self) -> str:
        """The two labels as words, "" where only one is known."""
        return f"{self.truth}|{self.given}" if self.given else ""

    @property
    def told(self) -> str:
        """The confusion in words, with its counts."""
        what = say("{truth} missed", truth=self.truth)
        if self.given:
            what = say("{truth} taken for {given}", truth=self.truth, given=self.given)
        answers = formats.plural(self.of, "answer", "answers")
        told = say("{what}: {n} of {answers}", what=what, n=self.n, answers=answers)
        if self.peers is not None:
            peers = formats.percent(self.peers)
            told = say("{told}; of the others, {share}", told=told, share=peers)
        if self.of < FIRM:
            return say("{told} ({n} are few: a hint)", told=told, n=self.of)
        return told


def weakest(found: Sequence[Confusion], shown: int = SHOWN) -> list[Confusion]:
    """Return the confusions that somebody makes most often beyond what peers do."""
    more = [one for one in found if one.n >= LEAST_TIMES and one.excess > 0]
    return sorted(more, key=lambda one: (-one.excess, one.truth, one.given))[:shown]


def confusions(desk: Desk, person: str) -> list[Confusion]:
    """Return what one person took for what, by the best evidence there is.

    Args:
        person: the pseudonym.
    """
    if GOLD in comparing(desk):
        own = desk.detail("gold_confusion", where=is_person(person))
        found = against_gold(own, desk.detail("gold_confusion"))
        if found:
            return found
    if not desk.holding.double or desk.scale not in LABELED:
        return []
    return by_consensus(desk, person) or beside_others(desk, person)


def against_gold(own: Sequence[Row], everybody: Sequence[Row]) -> list[Confusion]:
    """Return the wrong pairs of one person's confusion table, beside those of all others.

    Args:
        own, everybody: keys ``gold``, ``label``, value = answers; everybody's hold the person's.
    """
    mine, all_of_them = _counts(own), _counts(everybody)
    totals, all_totals = _totals(mine), _totals(all_of_them)
    return [
        Confusion(
            truth,
            given,
            n,
            totals[truth],
            _share(all_of_them[truth, given] - n, all_totals[truth] - totals[truth]),
            say("known answers"),
        )
        for (truth, given), n in mine.items()
        if truth != given and n
    ]


def _counts(rows: Sequence[Row]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        found[row["gold"], row["label"]] += row["value"]
    return found


def _totals(counts: dict[tuple[str, str], int]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for (truth, _), n in counts.items():
        found[truth] += n
    return found


def _share(part: int, of: int) -> float | None:
    return part / of if of else None


def by_consensus(desk: Desk, person: str) -> list[Confusion]:
    """Return confusions by what all answers together say; none where the model does not hold."""
    rows = desk.rows(
        "consensus_confusion", "annotator", "label", "label_given", where=is_person(person)
    )
    least = METRICS["consensus_confusion"].min_n
    return [
        Confusion(
            str(row["label"]),
            str(row["label_given"]),
            round(row["value"] * row["n"]),
            round(row["n"]),
            None,
            say("consensus"),
        )
        for row in rows
        if row["value"] is not None and row["label"] != row["label_given"] and row["n"] >= least
    ]


def beside_others(desk: Desk, person: str) -> list[Confusion]:
    """Return the labels on which somebody differs from most others."""
    rows = desk.rows("error_lift", "annotator", "label", where=is_person(person))
    return [
        Confusion(str(row["label"]), "", row["errors"], row["n"], row["peers"], say("most others"))
        for row in rows
        if row["value"] is not None
    ]


def card(name: str, found: Sequence[Confusion]) -> str:
    """Return what to say to somebody, as text to copy: a talk about examples, no verdict.

    The note that it proposes names labels, not the person: everybody reads it on the charts.

    >>> print(card("Ana", [Confusion("Billing", "Refund", 9, 30, 0.1, "known answers")]))
    Talk with Ana: five examples, no verdict.
    1. Billing taken for Refund: 9 of 30 answers; of the others, 10 %.
    What to do
    - Open five of these items together. Ask first how Ana read each one, and why.
    - Read what the guideline says on Billing and Refund. If it leaves room, mend the guideline.
    - Note the day: labelpulse mark 'Training on Billing and Refund' --kind training. The profile \
then shows before and after.
    """
    labels = dict.fromkeys(label for one in found for label in (one.truth, one.given) if label)
    named = formats.listed(list(labels), 2 * SHOWN)
    note = say("Training on {labels}", labels=named)
    mark = shlex.join(["labelpulse", "mark", note, "--kind", "training"])
    together = say(
        "Open five of these items together. Ask first how {name} read each one, and why.",
        name=name,
    )
    read = say(
        "Read what the guideline says on {labels}. If it leaves room, mend the guideline.",
        labels=named,
    )
    day = say("Note the day: {command}. The profile then shows before and after.", command=mark)
    text = "\n".join(
        [
            say("Talk with {name}: five examples, no verdict.", name=name),
            *(f"{at}. {one.told}." for at, one in enumerate(found, 1)),
            say("What to do"),
            *(f"- {step}" for step in (together, read, day)),
        ]
    )
    return text.replace("\N{NO-BREAK SPACE}", " ")
