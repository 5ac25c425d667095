"""What charts of stages say: the largest queue, the longest stage, a slower week."""

from datetime import timedelta

import pytest

from labelpulse.charts.stages import Outlined
from labelpulse.core.periods import Span
from labelpulse.findings.stage_texts import longest_text
from labelpulse.reports import figures
from tests.charts.made_up import AGES, FIGURES, TODAY, row

WEEK = Span(TODAY - timedelta(days=6), TODAY, TODAY)
STANDING = {
    "waiting": [90, 80, 70, 60, 50, 40, 30],
    "waiting_for_labels": [5, 5, 6, 9, 14, 20, 26],
    "started": [1, 0, 0, 2, 0, 0, 1],
    "done": [0, 10, 20, 25, 32, 36, 39],
}


def test_the_longest_stage_is_the_longest_or_says_of_which() -> None:
    backlog, more = row(9e6, stage="waiting"), row(2e6, stage="waiting_for_labels")
    assert longest_text([more, row(1e6, stage="waiting")]).startswith(
        "Longest: waiting for more labels, 15 % for more than 23.1"
    )
    assert longest_text([backlog, more]).startswith(
        "Longest of what is begun: waiting for more labels"
    )
    assert longest_text([backlog]).startswith("Longest: waiting for a first label")
    assert longest_text([row(None, stage="waiting")]) == "Nothing waits with a known age"


def test_items_that_nobody_began_do_not_dwarf_the_rest() -> None:
    figure = FIGURES["queues"]()
    assert "Left out: 30 items that nobody has begun." in figure.note
    alone = figures.draw_queues([row(30, stage="waiting", age=AGES[3])], AGES)
    assert alone.title == ("Waiting for a first label: 30 items, all of them for more than 7 days")


def test_done_items_wait_for_nothing() -> None:
    assert FIGURES["queues"]().title == ("Waiting for more labels: 9 items")
    assert figures.draw_queues([row(9, stage="done", age=AGES[0])], AGES).title == (
        "Nothing waits: every item is done"
    )


def test_a_growing_queue_of_what_nobody_has_begun_is_told_among_what_is_begun() -> None:
    outlined = Outlined("waiting", TODAY - timedelta(days=3))
    begun = {stage: n for stage, n in STANDING.items() if stage != "done"}
    told = "Items that nobody has begun are drawn too, because they pile up."
    assert told in figures.draw_stages(begun, WEEK, outlined=outlined).note
    assert told not in figures.draw_stages(STANDING, WEEK, outlined=outlined).note


def test_nothing_begun_is_a_sentence() -> None:
    figure = figures.draw_stages({}, WEEK)
    assert (figure.title, figure.marks) == (
        "Nothing stands between its first and its last label", 0,
    )  # fmt: skip
    held = figures.draw_stages({"started": STANDING["started"]}, WEEK)
    assert held.title == "1 item, 1 of them started"


def test_a_slower_week_leads_the_cycle_times() -> None:
    weeks = ("2026-W43", "2026-W44", "2026-W45", "2026-W46")
    middle = [row(86_400.0 * n, 50, week=one) for one, n in zip(weeks, (1, 1, 1, 3), strict=True)]
    figure = figures.draw_cycle_times(middle, [row(400_000.0, 50, week="2026-W43")], WEEK)
    assert figure is not None
    assert figure.title == (
        "Half of the items begun in the week of Mon 9 Nov took 3.0\xa0days, usually 1.0\xa0days"
    )
    steady = figures.draw_cycle_times(middle[:3], [], WEEK)
    assert steady is not None
    assert steady.title.startswith("In a typical week half of the items are done 1.0\xa0days after")


@pytest.mark.parametrize(
    ("ages", "told"),
    [
        ({"started": 120.0}, "Longest: started, 85 % for less than 1\xa0h"),
        (
            {"waiting": 9e5, "review": 90_000.0},
            "Longest of what is begun: in review, 15 % for more than 1.0\xa0days",
        ),
        ({"started": None}, "Nothing waits with a known age"),
    ],
)
def test_no_stage_is_told_to_stand_for_more_than_less(
    ages: dict[str, float | None], told: str
) -> None:
    assert longest_text([row(age, stage=stage) for stage, age in ages.items()]) == told
