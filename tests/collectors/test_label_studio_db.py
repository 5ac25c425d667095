"""The collector on a small Label Studio database: what a poll and a sweep see, trap by trap."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, insert, text
from sqlalchemy.engine import make_url

from collectors.label_studio_db import LabelStudioDatabase
from collectors.label_studio_db.tables import Statements
from labelpulse.core.days import SECOND, now_us
from labelpulse.core.events import (
    AnnotationRecord,
    ControlRecord,
    Origin,
    PersonRecord,
    PredictionRecord,
    Scale,
    Status,
)
from labelpulse.ingest.database.scan import MARGIN
from labelpulse.source import ANNOTATIONS, DRAFTS, ITEMS, PREDICTIONS, Counts, Page, Position
from tests.support.label_studio import CHOICES, MINUTE, LabelStudio, choice

Make = Callable[..., LabelStudioDatabase]
MULTIPLE = CHOICES.replace('toName="text">', 'toName="text" choice="multiple">')


@pytest.fixture
def tool(database_url: str) -> Iterator[LabelStudio]:
    made = LabelStudio(database_url)
    yield made
    made.close()


@pytest.fixture
def make(tool: LabelStudio) -> Iterator[Make]:
    made: list[LabelStudioDatabase] = []

    def build(**options: Any) -> LabelStudioDatabase:
        made.append(LabelStudioDatabase(tool.url, name="studio", **options))
        return made[-1]

    yield build
    for one in made:
        one.close()


class Follower:
    """Follows one stream by fingerprints, as a warehouse would."""

    def __init__(self, source: LabelStudioDatabase, stream: str = ANNOTATIONS) -> None:
        self.source, self.stream = source, stream
        self.prints: dict[tuple[str, str], str] = {}
        self.records: dict[str, Any] = {}
        self.position: Position = {}
        self.source.open()

    def _take(self, pages: Iterator[Page]) -> set[str]:
        fetched: set[str] = set()
        for page in pages:
            ids = [
                one.native_id
                for one in page.records
                if self.prints.get((one.native_id, one.unique)) != one.fingerprint
            ]
            self.prints |= {(one.native_id, one.unique): one.fingerprint for one in page.records}
            batch = self.source.fetch(self.stream, ids)
            there: dict[str, Sequence[Any]] = {ITEMS: batch.items, PREDICTIONS: batch.predictions}
            got = there.get(self.stream, batch.annotations)
            for record in got:
                unique = "" if self.stream == ITEMS else record.unique
                assert record.fingerprint == self.prints[record.native_id, unique]
                self.records[record.native_id] = record
            fetched |= {record.native_id for record in got}
            self.position = json.loads(json.dumps(page.position))
        return fetched

    def load(self) -> set[str]:
        return self._take(self.source.full(self.stream, None))

    def poll(self) -> set[str]:
        self.source.open()
        return self._take(self.source.changes(self.stream, self.position))

    def sweep(self) -> tuple[set[str], set[str]]:
        """Ids read again, and ids that are gone."""
        self.source.open()
        before, keep = dict(self.prints), self.position
        pages = list(self.source.full(self.stream, None))
        changed = self._take(iter(pages))
        self.position = keep
        there = {(one.native_id, one.unique) for page in pages for one in page.records}
        return changed, {key[0] for key in before if key not in there}


def ids_of(pages: Iterator[Page]) -> list[str]:
    return [one.native_id for page in pages for one in page.records]


def test_opening_tells_projects_controls_people_and_never_a_password(
    tool: LabelStudio, make: Make
) -> None:
    ana = tool.user("ana")
    ads, untitled = tool.project("Ads", overlap=3), tool.project(None)
    gone = tool.project("Old")
    tool.change("project", gone, deleted_at=tool.stamp(tool.start))
    opening = make().open()
    assert [(one.native_id, one.title, one.required) for one in opening.projects] == [
        (str(ads), "Ads", 3),
        (str(untitled), f"Project {untitled}", 2),
    ]
    assert opening.projects[0].controls == (
        ControlRecord("intent", Scale.NOMINAL, ("yes", "no"), "choices"),
    )
    assert opening.people == (PersonRecord(str(ana), "Ana Lab", "ana@lab.test"),)
    assert "hush" not in repr(opening)
    assert abs(opening.now - now_us()) < MINUTE


def test_a_prediction_becomes_a_record(tool: LabelStudio, make: Make) -> None:
    task = tool.task(tool.project("Ads"))
    row = tool.predict(task, "no", at=tool.start + 7, score=0.8125, model_version=" v2 ")
    odd = tool.predict(task, result=[], score=None, model_version=None)
    tool.predict(task, result={"no": "list"})
    follower = Follower(make(), PREDICTIONS)
    follower.load()
    record = follower.records[f"prediction-{row}"]
    assert record == PredictionRecord(
        project="1",
        item=str(task),
        native_id=f"prediction-{row}",
        unique=str(tool.start + 7),
        model_version="v2",
        score=812_500,
        created_at=tool.start + 7,
        answers=(("intent", "no"),),
        fingerprint=record.fingerprint,
        location=f"prediction {row}",
    )
    other = follower.records[f"prediction-{odd}"]
    assert (other.model_version, other.score, other.answers) == ("", None, ())
    assert len(follower.records) == 2  # a result that cannot be read is nobody's lost work


def test_a_poll_brings_new_predictions_and_a_sweep_what_changed(
    tool: LabelStudio, make: Make
) -> None:
    task = tool.task(tool.project("Ads"))
    first = tool.predict(task)
    follower = Follower(make(), PREDICTIONS)
    assert follower.load() == {f"prediction-{first}"}
    assert follower.poll() == set()
    second = tool.predict(task, "no")
    assert follower.poll() == {f"prediction-{second}"}
    tool.change("prediction", first, score=0.1)
    third = tool.predict(task, "no")
    tool.delete("prediction", second)
    met = follower.poll()
    assert f"prediction-{third}" in met
    assert f"prediction-{second}" not in met
    changed, gone = follower.sweep()
    assert changed | met >= {f"prediction-{first}", f"prediction-{third}"}
    assert gone == {f"prediction-{second}"}


def test_a_poll_for_predictions_does_not_read_old_ones(tool: LabelStudio) -> None:
    task = tool.task(tool.project("Ads"))
    for _ in range(1_100):
        tool.predict(task)
    source = LabelStudioDatabase(tool.url, name="studio", page=100)
    follower = Follower(source, PREDICTIONS)
    assert len(follower.load()) == 1_100
    tool.predict(task)
    source.open()
    met = ids_of(source.changes(PREDICTIONS, follower.position))
    assert len(met) <= MARGIN + 1
    source.close()


def test_where_a_region_came_from_outlives_its_prediction(tool: LabelStudio, make: Make) -> None:
    ana, task = tool.user("ana"), tool.task(tool.project("Ads"))
    for origin in ("manual", "prediction", "prediction-changed"):
        tool.annotate(task, ana, result=[{**choice("yes"), "origin": origin}])
    follower = Follower(make())
    follower.load()
    said = [(one.assisted, one.parent_prediction) for one in follower.records.values()]
    assert sorted(said) == [(False, None), (True, None), (True, None)]


def test_an_annotation_becomes_a_record(tool: LabelStudio, make: Make) -> None:
    ana, rev = tool.user("ana"), tool.user("rev")
    task = tool.task(tool.project("Ads"))
    at = tool.start
    row = tool.annotate(
        task,
        ana,
        at=at,
        updated_at=tool.stamp(at + 5 * SECOND),
        updated_by_id=rev,
        draft_created_at=tool.stamp(at - SECOND),
        ground_truth=True,
        parent_prediction_id=9,
        lead_time=30000.5,
    )
    follower = Follower(make())
    follower.load()
    (kept,) = tool.all("task_completion")
    record = follower.records[str(row)]
    assert record == AnnotationRecord(
        project="1",
        item=str(task),
        native_id=str(row),
        unique=kept["unique_id"].replace("-", ""),
        annotator=str(ana),
        submitted_at=at,
        updated_at=at + 5 * SECOND,
        started_at=at - SECOND,
        time_spent_ms=30_000_500,
        answers=(("intent", "yes"),),
        gold_flag=True,
        assisted=True,
        parent_prediction="prediction-9",
        editor=str(rev),
        edited=True,
        fingerprint=record.fingerprint,
        location=f"annotation {row}",
    )


ODD: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"lead_time": None}, {"time_spent_ms": None}),
    ({"lead_time": -3.0}, {"time_spent_ms": -3000}),
    ({"lead_time": 1e300}, {"time_spent_ms": None}),
    ({"bulk_created": True}, {"origin": Origin.BULK}),
    ({"updated_by_id": None, "import_id": 5}, {"origin": Origin.PERSON, "editor": None}),
    ({"result": None}, {"answers": (), "status": Status.SUBMITTED}),
    ({"was_cancelled": True}, {"answers": (), "status": Status.SKIPPED}),
]


def test_odd_values_keep_their_meaning(tool: LabelStudio, make: Make) -> None:
    task, ana = tool.task(tool.project("Ads")), tool.user("ana")
    rows = [str(tool.annotate(task, ana, **values)) for values, _ in ODD]
    source = make()
    source.open()
    records = source.fetch(ANNOTATIONS, rows).annotations
    for record, (_, expected) in zip(records, ODD, strict=True):
        assert {name: getattr(record, name) for name in expected} == expected
        assert not record.edited


def test_without_a_uuid_the_time_of_creation_tells_rows_of_one_id_apart(
    tool: LabelStudio, make: Make
) -> None:
    task, ana = tool.task(tool.project("Ads")), tool.user("ana")
    for nothing in (None, "") if tool.sqlite else (None,):
        tool.annotate(task, ana, unique_id=nothing)
    source = make()
    source.open()
    seen = [one for page in source.full(ANNOTATIONS, None) for one in page.records]
    records = source.fetch(ANNOTATIONS, [one.native_id for one in seen]).annotations
    assert {one.unique for one in records} == {str(one.submitted_at) for one in records}
    assert {one.unique for one in seen} == {one.unique for one in records}


def test_an_editor_is_who_changed_somebody_elses_submission(tool: LabelStudio, make: Make) -> None:
    task, ana, ben = tool.task(tool.project("Ads")), tool.user("ana"), tool.user("ben")
    later = tool.stamp(tool.start + 5 * SECOND)
    rows = [
        str(tool.annotate(task, ana, **values))
        for values in (
            {"updated_by_id": ben},  # ben submitted it for ana
            {"updated_at": later},
            {"updated_at": later, "updated_by_id": ben},
            {"updated_at": later, "updated_by_id": None},
        )
    ]
    source = make()
    source.open()
    records = source.fetch(ANNOTATIONS, rows).annotations
    assert [(one.edited, one.editor) for one in records] == [
        (False, None),
        (True, None),
        (True, str(ben)),
        (True, None),
    ]


def test_times_without_a_fraction_are_read_and_compared(
    tool: LabelStudio, make: Make, no_margin: None
) -> None:
    at = tool.start // SECOND * SECOND
    row = tool.annotate(tool.task(tool.project("Ads"), at=at), tool.user("ana"), at=at)
    if tool.sqlite:
        assert "." not in tool.all("task_completion")[0]["created_at"]
    follower = Follower(make(overlap=timedelta(0)))
    follower.load()
    assert follower.records[str(row)].submitted_at == at
    for since, met in ((at, [str(row)]), (at + SECOND, [])):
        position = {**follower.position, "since": since}
        assert ids_of(follower.source.changes(ANNOTATIONS, position)) == met


def test_an_old_import_is_not_looked_at_for_ever(
    tool: LabelStudio, make: Make, no_margin: None
) -> None:
    project, ana = tool.project("Ads"), tool.user("ana")
    task = tool.task(project)
    for _ in range(5):
        tool.annotate(task, ana, at=tool.start)
    follower = Follower(make())
    follower.load()
    assert ids_of(follower.source.changes(ANNOTATIONS, follower.position)) == []


def test_items_carry_their_need_and_tasks_without_project_are_left_out(
    tool: LabelStudio, make: Make
) -> None:
    project, ana = tool.project("Ads"), tool.user("ana")
    task, detached = tool.task(project, overlap=4), tool.task(project)
    tool.annotate(detached, ana, project_id=project)
    tool.change("task", detached, project_id=None)
    follower = Follower(source := make(), ITEMS)
    assert follower.load() == {str(task)}
    assert follower.records[str(task)].required == 4
    assert follower.records[str(task)].created_at == tool.start
    assert ids_of(source.full(ANNOTATIONS, None)) == []
    assert source.counts() == {str(project): Counts(0, 0, 0)}


def test_identical_tasks_have_the_same_content_in_every_stream(
    tool: LabelStudio, make: Make
) -> None:
    project, ana = tool.project("Ads"), tool.user("ana")
    shown = [
        *({"text": "a cat", "n": 1}, {"text": "a cat", "n": 1}, {"text": "a cat", "n": 2}),
        *({}, None, {"text": "x" * 10_000_000}),
    ]
    tasks = [str(tool.task(project, data=one)) for one in shown]
    items = Follower(source := make(), ITEMS)
    items.load()
    content = {one: items.records[one].content for one in tasks}
    first, twin, other, *unknown = content.values()
    assert first == twin != other
    assert all((first, other))
    assert unknown == ["", "", ""]
    row, draft = tool.annotate(int(tasks[1]), ana), tool.draft(int(tasks[0]), ana, tool.start)
    guess = tool.predict(int(tasks[2]))
    for stream, id_ in (
        (ANNOTATIONS, str(row)),
        (DRAFTS, f"draft-{draft}"),
        (PREDICTIONS, f"prediction-{guess}"),
    ):
        (one,) = source.fetch(stream, [id_]).items
        assert (one.content, one.fingerprint) == (
            content[one.native_id],
            items.records[one.native_id].fingerprint,
        )


def test_items_are_read_once_more_when_their_content_may_be_read(
    tool: LabelStudio, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an upgrade from a labelpulse that did not know content."""
    task = str(tool.task(tool.project("Ads"), data={"text": "a cat"}))
    follower = Follower(make(), ITEMS)
    with monkeypatch.context() as before:
        before.setattr(Statements, "shows", False)
        assert follower.load() == {task}
        assert follower.records[task].content == ""
    assert follower.sweep() == ({task}, set())
    assert follower.records[task].content
    assert follower.sweep() == (set(), set())


