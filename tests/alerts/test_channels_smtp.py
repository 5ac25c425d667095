"""Mail on a real socket: what arrives, what is refused, and what never shows."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Handler
from aiosmtpd.smtp import SMTP, AuthResult

from labelpulse.alerts.channels.message import Message
from labelpulse.alerts.channels.smtp import Smtp, mailbox_of
from labelpulse.core.errors import ConfigError, DeliveryFailed
from tests.alerts.posting import Lines, notice
from tests.reader.world import NOW
from tests.support.certificates import certificate
from tests.support.trickle import trickling

WORD = "p@ss/word"
ENDS = "from=alerts@example.org&to=ana@example.org,bo@example.org"


class Inbox(Handler):
    """Keeps what arrives; `refuses`: addresses -> the answer to them."""

    def __init__(self, refuses: dict[str, str]) -> None:
        super().__init__()
        self.mail: list[Any] = []
        self.refuses = refuses

    def handle_message(self, message: Any) -> None:
        self.mail.append(message)

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:  # noqa: N802
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"


@contextmanager
def serving(refuses: dict[str, str] | None = None, **more: Any) -> Iterator[tuple[Inbox, int]]:
    """A mail server on loopback and its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    inbox = Inbox(refuses or {})
    controller = Controller(inbox, "127.0.0.1", port, **more)
    controller.start()
    try:
        yield inbox, port
    finally:
        controller.stop()


def message(**more: Any) -> Message:
    told = notice(title="agreement fell – αβ", **more)
    return Message("msg_1", "alert.fired", NOW, {"alerts": [told.document()]})


def mailer(address: str, log: Lines | None = None) -> Smtp:
    return Smtp("team", mailbox_of(address, "url"), log or Lines())


def refusal(address: str) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as told:
        mailer(address).deliver(message(), NOW)
    return told.value


def test_mail_arrives() -> None:
    with serving() as (inbox, port):
        for _ in range(2):  # a repeat is known by its id
            mailer(f"smtp://127.0.0.1:{port}/?{ENDS}").deliver(message(), NOW)
    first, second = inbox.mail
    assert first["message-id"] == second["message-id"] == "<msg_1@labelpulse>"
    assert first.as_bytes().partition(b"X-Peer")[0] == second.as_bytes().partition(b"X-Peer")[0]
    assert first.get_payload(decode=True).decode() == second.get_payload(decode=True).decode()
    assert (first["from"], first["to"]) == ("alerts@example.org", "ana@example.org, bo@example.org")
    assert "Warning: agreement fell – αβ" in first.get_payload(decode=True).decode()
    assert first["auto-submitted"] == "auto-generated"


def test_a_user_is_told_with_the_password() -> None:
    seen = []

    def known(server: SMTP, session: Any, envelope: Any, how: str, data: Any) -> AuthResult:
        seen.append((data.login, data.password))
        return AuthResult(success=data.password == WORD.encode(), handled=False)

    with serving(authenticator=known, auth_require_tls=False) as (inbox, port):
        address = f"smtp://ann%40x:p%40ss%2Fword@127.0.0.1:{port}/?{ENDS}&starttls=never"
        mailer(address).deliver(message(), NOW)
        wrong = refusal(address.replace("ss", "sss"))
        tries = len(seen)
        open_ = refusal(address.replace("&starttls=never", ""))
    assert seen[0] == (b"ann@x", WORD.encode())
    assert len(inbox.mail) == 1
    assert (wrong.why, wrong.lasting) == ("SMTP status 535", True)
    assert (open_.why, open_.lasting) == ("no encryption for the password", True)
    assert len(seen) == tries  # it did not leave us unencrypted


@pytest.mark.parametrize(
    ("answer", "why", "lasting"),
    [("451 later", "SMTP status 451", False), ("550 no such user", "SMTP status 550", True)],
)
def test_what_the_server_refuses_is_told_by_its_status(
    answer: str, why: str, lasting: bool
) -> None:
    refuses = dict.fromkeys(("ana@example.org", "bo@example.org"), answer)
    with serving(refuses) as (inbox, port):
        failed = refusal(f"smtp://127.0.0.1:{port}/?{ENDS}")
    assert (failed.why, failed.lasting, inbox.mail) == (why, lasting, [])


