"""Event logs on standard error: one line per event, JSON unless a terminal reads it."""

import re
import sys
from collections.abc import Callable, MutableMapping
from typing import Any

_PASSWORD = re.compile(r"(://[^:/@\s]*:)[^@\s]+(@)|((?:password|token)=)[^&\s]+", re.IGNORECASE)

Log = Callable[..., None]
"""Writes an event and its fields."""


def without_secrets(text: str) -> str:
    """Replace the passwords in addresses by stars.

    Messages are written without secrets; this is a second safeguard.

    >>> without_secrets("postgresql://ann:hush@db/x?token=abc is away")
    'postgresql://ann:***@db/x?token=*** is away'
    """
    return _PASSWORD.sub(lambda match: f"{match[1] or match[3]}***{match[2] or ''}", text)


def _redact(
    _logger: object, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    return {
        key: without_secrets(value) if isinstance(value, str) else value
        for key, value in event.items()
    }


def event_log() -> Log:
    """Return a function that writes one log line for an event.

    Events and fields carry ids, counts and states, never content. An event with a field `error`
    or `why` is a warning, any other is information.
    """
    import structlog

    renderer: Any = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            _redact,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logger = structlog.get_logger("labelpulse")

    def write(event: str, **fields: Any) -> None:
        is_failure = "error" in fields or "why" in fields
        (logger.warning if is_failure else logger.info)(event, **fields)

    return write