def test_counts_are_by_project_and_leave_drafts_out(tool: LabelStudio, make: Make) -> None:
    ads, empty, ana = tool.project("Ads"), tool.project("Empty"), tool.user("ana")
    task = tool.task(ads)
    tool.annotate(task, ana, ground_truth=True)
    tool.annotate(task, ana, was_cancelled=True, result=[])
    tool.annotate(task, ana)
    tool.draft(task, ana, tool.start)
    source = make()
    source.open()
    assert source.counts() == {str(ads): Counts(3, 1, 1), str(empty): Counts(0, 0, 0)}


def test_pages_come_newest_first_and_hold_every_row_once(tool: LabelStudio, make: Make) -> None:
    project, ana = tool.project("Ads"), tool.user("ana")
    task = tool.task(project)
    rows = [tool.annotate(task, ana) for _ in range(7)]
    rows.append(tool.add("task_completion", id=90_000, **tool.submission(task, ana)))
    tool.delete("task_completion", rows.pop(3))
    source = make(page=3)
    source.open()
    pages = list(source.full(ANNOTATIONS, None))
    assert [int(one) for one in ids_of(iter(pages))] == sorted(rows, reverse=True)
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    assert len(pages) > 2
    assert (pages[-1].done, pages[-1].total) == (len(rows), len(rows))


