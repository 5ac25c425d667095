"""An end to what waits for another side, however slowly that goes on answering.

A timeout of each step is none of the whole: a side that sends a byte a second keeps to every one.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

TRY_S = 20.0
"""For the whole of one try to deliver a message."""

_ends = ContextVar("_ends", default=float("inf"))


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let the steps inside, in this thread, take so long together; a sooner end around it stays."""
    token = _ends.set(min(_ends.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _ends.reset(token)


def left(most: float | None) -> float | None:
    """Return the timeout of the next step, in seconds.

    Args:
        most: that it may take by itself; None = any.

    Raises:
        TimeoutError: nothing is left for it.
    """
    rest = _ends.get() - time.monotonic()
    if rest <= 0:
        raise TimeoutError("the time for all steps together is over")
    least = min(rest, float("inf") if most is None else most)
    return None if least == float("inf") else least
