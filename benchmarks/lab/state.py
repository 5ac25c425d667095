"""Hold the state of a trial and its actions on Label Studio."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from benchmarks.lab.comparison import Log, Row, read_rows
from benchmarks.lab.label_studio import ADMIN, LabelStudio, Question


@dataclass
class TrialState:
    """The tool and the state of the trial.

    Attributes:
        single, multiple: a control with a single choice, and one with several.
        free: tasks that no annotator works on, by project.
        quick_collect: runs a quick poll.
        compared_rows: rows by id as of the last comparison. used_ids: ids of rows changed since.
        future_stamps: timestamps that were set in the future.
    """

    tool: LabelStudio
    single: Question
    multiple: Question
    free: dict[int, list[int]]
    quick_collect: Callable[[], None]
    pause: Callable[[], None]
    resume: Callable[[], None]
    rng: random.Random = field(default_factory=lambda: random.Random(5))
    log: Log = field(default_factory=Log)
    compared_rows: dict[int, Row] = field(default_factory=dict)
    used_ids: set[int] = field(default_factory=set)
    overwritten: list[Row] = field(default_factory=list)
    future_stamps: list[datetime] = field(default_factory=list)

    @property
    def questions(self) -> tuple[Question, Question]:
        """Both questions."""
        return self.single, self.multiple

    def name(self, row: Row) -> str:
        """Return the name of the author of a row."""
        names = {number: who for who, number in self.tool.people.items()}
        return str(names[row.author or 0])

    def pick(self, question: Question, n: int, **wanted: bool) -> list[Row]:
        """Pick compared rows of remaining annotators, rows on gold items first.

        Args:
            wanted: skipped and gold; both False when not given.
        """
        gold_tasks = {row.task for row in self.compared_rows.values() if row.gold}
        remaining = set(self.tool.people.values()) - {self.tool.people[ADMIN]}
        rows = [
            row
            for row in self.compared_rows.values()
            if row.project == question.project
            and row.number not in self.used_ids
            and (row.author in remaining or row.gold)
            and row.skipped == wanted.get("skipped", False)
            and row.gold == wanted.get("gold", False)
            and (bool(row.result) or row.skipped)
        ]
        rows.sort(key=lambda row: (row.task not in gold_tasks, row.number % 7, row.number))
        self.used_ids |= {row.number for row in rows[:n]}
        return rows[:n]

    def take(self, question: Question, n: int) -> list[int]:
        """Take tasks that no annotator works on. No task is taken twice."""
        tasks = self.free[question.project]
        self.rng.shuffle(tasks)
        return [tasks.pop() for _ in range(n)]

    def submit(self, who: str, question: Question, task: int, **more: Any) -> int:
        """Submit a likely answer and return the annotation's id."""
        return self.tool.submit(who, task, question.likely_answer(task, self.rng), **more)

    def change(self, who: str, question: Question, row: Row) -> None:
        """Change the answer of a compared row as a user."""
        self.log.edits(row, by_author=who != ADMIN)
        self.tool.edit(who, row.number, result=question.different_answer(row.result, self.rng))
        self.used_ids.add(row.number)

    def compared_on(self, tasks: Iterable[int]) -> list[Row]:
        """Return the compared rows of some tasks."""
        wanted = set(tasks)
        return [row for row in self.compared_rows.values() if row.task in wanted]

    def run_action(self, action: str, project: int, tasks: list[int]) -> None:
        """Run an action of the Data Manager on some tasks."""
        chosen = {"selectedItems": {"all": False, "included": tasks}}
        path = f"/api/dm/actions?id={action}&project={project}"
        self.tool.request("POST", path, body=chosen)

    def rows(self) -> list[Row]:
        """Read all annotations."""
        return read_rows(self.tool.database)

    def by_key(self) -> dict[str, Row]:
        """Return the compared rows by their UUID."""
        return {row.key: row for row in self.compared_rows.values()}
