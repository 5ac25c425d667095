"""Start the app as a process of its own: its arguments, environment and folder."""

import os
import socket
import sys
import time
import urllib.request
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from errno import EADDRINUSE
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from labelpulse.core.errors import LabelpulseError

if TYPE_CHECKING:
    from labelpulse.config import Settings
    from labelpulse.config.dashboard import Dashboard
    from labelpulse.processes import Children

START_S = 60.0
"""How long the app may take to answer."""

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Launch:
    """One way to start the app: give all three to `subprocess.Popen`."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path


def launch(settings: "Settings", *, environ: Mapping[str, str] | None = None) -> Launch:
    """Return how to start the app where these settings say that it is served.

    It runs in the folder that has the theme, since Streamlit looks for it where it is started;
    so the configuration and the warehouse are named by absolute paths.

    Args:
        environ: what the process inherits; None = this process's environment.
    """
    served = settings.dashboard
    options = {
        "server.address": served.address,
        "server.port": str(served.port),
        "server.baseUrlPath": served.base_path.strip("/"),
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "logger.hideWelcomeMessage": "true",  # the caller prints the address
        "logger.level": "warning",
    }
    if served.public_host is not None:
        # Streamlit accepts WebSockets of this origin without asking other machines who it is.
        options["browser.serverAddress"] = served.public_host
    argv = [sys.executable, "-m", "streamlit", "run", str(_HERE / "asgi.py")]
    argv += [f"--{name}={value}" for name, value in options.items()]
    argv += [f"--server.allowedHosts={host}" for host in served.allowed_hosts]
    return Launch(tuple(argv), environment(settings, environ), _themed_folder())


def environment(
    settings: "Settings", environ: Mapping[str, str] | None = None
) -> Mapping[str, str]:
    """Return the environment in which a child process loads these settings again.

    Args:
        environ: what the process inherits; None = this process's environment.
    """
    from labelpulse.config.settings import absolute_sqlite

    database = absolute_sqlite(settings.database.get_secret_value(), Path.cwd())
    env = {
        **(os.environ if environ is None else environ),
        "LABELPULSE_DATABASE_URL": database,
    }
    for key, value in settings.dashboard.model_dump(exclude_none=True).items():
        env[f"LABELPULSE_DASHBOARD__{key.upper()}"] = str(value)
    if settings.file is not None:
        env["LABELPULSE_CONFIG"] = str(settings.file.absolute())
    return env


def _themed_folder() -> Path:
    """Return the folder with .streamlit/: this one in a wheel, the one above in a checkout."""
    return _HERE if (_HERE / ".streamlit").is_dir() else _HERE.parent


def cannot_listen(address: str, port: int) -> str | None:
    """Return why a server could not listen on an address and port now; None = it could."""
    try:
        for family, kind, protocol, _, where in socket.getaddrinfo(
            address, port, type=socket.SOCK_STREAM
        ):
            with closing(socket.socket(family, kind, protocol)) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(where)
    except OSError as error:
        if error.errno == EADDRINUSE:
            return f"port {port} is in use"
        return f"cannot listen on {address}, port {port} ({error.strerror})"
    return None


def wait_until_it_answers(served: "Dashboard", children: "Children", stop: Event) -> None:
    """Wait until the app answers, a child ends, or `stop` is set.

    Raises:
        LabelpulseError: a child ended, or the app does not answer in time.
    """
    end = time.monotonic() + START_S
    while not stop.wait(0.1):
        children.check_running()
        if answers(served):
            return
        if time.monotonic() > end:
            raise LabelpulseError(f"the dashboard did not answer within {START_S:.0f} s")


def answers(served: "Dashboard") -> bool:
    """Return whether the app is up, by its own health address: other addresses always say 200."""
    url = f"{served.local_url}/_stcore/health"
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - always http
            return bool(answer.read() == b"ok")
    except OSError:
        return False
