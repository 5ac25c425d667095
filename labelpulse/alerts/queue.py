"""Handing entries of the queue over to whoever decides: posted, and only then marked as sent."""

from collections.abc import Callable, Mapping, Sequence

from labelpulse.alerts.channels import receiver_of
from labelpulse.alerts.channels.message import Message, Receiver
from labelpulse.alerts.channels.webhook import deliver
from labelpulse.config import Settings
from labelpulse.core.days import now_us
from labelpulse.core.errors import UsageError
from labelpulse.core.keys import message_key
from labelpulse.http import Client
from labelpulse.reader.handover import handover
from labelpulse.reader.queue import Entry
from labelpulse.warehouse.queue import Queue


def webhook_of(settings: Settings, name: str) -> Receiver:
    """Return a channel of the configuration that is a webhook.

    Raises:
        UsageError: there is none of that name, or it is no webhook.
        ConfigError: its address or its secret cannot be read.
    """
    found = receiver_of(settings, name)
    if found.kind != "webhook":
        raise UsageError(f"[channels.{name}] is no webhook: entries of the queue need one")
    return found


def send(
    entries: Sequence[Entry],
    to: Receiver,
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
    key = message_key((one.id or 0, one.opened_at or 0) for one in waiting)
    message = Message(key, "queue.entries", clock(), data)
    with client or Client() as http:
        deliver(http, to, message)
    return queue.sent([one.id for one in waiting if one.id is not None])
