"""What the process does that is killed while it delivers alerts: a change, then its delivery."""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import httpx
from sqlalchemy import Engine, event

from labelpulse import schema
from labelpulse.alerts.delivery import Dispatcher
from labelpulse.config import Settings
from labelpulse.http import Client
from labelpulse.warehouse import bulk
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.outbox import Outbox
from tests.alerts.posting import intent, settings
from tests.warehouse.harness import quick

CHANNELS = ("hook", "chat")
PATIENCE_S = 0.1
ROUNDS_S = (60, 310, 310)
"""A round may follow within a claim and within a wait, or after the longest of both."""


class Steps:
    """Kills this process, truly, at the n-th step; 0 = never."""

    def __init__(self, at: int) -> None:
        self.left = at

    def step(self, *_: Any, **__: Any) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def known(port: int) -> Settings:
    """The configuration: each channel is a path of the receiver."""
    return settings({name: {"url": f"http://127.0.0.1:{port}/{name}"} for name in CHANNELS})


def dispatcher(engine: Engine, port: int, now: int) -> Dispatcher:
    """Delivers to a receiver, without certificates to load and with little patience."""

    def client() -> Client:
        return Client(1, httpx.HTTPTransport(verify=False))

    outbox = Outbox(engine, lambda: now, lambda: 1.0)
    return Dispatcher(outbox, known(port), lambda *_, **__: None, waits=False, client=client)


def change(engine: Engine, round_: int, now: int) -> None:
    """Open an incident and say where it is to be told, in one transaction."""
    incident = {
        **dict.fromkeys(("rule", "keys"), "agreement"),
        **dict.fromkeys(("severity", "level"), "warning"),
        **dict.fromkeys(("since_day", "fired_day"), 0),
        "subject": str(round_),
        "state": "firing",
        "opened_at": now,
        "evidence": "{}",
    }
    with engine.begin() as conn:
        (id_,) = bulk.new_ids(conn, schema.alert_incident, 1)
        conn.execute(schema.alert_incident.insert().values(id=id_, **incident))
        Outbox.put(conn, [intent(id_, name, grouped_by=str(id_)) for name in CHANNELS], now)


def one_round(url: str, port: int, word: str) -> None:
    """Change something and deliver; die at a step after the change was kept.

    Args:
        word: ``ROUND NOW STEP POST``: microseconds, and the n-th statement or commit and the n-th
            moment before or after a post at which to die; 0 = at none.
    """
    round_, now, at_step, at_post = map(int, word.split())
    engine = quick(connect(url))  # the machine lives on: its cache of the disk does, too
    change(engine, round_, now)
    steps, posts, post = Steps(at_step), Steps(at_post), Client.post

    def posting(*arguments: Any) -> int:
        posts.step()
        taken = post(*arguments)
        posts.step()
        return taken

    event.listen(engine, "before_cursor_execute", steps.step)
    event.listen(engine, "commit", steps.step)
    with ExitStack() as stack:
        stack.enter_context(patch.object(Client, "post", posting))
        stack.enter_context(patch("labelpulse.http.TIMEOUT", httpx.Timeout(PATIENCE_S)))
        dispatcher(engine, port, now).run()


def delivering(url: str, port: str, say: Callable[[str], None], heard: Callable[[], str]) -> None:
    """Go through a round for each word, in a process of its own each time."""
    say("ready")
    while word := heard():
        pid = os.fork()
        if pid == 0:
            try:
                one_round(url, int(port), word)
            except BaseException as error:  # noqa: BLE001 - the parent reads what went wrong
                sys.stderr.write(f"{error!r}\n")
                os._exit(1)
            os._exit(0)
        say(str(pid))
        say(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))
