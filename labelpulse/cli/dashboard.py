"""`labelpulse dashboard`: the app alone, as a process of its own on this machine's loopback."""

import signal
import subprocess
import time
import urllib.error
import urllib.request
import webbrowser
from threading import Thread
from typing import TYPE_CHECKING, Annotated

import typer

from labelpulse.cli.common import FAILED, OK, ConfigOption, DbOption, open_settings, tell
from labelpulse.core.errors import LabelpulseError

if TYPE_CHECKING:
    from types import FrameType

STOP_S = 10.0
START_S = 60.0

Port = Annotated[
    int, typer.Option("--port", metavar="N", help="Port to serve on.", min=1, max=65_535)
]
Browser = Annotated[
    bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")
]


def dashboard(
    port: Port = 8501,
    *,
    browser: Browser = True,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Serve the dashboard until Ctrl-C, on this machine only (127.0.0.1)."""
    from dashboard.server import HOST, launch, port_is_free

    settings = open_settings(config, db)
    if not port_is_free(port):
        raise LabelpulseError(f"port {port} is in use: choose another with --port")
    how = launch(settings, port)
    child = subprocess.Popen(how.argv, env=how.env, cwd=how.cwd)
    address = f"http://{HOST}:{port}"
    Thread(target=_announce, args=(child, address, browser), daemon=True).start()
    raise typer.Exit(_follow(child))


def _follow(child: "subprocess.Popen[bytes]") -> int:
    """Wait for the app; SIGTERM and Ctrl-C end it, and its own end is ours."""
    stopping = False

    def stop(_number: int, _frame: "FrameType | None") -> None:
        nonlocal stopping
        stopping = True
        child.terminate()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    while child.poll() is None and not stopping:
        time.sleep(0.1)
    try:
        child.wait(STOP_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    return OK if stopping or child.returncode == 0 else FAILED


def _announce(child: "subprocess.Popen[bytes]", address: str, browser: bool) -> None:
    """Say where the page is as soon as it answers."""
    end = time.monotonic() + START_S
    while child.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):  # noqa: S310
                break
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    else:
        return
    tell(f"The dashboard is at {address} (Ctrl-C ends it)")
    if browser:
        webbrowser.open(address)
