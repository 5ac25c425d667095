"""Answers as arrays: what is dropped, what is refused."""

import subprocess
import sys
from pathlib import Path

import pytest

from labelpulse.stats import arrays
from labelpulse.stats.arrays import answers, first_of_each


def test_a_negative_number_is_a_missing_answer():
    found = answers([0, -1, 2, 3], [0, 1, -1, 3], [1, 1, 1, -1], items=4, annotators=4, labels=2)
    assert (found.item.tolist(), found.annotator.tolist(), found.label.tolist()) == ([0], [0], [1])


def test_arrays_of_different_length_and_numbers_beyond_the_range_are_refused():
    with pytest.raises(ValueError, match="length"):
        answers([0, 1], [0], [0])
    with pytest.raises(ValueError, match="beyond"):
        answers([0], [0], [3], labels=3)


def test_votes_count_every_answer():
    given = answers([0, 0, 2, 2, 2], [0, 0, 0, 1, 2], [1, 1, 0, 1, 1])
    assert given.votes().tolist() == [[0, 2], [0, 0], [1, 2]]


def test_of_repeated_answers_the_first_stays():
    given = answers([0, 0, 0, 1], [3, 1, 3, 3], [2, 1, 0, 0])
    assert first_of_each(given).label.tolist() == [2, 1, 0]


def test_scipy_is_loaded_when_it_is_used_not_before():
    folder = Path(arrays.__file__).parent
    modules = ", ".join(
        f"labelpulse.stats.{path.stem}" for path in sorted(folder.glob("[a-z]*.py"))
    )
    code = f"import sys, {modules}; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
