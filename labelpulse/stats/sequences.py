"""How alike two orders of options are, and two texts."""

import re
from collections import Counter
from collections.abc import Mapping
from itertools import combinations
from math import sqrt
from unicodedata import normalize

_WORD = re.compile(r"\w+")


def tau_b(a: Mapping[str, float], b: Mapping[str, float]) -> float | None:
    """Return Kendall's tau-b of two rankings: option -> rank, equal ranks = tied.

    (concordant - discordant) / sqrt((pairs not tied in a) (pairs not tied in b)), from -1, the
    reverse order, to 1. An option that only one of them ranks is last in the other, tied with all
    such. The same ranking is 1 even where everything is tied; else None where one ties all.
    M. G. Kendall 1945, Biometrika 33:239.

    >>> tau_b({"x": 1, "y": 2, "z": 3}, {"x": 1, "y": 3, "z": 2})
    0.3333333333333333
    """
    if a == b:
        return 1.0
    last = max([0.0, *a.values(), *b.values()]) + 1
    ranks = [(a.get(one, last), b.get(one, last)) for one in {**a, **b}]
    score = apart_a = apart_b = 0
    for (x, y), (u, v) in combinations(ranks, 2):
        one, other = (x > u) - (x < u), (y > v) - (y < v)
        score += one * other
        apart_a += one != 0
        apart_b += other != 0
    return score / sqrt(apart_a * apart_b) if apart_a and apart_b else None


def plain(text: str) -> str:
    r"""Return a text in Unicode's NFKC with single spaces, as texts are compared.

    >>> plain(" ﬁrst　 line\n")
    'first line'
    """
    return " ".join(normalize("NFKC", text).split())


def text_similarity(a: str, b: str) -> float:
    """Return 1 - edits / length of the longer text, in characters; 1 where both are empty.

    Edits are insertions, deletions and replacements. V. I. Levenshtein 1966.

    >>> round(text_similarity("kitten", "sitting"), 6)
    0.571429
    """
    from rapidfuzz.distance import Levenshtein

    return float(Levenshtein.normalized_similarity(plain(a), plain(b)))


def words(text: str) -> Counter[str]:
    """Return how often each word is in a text, whatever its case.

    >>> sorted(words("The cat, the dog").items())
    [('cat', 1), ('dog', 1), ('the', 2)]
    """
    return Counter(_WORD.findall(plain(text).casefold()))
