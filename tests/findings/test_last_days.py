"""What is judged by the last days: those before the source stood still, and a target without n."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from labelpulse.core.events import Scale
from labelpulse.findings import findings, watch
from labelpulse.findings.alarms import Alarm
from labelpulse.findings.findings import LATELY
from labelpulse.findings.selection import Days, Selection

TODAY = date(2026, 11, 27)
READ = TODAY - timedelta(days=20)


def selection(n: dict[date | None, int], *, stale: bool) -> Selection:
    """Agreement is 70 % on days with so many items, by their first day; else few."""

    def one(_metric: str, days: Days) -> dict[str, Any]:
        return {"value": 0.7, "low": 0.6, "high": 0.8, "n": n.get(days[0], 3)}

    made = [{"day": str(READ - timedelta(days=at)), "value": 9} for at in range(30)]
    fake = SimpleNamespace(
        span=SimpleNamespace(until=TODAY, today=TODAY),
        fresh=SimpleNamespace(stale=stale),
        rows=lambda *_one, **_more: made,
        one=one,
        scale=Scale.NOMINAL,
        control="intent",
        target=0.85,
        file=False,
    )
    return cast("Selection", fake)


@pytest.mark.parametrize(("stale", "last"), [(False, TODAY), (True, READ)])
def test_the_last_days_end_with_what_was_last_read(stale: bool, last: date) -> None:
    first = last - timedelta(days=LATELY - 1)
    before, lately, edge = findings._lately(selection({None: 900, first: 300}, stale=stale))
    assert edge == first
    assert before is not None
    assert lately is not None
    assert (before.n, lately.n) == (900, 300)


def test_a_target_is_missed_though_the_days_since_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """An alarm of yesterday takes nothing back that the last two weeks have shown."""
    alarm = Alarm(TODAY - timedelta(days=1), TODAY, 0.8, 0.7, "quality")
    monkeypatch.setattr(watch, "alarm", lambda *_: alarm)
    monkeypatch.setattr(findings, "_far", lambda *_: None)
    first = TODAY - timedelta(days=LATELY - 1)
    (found,), below = findings._agreement(selection({None: 900, first: 300}, stale=False))
    assert below == "clearly below its target of 85\xa0%"
    assert found.what.endswith(below)
