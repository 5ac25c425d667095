"""Logs: one line an event to standard error, JSON when no terminal reads it."""

import re
import sys
from collections.abc import Callable, MutableMapping
from typing import Any

_PASSWORD = re.compile(r"(://[^:/@\s]*:)[^@\s]+(@)|((?:password|token)=)[^&\s]+", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """Return a text with the passwords of addresses in it starred out.

    A second net: messages are made without secrets in the first place.

    >>> without_secrets("postgresql://ann:hush@db/x?token=abc is away")
    'postgresql://ann:***@db/x?token=*** is away'
    """
    return _PASSWORD.sub(lambda m: f"{m[1] or m[3]}***{m[2] or ''}", text)


def _redact(
    _logger: object, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    return {
        key: without_secrets(value) if isinstance(value, str) else value
        for key, value in event.items()
    }


Log = Callable[..., None]
"""Writes an event and its fields."""


def event_log() -> Log:
    """Return a function that writes one log line for an event.

    Events and fields carry ids, counts and states, never content. An event with a field `error`
    or `why` is a warning, any other is information.
    """
    import structlog

    terminal = sys.stderr.isatty()
    last: Any = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            _redact,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            last,
        ],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logger = structlog.get_logger("labelpulse")

    def write(event: str, **fields: Any) -> None:
        failed = "error" in fields or "why" in fields
        (logger.warning if failed else logger.info)(event, **fields)

    return write
