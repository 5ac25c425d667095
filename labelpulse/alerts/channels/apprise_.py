"""Chat, pagers and whatever else apprise knows: https://github.com/caronc/apprise."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from labelpulse.alerts.channels.message import Means, Message, Receiver, Way
from labelpulse.alerts.notice import Letter, letter
from labelpulse.core.deadline import TRY_S
from labelpulse.core.errors import DeliveryFailed

_TALKATIVE = ("apprise", "oauthlib", "requests", "requests_oauthlib", "slixmpp", "urllib3")
"""Libraries that log addresses, which hold tokens, and the answers to them."""

_TYPES = {"critical": "failure", "warning": "warning", "info": "info", "": "success"}


@dataclass(frozen=True, slots=True)
class Apprise:
    """Sends a letter to one of apprise's services."""

    to: Receiver
    try_s: float = TRY_S

    def deliver(self, message: Message, now: int) -> None:  # noqa: ARG002 - as of every way
        """Send a message; apprise tells whether it was taken, and never why not."""
        told = letter(message.notices())
        what = f"channel {self.to.name!r}"
        service = _service(self.to.address)
        if service is None:
            raise DeliveryFailed(
                f"{what}: its url is of no service that apprise knows, or lacks a part: see "
                "https://github.com/caronc/apprise/wiki",
                why="address not understood",
                lasting=True,
            )
        why = self._tried(lambda: _taken(service, told))
        if why:
            raise DeliveryFailed(f"{what} did not take the message: {why}", why=why)

    def _tried(self, send: Callable[[], bool]) -> str:
        """Return why it was not taken; "" = it was. Who is too slow goes on without us."""
        name = f"apprise {self.to.name}"
        if any(one.name == name for one in threading.enumerate()):
            return "the last try goes on"
        ended = Future[bool]()
        threading.Thread(target=_run, args=(send, ended), name=name, daemon=True).start()
        try:
            return "" if ended.result(self.try_s) else "not taken"
        except TimeoutError:
            return "too slow"


def _run(send: Callable[[], bool], ended: Future[bool]) -> None:
    try:
        ended.set_result(send())
    except Exception as error:  # noqa: BLE001 - it belongs to who waits, not on standard error
        ended.set_exception(error)


def way(to: Receiver, means: Means) -> Way:  # noqa: ARG001 - apprise has a client of its own
    """Return a service of apprise as a channel."""
    return Apprise(to)


def _service(address: str) -> Any:
    """Return apprise with that one service; None when it knows of none."""
    import apprise

    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    asset = apprise.AppriseAsset(storage_mode="memory", http_redirects=False)
    asset.app_id = asset.app_desc = "labelpulse"
    found = apprise.Apprise(asset=asset)
    return found if found.add(address) and len(found) else None


def _taken(service: Any, told: Letter) -> bool:
    return bool(
        service.notify(
            title=told.subject, body=told.text, notify_type=_TYPES[told.level], body_format="text"
        )
    )
