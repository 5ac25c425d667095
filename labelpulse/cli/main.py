"""The console script: which verbs there are, and how errors end."""

import sys
from typing import Annotated

import typer

from labelpulse import __version__
from labelpulse.cli.common import database_trouble, tell
from labelpulse.core.errors import LabelpulseError

app = typer.Typer(
    name="labelpulse",
    help="Is your labeling on time, and can you trust it? Every number with its n and its proof.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # errors stay plain lines, for logs and pipes
)


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Nothing happens before the verb."""


def _register() -> None:
    from importlib import import_module

    for name in "demo init up collect dashboard import query metrics explain sources doctor verify rebuild db".split():
        module_name = "import_" if name == "import" else name
        try:
            module = import_module(f"labelpulse.cli.{module_name}")
        except ModuleNotFoundError as error:
            if error.name != f"labelpulse.cli.{module_name}":
                raise
            continue
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(getattr(module, module_name))


_register()


def main() -> None:
    """Run the command line; an error is one sentence on standard error and an exit code."""
    try:
        app()
    except LabelpulseError as error:
        tell(f"Error: {error}")
        sys.exit(error.exit_code)
    except Exception as error:
        trouble = database_trouble(error)
        if trouble is None:
            raise
        tell(f"Error: {trouble}")
        sys.exit(trouble.exit_code)


if __name__ == "__main__":
    main()
