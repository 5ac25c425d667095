"""Projects side by side, milestones and tiles: what their words say at the edges."""

from datetime import date
from types import SimpleNamespace

import pytest

from labelpulse.core.forecast import Forecast
from labelpulse.findings.outlook import milestone_rows
from labelpulse.findings.portfolio import Standing, cells
from labelpulse.findings.tiles import estimate_tile
from labelpulse.findings.verdict import Verdict
from labelpulse.reader import MetricQuery


def test_a_milestone_without_a_day_is_reached_or_far_away() -> None:
    row = {"value": 9, "day": None, "p10": None, "p50": None, "p90": None}
    unknown = {**row, "share": 0.25, "made": True}
    far = {**row, "share": 1.0, "made": False, "p10": "2027-01-06"}
    selection = SimpleNamespace(detail=lambda _name: [unknown, far])
    rows = milestone_rows(selection)  # type: ignore[arg-type]
    assert [(one["Reached"], one["Likely (p50)"]) for one in rows] == [
        ("on a day that is not known", ""),
        ("", "more than three years from now"),
    ]


@pytest.mark.parametrize(("tone", "deadline", "late"), [
    ("red", None, True), ("orange", 17, True), ("orange", 30, False), ("blue", None, False),
])  # fmt: skip
def test_a_project_is_late_by_its_verdict_or_its_likely_finish(tone, deadline, late) -> None:
    """A source that stands still has another verdict, and is no less late."""
    until = deadline and date(2027, 1, deadline)
    end = Forecast(date(2027, 1, 20), date(2027, 1, 26), None, until)
    found = Standing("P", "", Verdict("", tone, ""), 0.6, end, until, "", None, ())
    assert found.late is late


def test_a_count_does_not_repeat_itself_as_its_n() -> None:
    query = MetricQuery("label_count")
    row = {"value": 301, "low": None, "high": None, "n": 301, "note": None}
    assert estimate_tile("Labels", row, "labels", "", query).below == ""
    assert estimate_tile("Labels", row | {"n": 280}, "labels", "", query).below == "n 280"


def test_risks_stand_beside_the_verdict() -> None:
    """At the end of the row they lay outside the table."""
    found = Standing("P", "", Verdict("", "red", ""), 0.6, None, None, "", None, ())
    assert list(cells(found))[:4] == ["Project", "Verdict", "Risks", "First risk"]
