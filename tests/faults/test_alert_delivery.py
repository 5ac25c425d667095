"""Whoever delivers alerts is killed again and again: none is lost, and repeats are the same."""

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from labelpulse import schema
from labelpulse.core.days import SECOND
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.posted import backlog
from labelpulse.warehouse.versions import upgrade
from tests.faults.delivering import CHANNELS, ROUNDS_S, dispatcher
from tests.faults.processes import Child, child
from tests.reader.world import NOW, engine_at

pytestmark = pytest.mark.faults

STEPS, POSTS = 25, 5
"""More than a run often takes, so that some rounds end by themselves."""

LONGEST_S = 0.08
"""A kill at any moment comes within this of the start: a round takes about as long."""


@dataclass(frozen=True)
class Seen:
    """One post that arrived. taken: it was answered by 200."""

    channel: str
    key: str
    body: bytes
    taken: bool


@dataclass
class Receiver:
    """Answers 200, 500, or never; keeps what arrives."""

    chance: random.Random = field(default_factory=lambda: random.Random(7))
    calm: bool = False
    seen: list[Seen] = field(default_factory=list)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers["content-length"])
        body = handler.rfile.read(length)
        if len(body) < length:
            return  # who posted it was killed before its end
        what = 200 if self.calm else self.chance.choice((200, 200, 200, 200, 500, None))
        key = handler.headers["webhook-id"]
        self.seen.append(Seen(handler.path.strip("/"), key, body, what == 200))
        if what is None:
            handler.rfile.read(1)  # until the other side has had enough
            return
        handler.send_response(what)
        handler.send_header("content-length", "0")
        handler.end_headers()


@contextmanager
def listening() -> Iterator[tuple[Receiver, int]]:
    """A receiver on a port of loopback; it takes one post after the other, as they came."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            with suppress(ConnectionError):
                receiver.answer(self)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield receiver, server.server_address[1]
        finally:
            server.shutdown()


def rounds(deliverer: Child, kills: int, chance: random.Random) -> int:
    """Let rounds be killed until it were so many; return the time of the last one.

    One of four kills itself at a statement, two before or after a post, and the fourth is killed at
    any moment.
    """
    killed, now = 0, NOW
    for round_ in range(4 * kills):
        now += chance.choice(ROUNDS_S) * SECOND
        how = chance.choice(("step", "post", "post", "any"))
        step = chance.randrange(1, STEPS) if how == "step" else 0
        post = chance.randrange(1, POSTS) if how == "post" else 0
        deliverer.say(f"{round_} {now} {step} {post}")
        pid = int(deliverer.hears())
        if how == "any":
            time.sleep(chance.uniform(0, LONGEST_S))
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        ended = int(deliverer.hears())
        assert ended in (0, -signal.SIGKILL), deliverer.complaint()
        killed += ended == -signal.SIGKILL
        if killed == kills:
            return now
    raise AssertionError("rounds are done before they can be killed")


def finish(engine: Engine, port: int, now: int) -> None:
    """Deliver what is left, to a receiver that takes all."""
    for later in range(1, 4):
        dispatcher(engine, port, now + later * max(ROUNDS_S) * SECOND).run()
    found = backlog(engine)
    assert (found.waiting, found.dead) == (0, 0)


def check(engine: Engine, seen: list[Seen]) -> None:
    """Nothing is lost, each intent is in one message, each repeat is the same, order is kept."""
    with engine.connect() as conn:
        incidents = set(conn.scalars(select(schema.alert_incident.c.id)))
        intents = conn.execute(select(schema.alert_intent)).all()
        stored = conn.execute(
            select(schema.alert_message).order_by(schema.alert_message.c.id)
        ).all()
    wanted = {(id_, channel) for id_ in incidents for channel in CHANNELS}
    assert sorted((one.incident_id, one.channel) for one in intents) == sorted(wanted)
    told = Counter(
        (each["incident"], one.channel)
        for one in stored
        for each in json.loads(one.body)["notices"]
    )
    assert told == Counter(wanted), "an intent is in no message, or in two"
    by_message = {(one.incident_id, one.channel): one.message_id for one in intents}
    assert set(by_message.values()) == {one.id for one in stored}

    places = {one.key: one.id for one in stored}
    assert {one.key for one in seen if one.taken} == set(places), "a message was never taken"
    bodies = {(one.key, one.body) for one in seen}
    assert len(bodies) == len(places), "a repeat says something else"
    for channel in CHANNELS:
        order = [places[one.key] for one in seen if one.channel == channel]
        assert order == sorted(order), "a message went out before an earlier one was taken"


def killed_while_delivering(url: str, kills: int) -> None:
    """Deliver under kills, then in peace; count what arrived."""
    engine = connect(url)
    with listening() as (receiver, port):
        with child("alert", url, str(port)) as deliverer:
            assert deliverer.hears() == "ready"
            now = rounds(deliverer, kills, random.Random(11))
        receiver.calm = True
        finish(engine, port, now)
        check(engine, receiver.seen)
    times = Counter(one.key for one in receiver.seen if one.taken)
    assert max(times.values()) > 1, "nobody was killed between a delivery and its mark"
    assert not all(one.taken for one in receiver.seen)
    engine.dispose()


@pytest.mark.timeout(120)
def test_alerts_survive_kills_on_sqlite(tmp_path: Path) -> None:
    engine = engine_at(tmp_path)
    engine.dispose()
    killed_while_delivering(str(engine.url), kills=200)


@pytest.mark.timeout(120)
def test_alerts_survive_kills_on_postgresql(pg_database: str) -> None:
    upgrade(connect(pg_database))
    killed_while_delivering(pg_database, kills=40)
