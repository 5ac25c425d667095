import json
import os
from collections import Counter
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from labelpulse import schema
from labelpulse.config import load_settings
from labelpulse.core.errors import FileRefused, LeaseHeld, UsageError
from labelpulse.ingest import import_file, importer
from labelpulse.ingest.child import FileReader
from labelpulse.ingest.import_settings import ImportFlags
from labelpulse.reader import MetricQuery, Scope, read
from labelpulse.warehouse.settings import effective, stored
from tests.ingest.importing import asides, copy_of, held, load, make, table


def row(n=0, **more):
    return {
        "item": f"i{n}",
        "annotator": "ann",
        "label": "x",
        "submitted_at": f"2024-03-04T09:{n % 60:02d}:00Z",
        **more,
    }


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "empty.db"
    make(f"sqlite:///{path}").engine.dispose()
    return path


@pytest.fixture
def warehouse(template, tmp_path):
    return copy_of(template, tmp_path / "w.db")


def counts(result):
    return (result.read, result.loaded, result.unchanged, result.quarantined)


DRAFTED = [(1, "submitted"), (2, "draft")]


def asked(warehouse, metric):
    (found,) = read(warehouse.engine, MetricQuery(metric), Scope(names=True, key=b"k")).rows
    return found["value"]


def kept(warehouse, project_id=1):
    with warehouse.engine.connect() as conn:
        return stored(conn, project_id, "import")


def test_a_file_loads_on_either_database(database_url, tmp_path):
    warehouse = make(database_url)
    path = table(tmp_path / "t.csv", [row(n, gold="x" if n % 2 else "") for n in range(30)])
    result = load(warehouse, path)
    assert counts(result) == (30, 30, 0, 0)
    assert (result.files, result.warnings) == (1, [])
    assert len(held(warehouse)) == 30
    assert kept(warehouse)["gold"] == "column"
    assert warehouse.verify(1) == []


def test_the_same_again_is_skipped_and_other_options_are_read_again(warehouse, tmp_path):
    path = table(tmp_path / "t.csv", [row(n) for n in range(30)])
    load(warehouse, path)
    renamed = path.rename(tmp_path / "u.csv")
    assert counts(load(warehouse, renamed)) == (30, 0, 30, 0)
    assert counts(load(warehouse, renamed, timezone="Asia/Tokyo")) == (30, 0, 30, 0)
    with warehouse.engine.connect() as conn:
        assert conn.scalar(select(func.count()).select_from(schema.run)) == 2
    assert counts(load(warehouse, renamed, source="other")) == (30, 30, 0, 0)
    assert counts(load(warehouse, renamed, project="Q")) == (30, 30, 0, 0)
    assert Counter(warehouse.sources().values()) == Counter(["import:P", "other", "import:Q"])


def test_a_file_that_goes_back_is_known_and_an_empty_line_makes_it_another(warehouse, tmp_path):
    path = tmp_path / "t.csv"

    def say(label, end=""):
        path.write_text(f"item,annotator,label\ni1,ann,{label}\n{end}")
        load(warehouse, path)
        (one,) = held(warehouse).values()
        return one["answers"][0, "label"]

    assert [say("a"), say("b"), say("a"), say("a", "\n")] == ["a", "b", "b", "a"]


def test_one_source_keeps_equal_rows_of_two_projects_apart(warehouse, tmp_path):
    path = table(tmp_path / "t.csv", [row(n) for n in range(3)])
    for project in "PQ":
        assert counts(load(warehouse, path, source="vendor", project=project)) == (3, 3, 0, 0)


