"""Webhooks that were entered on a page: checked when they are, and with every message."""

import json
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, select, update

from labelpulse import http, schema
from labelpulse.alerts.channels import receiver_of
from labelpulse.alerts.channels.entered import with_entered
from labelpulse.core.errors import UsageError
from labelpulse.warehouse.alerts import AlertBook
from labelpulse.warehouse.posted import messages
from tests.alerts.site import Site, pairs, settings_of

SAFE = "https://hooks.example.org/very-secret"
RULE = {
    "name": "fell",
    "metric": "agreement_percent",
    "window": "1d",
    "below": 0.8,
    "channels": ("page",),
}


class Net:
    """A network of one receiver: who was looked up and asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
        self.asked: list[httpx.Request] = []
        self._address = address
        monkeypatch.setattr(socket, "getaddrinfo", self._found)
        monkeypatch.setattr(http, "TimedTransport", lambda **_: httpx.MockTransport(self._answer))

    def _found(self, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (self._address, 443))]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return httpx.Response(204)


def fall(engine: Engine, folder: Path) -> Site:
    site = Site(engine, settings_of(folder, RULE))
    for day, share in enumerate((0.95, 0.5)):
        site.day(day, pairs(day, share))
        site.night(day)
        site.go()
    return site


def test_it_is_told_at_the_address_that_was_checked(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = AlertBook(engine).put_channel("page", SAFE, "info", "ann")
    assert secret.startswith("whsec_")
    net = Net(monkeypatch, "93.184.216.34")
    fall(engine, tmp_path)
    (request,) = net.asked
    assert (request.url.host, request.headers["host"]) == ("93.184.216.34", "hooks.example.org")
    assert request.headers["webhook-signature"].startswith("v1,")
    assert json.loads(request.content)["type"] == "alert.fired"


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.9", "169.254.169.254"])
def test_a_name_that_leads_inside_gets_nothing(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    AlertBook(engine).put_channel("page", SAFE, "info", "ann")
    net = Net(monkeypatch, address)
    fall(engine, tmp_path)
    assert net.asked == []
    (message,) = messages(engine)
    assert (message.state, message.attempts) == ("waiting", 1)
    assert "very-secret" not in message.failure
    assert message.failure


@pytest.mark.parametrize(
    "address",
    [
        "http://hooks.example.org/very-secret",
        "https://127.0.0.1/very-secret",
        "https://2130706433/very-secret",
        "https://[::ffff:10.0.0.1]/very-secret",
        "https://ann@hooks.example.org/very-secret",
        "https://hooks.example.org:22/very-secret",
        "https://localhost/very-secret",
        "https://hooks.example.org:very-secret/",
        "very-secret",
    ],
)
def test_others_cannot_be_entered(engine: Engine, address: str) -> None:
    with pytest.raises(UsageError, match=r"belong in labelpulse\.toml") as told:
        AlertBook(engine).put_channel("page", address, "info", "ann")
    assert "very-secret" not in str(told.value)


def test_what_was_written_past_the_check_is_checked_with_the_message(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    AlertBook(engine).put_channel("page", SAFE, "info", "ann")
    with engine.begin() as conn:
        conn.execute(update(schema.alert_channel).values(address="https://127.0.0.1/x"))
    net = Net(monkeypatch, "93.184.216.34")
    fall(engine, tmp_path)
    assert net.asked == []


def test_the_configuration_wins_and_names_are_taken_once(engine: Engine, tmp_path: Path) -> None:
    book = AlertBook(engine)
    book.put_channel("page", SAFE, "warning", "ann")
    with pytest.raises(UsageError, match="there is a channel 'page' already"):
        book.put_channel("page", SAFE, "info", "bob")
    mine = settings_of(tmp_path, channels={"page": {"type": "log"}})
    assert receiver_of(with_entered(mine, engine), "page").kind == "log"
    entered = with_entered(settings_of(tmp_path), engine)
    found = receiver_of(entered, "page")
    assert (found.kind, found.public, found.address) == ("webhook", True, SAFE)
    assert "secret" not in repr((found, entered.channels)).replace("secret_key", "")


def test_a_removed_one_leaves_no_secret_behind(engine: Engine) -> None:
    book = AlertBook(engine)
    book.put_channel("page", SAFE, "info", "ann")
    assert (book.remove_channel("page"), book.remove_channel("page")) == (True, False)
    with engine.connect() as conn:
        (row,) = conn.execute(select(schema.alert_channel))
    assert (row.address, row.secret) == ("", "")
    assert book.put_channel("page", SAFE, "info", "ann")
