"""Ids of messages, the same whenever the same is told again."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any


def message_key(told: Iterable[tuple[Any, ...]]) -> str:
    """Return the id of a message that tells of these, in whatever order they come.

    Args:
        told: what tells each of them apart: numbers and texts.

    >>> message_key([(2, "fired"), (1, "fired")]) == message_key([(1, "fired"), (2, "fired")])
    True
    """
    parts = repr(sorted(told)).encode()
    return f"msg_{blake2b(parts, digest_size=16).hexdigest()}"
