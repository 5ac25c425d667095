"""What every kind of channel has in common: what it is given, and how it is called."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from labelpulse.alerts.notice import Notice, of
from labelpulse.core.days import iso
from labelpulse.http import Client

Log = Callable[..., None]
"""Called with an event and fields."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is told.

    Attributes:
        id: the same whenever the same is told again, so that receivers can leave repeats out.
        kind: like ``queue.entries``. at: microseconds UTC. data: plain JSON.
    """

    id: str
    kind: str
    at: int
    data: Any = field(repr=False)

    def body(self) -> bytes:
        """Return the message as it is posted and signed."""
        told = {"type": self.kind, "timestamp": iso(self.at), "data": self.data}
        return json.dumps(told, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()

    def notices(self) -> Sequence[Notice]:
        """Return the alerts that it tells of."""
        return [of(one) for one in self.data["alerts"]]


@dataclass(frozen=True, slots=True)
class Receiver:
    """A channel of the configuration, with its secrets.

    Attributes:
        name: of the channel. kind: webhook, apprise, smtp or log. address: a secret; "" = none is
            needed. secret: what messages are signed with; "" = they are not signed. public: its
            address must be one of the public internet, for somebody entered it on a page.
    """

    name: str
    address: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    kind: str = "webhook"
    public: bool = False


def _pinned() -> Client:
    return Client(attempts=1, public_only=True)


@dataclass(frozen=True, slots=True)
class Means:
    """What channels work with: the HTTP client, and the collector's log."""

    client: Client
    log: Log
    pinned: Callable[[], Client] = _pinned

    def public(self) -> "Means":
        """Return means that reach the public internet only, for one message."""
        return Means(self.pinned(), self.log)


class Way(Protocol):
    """How messages get to one channel."""

    def deliver(self, message: Message, now: int) -> None:
        """Hand a message over; return when it was taken.

        Args:
            now: microseconds UTC.

        Raises:
            DeliveryFailed: it was not; sending it again is safe.
            ConfigError: the channel's address or secret cannot be used.
        """
