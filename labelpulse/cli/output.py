"""What verbs print: results on standard output, messages and progress on standard error."""

import csv
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from labelpulse.core.escapes import escape_formula

OK, FAILED, USAGE, PARTLY, BREACH = range(5)
"""Exit codes: done · failed · wrong usage · partly done · a check found a breach."""

PIPE_WIDTH = 1000
PROGRESS_EVERY_S = 5.0

Progress = Callable[[str, int, int], None]
"""Shows how far a scan has come: (file or project, rows done, rows in total or 0)."""


def print_message(text: str) -> None:
    """Write a line for people to standard error, so that standard output stays one document."""
    print(text, file=sys.stderr)


def print_json(document: object) -> None:
    """Write one strict JSON document to standard output, indented on a terminal."""
    indent = 2 if sys.stdout.isatty() else None
    print(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=indent))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "") -> None:
    """Write rows as a table to standard output; None is an empty cell.

    On a terminal the table fits the window; in a pipe lines are as long as they need to be.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    cells = [list(row) for row in rows]
    for index, name in enumerate(columns):
        is_numeric = bool(cells) and all(
            isinstance(row[index], int | float | None) for row in cells
        )
        table.add_column(name, justify="right" if is_numeric else "left", overflow="fold")
    for row in cells:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else PIPE_WIDTH).print(table)


def print_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> None:
    """Write rows as a table with rounded numbers.

    Args:
        columns: keys of the rows to show; empty = all.
    """
    columns = columns or list(dict.fromkeys(column for row in rows for column in row))
    print_table(columns, [[rounded(row.get(column)) for column in columns] for row in rows])


def rounded(value: Any) -> Any:
    """Round a value for a table; JSON and CSV have all digits."""
    if isinstance(value, float):
        return round(value, 4) if abs(value) < 1000 else round(value, 1)
    return value


def print_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as CSV to standard output; cells that look like formulas are escaped."""
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(columns)
    out.writerows([escape_formula(row.get(column)) for column in columns] for row in rows)


@contextmanager
def scan_progress(*, quiet: bool = False) -> Iterator[Progress]:
    """Yield a function that shows how far a scan has come.

    A terminal gets a bar, a pipe gets a line every few seconds.
    """
    if quiet:
        from labelpulse.ingest.runner import unseen

        yield unseen
    elif sys.stderr.isatty():
        with _progress_bar() as show:
            yield show
    else:
        yield _progress_lines()


@contextmanager
def _progress_bar() -> Iterator[Progress]:
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        bar, current = bars.add_task("", visible=False), ""

        def show(subject: str, done: int, total: int) -> None:
            nonlocal current
            if subject != current:  # of many files only the current one is shown
                current = subject
                bars.reset(bar, description=subject, visible=True)
            bars.update(bar, completed=done, total=total or None)

        yield show


def _progress_lines() -> Progress:
    printed_at, current = time.monotonic(), ""

    def show(subject: str, done: int, total: int) -> None:
        nonlocal printed_at, current
        if subject != current:  # a short scan prints nothing
            printed_at, current = time.monotonic(), subject
        if time.monotonic() - printed_at >= PROGRESS_EVERY_S:
            printed_at = time.monotonic()
            of_total = f" of {total:,}" if total else ""
            print_message(f"{subject}: {done:,}{of_total}")

    return show
