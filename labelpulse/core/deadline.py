"""Limit the total time of an exchange with a server.

A timeout for each step does not limit the whole: a server that sends one byte a second never
exceeds it.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

TRY_S = 20.0
"""Time allowed for one attempt to deliver a message, in seconds."""

_deadline = ContextVar("_deadline", default=math.inf)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Limit the total time of the steps in the block, in this thread; an earlier limit stays."""
    token = _deadline.set(min(_deadline.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _deadline.reset(token)


def remaining(limit_s: float | None) -> float | None:
    """Return the timeout of the next step in seconds; None = no limit.

    Args:
        limit_s: the step's own timeout; None = no limit.

    Raises:
        TimeoutError: no time remains.
    """
    remaining_s = _deadline.get() - time.monotonic()
    if remaining_s <= 0:
        raise TimeoutError("the total time limit was exceeded")
    timeout_s = min(remaining_s, math.inf if limit_s is None else limit_s)
    return None if timeout_s == math.inf else timeout_s
