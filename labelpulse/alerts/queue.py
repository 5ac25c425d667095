"""Handing entries of the queue over to whoever decides: posted, and only then marked as sent."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b

from labelpulse.alerts.channels.webhook import Message, Webhook, deliver
from labelpulse.config import Settings
from labelpulse.core.days import now_us
from labelpulse.core.errors import ConfigError
from labelpulse.http import Client
from labelpulse.reader.handover import handover
from labelpulse.reader.queue import Entry
from labelpulse.warehouse.queue import Queue


def webhook_of(settings: Settings, name: str) -> Webhook:
    """Return a channel of the configuration as a webhook.

    Raises:
        UsageError: there is none of that name.
        ConfigError: its address or its secret cannot be read.
    """
    channel, where = settings.channel(name), f"[channels.{name}]"
    address = channel.secret("url", where, settings.folder)
    key = channel.secret("secret_key", where, settings.folder)
    if address is None or not address.get_secret_value():
        raise ConfigError(f"{where}: url is missing: set url, url_env or url_file")
    secret = "" if key is None else key.get_secret_value()
    return Webhook(name, address.get_secret_value(), secret)


def send(
    entries: Sequence[Entry],
    to: Webhook,
    queue: Queue,
    links: Mapping[str, str],
    *,
    client: Client | None = None,
    clock: Callable[[], int] = now_us,
) -> int:
    """Post waiting entries in one message and mark them as sent; return how many were open.

    Args:
        links: templates of items' addresses, by source.

    Raises:
        DeliveryFailed: it was not taken; then nothing is marked, and the next try has the same id.
    """
    waiting = [one for one in entries if one.id is not None and one.decided_at is None]
    if not waiting:
        return 0
    data = {"entries": handover(waiting, links)}
    message = Message(_message_id(waiting), "queue.entries", clock(), data)
    with client or Client() as http:
        deliver(http, to, message)
    return queue.sent([one.id for one in waiting if one.id is not None])


def _message_id(entries: Sequence[Entry]) -> str:
    """Return an id that the same entries always have."""
    told = sorted((one.id or 0, one.opened_at or 0) for one in entries)
    return f"msg_{blake2b(repr(told).encode(), digest_size=16).hexdigest()}"
