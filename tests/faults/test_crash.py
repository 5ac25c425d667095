"""A poll dies at one of its statements after the other; the next poll brings everything right.

Unlike a kill at random moments this can leave no statement out: LABELPULSE_TEST_FACTOR=20 tries
each, the usual run every twentieth. It knows no process and no signal: the database sees a
connection that ends, and the next collector a lease that ran out.
"""

import copy
import os
import shutil
from pathlib import Path

import pytest
from sqlalchemy import Engine

from labelpulse.core.events import Status
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.versions import upgrade
from tests.support.tool import Control, Tool
from tests.support.tool_source import ToolSource
from tests.warehouse import harness
from tests.warehouse.harness import Site
from tests.warehouse.oracle import Said

pytestmark = pytest.mark.faults

STEP = max(1, 20 // int(os.environ.get("LABELPULSE_TEST_FACTOR", "1")))
FAR = 5_000
"""More statements than any poll here has."""


def first_works() -> Tool:
    """Two projects, answers, a skip, a draft, a row that cannot be read."""
    tool = Tool()
    for name in ("p1", "p2"):
        tool.add_project(name, Control("sentiment", "nominal"), Control("topics", "set"))
    for name in ("p1", "p1", "p2"):
        item = tool.add_item(name)
        for who in ("ana", "bo"):
            tool.submit(item.id, who, {"sentiment": "a", "topics": ["x", "y"]}, time_ms=1500)
    tool.submit("i1", "cy", {}, status=Status.SKIPPED)
    tool.submit("i2", "cy", {"sentiment": "b"}, bad=True)
    tool.draft("i2", "dee", {"sentiment": "c"})
    return tool


def work_on(tool: Tool) -> None:
    """Everything at once: new rows and labels, edits, moves, deletes, a submitted draft."""
    rows = list(tool.rows.values())
    tool.tick(4000)
    tool.submit("i3", "eve", {"sentiment": "new", "topics": ["z"]}, gold=True)
    tool.submit("i1", None, {"sentiment": "b"}, stamp=tool.now + 9_000_000_000)
    tool.edit(rows[0], answers={"sentiment": "b"})
    tool.edit(rows[1], answers={"sentiment": "c"}, editor="eve")
    tool.edit(rows[2], item="i3")
    tool.edit(rows[3], silent=True, answers={"sentiment": "b"})
    tool.edit(rows[7], bad=False)
    tool.delete(rows[4])
    tool.reuse(rows[5].id)
    tool.submit("i2", "ana", {"topics": []})
    tool.set_required(tool.items["i1"], 3, silent=True)
    tool.set_batch(tool.items["i3"], "late")
    tool.submit_draft(next(iter(tool.drafts)))


def survives(site: Site, at: int, sweep: bool | None) -> bool:
    """Die at the `at`-th statement, come back, and compare; False when it did not come to that."""
    died = site.crash(at, sweep)
    harness.right(harness.unsound(site))
    harness.right(harness.torn(site))
    site.poll(sweep=False)
    harness.right(harness.unsound(site))
    harness.right(harness.lost(site))
    site.poll(sweep=True)
    harness.right(harness.wrong_sums(site))
    harness.right(harness.unsound(site))
    site.engine.dispose()
    return died


@pytest.mark.timeout(180 + 1000 // STEP)
def test_a_first_load_survives_crashes(tmp_path: Path) -> None:
    for at in range(1, FAR, STEP):
        engine = harness.fresh_sqlite(tmp_path / "template.db", tmp_path / "warehouse.db")
        if not survives(Site(first_works(), engine), at, None):
            return
    raise AssertionError("the load never came to its end")


@pytest.mark.timeout(180 + 1000 // STEP)
def test_a_poll_with_a_sweep_survives_crashes(tmp_path: Path) -> None:
    engine = harness.fresh_sqlite(tmp_path / "template.db", tmp_path / "loaded.db")
    loaded = Site(first_works(), engine)
    loaded.poll()
    work_on(loaded.tool)
    loaded.said["p1"] = Said("Asia/Kolkata", "flag", {"sentiment": "set", "topics": "set"})
    engine.dispose()
    for at in range(1, FAR, STEP):
        shutil.copy(tmp_path / "loaded.db", tmp_path / "warehouse.db")
        site = again(loaded, harness.quick(connect(f"sqlite:///{tmp_path / 'warehouse.db'}")))
        if not survives(site, at, True):
            return
    raise AssertionError("the poll never came to its end")


def again(site: Site, engine: Engine) -> Site:
    """Return a copy of a site on another database."""
    other = Site(copy.deepcopy(site.tool), engine)
    other.said = site.said
    other.source = copy.copy(site.source)
    other.source.tool, other.source.given = other.tool, {}
    assert isinstance(other.source, ToolSource)
    return other


@pytest.mark.timeout(180 + 1000 // STEP)
def test_a_postgresql_warehouse_survives_crashes(pg_database: str) -> None:
    engine = connect(pg_database)
    upgrade(engine)
    for at in range(3, FAR, 5 * STEP):
        harness.empty_tables(engine)
        site = Site(first_works(), engine)
        site.poll()
        work_on(site.tool)
        if not survives(site, at, True):
            return
    raise AssertionError("the poll never came to its end")
