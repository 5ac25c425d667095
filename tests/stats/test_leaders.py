"""What most others said, against counting it one by one."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from labelpulse.stats.leaders import NONE, others_leader

ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=40)


@given(ROWS)
def test_it_is_counting_the_others_votes(rows):
    item, label = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    found = others_leader(item, label).tolist()
    for at, (own, _) in enumerate(rows):
        votes = Counter(x for n, (i, x) in enumerate(rows) if i == own and n != at)
        most = [one for one, count in votes.items() if count == max(votes.values())]
        assert found[at] == (most[0] if len(most) == 1 else NONE)
