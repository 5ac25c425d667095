"""Serving the app as a child process, with or without the collector beside it."""

import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from labelpulse.cli.common import tell
from labelpulse.core.errors import LabelpulseError
from labelpulse.processes import Children, stop_signals

if TYPE_CHECKING:
    from labelpulse.config import Settings


def serve(settings: "Settings", port: int, *, browser: bool, collect: bool) -> None:
    """Serve the app on loopback until Ctrl-C or SIGTERM; with `collect`, poll beside it.

    Raises:
        LabelpulseError: the port is taken, or a child ended by itself.
    """
    from dashboard.server import launch, port_is_free, wait_until_it_answers

    if not port_is_free(port):
        raise LabelpulseError(f"port {port} is in use: choose another with --port")
    app = launch(settings, port)
    with stop_signals() as stop, Children() as children:
        if collect:
            children.start("collector", collector_argv(settings.file), env=app.env)
        children.start("dashboard", app.argv, env=app.env, cwd=app.cwd)
        wait_until_it_answers(port, children, stop)
        if not stop.is_set():
            announce(port, browser=browser)
        children.watch(stop)


def collector_argv(config: Path | None) -> tuple[str, ...]:
    """Return the command that collects with a configuration file."""
    argv = (sys.executable, "-m", "labelpulse.cli.main", "collect")
    return argv if config is None else (*argv, "--config", str(config.absolute()))


def announce(port: int, *, browser: bool) -> None:
    """Say where the page is, and open it in a browser when wanted."""
    from dashboard.server import HOST

    address = f"http://{HOST}:{port}"
    tell(f"The dashboard is at {address} (Ctrl-C ends it)")
    if browser:
        webbrowser.open(address)
