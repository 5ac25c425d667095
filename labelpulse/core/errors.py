"""Errors, named by what the caller does next; each message says what, where and the remedy."""


class LabelpulseError(Exception):
    """Something failed; the message is a sentence for a person. Exit code 1."""

    exit_code = 1


class UsageError(LabelpulseError):
    """The request itself is wrong: unknown project, metric, key or option. Exit code 2."""

    exit_code = 2


class ConfigError(LabelpulseError):
    """The configuration cannot be used; the message names the table and the key."""


class WarehouseError(LabelpulseError):
    """The warehouse cannot be used: out of reach, another version, or locked."""


class LeaseHeld(WarehouseError):
    """Another process is collecting this source."""


class FenceLost(WarehouseError):
    """Our lease was taken over while we worked; the transaction was rolled back."""


class NegativeCount(WarehouseError):
    """A rollup would have gone below zero, which only a bug can do; rebuild the project."""


class DeliveryFailed(LabelpulseError):
    """A message was not taken by its receiver; sending it again is safe.

    Attributes:
        why: a class or a status, safe to keep and to show. after: seconds for which the receiver
            wants to be left alone; None = it does not say. lasting: until somebody acts.
    """

    def __init__(
        self, message: str, *, why: str = "", after: float | None = None, lasting: bool = False
    ) -> None:
        super().__init__(message)
        self.why = why or message
        self.after = after
        self.lasting = lasting

    def told(self, message: str) -> "DeliveryFailed":
        """Return the same failure in other words."""
        return DeliveryFailed(message, why=self.why, after=self.after, lasting=self.lasting)


class SourceError(LabelpulseError):
    """A source could not be read."""


class RetryLater(SourceError):
    """The source is busy or away; the next poll tries again."""


class StopSource(SourceError):
    """The source is broken until somebody acts; nothing was loaded."""


class SkipRecord(SourceError):
    """One record cannot be used; it is quarantined and the rest loads.

    Attributes:
        reason: a short stable code such as ``bad_time``.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class FileRefused(SourceError):
    """A file is no such file at all, or ends too early; nothing of it was loaded."""


class UnknownFormat(FileRefused):
    """A file is in no format that is known here."""


class NoExport(UnknownFormat):
    """A file describes something and holds nobody's work; beside exports it is passed over."""
