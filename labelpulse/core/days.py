"""Convert between instants, local days and text.

An instant is an integer: microseconds since 1970 in UTC. A day is a proleptic Gregorian ordinal,
0 = unknown. A day depends on a time zone, so facts store instants and days are derived from them.
"""

import os
import time
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from labelpulse.core.errors import UsageError

NO_DAY = 0
NO_HOUR = -1
SECOND = 1_000_000
_QUARTER = 900 * SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now_us() -> int:
    """Return the time of this machine's clock in microseconds UTC."""
    return time.time_ns() // 1000


def to_us(moment: datetime) -> int:
    """Return an aware datetime as microseconds UTC, exactly.

    >>> to_us(datetime(2024, 3, 4, 9, tzinfo=UTC))
    1709542800000000
    """
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds


def from_us(us: int) -> datetime:
    """Return microseconds UTC as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=us)


def iso(us: int | None) -> str | None:
    """Return microseconds UTC as ISO 8601 with a Z; None stays None.

    >>> iso(1709542800000000)
    '2024-03-04T09:00:00Z'
    """
    return None if us is None else from_us(us).isoformat().replace("+00:00", "Z")


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """Return the IANA time zone of a name; raise UsageError when it does not exist."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"unknown time zone {name!r}: use an IANA name such as Europe/Berlin"
        ) from None


@lru_cache(maxsize=64)
def is_utc(name: str) -> bool:
    """Return whether a zone's clocks show UTC from 2000 to 2029, under whatever name.

    >>> is_utc("Etc/UTC"), is_utc("Zulu"), is_utc("Europe/London"), is_utc("Asia/Tokyo")
    (True, True, False, False)
    """
    named_zone = zone(name)
    moments = (datetime(2000 + n // 12, n % 12 + 1, 1, tzinfo=UTC) for n in range(12 * 30))
    return not any(moment.astimezone(named_zone).utcoffset() for moment in moments)


@lru_cache(maxsize=200_000)
def _quarter(quarter: int, zone_name: str) -> tuple[int, int]:
    local = from_us(quarter * _QUARTER).astimezone(zone(zone_name))
    return local.toordinal(), local.hour


def local_day_hour(us: int | None, zone_name: str) -> tuple[int, int]:
    """Return (day ordinal, hour 0-23) of an instant in a zone; (0, -1) when unknown.

    Since 1972 every UTC offset is a multiple of 15 minutes, so results are cached by quarter of
    an hour; older instants are not cached.

    >>> local_day_hour(to_us(datetime(2025, 3, 30, 1, tzinfo=UTC)), "Europe/Berlin")[1]
    3
    """
    if us is None:
        return NO_DAY, NO_HOUR
    if us >= 63_072_000 * SECOND:
        return _quarter(us // _QUARTER, zone_name)
    local = from_us(us).astimezone(zone(zone_name))
    return local.toordinal(), local.hour


def local_day_second(us: int | None, zone_name: str) -> tuple[int, int]:
    """Return (day ordinal, clock time in seconds since midnight); (0, 0) when unknown.

    >>> local_day_second(to_us(datetime(2025, 3, 30, 1, 20, tzinfo=UTC)), "Europe/Berlin")[1] / 3600
    3.3333333333333335
    """
    if us is None:
        return NO_DAY, 0
    if us >= 63_072_000 * SECOND:
        day, seconds = _quarter_start(us // _QUARTER, zone_name)
        return day, seconds + us % _QUARTER // SECOND
    local = from_us(us).astimezone(zone(zone_name))
    return local.toordinal(), local.hour * 3600 + local.minute * 60 + local.second


@lru_cache(maxsize=200_000)
def _quarter_start(quarter: int, zone_name: str) -> tuple[int, int]:
    local = from_us(quarter * _QUARTER).astimezone(zone(zone_name))
    return local.toordinal(), local.hour * 3600 + local.minute * 60


def day_text(day: int) -> str | None:
    """Return a day ordinal as ``2026-03-04``; None when unknown."""
    return date.fromordinal(day).isoformat() if day else None


def week_text(day: int) -> str | None:
    """Return the ISO week of a day ordinal as ``2026-W09``; None when unknown."""
    return date.fromordinal(day).strftime("%G-W%V") if day else None


def month_text(day: int) -> str | None:
    """Return the month of a day ordinal as ``2026-03``; None when unknown."""
    return date.fromordinal(day).isoformat()[:7] if day else None


def weekday(day: int) -> int | None:
    """Return 1 (Monday) to 7 of a day ordinal; None when unknown."""
    return date.fromordinal(day).isoweekday() if day else None


def week_start(day: int) -> int:
    """Return the ordinal of the Monday of a day's ISO week; 0 stays 0."""
    return day - (day - 1) % 7 if day else NO_DAY


def month_start(day: int) -> int:
    """Return the ordinal of the first day of a day's month; 0 stays 0."""
    return date.fromordinal(day).replace(day=1).toordinal() if day else NO_DAY


def parse_day(text: str) -> int:
    """Return the ordinal of a day such as ``2026-03-04``; raise UsageError when it is not one."""
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        raise UsageError(f"{text!r} is not a day: write it as 2026-03-04") from None


def machine_zone() -> str:
    """Return this machine's IANA zone: TZ, else /etc/localtime, else UTC."""
    name = os.environ.get("TZ", "").lstrip(":")
    if name:
        return zone(name).key
    link = str(Path("/etc/localtime").resolve())
    return link.split("zoneinfo/", 1)[1] if "zoneinfo/" in link else "UTC"