def test_a_first_load_that_broke_off_goes_on_and_then_sees_what_came_meanwhile(
    tool: LabelStudio, make: Make
) -> None:
    project, ana = tool.project("Ads"), tool.user("ana")
    task = tool.task(project)
    rows = [str(tool.annotate(task, ana)) for _ in range(9)]
    source = make(page=4)
    source.open()
    first = next(source.full(ANNOTATIONS, None))
    kept = json.loads(json.dumps(first.position))
    source.close()
    fresh = str(tool.annotate(task, ana, at=now_us()))
    again = make(page=4)
    again.open()
    rest = list(again.full(ANNOTATIONS, kept))
    assert sorted(ids_of(iter([first, *rest]))) == sorted(rows)
    assert fresh in ids_of(again.changes(ANNOTATIONS, rest[-1].position))


def test_a_poll_that_breaks_off_is_repeated_whole(tool: LabelStudio, make: Make) -> None:
    project, ana = tool.project("Ads"), tool.user("ana")
    task = tool.task(project)
    tool.annotate(task, ana)
    follower = Follower(make(page=1))
    follower.load()
    fresh = [str(tool.annotate(task, ana, at=now_us())) for _ in range(120)]
    pages = list(follower.source.changes(ANNOTATIONS, follower.position))
    assert len(pages) > 2
    assert {json.dumps(page.position) for page in pages[:-1]} == {json.dumps(follower.position)}
    assert pages[-1].position["top"] == int(fresh[-1]) > follower.position["top"]
    assert set(ids_of(iter(pages))) >= set(fresh)


