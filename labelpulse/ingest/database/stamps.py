"""Instants as somebody's database compares them."""

from datetime import datetime

from labelpulse.core.days import SECOND, from_us, zone

HOUR, DAY = 3600 * SECOND, 86_400 * SECOND


def local(us: int, place: str) -> datetime:
    """Return an instant as local time without a zone, an hour early where clocks are set back.

    >>> local(1_709_542_800_000_000, "UTC").isoformat()
    '2024-03-04T09:00:00'
    >>> local(1_709_542_800_000_000, "Europe/Berlin").isoformat()
    '2024-03-04T09:00:00'
    """
    aside = 0 if place == "UTC" else HOUR
    return from_us(max(0, us - aside)).astimezone(zone(place)).replace(tzinfo=None)
