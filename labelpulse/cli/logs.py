"""Logs: one line an event to standard error, JSON when no terminal reads it."""

import re
import sys
from collections.abc import MutableMapping
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


def log() -> Any:
    """Return the logger; events and fields carry ids, counts and states, never content."""
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
    return structlog.get_logger("labelpulse")
