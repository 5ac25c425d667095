"""`labelpulse up`: collector and dashboard together."""

from labelpulse.cli.common import ConfigOption, DbOption, open_settings, open_warehouse
from labelpulse.cli.dashboard import Browser, Port


def up(
    port: Port = 8501,
    *,
    browser: Browser = True,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Collect and serve the dashboard until Ctrl-C; both end together."""
    from labelpulse.cli.serving import serve

    settings = open_settings(config, db)
    open_warehouse(settings).engine.dispose()  # tables first, so that neither child makes them
    serve(settings, port, browser=browser, collect=bool(settings.sources))
