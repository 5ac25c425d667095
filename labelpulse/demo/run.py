"""The demo as processes: a team at work, the real collector, the real dashboard; one stops all."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from types import FrameType

from dashboard.server import HOST, launch, port_is_free
from labelpulse.config import load_settings
from labelpulse.core.errors import LabelpulseError
from labelpulse.demo.home import SEED, Home, prepare
from labelpulse.demo.live import Live, utc_now

Tell = Callable[[str], None]
Processes = Mapping[str, subprocess.Popen[bytes]]
START_S = 60.0
"""How long the page may take to answer before the demo gives up."""
STOP_S = 15.0
"""How long a child may take to end before it is killed."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for; `port` None = 8501 or the next free one."""

    home: Path
    days: int = 90
    port: int | None = None
    browser: bool = True


def run(options: Options, tell: Tell, now: datetime | None = None) -> None:
    """Run the demo until Ctrl-C, SIGTERM or SIGHUP, and leave no process behind.

    Raises:
        LabelpulseError: the port is taken, another demo runs in the folder, or a child ended.
    """
    home = Home(options.home.expanduser().absolute())
    home.folder.mkdir(parents=True, exist_ok=True)
    with _alone(home), ExitStack() as stack:
        port = _port(options.port, tell)
        stop = stack.enter_context(_signals())
        tell(f"Simulating {options.days} days of Tickets in {home.folder} …")
        new = prepare(home, options.days, now or utc_now())
        if not new:
            tell("Today's simulation is there already: it goes on.")
        team = Thread(target=Live(home.database, seed=SEED).run, args=(stop, utc_now), daemon=True)
        children = stack.enter_context(_children(home, port))
        team.start()
        stack.callback(stop.set)
        _until_it_answers(port, children, home, stop)
        if not stop.is_set():
            _say_where(port, home, tell, browser=options.browser)
        _watch(children, home, stop)


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Hold the folder's lock; the kernel lets go of it when this process ends, however it ends."""
    import fcntl

    with home.lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise LabelpulseError(
                f"a demo already runs in {home.folder}: stop it, or choose another --home"
            ) from None
        yield


def _port(wanted: int | None, tell: Tell) -> int:
    if wanted is not None:
        if not port_is_free(wanted):
            raise LabelpulseError(f"port {wanted} is in use: choose another with --port")
        return wanted
    from dashboard.server import PORT

    free = next((port for port in range(PORT, PORT + 20) if port_is_free(port)), None)
    if free is None:
        raise LabelpulseError(f"ports {PORT} to {PORT + 19} are in use: choose one with --port")
    if free != PORT:
        tell(f"Port {PORT} is in use; taking {free}.")
    return free


@contextmanager
def _signals() -> Iterator[Event]:
    """Yield an event that Ctrl-C, SIGTERM and SIGHUP set; the old handlers come back after."""
    stop = Event()

    def heard(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, heard) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _children(home: Home, port: int) -> Iterator[Processes]:
    """Start collector and dashboard, and stop them by their own ids in the end.

    They inherit no LABELPULSE_* variable: the demo must never write to somebody's own warehouse.
    """
    plain = {key: value for key, value in os.environ.items() if not key.startswith("LABELPULSE_")}
    page = launch(load_settings(home.config, environ=plain), port, environ=plain)
    collect = (sys.executable, "-m", "labelpulse.cli.main", "collect", "--config", str(home.config))
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        children["collector"] = _start(home, "collector", collect, plain, home.folder)
        children["dashboard"] = _start(home, "dashboard", page.argv, page.env, page.cwd)
        yield children
    finally:
        _stop(children)


def _start(
    home: Home, name: str, argv: tuple[str, ...], env: Mapping[str, str], cwd: Path
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own: Ctrl-C reaches only us, and we stop it in order."""
    with home.log(name).open("wb") as log:
        return subprocess.Popen(
            argv,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _stop(children: Processes) -> None:
    for child in children.values():
        if child.poll() is None:
            child.terminate()
    end = time.monotonic() + STOP_S
    for child in children.values():
        try:
            child.wait(max(end - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _until_it_answers(port: int, children: Processes, home: Home, stop: Event) -> None:
    end = time.monotonic() + START_S
    while not stop.wait(0.1):
        _must_live(children, home)
        if _answers(port):
            return
        if time.monotonic() > end:
            raise LabelpulseError(
                f"the dashboard did not answer within {START_S:.0f} s: see {home.log('dashboard')}"
            )


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/_stcore/health", timeout=2) as answer:
            return bool(answer.read() == b"ok")
    except OSError:
        return False


def _must_live(children: Processes, home: Home) -> None:
    for name, child in children.items():
        if child.poll() is not None:
            log = home.log(name)
            lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            last = f": {lines[-1]}" if lines else ""
            raise LabelpulseError(f"the {name} ended (code {child.returncode}; see {log}){last}")


def _say_where(port: int, home: Home, tell: Tell, *, browser: bool) -> None:
    url = f"http://{HOST}:{port}"
    tell(f"The dashboard is at {url}")
    tell(f"Every verb works on it too: labelpulse query progress --config {home.config}")
    tell("Ctrl-C stops everything.")
    if browser:
        webbrowser.open(url)


def _watch(children: Processes, home: Home, stop: Event) -> None:
    while not stop.wait(0.5):
        _must_live(children, home)
