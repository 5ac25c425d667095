"""What every live source has to keep, as a class of tests to inherit from."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from labelpulse.core.errors import ConfigError, SourceError
from labelpulse.core.events import (
    AnnotationRecord,
    Batch,
    ItemRecord,
    PredictionRecord,
    ProjectRecord,
    Seen,
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
from labelpulse.testing.records import faults_of
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.store import Warehouse
from labelpulse.warehouse.versions import upgrade

Change = Callable[[], object]


class LiveSourceContract:
    """Tests of a live source on a small but telling sample of its tool.

    Give the fixture `source`: the collector, not yet opened, over a tool with at least one
    submitted annotation. Where the sample can be changed, give `add` (submits one more annotation
    in the tool) and `remove` (deletes one there), and the tests of changes run too.
    """

    @pytest.fixture
    def source(self) -> LiveSource:
        """Return the collector under test, made by its `from_access`."""
        raise NotImplementedError("give the fixture `source`")

    @pytest.fixture
    def add(self) -> Change | None:
        """Return what submits one more annotation in the tool; None = cannot be tried."""
        return None

    @pytest.fixture
    def remove(self) -> Change | None:
        """Return what deletes one annotation in the tool; None = cannot be tried."""
        return None

    @pytest.fixture
    def warehouse(self, tmp_path: Path) -> Iterator[Warehouse]:
        """Yield an empty warehouse on SQLite."""
        engine = connect(f"sqlite:///{tmp_path / 'contract-warehouse.db'}")
        upgrade(engine)
        yield Warehouse(engine, ROLLUPS)
        engine.dispose()

    # --- what it says of itself ---

    def test_an_address_is_recognised_without_a_fault(self, source: LiveSource) -> None:
        """Anything may be asked of `detects`, and nothing is made by asking."""
        for target in ("", "no such place", "sqlite:////no/such/file", "https://[::1"):
            assert _tool(source).detects(target) in (True, False)

    def test_what_cannot_be_reached_is_told_in_words(self, source: LiveSource) -> None:
        """A wrong address is an error of ours, and it does not tell the password."""
        kind = _tool(source)
        for url in ("", "postgresql://reader:hush-hush@127.0.0.1:9/none", "sqlite:////no/such/f"):
            with pytest.raises((ConfigError, SourceError)) as caught:
                kind.from_access(Access("contract", url)).open()
            assert "hush-hush" not in str(caught.value)

    def test_it_opens_with_its_projects(self, source: LiveSource) -> None:
        """Projects and people are said once each, in records without a fault."""
        opening = source.open()
        assert opening.projects, "the sample holds no project"
        assert type(opening.now) is int
        for records in (opening.projects, opening.people):
            ids = [one.native_id for one in records]
            assert len(set(ids)) == len(ids), "an id is said twice"
        assert not _faults([*opening.projects, *opening.people], {})
        known = (ITEMS, PREDICTIONS, ANNOTATIONS, DRAFTS)
        assert list(source.streams) == [one for one in known if one in source.streams]
        assert ANNOTATIONS in source.streams
        source.close()

    def test_a_first_look_tells_of_the_same_projects(self, source: LiveSource) -> None:
        """What init prints is what is polled."""
        found = source.look()
        source.close()
        opening = source.open()
        source.close()
        assert found.tool
        assert sorted(one.title for one in found.projects) == sorted(
            one.title for one in opening.projects
        )

    def test_it_cannot_write(self, source: LiveSource) -> None:
        """Where it offers a proof, a write through its own way in is refused."""
        prove = getattr(source, "refuses_writing", None)
        if prove is None:
            pytest.skip("this source offers no proof")
        source.open()
        assert prove() is True
        source.close()

    # --- scanning ---

    def test_a_scan_ends_and_meets_everything_once(self, source: LiveSource) -> None:
        """Only the last page of a scan is the last, and nothing is met twice."""
        opening = source.open()
        projects = {one.native_id for one in opening.projects}
        for stream in source.streams:
            pages = list(source.full(stream, None))
            assert [one.last for one in pages] == [False] * (len(pages) - 1) + [True]
            seen = _seen(pages)
            keys = [(one.project, one.native_id, one.unique) for one in seen]
            assert len(set(keys)) == len(keys), f"{stream}: met twice"
            assert {one.project for one in seen} <= projects
            assert all(_is_json(one.position) for one in pages)
        assert _seen(list(source.full(ANNOTATIONS, None))), "the sample holds no annotation"
        source.close()

    def test_a_second_scan_meets_the_same(self, source: LiveSource) -> None:
        """Fingerprints change with rows alone, also over a new connection."""
        first = {stream: _of(source, stream) for stream in _opened(source)}
        source.close()
        assert {stream: _of(source, stream) for stream in _opened(source)} == first
        source.close()

    def test_a_scan_that_broke_off_goes_on(self, source: LiveSource) -> None:
        """Behind a page's position comes exactly what the pages before it lack."""
        for stream in _opened(source):
            pages = list(source.full(stream, None))
            for at, page in enumerate(pages[:-1]):
                rest = _seen(list(source.full(stream, json.loads(json.dumps(page.position)))))
                assert {*_seen(pages[: at + 1]), *rest} == set(_seen(pages))
        source.close()

    def test_what_was_met_can_be_fetched(self, source: LiveSource) -> None:
        """Every record is as it was met, and without a fault; an id that is gone is left out."""
        projects = {one.native_id: one for one in source.open().projects}
        for stream in source.streams:
            seen = _seen(list(source.full(stream, None)))
            batch = source.fetch(stream, [one.native_id for one in seen])
            projects |= {one.native_id: one for one in batch.projects}
            records = _records(stream, batch)
            bad = [one for one in batch.bad if stream == ANNOTATIONS]
            assert not _faults([*records, *batch.items, *batch.bad], projects)
            assert len(records) + len(bad) == len(seen), f"{stream}: something was not fetched"
            met = {(one.native_id, one.project): one.fingerprint for one in seen}
            assert all(met[one.native_id, one.project] == one.fingerprint for one in records)
            assert source.fetch(stream, []) == Batch()
        source.close()

    def test_counts_are_those_of_the_records(self, source: LiveSource) -> None:
        """What the source counts is what a poll brings, so that a gap means a loss."""
        source.open()
        seen = _seen(list(source.full(ANNOTATIONS, None)))
        batch = source.fetch(ANNOTATIONS, [one.native_id for one in seen])
        here: dict[str, list[int]] = {}
        for one in batch.annotations:
            if one.status != Status.DRAFT and not one.deleted:
                row = here.setdefault(one.project, [0, 0, 0])
                row[0] += 1
                row[1] += one.gold_flag
                row[2] += one.status == Status.SKIPPED
        told = {key: one for key, one in source.counts().items() if one != Counts(0, 0, 0)}
        source.close()
        if not batch.bad:
            assert told == {key: Counts(*row) for key, row in here.items()}

    # --- polling ---

    def test_a_second_poll_brings_nothing(self, source: LiveSource, warehouse: Warehouse) -> None:
        """A poll loads everything, and the next one and a sweep find nothing to do."""
        first = _poll(warehouse, source)
        assert first.loaded > 0
        assert first.gaps == {}
        for sweep in (False, True):
            again = _poll(warehouse, source, sweep=sweep)
            assert (again.loaded, again.deleted, again.gaps) == (0, 0, {})

    def test_what_is_new_comes_with_the_next_poll(
        self, source: LiveSource, warehouse: Warehouse, add: Change | None
    ) -> None:
        """One more annotation in the tool is one more here."""
        if add is None:
            pytest.skip("this contract gives no `add`")
        _poll(warehouse, source)
        before = _rows(warehouse)
        add()
        result = _poll(warehouse, source, sweep=None)
        assert _rows(warehouse) == before + 1
        assert result.gaps == {}

    def test_what_is_deleted_goes_with_a_sweep(
        self, source: LiveSource, warehouse: Warehouse, remove: Change | None
    ) -> None:
        """One annotation less in the tool is one less here, and nothing else changes."""
        if remove is None:
            pytest.skip("this contract gives no `remove`")
        _poll(warehouse, source)
        before = _rows(warehouse)
        remove()
        result = _poll(warehouse, source, sweep=True)
        assert _rows(warehouse) == before - 1
        assert result.gaps == {}


