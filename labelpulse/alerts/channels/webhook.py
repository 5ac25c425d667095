"""Signed webhooks, by the scheme of Standard Webhooks 1.0 (https://www.standardwebhooks.com)."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

from labelpulse.alerts.channels.message import Means, Message, Receiver, Way
from labelpulse.core.days import SECOND
from labelpulse.core.errors import ConfigError
from labelpulse.http import Client

PREFIX = "whsec_"
"""A secret that begins with it goes on in base64; any other is taken as it is."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Posts messages to a receiver."""

    client: Client
    to: Receiver

    def deliver(self, message: Message, now: int) -> None:
        """Post a message, signed as of now."""
        deliver(self.client, self.to, message, now)


def way(to: Receiver, means: Means) -> Way:
    """Return a webhook as a channel."""
    return Webhook(means.client, to)


def sign(secret: str, id_: str, timestamp: int, body: bytes, of: str = "the channel") -> str:
    """Return the header ``webhook-signature``: HMAC-SHA256 of ``id.timestamp.body``, in base64.

    Args:
        of: how to call the channel in an error.

    >>> key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    >>> sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    content = b"%s.%d.%s" % (id_.encode(), timestamp, body)
    found = hmac.new(_key(secret, of), content, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(found).decode()}"


def _key(secret: str, of: str) -> bytes:
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ConfigError(
            f"{of}: secret begins with {PREFIX} and does not go on in base64: copy the whole of it"
        ) from None


def deliver(client: Client, to: Receiver, message: Message, now: int | None = None) -> None:
    """Post a message; return when it was taken.

    Args:
        now: of this try, microseconds UTC, since receivers refuse what was signed long ago; None =
            the message's own time.

    Raises:
        DeliveryFailed: it was not; sending it again is safe.
        ConfigError: the secret cannot be used.
    """
    body, second = message.body(), (message.at if now is None else now) // SECOND
    headers = {
        "content-type": "application/json",
        "webhook-id": message.id,
        "webhook-timestamp": str(second),
    }
    if to.secret:
        where = f"[channels.{to.name}]"
        headers["webhook-signature"] = sign(to.secret, message.id, second, body, where)
    client.post(to.address, body, headers, f"channel {to.name!r}")
