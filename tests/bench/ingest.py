"""Ingest with facts and rollups, against the least that a database does to hold the same rows."""

from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from pathlib import Path

import psycopg2
from sqlalchemy import Table

from collectors.label_studio_db import LabelStudioDatabase
from labelpulse import schema
from labelpulse.core.events import Batch
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.source import ANNOTATIONS
from labelpulse.warehouse.store import Warehouse
from tests.bench.measure import Row, medians, seconds, size_text, time_text
from tests.bench.polls import SOURCE, TYPE, warehouse, zone
from tests.bench.tool import TITLE, Tool
from tests.support.postgres import fresh_database

BATCH = 5_000
FACTS = (schema.item, schema.annotation, schema.annotation_key, schema.answer)
SUMS = tuple(one.table for one in ROLLUPS.all.values())


def batches(folder: Path, answers: int) -> list[Batch]:
    """Return answers in memory, as the collector reads them."""
    tool = Tool(folder / "ingest-tool.db", answers)
    tool.fill()
    live = LabelStudioDatabase(tool.url, name=SOURCE, page=BATCH)
    opening = live.open()
    found = [Batch(projects=opening.projects, people=opening.people)]
    pages = ([one.native_id for one in page.seen] for page in live.full(ANNOTATIONS, None))
    found.extend(live.fetch(ANNOTATIONS, ids) for ids in pages)
    live.close()
    return found


def load(made: Warehouse, parts: list[Batch]) -> float:
    """Write batches into an empty warehouse; return the seconds of writing answers."""
    with made.lease(made.source(SOURCE, TYPE)) as held:
        run_id = made.start_run(held, "poll")
        made.write(held, run_id, parts[0], live=True)
        ids = made.projects(held.source_id).values()
        made.configure(held, dict.fromkeys(ids, zone(TITLE)), print)

        def write() -> None:
            for part in parts[1:]:
                made.write(held, run_id, part, live=True)

        taken = seconds(write)
        made.finish_run(held, run_id, "ok")
    return taken


def _lines(
    parts: list[Batch],
    what: tuple[str, str],
    ours: Callable[[], float],
    bare: Callable[[tuple[Table, ...]], float],
) -> list[Row]:
    """Measure a load against a bare copy of its facts, and of its rollups too.

    Args:
        what: the database, and how the copy is made.
    """
    spent, facts, rows = medians(ours, lambda: bare(FACTS), lambda: bare(FACTS + SUMS))
    return [
        _row(parts, what[0], spent, what[1], facts),
        _row(parts, what[0], spent, "the same, and of the rollups", rows),
    ]


def _row(parts: list[Batch], where: str, ours: float, against: str, least: float) -> Row:
    n = sum(len(part.annotations) for part in parts)
    what = f"{where}: {n / ours / 1000:.3g} k annotations/s"
    ratio = f"{ours / least:.3g} x its time"
    return Row(what, size_text(n), time_text(ours), against, time_text(least), ratio)


# --- SQLite ---


def on_sqlite(folder: Path, parts: list[Batch]) -> list[Row]:
    """Return lines of the table: SQLite."""
    full, bare = folder / "ingest.db", folder / "bare.db"

    def ours() -> float:
        _remove(full)
        made = warehouse(f"sqlite:///{full}")
        taken = load(made, parts)
        made.engine.dispose()
        return taken

    what = "SQLite", "INSERT..SELECT of the facts"
    return _lines(parts, what, ours, lambda tables: _copied(full, bare, tables))


def _remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)


def _copied(full: Path, bare: Path, tables: tuple[Table, ...]) -> float:
    """Copy tables from one file to another, inside the database; return the seconds."""
    _remove(bare)
    engine = warehouse(f"sqlite:///{bare}").engine
    with closing(engine.raw_connection()) as raw:
        raw.execute(f"ATTACH '{full}' AS other")

        def copy() -> None:
            raw.execute("BEGIN IMMEDIATE")
            for one in tables:
                raw.execute(f"INSERT INTO {one.name} SELECT * FROM other.{one.name}")
            raw.execute("COMMIT")

        taken = seconds(copy)
    engine.dispose()
    return taken


# --- PostgreSQL ---


def on_postgres(server_url: str, parts: list[Batch]) -> list[Row]:
    """Return lines of the table: PostgreSQL."""
    kept: dict[str, bytes] = {}

    def ours() -> float:
        with fresh_database(server_url) as url:
            made = warehouse(url)
            taken = load(made, parts)
            made.engine.dispose()
            kept.update(kept or _texts(url))
        return taken

    what = "PostgreSQL", "a ready COPY of the facts"
    return _lines(parts, what, ours, lambda tables: _bare(server_url, kept, tables))


def _texts(url: str) -> dict[str, bytes]:
    """Every table as the text that COPY takes."""
    found = {}
    with closing(psycopg2.connect(url)) as raw, raw.cursor() as cursor:
        for one in FACTS + SUMS:
            text = BytesIO()
            cursor.copy_expert(f"COPY {one.name} TO STDOUT", text)
            found[one.name] = text.getvalue()
    return found


def _bare(server_url: str, texts: dict[str, bytes], tables: tuple[Table, ...]) -> float:
    """Copy ready texts into the tables of a new warehouse; return the seconds."""
    with fresh_database(server_url) as url:
        warehouse(url).engine.dispose()
        with closing(psycopg2.connect(url)) as raw, raw.cursor() as cursor:

            def copy() -> None:
                for one in tables:
                    cursor.copy_expert(f"COPY {one.name} FROM STDIN", BytesIO(texts[one.name]))
                raw.commit()

            return seconds(copy)