def test_nothing_changes_when_a_file_is_read_again(warehouse, tmp_path):
    rows = [row(n, gold="x", status="accepted", time_spent="2") for n in range(30)]
    load(warehouse, table(tmp_path / "t.csv", rows))
    before = held(warehouse), _version(warehouse)
    again = table(tmp_path / "again.csv", [*rows, row(99)])
    assert counts(load(warehouse, again)) == (31, 1, 30, 0)
    third = table(tmp_path / "third.csv", rows[::-1])
    version = _version(warehouse)
    assert counts(load(warehouse, third)) == (30, 0, 30, 0)
    assert _version(warehouse) == version > before[1]
    assert {key: held(warehouse)[key] for key in before[0]} == before[0]


def _version(warehouse):
    with warehouse.engine.connect() as conn:
        return conn.scalar(select(schema.project.c.data_version))


def test_bad_records_are_set_aside_and_the_good_ones_load(warehouse, tmp_path):
    rows = [row(n, status="perhaps" if n in (3, 7) else "") for n in range(10)]
    result = load(warehouse, table(tmp_path / "t.csv", rows))
    assert counts(result) == (10, 8, 0, 2)
    assert asides(warehouse) == [
        ("t.csv", "line 5", "unknown_status"),
        ("t.csv", "line 9", "unknown_status"),
    ]
    assert [one.record for one in result.first_bad] == ["line 5", "line 9"]


@pytest.mark.parametrize(
    ("content", "error", "told"),
    [
        ("", FileRefused, "t.csv is empty"),
        ("item,annotator,label\n", FileRefused, "t.csv holds no records"),
        ("item,annotator,label\n,a,x\n,b,y\n", FileRefused, "nothing in its 2 records"),
        ("unit,annotator,label\n1,a,x\n", UsageError, "no column 'item'"),
        ("\0\1\2", FileRefused, "no text file"),
    ],
)
def test_a_file_with_nothing_good_in_it_leaves_nothing(warehouse, tmp_path, content, error, told):
    path = tmp_path / "t.csv"
    path.write_text(content)
    with pytest.raises(error, match=told):
        load(warehouse, path)
    assert warehouse.sources() == {}


def test_what_is_no_file_is_refused(warehouse, tmp_path):
    with pytest.raises(FileRefused, match="there is no file"):
        load(warehouse, tmp_path / "none.csv", format="csv")
    with pytest.raises(FileRefused, match="is a folder, and csv"):
        load(warehouse, tmp_path, format="csv")
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(FileRefused, match="no regular file"):
        load(warehouse, tmp_path / "pipe.csv", format="csv")
    picture = tmp_path / "p.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\nrest")
    with pytest.raises(FileRefused, match="in no format that is known"):
        load(warehouse, picture)


def test_one_refused_file_does_not_keep_others_out(warehouse, tmp_path):
    good = table(tmp_path / "good.csv", [row(n) for n in range(3)])
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    result = load(warehouse, good, empty)
    assert (counts(result), result.files) == ((3, 3, 0, 0), 1)
    assert [str(one) for one in result.failed] == ["empty.csv is empty: export it again"]


def test_a_file_that_changes_while_it_is_read_is_refused(warehouse, tmp_path, monkeypatch):
    path = table(tmp_path / "t.csv", [row(n) for n in range(3)])
    read = FileReader.read

    def meanwhile(self, *args):
        stage = read(self, *args)
        with path.open("a") as file:
            file.write("i9,ann,x,\n")
        return stage

    monkeypatch.setattr(FileReader, "read", meanwhile)
    with pytest.raises(FileRefused, match="changed while it was read"):
        load(warehouse, path)
    assert warehouse.sources() == {}


def test_a_load_that_fails_is_a_failed_run_and_can_be_repeated(warehouse, tmp_path, monkeypatch):
    path = table(tmp_path / "t.csv", [row(n) for n in range(30)])
    monkeypatch.setattr(import_file, "BATCH", 10)
    write, calls = warehouse.write, []

    def failing(*args, **more):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("the disk is full")
        return write(*args, **more)

    warehouse.write = failing
    with pytest.raises(RuntimeError):
        load(warehouse, path)
    assert len(held(warehouse)) == 10
    assert counts(load(warehouse, path)) == (30, 20, 10, 0)
    with warehouse.engine.connect() as conn:
        assert conn.scalars(select(schema.run.c.state)).all() == ["failed", "ok"]
    assert warehouse.verify(1) == []


