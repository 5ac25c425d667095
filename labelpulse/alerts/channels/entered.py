"""Webhooks that were entered on a page, beside those of the configuration, which win."""

from typing import TYPE_CHECKING

from labelpulse.config import Channel, Settings
from labelpulse.reader.alerts import entered_channels
from labelpulse.warehouse.engine import reading

if TYPE_CHECKING:
    from sqlalchemy import Engine


class EnteredChannel(Channel):
    """A channel that was entered on a page: its address is checked with every message."""


def with_entered(settings: Settings, engine: "Engine") -> Settings:
    """Return the configuration with the webhooks that were entered on a page."""
    with reading(engine).connect() as conn:
        found = entered_channels(conn)
    entered = {
        one.name: EnteredChannel.model_validate(
            {"type": "webhook", "url": one.address, "secret": one.secret, "least": one.least}
        )
        for one in found
    }
    return settings.model_copy(update={"channels": {**entered, **settings.channels}})
