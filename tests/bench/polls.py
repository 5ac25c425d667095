"""Polls of a tool with a short and with a long history behind it."""

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from collectors.label_studio_db import LabelStudioDatabase
from labelpulse.ingest.database.files import file_state
from labelpulse.ingest.runner import PollResult, Task, poll
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.warehouse.engine import checkpoint, connect
from labelpulse.warehouse.lease import Lease
from labelpulse.warehouse.outcome import Written
from labelpulse.warehouse.store import Warehouse
from labelpulse.warehouse.versions import upgrade
from tests.bench.measure import Row, growth, medians, seconds, size_text
from tests.bench.tool import TITLE, Tool

if TYPE_CHECKING:
    from collections.abc import Callable

    from labelpulse.source import LiveSource

NEW, EDITED, DELETED = 400, 80, 20
SOURCE, TYPE = "bench", "label-studio-db"


class Timed(Warehouse):
    """A warehouse that notes how long it writes facts."""

    spent = 0.0

    def write(self, *arguments: Any, **more: Any) -> Written:
        """Write, and note how long that took."""
        began = time.perf_counter()
        try:
            return super().write(*arguments, **more)
        finally:
            self.spent += time.perf_counter() - began


class History:
    """A tool, and a warehouse that has followed it from the beginning by the real collector."""

    def __init__(self, folder: Path, answers: int) -> None:
        """Make both; `loaded` is the time of the first load in seconds."""
        self.size = size_text(answers)
        self.tool = Tool(folder / f"tool-{answers}.db", answers)
        self.tool.fill()
        self.url = f"sqlite:///{folder / f'warehouse-{answers}.db'}"
        self.warehouse = warehouse(self.url)
        self._live = LabelStudioDatabase(self.tool.url, name=SOURCE)
        self.loaded = seconds(lambda: self._expect(self.poll(sweep=False), answers))
        checkpoint(self.warehouse.engine)

    def poll(self, sweep: bool | None) -> PollResult:
        """Poll once, as a collector does."""
        live = cast("LiveSource", self._live)
        task = Task(SOURCE, TYPE, live, settings=zone, sweep=sweep)
        return poll(self.warehouse, task)

    def changes(self) -> float:
        """Let people work, poll that, and write deletes; return the seconds of writing alone."""
        self.tool.work(NEW, EDITED)
        self.warehouse.spent = 0.0
        self._expect(self.poll(sweep=False), NEW + EDITED)
        return self.warehouse.spent + self._forget()

    def _forget(self) -> float:
        names = self.tool.delete(DELETED)
        now = self.warehouse.clock()
        with self.warehouse.lease(self.warehouse.source(SOURCE, TYPE)) as held:
            run_id = self.warehouse.start_run(held, "poll")
            taken = seconds(lambda: self._forget_under(held, run_id, names, now))
            self.warehouse.finish_run(held, run_id, "ok")
        return taken

    def _forget_under(
        self, held: Lease, run_id: int, names: list[tuple[str, str]], now: int
    ) -> None:
        done = self.warehouse.forget(held, run_id, names, now=now)
        if done.deleted != len(names):
            raise RuntimeError(f"{done.deleted} of {len(names)} were deleted")

    def _expect(self, result: PollResult, loaded: int) -> None:
        if result.loaded != loaded:
            raise RuntimeError(f"{result.loaded} were loaded instead of {loaded}")

    # --- what is measured ---

    def busy(self) -> float:
        """Return the seconds of a poll that finds new and edited answers."""
        self.tool.work(NEW, EDITED)
        return seconds(lambda: self._expect(self.poll(sweep=False), NEW + EDITED))

    def idle(self, sweep: bool | None) -> float:
        """Return the seconds of a poll that finds nothing."""
        return seconds(lambda: self._expect(self.poll(sweep), 0))

    def untouched(self) -> float:
        """Return the seconds of a poll of a file that nobody wrote to since the poll before."""
        while file_state(self.tool.path) is None:
            time.sleep(0.2)
        self.poll(sweep=False)
        return self.idle(sweep=False)

    def touched(self, sweep: bool | None) -> float:
        """Return the seconds of a poll that finds nothing, though the file was written to."""
        self.tool.visit()
        return self.idle(sweep)

    def sweep(self) -> float:
        """Return the seconds of a poll that compares everything, because answers vanished."""
        self.tool.delete(DELETED)
        began = time.perf_counter()
        result = self.poll(sweep=None)
        if not result.swept or result.deleted != DELETED:
            raise RuntimeError(f"{result.deleted} of {DELETED} were found deleted")
        return time.perf_counter() - began


def warehouse(url: str) -> Timed:
    """Return a new warehouse."""
    engine = connect(url)
    upgrade(engine)
    return Timed(engine, ROLLUPS)


def zone(title: str) -> dict[str, str]:
    """Return the settings of the project: days are those of UTC."""
    return {"timezone": "UTC"} if title == TITLE else {}


def measure(short: History, long: History) -> list[Row]:
    """Return lines of the table: the same polls with a short and a long history."""
    jobs: dict[str, Callable[[History], float]] = {
        "write of 500 changes alone": History.changes,
        "poll of 480 new and edited": History.busy,
        "poll of nothing, file untouched": History.untouched,
        "poll of nothing, file written to": lambda one: one.touched(sweep=False),
        "the same, with counts": lambda one: one.touched(sweep=None),
    }
    size = f"{short.size}, {long.size}"
    against = f"{short.size} of history"
    found = []
    for what, job in jobs.items():
        before, after = medians(partial(job, short), partial(job, long))
        found.append(growth(what, size, after, against, before))
    swept = [one.sweep() for one in (short, long)]
    found.append(growth("sweep after deletes (once)", size, swept[1], against, swept[0]))
    return found
