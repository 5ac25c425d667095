"""Every metric by every key on both databases, equal row for row; and what a query imports."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from labelpulse.core.events import Verdict
from labelpulse.metrics.registry import METRICS
from labelpulse.warehouse.rates import SaidRate
from labelpulse.warehouse.versions import HEAD
from tests.reader.test_agreement_truth import random_says
from tests.reader.world import Judged, Say, World, at, engine_at, engine_on

QUERIES = [
    (name, by)
    for name, metric in METRICS.items()
    for by in [(), *((key,) for key in metric.by), tuple(metric.by[-2:])]
]


def fill(world: World) -> None:
    says = [
        replace(one, time_ms=1000 * n + 1, gold={"label": "x"}, reviews=reviewed(n))
        for n, one in enumerate(random_says(4, items=15))
    ]
    batches = {f"i{n}": f"b{n % 2}" for n in range(15)}
    world.project(says, gold="column", batches=batches, required={"i1": 3})
    world.project([Say("i1", "ann", {"topic": ["a", "b"]}, None)], title="Q")
    world.warehouse.teams({"North": ["ann", "bob"]})
    rates = [("North", None, 0), (None, "ann", 738_950), (None, "cid", 0), (None, "dee", 0)]
    world.warehouse.rates([SaidRate(*one, 9_500_000, "USD") for one in rates])


def reviewed(n: int) -> tuple[Judged, ...]:
    """No, one or two reviews, of all verdicts."""
    verdicts = [Verdict(1 + (n + k) % 3) for k in range(n % 3)]
    return tuple(Judged(one, ("rex", "sue")[k], at(9, n + k)) for k, one in enumerate(verdicts))


@pytest.fixture(scope="module")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(engine_at(tmp_path_factory.mktemp("lite")))
    fill(world)
    yield world
    world.engine.dispose()


def test_rows_keep_their_form(lite: World):
    for name, by in QUERIES:
        for row in lite.ask(name, by=by):
            keys = list(row)[: list(row).index("value")]
            assert list(row)[len(keys) : len(keys) + 5] == ["value", "low", "high", "n", "note"]
            assert row["note"] or None not in (row["value"], *(row[key] for key in keys))
            if row["low"] is not None:
                assert row["low"] <= row["value"] <= row["high"]


def test_filters_of_every_key_are_understood(lite: World):
    values = {
        "source": "studio",
        "project": "P",
        "control": "label",
        "batch": "b1",
        "annotator": "ann",
        "annotator_pair": "ann+bob",
        "reviewer": "rex",
        "team": "North",
        "label": "x",
        "stage": "done",
    }
    for name, metric in METRICS.items():
        for key in metric.where:
            if key in values:
                for sign in ("=", "!="):
                    lite.ask(name, where=[f"{key}{sign}{values[key]}"])


@pytest.mark.pg
@pytest.mark.timeout(300)  # about a thousand queries a side
def test_both_databases_give_the_same_rows(lite: World, pg_database: str):
    world = World(engine_on(pg_database))
    fill(world)
    try:
        for name, by in QUERIES:
            assert world.ask(name, by=by) == lite.ask(name, by=by), (name, by)
    finally:
        world.engine.dispose()


PROBE = """
import sys
from labelpulse.cli.main import app
try:
    app(["query", "agreement_alpha", "--by", "week", "--json"], standalone_mode=False)
finally:
    heavy = {"pandas", "numpy", "scipy", "alembic", "streamlit", "altair", "plotly", "psycopg2"}
    print(sorted(heavy & set(sys.modules)), file=sys.stderr)
"""


def test_a_query_imports_nothing_heavy(tmp_path: Path):
    engine = engine_at(tmp_path)
    World(engine).project(random_says(5, items=5))
    with engine.begin() as conn:
        conn.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        conn.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (HEAD,))
    engine.dispose()
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        env={
            "LABELPULSE_DATABASE_URL": f"sqlite:///{tmp_path / 'warehouse.db'}",
            "LABELPULSE_PSEUDONYM_KEY": "k",
            "PATH": "",
        },
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith('{"metric": "agreement_alpha"'), done.stderr
    assert done.stderr.splitlines()[-1] == "[]"
