"""The forecast of a finish in words."""

import pytest

from labelpulse.core.forecast import read_forecast
from tests.charts.made_up import FINISH


@pytest.mark.parametrize(
    ("deadline", "words", "late"),
    [
        ("2026-12-25", "4 days before the deadline", False),
        ("2026-12-21", "the day of the deadline", False),
        ("2026-12-20", "1 day after the deadline", False),
        ("2026-12-16", "5 days after the deadline", True),
        (None, "(17 Dec 2026 to 5 Jan 2027)", False),
    ],
)
def test_how_late_it_is(deadline: str | None, words: str, late: bool) -> None:
    found = read_forecast({**FINISH, "deadline": deadline})
    assert found is not None
    assert found.text.endswith(words)
    assert found.surely_late is late
