"""What the rows of any tool have: ids, times, people and contents, and how a bad row is kept."""

import json
import math
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from labelpulse.core.answers import clean
from labelpulse.core.days import to_us
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import BadRecord, PersonRecord, canonical
from labelpulse.ingest.parse import MAX_EXCERPT
from labelpulse.ingest.times import read_time

MAX_SECONDS = 10 * 365 * 86_400
"""A longer lead time is none: nobody looked at an item for ten years."""


def native_id(value: Any) -> str:
    """Return an id of the tool as text; SkipRecord when it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and clean(value):
        return clean(value)
    raise SkipRecord("missing_id" if value is None else "bad_id", "its id is missing or no id")


def person_record(account: Mapping[str, Any]) -> PersonRecord:
    """Return the person of an account with id, email, first_name, last_name, username."""
    keys = ("first_name", "last_name", "username", "email")
    first, last, user, email = (storable(str(account.get(key) or "")).strip() for key in keys)
    return PersonRecord(native_id(account["id"]), f"{first} {last}".strip() or user or email, email)


def instant(value: Any, naive_zone: str = "UTC") -> int | None:
    """Return a time of the tool as microseconds UTC; None stays None."""
    if value is None:
        return None
    try:
        return read_time(value, naive_zone) if isinstance(value, str) else to_us(value)
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise SkipRecord("bad_time", "one of its times cannot be read") from None


def milliseconds(seconds: Any) -> int | None:
    """Return reported seconds as milliseconds; None where no such time can have been meant.

    Zero and negative times are kept: whoever reads times leaves them out.
    """
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise SkipRecord("bad_time_spent", "its lead_time is no number of seconds")
    if isinstance(seconds, float) and not math.isfinite(seconds):
        return None
    return round(seconds * 1000) if abs(seconds) <= MAX_SECONDS else None


def content_of(data: Any) -> str:
    """Return a digest of a task's data, by which identical tasks are known; "" where it has none.

    >>> content_of({"a": 1, "b": [2]}) == content_of({"b": [2], "a": 1}), content_of({})
    (True, '')
    """
    said = canonical(data).encode("utf-8", "surrogatepass") if data else b""
    return blake2b(said, digest_size=16).hexdigest() if said else ""


def bad_record(
    error: SkipRecord, *, place: str, record: str, raw: Any, project: str | None = None
) -> BadRecord:
    """Return the quarantined form of a row; `raw` is kept in part, for operators."""
    return BadRecord(place, record, error.reason, str(error), excerpt(raw), project)


def excerpt(raw: Any) -> str:
    """Return the beginning of a raw record as text that any database takes."""
    try:
        text = raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        text = ""
    return storable(text[:MAX_EXCERPT])


def storable(text: str) -> str:
    """Return a text with what no database keeps (NUL, lone surrogates) replaced."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
