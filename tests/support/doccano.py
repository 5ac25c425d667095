"""A copy of a real doccano database, written as its server writes."""

import json
import uuid
from itertools import count
from typing import Any

from labelpulse.core.days import from_us, now_us
from tests.support.copied import DATA, Copied

SAMPLE = DATA / "doccano" / "doccano-1.8.4.sqlite3.gz"
PROJECT, ANN1, ANN2, POS, NEG = 1, 2, 3, 1, 2
"""Ids of the sample: its project, its annotators, its two types of category."""

_TYPES = {
    "datetime": "timestamptz",
    "char(32)": "uuid",
    "bool": "boolean",
    "real": "double precision",
    "examples_example.meta": "jsonb",
    "labels_segmentation.points": "jsonb",
}
_LABELS = ("category", "relation", "span", "textlabel", "boundingbox", "segmentation")


class Doccano(Copied):
    """One project of one class, five examples, two annotators, ten labels, nine confirmations."""

    def __init__(self, url: str) -> None:
        """Copy the sample to an empty database."""
        super().__init__(SAMPLE, url, _TYPES)
        self._ids = count(1000)

    def add(self, table: str, **values: Any) -> int:
        """Insert a row under an id that was never used; return the id."""
        row = {"id": next(self._ids), **values}
        names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        self.run(f"INSERT INTO {table} ({names}) VALUES ({marks})", **row)
        return int(row["id"])

    def project(self, title: str, kind: str, *, joint: bool = False, single: bool = False) -> int:
        """Add a project of a type."""
        flags = {
            "collaborative_annotation": joint,
            "single_class_classification": single,
            "random_order": False,
            "allow_member_to_create_label_type": False,
        }
        texts = {"name": title, "description": "", "guideline": "", "project_type": kind}
        return self.add("projects_project", **texts, **flags, **_stamps(now_us()))

    def type(self, kind: str, project: int, text: str) -> int:
        """Add a type of category, span or relation."""
        row = {"text": text, "background_color": "#000000", "text_color": "#ffffff"}
        return self.add(f"label_types_{kind}type", project_id=project, **row, **_stamps(now_us()))

    def example(self, project: int = PROJECT, text: str | None = "new", upload: str = "") -> int:
        """Add an example."""
        row = {"uuid": uuid.uuid4().hex, "meta": "{}", "filename": ".", "score": 100.0}
        return self.add(
            "examples_example",
            project_id=project,
            text=text,
            upload_name=upload,
            **row,
            **_stamps(now_us()),
        )

    def label(
        self, kind: str, example: int, who: int, *, at: int | None = None, **content: Any
    ) -> int:
        """Add a label by somebody; `prob` where a model made it."""
        row = {"uuid": uuid.uuid4().hex, "prob": 0.0, "manual": False, **content}
        if "points" in row:
            row["points"] = json.dumps(row["points"])
        owner = {"example_id": example, "user_id": who}
        return self.add(f"labels_{kind}", **owner, **row, **_stamps(now_us() if at is None else at))

    def relabel(self, example: int, who: int, label: int) -> int:
        """Label anew in a project of one class: the rows go, another comes."""
        self.run(
            "DELETE FROM labels_category WHERE example_id = :example AND user_id = :who",
            example=example,
            who=who,
        )
        return self.label("category", example, who, label_id=label)

    def confirm(self, example: int, who: int, at: int | None = None) -> None:
        """Confirm an example for somebody."""
        self.add(
            "examples_examplestate",
            example_id=example,
            confirmed_by_id=who,
            confirmed_at=stamp(now_us() if at is None else at),
        )

    def take_back(self, example: int, who: int) -> None:
        """Take a confirmation back."""
        self.run(
            "DELETE FROM examples_examplestate WHERE example_id = :example "
            "AND confirmed_by_id = :who",
            example=example,
            who=who,
        )

    def approve(self, example: int, who: int) -> None:
        """Approve an example, which stamps it."""
        self.run(
            "UPDATE examples_example SET annotations_approved_by_id = :who, updated_at = :now "
            "WHERE id = :example",
            example=example,
            who=who,
            now=stamp(now_us()),
        )

    def delete(self, example: int) -> None:
        """Delete an example with all that is on it."""
        for table in (*(f"labels_{one}" for one in _LABELS), "examples_examplestate"):
            self.run(f"DELETE FROM {table} WHERE example_id = :example", example=example)
        self.run("DELETE FROM examples_comment WHERE example_id = :example", example=example)
        self.run("DELETE FROM examples_example WHERE id = :example", example=example)


def stamp(us: int) -> str:
    """Return a time as the tool writes it on SQLite; PostgreSQL takes it for UTC."""
    return from_us(us).strftime("%Y-%m-%d %H:%M:%S.%f")


def _stamps(us: int) -> dict[str, str]:
    return {"created_at": stamp(us), "updated_at": stamp(us)}
