"""The collector on a small INCEpTION database, whose schema is made after its public sources."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData

from collectors.inception import InceptionDatabase
from collectors.inception.source import NO_LABELS
from labelpulse.core.days import SECOND, now_us
from labelpulse.core.errors import ConfigError, StopSource
from labelpulse.core.events import AnnotationRecord, ItemRecord, PersonRecord, Status
from labelpulse.ingest.plugins import source_class
from labelpulse.source import ANNOTATIONS, ITEMS, Access, Counts
from labelpulse.testing import LiveSourceContract
from labelpulse.warehouse.store import Warehouse
from tests.ingest.importing import held
from tests.support.foreign import CopiedWarehouse, Foreign, foreign, polled, read, reader
from tests.support.inception import AT, MINUTE, Inception


@pytest.fixture
def tool(database_url: str) -> Iterator[Inception]:
    made = Inception(database_url)
    yield made
    made.engine.dispose()


def source(
    tool: Foreign, projects: tuple[str, ...] = (), zone: str = "UTC", **options: Any
) -> InceptionDatabase:
    return InceptionDatabase.from_access(
        Access("inception", tool.url, options=options, projects=projects, zone=zone)
    )


class TestContract(CopiedWarehouse, LiveSourceContract):
    @pytest.fixture
    def source(self, tool: Inception) -> InceptionDatabase:
        project = tool.project("News")
        tool.project("Empty")
        for n in range(6):
            document = tool.document(project)
            tool.finish(tool.begin(document, "ana"), "ana", AT + n * MINUTE)
            key = tool.begin(document, "bo")
            if n == 1:
                tool.turn(key, ("INPROGRESS", "IGNORE"), AT, "bo", told="IGNORE")
            elif n == 2:
                tool.turn(key, ("INPROGRESS", "IGNORE"), AT, "admin")
        made = source(tool)
        made._scanner.page = 4
        return made

    @pytest.fixture
    def add(self, tool: Inception) -> Callable[[], object]:
        return lambda: tool.finish(tool.begin(tool.document(1), "ana"), "ana", now_us())

    @pytest.fixture
    def remove(self, tool: Inception) -> Callable[[], object]:
        return lambda: tool.delete("annotation_document", 1)


def test_a_finished_document_becomes_an_annotation(tool: Inception) -> None:
    document = tool.document(tool.project("News"))
    key = tool.begin(document, "ana", AT)
    tool.finish(key, "ana", AT + 5 * MINUTE)
    record = read(source(tool))[0][str(key)]
    assert record == AnnotationRecord(
        project="1",
        item=str(document),
        native_id=str(key),
        annotator="ana",
        submitted_at=AT + 5 * MINUTE,
        updated_at=AT + 5 * MINUTE,
        started_at=AT,
        fingerprint=record.fingerprint,
        location=f"annotation_document {key}",
    )


def test_opening_tells_projects_people_and_that_there_are_no_labels(tool: Inception) -> None:
    tool.add("users", username="ana", email="ana@lab.test", password="hush")
    tool.begin(tool.document(tool.project("News")), "gone")
    told = source(tool)
    opening = told.open()
    told.close()
    assert [(one.native_id, one.title, one.remarks) for one in opening.projects] == [
        ("1", "News", (NO_LABELS,))
    ]
    assert opening.people == (
        PersonRecord("ana", "ana", "ana@lab.test"),
        PersonRecord("gone", "gone"),
    )
    assert "hush" not in repr(opening)


STATES: list[tuple[str, str | None, Status | None]] = [
    ("FINISHED", "FINISHED", Status.SUBMITTED),
    ("FINISHED", None, Status.SUBMITTED),
    ("FINISHED", "IGNORE", Status.SKIPPED),
    ("IGNORE", "IGNORE", Status.SKIPPED),
    ("IGNORE", "INPROGRESS", None),
    ("IGNORE", None, None),
    ("INPROGRESS", "IGNORE", Status.DRAFT),
    ("NEW", None, None),
]


def test_a_skip_is_what_the_annotator_chose_and_no_lock(tool: Inception) -> None:
    project = tool.project("News")
    keys = []
    for state, chosen, _ in STATES:
        key = tool.begin(tool.document(project), "ana")
        tool.change("annotation_document", key, state=state, annotatorState=chosen)
        keys.append(str(key))
    tool.begin(tool.document(project), "CURATION_USER")
    told = source(tool)
    records = read(told)[0]
    assert {key: one.status for key, one in records.items()} == {
        key: status for key, (_, _, status) in zip(keys, STATES, strict=True) if status is not None
    }
    assert all(not one.answers for one in records.values())
    told.open()
    assert told.counts() == {"1": Counts(4, 0, 2)}
    told.close()


def test_older_databases_do_not_know_who_chose(database_url: str) -> None:
    tool = Inception(database_url, old=True)
    key = tool.begin(tool.document(tool.project("News")), "ana")
    tool.turn(key, ("INPROGRESS", "IGNORE"), AT, "ana")
    (record,) = read(source(tool))[0].values()
    assert record.status == Status.SKIPPED
    tool.engine.dispose()


def test_a_reopened_document_counts_on_its_first_day_and_as_edited(
    tool: Inception, warehouse: Warehouse
) -> None:
    key = tool.begin(tool.document(tool.project("News")), "ana")
    tool.finish(key, "ana", AT + 5 * MINUTE)
    assert polled(warehouse, source(tool)).loaded > 0
    tool.reopen(key, "admin", AT + 50 * MINUTE)
    draft = read(source(tool))[0][str(key)]
    assert (draft.status, draft.submitted_at) == (Status.DRAFT, None)
    polled(warehouse, source(tool))
    tool.finish(key, "ana", AT + 90 * MINUTE)
    again = read(source(tool))[0][str(key)]
    assert (again.status, again.edited) == (Status.SUBMITTED, True)
    assert (again.submitted_at, again.updated_at) == (AT + 5 * MINUTE, AT + 90 * MINUTE)
    polled(warehouse, source(tool))
    (kept,) = held(warehouse).values()
    assert (kept["status"], kept["submitted_at"]) == (Status.SUBMITTED, AT + 5 * MINUTE)


def test_a_look_of_somebody_else_is_no_start(tool: Inception) -> None:
    document = tool.document(tool.project("News"))
    key = tool.begin(document, "ana", AT)
    tool.log("DocumentOpenedEvent", document, "admin", AT - 90 * MINUTE, annotator="ana")
    tool.log("SpanCreatedEvent", document, "ana", AT - 95 * MINUTE, annotator="ana")
    tool.log("AnnotationStateChangeEvent", document, "ana", AT, annotator="ana", details="{odd")
    tool.finish(key, "ana", AT + MINUTE)
    assert read(source(tool))[0][str(key)].started_at == AT


def test_without_the_log_the_documents_own_times_stand_in(tool: Inception) -> None:
    key = tool.begin(tool.document(tool.project("News")), "ana", AT)
    tool.finish(key, "ana", AT + 5 * MINUTE)
    tool.change("annotation_document", key, updated=tool.stamp(AT + 70 * MINUTE))
    tool.run("DROP TABLE logged_event")
    told = source(tool)
    record = read(told)[0][str(key)]
    assert (record.submitted_at, record.started_at) == (AT + 5 * MINUTE, AT)
    assert "log may not be read" in " ".join(told.inspect().remarks)
    told.close()
    tool.run("ALTER TABLE annotation_document ADD COLUMN state_updated TIMESTAMP")
    tool.run("UPDATE annotation_document SET state_updated = '2024-03-04 09:03:00'")
    assert read(source(tool))[0][str(key)].submitted_at == AT + 3 * MINUTE


def test_times_are_those_of_the_servers_clock(tool: Inception) -> None:
    key = tool.begin(tool.document(tool.project("News")), "ana", AT)
    tool.finish(key, "ana", AT)
    hour = 3600 * SECOND
    assert read(source(tool, zone="Europe/Berlin"))[0][str(key)].submitted_at == AT - hour
    told = source(tool, zone="Europe/Berlin", server_timezone="UTC")
    assert read(told)[0][str(key)].submitted_at == AT
    for options, words in (({"zone": "UTC"}, "not known"), ({"server_timezone": "Mars"}, "zone")):
        with pytest.raises(ConfigError, match=words):
            InceptionDatabase.from_access(Access("inception", tool.url, options=options))


def test_documents_are_items_whether_or_not_somebody_has_them(tool: Inception) -> None:
    waiting = tool.document(tool.project("News"), AT + MINUTE)
    told = source(tool)
    told.open()
    (item,) = told.fetch(ITEMS, [str(waiting)]).items
    told.close()
    assert item == ItemRecord(
        "1", str(waiting), created_at=AT + MINUTE, fingerprint=item.fingerprint
    )


# --- changes ---


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
def test_polls_bring_what_is_finished_and_sweeps_what_is_gone(
    tool: Inception, warehouse: Warehouse, no_margin: None, zone: str
) -> None:
    project = tool.project("News")
    keys = [tool.begin(tool.document(project), "ana", AT) for _ in range(4)]
    for key in keys:
        tool.finish(key, "ana", AT + MINUTE)
    polled(warehouse, source(tool, zone=zone))
    assert polled(warehouse, source(tool, zone=zone)).read == 0
    tool.reopen(keys[0], "admin", _local(now_us(), zone))
    reopened = polled(warehouse, source(tool, zone=zone), sweep=None)
    assert (reopened.loaded, reopened.gaps) == (1, {})  # the work that was done stays
    tool.turn(keys[1], ("FINISHED", "NEW"), _local(now_us(), zone), "admin")
    tool.delete("annotation_document", keys[2])
    swept = polled(warehouse, source(tool, zone=zone), sweep=True)
    assert (swept.deleted, swept.gaps) == (2, {})
    assert polled(warehouse, source(tool, zone=zone), sweep=True).read == 0


def _local(us: int, zone: str) -> int:
    """What the server's clock shows then, as if it were UTC."""
    from zoneinfo import ZoneInfo

    from labelpulse.core.days import from_us

    offset = from_us(us).astimezone(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return us + int(offset.total_seconds()) * SECOND


def test_events_are_read_on_and_late_ones_are_met_once(
    tool: Inception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collectors.inception.history.PAGE", 2)
    document = tool.document(tool.project("News"))
    key = tool.begin(document, "ana", AT)
    tool.finish(key, "ana", AT + MINUTE)
    told = source(tool)
    told.open()
    details = '{"state": "IN_PROGRESS", "previousState": "FINISHED"}'
    for at in (50, 20):  # the second commits late
        tool.log(
            *("AnnotationStateChangeEvent", document, "admin", AT + at * MINUTE),
            annotator="ana",
            details=details,
            id=at,
        )
        told.open()
        told.open()
    (record,) = told.fetch(ANNOTATIONS, [str(key)]).annotations
    assert told._history.of(document, "ana").reopened == 2
    assert record.edited
    told.close()


# --- what cannot be used, and first looks ---


def test_a_bad_row_is_quarantined_and_the_rest_loads(tmp_path: Path) -> None:
    tool = Inception(f"sqlite:///{tmp_path / 'i.db'}")
    project = tool.project("News")
    good, odd = (tool.begin(tool.document(project), "ana") for _ in range(2))
    tool.run("DROP TABLE logged_event")
    tool.run(
        f"UPDATE annotation_document SET timestamp = 'soon', state = 'FINISHED' WHERE id={odd}"
    )
    records, bad = read(source(tool))
    assert list(records) == [str(good)]
    assert [(one.location, one.record, one.reason) for one in bad] == [
        ("annotation_document", f"id {odd}", "bad_time")
    ]
    assert "ana" not in bad[0].excerpt
    tool.engine.dispose()


def test_only_the_named_projects_are_read(tool: Inception) -> None:
    for name in ("News", "Else"):
        tool.begin(tool.document(tool.project(name)), "ana")
    told = source(tool, ("News",))
    assert {one.project for one in read(told)[0].values()} == {"1"}
    with pytest.raises(StopSource, match="projects"):
        source(tool, ("none",)).open()


def test_a_missing_column_stops_and_is_named(tool: Inception) -> None:
    tool.run("ALTER TABLE annotation_document RENAME COLUMN state TO status")
    told = source(tool)
    with pytest.raises(StopSource, match="no column state of table annotation_document"):
        told.open()
    told.close()


def test_a_first_look_finds_the_tool_and_counts(tool: Inception) -> None:
    project = tool.project("News")
    first, second = tool.document(project), tool.document(project)
    for document, who in ((first, "ana"), (first, "bo"), (second, "ana")):
        tool.finish(tool.begin(document, who), who, AT + document * MINUTE)
    tool.begin(second, "bo")
    kind = source_class("inception-db")
    assert kind is InceptionDatabase
    assert kind.detects(tool.url)
    told = source(tool)
    found = told.inspect()
    told.close()
    (one,) = found.projects
    assert (one.title, one.items, one.annotations, one.annotators) == ("News", 2, 3, 2)
    assert (one.first, one.last, one.share_two) == (AT + MINUTE, AT + 2 * MINUTE, 0.5)
    assert found.remarks[0] == NO_LABELS


def test_the_printed_grant_is_enough(pg_database: str) -> None:
    tool = Inception(pg_database)
    key = tool.begin(tool.document(tool.project("News")), "ana")
    tool.finish(key, "ana", AT + MINUTE)
    told = source(tool)
    grants = told.inspect().grant
    told.close()
    assert "password" not in grants.split("choose-one")[1].split("-- or all")[0]
    with reader(tool, grants, "lp_inception_reader") as url, foreign(url, MetaData()) as known:
        reading = source(known)
        assert reading.refuses_writing()
        assert read(reading)[0][str(key)].submitted_at == AT + MINUTE
    tool.engine.dispose()
