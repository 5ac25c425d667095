"""What no warehouse can hold, refused record by record."""

from collections.abc import Callable, Iterable
from math import isfinite

from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import AnnotationRecord, PredictionRecord

EARLIEST = -62_135_596_800_000_000 + 2 * 86_400_000_000
LATEST = 253_402_300_799_000_000 - 2 * 86_400_000_000
TOO_LARGE = 2**62


def check(record: AnnotationRecord) -> None:
    """Refuse a record that no warehouse can hold.

    Raises:
        SkipRecord: a time outside years 1 to 9999, a number too large, a NUL character, or half
            of a character (a lone surrogate).
    """
    times = (record.submitted_at, record.updated_at, record.started_at, record.reviewed_at)
    names = (record.project, record.native_id, record.item)
    more = (record.annotator or "", record.batch or "", record.parent_prediction or "")
    _check(times, (record.time_spent_ms, record.revision), (*names, *more))


def check_prediction(record: PredictionRecord) -> None:
    """Refuse a prediction that no warehouse can hold, as `check` does."""
    names = (record.project, record.native_id, record.item, record.model_version)
    _check((record.created_at,), (record.score, record.revision), names)


def _check(
    times: Iterable[int | None], numbers: Iterable[int | None], names: Iterable[str]
) -> None:
    for at in times:
        if at is not None and not EARLIEST <= at <= LATEST:
            raise SkipRecord("bad_time", "a time lies outside the years 1 to 9999")
    for number in numbers:
        if number is not None and abs(number) >= TOO_LARGE:
            raise SkipRecord("bad_number", "a number is too large to be kept exactly")
    joined = "".join(names)
    if "\x00" in joined:
        raise SkipRecord("nul_character", "a text holds a NUL character")
    try:
        joined.encode()
    except UnicodeEncodeError:
        raise SkipRecord("bad_text", "a text holds half a character") from None


def check_text(json_text: str, value: object) -> None:
    """Refuse a value that no warehouse can hold; `json_text` is the value as JSON.

    Raises:
        SkipRecord: it holds a NUL, which PostgreSQL cannot keep, or a number that is not finite,
            which JSON cannot.
    """
    if "\\u0000" in json_text and _any(value, lambda one: isinstance(one, str) and "\x00" in one):
        raise SkipRecord("nul_character", "a text holds a NUL character")
    if ("NaN" in json_text or "Infinity" in json_text) and _any(
        value, lambda one: isinstance(one, float) and not isfinite(one)
    ):
        raise SkipRecord("bad_number", "a number is not finite")


def _any(value: object, wrong: Callable[[object], bool]) -> bool:
    if isinstance(value, dict):
        return any(_any(one, wrong) for pair in value.items() for one in pair)
    if isinstance(value, list | tuple):
        return any(_any(one, wrong) for one in value)
    return wrong(value)
