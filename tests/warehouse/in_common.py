"""What two answers have in common, worked out a second time: every matching is tried.

For the oracle: upright boxes ``[x, y, width, height, label]``, stretches ``[start, end, label]``
and plain texts, in fractions.
"""

import json
from collections import Counter
from fractions import Fraction
from itertools import combinations, permutations
from typing import Any

MATCHED = {"geometry", "span", "text"}


def pairs(truth: Any, item: str, control: str, people: dict[str, list[Any]]) -> None:
    """Add the pairs of an item's answers to a question."""
    scale = truth.said.scales[control]
    if scale not in MATCHED:
        return
    known = {who: own for who, own in people.items() if who}
    times = sorted(own[0].at for own in known.values() if own[0].at is not None)
    day = truth.day(times[1]) if len(times) > 1 else 0
    for a, b in combinations(sorted(known), 2):
        latest = [known[who][-1] for who in (a, b)]
        two = [one.last[control] for one in latest]
        helped = {one.parent is not None for one in latest}
        key = (day, control, truth.batch(item), a, b, 2 if len(helped) > 1 else int(*helped))
        truth.add("pair_geometry", key, *in_common(scale, *two))


def known(truth: Any, item: str, control: str, people: dict[str, list[Any]]) -> None:
    """Add what people's first answers to a question have in common with the known one."""
    scale = truth.said.scales[control]
    asserted = [one.last[control] for one in truth.gold_works(item, control)]
    if scale not in MATCHED or len({json.dumps(one) for one in asserted}) != 1:
        return
    for who, own in people.items():
        first = own[0].first.get(control, own[0].last[control])
        _, tp, located, n_known, n_given, iou, _, empty, _ = in_common(scale, asserted[0], first)
        f1 = Fraction(2 * tp, n_known + n_given) if n_known + n_given else Fraction(0)
        f1 = Fraction(round(f1 * 10**9), 10**9)
        helped = int(own[0].parent is not None)
        key = (truth.day(own[0].at), control, truth.batch(item), who, helped)
        scores = (int(f1 * 10**9), round(f1 * f1 * 10**9))
        matched = (tp, located, n_known, n_given, iou)
        truth.add("gold_geometry", key, 1, 0, empty, *scores, *matched)


def in_common(scale: str, a: Any, b: Any) -> tuple[int, ...]:
    """Return the sums of one pair of answers."""
    if scale == "text":
        return of_texts(as_text(a), as_text(b))
    overlap = box_overlap if scale == "geometry" else stretch_overlap
    placed = tried(a, b, overlap, whatever)
    named = tried(a, b, overlap, same_label)
    alike = (Counter(map(str, a)) & Counter(map(str, b))).total()
    return 1, named[0], placed[0], len(a), len(b), named[1], alike, int(not a and not b), 0


def whatever(_a: list[Any], _b: list[Any]) -> bool:
    return True


def same_label(a: list[Any], b: list[Any]) -> bool:
    return bool(a[-1] == b[-1])


def tried(a: list[Any], b: list[Any], overlap: Any, allowed: Any) -> tuple[int, int]:
    """Return (matches, sum of their overlaps) of the best of all one-to-one matchings."""
    few, many = sorted((a, b), key=len)
    best = (0, 0)
    for chosen in permutations(many, len(few)):
        shares = [overlap(x, y) for x, y in zip(few, chosen, strict=True) if allowed(x, y)]
        kept = [one for one in shares if one >= 500_000]
        best = max(best, (len(kept), sum(kept)))
    return best


def box_overlap(a: list[Any], b: list[Any]) -> int:
    (x, y, w, h), (u, v, p, q) = ([Fraction(str(one)) for one in box[:4]] for box in (a, b))
    wide = max(min(x + w, u + p) - max(x, u), Fraction(0))
    high = max(min(y + h, v + q) - max(y, v), Fraction(0))
    return share(wide * high, w * h + p * q - wide * high, a[:4] == b[:4])


def stretch_overlap(a: list[Any], b: list[Any]) -> int:
    (s, e), (t, f) = ([Fraction(str(one)) for one in stretch[:2]] for stretch in (a, b))
    both = max(min(e, f) - max(s, t), Fraction(0))
    return share(both, (e - s) + (f - t) - both, a[:2] == b[:2])


def share(both: Fraction, whole: Fraction, same: bool) -> int:
    return round(both / whole * 1_000_000) if whole else 1_000_000 * same


def as_text(value: Any) -> str:
    return "\n".join(value) if isinstance(value, list) else str(value)


def of_texts(a: str, b: str) -> tuple[int, ...]:
    mine, theirs = Counter(a.lower().split()), Counter(b.lower().split())
    both, sizes = (mine & theirs).total(), (mine.total(), theirs.total())
    one, other = " ".join(a.split()), " ".join(b.split())
    longer = max(len(one), len(other))
    score = round((1 - edits(one, other) / longer) * 1_000_000) if longer else 1_000_000
    return 1, both, both, *sizes, 0, int(one == other), int(sizes == (0, 0)), score


def edits(a: str, b: str) -> int:
    """Return the least insertions, deletions and replacements from one text to the other."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]
