"""Contract tests that every live source passes."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from labelpulse.core.errors import ConfigError, SourceError
from labelpulse.core.events import (
    AnnotationRecord,
    Batch,
    ItemRecord,
    PredictionRecord,
    ProjectRecord,
    ScannedRecord,
    Status,
)
from labelpulse.ingest.runner import PollResult, Task, poll
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.source import (
    ANNOTATIONS,
    DRAFTS,
    ITEMS,
    PREDICTIONS,
    Access,
    Counts,
    LiveSource,
    Page,
    Tool,
)
from labelpulse.testing.faults import faults_of
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.store import Warehouse
from labelpulse.warehouse.versions import upgrade

Change = Callable[[], object]


class LiveSourceContract:
    """Contract tests of a live source; inherit from this class.

    Override the fixture `source`: the collector, not yet opened, over a tool with at least one
    submitted annotation. If the sample can be changed, override `add` (submits another annotation
    in the tool) and `remove` (deletes an annotation there) to run the tests of changes too.
    """

    @pytest.fixture
    def source(self) -> LiveSource:
        """Return the collector under test, created by its `from_access`."""
        raise NotImplementedError("override the fixture `source`")

    @pytest.fixture
    def add(self) -> Change | None:
        """Return a function that submits another annotation in the tool; None = skip the test."""
        return None

    @pytest.fixture
    def remove(self) -> Change | None:
        """Return a function that deletes an annotation in the tool; None = skip the test."""
        return None

    @pytest.fixture
    def warehouse(self, tmp_path: Path) -> Iterator[Warehouse]:
        """Yield an empty warehouse on SQLite."""
        engine = connect(f"sqlite:///{tmp_path / 'contract-warehouse.db'}")
        upgrade(engine)
        yield Warehouse(engine, ROLLUPS)
        engine.dispose()

    # --- opening ---

    def test_detection_accepts_any_text(self, source: LiveSource) -> None:
        """`detects` returns a bool for any target."""
        for target in ("", "no such file", "sqlite:////no/such/file", "https://[::1"):
            assert _tool(source).detects(target) in (True, False)

    def test_a_wrong_address_is_a_safe_error(self, source: LiveSource) -> None:
        """A wrong address raises a labelpulse error that does not contain the password."""
        tool = _tool(source)
        for url in ("", "postgresql://reader:hush-hush@127.0.0.1:9/none", "sqlite:////no/such/f"):
            with pytest.raises((ConfigError, SourceError)) as caught:
                tool.from_access(Access("contract", url)).open()
            assert "hush-hush" not in str(caught.value)

    def test_it_opens_with_its_projects(self, source: LiveSource) -> None:
        """Projects and people are unique and have no faults."""
        opening = source.open()
        assert opening.projects, "the sample has no project"
        assert type(opening.now) is int
        for records in (opening.projects, opening.people):
            ids = [record.native_id for record in records]
            assert len(set(ids)) == len(ids), "two records have the same id"
        assert not _faults([*opening.projects, *opening.people], {})
        ordered = (ITEMS, PREDICTIONS, ANNOTATIONS, DRAFTS)
        assert list(source.streams) == [stream for stream in ordered if stream in source.streams]
        assert ANNOTATIONS in source.streams
        source.close()

    def test_an_inspection_has_the_same_projects(self, source: LiveSource) -> None:
        """`labelpulse init` prints the projects that are polled."""
        inspection = source.inspect()
        source.close()
        opening = source.open()
        source.close()
        assert inspection.tool
        titles = sorted(project.title for project in inspection.projects)
        assert titles == sorted(project.title for project in opening.projects)

    def test_it_cannot_write(self, source: LiveSource) -> None:
        """A source that can try a write reports that it was refused."""
        refuses_writing = getattr(source, "refuses_writing", None)
        if refuses_writing is None:
            pytest.skip("this source has no `refuses_writing`")
        source.open()
        assert refuses_writing() is True
        source.close()

    # --- scanning ---

    def test_a_scan_ends_and_has_no_duplicates(self, source: LiveSource) -> None:
        """Only the last page is marked as last, and every record occurs once."""
        opening = source.open()
        projects = {project.native_id for project in opening.projects}
        for stream in source.streams:
            pages = list(source.full(stream, None))
            assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
            records = _records_of(pages)
            keys = [(record.project, record.native_id, record.unique) for record in records]
            assert len(set(keys)) == len(keys), f"{stream}: a record occurs twice"
            assert {record.project for record in records} <= projects
            assert all(_is_json(page.position) for page in pages)
        assert _scan(source, ANNOTATIONS), "the sample has no annotation"
        source.close()

    def test_a_second_scan_returns_the_same(self, source: LiveSource) -> None:
        """Fingerprints change only with their rows, also over a new connection."""
        first = {stream: set(_scan(source, stream)) for stream in _open(source)}
        source.close()
        assert {stream: set(_scan(source, stream)) for stream in _open(source)} == first
        source.close()

    def test_an_interrupted_scan_continues(self, source: LiveSource) -> None:
        """A scan from a page's position returns exactly the remaining records."""
        for stream in _open(source):
            pages = list(source.full(stream, None))
            for at, page in enumerate(pages[:-1]):
                position = json.loads(json.dumps(page.position))
                rest = _records_of(list(source.full(stream, position)))
                assert {*_records_of(pages[: at + 1]), *rest} == set(_records_of(pages))
        source.close()

    def test_scanned_records_can_be_fetched(self, source: LiveSource) -> None:
        """Fetched records have the scanned fingerprints and no faults."""
        projects = {project.native_id: project for project in source.open().projects}
        for stream in source.streams:
            scanned = _scan(source, stream)
            batch = source.fetch(stream, [record.native_id for record in scanned])
            projects |= {project.native_id: project for project in batch.projects}
            fetched = _fetched(stream, batch)
            bad = batch.bad if stream == ANNOTATIONS else ()
            assert not _faults([*fetched, *batch.items, *batch.bad], projects)
            assert len(fetched) + len(bad) == len(scanned), f"{stream}: a record was not fetched"
            fingerprints = {(row.native_id, row.project): row.fingerprint for row in scanned}
            assert all(
                fingerprints[record.native_id, record.project] == record.fingerprint
                for record in fetched
            )
            assert source.fetch(stream, []) == Batch()
        source.close()

    def test_counts_match_the_records(self, source: LiveSource) -> None:
        """The source counts the records that it returns, so that a gap means a loss."""
        source.open()
        scanned = _scan(source, ANNOTATIONS)
        batch = source.fetch(ANNOTATIONS, [record.native_id for record in scanned])
        expected: dict[str, list[int]] = {}
        for annotation in batch.annotations:
            if annotation.status != Status.DRAFT and not annotation.deleted:
                row = expected.setdefault(annotation.project, [0, 0, 0])
                row[0] += 1
                row[1] += annotation.gold_flag
                row[2] += annotation.status == Status.SKIPPED
        empty = Counts(0, 0, 0)
        counts = {project: count for project, count in source.counts().items() if count != empty}
        source.close()
        if not batch.bad:
            assert counts == {project: Counts(*row) for project, row in expected.items()}

    # --- polling ---

    def test_a_second_poll_changes_nothing(self, source: LiveSource, warehouse: Warehouse) -> None:
        """A poll loads everything; the next poll and a sweep change nothing."""
        first = _poll(warehouse, source)
        assert first.loaded > 0
        assert first.gaps == {}
        for sweep in (False, True):
            again = _poll(warehouse, source, sweep=sweep)
            assert (again.loaded, again.deleted, again.gaps) == (0, 0, {})

    def test_the_next_poll_loads_a_new_annotation(
        self, source: LiveSource, warehouse: Warehouse, add: Change | None
    ) -> None:
        """Another annotation in the tool is another in the warehouse."""
        if add is None:
            pytest.skip("the fixture `add` is not overridden")
        _poll(warehouse, source)
        before = _rows(warehouse)
        add()
        result = _poll(warehouse, source, sweep=None)
        assert _rows(warehouse) == before + 1
        assert result.gaps == {}

    def test_a_sweep_deletes_a_removed_annotation(
        self, source: LiveSource, warehouse: Warehouse, remove: Change | None
    ) -> None:
        """An annotation less in the tool is one less in the warehouse."""
        if remove is None:
            pytest.skip("the fixture `remove` is not overridden")
        _poll(warehouse, source)
        before = _rows(warehouse)
        remove()
        result = _poll(warehouse, source, sweep=True)
        assert _rows(warehouse) == before - 1
        assert result.gaps == {}


