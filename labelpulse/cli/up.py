"""`labelpulse up`: collector and dashboard together."""

from labelpulse.cli.common import ConfigOption, DbOption, open_settings, open_warehouse
from labelpulse.cli.dashboard import AddressOption, BrowserOption, PortOption, PublicUrlOption


def up(
    address: AddressOption = None,
    port: PortOption = None,
    public_url: PublicUrlOption = None,
    *,
    browser: BrowserOption = True,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Collect and serve the dashboard until Ctrl-C; both end together."""
    from labelpulse.cli.serving import serve

    loaded = open_settings(config, db)
    settings = loaded.with_dashboard(address=address, port=port, public_url=public_url)
    open_warehouse(settings).engine.dispose()  # tables first, so that neither child makes them
    serve(settings, browser=browser, collect=bool(settings.sources))
