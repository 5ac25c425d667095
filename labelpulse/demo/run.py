"""The demo as processes: teams at work, the real collector and the real dashboard."""

import os
import sqlite3
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event, Thread

from dashboard.server import cannot_listen, environment, launch, wait_until_it_answers
from labelpulse.config import Dashboard, load_settings
from labelpulse.core.errors import LabelpulseError
from labelpulse.demo.home import Home, prepare
from labelpulse.demo.live import DoccanoTeam, LabelStudioTeam, LiveTeam, utc_now
from labelpulse.processes import Children, stop_signals

Tell = Callable[[str], None]

LOAD_S = 25.0
"""How long the page is kept back for the first load; after that it opens and says "loading"."""

_PORT = Dashboard().port
_PORTS = range(_PORT, _PORT + 20)


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
    with _locked(home), stop_signals() as stop:
        port = _choose_port(options.port, tell)
        tell(f"Simulating {options.days} days of labeling in {home.folder} …")
        if not prepare(home, options.days, now or utc_now()):
            tell("The folder has a simulation of today: it goes on.")
        with Children() as children:
            served = _start_processes(children, home, port)
            for team in _live_teams(home):
                Thread(target=_work, args=(team, stop, tell), daemon=True).start()
            wait_until_it_answers(served, children, stop)
            _wait_until_loaded(home, children, stop)
            if not stop.is_set():
                _announce(served, home, tell, browser=options.browser)
            children.watch(stop)


@contextmanager
def _locked(home: Home) -> Iterator[None]:
    """Hold the folder's lock; the kernel releases it when this process ends, however it ends."""
    import fcntl

    with home.lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise LabelpulseError(
                f"a demo already runs in {home.folder}: stop it, or choose another --home"
            ) from None
        yield


def _choose_port(wanted: int | None, tell: Tell) -> int:
    if wanted is not None:
        if not _is_free(wanted):
            raise LabelpulseError(f"port {wanted} is in use: choose another with --port")
        return wanted
    free = next((port for port in _PORTS if _is_free(port)), None)
    if free is None:
        raise LabelpulseError(
            f"ports {_PORTS[0]} to {_PORTS[-1]} are in use: choose another with --port"
        )
    if free != _PORT:
        tell(f"Port {_PORT} is in use; taking {free}.")
    return free


def _is_free(port: int) -> bool:
    return cannot_listen(Dashboard().address, port) is None


def _start_processes(children: Children, home: Home, port: int) -> Dashboard:
    """Start collector and dashboard, and return where the dashboard is served.

    They inherit no LABELPULSE_* variable: the demo must never write to somebody's own warehouse.
    """
    plain = {key: value for key, value in os.environ.items() if not key.startswith("LABELPULSE_")}
    settings = load_settings(home.config, environ=plain).with_dashboard(port=port)
    page = launch(settings, environ={**plain, "LABELPULSE_DEMO": "1"})
    collect = (sys.executable, "-m", "labelpulse.cli.main", "collect", "--config", str(home.config))
    env = environment(settings, plain)
    children.start("collector", collect, env=env, cwd=home.folder, log=home.log("collector"))
    children.start("dashboard", page.argv, env=page.env, cwd=page.cwd, log=home.log("dashboard"))
    return settings.dashboard


def _live_teams(home: Home) -> tuple[LiveTeam, ...]:
    return LabelStudioTeam.of(home.database, home.read_truth()), DoccanoTeam(home.reviews)


def _work(team: LiveTeam, stop: Event, tell: Tell) -> None:
    """Let a team work until `stop`; without its database the pages no longer change."""
    try:
        team.run(stop, utc_now)
    except sqlite3.Error as error:
        tell(f"A simulated team stopped working ({type(error).__name__}): restart the demo.")


def _wait_until_loaded(home: Home, children: Children, stop: Event) -> None:
    """Wait for the first load, so that the page opens with numbers."""
    waited = 0.0
    while waited < LOAD_S and not stop.wait(0.25):
        waited += 0.25
        children.check_running()
        if _is_loaded(home):
            return


def _is_loaded(home: Home) -> bool:
    from labelpulse.reader.overview import overview
    from labelpulse.warehouse.engine import connect
    from labelpulse.warehouse.versions import check_version

    try:
        engine = connect(f"sqlite:///{home.warehouse}", readonly=True)
        check_version(engine)
        state = overview(engine)
        engine.dispose()
    except LabelpulseError:
        return False
    is_read = all(source.ok_at is not None and not source.loading for source in state.sources)
    return bool(state.sources) and is_read and bool(state.teams)


def _announce(served: Dashboard, home: Home, tell: Tell, *, browser: bool) -> None:
    tell(f"The dashboard is at {served.url} (Ctrl-C ends it)")
    tell(f"Every command works on it too: labelpulse query progress --config {home.config}")
    if browser:
        webbrowser.open(served.url)
