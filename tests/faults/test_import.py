"""An import is killed at any moment, with its reader: nothing is half, and the next one resumes."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from labelpulse.config import load_settings
from labelpulse.ingest.import_settings import ImportFlags
from labelpulse.ingest.importer import import_files
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.store import Warehouse
from labelpulse.warehouse.versions import upgrade
from tests.faults.child import PROJECT
from tests.faults.processes import Child, child
from tests.faults.test_kill import facts

pytestmark = pytest.mark.faults

ROWS = 6_000
KILLED_AT = (0, 500, 1_500, 2_500, 3_500)
"""How many facts are to be there when an import is killed; the first, before there is any."""


def table(path: Path) -> Path:
    rows = (f"i{n // 2},p{n % 5},{'xyz'[n % 3]}\n" for n in range(ROWS))
    path.write_text("item,annotator,label\n" + "".join(rows))
    return path


def imported(importer: Child, engine: Engine, *, killed_at: int | None = None) -> bool:
    """Import once; return False when that was killed, with so many facts in the warehouse."""
    importer.say("go")
    pid = int(importer.hears())
    if killed_at is not None:
        while held(engine) < killed_at and _lives(pid):
            time.sleep(0.001)  # the test's own time limit ends this
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    ended = int(importer.hears())
    assert ended in (0, -signal.SIGKILL), importer.complaint()
    return ended == 0


def held(engine: Engine) -> int:
    """How many annotations are in the warehouse."""
    with engine.connect() as conn:
        return int(conn.scalar(text("SELECT count(*) FROM annotation")) or 0)


@pytest.mark.timeout(120)
def test_an_import_that_is_killed_resumes(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv")
    calm, engine = (connect(f"sqlite:///{tmp_path / name}.db") for name in ("calm", "w"))
    for one in (calm, engine):
        upgrade(one)
    import_files(Warehouse(calm, ROLLUPS), load_settings(environ={}), [path], ImportFlags(PROJECT))
    killed = 0
    with child("import", str(engine.url), str(path)) as importer:
        assert importer.hears() == "ready"
        for at in KILLED_AT:
            killed += not imported(importer, engine, killed_at=at)
            assert len(facts(engine)) % 500 == 0, "a batch is whole or not there"
        assert imported(importer, engine)
        assert killed > 1, "before there was anything, and amid the load"
    assert facts(engine) == facts(calm)
    (project_id,) = Warehouse(engine, ROLLUPS).titles(1)
    assert Warehouse(engine, ROLLUPS).verify(project_id) == []
    with engine.connect() as conn:
        assert conn.scalar(text("PRAGMA integrity_check")) == "ok"


@pytest.mark.timeout(60)
def test_a_reader_ends_with_its_parent_and_takes_its_files_along(tmp_path: Path) -> None:
    big = tmp_path / "big.csv"
    with big.open("w") as file:
        file.write("item,annotator,label\n")
        file.writelines(f"i{n},ann,x\n" for n in range(600_000))
    with child("read", str(big)) as parent:
        pid, _, folder = parent.hears().partition(" ")
        assert Path(folder).is_dir()
        parent.process.kill()
        parent.process.wait()
        while _lives(int(pid)) or Path(folder).exists():
            time.sleep(0.01)  # the test's own time limit ends this


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
