"""Processes that the fault tests start, stop and kill: a loader, a lease holder, an upgrader.

``python -m tests.faults.child WHAT URL …`` writes a line wherever a parent may want to act, and
waits for a line where the parent decides when it goes on.
"""

import os
import random
import sys
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from labelpulse.config import load_settings
from labelpulse.core.errors import LabelpulseError
from labelpulse.core.events import AnnotationRecord, Batch
from labelpulse.ingest import import_file
from labelpulse.ingest.child import FileReader
from labelpulse.ingest.import_settings import ImportFlags
from labelpulse.ingest.importer import import_files
from labelpulse.ingest.runner import PollResult, Task, poll
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.source import ImportOptions
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.lease import Lease
from labelpulse.warehouse.store import Warehouse
from labelpulse.warehouse.versions import upgrade
from tests.support.tool import Control, Tool
from tests.support.tool_source import ToolSource

SOURCE, TYPE, PROJECT = "studio", "tool-in-memory", "P"
ITEMS, PEOPLE, PAGE = 800, 5, 20
DELETED = 15
TTL_S = 0.5


class ShortLease(Warehouse):
    """A warehouse whose leases run out within a test's patience."""

    def lease(
        self, source_id: int, *, ttl_s: float = TTL_S, wait_s: float = 0.0, **more: Any
    ) -> Any:
        """Hold the source's lease for half a second at a time."""
        return super().lease(source_id, ttl_s=ttl_s, wait_s=wait_s, **more)


def made(items: int = ITEMS) -> Tool:
    """Return the same tool each time: two answers an item, each with a label and topics."""
    tool, chance = Tool(), random.Random(7)
    tool.add_project(PROJECT, Control("sentiment", "nominal"), Control("topics", "set"))
    for _ in range(items):
        item = tool.add_item(PROJECT)
        for who in chance.sample(range(PEOPLE), 2):
            topics = chance.sample(["a", "b", "c"], chance.randrange(3))
            said = {"sentiment": chance.choice("xyz"), "topics": topics}
            tool.submit(item.id, f"p{who}", said, gold=chance.random() < 0.1)
    return tool


def worked_on(tool: Tool) -> Tool:
    """Let people work on in the tool, the same way each time: edits, deletions, new answers."""
    chance = random.Random(8)
    tool.tick(3600)
    rows = sorted(tool.rows.values(), key=lambda row: int(row.id))
    for row in chance.sample(rows, DELETED):
        tool.delete(row)
    for row in rows[::3]:
        if row.id in tool.rows:
            tool.edit(row, answers={**row.answers, "sentiment": chance.choice("xyz")})
    for item in list(tool.items.values())[::2]:
        tool.submit(item.id, f"p{PEOPLE}", {"sentiment": "x", "topics": []})
    return tool


@cache
def stage(name: str) -> Tool:
    """Return the tool as it is at first, or later on."""
    return made() if name == "first" else worked_on(made())


def load(warehouse: Warehouse, tool: Tool, source: ToolSource | None = None) -> PollResult:
    """Poll a tool once; another's lease may be waited for."""
    task = Task(
        SOURCE,
        TYPE,
        source or ToolSource(tool, page=PAGE),
        settings=lambda title: {"timezone": "UTC", "gold": "flag"},
        lease_wait_s=20 * TTL_S,
    )
    return poll(warehouse, task)


def say(line: str) -> None:
    """Tell the parent."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def heard() -> str:
    """Wait for the parent's word."""
    return sys.stdin.readline().strip()


def loading(url: str) -> None:
    """Poll a stage of the tool for each word of the parent, in a process of its own each time.

    A fork starts within milliseconds; this process holds no connection that it could inherit.
    """
    tools = {name: stage(name) for name in ("first", "later")}
    say("ready")
    while word := heard():
        pid = os.fork()
        if pid == 0:
            load(ShortLease(connect(url), ROLLUPS), tools[word])
            os._exit(0)
        say(str(pid))
        say(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))


def importing(url: str, *names: str) -> None:
    """Import files for each word of the parent, in a process of its own each time."""
    flags, paths = ImportFlags(PROJECT), [Path(name) for name in names]
    import_file.BATCH = 500
    say("ready")
    while heard():
        pid = os.fork()
        if pid == 0:
            settings = load_settings(environ={})
            import_files(ShortLease(connect(url), ROLLUPS), settings, paths, flags)
            os._exit(0)
        say(str(pid))
        say(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))


def reading(name: str) -> None:
    """Read a file, and say which process does."""
    with FileReader() as reader:
        form = reader.find(Path(name))
        say(f"{reader.pid} {reader._folder}")
        reader.read(Path(name), form.name, ImportOptions(PROJECT))


def pausing(url: str) -> None:
    """Poll, and wait for the parent's word in the middle of it; say how it ended."""
    warehouse, tool = ShortLease(connect(url), ROLLUPS), made(items=60)
    source, pages = ToolSource(tool, page=PAGE), 0

    def between(stream: str) -> None:
        nonlocal pages
        pages += stream == "annotation"
        if stream == "annotation" and pages == 3:
            say("paused")
            heard()

    source.between = between
    say(ending(lambda: load(warehouse, tool, source)))


def holding(url: str) -> None:
    """Hold a lease, write at each word of the parent, and say how that ended."""
    warehouse = ShortLease(connect(url), ROLLUPS)
    source_id = warehouse.source(SOURCE, TYPE)
    with warehouse.lease(source_id) as held:
        run_id = warehouse.start_run(held, "poll")
        say(f"held {held.epoch}")
        while word := heard():
            say(ending(partial(write_one, warehouse, held, run_id, word)))


def write_one(warehouse: Warehouse, held: Lease, run_id: int, name: str) -> None:
    """Write one annotation of that name."""
    answers = (("sentiment", "x"),)
    record = AnnotationRecord(PROJECT, "i1", name, annotator="p1", submitted_at=1, answers=answers)
    warehouse.write(held, run_id, Batch(annotations=(record,)), live=True)


def ending(act: Callable[[], object]) -> str:
    """Return how something ended: the error's name, or ``written``."""
    try:
        act()
    except LabelpulseError as error:
        return type(error).__name__
    return "written"


def upgrading(url: str) -> None:
    """Upgrade a database when the parent says so; say what version it had."""
    engine = connect(url)
    say("ready")
    heard()
    say(str(upgrade(engine)))


def alerting(url: str, port: str) -> None:
    """Deliver alerts to a receiver on that port."""
    from tests.faults.delivering import delivering

    delivering(url, port, say, heard)


if __name__ == "__main__":
    what: dict[str, Callable[..., None]] = {
        "alert": alerting,
        "load": loading,
        "import": importing,
        "read": reading,
        "pause": pausing,
        "hold": holding,
        "upgrade": upgrading,
    }
    what[sys.argv[1]](*sys.argv[2:])
