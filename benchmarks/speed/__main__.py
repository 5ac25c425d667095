"""Measure labelpulse against alternatives and print tables of ratios: ``make bench ARGS=--quick``.

No time has to be met. Both sides of a comparison are checked to give equal results. Each figure
is the median of three rounds in which both sides take turns, except where the table says "once".
"""

import argparse
import gc
import platform
import sqlite3
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks.speed import agreement, alerts, browser, export, ingest, pages, polls
from benchmarks.speed.measurement import show, size_text, time_text
from labelpulse.cli.main import GC_THRESHOLD
from labelpulse.core.days import now_us
from labelpulse.warehouse.engine import connect
from tests.support.availability import find_chromium
from tests.support.postgres import ServerUnavailableError, fresh_database, server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labelpulse.core.events import Batch


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much data is used.

    Attributes:
        short, long, ingest: answers in the short history, in the long one, and in the ingest test.
        export: megabytes of the export file.
        rules, projects: alert rules, and the projects that they watch.
    """

    short: int = 100_000
    long: int = 1_000_000
    ingest: int = 100_000
    export: int = 100
    rules: int = 200
    projects: int = 50


QUICK = Sizes(5_000, 50_000, 20_000, 20, rules=20, projects=5)
output, log = Console(width=118), Console(stderr=True)


def main() -> None:
    """Measure what the arguments ask for and print it."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, a few minutes")
    tables = ("agreement", "alerts", "browser", "export")
    parser.add_argument("--only", choices=tables, help="a single table")
    parser.add_argument("--export-mb", type=int, metavar="MB", help="size of the export")
    gc.set_threshold(GC_THRESHOLD)
    arguments = parser.parse_args()
    sizes = QUICK if arguments.quick else Sizes()
    if arguments.export_mb:
        sizes = replace(sizes, export=arguments.export_mb)
    began = time.monotonic()
    output.print(
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{platform.machine()}, {time.strftime('%Y-%m-%d %H:%M')}\n"
    )
    if arguments.only is None:
        _measure_warehouse(sizes)
    if arguments.only == "export":
        with tempfile.TemporaryDirectory(prefix="labelpulse-bench-") as name:
            _measure_export(Path(name), sizes)
    if arguments.only == "browser":
        with tempfile.TemporaryDirectory(prefix="labelpulse-bench-") as name:
            _measure_browser(Path(name), polls.History(Path(name), sizes.long).url, sizes.long)
    if arguments.only in (None, "alerts"):
        with tempfile.TemporaryDirectory(prefix="labelpulse-bench-") as name, _progress("alerts"):
            rows = alerts.measure(Path(name), sizes.rules, sizes.projects)
            show(output, "An evaluation of alert rules", rows)
    if arguments.only in (None, "agreement"):
        with _progress("agreement"):
            show(output, "Agreement of many answers", agreement.measure(sizes.long))
    output.print(f"Done in {(time.monotonic() - began) / 60:.1f} min.")


def _measure_warehouse(sizes: Sizes) -> None:
    """Measure reading and writing. This runs first: a child process inherits our memory use."""
    with tempfile.TemporaryDirectory(prefix="labelpulse-bench-") as name:
        folder = Path(name)
        _measure_export(folder, sizes)
        _measure_histories(folder, sizes)
        with _progress("ingest"):
            parts = ingest.batches(folder, sizes.ingest)
            show(output, "Ingest, facts and rollups", ingest.on_sqlite(folder, parts))
        _measure_postgres(folder, parts)


def _measure_export(folder: Path, sizes: Sizes) -> None:
    with _progress("export"):
        show(output, "Reading a JSON export", export.measure(folder, sizes.export))


def _measure_histories(folder: Path, sizes: Sizes) -> None:
    """Measure pages and polls on SQLite, with a short and with a long history."""
    histories = {}
    for answers in (sizes.short, sizes.long):
        with _progress(f"history of {size_text(answers)}"):
            histories[answers] = polls.History(folder, answers)
    with _progress("pages"):
        timed = {answers: _measure_pages(history.url) for answers, history in histories.items()}
        rows = [row for n, timing in timed.items() for row in pages.rows(size_text(n), timing)]
        rows += pages.growths(timed[sizes.short], timed[sizes.long])
        show(output, "Pages on SQLite: rollups against the same numbers from facts", rows)
    with _progress("polls"):
        rows = polls.measure(histories[sizes.short], histories[sizes.long])
        show(output, "Polls by the real collector: cost as history grows", rows)
    _measure_browser(folder, histories[sizes.long].url, sizes.long)


def _measure_browser(folder: Path, url: str, answers: int) -> None:
    if find_chromium() is None:
        output.print("Pages in a browser were skipped: Chromium is not installed.")
        return
    with _progress("browser"):
        times, weights = browser.measure(folder, url)
        show(output, f"Pages in a browser, {size_text(answers)} answers", times)
        show(output, "Bytes of each page", weights)


def _measure_pages(url: str) -> dict[str, pages.Timed]:
    engine = connect(url, readonly=True)
    try:
        return pages.measure(engine, now_us())
    finally:
        engine.dispose()


def _measure_postgres(folder: Path, parts: "list[Batch]") -> None:
    n = size_text(sum(len(part.annotations) for part in parts))
    try:
        with server(folder) as url, _progress("PostgreSQL"):
            show(output, "Ingest, facts and rollups", ingest.on_postgres(url, parts))
            with fresh_database(url) as database:
                warehouse = polls.warehouse(database)
                ingest.load(warehouse, parts)
                warehouse.engine.dispose()
                rows = pages.rows(n, _measure_pages(database))
            show(output, "Pages on PostgreSQL: rollups against the same numbers from facts", rows)
    except ServerUnavailableError as error:
        output.print(f"PostgreSQL was skipped: {error}")


@contextmanager
def _progress(step: str) -> "Iterator[None]":
    """Report on standard error what is being measured and how long it took."""
    began = time.monotonic()
    log.print(f"{step} …")
    yield
    log.print(f"{step}: {time_text(time.monotonic() - began)}")


if __name__ == "__main__":
    main()
