from io import BytesIO

import pytest

from labelpulse.core.errors import FileRefused
from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    ItemRecord,
    PersonRecord,
    ProjectRecord,
    Status,
)
from labelpulse.ingest.stage import Stage, Summary, Tally
from labelpulse.ingest.stage import stage as stages

DAY = 86_400_000_000
PROJECT = ProjectRecord("P", "P")


def annotation(n, *, item=None, label="x", gold=None, **more):
    more.setdefault("submitted_at", (n + 1) * DAY)
    return AnnotationRecord(
        project="P",
        item=item or f"i{n}",
        native_id=str(n),
        annotator=more.pop("annotator", "ann"),
        answers=(("c", label),),
        gold=() if gold is None else (("c", gold),),
        **more,
    )


def staged(*records, labels=None):
    stage = Stage(labels)
    stage.fill([PROJECT, *records])
    return stage


def test_everything_comes_back_in_order_in_batches_of_the_size_asked():
    records = [annotation(n) if n % 5 else BadRecord("f", str(n), "r", "d") for n in range(2_345)]
    with staged(*records) as stage:
        summary = stage.summary
        assert (summary.read, summary.good, summary.bad) == (2_345, 1_876, 469)
        assert summary.project == PROJECT
        batches = list(stage.batches(500))
    assert [len(one.annotations) + len(one.bad) for one in batches] == [500, 500, 500, 500, 345]
    back = [row for one in batches for row in one.annotations]
    assert back == [one for one in records if isinstance(one, AnnotationRecord)]


def test_items_alone_are_a_batch_too():
    with staged(ItemRecord("P", "i1")) as stage:
        (batch,) = stage.batches(10)
        assert batch.items == (ItemRecord("P", "i1"),)


@pytest.mark.parametrize(("n", "flagged"), [(19, ()), (20, ("submitted_at",))])
def test_a_time_that_is_the_same_on_20_rows_is_unknown(n, flagged):
    with staged(*(annotation(k, submitted_at=DAY) for k in range(n))) as stage:
        assert stage.summary.constant == flagged
        (batch,) = stage.batches(100)
        assert {one.submitted_at for one in batch.annotations} == {None if flagged else DAY}


def test_one_other_or_unknown_time_makes_a_column_real():
    same = [annotation(n, submitted_at=DAY) for n in range(30)]
    for odd in (annotation(99, submitted_at=2 * DAY), annotation(99, submitted_at=None)):
        with staged(*same, odd) as stage:
            assert stage.summary.constant == ()


def test_columns_are_judged_apart_and_drafts_do_not_spoil_it():
    rows = [annotation(n, updated_at=DAY) for n in range(25)]
    with staged(*rows) as stage:
        assert stage.summary.constant == ("updated_at",)
        (batch,) = stage.batches(100)
        assert batch.annotations[3].updated_at is None
        assert batch.annotations[3].submitted_at == 4 * DAY
    drafts = [annotation(n, submitted_at=None, status=Status.DRAFT) for n in range(5)]
    same = [annotation(n + 10, submitted_at=DAY) for n in range(25)]
    with staged(*drafts, *same) as stage:
        assert stage.summary.constant == ("submitted_at",)


def test_what_is_deleted_keeps_a_constant_time_as_the_sign_that_it_was_submitted():
    rows = [annotation(n, submitted_at=DAY, deleted=n == 3) for n in range(25)]
    with staged(*rows) as stage:
        (batch,) = stage.batches(100)
        assert [one.submitted_at for one in batch.annotations[2:5]] == [None, DAY, None]


def test_no_time_at_all_is_no_constant_time():
    with staged(*(annotation(n, submitted_at=None) for n in range(30))) as stage:
        assert stage.summary.constant == ()


def test_labels_beyond_those_declared_are_noted():
    rows = [annotation(0), annotation(1, label="z"), annotation(2, label=["x", "q"])]
    with staged(*rows, labels=("x", "y")) as stage:
        assert list(stage.summary.strange) == ["z", "q"]


def test_a_tally_counts_what_a_first_look_tells():
    rows = [
        annotation(0, item="i1", annotator="ann", gold_flag=True),
        annotation(1, item="i1", annotator="bob"),
        annotation(2, item="i2", annotator="ann"),
        annotation(3, item="i3", annotator="cid", status=Status.SKIPPED),
        annotation(4, item="i4", annotator="cid", status=Status.DRAFT),
        ItemRecord("P", "i5"),
        BadRecord("f", "1", "r", "d"),
    ]
    with Tally() as tally:
        found = tally.count([PROJECT, *rows]).found("P")
        assert tally.bad == 1
    assert (found.items, found.annotations, found.annotators) == (5, 4, 3)
    assert (found.first, found.last) == (DAY, 4 * DAY)
    assert (found.share_two, dict(found.gold_candidates)) == (0.5, {"flag": 1})
    assert found.controls == ("c",)


def test_a_tally_of_nothing():
    with Tally() as tally:
        found = tally.count([]).found("P")
    assert (found.items, found.annotations, found.share_two, found.first) == (0, 0, None, None)


def test_what_no_database_can_keep_is_set_aside_here():
    half, nul = "a\ud800", "a\0b"
    rows = [
        annotation(1, label=half, location="line 1"),
        annotation(2, item=nul, location="line 2"),
        annotation(3, label="\U0001f600 ü \\u0000"),
        ItemRecord("P", half),
        PersonRecord("7", name=nul),
        BadRecord("f", half, "r", "d", excerpt=nul),
    ]
    with staged(*rows) as stage:
        assert (stage.summary.good, stage.summary.bad) == (1, 4)
        (batch,) = stage.batches(10)
    assert [(one.record, one.reason) for one in batch.bad] == [
        ("line 1", "bad_encoding"),
        ("line 2", "nul"),
        ("an item", "bad_encoding"),
        ("a\ufffd", "r"),
    ]
    assert batch.bad[-1].excerpt == "a\ufffdb"
    assert (batch.annotations, batch.people) == ((rows[2],), ())


def test_few_records_are_a_batch_where_they_are_long(monkeypatch):
    monkeypatch.setattr(stages, "BATCH_BYTES", 10_000)
    with staged(*(annotation(n, label="x" * 4_000) for n in range(7))) as stage:
        assert [len(one.annotations) for one in stage.batches(100)] == [3, 3, 1]


@pytest.mark.parametrize(
    "line",
    [b"[99]", b'{"a": 1}', b"[0, 1]", b"\x80\x04N.", b"cos\nsystem\n(S'true'\ntR.", b'[0,"a"'],
)
def test_a_stage_of_another_writer_is_refused_and_runs_nothing(line):
    with Stage(file=BytesIO(line + b"\n"), summary=Summary()) as stage, pytest.raises(FileRefused):
        list(stage.batches(10))
