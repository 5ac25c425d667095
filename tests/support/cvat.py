"""A CVAT database for tests: the tool's own test data, and the way the tool writes.

Saving an edit deletes objects and makes others with new ids, and touches job, task and project;
stage and state touch the job; deleting leaves nothing behind.
"""

import gzip
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg2

DATA = Path(__file__).resolve().parents[1] / "data" / "cvat"
_OBJECTS = ("labeledimage", "labeledshape", "labeledtrack")
_BELOW = {  # what goes before rows of a table can
    "labeledimage": ("labeledimageattributeval", "image_id"),
    "labeledshape": ("labeledshapeattributeval", "shape_id"),
    "labeledtrack": ("labeledtrackattributeval", "track_id"),
}


def load_dump(url: str, text: str) -> None:
    """Run a dump, with its blocks of ``COPY … FROM stdin``, in one transaction."""
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        lines = iter(text.splitlines(keepends=True))
        statement = ""
        for line in lines:
            if line.startswith("COPY "):
                rows = StringIO("".join(iter(lambda: next(lines), "\\.\n")))
                cursor.copy_expert(line, rows)
                continue
            statement += line
            if line.rstrip().endswith(";"):
                cursor.execute(statement)
                statement = ""
        if statement.strip():
            cursor.execute(statement)
    connection.close()


def fill(url: str, *, newer: bool = False) -> None:
    """Fill an empty database; newer = with the columns that later versions brought."""
    load_dump(url, gzip.decompress((DATA / "cvat_fixture.sql.gz").read_bytes()).decode())
    if newer:
        load_dump(url, (DATA / "upgrade_newer_cvat.sql").read_text())