# --- what a cursor loses ---------------------------------------------------------------------


def late_row(tool: LabelStudio, task: int, by: int, stamp: int, key: int) -> str:
    """A row with a lower id and an older stamp than the newest: it committed late."""
    values = tool.submission(task, by, at=stamp)
    return str(tool.add("task_completion", id=key, **values))


def test_a_transaction_that_commits_late_is_seen(
    tool: LabelStudio, make: Make, no_margin: None
) -> None:
    project, ana = tool.project("Ads"), tool.user("ana")
    task, now = tool.task(project), now_us()
    tool.add("task_completion", id=50, **tool.submission(task, ana, at=now - MINUTE))
    follower = Follower(make())
    follower.load()
    late = late_row(tool, task, ana, now - 10 * MINUTE, 20)
    naive = make(overlap=timedelta(0))
    naive.open()
    assert late not in ids_of(naive.changes(ANNOTATIONS, follower.position))
    assert follower.poll() == {late}
    assert follower.poll() == set()


def test_a_late_row_beyond_the_overlap_is_seen_by_its_id(tool: LabelStudio, make: Make) -> None:
    project, ana = tool.project("Ads"), tool.user("ana")
    task, now = tool.task(project), now_us()
    tool.add("task_completion", id=5000, **tool.submission(task, ana, at=now))
    follower = Follower(make())
    follower.load()
    near = late_row(tool, task, ana, now - 50 * MINUTE, 4500)
    far = late_row(tool, task, ana, now - 50 * MINUTE, 20)
    assert follower.poll() == {near}
    assert follower.sweep() == ({far}, set())


