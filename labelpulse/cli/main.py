"""The console script: which verbs there are, and how errors end."""

import gc
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from labelpulse import __version__
from labelpulse.cli import (
    alerts_by_hand,
    collect,
    dashboard,
    db,
    demo,
    doctor,
    explain,
    import_,
    init,
    mark,
    metrics,
    query,
    queue,
    rebuild,
    report,
    sources,
    up,
    verify,
)
from labelpulse.cli.common import database_trouble, file_trouble, tell
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


# In the order of the help: first contact, daily work, care.
VERBS: dict[str, tuple[Callable[..., None], str]] = {
    "demo": (demo.demo, "Show live simulated projects, their collector and the dashboard."),
    "init": (init.init, "Look at a tool's database or exports; write labelpulse.toml."),
    "up": (up.up, "Collect and serve the dashboard, until Ctrl-C."),
    "collect": (collect.collect, "Poll the configured sources, for ever or once."),
    "dashboard": (dashboard.dashboard, "Serve the dashboard alone."),
    "import": (import_.import_, "Load labels from files."),
    "query": (query.query, "Ask for one metric, with its interval, n and note."),
    "metrics": (metrics.metrics, "List the metrics, or tell the definition of one."),
    "explain": (explain.explain, "Tell how a number came about."),
    "report": (report.report, "The numbers of the pages on paper: HTML, PDF or CSV."),
    "mark": (mark.mark, "Note what happened on a day; compare before and after."),
    "doctor": (doctor.doctor, "Check everything that could be wrong, with the remedy."),
    "verify": (verify.verify, "Prove that rollups equal a recomputation, and the source."),
    "rebuild": (rebuild.rebuild, "Count all rollups anew from the facts."),
}
for _verb, (_function, _short) in VERBS.items():
    app.command(_verb, short_help=_short)(_function)
app.add_typer(sources.app, name="sources", short_help="How each source stands; test one.")
# Its verbs are those of `cli.alerts`, and those by hand.
app.add_typer(
    alerts_by_hand.app, name="alerts", short_help="How rules stand; what would have fired."
)
app.add_typer(queue.app, name="queue", short_help="Items to look at: suggest, add, send, decide.")
app.add_typer(db.app, name="db", short_help="Care for the warehouse itself.")


GARBAGE = 50_000
"""New objects between two looks for garbage. A batch makes many objects and no cycles, so that
Python's usual 700 cost a fifth of the time of a load."""


def main() -> None:
    """Run the command line; an error is one sentence on standard error and an exit code."""
    gc.set_threshold(GARBAGE)
    try:
        app()
    except LabelpulseError as error:
        tell(f"Error: {error}")
        sys.exit(error.exit_code)
    except Exception as error:
        trouble = database_trouble(error) or file_trouble(error)
        if trouble is None:
            raise
        tell(f"Error: {trouble}")
        sys.exit(trouble.exit_code)


if __name__ == "__main__":
    main()
