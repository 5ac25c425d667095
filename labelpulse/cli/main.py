"""The console script: the verbs, and how errors end."""

import gc
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from labelpulse import __version__
from labelpulse.cli import (
    alerts,
    collect,
    demo,
    doctor,
    import_,
    init,
    maintenance,
    mark,
    metrics,
    query,
    queue,
    report,
    serve,
    sources,
)
from labelpulse.cli.output import print_message
from labelpulse.core.errors import LabelpulseError, WarehouseError

app = typer.Typer(
    name="labelpulse",
    help="Live metrics for data labeling: progress, agreement and accuracy, each with its n.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # errors stay plain lines, for logs and pipes
)


def _print_version(requested: bool) -> None:
    if requested:
        print(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Make --version an option of the command itself."""


# In the order of the help: getting started, daily use, maintenance.
VERBS: dict[str, tuple[Callable[..., None], str]] = {
    "demo": (demo.demo, "Show a live dashboard over simulated projects."),
    "init": (init.init, "Inspect a tool's database or exports; write labelpulse.toml."),
    "up": (serve.up, "Collect and serve the dashboard until Ctrl-C."),
    "collect": (collect.collect, "Poll the configured sources, continuously or once."),
    "dashboard": (serve.dashboard, "Serve the dashboard without the collector."),
    "import": (import_.import_, "Load labels from files."),
    "query": (query.query, "Print a metric with its interval and n."),
    "metrics": (metrics.metrics, "List the metrics, or show the definition of one."),
    "explain": (query.explain, "Show how a number was computed."),
    "report": (report.report, "Write a report as HTML, PDF or CSV."),
    "mark": (mark.mark, "Record an event on a day; compare before and after."),
    "doctor": (doctor.doctor, "Check configuration, warehouse and sources."),
    "verify": (maintenance.verify, "Compare rollups with the facts, and counts with the source."),
    "rebuild": (maintenance.rebuild, "Recompute all rollups from the facts."),
}
for _verb, (_function, _short) in VERBS.items():
    app.command(_verb, short_help=_short)(_function)
app.add_typer(sources.app, name="sources", short_help="Show the state of each source; test one.")
app.add_typer(alerts.app, name="alerts", short_help="Show, test and manage alerts.")
app.add_typer(queue.app, name="queue", short_help="Manage the review queue.")
app.add_typer(maintenance.app, name="db", short_help="Maintain the warehouse.")


GC_THRESHOLD = 50_000
"""New objects between two garbage collections. A batch creates many objects and no cycles, so that
Python's usual 700 cost a fifth of the time of a load."""


def main() -> None:
    """Run the command line; an error is one sentence on standard error and an exit code."""
    gc.set_threshold(GC_THRESHOLD)
    try:
        app()
    except Exception as error:
        readable = error if isinstance(error, LabelpulseError) else readable_error(error)
        if readable is None:
            raise
        print_message(f"Error: {readable}")
        sys.exit(readable.exit_code)


def readable_error(error: Exception) -> LabelpulseError | None:
    """Return an error of the database or of the file system as a sentence; None for any other.

    The message of a database server may quote rows, so only class and SQLSTATE are shown.
    """
    if isinstance(error, OSError) and error.filename is not None:
        return LabelpulseError(
            f"{error.filename}: {error.strerror}. Check the path and its permissions, or choose "
            "another"
        )
    if not type(error).__module__.startswith("sqlalchemy"):
        return None
    origin = getattr(error, "orig", None) or error
    state = getattr(origin, "pgcode", None) or getattr(origin, "sqlite_errorname", None)
    cause = ", ".join(filter(None, (type(origin).__name__, state)))
    return WarehouseError(
        f"the warehouse could not be used ({cause}): check --db or warehouse.url, its password, "
        "and that the server runs; `labelpulse doctor` shows more"
    )


if __name__ == "__main__":
    main()
