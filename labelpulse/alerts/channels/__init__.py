"""Where messages go: one file for each kind of channel, and the choice between them."""

from collections.abc import Callable, Mapping

from labelpulse.alerts.channels import apprise_, log, smtp, webhook
from labelpulse.alerts.channels.entered import EnteredChannel
from labelpulse.alerts.channels.message import Means, Receiver, Way
from labelpulse.config import Settings
from labelpulse.core.errors import ConfigError

KINDS: Mapping[str, Callable[[Receiver, Means], Way]] = {
    "webhook": webhook.way,
    "apprise": apprise_.way,
    "smtp": smtp.way,
    "log": log.way,
}
"""Each kind of channel, by the `type` in its table."""

_SCHEMES = {"http": "webhook", "https": "webhook", "smtp": "smtp", "smtps": "smtp"}


def receiver_of(settings: Settings, name: str) -> Receiver:
    """Return a channel of the configuration, with its secrets.

    Raises:
        UsageError: there is none of that name.
        ConfigError: its address or its secret cannot be read.
    """
    channel, where = settings.channel(name), f"[channels.{name}]"
    if channel.type == "log":
        return Receiver(name, kind="log")
    found = channel.secret("url", where, settings.folder)
    key = channel.secret("secret_key", where, settings.folder)
    address = "" if found is None else found.get_secret_value()
    if not address:
        raise ConfigError(f"{where}: url is missing: set url, url_env or url_file")
    kind = channel.type or _SCHEMES.get(address.partition(":")[0].lower(), "apprise")
    secret = "" if key is None else key.get_secret_value()
    public = isinstance(channel, EnteredChannel)
    return Receiver(name, address, secret, kind, public=public)


def channel_of(settings: Settings, name: str, means: Means) -> Way:
    """Return the way to a channel, by its type, else by the scheme of its address.

    Raises:
        UsageError: there is none of that name.
        ConfigError: its address or its secret cannot be used.
    """
    to = receiver_of(settings, name)
    return KINDS[to.kind](to, means.public() if to.public else means)
