"""Which two labels people confuse most, and who stands on which side."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from labelpulse.charts import formats
from labelpulse.charts.triangle import lift
from labelpulse.judgement.desk import Desk
from labelpulse.reader import Row
from labelpulse.stats.intervals import wilson

LEAST = 20
"""Of fewer answers a person's or a team's habit cannot be told."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two labels that people give to the same items.

    Attributes:
        n: pairs of answers that differ so. share: of all that differ. expected: that by chance.
        of: how many pairs of labels there are.
    """

    first: str
    second: str
    n: int
    share: float
    expected: float | None
    of: int

    @property
    def title(self) -> str:
        """What the pair is called."""
        return f"{self.first} / {self.second}"

    @property
    def lift(self) -> str:
        """How many times as often as by chance; "" = not known."""
        return lift(self.share, self.expected)


def pairs(desk: Desk) -> list[Pair]:
    """Return the pairs of labels that people confuse, most first."""
    rows = desk.detail("label_pairs")
    total = sum(row["value"] for row in rows)
    labels = {row[side] for row in rows for side in ("label_a", "label_b")}
    possible = len(labels) * (len(labels) - 1) // 2
    found = []
    for row in rows:
        a, b = sorted((row["label_a"], row["label_b"]), key=str.casefold)
        share = row["value"] / total
        found.append(Pair(a, b, row["value"], share, row.get("expected"), possible))
    return found


def both(desk: Desk, kind: str, pair: Pair) -> list[Row]:
    """Return a table behind the two readings of a pair: ``readings`` or ``sides``.

    The one place that asks for examples; another source of items would be put here.
    """
    where = [f"label={_escaped(one)}" for one in (pair.first, pair.second)]
    return desk.detail(kind, where=where)


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace("=", r"\=")


@dataclass(frozen=True, slots=True)
class Side:
    """How somebody reads items on which two labels meet: how often as the first and the second."""

    who: str
    first: int
    second: int

    @property
    def n(self) -> int:
        """Answers in all."""
        return self.first + self.second

    @property
    def interval(self) -> str:
        """The 95 % interval of the share of the first label, by Wilson, in words."""
        low, high = wilson(self.first, self.n)
        return formats.interval(low, high, "share")


def leaning(sides: Sequence[Side]) -> list[Side]:
    """Return those of whom a habit can be told, those that give the first label most first."""
    known = [one for one in sides if one.n >= LEAST]
    return sorted(known, key=lambda one: (-one.first / one.n, one.who.casefold()))


def of_teams(rows: Sequence[Row]) -> list[Side]:
    """Return the sides of teams, from those of their people."""
    found: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        if row["team"]:
            found[row["team"]][0] += row["first"]
            found[row["team"]][1] += row["second"]
    return [Side(team, first, second) for team, (first, second) in found.items()]


def of_people(rows: Sequence[Row]) -> list[Side]:
    """Return the sides of people."""
    return [Side(str(row["annotator"]), row["first"], row["second"]) for row in rows]


def guideline(desk: Desk, pair: Pair, since: date | None, examples: Sequence[Row]) -> str:
    """Return a text to hand to the guideline's owner: what is read two ways, and on which items.

    Teams are named where enough answers tell of them, people never.
    """
    project, control = desk.holding.info.title, desk.control
    lines = [
        f"Guideline question: {pair.first} or {pair.second}?",
        "",
        f"Project {project}, question {control}. Two people gave the same item "
        f"{pair.first} and {pair.second} {formats.plural(pair.n, 'time', 'times')}: "
        f"{formats.percent(pair.share)} of all disagreement"
        + (f", {pair.lift[:-1]} times as often as by chance." if pair.lift else "."),
    ]
    if since is not None:
        lines.append(f"It has risen since {formats.day(since)}.")
    teams = leaning(of_teams(both(desk, "sides", pair)))
    if len(teams) > 1:
        told = [f"{one.who} {formats.percent(one.first / one.n)} (n {one.n})" for one in teams]
        lines.append(f"Where the two meet, {pair.first} is given by: {', '.join(told)}.")
    if examples:
        shown = ", ".join(str(row["item"]) for row in examples)
        lines += ["", f"Examples of both readings: items {shown}."]
    lines += [
        "",
        "To decide:",
        f"1. When is an item {pair.first}, and when {pair.second}?",
        "2. Which of the examples is which, and why?",
        "3. What sentence in the guideline tells a newcomer?",
    ]
    return "\n".join(lines)
