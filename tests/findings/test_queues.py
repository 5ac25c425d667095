"""Queues: what stands in them, which one grows, and what would help."""

from datetime import date, timedelta

import pytest

from labelpulse.core.estimate import Row
from labelpulse.core.periods import Span
from labelpulse.findings import queues
from labelpulse.findings.outlook import scope_steps
from labelpulse.findings.queues import (
    Flowing,
    Queue,
    Widening,
    advice,
    mean_days,
    usual_person,
    widening,
)

TUESDAY = date(2026, 11, 24)
SINCE = date(2026, 11, 12)
FOUND = {
    "value": "waiting_for_labels",
    "growing": True,
    "since": SINCE.isoformat(),
    "queue": 260,
    "why": "more came than left on 5 of the last 5 working days",
}


def workdays(first: date, last: date) -> list[date]:
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if day.isoweekday() < 6]


def moves(came: float, left: float, after: float) -> tuple[list[Row], list[Row]]:
    """Eight weeks of arrivals and departures; from `SINCE` on fewer leave."""
    days = workdays(TUESDAY - timedelta(weeks=8), TUESDAY - timedelta(days=1))
    into: list[Row] = [{"stage": FOUND["value"], "day": None, "value": 60}]
    into += [{"stage": FOUND["value"], "day": day.isoformat(), "value": came} for day in days]
    out: list[Row] = [
        {
            "stage": FOUND["value"],
            "day": day.isoformat(),
            "value": left if day < SINCE else after,
        }
        for day in days
    ]
    return into, out


KNOWN = queues.queues(*moves(96, 96, 61))
DAYS = workdays(TUESDAY - timedelta(days=30), TUESDAY - timedelta(days=1))


def test_a_queue_is_what_came_and_has_not_left() -> None:
    queue = KNOWN["waiting_for_labels"]
    span = Span(SINCE - timedelta(days=1), SINCE + timedelta(days=1), TUESDAY)
    assert queue.standing(span) == [60, 95, 130], "what came on unknown days was there before"
    long_ago = TUESDAY - timedelta(days=90)
    assert queue.standing(Span(long_ago, long_ago + timedelta(days=1), TUESDAY)) == [60, 60]


def test_the_widening_queue_says_since_when_and_how_fast() -> None:
    found = widening(FOUND, KNOWN, DAYS)
    assert found is not None
    assert (found.since, found.usual, found.now) == (SINCE, 60, 260)
    assert (found.came, found.left) == (96, 61)
    grew = "Waiting for more labels has grown ×4.3 since 12 Nov"
    assert found.text == f"{grew}: in 96.0, out 61.0 a day"
    days = mean_days(DAYS[::-1], found)
    assert Flowing(KNOWN, found, days, None).moves == {found.stage: (96, 61)}, "not two rates"
    assert mean_days(DAYS[::-1], None) == DAYS[:-11:-1]


@pytest.mark.parametrize(
    ("usual", "now", "words"),
    [(0, 40, "from none to 40"), (100, 120, "from 100 to 120"), (50, 200, "×4")],
)
def test_how_much_it_grew_is_told_as_its_size_allows(usual: float, now: float, words: str) -> None:
    found = Widening("review", SINCE, usual, now, 9, 3, "")
    assert found.grew == words


@pytest.mark.parametrize(
    "row",
    [None, {**FOUND, "growing": False}, {**FOUND, "since": None}, {**FOUND, "value": "review"}],
)
def test_what_does_not_surely_grow_is_no_widening(row: Row | None) -> None:
    assert widening(row, KNOWN, DAYS) is None


def test_advice_counts_the_people_it_takes() -> None:
    grown = Widening("waiting_for_labels", SINCE, 60, 260, 96, 61, "")
    assert advice(grown, 12) == (
        "Point people at second labels before new items: 35.0 more a day stop the growth, "
        "about 3 people at the median of 12.0 a day; 5 also clear it in 10 working days."
    )
    assert advice(grown, None).endswith("35.0 more a day stop the growth.")
    shrinking = Widening("review", SINCE, 60, 260, 5, 9, "")
    assert advice(shrinking, 12) == "Give reviewers time, oldest items first."


def test_the_usual_person_is_the_middle_one_of_those_at_work() -> None:
    days = DAYS[-5:]
    made = {name: dict.fromkeys(days, n) for name, n in (("a", 4), ("b", 8), ("c", 20))}
    made["gone"] = {SINCE - timedelta(days=40): 99}
    assert usual_person(made, days) == (4, 8, 20)
    assert usual_person({}, days) is None


def test_what_is_begun_is_neither_backlog_nor_done() -> None:
    into = {"waiting": 500, "started": 2, "review": 7, "done": 90}
    known = {stage: Queue(stage, {SINCE: n}, {TUESDAY: n}) for stage, n in into.items()}
    span = Span(SINCE - timedelta(days=3), TUESDAY, TUESDAY)
    assert Flowing(known, None, [], None).begun(span) == 9
    assert Flowing({}, None, [], None).begun(span) == 0


def test_means_rest_on_days() -> None:
    assert Queue("review", {}, {}).mean([]) is None
    assert Queue("review", {SINCE: 6}, {SINCE: 2}).mean([SINCE, TUESDAY]) == (3, 1)


def test_the_scope_steps_where_items_came() -> None:
    first = date(2026, 9, 1)
    rows = [
        {"day": "2026-09-10", "items": 50},
        {"day": "2026-10-01", "items": 30},
        {"day": "2026-10-02", "items": 0},
    ]
    steps = scope_steps(rows, 100, 150, first)
    assert steps == [(first, 30), (date(2026, 9, 10), 105), (date(2026, 10, 1), 150)]
    assert scope_steps([], 100, 150, first) == [(first, 150)], "a constant where nothing is known"
    assert scope_steps([], 0, 0, first) == [(first, 0)]