def test_another_importer_is_waited_for_and_then_named(warehouse, tmp_path, monkeypatch):
    monkeypatch.setattr(import_file, "TTL_S", -1.0)  # wait no time at all
    path = table(tmp_path / "t.csv", [row()])
    with (
        warehouse.lease(warehouse.source("import:P", "import")),
        pytest.raises(LeaseHeld, match="'import:P'"),
    ):
        load(warehouse, path)


def test_conflicting_gold_warns_with_the_item_and_keeps_the_answers(warehouse, tmp_path):
    rows = [row(1, gold="x"), row(1, annotator="bob", gold="y"), row(2, gold="x")]
    result = load(warehouse, table(tmp_path / "t.csv", rows))
    assert counts(result) == (3, 3, 0, 0)
    (warning,) = result.warnings
    assert "'i1'" in warning
    assert "'i2'" not in warning


@pytest.mark.parametrize("turned", [False, True])
def test_only_the_newest_known_answer_of_a_row_can_conflict(warehouse, tmp_path, turned):
    said = [("a", "1", "x"), ("a", "2", "y"), ("b", "1", "y"), ("c", "1", "z"), ("c", "2", "")]
    rows = [row(annotation_id=n, revision=revision, gold=gold) for n, revision, gold in said]
    result = load(warehouse, table(tmp_path / "t.csv", rows[::-1] if turned else rows))
    assert result.warnings == []


def test_known_answers_that_conflict_between_two_files_are_named(warehouse, tmp_path):
    assert load(warehouse, table(tmp_path / "t.csv", [row(1, gold="x")])).warnings == []
    later = table(tmp_path / "u.csv", [row(1, annotator="bob", gold="y"), row(2, gold="x")])
    (warning,) = load(warehouse, later).warnings
    assert "'i1'" in warning
    assert "'i2'" not in warning


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_of_several_revisions_in_a_file_one_is_loaded(warehouse, tmp_path, order):
    rows = [row(annotation_id="a", revision=str(n), label=f"l{n}") for n in order]
    assert counts(load(warehouse, table(tmp_path / "t.csv", rows))) == (3, 1, 2, 0)
    (one,) = held(warehouse).values()
    assert one["revision"] == 3


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("first", ["submitted", "skipped"])
def test_work_that_became_a_draft_and_was_deleted_stays_done(warehouse, tmp_path, order, first):
    rows = [
        row(annotation_id="a", revision=str(n), status=status, label="" if n else "x")
        for n, status in enumerate([first, "draft", "deleted"])
    ]
    load(warehouse, table(tmp_path / "t.csv", [rows[n] for n in order]))
    assert (asked(warehouse, "annotations_submitted"), asked(warehouse, "annotations_skipped")) == (
        (1, 0) if first == "submitted" else (0, 1)
    )
    assert warehouse.verify(1) == []


