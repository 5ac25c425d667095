"""`labelpulse up`: collector and dashboard together."""

from typing import Annotated

import typer

from labelpulse.cli.common import ConfigOption, DbOption, open_settings, open_warehouse


def up(
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
    """Collect and serve the dashboard until Ctrl-C; both end together."""
    from labelpulse.cli.serving import serve

    settings = open_settings(config, db)
    open_warehouse(settings).engine.dispose()  # tables first, so that neither child makes them
    serve(settings, port, browser=browser, collect=bool(settings.sources))
