"""Delivering what waits in the outbox: at least once, in order, one channel no matter to another.

A message is marked as sent only after its receiver took it. Whoever dies in between leaves it to
the next one, who sends it again under the same id.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from labelpulse.alerts.channels import channel_of
from labelpulse.alerts.channels.message import Log, Means, Message
from labelpulse.alerts.notice import Kind, Notice
from labelpulse.alerts.quiet import quiet_now
from labelpulse.config import Settings
from labelpulse.core.days import SECOND
from labelpulse.core.errors import DeliveryFailed
from labelpulse.core.keys import message_key
from labelpulse.http import Client
from labelpulse.warehouse.outbox import Claim, Failure, Outbox

LIMIT_US = 60 * SECOND
"""No further message is begun after so long; the next run goes on with who waited longest."""


def once() -> Client:
    """Return a client that tries each message once."""
    return Client(attempts=1)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one run did, in messages; dead ones are not among the failed."""

    formed: int = 0
    sent: int = 0
    failed: int = 0
    dead: int = 0


class Dispatcher:
    """Delivers what waits in the outbox, by the outbox's clock.

    Args:
        log: of the collector: called with an event and fields. waits: what fires within a short
            time is told together; not where a run ends. client: makes what posts; a message is
            tried once in a run, since the next run comes soon.
    """

    def __init__(
        self,
        outbox: Outbox,
        settings: Settings,
        log: Log,
        *,
        waits: bool = True,
        client: Callable[[], Client] = once,
    ) -> None:
        self._outbox = outbox
        self._settings = settings
        self._log = log
        self._waits = waits
        self._client = client

    def run(self) -> Delivered:
        """Make messages of what waits, and try each channel until it fails or has no more.

        What was sent long ago is deleted.
        """
        self._outbox.forget()
        formed = self._formed()
        clock, done = self._outbox.clock, Counter[str]()
        channels, ends = deque(self._outbox.due()), clock() + LIMIT_US
        if not channels:
            return Delivered(formed)
        with self._client() as client:
            means = Means(client, self._log)
            while channels and clock() < ends:
                channel = channels.popleft()
                ended = self._next(channel, means)
                done[ended] += 1
                if ended == "sent":
                    channels.append(channel)  # the others first, however much waits here
        return Delivered(formed, done["sent"], done["failed"], done["dead"])

    def _formed(self) -> int:
        said = self._settings.alerting
        quiet = quiet_now(self._settings, self._outbox.clock())
        if not self._waits:
            return self._outbox.form(0, 0, quiet)
        return self._outbox.form(_us(said.group_wait), _us(said.group_interval), quiet)

    def _next(self, channel: str, means: Means) -> str:
        """Try the first waiting message of a channel; return how that ended."""
        claim = self._outbox.claim(channel)
        if claim is None:
            return "none"
        try:
            self._deliver(claim, means)
        except Exception as error:  # noqa: BLE001 - whatever one channel trips over, others go on
            return self._failed(claim, _failure(error))
        self._outbox.sent(claim)
        return "sent"

    def _deliver(self, claim: Claim, means: Means) -> None:
        if claim.channel not in self._settings.channels:
            raise DeliveryFailed("no such channel", lasting=True)
        way = channel_of(self._settings, claim.channel, means)
        data = {"alerts": claim.body["notices"]}
        message = Message(claim.key, f"alert.{claim.kind}", claim.created_at, data)
        way.deliver(message, self._outbox.clock())

    def _failed(self, claim: Claim, failure: Failure) -> str:
        dead = self._outbox.failed(claim, failure)
        self._log(
            "message not taken",
            message=claim.key,
            channel=claim.channel,
            why=failure.why,
            attempts=claim.attempts + 1,
            dead=dead,
        )
        return "dead" if dead else "failed"


def send_test(settings: Settings, channel: str, now: int, log: Log | None = None) -> None:
    """Send a test message through a channel, past the outbox.

    Args:
        now: microseconds UTC. log: for a channel that is one.

    Raises:
        UsageError: there is no such channel.
        ConfigError: its address or its secret cannot be used.
        DeliveryFailed: it did not take the message.
    """
    told = Notice(
        kind=Kind.TEST,
        title="labelpulse can reach this channel",
        level="info",
        lines=("Somebody asked for this message. Nothing has happened.",),
        link=settings.dashboard.url,
    )
    key, data = message_key([("test", channel, now)]), {"alerts": [told.document()]}
    with once() as client:
        way = channel_of(settings, channel, Means(client, log or _nowhere))
        way.deliver(Message(key, f"alert.{Kind.TEST}", now, data), now)


def _nowhere(*_: object, **__: object) -> None:
    """Log nothing."""


def _failure(error: Exception) -> Failure:
    """Return what may be kept of an error: of others than ours, its class."""
    if isinstance(error, DeliveryFailed):
        return Failure(error.why, error.after, error.lasting)
    return Failure(type(error).__name__, lasting=True)


def _us(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