def _tool(source: LiveSource) -> type[Tool]:
    kind: Any = type(source)
    found: type[Tool] = kind
    return found


def _opened(source: LiveSource) -> Sequence[str]:
    source.open()
    return source.streams


def _of(source: LiveSource, stream: str) -> set[Seen]:
    return set(_seen(list(source.full(stream, None))))


def _seen(pages: Sequence[Page]) -> list[Seen]:
    return [one for page in pages for one in page.seen]


def _is_json(position: Any) -> bool:
    return bool(json.loads(json.dumps(position)) == position)


def _records(
    stream: str, batch: Batch
) -> Sequence[ItemRecord | PredictionRecord | AnnotationRecord]:
    if stream == ITEMS:
        return batch.items
    return batch.predictions if stream == PREDICTIONS else batch.annotations


def _faults(records: Sequence[Any], projects: dict[str, ProjectRecord]) -> list[str]:
    found = []
    for one in records:
        project = projects.get(getattr(one, "project", ""))
        found += faults_of(one, () if project is None else project.controls)
    return found


def _poll(warehouse: Warehouse, source: LiveSource, *, sweep: bool | None = True) -> PollResult:
    return poll(warehouse, Task("contract", "contract", source, sweep=sweep))


def _rows(warehouse: Warehouse) -> int:
    """Annotations that are submitted or skipped, and there."""
    (source_id,) = warehouse.sources()
    return sum(one.rows for one in warehouse.live_counts(source_id).values())
