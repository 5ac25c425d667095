"""What a fall of agreement sits in: a pair of labels, a team, a batch. Never one person."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import NormalDist

from labelpulse.core.estimate import Row
from labelpulse.findings.selection import Days, Selection
from labelpulse.reader.query import Condition
from labelpulse.stats.intervals import Z95, Estimated, difference, wilson

WINDOW = 28
"""Days before the change that the days since it are compared with."""

_MOST_OF_RISE = 0.4
_GROWN = 0.1


@dataclass(frozen=True, slots=True)
class Blame:
    """Where most of a fall sits; None = spread, or too little to tell.

    Attributes:
        pair: two labels that account for most of the new disagreement.
        team: without its answers agreement has not fallen, within chance.
        batch: one that came to be a larger part of the items.
    """

    pair: tuple[str, str] | None = None
    team: str | None = None
    batch: str | None = None

    @property
    def mostly(self) -> str:
        """The words on it, for the end of a sentence; "" = nothing stands out."""
        found = []
        if self.pair is not None:
            first, second = self.pair
            found.append(f"mostly {first} / {second}")
        if self.team is not None:
            found.append(f"only with team {self.team}")
        if self.batch is not None:
            found.append(f"more items of batch {self.batch}")
        return ", ".join(found)


NOBODY = Blame()


def blame(selection: Selection, metric: str, since: date, *, mix: bool) -> Blame:
    """Return where a fall of agreement since a day sits.

    Args:
        metric: the measure of agreement that is a share.
        mix: other work came in: then it is no label and no team that answers differently.
    """
    last = since - timedelta(days=1)
    sides = ((last - timedelta(days=WINDOW - 1), last), (since, selection.span.until))
    if mix:
        return Blame(
            batch=grown_batch(*(selection.rows(metric, "batch", days=one) for one in sides))
        )
    labels = metric == "agreement_percent"
    return Blame(
        pair=risen_pair(*(_apart(selection, one) for one in sides)) if labels else None,
        team=_team(selection, metric, sides),
    )


def _apart(selection: Selection, days: Days) -> "Apart":
    """Return how often each two different labels met in some days, per comparison."""
    whole = selection.one("agreement_percent", days=days)
    apart = 0.0 if whole is None or whole["value"] is None else 1 - whole["value"]
    return apart_rates(selection.detail("label_pairs", days), apart)


Apart = Mapping[tuple[str, str], float]
"""Two labels -> the part of all comparisons in which they met."""


def apart_rates(rows: Sequence[Row], apart: float) -> Apart:
    """Return the part of all comparisons in which each two different labels met.

    Args:
        rows: keys ``label_a``, ``label_b``, value = how often. apart: part of all that differed.
    """
    total = sum(row["value"] for row in rows)
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        first, second = sorted((row["label_a"], row["label_b"]))
        found[first, second] += apart * row["value"] / total
    return found


def risen_pair(before: Apart, after: Apart) -> tuple[str, str] | None:
    """Return the pair of labels that accounts for most of the rise of disagreement.

    >>> risen_pair({("a", "b"): 0.05, ("b", "c"): 0.05}, {("a", "b"): 0.12, ("b", "c"): 0.06})
    ('a', 'b')
    """
    rise = {pair: rate - before.get(pair, 0.0) for pair, rate in after.items()}
    whole = sum(after.values()) - sum(before.values())
    if whole <= 0 or not rise:
        return None
    pair = max(rise, key=rise.__getitem__)
    return pair if rise[pair] >= _MOST_OF_RISE * whole else None


def _team(selection: Selection, metric: str, sides: Sequence[Days]) -> str | None:
    """Return the one team that agreement fell with, and without which it did not, beyond chance."""
    teams = selection.ask.teams()
    if len(teams) < 2 or selection.team is not None or not selection.by_team(metric):
        return None
    whole = [selection.one(metric, days=one) for one in sides]
    rests = {team: [_without(selection, metric, team, one) for one in sides] for team in teams}
    there = {team: rest for team, rest in rests.items() if _is_part(whole, rest)}
    fell_with = [team for team, rest in there.items() if fell_only_with(whole, rest, of=len(there))]
    return fell_with[0] if len(fell_with) == 1 else None


def _without(selection: Selection, metric: str, team: str, days: Days) -> Row | None:
    query = selection.query(metric, days=days, where=[Condition("team", team, equal=False)])
    return next(iter(selection.ask.answer(query, selection.version)), None)


def _is_part(whole: Sequence[Row | None], rest: Sequence[Row | None]) -> bool:
    """True where a team has some of the items: without it there are fewer."""
    pairs = zip(whole, rest, strict=True)
    return any(a is not None and (b is None or b["n"] < a["n"]) for a, b in pairs)


def fell_only_with(whole: Sequence[Row | None], rest: Sequence[Row | None], *, of: int) -> bool:
    """Return whether a share fell more with a team than without it, where it did not surely fall.

    The items with the team are those of the whole that are not among the rest; by Wilson intervals
    and the square-and-add rule, once for each fall and once for the difference of the two. The
    difference is held to 5 % of all teams that are asked about together (Bonferroni).

    Args:
        whole, rest: before and after, of all and of all without the team: keys value, n.
        of: how many teams are asked about.
    """
    sides = [_share(row) for row in (*whole, *rest)]
    if any(one is None for one in sides):
        return False
    before, after, rest_before, rest_after = (one for one in sides if one is not None)
    team = _less(before, rest_before), _less(after, rest_after)
    if any(n <= 0 for _, n in (*team, rest_before, rest_after)):
        return False
    z = NormalDist().inv_cdf(1 - 0.025 / max(of, 1))
    with_team, without = _change(*team, z), _change(rest_before, rest_after, z)
    spared, _ = difference(with_team, without)
    return spared > 0 and _change(rest_before, rest_after, Z95)[1][1] >= 0


_Share = tuple[float, float]
"""How many agree, of how many."""


def _share(row: Row | None) -> _Share | None:
    return None if row is None or row["value"] is None else (row["value"] * row["n"], row["n"])


def _less(whole: _Share, rest: _Share) -> _Share:
    """Return what of a share is not among the rest."""
    n = whole[1] - rest[1]
    return min(max(whole[0] - rest[0], 0), max(n, 0)), n


def _change(before: _Share, after: _Share, z: float) -> Estimated:
    """Return how far a share moved, with its interval of z standard errors."""
    ends = [(k / n, wilson(k, n, z)) for k, n in (before, after)]
    return ends[1][0] - ends[0][0], difference(*ends)


def grown_batch(before: Sequence[Row], after: Sequence[Row]) -> str | None:
    """Return the batch whose part of the items grew most, by a tenth of all or more."""
    old, new = ({row["batch"]: row["n"] for row in rows if row["n"]} for rows in (before, after))
    if not old or not new:
        return None
    grown = {
        batch: n / sum(new.values()) - old.get(batch, 0) / sum(old.values())
        for batch, n in new.items()
        if batch
    }
    best = max(grown, key=grown.__getitem__, default=None)
    return best if best is not None and grown[best] >= _GROWN else None
