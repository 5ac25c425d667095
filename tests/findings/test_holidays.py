"""A configured holiday reaches the pace, the days left and the silence of a selection."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from labelpulse.core.periods import Span
from labelpulse.findings import assess

FRIDAY = date(2026, 11, 27)
THANKSGIVING = FRIDAY - timedelta(days=1)
ON_FRIDAY = Span(FRIDAY, FRIDAY, FRIDAY)


def worked() -> Iterator[date]:
    """Four weeks of weekdays, the last two days before today without anybody."""
    days = (FRIDAY - timedelta(days=n) for n in range(3, 31))
    return (day for day in days if day.isoweekday() < 6)


@dataclass(frozen=True)
class Asked:
    """A selection with one person, who made 30 labels on each day worked."""

    holidays: tuple[date, ...]
    deadline: date = FRIDAY + timedelta(days=7)
    file: bool = False
    span: Span = ON_FRIDAY

    @property
    def holding(self) -> Any:
        free = frozenset(day.toordinal() for day in self.holidays)
        return SimpleNamespace(info=SimpleNamespace(holidays=free))

    def one(self, metric: str) -> dict[str, Any] | None:
        return {"value": 120} if metric == "labels_remaining" else None

    def rows(self, metric: str, *by: str, **_: object) -> list[dict[str, Any]]:
        if metric == "stage_items":
            return [{"stage": "waiting", "value": 9}]
        if metric != "annotations_submitted":
            return []
        return [
            {"day": day.isoformat(), "annotator": "Heron 12", "value": 30.0} for day in worked()
        ]


def test_a_holiday_is_no_day_without_work() -> None:
    two = (THANKSGIVING, THANKSGIVING - timedelta(days=1))
    usual, free = Asked(()), Asked((*two, FRIDAY + timedelta(days=3)))
    found = assess.project_pace(usual)  # type: ignore[arg-type]
    assert (found.made, found.days_left, found.needed, found.late) == (24, 5, 24, False)
    found = assess.project_pace(free)  # type: ignore[arg-type]
    assert (found.made, found.days_left, found.needed, found.late) == (30, 4, 30, False)


def test_nobody_is_silent_on_holidays() -> None:
    today = Span(FRIDAY, FRIDAY, FRIDAY + timedelta(days=3))
    usual = Asked((), span=today)
    assert assess.who_stopped(usual) == {"Heron 12": date(2026, 11, 24)}  # type: ignore[arg-type]
    free = Asked((THANKSGIVING,), span=today)
    assert assess.who_stopped(free) == {}  # type: ignore[arg-type]