def _tool(source: LiveSource) -> type[Tool]:
    return cast("type[Tool]", type(source))


def _open(source: LiveSource) -> Sequence[str]:
    source.open()
    return source.streams


def _scan(source: LiveSource, stream: str) -> list[ScannedRecord]:
    return _records_of(list(source.full(stream, None)))


def _records_of(pages: Sequence[Page]) -> list[ScannedRecord]:
    return [record for page in pages for record in page.records]


def _is_json(position: Any) -> bool:
    return bool(json.loads(json.dumps(position)) == position)


def _fetched(
    stream: str, batch: Batch
) -> Sequence[ItemRecord | PredictionRecord | AnnotationRecord]:
    if stream == ITEMS:
        return batch.items
    return batch.predictions if stream == PREDICTIONS else batch.annotations


def _faults(records: Sequence[Any], projects: dict[str, ProjectRecord]) -> list[str]:
    faults = []
    for record in records:
        project = projects.get(getattr(record, "project", ""))
        faults += faults_of(record, () if project is None else project.controls)
    return faults


def _poll(warehouse: Warehouse, source: LiveSource, *, sweep: bool | None = True) -> PollResult:
    return poll(warehouse, Task("contract", "contract", source, sweep=sweep))


def _rows(warehouse: Warehouse) -> int:
    """Count the submitted and skipped annotations that are not deleted."""
    (source_id,) = warehouse.sources()
    return sum(counts.rows for counts in warehouse.live_counts(source_id).values())
