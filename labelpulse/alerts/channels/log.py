"""The collector's own log as a channel: a line for each alert, without names."""

from dataclasses import dataclass

from labelpulse.alerts.channels.message import Log, Means, Message, Receiver, Way


@dataclass(frozen=True, slots=True)
class Lines:
    """Writes ids, rules, metrics and levels; subjects and sentences may name people."""

    log: Log

    def deliver(self, message: Message, now: int) -> None:  # noqa: ARG002 - as of every way
        """Write a message; it is always taken."""
        for one in message.notices():
            self.log(
                "alert",
                kind=one.kind,
                incident=one.incident,
                rule=one.rule,
                severity=one.level,
                metric=one.metric,
                since=one.since,
                message=message.id,
            )


def way(to: Receiver, means: Means) -> Way:  # noqa: ARG001 - as of every kind
    """Return the log as a channel."""
    return Lines(means.log)