def test_an_open_transaction_is_seen_after_its_commit(pg_database: str) -> None:
    tool = LabelStudio(pg_database)
    project, ana = tool.project("Ads"), tool.user("ana")
    task = tool.task(project)
    with tool.engine.connect() as slow:
        table, now = tool.meta.tables["task_completion"], now_us()
        made = slow.execute(insert(table).values(**tool.submission(task, ana, at=now)))
        assert made.inserted_primary_key is not None
        late = str(made.inserted_primary_key[0])
        early = str(tool.annotate(task, ana, at=now + 3 * SECOND))
        source = LabelStudioDatabase(pg_database, name="studio")
        follower = Follower(source)
        assert follower.load() == {early}
        assert follower.poll() == set()
        slow.commit()
    assert follower.poll() == {late}
    source.close()
    tool.close()


def test_a_stamp_from_the_future_is_loaded_and_moves_no_cursor(
    tool: LabelStudio, make: Make, no_margin: None
) -> None:
    project, ana = tool.project("Ads"), tool.user("ana")
    task = tool.task(project)
    tool.annotate(task, ana, at=(near := now_us() - MINUTE))
    future = tool.annotate(task, ana, at=now_us() + 24 * 60 * MINUTE)
    follower = Follower(make())
    follower.load()
    assert str(future) in follower.records
    assert follower.position["since"] == near
    changed = tool.annotate(task, ana)
    follower.poll()
    tool.change("task_completion", changed, lead_time=3.0, updated_at=tool.stamp(now_us()))
    assert follower.poll() == {str(changed)}
    assert follower.position["since"] <= now_us()


