"""Times as tools and spreadsheets write them -> microseconds UTC; anything doubtful is refused.

Read are ISO 8601, seconds (milli-, micro-, nano-) since 1970, and the common forms with slashes
(month first, as the tools that write slashes do, unless their file shows otherwise), dots (day
first) and weekday names.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

from labelpulse.core.days import SECOND, to_us, zone

FIRST_YEAR, LAST_YEAR = 1970, 2200
REPEATED = 1024
"""Times kept, since the same stand side by side: created, last changed, and of one batch."""
MONTHS, MANY = 12, 1_000
_EPOCH_DIGITS = {9: SECOND, 10: SECOND, 13: 1000, 16: 1}
_END = to_us(datetime(LAST_YEAR, 1, 1, tzinfo=UTC))
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d(?:[.,]\d+)?))?\s*([AaPp][Mm])?\s*(.*)")
_SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:[\sT,]+(.*))?")
_YEAR_FIRST = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(?:[\sT,]+(.*))?")
_DOTS = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[\sT,]+(.*))?")
_ZONES = {
    "UTC": "+00:00",
    "GMT": "+00:00",
    "EST": "-05:00",
    "EDT": "-04:00",
    "CST": "-06:00",
    "CDT": "-05:00",
    "MST": "-07:00",
    "MDT": "-06:00",
    "PST": "-08:00",
    "PDT": "-07:00",
    "AKST": "-09:00",
    "AKDT": "-08:00",
    "HST": "-10:00",
}
"""Zone words, those of RFC 2822 and of the United States; others mean several zones."""

_ZONE_WORD = re.compile(rf"\s*(?<![A-Za-z])({'|'.join(_ZONES)})$", re.IGNORECASE)
# Behind a clock, where no name of a person stands.
_WORD_BEHIND = re.compile(r":\d\d(?:[.,]\d+)?\s*([A-Z]{3,4})$")
_SPACED_OFFSET = re.compile(r"\s+([+-]\d\d:?\d\d)$")
_UNIX_DATE = re.compile(r"([A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ [\d:]+) ([A-Z]{2,4}) (\d{4})")


def day_first(texts: Iterable[str]) -> bool:
    """Return True when the dates with slashes in a file begin with the day.

    The first date that can be read in one way only decides; a file without dates with slashes
    among its first 1,000 is not looked at further.

    >>> day_first(["", "3/4/2024", "16/4/2024 09:00"]), day_first(["3/4/2024", "3/16/2024"])
    (True, False)
    """
    others = slashes = 0
    for text in texts:
        found = _SLASHES.fullmatch(text.strip())
        if found is None:
            others += bool(text.strip())
            if others > MANY and not slashes:
                return False
            continue
        slashes += 1
        first, second = int(found[1]), int(found[2])
        if max(first, second) > MONTHS:
            return first > MONTHS
    return False


@lru_cache(maxsize=REPEATED)
def read_time(text: str, naive_zone: str, *, day_first: bool = False) -> int:
    """Return a time as microseconds UTC.

    Args:
        naive_zone: IANA zone of times that name none.
        day_first: how dates with slashes begin.

    Raises:
        ValueError: it is no time that can be read without guessing.

    >>> read_time("2024-03-04T09:00:00Z", "UTC") == read_time("1709542800", "UTC")
    True
    >>> read_time("3/4/2024 10:00 AM", "Europe/Berlin") == read_time("1709542800000", "UTC")
    True
    """
    number = text.replace(".", "", 1)
    if number.isdecimal() and len(text.partition(".")[0]) in (*_EPOCH_DIGITS, 19):
        return _checked(_epoch(text))
    moment = _iso(text) or _rewritten(text, day_first) or _mail(text)
    if moment is None:
        raise ValueError("no known form of a time")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone(naive_zone))
    if not FIRST_YEAR <= moment.year < LAST_YEAR:
        raise ValueError("a year that no annotation can be from")
    return _checked(to_us(moment.astimezone(UTC)))


def unknown_zone(text: str) -> str:
    """Return the zone word that a time ends in, where several places use it; "" = none.

    >>> unknown_zone("2024-03-04 09:00 IST"), unknown_zone("2024-03-04 9:00 AM"), unknown_zone("x")
    ('IST', '', '')
    """
    found = _WORD_BEHIND.search(text.strip())
    return "" if found is None or found[1] in _ZONES else found[1]


def _epoch(text: str) -> int:
    whole, _, part = text.partition(".")
    if len(whole) == 19:
        return int(whole) // 1000
    unit = _EPOCH_DIGITS[len(whole)]
    return int(whole) * unit + int(part[:6].ljust(6, "0")) * unit // SECOND


def _checked(us: int) -> int:
    if not 0 <= us < _END:
        raise ValueError("a year that no annotation can be from")
    return us


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    plain, words = _ZONE_WORD.subn(lambda found: _ZONES[found[1].upper()], text)
    if not words:
        plain = _SPACED_OFFSET.sub(r"\1", text)
    try:
        return datetime.fromisoformat(plain)
    except ValueError:
        return None


def _rewritten(text: str, day_first: bool) -> datetime | None:
    """Read dates with slashes or dots by writing them as ISO 8601."""
    if found := _SLASHES.fullmatch(text):
        month, day, year, clock = found.groups()
        if day_first:
            month, day = day, month
    elif found := _YEAR_FIRST.fullmatch(text):
        year, month, day, clock = found.groups()
    elif found := _DOTS.fullmatch(text):
        day, month, year, clock = found.groups()
    else:
        return None
    time = _clock(clock) if clock else ""
    return None if time is None else _iso(f"{year}-{month:0>2}-{day:0>2}{time}")


def _clock(text: str) -> str | None:
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    hour, minute, second, half, rest = found.groups()
    if half:
        if not 1 <= int(hour) <= 12:
            return None
        hour = str(int(hour) % 12 + 12 * (half.lower() == "pm"))
    return f"T{hour:0>2}:{minute}:{second or '00'}{rest}"


def _mail(text: str) -> datetime | None:
    """Read RFC 2822 and Unix ``date`` forms; their zone words are those that RFC 2822 defines."""
    if not text[:1].isalpha():
        return None
    found = _UNIX_DATE.fullmatch(text)
    if found:
        weekday, month, day, clock = found[1].split()
        offset = _ZONES.get(found[2], found[2]).replace(":", "")
        text = f"{weekday}, {day} {month} {found[3]} {clock} {offset}"
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    unknown_zone = moment.tzinfo is None and found is not None
    return None if unknown_zone else moment
