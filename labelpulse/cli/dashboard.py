"""`labelpulse dashboard`: the app alone, on this machine's loopback."""

from typing import Annotated

import typer

from labelpulse.cli.common import ConfigOption, DbOption, open_settings


def dashboard(
    port: Annotated[
        int, typer.Option("--port", metavar="N", help="Port to serve on.", min=1, max=65_535)
    ] = 8501,
    *,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")
    ] = True,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Serve the dashboard until Ctrl-C, on this machine only (127.0.0.1)."""
    from labelpulse.cli.serving import serve

    serve(open_settings(config, db), port, browser=browser, collect=False)
