"""Channels that are named and not there: what is told by them reaches nobody."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from labelpulse.alerts.telling import channels_of

if TYPE_CHECKING:
    from labelpulse.config import Alert, Settings

ALERTING = "[alerting]"
FEW = 3
"""Of so many rules that name a channel each is told."""


def absent(
    settings: "Settings", rules: "Iterable[Alert]", *, whole: bool = False
) -> dict[str, str]:
    """Return each channel that is not there -> who names it, and what to do.

    Args:
        settings: with the webhooks that were entered on a page. whole: ask [alerting] and the
            reports, too, whether or not a rule goes by them.
    """
    named: dict[str, dict[str, None]] = {}
    for place, channels in [*_of_rules(settings, rules), *(_others(settings) if whole else ())]:
        for channel in channels:
            if channel not in settings.channels:
                named.setdefault(channel, {})[place] = None
    return {channel: _why(channel, list(places)) for channel, places in named.items()}


def _of_rules(
    settings: "Settings", rules: "Iterable[Alert]"
) -> Iterator[tuple[str, Sequence[str]]]:
    for one in rules:
        place = ALERTING if one.channels is None else f"rule {one.name!r}"
        yield place, channels_of(one, settings)


def _others(settings: "Settings") -> Iterator[tuple[str, Sequence[str]]]:
    yield ALERTING, settings.alerting.channels
    for one in settings.reports:
        yield f"report {one.name!r}", one.channels


def _why(channel: str, places: Sequence[str]) -> str:
    rest = [f"{len(places) - FEW} more"] if len(places) > FEW else []
    return (
        f"named by {', '.join([*places[:FEW], *rest])}, but not there, so that nobody is told by "
        f"it: correct channels, or add [channels.{channel}] or one of that name on the page Alerts"
    )
