"""`labelpulse dashboard` and `labelpulse up`: the dashboard alone, or with the collector."""

import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from labelpulse.cli.options import (
    AddressOption,
    BrowserOption,
    ConfigOption,
    DbOption,
    PortOption,
    PublicUrlOption,
)
from labelpulse.cli.output import print_message
from labelpulse.cli.warehouse import open_settings, open_warehouse
from labelpulse.core.errors import LabelpulseError
from labelpulse.processes import Children, stop_signals

if TYPE_CHECKING:
    from labelpulse.config import Dashboard, Settings


def dashboard(
    address: AddressOption = None,
    port: PortOption = None,
    public_url: PublicUrlOption = None,
    *,
    browser: BrowserOption = True,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Serve the dashboard until Ctrl-C.

    --address, --port and --public-url override [dashboard] of the configuration.
    """
    settings = open_settings(config, db)
    settings = settings.with_dashboard(address=address, port=port, public_url=public_url)
    serve(settings, browser=browser, collect=False)


def up(
    address: AddressOption = None,
    port: PortOption = None,
    public_url: PublicUrlOption = None,
    *,
    browser: BrowserOption = True,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Collect and serve the dashboard until Ctrl-C.

    --address, --port and --public-url override [dashboard] of the configuration. When the
    collector or the dashboard ends, the other ends too.
    """
    settings = open_settings(config, db)
    settings = settings.with_dashboard(address=address, port=port, public_url=public_url)
    # The tables are created here, so that the two child processes do not race for it.
    open_warehouse(settings).engine.dispose()
    serve(settings, browser=browser, collect=bool(settings.sources))


def serve(settings: "Settings", *, browser: bool, collect: bool) -> None:
    """Serve the dashboard until Ctrl-C or SIGTERM; with `collect`, run the collector too.

    Raises:
        LabelpulseError: the address or port cannot be used, or a child process ended.
    """
    from dashboard.server import cannot_listen, launch, wait_until_it_answers

    options = settings.dashboard
    problem = cannot_listen(options.address, options.port)
    if problem is not None:
        raise LabelpulseError(f"{problem}: choose another with --port or --address")
    warn_if_shared(options)
    app = launch(settings)
    with stop_signals() as stop, Children() as children:
        if collect:
            children.start("collector", collector_argv(settings.file), env=app.env)
        children.start("dashboard", app.argv, env=app.env, cwd=app.cwd)
        wait_until_it_answers(options, children, stop)
        if not stop.is_set():
            announce(options, browser=browser)
        children.watch(stop)


def collector_argv(config: Path | None) -> tuple[str, ...]:
    """Return the command that runs the collector."""
    argv = (sys.executable, "-m", "labelpulse.cli.main", "collect")
    return argv if config is None else (*argv, "--config", str(config.absolute()))


def warn_if_shared(options: "Dashboard") -> None:
    """Warn that the dashboard has no sign-in, if other machines can reach it."""
    if not options.is_shared:
        return
    print_message("=" * 78)
    print_message("WARNING: THE DASHBOARD HAS NO SIGN-IN")
    print_message(f"Everybody who can open {options.url} sees all projects.")
    print_message("Let your proxy or firewall admit only your readers, for example by a password.")
    print_message("Annotators appear under pseudonyms, and nothing can be changed on the pages.")
    print_message("=" * 78)


def announce(options: "Dashboard", *, browser: bool) -> None:
    """Print the address of the dashboard; open it in a browser if wanted."""
    print_message(f"The dashboard is at {options.url} (Ctrl-C ends it)")
    if options.is_shared:
        print_message(f"It listens on {options.local_url}")
    if browser:
        webbrowser.open(options.url)
