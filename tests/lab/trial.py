"""The trial: a real Label Studio is used and changed, and labelpulse's numbers are checked.

    python -m tests.lab.trial --state PATH/state.json [--work DIR] [--warehouse URL]

The state file names url and token of a seeded instance and its database (db_url; reader_url, where
there is one, for labelpulse). The instance is changed: give the trial one of its own. Exit code 1
when any number differs, or a submission failed. Results: DIR/results.json and DIR/results.md.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.lab import report
from tests.lab.annotators import Annotators, Interval, Post
from tests.lab.compare import Log, Numbers, differences, read_controls, read_rows, truth
from tests.lab.product import GaveWayError, Product
from tests.lab.scene import Scene
from tests.lab.steps import STEPS, import_tasks
from tests.lab.studio import Question, Studio, questions

if TYPE_CHECKING:
    from collections.abc import Callable

ZONE = "Asia/Kolkata"
"""Half an hour off the full hour, so that days are not UTC's by chance."""
CLOSE = timedelta(seconds=40)
"""Longer than a collect takes."""
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Checked:
    """A comparison.

    Attributes:
        left_by_poll: how many numbers the quick poll alone had not brought up to date.
        forgotten: how many numbers the tool's tables alone, without the log, would tell otherwise.
    """

    step: str
    did: str
    ours: Numbers
    theirs: Numbers
    left_by_poll: int
    forgotten: int
    differences: list[str]


