"""What to train somebody in: the confusions that others do not make, and what to say."""

import shlex
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.core.events import LABELED
from labelpulse.findings.people import GOLD, apart, comparing, evidence, is_person
from labelpulse.findings.selection import Selection
from labelpulse.metrics.registry import METRICS

SHOWN = 3
LEAST_TIMES = 2
"""Once is no habit."""

LEAST = METRICS["error_lift"].min_n
"""Nothing is told of fewer answers; nor of fewer to one label, but where chance is ruled out."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """One label taken for another by somebody.

    Attributes:
        truth: what the items are. given: what the person said; "" = other labels.
        n: how often, of so many answers to items of `truth`. peers: how often the others did, 0-1.
        evidence: what says what the items are, in words: known answers, consensus, most others.
        beyond: chance does not explain that they err more than others on `truth`; None = not known.
    """

    truth: str
    given: str
    n: int
    of: int
    peers: float | None
    evidence: str
    beyond: bool | None = None

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
        what = f"{self.truth} missed"
        if self.given:
            what = f"{self.truth} taken for {self.given}"
        answers = formats.count_of(self.of, "answer", "answers")
        told = f"{what}: {self.n} of {answers}"
        if self.peers is not None:
            peers = formats.percent(self.peers)
            told = f"{told}; of the others, {peers}"
        return f"{told} (may be chance)" if self.beyond is False else told


@dataclass(frozen=True, slots=True)
class Mistakes:
    """What somebody took for what.

    Attributes:
        answers: those that could have been wrong, of all labels.
        apart: they are surely below most others, so that not all of it is chance.
    """

    found: Sequence[Confusion]
    answers: int
    apart: bool = False

    @property
    def weakest(self) -> list[Confusion]:
        """What to talk about, at most `SHOWN`: what is beyond chance first, then the most often.

        Nothing of fewer answers than `LEAST`: of somebody new, it would be bad luck.
        """
        if self.answers < LEAST:
            return []
        firm = [one for one in self._habits if self.apart or one.beyond or one.of >= LEAST]
        order = sorted(firm, key=lambda one: (not one.beyond, -one.excess, one.truth, one.given))
        return order[:SHOWN]

    @property
    def told(self) -> str:
        """What is most to talk about, in words, or why there is nothing."""
        if self.weakest:
            return self.weakest[0].told
        if not self.found:
            return "No mistakes that known answers or the others could show"
        made = sum(one.n for one in self.found)
        mistakes = formats.count_of(made, "mistake", "mistakes")
        answers = formats.count_of(self.answers, "answer", "answers")
        if self.answers < LEAST:
            more = _more(self.answers)
            return f"{mistakes} in {answers}: to name one takes {more}"
        if not self._habits:
            return f"{mistakes} in {answers}: none twice and more often than the others"
        most = max(self._habits, key=lambda one: one.of)
        return (
            f"{mistakes} in {answers}, none beyond chance: to name one takes {_more(most.of)} "
            f"to {most.truth}"
        )

    @property
    def _habits(self) -> list[Confusion]:
        return [one for one in self.found if one.n >= LEAST_TIMES and one.excess > 0]


def _more(answers: int) -> str:
    return formats.count_of(LEAST - answers, "more answer", "more answers")


def mistakes(selection: Selection, person: str) -> Mistakes:
    """Return what one person took for what, by the best evidence there is.

    Args:
        person: the pseudonym.
    """
    below = apart(evidence(selection))
    return replace(_mistakes(selection, person), apart=selection.names.get(person, person) in below)


def _mistakes(selection: Selection, person: str) -> Mistakes:
    if selection.scale not in LABELED or not comparing(selection):
        return Mistakes((), 0)
    lifts = selection.rows("error_lift", "annotator", "label", where=is_person(person))
    known = [row for row in lifts if row["value"] is not None]
    if GOLD in comparing(selection):
        own = selection.detail("gold_confusion", where=is_person(person))
        wrong = against_gold(own, selection.detail("gold_confusion"), known)
        if wrong:
            return Mistakes(wrong, sum(row["value"] for row in own))
    if not selection.holding.double:
        return Mistakes((), 0)
    found = by_consensus(selection, person)
    return found if found.found else beside_others(known)


def against_gold(
    own: Sequence[Row], everybody: Sequence[Row], lifts: Sequence[Row] = ()
) -> list[Confusion]:
    """Return the wrong pairs of one person's confusion table, beside those of all others.

    Args:
        own, everybody: keys ``gold``, ``label``, value = answers; everybody's hold the person's.
        lifts: the person's rows of `error_lift`.
    """
    beyond = {row["label"]: row["finding"] for row in lifts}
    mine, all_of_them = _counts(own), _counts(everybody)
    totals, all_totals = _totals(mine), _totals(all_of_them)
    return [
        Confusion(
            truth,
            given,
            n,
            totals[truth],
            _share(all_of_them[truth, given] - n, all_totals[truth] - totals[truth]),
            "known answers",
            beyond.get(truth),
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


def by_consensus(selection: Selection, person: str) -> Mistakes:
    """Return confusions by what all answers together say; none where the model does not hold."""
    rows = selection.rows(
        "consensus_confusion", "annotator", "label", "label_given", where=is_person(person)
    )
    least = METRICS["consensus_confusion"].min_n
    known = [row for row in rows if row["value"] is not None and row["n"] >= least]
    wrong = [
        Confusion(
            str(row["label"]),
            str(row["label_given"]),
            round(row["value"] * row["n"]),
            round(row["n"]),
            None,
            "consensus",
        )
        for row in known
        if row["label"] != row["label_given"] and round(row["value"] * row["n"])
    ]
    return Mistakes(wrong, sum({row["label"]: round(row["n"]) for row in known}.values()))


def beside_others(lifts: Sequence[Row]) -> Mistakes:
    """Return the labels on which somebody differs from most others.

    Args:
        lifts: the person's rows of `error_lift`.
    """
    wrong = [
        Confusion(
            str(row["label"]),
            "",
            row["errors"],
            row["n"],
            row["peers"],
            "most others",
            row["finding"],
        )
        for row in lifts
        if row["errors"]
    ]
    return Mistakes(wrong, sum(row["n"] for row in lifts))


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
    note = f"Training on {named}"
    mark = shlex.join(["labelpulse", "mark", note, "--kind", "training"])
    together = f"Open five of these items together. Ask first how {name} read each one, and why."
    read = f"Read what the guideline says on {named}. If it leaves room, mend the guideline."
    day = f"Note the day: {mark}. The profile then shows before and after."
    text = "\n".join(
        [
            f"Talk with {name}: five examples, no verdict.",
            *(f"{at}. {one.told}." for at, one in enumerate(found, 1)),
            "What to do",
            *(f"- {step}" for step in (together, read, day)),
        ]
    )
    return text.replace("\N{NO-BREAK SPACE}", " ")
