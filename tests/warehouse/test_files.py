"""Files: any order and any repetition of (revision, digest) give the same warehouse.

What it must hold of each annotation is worked out here a second time, from all its revisions at
once.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from labelpulse.core.events import AnnotationRecord, Batch, Status, digest
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.warehouse.store import Warehouse
from tests.warehouse import harness

PROJECT, SECOND = "p1", 1_000_000
NOON = 1_772_366_400 * SECOND

answers = st.one_of(
    st.just(()),
    st.sampled_from(["a", "b"]).map(lambda one: (("sentiment", one),)),
    st.tuples(st.just(("sentiment", "a")), st.just(("topics", ["x", "y"]))),
)
works = st.builds(
    AnnotationRecord,
    project=st.just(PROJECT),
    item=st.sampled_from(["i1", "i2"]),
    native_id=st.just(""),
    annotator=st.sampled_from(["ana", "ana", "bo", None]),
    status=st.sampled_from([Status.SUBMITTED, Status.SUBMITTED, Status.SKIPPED]),
    deleted=st.sampled_from([False, False, False, True]),
    submitted_at=st.sampled_from([None, NOON, NOON + 86_400 * SECOND]),
    updated_at=st.none() | st.integers(NOON, NOON + SECOND),
    time_spent_ms=st.sampled_from([None, 1500]),
    answers=answers,
    gold=st.sampled_from([(), (("sentiment", "a"),)]),
    gold_flag=st.booleans(),
    edited=st.sampled_from([False, False, True]),
    parent_prediction=st.sampled_from([None, None, "prediction-1", "prediction-2"]),
)


@st.composite
def histories(draw: st.DrawFn) -> list[AnnotationRecord]:
    """The revisions of a few annotations; any of them may be a draft."""
    records = []
    for name in ("1", "2", "3"):
        own = draw(st.lists(works, max_size=4))
        numbers = draw(st.lists(st.integers(-3, 90), min_size=len(own), max_size=len(own)))
        for place, (one, number) in enumerate(zip(own, sorted(set(numbers)), strict=False)):
            draft = not one.deleted and (place == 0 or draw(st.booleans())) and draw(st.booleans())
            status = Status.SUBMITTED if one.deleted else one.status  # a file says but "deleted"
            status = Status.DRAFT if draft else status
            who = one.annotator and f"{one.annotator} {name}"  # may differ between revisions
            named: dict[str, Any] = {
                "native_id": name,
                "annotator": who,
                "status": status,
                "revision": number,
            }
            records.append(replace(one, **named))
    return records


# --- the truth of one annotation ---


def expected(records: Sequence[AnnotationRecord]) -> dict[str, Any]:
    """Return what must be held of an annotation after all of its revisions."""
    ranked = sorted(records, key=lambda one: (one.revision, digest(one)))
    newest = ranked[-1]
    done = [one for one in ranked if not one.deleted and one.status != Status.DRAFT]
    reopened = not newest.deleted and newest.status == Status.DRAFT
    content = (done or [newest])[-1] if newest.deleted or reopened else newest
    answered = [one for one in done if one.status == Status.SUBMITTED]
    known = [one.annotator for one in ranked if one.annotator is not None]
    started = [one.parent_prediction for one in ranked if one.parent_prediction is not None]
    times = [one.submitted_at for one in ranked if one.status != Status.DRAFT if one.submitted_at]
    status = Status.DRAFT if reopened else content.status
    if newest.deleted and not done:
        status = (status or Status.SUBMITTED) if times else Status.DRAFT
    return {
        "item": newest.item,
        "author": known[-1] if known else "",
        "parent": started[-1] if started else None,
        "status": int(status),
        "deleted": newest.deleted,
        "submitted_at": min(times, default=None),
        "updated_at": newest.updated_at,
        "time": content.time_spent_ms,
        "gold_flag": content.gold_flag,
        "edited": any(one.edited for one in done) or len({said(one) for one in done}) > 1,
        "gold": sorted(newest.gold),
        "current": json.loads(said(content)),
        "first": json.loads(said(answered[0] if answered else content)),
        "last": json.loads(said(done[-1] if done else content)),
    }


def said(record: AnnotationRecord) -> str:
    """Return a record's answers as one comparable text."""
    return json.dumps(dict(record.answers), sort_keys=True)


# --- what is held ---


