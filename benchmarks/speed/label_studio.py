"""Simulate a Label Studio on SQLite: filled in bulk, then changed by its annotators."""

import json
import random
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.speed.team import LABELS, PEOPLE, PER_ITEM, Answer, Team, item_of
from labelpulse.demo.tables import (
    LABEL_STUDIO,
    LABEL_STUDIO_INDEXES,
    create_tables,
    insert,
    stamp,
)

TITLE = "Bench"
CHUNK = 20_000
_CHOICES = "".join(f'<Choice value="{label}"/>' for label in LABELS)
CONFIG = (
    '<View><Text name="text" value="$text"/>'
    f'<Choices name="mood" toName="text">{_CHOICES}</Choices></View>'
)


class Tool:
    """The database of a Label Studio with a team's answers. Later changes are stamped now."""

    def __init__(self, path: Path, answers: int) -> None:
        self.path = path
        self.team = Team(answers)
        self._last = answers
        self._deleted: set[int] = set()
        self._random = random.Random(answers)

    @property
    def url(self) -> str:
        """Return the URL that a collector connects to."""
        return f"sqlite:///{self.path}"

    def fill(self) -> None:
        """Create the tables and insert all answers of the team."""
        team, born = self.team, stamp(self.team.at(0))
        with closing(sqlite3.connect(self.path)) as db:
            db.execute("PRAGMA synchronous = OFF")
            create_tables(db, LABEL_STUDIO)
            insert(db, "project", [_project(born)])
            insert(db, "htx_user", [_user(number) for number in range(1, PEOPLE + 1)])
            tasks = ((item, team.at((item - 1) * PER_ITEM)) for item in range(1, team.items + 1))
            for part in _chunks(_task(item, at - timedelta(days=1)) for item, at in tasks):
                insert(db, "task", part)
            answers = map(team.answer, range(1, team.answers + 1))
            for part in _chunks(map(_annotation, answers)):
                insert(db, "task_completion", part)
            for statement in LABEL_STUDIO_INDEXES:
                db.execute(statement)
            db.commit()

    def work(self, new: int, edited: int) -> None:
        """Submit answers on new items and edit earlier ones."""
        now = datetime.now(UTC)
        answers = [self.team.answer(self._last + n, now) for n in range(1, new + 1)]
        fresh = {answer.item for answer in answers} - {item_of(self._last)}
        change = "UPDATE task_completion SET result = ?, updated_at = ? WHERE id = ?"
        with closing(sqlite3.connect(self.path)) as db:
            insert(db, "task", [_task(item, now) for item in sorted(fresh)])
            insert(db, "task_completion", map(_annotation, answers))
            for number in self._pick(edited):
                label = self._random.choice(LABELS)
                db.execute(change, (_result(label), stamp(now), number))
            db.commit()
        self._last += new

    def visit(self) -> None:
        """Write to the database without changing an answer, as a login does."""
        with closing(sqlite3.connect(self.path)) as db:
            now = stamp(datetime.now(UTC))
            db.execute("UPDATE project SET description = ? WHERE id = 1", (now,))
            db.commit()

    def delete(self, count: int) -> list[tuple[str, str]]:
        """Delete answers and return their ids as the warehouse stores them."""
        numbers = self._pick(count)
        self._deleted.update(numbers)
        with closing(sqlite3.connect(self.path)) as db:
            gone = [(number,) for number in numbers]
            db.executemany("DELETE FROM task_completion WHERE id = ?", gone)
            db.commit()
        return [(str(number), _unique_id(number)) for number in numbers]

    def _pick(self, count: int) -> list[int]:
        """Pick ids of existing answers, half of them among the last thousand."""
        numbers: set[int] = set()
        while len(numbers) < count:
            oldest = self._last - 1_000 if len(numbers) % 2 else 1
            number = self._random.randint(max(oldest, 1), self._last)
            if number not in self._deleted:
                numbers.add(number)
        return sorted(numbers)


def export(path: Path, answers: int) -> None:
    """Write the team's answers as a JSON export of Label Studio: a list of tasks."""
    team = Team(answers)
    with path.open("w", encoding="utf-8") as file:
        for item in range(1, team.items + 1):
            first = (item - 1) * PER_ITEM + 1
            answers_on_item = map(team.answer, range(first, min(first + PER_ITEM, answers + 1)))
            file.write("[" if item == 1 else ",\n")
            json.dump(_exported_task(item, team.at(first), map(_annotation, answers_on_item)), file)
        file.write("]")


def _exported_task(
    item: int, at: datetime, annotations: Iterable[dict[str, Any]]
) -> dict[str, Any]:
    annotations_as_exported = [
        {
            **{key: row[key] for key in ("id", "created_at", "updated_at", "lead_time")},
            "completed_by": row["completed_by_id"],
            "result": json.loads(row["result"]),
            "was_cancelled": bool(row["was_cancelled"]),
            "ground_truth": bool(row["ground_truth"]),
            "task": item,
            "unique_id": row["unique_id"],
        }
        for row in annotations
    ]
    return {
        "id": item,
        "data": {"text": _text(item)},
        "annotations": annotations_as_exported,
        "created_at": stamp(at),
        "updated_at": stamp(at),
        "project": 1,
        "total_annotations": len(annotations_as_exported),
    }


# --- rows ---


def _empty_row(table: str) -> dict[str, Any]:
    """Return a row of nulls, with 0 or "" where a column is NOT NULL."""
    return {
        name: None if "NOT NULL" not in kind else "" if "char" in kind or "text" in kind else 0
        for name, kind in LABEL_STUDIO[table].items()
    }


_PROJECT, _USER, _TASK, _ANNOTATION = map(
    _empty_row, ("project", "htx_user", "task", "task_completion")
)


def _project(at: str) -> dict[str, Any]:
    return _PROJECT | {
        "id": 1,
        "title": TITLE,
        "label_config": CONFIG,
        "maximum_annotations": PER_ITEM,
        "created_at": at,
        "updated_at": at,
    }


def _user(number: int) -> dict[str, Any]:
    mail = f"person{number}@bench.example"
    return _USER | {"id": number, "username": mail, "email": mail}


def _task(number: int, at: datetime) -> dict[str, Any]:
    return _TASK | {
        "id": number,
        "project_id": 1,
        "data": json.dumps({"text": _text(number)}),
        "created_at": stamp(at),
        "updated_at": stamp(at),
        "overlap": PER_ITEM,
    }


def _text(item: int) -> str:
    return f"Comment {item}: it took them a week to answer, and then they said the same again."


def _annotation(answer: Answer) -> dict[str, Any]:
    skipped = answer.label is None
    return _ANNOTATION | {
        "id": answer.number,
        "unique_id": _unique_id(answer.number),
        "project_id": 1,
        "task_id": answer.item,
        "completed_by_id": answer.person,
        "updated_by_id": answer.person,
        "result": "[]" if skipped else _result(str(answer.label)),
        "was_cancelled": int(skipped),
        "created_at": stamp(answer.at),
        "updated_at": stamp(answer.at),
        "lead_time": answer.seconds,
    }


def _unique_id(number: int) -> str:
    return f"{number:032x}"


def _result(label: str) -> str:
    region = {
        "id": "Xb7kPq2LmN",
        "type": "choices",
        "value": {"choices": [label]},
        "origin": "manual",
        "to_name": "text",
        "from_name": "mood",
    }
    return json.dumps([region])


def _chunks(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
