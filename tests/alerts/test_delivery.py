"""Delivery on real sockets, by a clock under control: in order, at least once, nothing told."""

import base64
import hashlib
import hmac
import json
import logging
from typing import Any
from unittest.mock import patch

import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import Engine

from labelpulse.alerts.channels.log import Lines as Log
from labelpulse.alerts.delivery import LIMIT_US, Delivered, Dispatcher, send_test
from labelpulse.core.days import SECOND, iso
from labelpulse.core.errors import DeliveryFailed, UsageError
from labelpulse.warehouse.outbox import CLAIM_US, DAY_US, DEAD_US, KEPT_US, Outbox
from labelpulse.warehouse.posted import State, messages
from tests.alerts.posting import HOUR, MINUTE, Clock, Lines, formed, intent, settings, tell
from tests.reader.world import NOW

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lines() -> Lines:
    return Lines()


def dispatcher(engine: Engine, clock: Clock, lines: Lines, **channels: Any) -> Dispatcher:
    """Delivers to webhooks by these addresses, or to channels with these keys."""
    said = {n: {"url": one} if isinstance(one, str) else one for n, one in channels.items()}
    return Dispatcher(Outbox(engine, clock, lambda: 1.0), settings(said), lines)


def incidents(httpserver: HTTPServer) -> list[int]:
    """What arrived, in order."""
    told = [json.loads(request.get_data()) for request, _ in httpserver.log]
    return [one["incident"] for each in told for one in each["data"]["alerts"]]


def test_alerts_are_posted_and_signed(
    httpserver: HTTPServer, engine: Engine, clock: Clock, lines: Lines
) -> None:
    httpserver.expect_request("/x", method="POST").respond_with_data(status=204)
    tell(engine, intent(1), intent(2))
    clock.now += MINUTE
    hook = {"url": httpserver.url_for("/x"), "secret": SECRET}
    ours = dispatcher(engine, clock, lines, hook=hook)
    assert ours.run() == Delivered(formed=1, sent=1)
    assert ours.run() == Delivered()
    ((request, _),) = httpserver.log
    (stored,) = messages(engine)
    body = json.loads(request.get_data())
    assert (body["type"], body["timestamp"]) == ("alert.fired", iso(stored.created_at))
    assert body["data"]["alerts"] == stored.body["notices"]
    assert request.headers["webhook-id"] == stored.key
    signed = f"{stored.key}.{clock.now // SECOND}.".encode() + request.get_data()
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    told = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert request.headers["webhook-signature"] == f"v1,{told}"
    assert (stored.state, stored.sent_at, stored.attempts) == (State.SENT, clock.now, 1)
    assert lines.told == []


def test_a_repeat_is_the_same_message_signed_anew(
    httpserver: HTTPServer, engine: Engine, clock: Clock, lines: Lines
) -> None:
    for status in (500, 503, 200):
        httpserver.expect_ordered_request("/x").respond_with_data(status=status)
    ours = dispatcher(engine, clock, lines, hook=httpserver.url_for("/x"))
    formed(engine, intent(1))
    done = []
    for _ in range(3):
        done.append(ours.run())
        clock.now += MINUTE
    assert done == [Delivered(failed=1), Delivered(failed=1), Delivered(sent=1)]
    seen = [request for request, _ in httpserver.log]
    assert len({one.headers["webhook-id"] for one in seen}) == 1
    assert len({one.get_data() for one in seen}) == 1
    assert len({one.headers["webhook-timestamp"] for one in seen}) == 3
    assert [values["why"] for _, values in lines.told] == ["HTTP status 500", "HTTP status 503"]


def test_order_is_kept_behind_one_that_fails(
    httpserver: HTTPServer, engine: Engine, clock: Clock, lines: Lines
) -> None:
    for status in (500, 200, 200, 200):
        httpserver.expect_ordered_request("/x").respond_with_data(status=status)
    ours = dispatcher(engine, clock, lines, hook=httpserver.url_for("/x"))
    formed(engine, intent(1), intent(2), intent(3))
    assert ours.run() == Delivered(failed=1)
    assert ours.run() == Delivered()  # neither the first nor one behind it
    clock.now += MINUTE
    assert ours.run() == Delivered(sent=3)
    assert incidents(httpserver) == [1, 1, 2, 3]


