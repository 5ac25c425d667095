"""How the app is started as a process of its own: arguments, environment, folder."""

import os
import socket
import sys
import time
import urllib.request
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from labelpulse.core.errors import LabelpulseError

if TYPE_CHECKING:
    from labelpulse.config import Settings
    from labelpulse.processes import Children

HOST = "127.0.0.1"
PORT = 8501
START_S = 60.0
"""How long the app may take to answer."""

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Launch:
    """One way to start the app: give all three to `subprocess.Popen`."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path


def launch(
    settings: "Settings",
    port: int = PORT,
    *,
    host: str = HOST,
    environ: Mapping[str, str] | None = None,
) -> Launch:
    """Return how to start the app on a port with these settings.

    It runs in the folder that has the theme, since Streamlit looks for it where it is started;
    so the configuration and the warehouse are named by absolute paths.

    Args:
        environ: what the process inherits; None = this process's environment.
    """
    argv = (
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(_HERE / "asgi.py"),
        f"--server.address={host}",
        f"--server.port={port}",
        "--server.headless=true",
        "--server.fileWatcherType=none",
        "--logger.hideWelcomeMessage=true",  # who starts it says where it is
        "--logger.level=warning",
    )
    env = {
        **(os.environ if environ is None else environ),
        "LABELPULSE_DATABASE_URL": _absolute(settings),
    }
    if settings.file is not None:
        env["LABELPULSE_CONFIG"] = str(settings.file.absolute())
    return Launch(argv, env, _themed_folder())


def _absolute(settings: "Settings") -> str:
    from labelpulse.config.settings import absolute_sqlite

    return absolute_sqlite(settings.database.get_secret_value(), Path.cwd())


def _themed_folder() -> Path:
    """Return the folder with .streamlit/: this one in a wheel, the one above in a checkout."""
    return _HERE if (_HERE / ".streamlit").is_dir() else _HERE.parent


def port_is_free(port: int, host: str = HOST) -> bool:
    """Return whether a server could listen on the port now."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def wait_until_it_answers(port: int, children: "Children", stop: Event) -> None:
    """Wait until the app answers, a child ends, or `stop` is set.

    Raises:
        LabelpulseError: a child ended, or the app does not answer in time.
    """
    end = time.monotonic() + START_S
    while not stop.wait(0.1):
        children.must_live()
        if answers(port):
            return
        if time.monotonic() > end:
            raise LabelpulseError(f"the dashboard did not answer within {START_S:.0f} s")


def answers(port: int, host: str = HOST) -> bool:
    """Return whether the app is up; only its own health address tells, any other says 200."""
    url = f"http://{host}:{port}/_stcore/health"
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.read() == b"ok")
    except OSError:
        return False
