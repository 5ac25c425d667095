"""Measure polls of a tool with a short and with a long history."""

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from benchmarks.speed.label_studio import TITLE, Tool
from benchmarks.speed.measurement import Row, growth, medians, seconds, size_text
from collectors.label_studio_db import LabelStudioDatabase
from labelpulse.ingest.database.files import file_state
from labelpulse.ingest.runner import PollResult, Task, poll
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.warehouse.engine import checkpoint, connect
from labelpulse.warehouse.lease import Lease
from labelpulse.warehouse.outcome import Written
from labelpulse.warehouse.store import Warehouse
from labelpulse.warehouse.versions import upgrade

if TYPE_CHECKING:
    from collections.abc import Callable

    from labelpulse.source import LiveSource

NEW, EDITED, DELETED = 400, 80, 20
SOURCE, TYPE = "bench", "label-studio-db"


class Timed(Warehouse):
    """A warehouse that measures how long it writes facts."""

    spent = 0.0

    def write(self, *arguments: Any, **more: Any) -> Written:
        """Write a batch and add the time to `spent`."""
        began = time.perf_counter()
        try:
            return super().write(*arguments, **more)
        finally:
            self.spent += time.perf_counter() - began


class History:
    """A tool, and a warehouse that the real collector has filled from it."""

    def __init__(self, folder: Path, answers: int) -> None:
        """Create both. `loaded` is the time of the first load in seconds."""
        self.size = size_text(answers)
        self.tool = Tool(folder / f"tool-{answers}.db", answers)
        self.tool.fill()
        self.url = f"sqlite:///{folder / f'warehouse-{answers}.db'}"
        self.warehouse = warehouse(self.url)
        self._source = LabelStudioDatabase(self.tool.url, name=SOURCE)
        self.loaded = seconds(lambda: self._check_loaded(self.poll(sweep=False), answers))
        checkpoint(self.warehouse.engine)

    def poll(self, sweep: bool | None) -> PollResult:
        """Poll once."""
        source = cast("LiveSource", self._source)
        task = Task(SOURCE, TYPE, source, settings=zone, sweep=sweep)
        return poll(self.warehouse, task)

    def changes(self) -> float:
        """Poll new, edited and deleted answers and return the seconds spent on writing."""
        self.tool.work(NEW, EDITED)
        self.warehouse.spent = 0.0
        self._check_loaded(self.poll(sweep=False), NEW + EDITED)
        return self.warehouse.spent + self._delete_some()

    def _delete_some(self) -> float:
        names = self.tool.delete(DELETED)
        now = self.warehouse.clock()
        with self.warehouse.lease(self.warehouse.source(SOURCE, TYPE)) as held:
            run_id = self.warehouse.start_run(held, "poll")
            taken = seconds(lambda: self._delete(held, run_id, names, now))
            self.warehouse.finish_run(held, run_id, "ok")
        return taken

    def _delete(self, held: Lease, run_id: int, names: list[tuple[str, str]], now: int) -> None:
        done = self.warehouse.forget(held, run_id, names, now=now)
        if done.deleted != len(names):
            raise RuntimeError(f"{done.deleted} of {len(names)} were deleted")

    def _check_loaded(self, result: PollResult, loaded: int) -> None:
        if result.loaded != loaded:
            raise RuntimeError(f"{result.loaded} were loaded instead of {loaded}")

    # --- what is measured ---

    def busy(self) -> float:
        """Return the seconds of a poll that finds new and edited answers."""
        self.tool.work(NEW, EDITED)
        return seconds(lambda: self._check_loaded(self.poll(sweep=False), NEW + EDITED))

    def idle(self, sweep: bool | None) -> float:
        """Return the seconds of a poll that finds nothing."""
        return seconds(lambda: self._check_loaded(self.poll(sweep), 0))

    def untouched(self) -> float:
        """Return the seconds of a poll of a file that has not changed since the poll before."""
        while file_state(self.tool.path) is None:
            time.sleep(0.2)
        self.poll(sweep=False)
        return self.idle(sweep=False)

    def touched(self, sweep: bool | None) -> float:
        """Return the seconds of a poll that finds nothing although the file was written to."""
        self.tool.visit()
        return self.idle(sweep)

    def sweep(self) -> float:
        """Return the seconds of a poll that sweeps because answers were deleted."""
        self.tool.delete(DELETED)
        began = time.perf_counter()
        result = self.poll(sweep=None)
        if not result.swept or result.deleted != DELETED:
            raise RuntimeError(f"{result.deleted} of {DELETED} were found deleted")
        return time.perf_counter() - began


def warehouse(url: str) -> Timed:
    """Create a warehouse."""
    engine = connect(url)
    upgrade(engine)
    return Timed(engine, ROLLUPS)


def zone(title: str) -> dict[str, str]:
    """Return the settings of the project: its days are UTC days."""
    return {"timezone": "UTC"} if title == TITLE else {}


def measure(short: History, long: History) -> list[Row]:
    """Measure the same polls with a short and a long history."""
    jobs: dict[str, Callable[[History], float]] = {
        "write of 500 changes alone": History.changes,
        "poll of 480 new and edited": History.busy,
        "poll of nothing, file untouched": History.untouched,
        "poll of nothing, file written to": lambda history: history.touched(sweep=False),
        "the same, with counts": lambda history: history.touched(sweep=None),
    }
    size = f"{short.size}, {long.size}"
    against = f"{short.size} of history"
    rows = []
    for what, job in jobs.items():
        before, after = medians(partial(job, short), partial(job, long))
        rows.append(growth(what, size, after, against, before))
    swept = [history.sweep() for history in (short, long)]
    rows.append(growth("sweep after deletes (once)", size, swept[1], against, swept[0]))
    return rows