def test_a_clock_that_steps_back_pulls_the_cursor_back(tool: LabelStudio, make: Make) -> None:
    tool.annotate(tool.task(tool.project("Ads")), tool.user("ana"))
    follower = Follower(make())
    follower.load()
    follower.position["since"] = now_us() + 60 * MINUTE
    follower.poll()
    assert follower.position["since"] <= now_us()


def test_edits_without_a_new_stamp_are_seen_by_a_sweep(
    tool: LabelStudio, make: Make, no_margin: None
) -> None:
    project, ana = tool.project("Ads"), tool.user("ana")
    task, old = tool.task(project), tool.start - 60 * MINUTE
    edits: list[dict[str, Any]] = [
        {"ground_truth": True},
        {"completed_by_id": None, "updated_by_id": None},
        {"parent_prediction_id": 4},
        {"result": tool.json([choice("no")])},
    ]
    rows = [tool.annotate(task, ana, at=old) for _ in edits]
    for at in (old, now_us()):
        tool.annotate(task, ana, at=at)
    follower = Follower(make())
    follower.load()
    for row, silent in zip(rows, edits, strict=True):
        tool.change("task_completion", row, **silent)
        assert follower.poll() == set()
        assert follower.sweep() == ({str(row)}, set())
    assert follower.sweep() == (set(), set())


def test_a_deleted_user_leaves_rows_without_an_author(tool: LabelStudio, make: Make) -> None:
    ana = tool.user("ana")
    row = tool.annotate(tool.task(tool.project("Ads")), ana)
    follower = Follower(make())
    follower.load()
    tool.change("task_completion", row, completed_by_id=None, updated_by_id=None)
    tool.delete("htx_user", ana)
    follower.sweep()
    assert follower.records[str(row)].annotator is None
    assert not follower.source.open().people


def test_a_deleted_row_is_missing_from_a_sweep_and_from_the_counts(
    tool: LabelStudio, make: Make
) -> None:
    project, ana = tool.project("Ads"), tool.user("ana")
    task = tool.task(project)
    rows = [tool.annotate(task, ana) for _ in range(3)]
    follower = Follower(make())
    follower.load()
    tool.delete("task_completion", rows[1])
    assert follower.poll() == set()
    assert follower.sweep() == (set(), {str(rows[1])})
    assert follower.source.counts()[str(project)] == Counts(2, 0, 0)
    assert follower.source.fetch(ANNOTATIONS, [str(rows[1])]).annotations == ()


def test_a_reused_id_is_another_annotation(tool: LabelStudio, make: Make) -> None:
    project, ana, ben = tool.project("Ads"), tool.user("ana"), tool.user("ben")
    task = tool.task(project)
    row = tool.annotate(task, ana)
    follower = Follower(make())
    follower.load()
    tool.delete("task_completion", row)
    tool.add("task_completion", id=row, **tool.submission(task, ben, at=now_us()))
    assert follower.poll() == {str(row)}
    assert follower.records[str(row)].annotator == str(ben)
    assert len({key for key in follower.prints if key[0] == str(row)}) == 2
    assert follower.sweep()[1] == {str(row)}


