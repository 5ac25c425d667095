"""Signals and children."""

import os
import signal

import pytest

from labelpulse.processes import stop_signals


@pytest.mark.timeout(30)
def test_a_signal_that_comes_while_the_event_is_locked_does_not_wait_for_itself() -> None:
    """As it is, for a moment, each time that somebody begins to wait for it."""
    with stop_signals() as stop:
        with stop._cond:  # type: ignore[attr-defined]
            os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(10)
