"""The dead man's switch: an address outside that is asked for as long as all is well.

Whoever keeps it (Healthchecks.io and the like) tells when it is not asked for any more, which
nothing in here could.
"""

from labelpulse.config import Settings
from labelpulse.http import Client


def beat(settings: Settings, client: Client | None = None) -> bool:
    """Ask for the address of ``[alerting] heartbeat``; return whether there is one.

    Raises:
        DeliveryFailed: it does not answer; the message does not name it.
        ConfigError: it cannot be read.
    """
    found = settings.alerting.secret("heartbeat", "[alerting]", settings.folder)
    if found is None or not found.get_secret_value():
        return False
    with client or Client(attempts=1) as http:
        http.get(found.get_secret_value(), "the heartbeat")
    return True
