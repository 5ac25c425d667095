"""Serve the app as a child process, with or without the collector beside it."""

import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from labelpulse.cli.common import tell
from labelpulse.core.errors import LabelpulseError
from labelpulse.processes import Children, stop_signals

if TYPE_CHECKING:
    from labelpulse.config import Dashboard, Settings


def serve(settings: "Settings", *, browser: bool, collect: bool) -> None:
    """Serve the app until Ctrl-C or SIGTERM; with `collect`, poll beside it.

    Raises:
        LabelpulseError: the address or port cannot be used, or a child ended by itself.
    """
    from dashboard.server import cannot_listen, launch, wait_until_it_answers

    served = settings.dashboard
    problem = cannot_listen(served.address, served.port)
    if problem is not None:
        raise LabelpulseError(f"{problem}: choose another with --port or --address")
    warn_if_shared(served)
    app = launch(settings)
    with stop_signals() as stop, Children() as children:
        if collect:
            children.start("collector", collector_argv(settings.file), env=app.env)
        children.start("dashboard", app.argv, env=app.env, cwd=app.cwd)
        wait_until_it_answers(served, children, stop)
        if not stop.is_set():
            announce(served, browser=browser)
        children.watch(stop)


def collector_argv(config: Path | None) -> tuple[str, ...]:
    """Return the command that collects with a configuration file."""
    argv = (sys.executable, "-m", "labelpulse.cli.main", "collect")
    return argv if config is None else (*argv, "--config", str(config.absolute()))


def warn_if_shared(served: "Dashboard") -> None:
    """Warn that nobody has to sign in, where other machines can reach the dashboard."""
    if not served.is_shared:
        return
    tell("=" * 78)
    tell("WARNING: THE DASHBOARD HAS NO SIGN-IN")
    tell(f"Everybody who can open {served.url} sees all projects.")
    tell("Let your proxy or firewall admit only the people who may, for example with a password.")
    tell("Annotators appear under pseudonyms there, and nothing can be changed from the pages.")
    tell("=" * 78)


def announce(served: "Dashboard", *, browser: bool) -> None:
    """Print where the dashboard is, and open it in a browser when wanted."""
    tell(f"The dashboard is at {served.url} (Ctrl-C ends it)")
    if served.is_shared:
        tell(f"It listens on {served.local_url}")
    if browser:
        webbrowser.open(served.url)
