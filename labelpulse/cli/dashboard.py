"""`labelpulse dashboard`: the app alone, as a process of its own on this machine's loopback."""

from typing import Annotated

import typer

from labelpulse.cli.common import ConfigOption, DbOption, open_settings

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
    from labelpulse.cli.serving import serve

    serve(open_settings(config, db), port, browser=browser, collect=False)