def held(engine: Engine) -> dict[str, dict[str, Any]]:
    """Return what the tables hold, by native id, in names."""
    query = text(
        "SELECT k.native_id AS name, i.native_id AS item, w.native_id AS author, "
        "CASE WHEN a.reopened AND a.deleted_at IS NULL THEN 0 ELSE a.status END AS status, "
        "a.deleted_at, a.submitted_at, a.updated_at, a.time_spent_ms, a.gold_flag, a.edited, a.id, "
        "a.parent_prediction "
        "FROM annotation_key k JOIN annotation a ON a.project_id = k.project_id "
        "AND a.id = k.annotation_id JOIN item i ON i.project_id = a.project_id "
        "AND i.id = a.item_id JOIN annotator_identity w ON w.annotator_id = a.annotator_id"
    )
    with engine.connect() as conn:
        return {row.name: _held(conn, row) for row in conn.execute(query)}


def _held(conn: Any, row: Any) -> dict[str, Any]:
    current = _answers(conn, row.id, 0)
    first, last = _answers(conn, row.id, 1), _answers(conn, row.id, 2)
    gold = text(
        "SELECT c.name, l.text FROM gold g JOIN control c ON c.id = g.control_id "
        "JOIN label l ON l.id = g.label_id WHERE g.annotation_id = :id"
    )
    return {
        "item": row.item,
        "author": row.author,
        "parent": row.parent_prediction,
        "status": row.status,
        "deleted": row.deleted_at is not None,
        "submitted_at": row.submitted_at,
        "updated_at": row.updated_at,
        "time": row.time_spent_ms,
        "gold_flag": bool(row.gold_flag),
        "edited": bool(row.edited),
        "gold": sorted((one[0], one[1]) for one in conn.execute(gold, {"id": row.id})),
        "current": current or {},
        "first": current or {} if first is None else first,
        "last": current or {} if last is None else last,
    }


def _answers(conn: Any, annotation_id: int, version: int) -> dict[str, Any] | None:
    query = text(
        "SELECT c.name, l.text, n.value FROM answer n LEFT JOIN control c ON c.id = n.control_id "
        "LEFT JOIN label l ON l.id = n.label_id WHERE n.annotation_id = :id AND n.version = :v"
    )
    rows = conn.execute(query, {"id": annotation_id, "v": version}).all()
    if not rows:
        return None
    return {row[0]: json.loads(row[1]) if row[1][0] == "[" else row[1] for row in rows if row[0]}


def logged(engine: Engine) -> set[tuple[str, int]]:
    """Return (native id, digest) of revisions that are not the present one."""
    query = text(
        "SELECT k.native_id, r.digest FROM annotation_revision r JOIN annotation_key k "
        "ON k.annotation_id = r.annotation_id JOIN annotation a ON a.id = r.annotation_id "
        "WHERE r.digest <> a.digest"
    )
    with engine.connect() as conn:
        return {(row[0], row[1]) for row in conn.execute(query)}


# --- loading ---


@dataclass
class Library:
    """A warehouse into which files are loaded."""

    engine: Engine

    def __post_init__(self) -> None:
        self.warehouse = Warehouse(self.engine, ROLLUPS)
        self.source_id = self.warehouse.source("import:p1", "import")

    def load(self, *batches: Sequence[AnnotationRecord]) -> list[Any]:
        """Load one file in batches; return what each did."""
        with self.warehouse.lease(self.source_id) as lease:
            run_id = self.warehouse.start_run(lease, "import")
            done = [
                self.warehouse.write(
                    *(lease, run_id, Batch(annotations=tuple(batch))),
                    live=False,
                    observed_at=NOON + 10**12,
                )
                for batch in batches
            ]
            for project_id in self.warehouse.projects(self.source_id).values():
                self.warehouse.apply_rules(lease, project_id)
            self.warehouse.finish_run(lease, run_id, "ok")
        return done

    def wrong(self) -> list[Any]:
        """Return sums that are no recomputation."""
        ids = self.warehouse.projects(self.source_id).values()
        return [one for project_id in ids for one in self.warehouse.verify(project_id)]

    def version(self) -> int:
        """Return the project's data version."""
        with self.engine.connect() as conn:
            return int(conn.scalar(text("SELECT data_version FROM project")))


@pytest.fixture
def library(engine: Engine) -> Library:
    return Library(engine)


