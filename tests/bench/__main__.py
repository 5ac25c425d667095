"""Benchmarks: ratios measured in one run, printed as tables. ``make bench ARGS=--quick``.

Nothing is asserted about time. What is compared gives equal results, which is checked; every
figure is a median of three rounds in which both sides take turns, but for those marked "once".
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

from labelpulse.cli.main import GARBAGE
from labelpulse.core.days import now_us
from labelpulse.warehouse.engine import connect
from tests.bench import agreement, alerts, browser, ingest, pages, parse, polls
from tests.bench.measure import show, size_text, time_text
from tests.support.availability import find_chromium
from tests.support.postgres import ServerUnavailableError, fresh_database, server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labelpulse.core.events import Batch


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured: answers of short and long history and of ingest, MB of export, …"""

    short: int = 100_000
    long: int = 1_000_000
    ingest: int = 100_000
    export: int = 100
    rules: int = 200
    projects: int = 50


QUICK = Sizes(5_000, 50_000, 20_000, 20, rules=20, projects=5)
out, log = Console(width=118), Console(stderr=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, about a minute")
    only = ("agreement", "alerts", "browser", "export")
    parser.add_argument("--only", choices=only, help="a single table")
    parser.add_argument("--export-mb", type=int, metavar="MB", help="size of the export")
    gc.set_threshold(GARBAGE)
    asked = parser.parse_args()
    sizes = QUICK if asked.quick else Sizes()
    if asked.export_mb:
        sizes = replace(sizes, export=asked.export_mb)
    began = time.monotonic()
    out.print(
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{platform.machine()}, {time.strftime('%Y-%m-%d %H:%M')}\n"
    )
    if asked.only is None:
        _of_the_warehouse(sizes)
    if asked.only == "export":
        with tempfile.TemporaryDirectory(prefix="labelpulse-bench-") as name:
            _of_an_export(Path(name), sizes)
    if asked.only == "browser":
        with tempfile.TemporaryDirectory(prefix="labelpulse-bench-") as name:
            _in_a_browser(Path(name), polls.History(Path(name), sizes.long).url, sizes.long)
    if asked.only in (None, "alerts"):
        with tempfile.TemporaryDirectory(prefix="labelpulse-bench-") as name, _step("alerts"):
            rows = alerts.measure(Path(name), sizes.rules, sizes.projects)
            show(out, "A cycle of alerts", rows)
    if asked.only in (None, "agreement"):
        with _step("agreement"):
            show(out, "Agreement of many answers", agreement.measure(sizes.long))
    out.print(f"Done in {(time.monotonic() - began) / 60:.1f} min.")


def _of_the_warehouse(sizes: Sizes) -> None:
    """Measure all that reads and writes; first, since a child's memory counts from ours on."""
    with tempfile.TemporaryDirectory(prefix="labelpulse-bench-") as name:
        folder = Path(name)
        _of_an_export(folder, sizes)
        _on_histories(folder, sizes)
        with _step("ingest"):
            parts = ingest.batches(folder, sizes.ingest)
            show(out, "Ingest, facts and rollups", ingest.on_sqlite(folder, parts))
        _on_postgres(folder, parts)


def _of_an_export(folder: Path, sizes: Sizes) -> None:
    with _step("export"):
        show(out, "Reading a JSON export", parse.measure(folder, sizes.export))


def _on_histories(folder: Path, sizes: Sizes) -> None:
    """Pages and polls, with a short and a long history on SQLite."""
    made = {}
    for answers in (sizes.short, sizes.long):
        with _step(f"history of {size_text(answers)}"):
            made[answers] = polls.History(folder, answers)
    with _step("pages"):
        timed = {answers: _pages(one.url) for answers, one in made.items()}
        rows = [row for n, one in timed.items() for row in pages.rows(size_text(n), one)]
        rows += pages.growths(timed[sizes.short], timed[sizes.long])
        show(out, "Pages on SQLite: rollups against the same numbers from facts", rows)
    with _step("polls"):
        rows = polls.measure(made[sizes.short], made[sizes.long])
        show(out, "Polls by the real collector: cost as history grows", rows)
    _in_a_browser(folder, made[sizes.long].url, sizes.long)


def _in_a_browser(folder: Path, url: str, answers: int) -> None:
    if find_chromium() is None:
        out.print("Pages in a browser were left out: there is no Chromium.")
        return
    with _step("browser"):
        times, weights = browser.measure(folder, url)
        show(out, f"Pages in a browser, {size_text(answers)} answers", times)
        show(out, "Bytes of each page", weights)


def _pages(url: str) -> dict[str, pages.Timed]:
    engine = connect(url, readonly=True)
    try:
        return pages.measure(engine, now_us())
    finally:
        engine.dispose()


def _on_postgres(folder: Path, parts: "list[Batch]") -> None:
    n = size_text(sum(len(part.annotations) for part in parts))
    try:
        with server(folder) as url, _step("PostgreSQL"):
            show(out, "Ingest, facts and rollups", ingest.on_postgres(url, parts))
            with fresh_database(url) as database:
                warehouse = polls.warehouse(database)
                ingest.load(warehouse, parts)
                warehouse.engine.dispose()
                found = pages.rows(n, _pages(database))
            show(out, "Pages on PostgreSQL: rollups against the same numbers from facts", found)
    except ServerUnavailableError as error:
        out.print(f"PostgreSQL was left out: {error}")


@contextmanager
def _step(what: str) -> "Iterator[None]":
    """Tell on standard error what is being measured."""
    began = time.monotonic()
    log.print(f"{what} …")
    yield
    log.print(f"{what}: {time_text(time.monotonic() - began)}")


if __name__ == "__main__":
    main()