def test_an_overlap_that_changed_without_touching_tasks_is_seen(
    tool: LabelStudio, make: Make, no_margin: None
) -> None:
    project, other = tool.project("Ads"), tool.project("Else")
    tasks = [tool.task(project, at=tool.start - 60 * MINUTE) for _ in range(4)]
    tool.task(other, at=tool.start - 60 * MINUTE)
    tool.task(other, at=now_us())
    follower = Follower(make(page=2), ITEMS)
    follower.load()
    assert follower.poll() == set()
    for task in tasks:
        tool.change("task", task, overlap=3)
    tool.change("project", project, maximum_annotations=3, updated_at=tool.stamp(now_us()))
    assert follower.poll() == set(map(str, tasks))
    assert {follower.records[str(task)].required for task in tasks} == {3}
    assert follower.source.open().projects[0].required == 3
    assert follower.poll() == set()


def test_a_configuration_that_values_answers_otherwise_reads_them_again(
    tool: LabelStudio, make: Make, no_margin: None
) -> None:
    project, ana = tool.project("Ads"), tool.user("ana")
    task = tool.task(project)
    rows = [tool.annotate(task, ana, at=tool.start - 60 * MINUTE) for _ in range(3)]
    tool.annotate(task, ana, at=now_us())
    follower = Follower(make())
    follower.load()
    relabeled = CHOICES.replace('"no"', '"never"')
    tool.change("project", project, label_config=relabeled, updated_at=tool.stamp(now_us()))
    assert follower.poll() == set()
    tool.change("project", project, label_config=MULTIPLE)
    assert follower.poll() >= set(map(str, rows))
    assert follower.records[str(rows[0])].answers == (("intent", ["yes"]),)


def test_answers_that_the_configuration_does_not_ask_bring_their_control(
    tool: LabelStudio, make: Make
) -> None:
    project, ana = tool.project("Ads"), tool.user("ana")
    span = {
        "id": "s1",
        "type": "labels",
        "from_name": "ner",
        "value": {"start": 0, "end": 3, "text": "Ada", "labels": ["PER"]},
    }
    row = tool.annotate(tool.task(project), ana, result=[choice("yes"), span])
    source = make()
    source.open()
    batch = source.fetch(ANNOTATIONS, [str(row)])
    assert batch.annotations[0].answers == (("intent", "yes"), ("ner", [[0, 3, "PER"]]))
    (told,) = batch.projects
    assert [(one.name, one.scale) for one in told.controls] == [
        ("intent", Scale.NOMINAL),
        ("ner", Scale.SPAN),
    ]
    assert source.fetch(ANNOTATIONS, [str(row)]).projects == ()


def test_drafts_are_read_whole_and_edits_under_way_left_out(tool: LabelStudio, make: Make) -> None:
    project, ana = tool.project("Ads"), tool.user("ana")
    task = tool.task(project)
    row = tool.annotate(task, ana)
    started = tool.draft(task, ana, tool.start)
    tool.draft(task, ana, tool.start, annotation=row)
    follower = Follower(make(), DRAFTS)
    assert follower.load() == {f"draft-{started}"}
    record = follower.records[f"draft-{started}"]
    assert (record.status, record.annotator, record.submitted_at) == (Status.DRAFT, str(ana), None)
    assert (record.started_at, record.updated_at) == (tool.start, tool.start + 5 * SECOND)
    tool.delete("tasks_annotationdraft", started)
    assert follower.sweep() == (set(), {f"draft-{started}"})


def test_a_bad_row_is_quarantined_and_the_rest_loads(tool: LabelStudio, make: Make) -> None:
    project, ana = tool.project("Ads"), tool.user("ana")
    task = tool.task(project)
    good = tool.annotate(task, ana)
    bad = tool.annotate(task, ana, result={"no": "list"})
    worse = tool.annotate(task, ana, result=[{"value": {}}])
    source = make()
    source.open()
    batch = source.fetch(ANNOTATIONS, [str(good), str(bad), str(worse)])
    assert [one.native_id for one in batch.annotations] == [str(good)]
    assert [(one.location, one.record, one.reason, one.project) for one in batch.bad] == [
        ("task_completion", f"id {bad}", "bad_result", str(project)),
        ("task_completion", f"id {worse}", "bad_region", str(project)),
    ]
    assert '"no"' in batch.bad[0].excerpt


