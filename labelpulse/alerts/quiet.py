"""Quiet hours: when a channel is told only what is critical. All else waits for the morning."""

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from labelpulse.core.days import SECOND, zone

if TYPE_CHECKING:
    from labelpulse.config import Channel, Settings

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def quiet_now(settings: "Settings", now: int) -> frozenset[str]:
    """Return the names of the channels that are quiet at an instant, microseconds UTC."""
    at = datetime.fromtimestamp(now / SECOND, UTC)
    default = settings.default_zone()
    return frozenset(
        name
        for name, one in settings.channels.items()
        if is_quiet(one, at.astimezone(zone(one.timezone or default)))
    )


def is_quiet(channel: "Channel", local: datetime) -> bool:
    """Return whether a channel is quiet at a local time.

    Hours that end earlier than they begin go over midnight: 19:00-08:00 is quiet at 20:00 and at
    07:59, and no longer at 08:00.
    """
    if _DAYS[local.weekday()] in channel.quiet_days:
        return True
    if channel.quiet is None:
        return False
    first, end = (time.fromisoformat(one) for one in channel.quiet.split("-"))
    at = local.time()
    return first <= at < end if first <= end else at >= first or at < end
