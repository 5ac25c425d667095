"""The simulations that write docs/validation.md, at tiny sizes."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tests.validate import drift, known
from tests.validate.picture import svg
from tests.validate.report import Section, markdown
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