def test_a_submission_that_became_a_draft_again_is_none(warehouse, tmp_path):
    rows = [row(annotation_id="a", revision=str(n), status=status) for n, status in DRAFTED]
    load(warehouse, table(tmp_path / "t.csv", rows))
    assert asked(warehouse, "annotations_submitted") == 0
    again = table(tmp_path / "u.csv", [row(annotation_id="a", revision="3", status="submitted")])
    load(warehouse, again)
    assert asked(warehouse, "annotations_submitted") == 1


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_skip_is_no_first_answer(warehouse, tmp_path, order):
    said = [("", "skipped"), ("y", "submitted"), ("x", "submitted")]
    rows = [
        row(annotation_id="a", revision=str(n), label=label, status=status, gold="x")
        for n, (label, status) in enumerate(said)
    ]
    load(warehouse, table(tmp_path / "t.csv", [rows[n] for n in order]))
    assert asked(warehouse, "gold_accuracy") == 0


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_row_without_a_time_does_not_bring_an_older_one_back(warehouse, tmp_path, order):
    said = [("old", "2024-03-04T09:00Z"), ("new", "2024-03-05T09:00Z"), ("mid", "")]
    rows = [row(label=label, submitted_at=at) for label, at in said]
    load(warehouse, table(tmp_path / "t.csv", [rows[n] for n in order]))
    (one,) = held(warehouse).values()
    assert one["answers"][0, "label"] in ("new", "mid")


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize(
    ("dates", "days"),
    [
        (("3/4/2024", "16/4/2024"), ("2024-04-03", "2024-04-16")),
        (("3/4/2024", "4/16/2024"), ("2024-03-04", "2024-04-16")),
        (("3/4/2024", "5/4/2024"), ("2024-03-04", "2024-05-04")),
    ],
    ids=["day first", "month first", "neither"],
)
def test_one_date_with_slashes_tells_how_all_begin(warehouse, tmp_path, form, dates, days):
    rows = [row(n, submitted_at=f"{date} 09:00") for n, date in enumerate(dates)]
    path = table(tmp_path / "t.csv", rows)
    if form == "jsonl":
        path = tmp_path / "t.jsonl"
        path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    assert counts(load(warehouse, path)) == (2, 2, 0, 0)
    query = MetricQuery("annotations_submitted", by=("day",))
    found = read(warehouse.engine, query, Scope(names=True, key=b"k")).rows
    assert tuple(one["day"] for one in found) == days


def test_a_blank_revision_goes_by_the_time(warehouse, tmp_path):
    later, earlier = "2024-03-06T09:00:00Z", "2024-03-05T09:00:00Z"
    rows = [
        row(annotation_id="a", revision="", updated_at=later, label="later"),
        row(annotation_id="a", revision="", updated_at=earlier, label="earlier"),
    ]
    load(warehouse, table(tmp_path / "t.csv", rows))
    (one,) = held(warehouse).values()
    assert "later" in str(one["answers"])


def test_deleted_work_of_a_file_without_real_times_counts_as_submitted(warehouse, tmp_path):
    same = {"submitted_at": "2024-03-04T09:00:00Z"}
    rows = [row(n, status="deleted" if n < 5 else "submitted", **same) for n in range(25)]
    load(warehouse, table(tmp_path / "t.csv", rows))
    assert {one["status"] for one in held(warehouse).values()} == {1}
    assert _flagged(warehouse)


def test_a_time_that_is_always_the_same_counts_as_unknown(warehouse, tmp_path):
    rows = [row(n, submitted_at="2024-03-04T09:00:00Z") for n in range(25)]
    result = load(warehouse, table(tmp_path / "t.csv", rows))
    assert "submitted_at is the same in all 25 records" in result.warnings[0]
    assert {one["submitted_at"] for one in held(warehouse).values()} == {None}
    assert _flagged(warehouse)
    load(warehouse, table(tmp_path / "u.csv", [row(n) for n in range(25)]))
    assert not _flagged(warehouse)


@pytest.mark.parametrize(("n", "flagged"), [(9, False), (10, True)])
def test_a_time_that_is_the_same_in_all_files_counts_as_unknown_too(
    warehouse, tmp_path, n, flagged
):
    same = "2024-03-04T09:00:00Z"
    parts = [[row(k, submitted_at=same) for k in range(a, a + n)] for a in (0, n)]
    files = [table(tmp_path / f"{at}.csv", part) for at, part in enumerate(parts)]
    load(warehouse, *files)
    assert _flagged(warehouse) is flagged
    query = MetricQuery("annotations_submitted", by=("day",))
    (found,) = read(warehouse.engine, query, Scope(names=True, key=b"k")).rows
    assert (found["day"], found["value"]) == ((None, None) if flagged else ("2024-03-04", 2 * n))
    load(warehouse, table(tmp_path / "u.csv", [row(99)]))
    assert not _flagged(warehouse)