class Cvat:
    """The tool at work; every call is one committed transaction."""

    def __init__(self, url: str) -> None:
        """Connect to a filled database."""
        self.url = url
        self._connection = psycopg2.connect(url)
        self._connection.autocommit = True

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def all(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self._connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def one(self, query: str, *values: Any) -> Any:
        """Return the only value of a query."""
        ((found,),) = self.all(query, *values)
        return found

    def touch(self, job: int) -> None:
        """Say that a job changed now."""
        self.all("UPDATE engine_job SET updated_date = clock_timestamp() WHERE id = %s", job)

    def set_job(self, job: int, **values: Any) -> None:
        """Set stage, state, assignee_id or type of a job, as its page does."""
        names = ", ".join(f"{name} = %s" for name in values)
        self.all(f"UPDATE engine_job SET {names} WHERE id = %s", *values.values(), job)
        self.touch(job)

    def draw(self, job: int, frame: int, label: int, points: Sequence[float], **more: Any) -> int:
        """Save a shape and return its id."""
        row = {
            "job_id": job,
            "frame": frame,
            "label_id": label,
            "group": 0,
            "source": "manual",
            "type": "rectangle",
            "occluded": False,
            "outside": False,
            "z_order": 0,
            "points": ",".join(map(str, points)),
            "rotation": 0.0,
            **more,
        }
        found = self._insert("engine_labeledshape", row)
        self.touch(job)
        return found

    def tag(self, job: int, frame: int, label: int, **more: Any) -> int:
        """Save a tag and return its id."""
        row = {"job_id": job, "frame": frame, "label_id": label, "group": 0, "source": "manual"}
        found = self._insert("engine_labeledimage", {**row, **more})
        self.touch(job)
        return found

    def track(
        self, job: int, label: int, keys: dict[int, tuple[Sequence[float], bool]], **more: Any
    ) -> int:
        """Save a track: frame -> points and whether it is outside from there on."""
        row = {"job_id": job, "frame": min(keys), "label_id": label, "group": 0}
        found = self._insert("engine_labeledtrack", {**row, "source": "manual", **more})
        for frame, (points, outside) in keys.items():
            key = {
                "track_id": found,
                "frame": frame,
                "type": "rectangle",
                "occluded": False,
                "outside": outside,
                "z_order": 0,
                "rotation": 0.0,
                "points": ",".join(map(str, points)),
            }
            self._insert("engine_trackedshape", key)
        self.touch(job)
        return found

    def edit(self, shape: int, points: Sequence[float]) -> int:
        """Move a shape: the tool deletes it and makes another one."""
        names = (
            'job_id, label_id, frame, "group", source, type, occluded, outside, z_order, rotation'
        )
        self.all("DELETE FROM engine_labeledshapeattributeval WHERE shape_id = %s", shape)
        made = self.one(
            f"INSERT INTO engine_labeledshape ({names}, points) SELECT {names}, %s "
            "FROM engine_labeledshape WHERE id = %s RETURNING id",
            ",".join(map(str, points)),
            shape,
        )
        job = self.one("DELETE FROM engine_labeledshape WHERE id = %s RETURNING job_id", shape)
        self.touch(job)
        return int(made)

    def raise_issue(self, job: int, frame: int, owner: int) -> int:
        """Note an issue, which leaves its job alone."""
        return int(
            self.one(
                "INSERT INTO engine_issue (created_date, updated_date, frame, position, job_id, "
                "owner_id, resolved) VALUES (clock_timestamp(), clock_timestamp(), %s, '0,0', %s, "
                "%s, false) RETURNING id",
                frame,
                job,
                owner,
            )
        )

    def resolve(self, issue: int) -> None:
        """Say that an issue is settled."""
        self.all(
            "UPDATE engine_issue SET resolved = true, updated_date = clock_timestamp() "
            "WHERE id = %s",
            issue,
        )

    def delete_job(self, job: int) -> None:
        """Delete a job with all that is on it; nothing says that it was there."""
        self.all("TRUNCATE quality_control_qualityreport CASCADE")
        tracked = "SELECT id FROM engine_labeledtrack WHERE job_id = %s"
        self.all(f"DELETE FROM engine_trackedshape WHERE track_id IN ({tracked})", job)
        for name in _OBJECTS:
            below, key = _BELOW[name]
            of = f"SELECT id FROM engine_{name} WHERE job_id = %s"
            self.all(f"DELETE FROM engine_{below} WHERE {key} IN ({of})", job)
            self.all(
                f"DELETE FROM engine_{name} WHERE job_id = %s AND parent_id IS NOT NULL"
                if name != "labeledimage"
                else "SELECT %s",
                job,
            )
            self.all(f"DELETE FROM engine_{name} WHERE job_id = %s", job)
        issues = "SELECT id FROM engine_issue WHERE job_id = %s"
        self.all(f"DELETE FROM engine_comment WHERE issue_id IN ({issues})", job)
        self.all("DELETE FROM engine_issue WHERE job_id = %s", job)
        self.all("DELETE FROM engine_job WHERE id = %s", job)

    def job(self, task: int, start: int, stop: int, **values: Any) -> int:
        """Make a job over a range of frames; values go into its row."""
        segment = self._insert(
            "engine_segment",
            {"task_id": task, "start_frame": start, "stop_frame": stop, "type": "range"}
            | {"frames": ""},
        )
        row = {
            "segment_id": segment,
            "status": "annotation",
            "stage": "annotation",
            "state": "new",
            "type": "annotation",
            **values,
        }
        now = self.one("SELECT clock_timestamp()")
        return self._insert("engine_job", {"created_date": now, "updated_date": now, **row})

    @contextmanager
    def held_open(self) -> Iterator[None]:
        """Commit everything that happens within at its end only."""
        self._connection.autocommit = False
        try:
            yield
            self._connection.commit()
        finally:
            self._connection.rollback()
            self._connection.autocommit = True

    def _insert(self, name: str, row: dict[str, Any]) -> int:
        names = ", ".join(f'"{one}"' for one in row)
        marks = ", ".join(["%s"] * len(row))
        return int(
            self.one(f"INSERT INTO {name} ({names}) VALUES ({marks}) RETURNING id", *row.values())
        )


@contextmanager
def filled(url: str) -> Iterator[Cvat]:
    """Yield the tool on an empty database that was filled, with the columns of later versions."""
    fill(url, newer=True)
    tool = Cvat(url)
    try:
        yield tool
    finally:
        tool.close()
