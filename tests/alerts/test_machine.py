"""The state machine, by its definition written down once more, and by tables."""

from collections.abc import Iterator, Sequence
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelpulse.alerts.machine import (
    NEW,
    Judged,
    Machine,
    Patience,
    Status,
    Verdict,
    fold,
    so_far,
    step,
)

VERDICTS = st.lists(st.sampled_from(get_args(Verdict)), max_size=40)
PATIENCE = st.builds(Patience, st.integers(1, 4), st.integers(0, 4))
SHORT: dict[str, Verdict] = {"x": "beyond", "-": "between", ".": "within", "?": "unknown"}


def judged(day: int, verdict: Verdict, *, clear: bool = True) -> Judged:
    return Judged(day, verdict, clear)


def periods(told: str) -> list[Judged]:
    return [judged(day, SHORT[one]) for day, one in enumerate(told, 1)]


def statuses(told: str, patience: Patience) -> str:
    """The first letter of the status after each period."""
    found, at = "", NEW
    for one in periods(told):
        at = step(at, one, patience)
        found += at.status[0]
    return found


@pytest.mark.parametrize(
    ("patience", "told", "statuses_"),
    [
        (Patience(), "x.x", "fnf"),
        (Patience(3), "xx.xxx", "ppnppf"),
        (Patience(3), "xx?x", "pppf"),
        (Patience(2), "x-xx", "pnpf"),
        (Patience(1, 2), "x..xx...x", "frrffrrnf"),
        (Patience(1, 2), "x.-...", "frfrrn"),
        (Patience(1, 1), "x???.?.", "ffffrrn"),
    ],
)
def test_for_and_keep_firing_count_periods(patience: Patience, told: str, statuses_: str) -> None:
    assert statuses(told, patience) == statuses_


def test_it_says_since_when() -> None:
    found = fold(NEW, periods(".xxx"), Patience(3, 1))
    assert found == Machine("firing", beyond=3, since=2, fired=4, last=4, day=4)


def oracle(told: Sequence[Verdict], patience: Patience) -> Iterator[bool]:
    """Fires or not after each period: by looking back over all that was told, unknowns left out.

    What is gone begins anew.
    """
    fires = False
    known: list[Verdict] = []
    for one in told:
        if one == "gone":
            fires, known = False, []
        elif one != "unknown":
            known.append(one)
            if fires:
                calm = len(known) - max(
                    i for i, v in enumerate(known, 1) if v in ("beyond", "between")
                )
                fires = calm <= patience.keep_firing
                if not fires:
                    known = []
            else:
                row = known[-patience.periods :]
                fires = len(row) == patience.periods and set(row) == {"beyond"}
        yield fires


@given(VERDICTS, PATIENCE)
def test_it_fires_as_its_definition_says(told: list[Verdict], patience: Patience) -> None:
    at, found = NEW, []
    for day, one in enumerate(told, 1):
        at = step(at, judged(day, one), patience)
        found.append(at.fires)
    assert found == list(oracle(told, patience))


@given(VERDICTS, PATIENCE, st.integers(0, 40))
def test_a_restart_anywhere_changes_nothing(
    told: list[Verdict], patience: Patience, cut: int
) -> None:
    days = [judged(day, one) for day, one in enumerate(told, 1)]
    there = fold(fold(NEW, days[:cut], patience), days[cut:], patience)
    assert there == fold(NEW, days, patience)


@given(
    VERDICTS,
    st.lists(st.tuples(st.sampled_from(get_args(Verdict)), st.booleans()), max_size=30),
    PATIENCE,
)
def test_a_number_near_its_line_flaps_with_no_poll(
    told: list[Verdict], polls: list[tuple[Verdict, bool]], patience: Patience
) -> None:
    """On a day that is not over, only what is clear begins or ends."""
    before = fold(NEW, [judged(day, one) for day, one in enumerate(told, 1)], patience)
    day, fires = len(told) + 1, before.fires
    for verdict, clear in polls:
        after = so_far(before, judged(day, verdict, clear=clear), patience, fires=fires)
        if after.fires != fires:
            assert clear
        assert after.status in get_args(Status)
        if after.fires:
            assert 0 < after.since <= after.last == day or before.fires
        fires = after.fires


def test_polls_of_one_day_count_once() -> None:
    before = fold(NEW, periods("x"), Patience(3))
    for _ in range(5):
        assert so_far(before, judged(2, "beyond"), Patience(3), fires=False).beyond == 2
