"""The tool as the trial knows it, and what the trial may do with it."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.lab.compare import Log, Row, read_rows
from tests.lab.studio import ADMIN, Question, Studio


@dataclass
class Scene:
    """The tool, and what the trial knows of it.

    Attributes:
        single, many: a question with one choice, and one with several.
        free: tasks that no annotator works on, by project.
        quick_collect: let the collector poll quickly, now.
        seen: rows by id as of the last comparison; used: ids of rows changed since.
        due: future stamps that have not passed yet.
    """

    studio: Studio
    single: Question
    many: Question
    free: dict[int, list[int]]
    quick_collect: Callable[[], None]
    pause: Callable[[], None]
    resume: Callable[[], None]
    rng: random.Random = field(default_factory=lambda: random.Random(5))
    log: Log = field(default_factory=Log)
    seen: dict[int, Row] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)
    overwritten: list[Row] = field(default_factory=list)
    due: list[datetime] = field(default_factory=list)

    @property
    def questions(self) -> tuple[Question, Question]:
        """Both questions."""
        return self.single, self.many

    def name(self, row: Row) -> str:
        """Return who made a row."""
        names = {number: who for who, number in self.studio.people.items()}
        return str(names[row.author or 0])

    def pick(self, question: Question, n: int, **wanted: bool) -> list[Row]:
        """Return some seen rows by people who are still there, on items with gold first.

        Args:
            wanted: skipped and gold; both False when not given.
        """
        known = {row.task for row in self.seen.values() if row.gold}
        there = set(self.studio.people.values()) - {self.studio.people[ADMIN]}
        rows = [
            row
            for row in self.seen.values()
            if row.project == question.project
            and row.number not in self.used
            and (row.author in there or row.gold)
            and row.skipped == wanted.get("skipped", False)
            and row.gold == wanted.get("gold", False)
            and (bool(row.result) or row.skipped)
        ]
        rows.sort(key=lambda row: (row.task not in known, row.number % 7, row.number))
        self.used |= {row.number for row in rows[:n]}
        return rows[:n]

    def take(self, question: Question, n: int) -> list[int]:
        """Return some tasks that nobody works on; they are not handed out again."""
        tasks = self.free[question.project]
        self.rng.shuffle(tasks)
        return [tasks.pop() for _ in range(n)]

    def submit(self, who: str, question: Question, task: int, **more: Any) -> int:
        """Submit a likely answer and return the annotation's id."""
        return self.studio.submit(who, task, question.likely(task, self.rng), **more)

    def change(self, who: str, question: Question, row: Row) -> None:
        """Let somebody change what a seen row says."""
        self.log.edits(row, by_author=who != ADMIN)
        self.studio.edit(who, row.number, result=question.other(row.result, self.rng))
        self.used.add(row.number)

    def seen_of(self, tasks: Iterable[int]) -> list[Row]:
        """Return the seen rows of some tasks."""
        wanted = set(tasks)
        return [row for row in self.seen.values() if row.task in wanted]

    def act(self, action: str, project: int, tasks: list[int]) -> None:
        """Run an action of the Data Manager on some tasks."""
        chosen = {"selectedItems": {"all": False, "included": tasks}}
        path = f"/api/dm/actions?id={action}&project={project}"
        self.studio.call("POST", path, body=chosen)

    def rows(self) -> list[Row]:
        """Return every annotation that is there now."""
        return read_rows(self.studio.database)

    def by_key(self) -> dict[str, Row]:
        """Return the seen rows by their UUID."""
        return {row.key: row for row in self.seen.values()}
