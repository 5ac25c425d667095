"""A SQLite database that nobody wrote to is not read again; one that was, always is."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from collectors.label_studio_db import LabelStudioDatabase
from labelpulse.core.days import now_us
from labelpulse.ingest.database.files import QUIET_S, file_state
from labelpulse.ingest.database.scan import Scanner
from labelpulse.source import ANNOTATIONS, Position
from tests.support.label_studio import LabelStudio


def age(path: Path, seconds: float) -> None:
    """Let a database look as if it was last written to so long ago."""
    at = time.time() - seconds
    for ending in ("", "-wal"):
        if (one := Path(f"{path}{ending}")).exists():
            os.utime(one, (at, at))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the tool's database is."""
    return tmp_path / "tool.db"


@pytest.fixture
def tool(path: Path) -> Iterator[LabelStudio]:
    """A tool with two answers."""
    made = LabelStudio(f"sqlite:///{path}")
    task = made.task(made.project("Ads"))
    for name in ("ana", "ben"):
        made.annotate(task, made.user(name))
    yield made
    made.close()


@pytest.fixture
def source(tool: LabelStudio) -> Iterator[LabelStudioDatabase]:
    """Its collector."""
    made = LabelStudioDatabase(tool.url, name="studio")
    yield made
    made.close()


def poll(source: LabelStudioDatabase, position: Position) -> tuple[list[str], Position]:
    """Return the ids that a poll met, and the position after it."""
    source.open()
    pages = list(source.changes(ANNOTATIONS, position))
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    return [one.native_id for page in pages for one in page.records], pages[-1].position


def loaded(source: LabelStudioDatabase) -> Position:
    """Return the position after a first load."""
    source.open()
    return list(source.full(ANNOTATIONS, None))[-1].position


def test_a_database_that_nobody_wrote_to_is_not_read_again(
    path: Path, source: LabelStudioDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    position = loaded(source)
    age(path, 60)
    met, position = poll(source, position)
    assert met  # the margin below the last id
    monkeypatch.setattr(Scanner, "_step", None)  # what reads rows
    assert poll(source, position) == ([], position)


def test_what_was_written_meanwhile_is_read(
    path: Path, tool: LabelStudio, source: LabelStudioDatabase
) -> None:
    age(path, 60)
    _, position = poll(source, loaded(source))
    fresh = tool.annotate(1, 1, at=now_us())
    age(path, 59)
    met, after = poll(source, position)
    assert str(fresh) in met
    assert after["file"] not in (None, position["file"])


def test_a_write_into_the_log_alone_is_read(path: Path, source: LabelStudioDatabase) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("UPDATE htx_user SET first_name = 'Ann' WHERE id = 1")
        age(path, 60)
        _, position = poll(source, loaded(source))
        before = path.stat()
        db.execute("UPDATE task_completion SET ground_truth = 1 WHERE id = 2")
        assert path.stat() == before
        age(path, 59)
        assert poll(source, position)[0]


def test_a_write_a_moment_ago_proves_nothing(path: Path, source: LabelStudioDatabase) -> None:
    age(path, QUIET_S / 2)
    assert file_state(path) is None
    _, position = poll(source, loaded(source))
    assert position["file"] is None
    assert poll(source, position)[0]


def test_another_form_of_answers_is_read_though_the_file_is_the_same(
    path: Path, source: LabelStudioDatabase
) -> None:
    age(path, 60)
    _, position = poll(source, loaded(source))
    former = {**position, "tokens": dict.fromkeys(position["tokens"], "older")}
    assert sorted(poll(source, former)[0]) == ["1", "2"]


def test_a_link_has_its_log_beside_the_file_it_leads_to(tmp_path: Path, path: Path) -> None:
    link = tmp_path / "elsewhere" / "link.db"
    link.parent.mkdir()
    link.symlink_to(path)
    with closing(sqlite3.connect(link, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE one (n)")
        age(path, 60)
        before = file_state(link)
        db.execute("INSERT INTO one VALUES (1)")
        age(path, 60)
        assert before is not None
        assert file_state(link) not in (None, before)


def test_a_missing_file_tells_nothing(tmp_path: Path) -> None:
    assert file_state(tmp_path / "none.db") is None
