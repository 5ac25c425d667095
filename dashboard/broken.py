"""A part of a page that breaks: a sentence with a code in its place, and the rest goes on."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from logging import getLogger
from time import monotonic

import streamlit as st

from labelpulse.core.catalogue import say

AGAIN_S = 60.0
"""What breaks at each tick of a live part is logged once in so many seconds."""

_LOG = getLogger("labelpulse.dashboard")
_LOGGED: dict[str, float] = {}


@contextmanager
def alone() -> Iterator[None]:
    """Let what breaks in here break alone."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 (whatever it is: the log tells)
        failed(error)


def failed(error: Exception) -> bool:
    """Show that something broke, with a code that the log has too; True = nothing else is shown.

    What the error says stays in the log: it may name people, or how the warehouse is reached.
    """
    code = _code(error)
    if monotonic() - _LOGGED.get(code, -AGAIN_S) >= AGAIN_S:
        _LOGGED[code] = monotonic()
        _LOG.error("a part of a page broke (%s)", code, exc_info=error)
    st.error(
        say(
            "This part could not be drawn. Code {code}: the server's log says what happened. "
            "Reload the page; if it breaks again, run `labelpulse doctor`.",
            code=code,
        )
    )
    return True


def _code(error: Exception) -> str:
    """Return a code of where it broke: the same at each tick, so that the log can be searched."""
    where = [(one.filename, one.lineno) for one in traceback.extract_tb(error.__traceback__)]
    return sha256(repr((type(error).__name__, where)).encode()).hexdigest()[:8]
