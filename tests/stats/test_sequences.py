"""Orders, texts and stretches, against scipy, a table of edits, and characters one by one."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from labelpulse.stats.sequences import plain, tau_b, text_similarity, words
from labelpulse.stats.spans import interval_iou
from tests.warehouse.in_common import edits

ranks = st.integers(0, 4)
two = st.lists(st.tuples(ranks, ranks), min_size=2, max_size=8)
stretches = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 6)).map(lambda one: (one[0], sum(one))),
    min_size=1,
    max_size=4,
)


@given(two)
def test_tau_is_that_of_scipy(pairs):
    a, b = zip(*pairs, strict=True)
    assume(a != b)
    found = tau_b(*({str(n): float(one) for n, one in enumerate(some)} for some in (a, b)))
    expected = kendalltau(a, b).statistic
    if np.isnan(expected):
        assert found is None
    else:
        assert found == pytest.approx(expected)


def test_the_ends_of_tau():
    order = {"a": 0.0, "b": 1.0, "c": 2.0}
    assert tau_b(order, order) == 1
    assert tau_b(order, {"a": 2, "b": 1, "c": 0}) == -1
    assert tau_b({"a": 0, "b": 0}, {"a": 0, "b": 0}) == 1
    assert tau_b({}, {}) == 1


def test_an_option_that_one_leaves_out_is_last():
    assert tau_b({"a": 0}, {"a": 0, "b": 1}) == 1
    assert tau_b({"a": 0}, {"b": 0}) == -1
    assert tau_b({"a": 0, "b": 1, "c": 2}, {"c": 0}) == pytest.approx(
        kendalltau([0, 1, 2], [1, 1, 0]).statistic
    )


@given(st.text("ab c", max_size=9), st.text("ab c", max_size=9))
def test_texts_are_alike_by_their_edits(a, b):
    one, other = " ".join(a.split()), " ".join(b.split())
    longest = max(len(one), len(other))
    expected = 1 - edits(one, other) / longest if longest else 1
    assert text_similarity(a, b) == pytest.approx(expected)


def test_texts_are_compared_as_unicode_means_them():
    assert text_similarity("Cafe\u0301", "Café") == 1
    assert text_similarity("ﬁne  day ", "fine day") == 1
    assert text_similarity("Day", "day") == pytest.approx(2 / 3)
    assert text_similarity("", "") == 1
    assert plain("\u00a0a\n b") == "a b"
    assert words("Straße STRASSE, it's") == {"strasse": 2, "it": 1, "s": 1}


@given(stretches, stretches)
def test_stretches_overlap_as_their_characters_do(a, b):
    def share(one, other):
        mine, theirs = set(range(*one)), set(range(*other))
        if not mine | theirs:
            return float(one == other)
        return len(mine & theirs) / len(mine | theirs)

    expected = [[share(one, other) for other in b] for one in a]
    found = interval_iou(np.array(a, dtype=float), np.array(b, dtype=float))
    np.testing.assert_allclose(found, expected)