def test_only_the_named_projects_are_read(tool: LabelStudio, make: Make) -> None:
    ana = tool.user("ana")
    ads, other = tool.project("Ads"), tool.project("Else")
    row = tool.annotate(tool.task(ads), ana)
    hidden = tool.annotate(tool.task(other), ana)
    source = make(projects=["Ads"])
    assert [one.title for one in source.open().projects] == ["Ads"]
    assert ids_of(source.full(ANNOTATIONS, None)) == [str(row)]
    assert set(source.counts()) == {str(ads)}
    assert source.fetch(ANNOTATIONS, [str(hidden)]).annotations == ()
    widened = Follower(make(projects=["Ads"]))
    widened.load()
    position = widened.position
    both = make(projects=["Ads", "Else"])
    both.open()
    assert str(hidden) in ids_of(both.changes(ANNOTATIONS, position))


def test_an_annotator_can_submit_between_pages(tool: LabelStudio, make: Make) -> None:
    project, ana = tool.project("Ads"), tool.user("ana")
    task = tool.task(project)
    for _ in range(6):
        tool.annotate(task, ana)
    source = make(page=2)
    source.open()
    pages = source.full(ANNOTATIONS, None)
    next(pages)
    url = make_url(tool.url)
    if tool.sqlite:  # with no patience at all: an open read would refuse this at once
        with sqlite3.connect(str(url.database), timeout=0) as writer:
            writer.execute("UPDATE task_completion SET lead_time = 1.0")
    else:
        engine = create_engine(url.set(drivername="postgresql+psycopg2"))
        with engine.begin() as writer_:
            writer_.execute(text("SET lock_timeout = 1; LOCK TABLE task_completion"))
        engine.dispose()
    assert tool.annotate(task, ana)
    assert len(ids_of(pages)) == 4


PICTURES = '<View><Image name="image" value="$img"/><Text name="about" value="$text"/></View>'


def test_tasks_are_called_by_the_only_file_that_they_show(tool: LabelStudio, make: Make) -> None:
    """In every stream; texts, several files and what holds the file itself have no name."""
    streets, texts = tool.project("Streets", PICTURES), tool.project("Texts")
    both = tool.project("Both", PICTURES.replace("Text name", "Audio name"))
    data = [
        {"img": "/data/upload/1/8f2a1b2c-cat.jpg", "text": "a.jpg"},
        {"img": "s3://bucket/a/1.jpg"},
        {"img": "data:image/png;base64," + 3000 * "A"},
        {"img": ["1.jpg"]},
        None,
    ]
    wanted = {tool.task(streets, data=one): name for one, name in zip(data, NAMES, strict=True)}
    wanted |= {tool.task(project, data=data[0]): "" for project in (texts, both)}
    for task in wanted:
        tool.annotate(task, tool.user(f"ana{task}"))
    for stream in (ITEMS, ANNOTATIONS):
        follower = Follower(make(), stream)
        follower.sweep()
        found = follower.source.fetch(stream, list(follower.records)).items
        assert {int(one.native_id): one.name for one in found} == wanted


NAMES = ["cat.jpg", "a/1.jpg", "", "", ""]


def test_items_are_read_once_more_when_another_file_is_shown(tool: LabelStudio, make: Make) -> None:
    project = tool.project("Streets", PICTURES)
    task = str(tool.task(project, data={"img": "a.jpg", "scan": "b.jpg"}))
    source = make()
    follower = Follower(source, ITEMS)
    follower.sweep()
    assert follower.records[task].name == "a.jpg"
    tool.change("project", project, label_config=PICTURES.replace("$img", "$scan"))
    source.open()
    follower.sweep()
    assert follower.records[task].name == "b.jpg"