def test_a_broken_channel_stops_no_other(
    httpserver: HTTPServer,
    engine: Engine,
    clock: Clock,
    lines: Lines,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("very-secret")

    monkeypatch.setattr(Log, "deliver", broken)
    httpserver.expect_request("/x").respond_with_data()
    names = ("refused", "gone", "unset", "odd", "broken", "hook")
    formed(engine, *(intent(n, channel=name) for n, name in enumerate(names)))
    ours = dispatcher(
        engine,
        clock,
        lines,
        refused="http://127.0.0.1:1/very-secret",
        unset={"url_env": "VERY_SECRET_THAT_IS_NOT_SET"},
        odd="smtp://very-secret",
        broken={"type": "log"},
        hook=httpserver.url_for("/x"),
    )
    assert ours.run() == Delivered(sent=1, failed=5)
    assert {one.channel: one.failure for one in messages(engine)} == {
        "refused": "ConnectError",
        "gone": "no such channel",
        "unset": "ConfigError",
        "odd": "ConfigError",
        "broken": "RuntimeError",
        "hook": "",
    }
    assert "very-secret" not in str(lines.told).lower()


def test_a_receiver_is_left_alone_for_as_long_as_it_asks(
    httpserver: HTTPServer, engine: Engine, clock: Clock, lines: Lines
) -> None:
    asks = {"Retry-After": "120"}
    httpserver.expect_ordered_request("/x").respond_with_data(status=429, headers=asks)
    httpserver.expect_ordered_request("/x").respond_with_data()
    ours = dispatcher(engine, clock, lines, hook=httpserver.url_for("/x"))
    formed(engine, intent(1))
    assert ours.run() == Delivered(failed=1)
    clock.now += 120 * SECOND - 1
    assert ours.run() == Delivered()
    clock.now += 1
    assert ours.run() == Delivered(sent=1)


def test_what_nobody_takes_for_a_day_is_dead_and_then_revived(
    httpserver: HTTPServer, engine: Engine, clock: Clock, lines: Lines
) -> None:
    httpserver.expect_request("/x").respond_with_data(status=410)
    ours = dispatcher(engine, clock, lines, hook=httpserver.url_for("/x"))
    formed(engine, intent(1))
    done = [ours.run()]
    while not done[-1].dead:
        clock.now += HOUR
        done.append(ours.run())
    assert clock.now - NOW == DEAD_US
    (dead,) = messages(engine)
    assert (dead.state, dead.failure) == (State.DEAD, "HTTP status 410")
    assert lines.told[-1][1]["dead"] is True
    assert ours.run() == Delivered()
    httpserver.clear()
    httpserver.expect_request("/x").respond_with_data()
    assert Outbox(engine, clock).revive(dead.id)
    assert ours.run() == Delivered(sent=1)
    assert httpserver.log[0][0].headers["webhook-id"] == dead.key


def test_one_that_dies_before_it_notes_leaves_a_repeat(
    httpserver: HTTPServer, engine: Engine, clock: Clock, lines: Lines
) -> None:
    httpserver.expect_request("/x").respond_with_data()
    ours = dispatcher(engine, clock, lines, hook=httpserver.url_for("/x"))
    formed(engine, intent(1), intent(2))
    with (
        patch.object(Outbox, "sent", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        ours.run()
    assert ours.run() == Delivered()  # it may still be alive
    clock.now += CLAIM_US
    assert ours.run() == Delivered(sent=2)
    assert incidents(httpserver) == [1, 1, 2]
    first, again, _ = (request for request, _ in httpserver.log)
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert first.get_data() == again.get_data()


def test_a_run_ends_and_the_next_begins_with_the_others(
    httpserver: HTTPServer, engine: Engine, clock: Clock, lines: Lines
) -> None:
    """What is slow takes its time once: then it waits, and the others are first."""
    for path, status in (("/slow", 500), ("/x", 200)):
        httpserver.expect_request(path).respond_with_data(status=status)
    slow, good = httpserver.url_for("/slow"), httpserver.url_for("/x")
    formed(engine, *(intent(1, channel=name) for name in ("a", "b", "c", "d")))
    clock.step = LIMIT_US // 5
    ours = dispatcher(engine, clock, lines, a=slow, b=slow, c=good, d=good)
    first = ours.run()
    assert 0 < first.sent + first.failed < 4
    clock.step = 0
    assert ours.run().sent == 2
    assert {one.channel: one.state for one in messages(engine)} == {
        "a": State.WAITING,
        "b": State.WAITING,
        "c": State.SENT,
        "d": State.SENT,
    }


def test_much_on_one_channel_does_not_keep_others_waiting(
    httpserver: HTTPServer, engine: Engine, clock: Clock, lines: Lines
) -> None:
    httpserver.expect_request("/x").respond_with_data()
    url = httpserver.url_for("/x")
    formed(engine, intent(1), intent(2), intent(3), intent(4, channel="chat"))
    assert dispatcher(engine, clock, lines, hook=url, chat=url).run() == Delivered(sent=4)
    assert incidents(httpserver) == [1, 4, 2, 3]


def test_nothing_secret_is_told_of_a_failure(
    httpserver: HTTPServer,
    engine: Engine,
    clock: Clock,
    lines: Lines,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    path = "/very-secret-path"
    httpserver.expect_request(path).respond_with_data("very-secret answer", status=500)
    hook = {"url": httpserver.url_for(path) + "?token=very-secret", "secret": "very-secret key"}
    formed(engine, intent(1, title="very-secret title"))
    ours = dispatcher(engine, clock, lines, hook=hook)
    assert ours.run() == Delivered(failed=1)
    (stored,) = messages(engine)
    logged = (one.getMessage() for one in caplog.records if one.name != "werkzeug")
    shown = f"{lines.told} {stored!r} {' '.join(logged)} {capsys.readouterr()} {vars(ours)}"
    assert stored.failure == "HTTP status 500"
    assert "very-secret" not in shown


def test_what_a_run_leaves_behind_is_told_before_it_ends(
    httpserver: HTTPServer, engine: Engine, clock: Clock, lines: Lines
) -> None:
    httpserver.expect_request("/x").respond_with_data()
    known = settings(
        {"hook": {"url": httpserver.url_for("/x")}}, group_wait="1h", group_interval="1h"
    )
    for n in range(2):
        tell(engine, intent(n), now=clock.now)
        assert Dispatcher(Outbox(engine, clock), known, lines).run() == Delivered()
        done = Dispatcher(Outbox(engine, clock), known, lines, waits=False).run()
        assert done == Delivered(formed=1, sent=1)
    assert incidents(httpserver) == [0, 1]


def test_what_was_sent_long_ago_is_deleted(engine: Engine, clock: Clock, lines: Lines) -> None:
    formed(engine, intent(1, channel="log"), intent(2, channel="gone"))
    ours = dispatcher(engine, clock, lines, log={"type": "log"})
    assert ours.run() == Delivered(sent=1, failed=1)
    clock.now += KEPT_US + 2 * DAY_US
    ours.run()
    assert [one.channel for one in messages(engine)] == ["gone"]


def test_a_channel_can_be_tried(httpserver: HTTPServer, lines: Lines) -> None:
    httpserver.expect_ordered_request("/x").respond_with_data()
    httpserver.expect_ordered_request("/x").respond_with_data(status=404)
    known = settings({"hook": {"url": httpserver.url_for("/x")}, "log": {"type": "log"}})
    send_test(known, "hook", NOW)
    told = json.loads(httpserver.log[0][0].get_data())
    assert (told["type"], told["data"]["alerts"][0]["kind"]) == ("alert.test", "test")
    with pytest.raises(DeliveryFailed, match="channel 'hook' did not accept"):
        send_test(known, "hook", NOW)
    with pytest.raises(UsageError):
        send_test(known, "other", NOW)
    send_test(known, "log", NOW, lines)
    assert [(event, values["kind"]) for event, values in lines.told] == [("alert", "test")]
