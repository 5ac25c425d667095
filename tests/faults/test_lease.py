"""One writer a source: whoever sleeps too long has lost it, whoever comes second waits."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from labelpulse import schema
from labelpulse.core.errors import FenceLost, LeaseHeld
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.warehouse import lease
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.store import Warehouse
from labelpulse.warehouse.versions import HEAD, check_version, upgrade
from tests.faults.child import PROJECT, SOURCE, TTL_S, TYPE, ShortLease, load, made, write_one
from tests.faults.processes import Child, child
from tests.warehouse import harness

pytestmark = pytest.mark.faults


@pytest.fixture
def engine(database_url: str) -> Engine:
    """An upgraded warehouse on the database of `database_url`."""
    engine = connect(database_url)
    upgrade(engine)
    return engine


@contextmanager
def stopped(process: Child) -> Iterator[None]:
    """Let a process sleep as if its machine did."""
    process.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.process.send_signal(signal.SIGCONT)


def everything(engine: Engine) -> dict[str, list[str]]:
    """Every row of every table."""
    with engine.connect() as conn:
        tables = schema.metadata.sorted_tables
        return {one.name: sorted(map(str, conn.execute(one.select()))) for one in tables}


def test_a_writer_that_slept_past_its_time_writes_nothing(
    engine: Engine, database_url: str
) -> None:
    warehouse = ShortLease(engine, ROLLUPS)
    with child("hold", database_url) as old:
        assert old.hears() == "held 1"
        old.say("from the old one")
        assert old.hears() == "written"
        with stopped(old):
            began = time.monotonic()
            source_id = warehouse.source(SOURCE, TYPE)
            with warehouse.lease(source_id, wait_s=10 * TTL_S) as held:
                assert time.monotonic() - began <= TTL_S + 2
                assert held.epoch == 2
                run_id = warehouse.start_run(held, "poll")
                write_one(warehouse, held, run_id, "from the new one")
                before = everything(engine)
                old.process.send_signal(signal.SIGCONT)
                old.say("from the dead")
                assert old.hears() == "FenceLost"
                assert everything(engine) == before
                old.say("")  # it leaves, and gives back a lease that is no longer its own
                assert old.process.wait(20) == 0
                assert everything(engine) == before
                write_one(warehouse, held, run_id, "once more")
    assert {name for name, _ in harness.fingerprints(engine)} == {
        "from the old one",
        "from the new one",
        "once more",
    }


def test_a_poll_that_slept_past_its_time_ends_without_a_trace(
    engine: Engine, database_url: str
) -> None:
    warehouse, tool = ShortLease(engine, ROLLUPS), made(items=60)
    with child("pause", database_url) as old:
        assert old.hears() == "paused"
        half = len(harness.fingerprints(engine))
        assert 0 < half < len(tool.rows)
        with stopped(old):
            old.say("go on")
            began = time.monotonic()
            source_id = warehouse.source(SOURCE, TYPE)
            with warehouse.lease(source_id, wait_s=10 * TTL_S):
                assert time.monotonic() - began <= TTL_S + 2
            done = load(warehouse, tool)
            assert done.loaded == len(tool.rows) - half
            before = everything(engine)
        assert old.hears() == "FenceLost"
    assert everything(engine) == before
    assert warehouse.verify(warehouse.projects(source_id)[PROJECT]) == []
    with engine.connect() as conn:
        state = text("SELECT state FROM source")
        assert conn.scalar(state) == "ok", "the sleeper told the state of what is not its own"


def test_a_lease_is_renewed_by_each_write_and_let_go_at_the_end(engine: Engine) -> None:
    warehouse = ShortLease(engine, ROLLUPS)
    source_id = warehouse.source(SOURCE, TYPE)
    with warehouse.lease(source_id, ttl_s=60) as held:
        run_id = warehouse.start_run(held, "poll")
        ends = []
        for number in range(4):
            time.sleep(0.01)
            write_one(warehouse, held, run_id, f"row {number}")
            with engine.connect() as conn:
                ends.append(conn.scalar(text("SELECT expires_at FROM lease")))
        assert ends == sorted(set(ends)), "a write did not renew the lease"
        with pytest.raises(LeaseHeld, match=f"source '{SOURCE}' is being collected"):
            lease.take(engine, source_id, SOURCE)
    again = lease.take(engine, source_id, SOURCE)
    assert again.epoch == held.epoch + 1
    with pytest.raises(FenceLost):
        write_one(warehouse, held, run_id, "too late")


def test_two_first_starts_make_the_tables_once(database_url: str) -> None:
    with child("upgrade", database_url) as one, child("upgrade", database_url) as other:
        assert [one.hears(), other.hears()] == ["ready", "ready"]
        one.say("now")
        other.say("now")
        assert sorted([one.hears(), other.hears()]) == [HEAD, "None"]
        assert [one.process.wait(20), other.process.wait(20)] == [0, 0]
    engine = connect(database_url)
    check_version(engine)
    names = inspect(engine).get_table_names()
    assert sorted(names) == sorted([*schema.metadata.tables, "alembic_version"])
    load(Warehouse(engine, ROLLUPS), made(items=3))


def test_collecting_once_waits_a_time_to_live_and_then_fails(tmp_path, monkeypatch, capsys) -> None:
    from labelpulse.cli.main import main

    wait_s = 1.0
    monkeypatch.setattr("labelpulse.ingest.collect.LEASE_WAIT_S", wait_s)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["labelpulse", "collect", "--once"])
    (tmp_path / "labelpulse.toml").write_text(
        '[[sources]]\nname = "studio"\ntype = "label-studio-db"\nurl = "sqlite:///studio.db"\n'
    )
    engine = connect(f"sqlite:///{tmp_path / 'labelpulse.db'}")
    upgrade(engine)
    warehouse = Warehouse(engine, ROLLUPS)
    with warehouse.lease(warehouse.source("studio", "label-studio-db")):
        began = time.monotonic()
        with pytest.raises(SystemExit) as ended:
            main()
        assert time.monotonic() - began >= wait_s
    assert ended.value.code == 1
    assert "source 'studio' is being collected by another process" in capsys.readouterr().err


@pytest.mark.pg
def test_a_writer_that_stops_inside_a_transaction_loses_its_locks(
    pg_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labelpulse.warehouse.engine.IDLE_MS", 300)
    engine, other = connect(pg_database), connect(pg_database)
    upgrade(engine)
    source_id = Warehouse(engine, ROLLUPS).source(SOURCE, TYPE)
    change = text("UPDATE source SET state = :state WHERE id = :id")
    sleeper = engine.connect()
    sleeper.execute(change, {"state": "lost", "id": source_id})
    with other.begin() as conn:  # waits for the row until the server ends the sleeper
        conn.execute(change, {"state": "ok", "id": source_id})
    with pytest.raises(DBAPIError):
        sleeper.commit()
    with other.connect() as conn:
        assert conn.scalar(text("SELECT state FROM source")) == "ok"
