"""A part of a page that breaks: a sentence with a code in its place, and the rest goes on.

Of parts that break by the same cause the first one tells: the others hold their tongue for it.
"""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from logging import getLogger
from time import monotonic

import streamlit as st

from labelpulse.warehouse.versions import is_out_of_reach

AGAIN_S = 60.0
"""What breaks at each tick of a live part is logged once in so many seconds."""

_LOG = getLogger("labelpulse.dashboard")
_LOGGED: dict[str, float] = {}
_PARTS = "parts_that_broke"
"""Where a session keeps cause -> the parts that broke by it since its page was drawn, in order."""


def afresh() -> None:
    """Forget what broke: the whole page is drawn anew."""
    st.session_state.pop(_PARTS, None)


@contextmanager
def alone(part: str) -> Iterator[None]:
    """Let what breaks in here break alone.

    Args:
        part: which of the page it is, the same at each tick.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001 (whatever it is: the log tells)
        known: dict[str, list[str]] = st.session_state.setdefault(_PARTS, {})
        parts = known.setdefault(_cause(error), [])
        if part not in parts:
            parts.append(part)
        if parts[0] == part:
            failed(error)
        else:
            _written(error)
    else:
        _well(part)


def _well(part: str) -> None:
    """Forget that a part broke; draw the page anew where others held their tongue for it."""
    known: dict[str, list[str]] = st.session_state.get(_PARTS, {})
    broke = [parts for parts in known.values() if part in parts]
    spoke = any(parts[0] == part and len(parts) > 1 for parts in broke)
    for parts in broke:
        parts.remove(part)
    if spoke:
        st.rerun()


def _cause(error: BaseException) -> str:
    """Return what broke at the root of an error; all ways to lose the warehouse are one."""
    chain = [error]
    while below := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(below)
    if any(map(is_out_of_reach, chain)):
        return "warehouse"
    return f"{chain[-1]!r} {traceback.extract_tb(chain[-1].__traceback__)[-1:]}"


def failed(error: Exception) -> bool:
    """Show that something broke, with a code that the log has too; True = nothing else is shown.

    What the error says stays in the log: it may name people, or how the warehouse is reached.
    """
    code = _written(error)
    st.error(
        f"This part could not be drawn. Code {code}: the server's log says what happened. "
        "Reload the page; if it breaks again, run `labelpulse doctor`."
    )
    return True


def _written(error: Exception) -> str:
    """Write down what broke, and return its code."""
    code = _code(error)
    if monotonic() - _LOGGED.get(code, -AGAIN_S) >= AGAIN_S:
        _LOGGED[code] = monotonic()
        _LOG.error("a part of a page broke (%s)", code, exc_info=error)
    return code


def _code(error: Exception) -> str:
    """Return a code of where it broke: the same at each tick, so that the log can be searched."""
    where = [(one.filename, one.lineno) for one in traceback.extract_tb(error.__traceback__)]
    return sha256(repr((type(error).__name__, where)).encode()).hexdigest()[:8]
