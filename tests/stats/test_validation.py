"""The simulations that write docs/validation.md, at tiny sizes."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from labelpulse.metrics.registry import metric
from tests.validate import drift, forecast, intervals, known
from tests.validate.picture import svg
from tests.validate.report import Bar, Section, markdown, verdicts
from tests.validate.simulate import found, quiet


@pytest.mark.parametrize(
    ("exact", "textbook"),
    [
        (lambda: known.exact_shewhart(3, 0), 370.4),
        (lambda: known.exact_cusum(0.5, 4, 0), 168),
        (lambda: known.exact_cusum(0.5, 5, 0), 465),
        (lambda: known.exact_ewma(2.962, 0.2, 0), 500),
    ],
    ids=["Shewhart", "CUSUM 4", "CUSUM 5", "EWMA"],
)
def test_equations_give_the_textbooks_run_lengths(exact, textbook):
    assert exact() == pytest.approx(textbook, rel=0.003)


def test_simulated_run_lengths_are_those_of_the_equation():
    lengths = known.run_lengths(known.ewma(2.0), 0.5, 2000, 1)
    error = lengths.std() / 2000**0.5
    assert abs(lengths.mean() - known.exact_ewma(2.0, 0.2, 0.5)) < 4 * error


def test_a_wild_series_alarms_and_a_change_is_found():
    scenario = drift.Scenario("small", drift.yes_or_no(200))
    calm = quiet(scenario.draw, 4, 120, 28, 1)
    assert all(0 < length <= 92 for length in calm.lengths)
    after = found(scenario.draw, 4, 60, 30, 2)
    assert 1 <= after.mean <= 8
    again = found(scenario.draw, 4, 60, 30, 2)
    assert after == again


def test_three_answers_agree_as_often_as_wanted():
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


def test_bars_say_what_does_not_hold():
    bars = [Bar("run", 712, low=700), Bar("delay", 4.2, high=4), Bar("coverage", 0.95, 0.93, 0.97)]
    assert [one.met for one in bars] == [True, False, True]
    text = verdicts(bars)
    assert "| delay | at most 4 | 4.2 | **no** |" in text
    assert "| coverage | 0.93 to 0.97 | 0.95 | yes |" in text


def test_simulated_sums_are_those_of_the_answers():
    """Three items of two people, counted by hand."""
    given = np.array([[[0, 0], [0, 2]], [[1, 1], [1, 1]]])
    sums = intervals.rollups(given)
    assert sums["agree_items"] == {(1, 2): (2, 2, 4, 0, 0), (2, 2): (2, 4, 8, 0, 0)}
    assert sums["agree_labels"] == {(1, 2, 1): (3, 2), (1, 2, 3): (1, 0), (2, 2, 2): (4, 4)}
    assert sums["agree_pairs"] == {(1, 2, 1, 3): (1,)}
    assert sums["item_labels"] == {((1, 1),): (1,), ((1, 3),): (1,), ((2, 2),): (2,)}


@pytest.mark.parametrize("effect", [0, 0.05])
def test_coefficients_come_to_what_they_are_said_to_be(effect):
    rng = np.random.default_rng(1)
    sums = intervals.group(intervals.rollups(intervals.answered(rng, 2000, 40, 2, effect)))
    true = intervals.truth(effect)
    for name, value in zip(intervals.NAMES, (true.percent, true.alpha, true.ac1), strict=True):
        ((_, found),) = metric(name).finish(sums)
        assert found.value == pytest.approx(value, abs=0.006), name


def test_a_simulated_job_is_done_when_its_labels_are():
    case = forecast.draw(np.random.default_rng(1), forecast.SCENARIOS[0])
    assert len(case.counts) == forecast.SCENARIOS[0].known
    assert 14 < case.days < 45
    weekend = [n for at, n in enumerate(case.counts) if (forecast.FIRST + at - 1) % 7 > 4]
    assert not any(weekend)
    one = forecast.measure(forecast.SCENARIOS[0], 3, 0, 1)
    assert one == forecast.measure(forecast.SCENARIOS[0], 3, 0, 1)
    assert 0 <= one.band <= one.interval <= 1