def test_one_file_without_times_does_not_hide_the_times_of_others(warehouse, tmp_path):
    timed = table(tmp_path / "u.csv", [row(n) for n in range(25)])
    load(warehouse, timed)
    rows = [row(n, item=f"later{n}", submitted_at="2024-03-09T09:00:00Z") for n in range(25)]
    load(warehouse, table(tmp_path / "t.csv", rows))
    assert not _flagged(warehouse)


def _flagged(warehouse):
    with warehouse.engine.connect() as conn:
        return bool(conn.scalar(select(schema.project.c.constant_time)))


def test_labels_beyond_those_declared_load_with_a_warning(warehouse, tmp_path):
    rows = [row(0), row(1, label="odd")]
    result = load(warehouse, table(tmp_path / "t.csv", rows), labels=("x", "y"))
    assert counts(result) == (2, 2, 0, 0)
    assert "'odd'" in result.warnings[0]


def test_flags_of_earlier_imports_hold_until_others_are_given(warehouse, tmp_path):
    first = table(tmp_path / "a.csv", [row(0, label="b|a")])
    load(warehouse, first, scale="set", labels=("a", "b"), timezone="Asia/Tokyo")
    load(warehouse, table(tmp_path / "b.csv", [row(1, label="a|b", gold="a")]))
    assert {tuple(one["answers"].values()) for one in held(warehouse).values()} == {('["a","b"]',)}
    assert kept(warehouse) == {
        "timezone": "Asia/Tokyo",
        "gold": "column",
        "constant_time": False,
        "controls": {"label": {"scale": "set", "labels": ["a", "b"]}},
    }
    load(warehouse, table(tmp_path / "c.csv", [row(2)]), labels=("a", "b", "c"))
    assert kept(warehouse)["controls"]["label"]["labels"] == ["a", "b", "c"]


def test_the_configuration_beats_flags(warehouse, tmp_path):
    config = tmp_path / "labelpulse.toml"
    config.write_text(
        '[defaults]\ntimezone = "America/Lima"\n'
        '[[projects]]\nsource = "import:P"\ntitle = "P"\ntimezone = "Asia/Kathmandu"\n'
        '[projects.controls.label]\nscale = "set"\n'
        '[[projects]]\nsource = "import:Q"\ntitle = "Q"\n'
    )
    said = load_settings(config, environ={})
    rows = [row(0, label="a|b", submitted_at="2024-03-04 00:00:00")]
    path = table(tmp_path / "t.csv", rows)
    load(warehouse, path, settings=said, timezone="Asia/Tokyo", scale="nominal")
    (only,) = held(warehouse).values()
    assert list(only["answers"].values()) == ['["a","b"]']
    assert only["submitted_at"] == 1_709_489_700_000_000  # midnight in Kathmandu
    with warehouse.engine.connect() as conn:
        assert effective(conn, 1)["timezone"] == "Asia/Kathmandu"
        assert effective(conn, 1)["controls"]["label"]["scale"] == "set"
    load(warehouse, path, settings=said, project="Q")
    other = [one["submitted_at"] for one in held(warehouse).values()]
    assert 1_709_528_400_000_000 in other  # midnight in Lima, the default zone


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ({"columns": {"unit": "x"}}, "--map unit=…: FIELD is one of item"),
        ({"scale": "big"}, "--scale 'big'"),
        ({"timezone": "Mars"}, "unknown time zone 'Mars'"),
        ({"naive_zone": "Mars"}, "unknown time zone 'Mars'"),
        ({"separator": ""}, "--separator"),
        ({"project": "x" * 300}, "--project"),
        ({"format": "word"}, "--format 'word' is not known"),
    ],
)
def test_flags_that_cannot_hold_are_wrong_usage(warehouse, tmp_path, flags, told):
    with pytest.raises(UsageError, match=told):
        load(warehouse, table(tmp_path / "t.csv", [row()]), **flags)


