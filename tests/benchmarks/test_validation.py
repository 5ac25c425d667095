"""The simulations of docs/validation.md at tiny sizes."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from benchmarks.validation import drift, forecast, intervals, textbook
from benchmarks.validation.line_chart import svg
from benchmarks.validation.report import Requirement, Section, markdown, requirements_table
from benchmarks.validation.run_lengths import measure_delays, measure_false_alarms
from labelpulse.metrics.registry import metric


@pytest.mark.parametrize(
    ("exact", "textbook"),
    [
        (lambda: textbook.exact_shewhart(3, 0), 370.4),
        (lambda: textbook.exact_cusum(0.5, 4, 0), 168),
        (lambda: textbook.exact_cusum(0.5, 5, 0), 465),
        (lambda: textbook.exact_ewma(2.962, 0.2, 0), 500),
    ],
    ids=["Shewhart", "CUSUM 4", "CUSUM 5", "EWMA"],
)
def test_equations_give_the_textbooks_run_lengths(exact, textbook):
    assert exact() == pytest.approx(textbook, rel=0.003)


def test_simulated_run_lengths_are_those_of_the_equation():
    lengths = textbook.run_lengths(textbook.ewma(2.0), 0.5, 2000, 1)
    error = lengths.std() / 2000**0.5
    assert abs(lengths.mean() - textbook.exact_ewma(2.0, 0.2, 0.5)) < 4 * error


def test_a_change_is_detected_and_runs_repeat():
    scenario = drift.Scenario("small", drift.yes_or_no(200))
    false_alarms = measure_false_alarms(scenario.draw, 4, 120, 28, 1)
    assert all(0 < length <= 92 for length in false_alarms.lengths)
    delays = measure_delays(scenario.draw, 4, 60, 30, 2)
    assert 1 <= delays.mean <= 8
    repeated = measure_delays(scenario.draw, 4, 60, 30, 2)
    assert delays == repeated


def test_three_answers_agree_as_often_as_requested():
    level = np.full(4000, 0.85)
    n, total, squares = drift.three_answers(200)(np.random.default_rng(1), level, level)
    assert total.sum() / n.sum() == pytest.approx(0.85, abs=0.002)
    assert squares is not None
    assert np.all(squares <= total)


def test_a_section_becomes_a_table_and_a_picture():
    lines = {"a < b": [(0.0, 0.0), (10.0, 0.5)]}
    section = Section("x", "Title", "Text.", ("what", "much"), [("this", "1")], lines, ("x", "y"))
    text = markdown(section)
    assert "| what | much |\n| --- | --: |\n| this | 1 |" in text
    assert "](images/validation-x.svg)" in text
    root = ET.fromstring(svg(lines, section.axes))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"x", "y", "a < b", "10", "0.5"} <= set(texts)


def test_a_requirement_that_is_not_met_is_marked():
    requirements = [
        Requirement("run", 712, low=700),
        Requirement("delay", 4.2, high=4),
        Requirement("coverage", 0.95, 0.93, 0.97),
    ]
    assert [requirement.holds for requirement in requirements] == [True, False, True]
    text = requirements_table(requirements)
    assert "| delay | at most 4 | 4.2 | **no** |" in text
    assert "| coverage | 0.93 to 0.97 | 0.95 | yes |" in text


def test_simulated_rollups_are_those_of_the_answers():
    """Three items of two people, counted by hand."""
    answers = np.array([[[0, 0], [0, 2]], [[1, 1], [1, 1]]])
    sums = intervals.rollups(answers)
    assert sums["agree_items"] == {(1, 2): (2, 2, 4, 0, 0), (2, 2): (2, 4, 8, 0, 0)}
    assert sums["agree_labels"] == {(1, 2, 1): (3, 2), (1, 2, 3): (1, 0), (2, 2, 2): (4, 4)}
    assert sums["agree_pairs"] == {(1, 2, 1, 3): (1,)}
    assert sums["item_labels"] == {((1, 1),): (1,), ((1, 3),): (1,), ((2, 2),): (2,)}


@pytest.mark.parametrize("effect", [0, 0.05])
def test_simulated_coefficients_are_the_true_ones(effect):
    rng = np.random.default_rng(1)
    sums = intervals.group(intervals.rollups(intervals.simulate_answers(rng, 2000, 40, 2, effect)))
    true = intervals.truth(effect)
    for name, value in zip(intervals.NAMES, (true.percent, true.alpha, true.ac1), strict=True):
        ((_, estimate),) = metric(name).finish(sums)
        assert estimate.value == pytest.approx(value, abs=0.006), name


def test_a_simulated_job_ends_when_its_labels_are_done():
    job = forecast.draw(np.random.default_rng(1), forecast.SCENARIOS[0])
    assert len(job.counts) == forecast.SCENARIOS[0].known_days
    assert 14 < job.days < 45
    weekend = [n for at, n in enumerate(job.counts) if (forecast.FIRST + at - 1) % 7 > 4]
    assert not any(weekend)
    measured = forecast.measure(forecast.SCENARIOS[0], 3, 0, 1)
    assert measured == forecast.measure(forecast.SCENARIOS[0], 3, 0, 1)
    assert 0 <= measured.band <= measured.interval <= 1
