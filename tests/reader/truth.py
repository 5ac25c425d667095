"""What agreement is, worked out from what people said, item by item and pair by pair.

Written from the definitions alone, with fractions and permutations: slow, plain, and sharing no
code with what it checks.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import combinations, permutations
from math import fsum, log
from typing import Any

from labelpulse.core.events import Status
from tests.reader.world import Say


@dataclass(frozen=True)
class Answered:
    """An item with one answer a person, and its agreement day (None = unknown)."""

    item: str
    day: date | None
    labels: dict[str, str]


def local(us: int | None) -> date | None:
    return None if us is None else datetime.fromtimestamp(us / 1e6, UTC).date()


Rows = list[tuple[Any, int, Say]]


def everybody(_: str) -> bool:
    return True


def answered(says: Iterable[Say], people: Callable[[str], bool] = everybody) -> list[Answered]:
    """Countable answers of known people, one item after the other."""
    by_item: dict[str, dict[str, Rows]] = defaultdict(lambda: defaultdict(list))
    for order, one in enumerate(says):
        counts = one.status == Status.SUBMITTED and not one.deleted
        if counts and one.who is not None and people(one.who):
            when = float("inf") if one.at is None else one.at
            by_item[one.item][one.who].append((when, order, one))
    found = []
    for item, own in by_item.items():
        last = {who: max(rows)[2].labels for who, rows in own.items()}
        firsts = sorted(min(rows)[0] for rows in own.values())
        needed = firsts[1] if len(firsts) > 1 else firsts[0]
        day = None if needed == float("inf") else local(int(needed))
        found.append(Answered(item, day, last))
    return found


def percent(items: list[Answered]) -> tuple[float | None, int]:
    """Mean over items of the share of agreeing pairs, and n."""
    shares = []
    for one in items:
        given = list(one.labels.values())
        if len(given) > 1:
            pairs = list(permutations(given, 2))
            shares.append(Fraction(sum(a == b for a, b in pairs), len(pairs)))
    return (float(sum(shares) / len(shares)) if shares else None), len(shares)


def alpha(items: list[Answered]) -> tuple[float | None, int]:
    """1 - observed disagreement / expected, from all ordered pairs."""
    two = [list(one.labels.values()) for one in items if len(one.labels) > 1]
    values = [label for given in two for label in given]
    apart = sum(
        (Fraction(sum(a != b for a, b in permutations(given, 2)), len(given) - 1) for given in two),
        Fraction(0),
    )
    expected = sum(a != b for a, b in permutations(values, 2))
    if not expected:
        return None, len(two)
    return float(1 - (len(values) - 1) * apart / expected), len(two)


def interval_alpha(items: list[Answered]) -> tuple[float | None, int]:
    """Krippendorff's alpha for squared differences, from moments: no pairs of labels in it."""
    values = [[float(x) for x in one.labels.values()] for one in items if len(one.labels) > 1]
    every = [x for one in values for x in one]
    n = len(every)
    within_items = sum(
        2 * (len(one) * sum(x * x for x in one) - sum(one) ** 2) / (len(one) - 1) for one in values
    )
    overall = 2 * (n * sum(x * x for x in every) - sum(every) ** 2)
    return (1 - (n - 1) * within_items / overall if overall else None), len(values)


def entropy(items: list[Answered], labels: int) -> tuple[float | None, int]:
    """Mean over items of -Σ p log p, to the base of so many possible labels, and n."""
    every = [list(one.labels.values()) for one in items if len(one.labels) > 1]
    each = [
        -sum(given.count(x) / len(given) * log(given.count(x) / len(given)) for x in set(given))
        for given in every
    ]
    return (fsum(each) / len(each) / log(labels) if each else None), len(each)


def pairs(items: list[Answered]) -> dict[tuple[str, str], tuple[int, int]]:
    """(a, b) -> (items both answered, answered alike)."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for one in items:
        for a, b in combinations(sorted(one.labels), 2):
            shared, alike = found.get((a, b), (0, 0))
            found[a, b] = shared + 1, alike + (one.labels[a] == one.labels[b])
    return found
