"""Signed webhooks on real sockets: what is posted, when it is repeated, and what never shows."""

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import stamina
from pytest_httpserver import HTTPServer
from sqlalchemy import Engine

from labelpulse.alerts.channels.message import Message, Receiver
from labelpulse.alerts.channels.webhook import deliver, sign
from labelpulse.alerts.queue import send
from labelpulse.core.errors import ConfigError, DeliveryFailed
from labelpulse.core.queue import State
from labelpulse.http import Client
from labelpulse.reader import MetricQuery
from labelpulse.reader.queue import Entry, entries, suggestions, wanted
from labelpulse.warehouse.queue import Queue
from tests.reader.world import NOW, Say, World, at

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PATH = "/hooks/very-secret-path"
MESSAGE = Message("msg_1", "queue.entries", NOW, {"entries": []})


@pytest.fixture(autouse=True)
def at_once() -> Iterator[None]:
    """Repeats come at once."""
    with stamina.set_testing(True, attempts=3):
        yield


@pytest.fixture
def to(httpserver: HTTPServer) -> Receiver:
    return Receiver("experts", httpserver.url_for(PATH), SECRET)


@pytest.fixture
def waiting(engine: Engine) -> list[Entry]:
    """Three entries of the queue."""
    World(engine).project([Say(f"i{n}", "ann", "a", at(0, n)) for n in range(9)])
    found = suggestions(engine, MetricQuery(""), limit=3)
    Queue(engine).add(map(wanted, found))
    return entries(engine, MetricQuery(""))


def expected(request: Any, key: bytes) -> str:
    """The signature, worked out anew from what arrived."""
    parts = (request.headers["webhook-id"], request.headers["webhook-timestamp"])
    told = ".".join(parts).encode() + b"." + request.get_data()
    return "v1," + base64.b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode()


def test_the_published_example() -> None:
    """Of the reference libraries of Standard Webhooks."""
    said = sign(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert said == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("secret", "key"),
    [(SECRET, base64.b64decode(SECRET[6:])), ("any words", b"any words")],
)
def test_the_signature_is_that_of_what_arrives(
    httpserver: HTTPServer, secret: str, key: bytes
) -> None:
    httpserver.expect_request(PATH, method="POST").respond_with_data(status=204)
    with Client() as client:
        deliver(client, Receiver("experts", httpserver.url_for(PATH), secret), MESSAGE)
    ((request, _),) = httpserver.log
    assert request.headers["webhook-signature"] == expected(request, key)
    assert request.headers["webhook-id"] == "msg_1"
    assert int(request.headers["webhook-timestamp"]) == NOW // 1_000_000
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.get_data())["type"] == "queue.entries"


def test_without_a_secret_nothing_is_signed(httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH).respond_with_data()
    with Client() as client:
        deliver(client, Receiver("chat", httpserver.url_for(PATH)), MESSAGE)
    assert "webhook-signature" not in httpserver.log[0][0].headers


def test_a_broken_secret_is_told() -> None:
    receiver = Receiver("experts", "http://127.0.0.1:9/", "whsec_*")
    told = r"^\[channels\.experts\]: secret begins with whsec_ and does not go on in base64"
    with Client() as client, pytest.raises(ConfigError, match=told):
        deliver(client, receiver, MESSAGE)


def test_entries_are_sent_once_they_were_taken(
    httpserver: HTTPServer, to: Receiver, engine: Engine, waiting: list[Entry]
) -> None:
    httpserver.expect_ordered_request(PATH).respond_with_data(status=503)
    httpserver.expect_ordered_request(PATH).respond_with_data(status=200)
    template = {"studio": "https://tool.example.org/{project}/{item}"}
    assert send(waiting, to, Queue(engine), template) == 3
    first, second = (request for request, _ in httpserver.log)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.get_data() == second.get_data()
    told = json.loads(second.get_data())["data"]["entries"]
    assert {one["item"] for one in told} == {one.item for one in waiting}
    assert told[0]["link"] == f"https://tool.example.org/P/{told[0]['item']}"
    now = entries(engine, MetricQuery(""))
    assert {(one.state, one.sent_at is None) for one in now} == {(State.SENT, False)}
    assert send([], to, Queue(engine), {}) == 0


@pytest.mark.parametrize("status", [400, 302, 500])
def test_what_was_not_taken_stays_open_and_keeps_its_id(
    httpserver: HTTPServer, to: Receiver, engine: Engine, waiting: list[Entry], status: int
) -> None:
    headers = {"Location": httpserver.url_for("/elsewhere")}
    httpserver.expect_request(PATH).respond_with_data(status=status, headers=headers)
    for _ in range(2):
        with pytest.raises(DeliveryFailed, match="channel 'experts' did not accept the message"):
            send(waiting, to, Queue(engine), {})
    assert {one.state for one in entries(engine, MetricQuery(""))} == {State.OPEN}
    seen = [request for request, _ in httpserver.log]
    assert len({request.headers["webhook-id"] for request in seen}) == 1
    assert {request.path for request in seen} == {PATH}  # no redirect is followed
    assert len(seen) == (6 if status == 500 else 2)


@pytest.mark.parametrize("why", ["refused", "bad address", "status"])
def test_no_address_is_told(
    httpserver: HTTPServer,
    to: Receiver,
    why: str,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    httpserver.expect_request(PATH).respond_with_data("very-secret-answer", status=503)
    address = {
        "refused": "http://127.0.0.1:1/very-secret-path",
        "bad address": "very-secret-scheme://very-secret-path",
        "status": to.address,
    }[why]
    with Client() as client, pytest.raises(DeliveryFailed) as told:
        deliver(client, Receiver("experts", address, SECRET), MESSAGE)
    ours = (one for one in caplog.records if one.name != "werkzeug")  # the receiver's own log
    logged = " ".join(one.getMessage() for one in ours)
    shown = f"{told.value!r} {told.value.__cause__} {logged} {to!r}"
    assert "very-secret" not in shown
    assert SECRET not in shown
    assert capsys.readouterr().out == ""  # which is kept for documents
    assert "Nothing was marked as sent" in str(told.value)


def test_a_receiver_may_ask_for_patience() -> None:
    from labelpulse.http import MAX_WAIT_S, _Busy, _should_retry

    assert _should_retry(_Busy(429, 7.0)) == 7.0
    assert _should_retry(_Busy(429, MAX_WAIT_S + 1)) is False
    assert _should_retry(_Busy(503, None)) is True
    assert _should_retry(ValueError()) is False
