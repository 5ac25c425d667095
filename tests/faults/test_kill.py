"""A loader is killed again and again: nothing is lost, nothing is there twice."""

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from labelpulse.metrics.registry import ROLLUPS
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.store import Warehouse
from labelpulse.warehouse.versions import upgrade
from tests.faults.child import PROJECT, SOURCE, TTL_S, TYPE, ShortLease, load, stage
from tests.faults.processes import Child, child
from tests.support.tool import Tool
from tests.support.tool_source import print_of
from tests.warehouse import harness

pytestmark = pytest.mark.faults


def loaded_with_kills(loader: Child, name: str, kills: int, longest_s: float) -> int:
    """Load a stage, killing the loading process up to `kills` times; return how often."""
    for killed in range(kills + 1):
        loader.say(name)
        pid = int(loader.hears())
        if killed < kills:
            time.sleep(TTL_S + random.uniform(0, longest_s))  # it waits for the dead one's
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        ended = int(loader.hears())
        if ended == 0:
            return killed
        assert ended == -signal.SIGKILL, loader.complaint()
    raise AssertionError("the last one was not killed, and did not end well")


def facts(engine: Engine) -> list[Any]:
    """Every living annotation by its native id, with everything that was said in it."""
    query = text(
        "SELECT k.native_id, i.native_id, w.native_id, a.status, a.submitted_at, "
        "CASE WHEN a.gold_flag THEN 1 ELSE 0 END, "
        "c.name, n.version, l.text, n.value FROM annotation_key k "
        "JOIN annotation a ON a.project_id = k.project_id AND a.id = k.annotation_id "
        "JOIN item i ON i.project_id = a.project_id AND i.id = a.item_id "
        "JOIN annotator_identity w ON w.annotator_id = a.annotator_id "
        "LEFT JOIN answer n ON n.project_id = a.project_id AND n.annotation_id = a.id "
        "LEFT JOIN control c ON c.id = n.control_id LEFT JOIN label l ON l.id = n.label_id "
        "WHERE a.deleted_at IS NULL"
    )
    with engine.connect() as conn:
        return sorted(map(str, conn.execute(query).all()))


def load_calmly(engine: Engine, name: str) -> float:
    """Load a stage without a kill; return how many seconds that took."""
    began = time.monotonic()
    load(Warehouse(engine, ROLLUPS), stage(name))
    return time.monotonic() - began


def check(engine: Engine, tool: Tool, calm: Engine) -> None:
    """Compare with the tool, with a calm load, and the sums with the facts."""
    there = harness.fingerprints(engine)
    wanted = {(r.id, r.unique): print_of(r, PROJECT) for r in tool.rows.values()}
    assert there == wanted
    with engine.connect() as conn:
        living = text("SELECT count(*) FROM annotation WHERE deleted_at IS NULL")
        assert conn.scalar(living) == len(wanted)
        items = text("SELECT count(*), count(DISTINCT native_id) FROM item")
        assert conn.execute(items).one() == (len(tool.items), len(tool.items))
        repaired = conn.scalar(text("SELECT sum(repaired) FROM run"))
        assert repaired == 0, "a sweep found what a cursor had gone past"
    assert facts(engine) == facts(calm)
    assert harness.stored(engine, PROJECT) == harness.stored(calm, PROJECT)
    warehouse = Warehouse(engine, ROLLUPS)
    project_id = warehouse.projects(warehouse.source(SOURCE, TYPE))[PROJECT]
    assert warehouse.verify(project_id) == []


def killed_while_following(url: str, path: Path, kills: int) -> Engine:
    """Load the tool first, then what people did later, both under kills."""
    calm = harness.fresh_sqlite(path / "template.db", path / "calm.db")
    engine, killed = connect(url), 0
    upgrade(engine)
    with child("load", url) as loader:
        assert loader.hears() == "ready"
        for name in ("first", "later"):
            longest_s = load_calmly(calm, name) / (kills // 2)
            killed += loaded_with_kills(loader, name, kills // 2, longest_s)
            check(engine, stage(name), calm)
    assert killed >= kills // 2, "the loads were done before they could be killed"
    settled = load(ShortLease(engine, ROLLUPS), stage("later"))
    assert (settled.loaded, settled.deleted, settled.gaps) == (0, 0, {})
    return engine


@pytest.mark.timeout(120)
def test_a_sqlite_warehouse_survives_kills(tmp_path: Path) -> None:
    engine = killed_while_following(f"sqlite:///{tmp_path / 'w.db'}", tmp_path, kills=20)
    with engine.connect() as conn:
        assert conn.scalar(text("PRAGMA integrity_check")) == "ok"


@pytest.mark.timeout(120)
def test_a_postgresql_warehouse_survives_kills(pg_database: str, tmp_path: Path) -> None:
    killed_while_following(pg_database, tmp_path, kills=10)
