"""Serving the app as a child process, with or without the collector beside it."""

import sys
import time
import urllib.request
import webbrowser
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from labelpulse.cli.common import tell
from labelpulse.core.errors import LabelpulseError
from labelpulse.processes import Children, stop_signals

if TYPE_CHECKING:
    from labelpulse.config import Settings

START_S = 60.0
"""How long the page may take to answer."""


def serve(settings: "Settings", port: int, *, browser: bool, collect: bool) -> None:
    """Serve the app on loopback until Ctrl-C or SIGTERM; with `collect`, poll beside it.

    Raises:
        LabelpulseError: the port is taken, or a child ended by itself.
    """
    from dashboard.server import launch, port_is_free

    if not port_is_free(port):
        raise LabelpulseError(f"port {port} is in use: choose another with --port")
    app = launch(settings, port)
    with stop_signals() as stop, Children() as children:
        if collect:
            children.start("collector", collector_argv(settings.file), env=app.env)
        children.start("dashboard", app.argv, env=app.env, cwd=app.cwd)
        until_it_answers(port, children, stop)
        if not stop.is_set():
            announce(port, browser=browser)
        children.watch(stop)


def collector_argv(config: Path | None) -> tuple[str, ...]:
    """Return the command that collects with a configuration file."""
    argv = (sys.executable, "-m", "labelpulse.cli.main", "collect")
    return argv if config is None else (*argv, "--config", str(config.absolute()))


def until_it_answers(port: int, children: Children, stop: Event) -> None:
    """Wait until the page answers, a child ends or `stop` is set.

    Raises:
        LabelpulseError: it does not answer in time.
    """
    end = time.monotonic() + START_S
    while not stop.wait(0.1):
        children.must_live()
        if _answers(port):
            return
        if time.monotonic() > end:
            raise LabelpulseError(f"the dashboard did not answer within {START_S:.0f} s")


def _answers(port: int) -> bool:
    from dashboard.server import HOST

    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/_stcore/health", timeout=2) as answer:
            return bool(answer.read() == b"ok")
    except OSError:
        return False


def announce(port: int, *, browser: bool) -> None:
    """Say where the page is, and open it in a browser when wanted."""
    from dashboard.server import HOST

    address = f"http://{HOST}:{port}"
    tell(f"The dashboard is at {address} (Ctrl-C ends it)")
    if browser:
        webbrowser.open(address)
