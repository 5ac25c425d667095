"""Mail by SMTP, with the standard library alone."""

import io
import re
import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from labelpulse.alerts.channels.message import Log, Means, Message, Receiver, Way
from labelpulse.alerts.notice import letter
from labelpulse.core.days import from_us
from labelpulse.core.deadline import TRY_S, remaining, time_limit
from labelpulse.core.errors import ConfigError, DeliveryFailed

TIMEOUT_S = 10.0
"""For each step of the conversation."""

_MAILBOX = re.compile(r"[^\s@,<>\"]+@[^\s@,<>\"]+")
_STARTTLS = ("offered", "require", "never")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where mail is handed in, by and for whom.

    Attributes:
        secure: TLS from the first byte on. starttls: ``offered`` = where the server offers it,
            and always before a password; ``require``; ``never``.
    """

    host: str = field(repr=False)
    port: int
    sender: str = field(repr=False)
    to: tuple[str, ...] = field(repr=False)
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    secure: bool = False
    starttls: str = "offered"


def mailbox_of(address: str, where: str) -> Mailbox:
    """Return the parts of ``smtp://user:password@host:port/?from=…&to=a@b,c@d``.

    Args:
        where: how to call the address in an error.

    Raises:
        ConfigError: it cannot be understood; the message does not show it.
    """
    try:
        url = urlsplit(address)
        said = {name: values[-1] for name, values in parse_qs(url.query).items()}
        secure, user = url.scheme == "smtps", unquote(url.username or "")
        found = Mailbox(
            host=url.hostname or "",
            port=url.port or _port(secure, bool(user)),
            sender=said.get("from", ""),
            to=tuple(one.strip() for one in said.get("to", "").split(",")),
            user=user,
            password=unquote(url.password or ""),
            secure=secure,
            starttls=said.get("starttls", "offered"),
        )
    except ValueError:
        raise _not_understood(where) from None
    if not (_is_whole(found) and _is_ours(url, said)):
        raise _not_understood(where)
    return found


def _port(secure: bool, user: bool) -> int:
    if secure:
        return 465
    return 587 if user else 25


def _is_whole(found: Mailbox) -> bool:
    mailboxes = all(map(_MAILBOX.fullmatch, (found.sender, *found.to)))
    return bool(found.host) and mailboxes and found.starttls in _STARTTLS


def _is_ours(url: SplitResult, said: dict[str, str]) -> bool:
    return url.scheme in ("smtp", "smtps") and said.keys() <= {"from", "to", "starttls"}


def _not_understood(where: str) -> ConfigError:
    return ConfigError(
        f"{where} is no address to send mail by: write smtp://user:password@host:587/"
        "?from=alerts@example.org&to=team@example.org, signs like @ and / in the password as %40 "
        f"and %2F; starttls is one of {', '.join(_STARTTLS)}"
    )


@dataclass(frozen=True, slots=True)
class Smtp:
    """Sends a letter by mail."""

    name: str
    mailbox: Mailbox
    log: Log
    try_s: float = TRY_S

    def deliver(self, message: Message, now: int) -> None:  # noqa: ARG002 - as of every way
        """Send a message to all its addresses; it is taken once one of them took it."""
        try:
            with time_limit(self.try_s):
                refused = self._sent(self.mail(message))
        except smtplib.SMTPRecipientsRefused as error:
            least = min(code for code, _ in error.recipients.values())
            raise self._failed(*_answered(least)) from None
        except smtplib.SMTPResponseException as error:
            raise self._failed(*_answered(error.smtp_code)) from None
        except OSError as error:  # SMTPException is one, too
            lasting = isinstance(
                error, ssl.SSLCertVerificationError | smtplib.SMTPNotSupportedError
            )
            late = isinstance(error.__context__, TimeoutError)  # smtplib says: disconnected
            why = TimeoutError if late else type(error)
            raise self._failed(why.__name__, lasting) from None
        if refused:
            self.log("mail refused for some", message=message.id, refused=refused)

    def mail(self, message: Message) -> EmailMessage:
        """Return a message as mail, the same on every repeat."""
        told, mail = letter(message.notices()), EmailMessage()
        mail["Subject"] = told.subject
        mail["From"] = self.mailbox.sender
        mail["To"] = ", ".join(self.mailbox.to)
        mail["Date"] = format_datetime(from_us(message.at))
        mail["Message-ID"] = f"<{message.id}@labelpulse>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(told.text)
        return mail

    def _sent(self, mail: EmailMessage) -> int:
        """Hand mail in; return how many of its addresses were refused."""
        box = self.mailbox
        server = _connected(box)
        try:
            safe = box.secure or _upgraded(server, box)
            if box.user and not safe and box.starttls != "never":
                raise self._failed("no encryption for the password", lasting=True)
            if box.user:
                server.login(box.user, box.password)
            return len(server.send_message(mail))
        finally:
            with suppress(OSError):  # it was taken, or the reason is on its way
                server.quit()

    def _failed(self, why: str, lasting: bool = False) -> DeliveryFailed:
        return DeliveryFailed(
            f"channel {self.name!r} did not take the mail: {why}", why=why, lasting=lasting
        )


def way(to: Receiver, means: Means) -> Way:
    """Return a mail server as a channel.

    Raises:
        ConfigError: its address cannot be understood.
    """
    return Smtp(to.name, mailbox_of(to.address, f"[channels.{to.name}]: url"), means.log)


class _Reading(io.RawIOBase):
    """What a server says; all waits for it end together."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        self._sock.settimeout(remaining(TIMEOUT_S))
        return self._sock.recv_into(into)


class _Timely(smtplib.SMTP):
    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:  # as smtplib itself makes it
            self.file = io.BufferedReader(_Reading(self.sock))
        return super().getreply()


class _TimelyTls(_Timely, smtplib.SMTP_SSL):
    """The same with TLS from the first byte on."""


def _connected(box: Mailbox) -> smtplib.SMTP:
    ours = socket.gethostname()  # else smtplib asks the network for our whole name
    if not box.secure:
        return _Timely(box.host, box.port, ours, TIMEOUT_S)
    return _TimelyTls(
        box.host, box.port, ours, timeout=TIMEOUT_S, context=ssl.create_default_context()
    )


def _upgraded(server: smtplib.SMTP, box: Mailbox) -> bool:
    """Encrypt the connection where that is wanted; return whether it is."""
    server.ehlo_or_helo_if_needed()
    if box.starttls == "never" or not (server.has_extn("starttls") or box.starttls == "require"):
        return False
    server.starttls(context=ssl.create_default_context())
    return True


def _answered(status: int) -> tuple[str, bool]:
    return f"SMTP status {status}", 500 <= status < 600
