"""Create the ids of messages; a repeated message gets the same id."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any


def message_key(parts: Iterable[tuple[Any, ...]]) -> str:
    """Return the id of a message; the order of its parts does not matter.

    Args:
        parts: for each part, the numbers and texts that identify it.

    >>> message_key([(2, "fired"), (1, "fired")]) == message_key([(1, "fired"), (2, "fired")])
    True
    """
    text = repr(sorted(parts)).encode()
    return f"msg_{blake2b(text, digest_size=16).hexdigest()}"
