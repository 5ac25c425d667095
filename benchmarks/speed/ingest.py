"""Compare ingest, with facts and rollups, with a bare copy of the same rows."""

from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from pathlib import Path

import psycopg2
from sqlalchemy import Table

from benchmarks.speed.label_studio import TITLE, Tool
from benchmarks.speed.measurement import Row, medians, seconds, size_text, time_text
from benchmarks.speed.polls import SOURCE, TYPE, warehouse, zone
from collectors.label_studio_db import LabelStudioDatabase
from labelpulse import schema
from labelpulse.core.events import Batch
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.source import ANNOTATIONS
from labelpulse.warehouse.store import Warehouse
from tests.support.postgres import fresh_database

BATCH = 5_000
FACTS = (schema.item, schema.annotation, schema.annotation_key, schema.answer)
SUMS = tuple(rollup.table for rollup in ROLLUPS.all.values())


def batches(folder: Path, answers: int) -> list[Batch]:
    """Read simulated answers into memory with the real collector."""
    tool = Tool(folder / "ingest-tool.db", answers)
    tool.fill()
    source = LabelStudioDatabase(tool.url, name=SOURCE, page=BATCH)
    opening = source.open()
    batches_read = [Batch(projects=opening.projects, people=opening.people)]
    pages = (
        [version.native_id for version in page.records] for page in source.full(ANNOTATIONS, None)
    )
    batches_read.extend(source.fetch(ANNOTATIONS, ids) for ids in pages)
    source.close()
    return batches_read


def load(warehouse: Warehouse, parts: list[Batch]) -> float:
    """Write batches into an empty warehouse and return the seconds spent on annotations."""
    with warehouse.lease(warehouse.source(SOURCE, TYPE)) as held:
        run_id = warehouse.start_run(held, "poll")
        warehouse.write(held, run_id, parts[0], live=True)
        ids = warehouse.projects(held.source_id).values()
        warehouse.configure(held, dict.fromkeys(ids, zone(TITLE)), print)

        def write() -> None:
            for part in parts[1:]:
                warehouse.write(held, run_id, part, live=True)

        taken = seconds(write)
        warehouse.finish_run(held, run_id, "ok")
    return taken


def _compare(
    parts: list[Batch],
    what: tuple[str, str],
    ours: Callable[[], float],
    copy: Callable[[tuple[Table, ...]], float],
) -> list[Row]:
    """Compare a load with a bare copy of its facts, and with one of its facts and rollups.

    Args:
        what: the database, and how the copy is made.
    """
    spent, facts, rows = medians(ours, lambda: copy(FACTS), lambda: copy(FACTS + SUMS))
    return [
        _row(parts, what[0], spent, what[1], facts),
        _row(parts, what[0], spent, "the same, and of the rollups", rows),
    ]


def _row(parts: list[Batch], database: str, ours: float, against: str, reference: float) -> Row:
    n = sum(len(part.annotations) for part in parts)
    what = f"{database}: {n / ours / 1000:.3g} k annotations/s"
    ratio = f"{ours / reference:.3g} x its time"
    return Row(what, size_text(n), time_text(ours), against, time_text(reference), ratio)


# --- SQLite ---


def on_sqlite(folder: Path, parts: list[Batch]) -> list[Row]:
    """Measure ingest into SQLite and return the rows of the table."""
    full, bare = folder / "ingest.db", folder / "bare.db"

    def ours() -> float:
        _remove(full)
        store = warehouse(f"sqlite:///{full}")
        taken = load(store, parts)
        store.engine.dispose()
        return taken

    what = "SQLite", "INSERT..SELECT of the facts"
    return _compare(parts, what, ours, lambda tables: _copy_sqlite(full, bare, tables))


def _remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)


def _copy_sqlite(full: Path, bare: Path, tables: tuple[Table, ...]) -> float:
    """Copy tables from one SQLite file to another and return the seconds."""
    _remove(bare)
    engine = warehouse(f"sqlite:///{bare}").engine
    with closing(engine.raw_connection()) as raw:
        raw.execute(f"ATTACH '{full}' AS other")

        def copy() -> None:
            raw.execute("BEGIN IMMEDIATE")
            for table in tables:
                raw.execute(f"INSERT INTO {table.name} SELECT * FROM other.{table.name}")
            raw.execute("COMMIT")

        taken = seconds(copy)
    engine.dispose()
    return taken


# --- PostgreSQL ---


def on_postgres(server_url: str, parts: list[Batch]) -> list[Row]:
    """Measure ingest into PostgreSQL and return the rows of the table."""
    texts: dict[str, bytes] = {}

    def ours() -> float:
        with fresh_database(server_url) as url:
            store = warehouse(url)
            taken = load(store, parts)
            store.engine.dispose()
            texts.update(texts or _table_texts(url))
        return taken

    what = "PostgreSQL", "a ready COPY of the facts"
    return _compare(parts, what, ours, lambda tables: _copy_postgres(server_url, texts, tables))


def _table_texts(url: str) -> dict[str, bytes]:
    """Return every table as text in the format of COPY."""
    texts = {}
    with closing(psycopg2.connect(url)) as raw, raw.cursor() as cursor:
        for table in FACTS + SUMS:
            text = BytesIO()
            cursor.copy_expert(f"COPY {table.name} TO STDOUT", text)
            texts[table.name] = text.getvalue()
    return texts


def _copy_postgres(server_url: str, texts: dict[str, bytes], tables: tuple[Table, ...]) -> float:
    """Load COPY texts into a new warehouse and return the seconds."""
    with fresh_database(server_url) as url:
        warehouse(url).engine.dispose()
        with closing(psycopg2.connect(url)) as raw, raw.cursor() as cursor:

            def copy() -> None:
                for table in tables:
                    cursor.copy_expert(f"COPY {table.name} FROM STDIN", BytesIO(texts[table.name]))
                raw.commit()

            return seconds(copy)
