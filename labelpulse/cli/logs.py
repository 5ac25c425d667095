"""Logs: one line an event to standard error, JSON when no terminal reads it."""

import sys
from typing import Any


def log() -> Any:
    """Return the logger; events and fields carry ids, counts and states, never content."""
    import structlog

    terminal = sys.stderr.isatty()
    last: Any = (
        structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            last,
        ],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    return structlog.get_logger("labelpulse")
