"""What no warehouse can hold, refused record by record."""

from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import AnnotationRecord

EARLIEST = -62_135_596_800_000_000 + 2 * 86_400_000_000
LATEST = 253_402_300_799_000_000 - 2 * 86_400_000_000
TOO_LARGE = 2**62


def check(record: AnnotationRecord) -> None:
    """Refuse a record that no warehouse can hold.

    Raises:
        SkipRecord: a time outside years 1 to 9999, a NUL character, or a number too large.
    """
    for at in (record.submitted_at, record.updated_at, record.started_at, record.reviewed_at):
        if at is not None and not EARLIEST <= at <= LATEST:
            raise SkipRecord("bad_time", "a time lies outside the years 1 to 9999")
    for number in (record.time_spent_ms, record.revision):
        if number is not None and abs(number) >= TOO_LARGE:
            raise SkipRecord("bad_number", "a number is too large to be kept exactly")
    texts = (record.native_id, record.item, record.annotator or "", record.batch or "")
    if "\x00" in "".join(texts):
        raise SkipRecord("nul_character", "a text holds a NUL character")


def check_text(json_text: str, value: object) -> None:
    """Refuse a value that holds a NUL character; `json_text` is the value as JSON.

    Raises:
        SkipRecord: PostgreSQL cannot keep a NUL, so no warehouse does.
    """
    if "\\u0000" in json_text and _has_nul(value):
        raise SkipRecord("nul_character", "a text holds a NUL character")


def _has_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_has_nul(one) for pair in value.items() for one in pair)
    return isinstance(value, list | tuple) and any(_has_nul(one) for one in value)
