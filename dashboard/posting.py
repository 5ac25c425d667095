"""What the page of alerts asks and does about channels: messages, tests, webhooks entered here."""

from collections.abc import Mapping

from dashboard import alerting, context
from dashboard.lately import lately
from labelpulse.alerts.channels.entered import with_entered
from labelpulse.alerts.delivery import send_test
from labelpulse.config import Channel, Settings
from labelpulse.core.errors import UsageError
from labelpulse.warehouse.alerts import AlertBook
from labelpulse.warehouse.outbox import Outbox
from labelpulse.warehouse.posted import Backlog, State, Stored, backlog, messages


@lately(context.POLL_S, context.KEPT_WAREHOUSES)
def _outgoing(_url: str) -> tuple[list[Stored], Backlog]:
    return messages(context.engine(), 200), backlog(context.engine())


def outgoing() -> tuple[list[Stored], Backlog]:
    """Return the newest messages, and how many wait or are dead."""
    return _outgoing(context.address())


@lately(context.POLL_S, context.KEPT_WAREHOUSES)
def _told_by(_url: str) -> Settings:
    return with_entered(context.settings(), context.engine())


def channels() -> Mapping[str, Channel]:
    """Return where alerts can be told: channels of the configuration, and those entered here."""
    return _settings().channels


def _settings() -> Settings:
    return _told_by(context.address())


def undelivered() -> dict[int, tuple[str, ...]]:
    """Return by alert the channels that did not take what was to be told of it, so far."""
    found: dict[int, dict[str, None]] = {}
    for message in outgoing()[0]:
        failed = message.state == State.DEAD or (message.state == State.WAITING and message.failure)
        for notice in message.body.get("notices", ()) if failed else ():
            found.setdefault(notice.get("incident", 0), {})[message.channel] = None
    return {id_: tuple(channels) for id_, channels in found.items()}


def forget() -> None:
    """Forget what was read of channels and messages."""
    _outgoing.clear()
    _told_by.clear()


def _own() -> AlertBook:
    forget()
    return alerting.own()


def try_channel(name: str) -> None:
    """Send a test message through a channel of the configuration."""
    _own()
    send_test(_settings(), name, context.now())


def put_channel(name: str, address: str, least: str, who: str) -> str:
    """Keep a webhook that was entered here; return the secret its messages are signed by.

    Raises:
        UsageError: the address is none of the public internet's by HTTPS, or the name is taken.
    """
    book = _own()
    if not name.strip():
        raise UsageError("give the channel a name: rules and this page call it by that")
    if name in context.settings().channels:
        raise UsageError(f"labelpulse.toml names a channel {name!r} already: give another name")
    return book.put_channel(name, address, least, alerting.named(who))


def remove_channel(name: str) -> bool:
    """Forget a webhook that was entered here."""
    return _own().remove_channel(name)


def try_again(id_: int) -> bool:
    """Let a message that was given up be tried again."""
    return Outbox(_own().engine).revive(id_)
