"""Which two labels people confuse most, and who stands on which side."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from labelpulse.core import formats
from labelpulse.core.formats import lift
from labelpulse.findings import watch
from labelpulse.findings.blame import Blame
from labelpulse.findings.selection import Selection
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


def pairs(selection: Selection) -> list[Pair]:
    """Return the pairs of labels that people confuse, most first."""
    rows = selection.detail("label_pairs")
    total = sum(row["value"] for row in rows)
    labels = {row[side] for row in rows for side in ("label_a", "label_b")}
    possible = len(labels) * (len(labels) - 1) // 2
    found = []
    for row in rows:
        a, b = sorted((row["label_a"], row["label_b"]), key=str.casefold)
        share = row["value"] / total
        found.append(Pair(a, b, row["value"], share, row.get("expected"), possible))
    return found


@dataclass(frozen=True, slots=True)
class Rise:
    """Since when a pair is what agreement fell by; team: the only one that it fell with, if any."""

    since: date
    team: str | None = None


def rise(selection: Selection, pair: Pair, blame: Blame) -> Rise | None:
    """Return the rise of a pair, if agreement stands fallen by it.

    Args:
        blame: where the fall sits.
    """
    found = watch.alarm(selection, "agreement_drift")
    if found is None or blame.pair is None or set(blame.pair) != {pair.first, pair.second}:
        return None
    return Rise(found.since, blame.team)


def both(selection: Selection, kind: str, pair: Pair, since: date | None = None) -> list[Row]:
    """Return a table behind the two readings of a pair: ``readings`` or ``sides``.

    Args:
        since: of answers from this day on; None = of the chosen days.

    The one place that asks for examples; another source of items would be put here.
    """
    where = [f"label={_escaped(one)}" for one in (pair.first, pair.second)]
    days = None if since is None else (since, selection.span.until)
    return selection.detail(kind, days, where=where)


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
    """Return those who lean to one label beyond chance, those that give the first most first.

    Where two labels meet, one answer gives the first and another the second: with two answers an
    item, half of all together, so that the shares of two sides are no independent ones to take the
    difference of. Each is tested against the share of all sides, by the score that Wilson's
    interval rests on, and Benjamini & Hochberg at 5 % says which of those with `LEAST` answers or
    more lean.
    """
    from labelpulse.stats.discovery import benjamini_hochberg, two_sided

    known = [one for one in sides if one.n >= LEAST]
    first, n = sum(one.first for one in sides), sum(one.n for one in sides)
    if not 0 < first < n:
        return []
    share = first / n
    spread = (share * (1 - share)) ** 0.5
    scores = [(one.first - one.n * share) / (spread * one.n**0.5) for one in known]
    real = benjamini_hochberg(two_sided(scores))
    found = [one for one, leans in zip(known, real.tolist(), strict=True) if leans]
    return sorted(found, key=lambda one: (-one.first / one.n, one.who.casefold()))


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


def examples(selection: Selection, pair: Pair, risen: Rise | None, most: int) -> list[Row]:
    """Return the newest items for a guideline card: since a pair rose, those with its team first.

    Returns:
        Rows of ``readings``, at most so many.
    """
    if risen is None:
        return both(selection, "readings", pair)[:most]
    rows = both(selection, "readings", pair, risen.since)
    sides = both(selection, "sides", pair, risen.since) if risen.team else []
    team = {row["annotator"] for row in sides if row["team"] == risen.team}
    return sorted(rows, key=lambda row: team.isdisjoint(_people(row)))[:most]


def _people(row: Row) -> tuple[str, str]:
    return row["annotator_a"], row["annotator_b"]


def guideline(
    selection: Selection,
    pair: Pair,
    risen: Rise | None,
    examples: Sequence[Row],
    address: Callable[[str], str | None] = lambda _item: None,
) -> str:
    """Return a text to hand to the guideline's owner: what is read two ways, and on which items.

    Teams are named where they lean to one of the two, people never: the text leaves the page.

    Args:
        risen: its teams and examples are of the days from then.
        examples: rows of `both`. address: where an item stands in its tool, None = not known.
    """
    place = f"Project {selection.holding.info.title}, question {selection.control}."
    lines = [f"Guideline question: {pair.first} or {pair.second}?", "", f"{place} {_often(pair)}"]
    if risen is not None:
        lines.append(_since(risen))
    sides = both(selection, "sides", pair, risen.since if risen else None)
    teams = leaning(of_teams(sides))
    if teams:
        lines.append(_who_gives(pair, teams, risen))
    if examples:
        lines += ["", "Given both ways:"]
        lines += [_example(str(row["item"]), address) for row in examples]
    lines += [
        "",
        "To decide:",
        f"1. When is an item {pair.first}, and when {pair.second}?",
        "2. Which of the examples is which, and why?",
        "3. What sentence in the guideline tells a newcomer?",
    ]
    return "\n".join(lines)


def _since(risen: Rise) -> str:
    day = formats.day(risen.since)
    if risen.team is None:
        return f"It has risen since {day}."
    return (
        f"It has risen since {day}; since then agreement has fallen, only with team {risen.team}."
    )


def _who_gives(pair: Pair, teams: Sequence[Side], risen: Rise | None) -> str:
    told = ", ".join(f"{one.who} {formats.percent(one.first / one.n)} (n {one.n})" for one in teams)
    if risen is None:
        return f"Where the two meet, {pair.first} is given by: {told}."
    return f"Where the two meet since then, {pair.first} is given by: {told}."


def _example(item: str, address: Callable[[str], str | None]) -> str:
    found, named = address(item), f"item {item}"
    return f"- {named}: {found}" if found else f"- {named}"


def _often(pair: Pair) -> str:
    """Return how often two labels met, and how much more often than by chance, as a sentence."""
    times = formats.count_of(pair.n, "time", "times")
    share = formats.percent(pair.share)
    if not pair.lift:
        return (
            f"Two people gave the same item {pair.first} and {pair.second} {times}: {share} of "
            "all disagreement."
        )
    return (
        f"Two people gave the same item {pair.first} and {pair.second} {times}: {share} of all "
        f"disagreement, {pair.lift[:-1]} times as often as by chance."
    )
