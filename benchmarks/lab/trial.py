"""Use and change a real Label Studio, and check the numbers of labelpulse after each step.

    python -m benchmarks.lab.trial --state PATH/state.json [--work DIR] [--warehouse URL]

The state file has the url and token of a seeded instance and the URL of its database (db_url, and
optionally reader_url for labelpulse). The trial changes the instance, so use one for it alone. The
exit code is 1 when a number differs or a submission failed. It writes DIR/results.json and
DIR/results.md.
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

from benchmarks.lab import report
from benchmarks.lab.annotators import Annotators, Interval, Post
from benchmarks.lab.comparison import Log, Numbers, differences, read_controls, read_rows, truth
from benchmarks.lab.installation import DatabaseBusyError, Installation
from benchmarks.lab.label_studio import LabelStudio, Question, questions
from benchmarks.lab.state import TrialState
from benchmarks.lab.steps import STEPS, import_tasks

if TYPE_CHECKING:
    from collections.abc import Callable

ZONE = "Asia/Kolkata"
"""Half an hour off the full hour, so that its days are not UTC days by chance."""
COLLECT_TIME = timedelta(seconds=40)
"""More than `collect --once` takes."""
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison after a step.

    Attributes:
        left_by_poll: number of metrics that differed after the quick poll alone.
        lost_without_log: number of metrics that cannot be computed without the log.
    """

    step: str
    description: str
    ours: Numbers
    theirs: Numbers
    left_by_poll: int
    lost_without_log: int
    differences: list[str]


@dataclass
class Trial:
    """One run on one instance.

    Attributes:
        intervals: when the collector was reading.
        busy_collects: how often the collector gave up because the database was locked.
    """

    state: dict[str, Any]
    work: Path
    warehouse: str | None = None
    checks: list[Comparison] = field(default_factory=list)
    intervals: list[Interval] = field(default_factory=list)
    busy_collects: int = 0

    def __post_init__(self) -> None:
        self.tool = LabelStudio(self.state)
        self.questions = questions(self.tool)
        source = self.state.get("reader_url") or self.state["db_url"]
        self.installation = Installation(self.work, source, ZONE, self.warehouse)
        free, annotators_tasks = self._tasks()
        self.annotators = Annotators(self.tool, ("alice", "bob"), annotators_tasks)
        self.trial_state = TrialState(
            tool=self.tool,
            single=next(question for question in self.questions if not question.is_set),
            multiple=next(question for question in self.questions if question.is_set),
            free=free,
            quick_collect=lambda: self.collect(sweep=False),
            pause=self.annotators.pause,
            resume=self.annotators.start,
        )

    def _tasks(self) -> tuple[dict[int, list[int]], dict[Question, list[int]]]:
        """Return the tasks that steps may change and those that annotators work on."""
        rows = self.tool.database.rows("select project_id, id from task order by id")
        free: dict[int, list[int]] = {}
        for project, task in rows:
            if task % 2:
                free.setdefault(project, []).append(task)
        for tasks in free.values():
            random.Random(1).shuffle(tasks)
        annotators_tasks = {
            question: [
                task for project, task in rows if project == question.project and task % 2 == 0
            ]
            for question in self.questions
        }
        return free, annotators_tasks

    def collect(self, *, sweep: bool = True) -> None:
        """Collect and record the interval."""
        done = self.installation.collect(sweep=sweep)
        self.intervals.append((done.began, done.ended))

    def run(self, steps: int) -> None:
        """Load the data, run `steps` steps, and compare after each."""
        projects = self.installation.init()
        report_progress(f"init found {len(projects)} projects")
        self.check(
            "first load", f"{sum(project['annotations'] for project in projects)} annotations"
        )
        for step in STEPS[:steps]:
            self.annotators.start()
            try:
                description = step(self.trial_state)
                time.sleep(1)
                self.collect(sweep=False)
            finally:
                self.annotators.pause()
            self.check(step.__name__.replace("_", " "), description)

    def check(self, step: str, description: str) -> None:
        """Compare every number after a quick poll and after a full one, while nobody submits."""
        now = self._collect_settled(sweep=False)
        left = len(differences(self._ours(), self._theirs(now)))
        now = self._collect_settled(sweep=True)
        self.installation.verify()
        ours, theirs = self._ours(), self._theirs(now)
        different = differences(ours, theirs)
        lost_without_log = len(differences(truth(self.tool.database, Log(), ZONE, now), theirs))
        self.checks.append(
            Comparison(step, description, ours, theirs, left, lost_without_log, different)
        )
        report_progress(f"{step}: {description}")
        report_progress(
            f"  {len(theirs)} numbers, {len(different)} differ, {left} before the sweep"
        )
        for line in different[:20]:
            report_progress(f"    {line}")
        self.trial_state.compared_rows = {row.number: row for row in read_rows(self.tool.database)}

    def _collect_settled(self, *, sweep: bool) -> datetime:
        """Collect and return when. This waits for future stamps that are about to pass."""
        while any(
            timedelta() <= at - datetime.now(UTC) < COLLECT_TIME
            for at in self.trial_state.future_stamps
        ):
            time.sleep(1)
        now = datetime.now(UTC)
        self.collect(sweep=sweep)
        return now

    def _ours(self) -> Numbers:
        controls = read_controls(self.tool.database)
        titles = {question.project: question.title for question in self.questions}
        return self.installation.numbers((titles[control.project], control) for control in controls)

    def _theirs(self, now: datetime) -> Numbers:
        return truth(self.tool.database, self.trial_state.log, ZONE, now)

    # --- latency ---

    def measure(self, seconds: float, bulk: int) -> dict[str, Any]:
        """Measure the latency of submissions with and without a collector.

        The last block keeps one core busy without reading anything. It shows how much of a slowdown
        comes from the shared cores and how much from the reads.

        Args:
            seconds: of each block; there are three rounds of the four blocks.
            bulk: tasks imported before, with two annotations each.
        """
        import_tasks(self.trial_state, self.trial_state.single, bulk)
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
                    beside = self.installation.collecting("2s")
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
        return len(self.intervals) + self.installation.polls()

    def _collect_until(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self.collect()
            except DatabaseBusyError:
                self.busy_collects += 1


def _keep_busy(seconds: float) -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        time.sleep(seconds)
        process.kill()


def report_progress(text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def main() -> int:
    """Run the trial and write its results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--state", type=Path, required=True, help="state.json of the instance")
    parser.add_argument("--work", type=Path, help="folder for warehouse and results")
    parser.add_argument("--warehouse", help="URL of an empty database; default: SQLite in --work")
    parser.add_argument("--steps", type=int, default=len(STEPS), help="only the first so many")
    parser.add_argument("--block", type=float, default=30.0, help="seconds of a block of load")
    parser.add_argument("--bulk", type=int, default=2000, help="tasks imported before the load")
    arguments = parser.parse_args()
    work = arguments.work or Path(tempfile.mkdtemp(prefix="labelpulse-trial-"))
    work.mkdir(parents=True, exist_ok=True)
    trial = Trial(json.loads(arguments.state.read_text()), work, arguments.warehouse)
    trial.run(arguments.steps)
    load = trial.measure(arguments.block, arguments.bulk) if arguments.block else {}
    results = report.results(trial, load)
    (work / "results.json").write_text(json.dumps(results, indent=1))
    (work / "results.md").write_text(report.markdown(results))
    report_progress(f"results in {work}")
    failed = any(post.failure for post in trial.annotators.posts)
    return int(failed or any(check.differences for check in trial.checks))


if __name__ == "__main__":
    sys.exit(main())