def test_a_polled_source_takes_no_files(warehouse, tmp_path):
    said = load_settings(
        environ={
            "LABELPULSE_SOURCES__STUDIO__TYPE": "label-studio-db",
            "LABELPULSE_SOURCES__STUDIO__URL": "sqlite:////x.db",
        }
    )
    with pytest.raises(UsageError, match="is polled"):
        load(warehouse, table(tmp_path / "t.csv", [row()]), settings=said, source="studio")


def test_equal_ids_under_other_controls_are_annotations_of_their_own(warehouse, tmp_path):
    rows = [row(1, annotation_id="7", control=name, label=name[0]) for name in ("tone", "topic")]
    assert counts(load(warehouse, table(tmp_path / "t.csv", rows))) == (2, 2, 0, 0)
    found = held(warehouse)
    assert set(found) == {("7", "tone"), ("7", "topic")}
    assert found["7", "topic"]["answers"] == {(0, "topic"): "t"}


def test_json_lines_load_like_tables(warehouse, tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps(row(n)) + "\n" for n in range(3)) + '{"item": "half')
    assert counts(load(warehouse, path)) == (4, 3, 0, 1)
    assert asides(warehouse) == [("t.jsonl", "line 4", "bad_json")]


# --- any order, any cut, any repetition: the same warehouse ---

STATUSES = ["submitted", "accepted", "rejected", "skipped", "draft", "deleted"]
REVISIONS = st.lists(
    st.tuples(
        st.integers(0, 2),  # annotation
        st.integers(1, 4),  # revision
        st.sampled_from("xyz"),  # label
        st.sampled_from(STATUSES),
        st.integers(0, 3),  # minute of submission
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda one: one[:2],
)


def _rows(revisions):
    return [
        {
            "annotation_id": str(n),
            "item": f"i{n % 2}",
            "annotator": f"p{n}",
            "label": label,
            "status": status,
            "revision": str(revision),
            "submitted_at": f"2024-03-04T09:0{minute}:00Z",
        }
        for n, revision, label, status, minute in revisions
    ]


@settings(max_examples=8, phases=[Phase.explicit, Phase.generate])
@given(REVISIONS, st.randoms(use_true_random=False))
def test_revisions_come_out_the_same_in_any_order_of_files(template, tmp_path_factory, revs, rng):
    folder = tmp_path_factory.mktemp("order")
    there = []
    for turn in range(2):
        rows = _rows(revs)
        rng.shuffle(rows)
        warehouse = copy_of(template, folder / f"{turn}.db")
        cuts = sorted(rng.sample(range(1, len(rows) + 1), rng.randint(1, min(3, len(rows)))))
        parts = [rows[a:b] for a, b in zip([0, *cuts], [*cuts, len(rows)], strict=True)]
        files = [table(folder / f"{turn}-{n}.csv", one) for n, one in enumerate(parts) if one]
        load(warehouse, *files, *files)
        assert warehouse.verify(1) == []
        there.append(held(warehouse))
        warehouse.engine.dispose()
    assert there[0] == there[1]


def test_a_big_file_goes_through_in_batches(warehouse, tmp_path):
    path = tmp_path / "big.csv"
    with Path(path).open("w") as file:
        file.write("item,annotator,label\n")
        file.writelines(f"i{n // 2},p{n % 2},x\n" for n in range(12_000))
    seen = []
    watch = importer.Watch(progress=lambda what, done, total: seen.append((what, done, total)))
    flags = ImportFlags("P")
    result = importer.import_files(warehouse, load_settings(environ={}), [path], flags, watch)
    assert counts(result) == (12_000, 12_000, 0, 0)
    assert ("loading big.csv", 5_000, 12_000) in seen
    assert ("reading big.csv", 999, 0) in seen  # the project is a record too
