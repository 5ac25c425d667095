"""Ways in that fail, in one sentence each, and what a first look tells."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from sqlalchemy import column, create_engine, func, select, table, text
from sqlalchemy.engine import make_url

from collectors.label_studio_db import LabelStudioDatabase
from collectors.label_studio_db.tables import NEEDED
from labelpulse.core.errors import RetryLater, SourceError, StopSource
from labelpulse.ingest.database import SourceDatabase, connection
from labelpulse.source import ANNOTATIONS, DRAFTS, ITEMS, PREDICTIONS, Access, InspectedProject
from tests.support.label_studio import LabelStudio, choice

SECRET = "hush-hush"


@pytest.fixture
def tool(database_url: str) -> Iterator[LabelStudio]:
    made = LabelStudio(database_url)
    yield made
    made.close()


@pytest.fixture
def pg_tool(pg_database: str) -> Iterator[LabelStudio]:
    made = LabelStudio(pg_database)
    yield made
    made.close()


def refusal(url: str, kind: type[SourceError] = StopSource) -> str:
    """The sentence with which opening fails."""
    with pytest.raises(SourceError) as caught:
        LabelStudioDatabase(url, name="studio").open()
    assert type(caught.value) is kind, caught.value
    assert caught.value.__cause__ is None
    sentence = str(caught.value)
    assert sentence.startswith("url of source 'studio' ")
    assert "\n" not in sentence
    assert SECRET not in sentence
    return sentence


# --- what is not there -----------------------------------------------------------------------


def test_a_missing_column_stops_the_source(tool: LabelStudio) -> None:
    for name, columns in NEEDED.items():
        gone = columns[-1]
        with tool.engine.begin() as writer:
            writer.execute(text(f"ALTER TABLE {name} RENAME COLUMN {gone} TO other"))
        assert f"no column {gone} of table {name}" in refusal(tool.url)
        with tool.engine.begin() as writer:
            writer.execute(text(f"ALTER TABLE {name} RENAME COLUMN other TO {gone}"))


def test_a_missing_table_stops_the_source(tool: LabelStudio) -> None:
    with tool.engine.begin() as writer:
        writer.execute(text("DROP TABLE tasks_annotationdraft"))
    assert "no table tasks_annotationdraft" in refusal(tool.url)


def test_columns_of_later_versions_may_be_missing(tool: LabelStudio) -> None:
    task = tool.task(tool.project("Ads"))
    row = tool.annotate(task, tool.user("ana"))
    with tool.engine.begin() as writer:
        for name in ("bulk_created", "import_id"):
            writer.execute(text(f"ALTER TABLE task_completion DROP COLUMN {name}"))
        writer.execute(text("ALTER TABLE project DROP COLUMN deleted_at"))
        writer.execute(text("ALTER TABLE task DROP COLUMN allow_skip"))
    source = LabelStudioDatabase(tool.url, name="studio")
    assert len(source.open().projects) == 1
    assert [page.records[0].native_id for page in source.full(ANNOTATIONS, None)] == [str(row)]
    assert source.fetch(ANNOTATIONS, [str(row)]).annotations[0].answers == (("intent", "yes"),)
    assert source.inspect().version.startswith("before 1.23")
    source.close()


def test_a_database_of_something_else_is_no_label_studio(database_url: str) -> None:
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg2://"))
    with engine.begin() as writer:
        writer.execute(text("CREATE TABLE something (id integer)"))
    engine.dispose()
    assert "holds no tables of Label Studio" in refusal(database_url)


def test_projects_that_are_not_there_are_a_question_to_the_configuration(
    tool: LabelStudio,
) -> None:
    tool.project("Ads")
    source = LabelStudioDatabase(tool.url, name="studio", projects=["Adds"])
    with pytest.raises(StopSource, match="its key `projects` names"):
        source.open()
    source.close()


# --- SQLite ----------------------------------------------------------------------------------


def test_a_missing_file_is_named_and_not_made(tmp_path: Path) -> None:
    path = tmp_path / "missing.sqlite3"
    assert str(path) in refusal(f"sqlite:///{path}")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no database at all\n" * 100)
    assert "no SQLite database" in refusal(f"sqlite:///{path}")


def test_a_locked_file_is_tried_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_S", 0.05)
    path = tmp_path / "it's #1 & 50%.sqlite3"
    tool = LabelStudio(f"sqlite:///{path}")
    row = tool.annotate(tool.task(tool.project("Ads")), tool.user("ana"))
    tool.close()
    source = LabelStudioDatabase(f"sqlite:///{path}", name="studio")
    source.open()
    with sqlite3.connect(path, isolation_level=None) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        assert "locked or busy" in refusal(f"sqlite:///{path}", RetryLater)
        with pytest.raises(RetryLater):
            list(source.full(ANNOTATIONS, None))
        writer.execute("ROLLBACK")
    assert source.fetch(ANNOTATIONS, [str(row)]).annotations


def test_a_sqlite_source_cannot_be_written(tmp_path: Path) -> None:
    tool = LabelStudio(f"sqlite:///{tmp_path / 'studio.sqlite3'}")
    tool.user("ana")
    tool.close()
    with pytest.raises(SourceError):
        SourceDatabase(tool.url, "studio").rows(text("DELETE FROM htx_user"))
    assert len(tool.all("htx_user")) == 1


# --- PostgreSQL ------------------------------------------------------------------------------


def with_url(url: str, **changes: Any) -> str:
    return make_url(url).set(**changes).render_as_string(hide_password=False)


def test_a_wrong_user_names_the_key_and_not_the_password(pg_database: str) -> None:
    url = with_url(pg_database, username="nobody_here", password=SECRET)
    assert "correct its user and password" in refusal(url)


def test_a_wrong_database_is_named(pg_database: str) -> None:
    url = with_url(pg_database, database="not_there", password=SECRET)
    assert "'not_there'" in refusal(url)


def test_a_server_that_does_not_answer_is_tried_again_later() -> None:
    url = f"postgresql://reader:{SECRET}@127.0.0.1:1/studio"
    assert "127.0.0.1:1" in refusal(url, RetryLater)


@pytest.mark.parametrize(
    ("words", "kind", "told"),
    [
        ('FATAL:  password authentication failed for user "x"', StopSource, "user and password"),
        ('FATAL:  no pg_hba.conf entry for host "::1"', StopSource, "pg_hba.conf"),
        ('could not translate host name "db": Name unknown', RetryLater, "publish"),
        ("server does not support SSL, but SSL was required", StopSource, "sslmode"),
        (f'invalid sslmode value: "{SECRET}"', StopSource, "does not know"),
        ("FATAL:  the database system is starting up", RetryLater, "no connection now"),
    ],
)
def test_the_drivers_words_are_understood_and_never_passed_on(
    monkeypatch: pytest.MonkeyPatch, words: str, kind: type[SourceError], told: str
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise psycopg2.OperationalError(words)

    monkeypatch.setattr(psycopg2, "connect", fail)
    assert told in refusal(f"postgresql://reader:{SECRET}@db:5432/studio", kind)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://reader:{SECRET}/@db:x/studio",
        f"postgresql://reader:{SECRET}@db:port/studio",
        f"mysql://reader:{SECRET}@db/studio",
        SECRET,
        "",
    ],
)
def test_an_address_that_is_none_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(StopSource) as caught:
        LabelStudioDatabase(url, name="studio")
    assert SECRET not in str(caught.value)
    assert "url of source 'studio'" in str(caught.value)


def test_a_postgresql_source_cannot_be_written(pg_tool: LabelStudio) -> None:
    pg_tool.user("ana")
    db = SourceDatabase(pg_tool.url, "studio")
    with pytest.raises(StopSource, match="SQLSTATE 25006"):
        db.rows(text("DELETE FROM htx_user"))
    db.close()
    assert len(pg_tool.all("htx_user")) == 1


def test_a_statement_that_takes_too_long_ends_by_itself(
    pg_tool: LabelStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "STATEMENT_MS", 50)
    db = SourceDatabase(pg_tool.url, "studio")
    with pytest.raises(RetryLater, match="SQLSTATE 57014"):
        db.rows(select(func.pg_sleep(5)))
    db.close()


def test_a_locked_table_is_not_waited_for(
    pg_tool: LabelStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "LOCK_MS", 50)
    pg_tool.project("Ads")
    source = LabelStudioDatabase(pg_tool.url, name="studio")
    source.open()
    with pg_tool.engine.begin() as writer:
        writer.execute(text("LOCK TABLE task_completion IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(RetryLater, match="SQLSTATE 55P03"):
            list(source.full(ANNOTATIONS, None))
    assert list(source.full(ANNOTATIONS, None))
    source.close()


def test_a_connection_that_was_cut_is_made_again(pg_tool: LabelStudio) -> None:
    source = LabelStudioDatabase(pg_tool.url, name="studio")
    source.open()
    with pg_tool.engine.begin() as writer:
        ended = writer.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'labelpulse' AND datname = current_database()"
            )
        )
        assert len(ended.all()) == 1
    assert source.open().now
    source.close()


# --- the least rights, and a first look ------------------------------------------------------


@pytest.fixture
def least(pg_tool: LabelStudio) -> Iterator[str]:
    """URL of a role that has just what a first look prints."""
    source = LabelStudioDatabase(pg_tool.url, name="studio")
    found = source.inspect()
    source.close()
    role = f"lp_{make_url(pg_tool.url).database}"
    statements = found.grant.replace("labelpulse", role).replace("choose-one", SECRET)
    with pg_tool.engine.begin() as admin:
        admin.execute(text(statements))
    yield with_url(pg_tool.url, username=role, password=SECRET)
    with pg_tool.engine.begin() as admin:
        admin.execute(text(f"DROP OWNED BY {role}; DROP ROLE {role}"))


def test_the_printed_grant_is_enough_and_shows_no_password(
    pg_tool: LabelStudio, least: str
) -> None:
    task = pg_tool.task(pg_tool.project("Ads"))
    row = pg_tool.annotate(task, ana := pg_tool.user("ana"))
    pg_tool.draft(task, ana, pg_tool.start)
    pg_tool.predict(task)
    source = LabelStudioDatabase(least, name="studio")
    source.open()
    assert set(source.streams) == {ITEMS, PREDICTIONS, ANNOTATIONS, DRAFTS}
    for stream in source.streams:
        (page,) = source.full(stream, None)
        assert source.fetch(stream, [page.records[0].native_id]).items
        assert list(source.changes(stream, page.position))
    assert source.counts()
    assert source.inspect().projects[0].annotations == 1
    assert "may write" not in " ".join(source.inspect().remarks)
    source.close()
    db = SourceDatabase(least, "studio")
    for name, hidden in (("htx_user", "password"), ("project", "token")):
        with pytest.raises(StopSource, match="may not read"):
            db.rows(select(table(name, column(hidden)).c[hidden]))
    db.close()
    assert row


@pytest.mark.parametrize("hidden", ["result", "xmin"])
def test_without_rights_on_predictions_all_else_is_read(
    pg_tool: LabelStudio, least: str, hidden: str
) -> None:
    role = make_url(least).username
    task = pg_tool.task(pg_tool.project("Ads"))
    pg_tool.predict(task)
    source = LabelStudioDatabase(least, name="studio")
    assert "Predictions may not" not in " ".join(source.inspect().remarks)
    with pg_tool.engine.begin() as admin:
        admin.execute(text(f"REVOKE SELECT ({hidden}) ON prediction FROM {role}"))
    source.open()
    assert source.streams == (ITEMS, ANNOTATIONS, DRAFTS)
    assert "Predictions may not be read here" in " ".join(source.inspect().remarks)
    source.close()


def test_without_rights_on_data_all_else_is_read(pg_tool: LabelStudio, least: str) -> None:
    role = make_url(least).username
    task = pg_tool.task(pg_tool.project("Ads"), data={"text": "a cat"})
    source = LabelStudioDatabase(least, name="studio")
    assert "identical items" not in " ".join(source.inspect().remarks)
    assert source.fetch(ITEMS, [str(task)]).items[0].content
    with pg_tool.engine.begin() as admin:
        admin.execute(text(f"REVOKE SELECT (data) ON task FROM {role}"))
    source.open()
    assert source.fetch(ITEMS, [str(task)]).items[0].content == ""
    found = source.inspect()
    assert "identical items are not known" in " ".join(found.remarks)
    assert "updated_at, data, file_upload_id) ON public.task" in found.grant
    source.close()


def test_a_column_that_may_not_be_read_is_named(pg_tool: LabelStudio, least: str) -> None:
    role = make_url(least).username
    with pg_tool.engine.begin() as admin:
        admin.execute(text(f"REVOKE SELECT (lead_time) ON task_completion FROM {role}"))
    assert "may not read column lead_time of table task_completion" in refusal(least)


def test_a_first_look_tells_what_is_there(tool: LabelStudio) -> None:
    ana, ben = tool.user("ana"), tool.user("ben")
    project, empty = tool.project("Ads"), tool.project("Empty")
    tasks = [tool.task(project) for _ in range(4)]
    for by in (ana, ana, ben):
        tool.annotate(tasks[0], by)
    tool.annotate(tasks[1], ana, ground_truth=True, at=tool.start + 1_000_000)
    tool.annotate(tasks[2], ben, ground_truth=True, updated_by_id=None)
    tool.annotate(tasks[2], ana, was_cancelled=True, result=[])
    tool.annotate(tasks[3], ben, result=[choice("no")], bulk_created=True, ground_truth=True)
    tool.add("prediction", task_id=tasks[0])
    source = LabelStudioDatabase(tool.url, name="studio")
    found = source.inspect()
    source.close()
    assert (found.tool, found.type) == ("Label Studio", "label-studio-db")
    assert found.version == "1.23 or newer (tasks 0060)"
    assert found.projects[0] == InspectedProject(
        title="Ads",
        items=4,
        annotations=7,
        annotators=2,
        first=tool.start,
        last=tool.start + 1_000_000,
        share_two=0.25,
        gold_candidates={
            "flag by hand": 1,
            "flag by import": 2,
            f"author {ana}": 3,
            f"author {ben}": 3,
        },
        predictions=1,
        controls=("intent",),
    )
    assert found.projects[1].items == 0
    assert found.projects[1].share_two is None
    assert bool(found.grant) is not tool.sqlite
    assert empty


def test_detecting_looks_for_the_tables(tmp_path: Path) -> None:
    tool = LabelStudio(f"sqlite:///{tmp_path / 'studio.sqlite3'}")
    tool.close()
    other = tmp_path / "other.sqlite3"
    with sqlite3.connect(other) as made:
        made.execute("CREATE TABLE task (id integer)")
    (tmp_path / "text").write_text("SQLite")
    detects = LabelStudioDatabase.detects
    assert detects(tool.url)
    assert detects(str(tmp_path / "studio.sqlite3"))
    away = f"postgresql://reader:{SECRET}@127.0.0.1:1/studio"  # `reach` tells why
    missing = f"sqlite:///{tmp_path / 'missing'}"
    for none in (str(other), missing, str(tmp_path / "text"), "", away):
        assert not detects(none)
    assert not (tmp_path / "missing").exists()


def test_a_configured_entry_makes_a_source(tmp_path: Path) -> None:
    tool = LabelStudio(f"sqlite:///{tmp_path / 'studio.sqlite3'}")
    tool.project("Ads")
    tool.project("Else")
    tool.close()
    entry = Access("studio", tool.url, projects=("Else",), overlap=timedelta(minutes=1))
    assert [one.title for one in LabelStudioDatabase.from_access(entry).open().projects] == ["Else"]
