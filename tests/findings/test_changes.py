"""What has a part in a change: falls and rises name those that moved with them, nobody else."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from labelpulse.core.periods import Span
from labelpulse.findings import changes
from labelpulse.findings.alarms import Alarm
from labelpulse.findings.selection import Days, Selection
from labelpulse.stats.intervals import wilson

DAY = date(2026, 11, 2)
FELL = Alarm(DAY, DAY + timedelta(days=14), 0.95, 0.87)
ROSE = Alarm(DAY, DAY + timedelta(days=14), 0.87, 0.95)
OTHER = Alarm(DAY, DAY + timedelta(days=14), None, None)


def selection(key: str, moved: dict[str, tuple[float, float]], n: int = 400) -> Selection:
    """A selection whose parts had one share before the change, and have another since."""

    def rows(_: str, by: str, days: Days) -> list[dict[str, object]]:
        if by != key:
            return []
        side = 0 if days[0] is not None and days[0] < DAY else 1
        found = []
        for part, values in moved.items():
            low, high = wilson(round(values[side] * n), n)
            found.append({by: part, "value": values[side], "low": low, "high": high, "n": n})
        return found

    return cast("Selection", SimpleNamespace(rows=rows))


@dataclass(frozen=True)
class Looked:
    """A selection on the days of a number that is watched."""

    span: Span
    asked: Callable[["Looked"], list[dict[str, object]]]
    first: date = DAY

    def rows(self, _metric: str, *, where: object) -> list[dict[str, object]]:
        return self.asked(self)

    def query(self, metric: str) -> str:
        return metric


TEAMS = {"North": (0.95, 0.70), "South": (0.95, 0.95), "West": (0.94, 0.95)}
BACK = {team: (after, before) for team, (before, after) in TEAMS.items()}


def test_the_team_that_fell_is_named() -> None:
    told = "mostly team North 95\xa0% → 70\xa0%"
    assert changes.where(selection("team", TEAMS), "gold_drift", FELL) == told


def test_the_team_that_rose_is_named() -> None:
    told = "mostly team North 70\xa0% → 95\xa0%"
    assert changes.where(selection("team", BACK), "gold_drift", ROSE) == told


@pytest.mark.parametrize(("moved", "alarm"), [(TEAMS, ROSE), (BACK, FELL)])
def test_who_moved_the_other_way_is_never_named(
    moved: dict[str, tuple[float, float]], alarm: Alarm
) -> None:
    assert changes.where(selection("team", moved), "gold_drift", alarm) == ""


@pytest.mark.parametrize("alarm", [FELL, ROSE])
@pytest.mark.parametrize("label", [(0.30, 0.10), (0.10, 0.30)])
def test_a_number_without_a_way_names_the_furthest_of_both(
    alarm: Alarm, label: tuple[float, float]
) -> None:
    found = changes.where(
        selection("label", {"bus": label, "car": (0.5, 0.5)}), "label_mix_drift", OTHER
    )
    assert found.startswith("mostly bus")
    with_way = changes.where(selection("label", {"bus": label}), "gold_drift", alarm)
    assert bool(with_way) == ((label[1] < label[0]) == (alarm is FELL))


def test_what_chance_explains_is_not_named() -> None:
    few = selection("team", {"North": (0.95, 0.92), "South": (0.95, 0.94)}, n=100)
    assert changes.where(few, "gold_drift", FELL) == ""


def days_of(first: date, alarmed: range) -> list[dict[str, object]]:
    """Thirty days of pace, the first ten of them the baseline; some beyond their limits."""
    found = []
    for n in range(30):
        one: dict[str, object] = dict.fromkeys(control_keys())
        out = n in alarmed
        one |= {"day": (first + timedelta(days=n)).isoformat(), "value": None if n < 10 else 1.0}
        found.append(one | {"alarm": out, "episode": 0 if out else None, "note": ""})
    return found


def control_keys() -> tuple[str, ...]:
    return ("rate", "baseline", "smooth", "change_day", "cause", "n")


@pytest.mark.parametrize("chosen", [30, 12, 5])
@pytest.mark.parametrize(
    ("alarmed", "told"),
    [
        (range(0), "judged since 12 Nov"),
        (range(13, 16), "in its usual band again since 18 Nov"),
    ],
)
def test_since_when_all_is_as_usual_whatever_days_are_chosen(
    chosen: int, alarmed: range, told: str
) -> None:
    """The first judged day is no return: before it nothing was judged."""
    rows, last = days_of(DAY, alarmed), DAY + timedelta(days=29)

    def asked(one: Looked) -> list[dict[str, object]]:
        return [row for row in rows if str(row["day"]) >= one.span.since.isoformat()]

    looked = Looked(Span(last - timedelta(days=chosen - 1), last, last), asked)
    tile = changes.state(cast("Selection", looked), "time_spent_drift")
    assert (tile.value, tile.below) == ("As usual", told)


def test_a_day_of_another_year_says_so() -> None:
    rows, last = days_of(DAY, range(0)), DAY + timedelta(days=400)
    looked = Looked(Span(DAY, last, last), lambda _: rows)
    assert (
        changes.state(cast("Selection", looked), "time_spent_drift").below
        == "judged since 12 Nov 2026"
    )
