"""A noisy series with three incidents: few false alarms, one alarm an incident (bar A1)."""

import numpy as np
import pytest

from benchmarks.simulators.noisy_series import SEEDS, Outcome, run_rule


@pytest.fixture(scope="module")
def patient() -> Outcome:
    return run_rule(periods=3, keep_firing=5)


def test_each_incident_fires_once_at_most(patient: Outcome) -> None:
    assert patient.fires.shape == (SEEDS, 3)
    assert patient.fires.max() == 1


def test_short_incidents_are_caught(patient: Outcome) -> None:
    assert patient.fires[:, 1].mean() >= 0.94
    assert patient.fires[:, [0, 2]].min() == 1


def test_false_alarms_are_rare(patient: Outcome) -> None:
    assert patient.false.mean() <= 0.1


def test_without_patience_it_would_flap() -> None:
    """The series is as noisy as it should be: the same numbers fail the bars without `for`."""
    bare = run_rule(periods=1, keep_firing=0, seeds=60)
    assert bare.false.mean() > 30
    assert bare.fires[:, 2].mean() > 4
    held = run_rule(periods=3, keep_firing=0, seeds=60)
    assert np.all(held.fires.max(axis=0)[[0, 2]] > 4)
