"""Other people, another overlap, more review: cases worked out by hand."""

from itertools import product
from math import prod

import pytest

from labelpulse.stats.forecast import History, Pace, finish, fit
from labelpulse.stats.what_if import (
    error_at_overlap,
    median_rate,
    remaining_at_overlap,
    with_people,
    with_review,
)

MONDAY = 738_942


def _steady() -> Pace:
    pace = fit(History(MONDAY, (100, 100, 100, 100, 100, 0, 0) * 6))
    assert isinstance(pace, Pace)
    return pace


PACE = _steady()
START = PACE.start


def test_the_median_person_by_working_days_since_they_came():
    days = [day for day in range(START - 28, START) if (day - MONDAY) % 7 < 5]
    labels = {(day, 1): 10 for day in days} | {(day, 2): 30 for day in days}
    labels |= {(day, 3): 20 for day in days[-5:]}  # came a week ago
    assert median_rate(labels, START, PACE) == (20, 3)
    labels |= {(START - 29, 4): 500, (START, 5): 500}  # gone before, and not yet a whole day
    assert median_rate(labels, START, PACE) == (20, 3)
    del labels[days[-1], 3]  # days that somebody is away count
    assert median_rate({key: n for key, n in labels.items() if key[1] == 3}, START, PACE) == (16, 1)


def test_work_on_days_off_only_is_taken_as_a_day():
    assert median_rate({(START - 1, 1): 12}, START, PACE) == (12, 1)
    assert median_rate({}, START, PACE) is None
    assert median_rate({(START - 1, 1): 0}, START, PACE) is None


def test_people_add_their_rate_to_the_pace():
    assert with_people(PACE, 2, 25) == pytest.approx(1.5)
    assert with_people(PACE, -1, 25) == pytest.approx(0.75)
    assert with_people(PACE, -9, 25) == 0
    assert with_people(PACE, 0, 25) == 1
    # 990 labels at 100 a day: Friday of the second week; at 125.5 a day: Wednesday
    assert finish(PACE, 990).median == START + 11
    assert finish(PACE, 990, with_people(PACE, 1, 25.5)).median == START + 9


def test_reviews_take_their_time():
    assert with_review(0) == 1
    assert with_review(0.25) == 0.8
    assert with_review(0.25, 2) == pytest.approx(2 / 3)


def test_labels_missing_at_another_overlap():
    items = {0: 10, 1: 5, 3: 2}
    assert [remaining_at_overlap(items, m) for m in (1, 2, 3, 4)] == [10, 25, 40, 57]
    assert remaining_at_overlap({}, 3) == 0


@pytest.mark.parametrize("overlap", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("accuracy", [0.0, 0.5, 0.83, 1.0])
def test_the_majority_errs_as_all_outcomes_say(accuracy: float, overlap: int):
    wrong = 0.0
    for answers in product((True, False), repeat=overlap):
        chance = prod(accuracy if right else 1 - accuracy for right in answers)
        rights = sum(answers)
        wrong += chance * (1.0 if 2 * rights < overlap else 0.5 if 2 * rights == overlap else 0.0)
    assert error_at_overlap(accuracy, overlap) == pytest.approx(wrong)


def test_a_part_of_an_answer_is_a_part_of_the_items():
    between = error_at_overlap(0.8, 2.4)
    assert between == pytest.approx(0.6 * error_at_overlap(0.8, 2) + 0.4 * error_at_overlap(0.8, 3))
