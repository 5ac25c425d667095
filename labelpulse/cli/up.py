"""`labelpulse up`: collector and dashboard together."""

from typing import Annotated

import typer

from labelpulse.cli.common import ConfigOption, DbOption, open_settings, open_warehouse


def up(
    port: Annotated[
        int, typer.Option("--port", metavar="N", help="Port of the dashboard.", min=1, max=65535)
    ] = 8501,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")
    ] = True,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Collect and serve the dashboard until Ctrl-C; both end together."""
    from labelpulse.cli.children import Children, collector_command, dashboard_command

    settings = open_settings(config, db)
    open_warehouse(settings).engine.dispose()  # tables first, so that neither child makes them
    with Children() as children:
        if settings.sources:
            children.start("collector", collector_command(config, db))
        children.start("dashboard", dashboard_command(port, config, db, browser=browser))
        raise typer.Exit(children.wait())
