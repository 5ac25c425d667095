"""`labelpulse dashboard`: the app alone, as a process of its own."""

from typing import Annotated

import typer

from labelpulse.cli.common import ConfigOption, DbOption, open_settings

AddressOption = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="ADDRESS",
        help="Address to listen on; default 127.0.0.1. Beyond loopback it needs --public-url.",
        show_default=False,
    ),
]
PortOption = Annotated[
    int | None,
    typer.Option(
        "--port",
        metavar="N",
        help="Port to listen on; default 8501.",
        min=1,
        max=65_535,
        show_default=False,
    ),
]
PublicUrlOption = Annotated[
    str | None,
    typer.Option(
        "--public-url",
        metavar="URL",
        help="Address in people's browsers, such as https://labels.example.org/pulse.",
        show_default=False,
    ),
]
BrowserOption = Annotated[
    bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")
]


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

    Address, port and public URL stand in [dashboard] of the configuration; options beat them.
    """
    from labelpulse.cli.serving import serve

    settings = open_settings(config, db)
    served = settings.with_dashboard(address=address, port=port, public_url=public_url)
    serve(served, browser=browser, collect=False)