def test_it_is_taken_once_one_of_them_took_it() -> None:
    lines = Lines()
    with serving({"bo@example.org": "550 gone"}) as (inbox, port):
        mailer(f"smtp://127.0.0.1:{port}/?{ENDS}", lines).deliver(message(), NOW)
    assert len(inbox.mail) == 1
    assert lines.told == [("mail refused for some", {"message": "msg_1", "refused": 1})]


def test_encryption_can_be_required() -> None:
    with serving() as (inbox, port):
        failed = refusal(f"smtp://127.0.0.1:{port}/?{ENDS}&starttls=require")
    assert (failed.why, failed.lasting) == ("SMTPNotSupportedError", True)
    assert inbox.mail == []


@pytest.mark.parametrize("trusted", [True, False])
def test_what_is_offered_is_encrypted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    file, context = certificate(tmp_path, "IP:127.0.0.1")
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with serving(tls_context=context, require_starttls=True) as (inbox, port):
        address = f"smtp://127.0.0.1:{port}/?{ENDS}"
        if trusted:
            mailer(address).deliver(message(), NOW)
        else:
            failed = refusal(address)
            assert (failed.why, failed.lasting) == ("SSLCertVerificationError", True)
    assert len(inbox.mail) == trusted


def test_a_server_that_is_away_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    failed = refusal(f"smtp://127.0.0.1:{port}/?{ENDS}")
    assert (failed.why, failed.lasting) == ("ConnectionRefusedError", False)


@pytest.mark.parametrize(
    "address",
    [
        "smtp://secret.example.org",
        "smtp://secret.example.org/?from=a@b",
        "smtp://secret.example.org/?from=a@b&to=nobody",
        "smtp://secret.example.org/?from=a@b&to=c@d,",
        "smtp://secret.example.org/?from=a@b&to=c@d%0aBcc:e@f",
        "smtp://secret.example.org/?from=a@b&to=c@d&starttls=perhaps",
        "smtp://secret.example.org/?from=a@b&to=c@d&cc=e@f",
        "smtp://ann:secret@:25/?from=a@b&to=c@d",
        "smtp://ann:secret/word@host:25/?from=a@b&to=c@d",
        "smtp://secret:99999/?from=a@b&to=c@d",
        "smtp://[secret/?from=a@b&to=c@d",
        "mailto://secret.example.org/?from=a@b&to=c@d",
    ],
)
def test_an_address_that_is_not_understood_is_not_told(address: str) -> None:
    with pytest.raises(ConfigError, match="is no address to send mail by") as told:
        mailbox_of(address, "[channels.team]: url")
    assert "secret" not in f"{told.value!r} {told.value.__cause__}"


@pytest.mark.parametrize(
    ("address", "port"),
    [
        ("smtp://mail/", 25),
        ("smtp://ann:word@mail/", 587),
        ("smtps://ann:word@mail/", 465),
        ("smtp://mail:2525", 2525),
    ],
)
def test_ports_are_the_usual_ones(address: str, port: int) -> None:
    assert mailbox_of(f"{address}?{ENDS}", "url").port == port


def test_nothing_of_an_address_is_told(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    refuses = dict.fromkeys(("ana@example.org", "bo@example.org"), "550 very-secret answer")
    with serving(refuses) as (_, port):
        box = mailer(f"smtp://very-secret:very-secret@127.0.0.1:{port}/?{ENDS}&starttls=never")
        with pytest.raises(DeliveryFailed) as told:
            box.deliver(message(), NOW)
    ours = (one.getMessage() for one in caplog.records if one.name != "mail.log")  # the server's
    shown = f"{told.value!r} {told.value.why} {box!r} {' '.join(ours)} {capsys.readouterr()}"
    assert "very-secret" not in shown
    assert "example.org" not in shown


@pytest.mark.parametrize("begins", [b"220", b"220 mail\r\n250"])
def test_a_try_ends_however_slowly_the_server_talks(begins: bytes) -> None:
    with trickling(begins) as port:
        box = mailbox_of(f"smtp://127.0.0.1:{port}/?{ENDS}", "url")
        with pytest.raises(DeliveryFailed) as told:
            Smtp("team", box, Lines(), try_s=0.1).deliver(message(), NOW)
    assert (told.value.why, told.value.lasting) == ("TimeoutError", False)
