"""`labelpulse demo`: live simulated projects, their collector and the dashboard."""

from pathlib import Path
from typing import Annotated

import typer

from labelpulse.cli.output import print_message


def demo(
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65_535, help="Port of the dashboard; default 8501 or the next."),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the address.")
    ] = False,
    days: Annotated[int, typer.Option(help="Days of history to simulate, 21 to 730.")] = 90,
    home: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where its files go; default ~/.local/share/labelpulse/demo.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Show a live dashboard over a simulated team; Ctrl-C stops everything.

    The folder holds the simulated databases of Label Studio and doccano, labelpulse.toml for
    every other verb, and truth.json with what was planted.
    """
    from labelpulse.demo.home import default_folder
    from labelpulse.demo.run import Options, run

    run(Options(home or default_folder(), days, port, not no_browser), print_message)