def shuffled(data: st.DataObject, records: list[AnnotationRecord]) -> list[list[Any]]:
    """Return the records in some order, some of them twice, cut into files of batches."""
    twice = data.draw(st.lists(st.sampled_from(records), max_size=3)) if records else []
    order = data.draw(st.permutations([*records, *twice]))
    files: list[list[Any]] = [[[]]]
    for record in order:
        cut = data.draw(st.sampled_from(["", "", "batch", "file"]))
        if cut == "file":
            files.append([[]])
        elif cut == "batch":
            files[-1].append([])
        files[-1][-1].append(record)
    return files


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(records=histories(), data=st.data())
def test_any_order_gives_the_same_warehouse(
    template: Path, tmp_path: Path, records: list[AnnotationRecord], data: st.DataObject
) -> None:
    one = Library(harness.fresh_sqlite(template, tmp_path / "one.db"))
    other = Library(harness.fresh_sqlite(template, tmp_path / "other.db"))
    one.load(sorted(records, key=lambda record: record.revision or 0))
    for batches in shuffled(data, records):
        other.load(*batches)
    names = {record.native_id for record in records}
    wanted = {
        name: expected([record for record in records if record.native_id == name]) for name in names
    }
    assert held(one.engine) == wanted
    assert held(other.engine) == wanted
    assert harness.stored(one.engine, PROJECT) == harness.stored(other.engine, PROJECT)
    assert logged(one.engine) == logged(other.engine)
    assert one.wrong() == other.wrong() == []
    for library in (one, other):
        library.engine.dispose()


def record(revision: int | None = None, label: str = "a", **more: Any) -> AnnotationRecord:
    """Return a revision of annotation 1."""
    named = {"annotator": "ana", "submitted_at": NOON, **more}
    said = (("sentiment", label),)
    return AnnotationRecord(PROJECT, "i1", "1", revision=revision, answers=said, **named)


def test_of_one_revision_the_greatest_digest_wins(library: Library, engine: Engine) -> None:
    one, other = sorted((record(7, "a"), record(7, "b")), key=digest)
    for order in ((one, other), (other, one), (one, other)):
        for single in order:
            library.load([single])
        now = held(engine)["1"]
        assert now["current"] == now["first"] == now["last"] == dict(other.answers)
    assert library.wrong() == []


def test_inside_a_file_a_later_row_of_the_same_revision_wins(
    library: Library, engine: Engine
) -> None:
    one, other = sorted((record(7, "a"), record(7, "b")), key=digest)
    library.load([one], [other, one])
    assert held(engine)["1"]["current"] == dict(one.answers)


def test_without_a_revision_the_later_read_wins(library: Library, engine: Engine) -> None:
    for label in ("a", "b", "a", "c"):
        library.load([record(None, label)])
        assert held(engine)["1"]["last"] == {"sentiment": label}
    now = held(engine)["1"]
    assert (now["first"], now["edited"]) == ({"sentiment": "a"}, True)
    assert harness.submitted(engine) == 1
    assert library.wrong() == []


def test_a_reading_that_changes_nothing_writes_nothing(library: Library) -> None:
    history = [record(1, "a"), record(2, "b"), record(3, "c", deleted=True)]
    library.load(history)
    before = library.version()
    for batch in (history, history[::-1], history[:1]):
        (done,) = library.load(batch)
        assert (done.loaded, done.unchanged) == (0, len(batch))
    assert library.version() == before


def test_work_first_seen_as_deleted_counts_where_its_time_is_known(
    library: Library, engine: Engine
) -> None:
    library.load([record(9, "a", deleted=True)])
    assert harness.submitted(engine) == 1
    unknown = replace(record(9, "a", deleted=True, submitted_at=None), native_id="2")
    library.load([unknown])
    assert harness.submitted(engine) == 1
    assert "label_counts" not in {
        name for name, sums in harness.stored(engine, PROJECT).items() if sums
    }


def test_gold_values_that_conflict_give_no_gold_and_keep_the_answers(
    library: Library, engine: Engine
) -> None:
    with library.warehouse.lease(library.source_id) as lease:
        run_id = library.warehouse.start_run(lease, "import")
        library.warehouse.write(lease, run_id, Batch(), live=False)
    rows = [
        replace(record(1, "a", annotator=who), native_id=who, gold=(("sentiment", gold),))
        for who, gold in (("ana", "a"), ("bo", "a"))
    ]
    library.load(rows)
    with library.warehouse.lease(library.source_id) as lease:
        project_id = library.warehouse.projects(library.source_id)[PROJECT]
        library.warehouse.settings(lease, project_id, "import", {"gold": "column"})
        library.warehouse.apply_rules(lease, project_id)
    assert sum(n for (n,) in harness.stored(engine, PROJECT)["gold_confusion"].values()) == 2
    torn = replace(record(1, "b", annotator="cy"), native_id="cy", gold=(("sentiment", "b"),))
    library.load([torn])
    sums = harness.stored(engine, PROJECT)
    assert sums["gold_confusion"] == {}
    assert sum(n for (n,) in sums["label_counts"].values()) == 3
    library.load([replace(torn, revision=2, gold=())])
    assert sum(n for (n,) in harness.stored(engine, PROJECT)["gold_confusion"].values()) == 3
    assert library.wrong() == []