@dataclass
class Trial:
    """One run on one instance.

    Attributes:
        intervals: when the collector read.
        gave_way: how often it waited in vain for a locked database, and left.
    """

    state: dict[str, Any]
    work: Path
    warehouse: str | None = None
    checks: list[Checked] = field(default_factory=list)
    intervals: list[Interval] = field(default_factory=list)
    gave_way: int = 0

    def __post_init__(self) -> None:
        self.studio = Studio(self.state)
        self.asked = questions(self.studio)
        source = self.state.get("reader_url") or self.state["db_url"]
        self.product = Product(self.work, source, ZONE, self.warehouse)
        free, busy = self._tasks()
        self.annotators = Annotators(self.studio, ("alice", "bob"), busy)
        self.scene = Scene(
            studio=self.studio,
            single=next(one for one in self.asked if not one.is_set),
            many=next(one for one in self.asked if one.is_set),
            free=free,
            quick_collect=lambda: self.collect(sweep=False),
            pause=self.annotators.pause,
            resume=self.annotators.start,
        )

    def _tasks(self) -> tuple[dict[int, list[int]], dict[Question, list[int]]]:
        """Tasks that steps may do anything with, and those that annotators work on."""
        rows = self.studio.database.rows("select project_id, id from task order by id")
        free: dict[int, list[int]] = {}
        for project, task in rows:
            if task % 2:
                free.setdefault(project, []).append(task)
        for tasks in free.values():
            random.Random(1).shuffle(tasks)
        busy = {
            one: [task for project, task in rows if project == one.project and task % 2 == 0]
            for one in self.asked
        }
        return free, busy

    def collect(self, *, sweep: bool = True) -> None:
        """Collect, and remember when."""
        done = self.product.collect(sweep=sweep)
        self.intervals.append((done.began, done.ended))

    def run(self, steps: int) -> None:
        """Load, then make so many changes, and compare after each."""
        found = self.product.init()
        tell(f"init found {len(found)} projects")
        self.check("first load", f"{sum(one['annotations'] for one in found)} annotations")
        for step in STEPS[:steps]:
            self.annotators.start()
            try:
                did = step(self.scene)
                time.sleep(1)
                self.collect(sweep=False)
            finally:
                self.annotators.pause()
            self.check(step.__name__.replace("_", " "), did)

    def check(self, step: str, did: str) -> None:
        """Compare every number, after a quick poll and after a full one; nobody submits now."""
        now = self._collect_settled(sweep=False)
        left = len(differences(self._ours(), self._theirs(now)))
        now = self._collect_settled(sweep=True)
        self.product.verify()
        ours, theirs = self._ours(), self._theirs(now)
        found = differences(ours, theirs)
        forgotten = len(differences(truth(self.studio.database, Log(), ZONE, now), theirs))
        self.checks.append(Checked(step, did, ours, theirs, left, forgotten, found))
        tell(f"{step}: {did}")
        tell(f"  {len(theirs)} numbers, {len(found)} differ, {left} before the sweep")
        for line in found[:20]:
            tell(f"    {line}")
        self.scene.seen = {row.number: row for row in read_rows(self.studio.database)}

    def _collect_settled(self, *, sweep: bool) -> datetime:
        """Collect, and return when; not while a future stamp passes, since then chance decides."""
        while any(timedelta() <= at - datetime.now(UTC) < CLOSE for at in self.scene.due):
            time.sleep(1)
        now = datetime.now(UTC)
        self.collect(sweep=sweep)
        return now

    def _ours(self) -> Numbers:
        controls = read_controls(self.studio.database)
        titles = {one.project: one.title for one in self.asked}
        return self.product.numbers((titles[one.project], one) for one in controls)

    def _theirs(self, now: datetime) -> Numbers:
        return truth(self.studio.database, self.scene.log, ZONE, now)

    # --- latency ---

    def measure(self, seconds: float, bulk: int) -> dict[str, Any]:
        """Measure submissions without a collector, beside one, and beside one without rest.

        The last block keeps one core busy without reading anything: where the tool runs on the
        same few cores, that alone slows it down, and what the reads do is the rest.

        Args:
            seconds: of each block; there are three rounds of the four blocks.
            bulk: tasks imported before, with two annotations each.
        """
        import_tasks(self.scene, self.scene.single, bulk)
        self.collect()
        posts: dict[str, list[Post]] = {}
        polls: dict[str, int] = {}
        blocks: dict[str, Callable[[float], None]] = {
            "no collector": time.sleep,
            "collector, every 2 s": time.sleep,
            "full sweeps without rest": self._collect_until,
            "one core kept busy, no collector": _keep_busy,
        }
        for _ in range(ROUNDS):
            for name, work in blocks.items():
                beside: AbstractContextManager[None] = nullcontext()
                if name.startswith("collector,"):
                    beside = self.product.collecting("2s")
                before, polled = len(self.annotators.posts), self._polls()
                with beside:
                    self.annotators.start()
                    try:
                        work(seconds)
                    finally:
                        self.annotators.pause()
                posts.setdefault(name, []).extend(self.annotators.posts[before:])
                polls[name] = polls.get(name, 0) + self._polls() - polled
        self.check("after the load", f"{bulk} tasks imported, and all that was submitted meanwhile")
        return {
            name: {"polls": polls[name], **report.latencies(some)} for name, some in posts.items()
        }

    def _polls(self) -> int:
        return len(self.intervals) + self.product.polls()

    def _collect_until(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self.collect()
            except GaveWayError:
                self.gave_way += 1


def _keep_busy(seconds: float) -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        time.sleep(seconds)
        process.kill()


def tell(text: str) -> None:
    """Write a line at once."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def main() -> int:
    """Run the trial and write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--state", type=Path, required=True, help="state.json of the instance")
    parser.add_argument("--work", type=Path, help="folder for warehouse and results")
    parser.add_argument("--warehouse", help="URL of an empty database; default: SQLite in --work")
    parser.add_argument("--steps", type=int, default=len(STEPS), help="only the first so many")
    parser.add_argument("--block", type=float, default=30.0, help="seconds of a block of load")
    parser.add_argument("--bulk", type=int, default=2000, help="tasks imported before the load")
    given = parser.parse_args()
    work = given.work or Path(tempfile.mkdtemp(prefix="labelpulse-trial-"))
    work.mkdir(parents=True, exist_ok=True)
    trial = Trial(json.loads(given.state.read_text()), work, given.warehouse)
    trial.run(given.steps)
    load = trial.measure(given.block, given.bulk) if given.block else {}
    results = report.results(trial, load)
    (work / "results.json").write_text(json.dumps(results, indent=1))
    (work / "results.md").write_text(report.markdown(results))
    tell(f"results in {work}")
    failed = any(one.failure for one in trial.annotators.posts)
    return int(failed or any(one.differences for one in trial.checks))


if __name__ == "__main__":
    sys.exit(main())
