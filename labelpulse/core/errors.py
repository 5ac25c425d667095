"""Exceptions, named by what the caller does next.

Every message says what happened, where, and how to correct it.
"""


class LabelpulseError(Exception):
    """Base of all errors whose message is shown to the user. Exit code 1."""

    exit_code = 1


class UsageError(LabelpulseError):
    """The request is wrong: unknown project, metric, key or option. Exit code 2."""

    exit_code = 2


class ConfigError(LabelpulseError):
    """The configuration cannot be used; the message names the table and the key."""


class WarehouseError(LabelpulseError):
    """The warehouse cannot be used: unreachable, of another version, or locked."""


class LeaseHeld(WarehouseError):
    """Another process is collecting this source."""


class FenceLost(WarehouseError):
    """Another process took over the lease; the transaction was rolled back."""


class NegativeCount(WarehouseError):
    """A rollup would fall below zero, which only a bug can cause; rebuild the project."""


class DeliveryFailed(LabelpulseError):
    """A receiver did not accept a message; sending it again is safe.

    Attributes:
        why: an error class or HTTP status, safe to store and to show.
        after: seconds that the receiver asks us to wait; None = not stated.
        lasting: the failure persists until someone corrects the configuration or the receiver.
    """

    def __init__(
        self, message: str, *, why: str = "", after: float | None = None, lasting: bool = False
    ) -> None:
        super().__init__(message)
        self.why = why or message
        self.after = after
        self.lasting = lasting

    def with_message(self, message: str) -> "DeliveryFailed":
        """Return the same failure with another message."""
        return DeliveryFailed(message, why=self.why, after=self.after, lasting=self.lasting)


class SourceError(LabelpulseError):
    """A source could not be read."""


class RetryLater(SourceError):
    """The source is busy or unreachable; the next poll tries again."""


class StopSource(SourceError):
    """The source cannot be read until someone corrects it; nothing was loaded."""


class SkipRecord(SourceError):
    """One record cannot be used; it is quarantined and the rest is loaded.

    Attributes:
        reason: a short stable code such as ``bad_time``.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class FileRefused(SourceError):
    """A file is not of the expected format or is truncated; nothing was loaded from it."""


class UnknownFormat(FileRefused):
    """No supported format matches the file."""


class NoExport(UnknownFormat):
    """A file holds no annotations, only descriptions; next to export files it is ignored."""
