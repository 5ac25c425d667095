"""The collector on a copy of a real doccano database, on both databases."""

import gzip
import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from collectors.doccano import DoccanoDatabase
from labelpulse.core.days import SECOND, now_us, to_us
from labelpulse.core.errors import StopSource
from labelpulse.core.events import Scale, Verdict
from labelpulse.ingest.database import scan
from labelpulse.source import ANNOTATIONS, ITEMS, PREDICTIONS, Access, Counts
from tests.support.doccano import ANN1, ANN2, NEG, POS, PROJECT, SAMPLE, Doccano, stamp
from tests.support.polled import Polled


@pytest.fixture
def tool(database_url: str) -> Iterator[Doccano]:
    made = Doccano(database_url)
    yield made
    made.close()


@pytest.fixture
def source(tool: Doccano) -> Iterator[DoccanoDatabase]:
    made = DoccanoDatabase(tool.url, name="doccano", page=3)
    yield made
    made.close()


@pytest.fixture
def polled(tool: Doccano, tmp_path: Path, empty_warehouse: Path) -> Iterator[Polled]:
    made = Polled(
        tmp_path, empty_warehouse, lambda: DoccanoDatabase(tool.url, name="doccano", page=3)
    )
    made.poll()
    yield made
    made.close()


@pytest.fixture(scope="module")
def sample() -> Iterator[sqlite3.Connection]:
    """The sample, read by nothing of ours."""
    opened = sqlite3.connect(":memory:")
    opened.deserialize(gzip.decompress(SAMPLE.read_bytes()))
    yield opened
    opened.close()


def us(written: str) -> int:
    """A time of the sample: UTC, without a zone."""
    return to_us(datetime.fromisoformat(written).replace(tzinfo=UTC))


# --- the sample ------------------------------------------------------------------------------


def test_the_sample_arrives_whole(polled: Polled, sample: sqlite3.Connection) -> None:
    confirmed = {
        f"{example}:{who}": us(at)
        for example, who, at in sample.execute(
            "SELECT example_id, confirmed_by_id, confirmed_at FROM examples_examplestate"
        )
    }
    labels = {
        f"{example}:{who}": word
        for example, who, word in sample.execute(
            "SELECT a.example_id, a.user_id, t.text FROM labels_category a "
            "JOIN label_types_categorytype t ON t.id = a.label_id"
        )
    }
    assert (len(confirmed), len(labels)) == (9, 10)
    held = polled.held()
    assert set(held) == set(confirmed) | set(labels)
    assert polled.statuses() == {"submitted": 9, "draft": 1}
    for key, at in confirmed.items():
        one = held[key]
        assert f"{one.item}:{one.author}" == key
        assert (one.status, one.submitted_at) == ("submitted", at)
        assert one.answers == {"label": labels[key]}
    assert len(polled.items()) == 5


def test_the_traps_of_the_sample(polled: Polled, sample: sqlite3.Connection) -> None:
    held = polled.held()
    relabeled, taken_back = held[f"1:{ANN1}"], held[f"2:{ANN1}"]
    ((at,),) = sample.execute(
        "SELECT confirmed_at FROM examples_examplestate "
        "WHERE example_id = 1 AND confirmed_by_id = ?",
        (ANN1,),
    ).fetchall()
    # The label is later than the confirmation: the work was submitted then, and edited since.
    assert (relabeled.submitted_at, relabeled.edited) == (us(at), True)
    assert [key for key, one in held.items() if one.edited] == [f"1:{ANN1}"]
    assert (taken_back.status, taken_back.answers) == ("draft", {})


def test_the_project_its_control_and_its_counts(source: DoccanoDatabase) -> None:
    opening = source.open()
    (project,) = opening.projects
    assert (project.title, project.required, project.remarks) == ("demo-cls", None, ())
    (control,) = project.controls
    assert (control.name, control.scale, control.labels) == ("label", Scale.NOMINAL, ("pos", "neg"))
    assert {one.native_id: one.name for one in opening.people} == {
        "1": "admin",
        "2": "ann1",
        "3": "ann2",
    }
    assert source.counts() == {"1": Counts(rows=9, gold=0, skipped=0)}
    assert source.streams == (ITEMS, ANNOTATIONS)


def test_pages_are_of_examples_and_resume_after_a_crash(source: DoccanoDatabase) -> None:
    source.open()
    pages = list(source.full(ANNOTATIONS, None))
    assert [len(page.records) for page in pages] == [6, 4]
    resumed = json.loads(json.dumps(pages[0].position))
    rest = [one for page in source.full(ANNOTATIONS, resumed) for one in page.records]
    assert rest == list(pages[1].records)
    assert len({one.native_id for page in pages for one in page.records}) == 10


# --- what changes ----------------------------------------------------------------------------


def test_a_second_poll_changes_nothing(polled: Polled) -> None:
    before = polled.held()
    done = polled.poll(sweep=True)
    assert (done.loaded, done.deleted, done.gaps) == (0, 0, {})
    assert polled.held() == before


@pytest.mark.parametrize("margin", [0, scan.MARGIN])
def test_a_poll_reads_a_page_of_what_changed_at_a_time(
    tool: Doccano, source: DoccanoDatabase, monkeypatch: pytest.MonkeyPatch, margin: int
) -> None:
    monkeypatch.setattr(scan, "MARGIN", margin)
    source.open()
    position = list(source.full(ANNOTATIONS, None))[-1].position
    for example in (1, 2, 3, 4):
        tool.relabel(example, ANN2, NEG)
    pages = list(source.changes(ANNOTATIONS, position))
    met = {one.native_id.partition(":")[0] for page in pages for one in page.records}
    assert met == ({"1", "2", "3", "4", "5"} if margin else {"1", "2", "3", "4"})
    assert [page.last for page in pages] == [False, True]
    assert pages[0].position == position  # only the last page moves it


def test_to_label_anew_is_an_edit(tool: Doccano, polled: Polled) -> None:
    before = polled.held()[f"3:{ANN2}"]
    tool.relabel(3, ANN2, POS)
    done = polled.poll(sweep=False)
    one = polled.held()[f"3:{ANN2}"]
    assert (done.loaded, before.answers, one.answers) == (1, {"label": "neg"}, {"label": "pos"})
    assert (one.status, one.edited, one.submitted_at) == ("submitted", True, before.submitted_at)


@pytest.mark.usefixtures("no_margin")
def test_a_confirmation_taken_back_is_a_draft_until_it_is_given_again(
    tool: Doccano, polled: Polled
) -> None:
    before = polled.held()[f"4:{ANN1}"]
    tool.take_back(4, ANN1)
    done = polled.poll()
    one = polled.held()[f"4:{ANN1}"]
    assert (done.swept, done.gaps) == (True, {})  # the counts told
    assert (one.status, one.answers) == ("draft", before.answers)  # the work that was done is kept
    tool.confirm(4, ANN1)
    polled.poll(sweep=False)
    one = polled.held()[f"4:{ANN1}"]
    assert (one.status, one.submitted_at, one.edited) == ("submitted", before.submitted_at, False)


def test_a_label_without_a_confirmation_is_a_draft(tool: Doccano, polled: Polled) -> None:
    example = tool.example()
    tool.label("category", example, ANN1, label_id=POS)
    polled.poll(sweep=False)
    assert polled.held()[f"{example}:{ANN1}"].status == "draft"
    now = now_us()
    tool.confirm(example, ANN1, now)
    polled.poll(sweep=False)
    one = polled.held()[f"{example}:{ANN1}"]
    assert (one.status, one.answers, one.submitted_at) == ("submitted", {"label": "pos"}, now)


def test_a_confirmation_without_labels_is_a_submission_without_an_answer(
    tool: Doccano, polled: Polled
) -> None:
    example = tool.example()
    tool.confirm(example, ANN1)
    done = polled.poll()
    one = polled.held()[f"{example}:{ANN1}"]
    assert (one.status, one.answers, done.gaps) == ("submitted", {}, {})


def test_a_deleted_example_goes_with_its_labels(tool: Doccano, polled: Polled) -> None:
    tool.delete(5)
    done = polled.poll()
    assert (done.swept, done.gaps) == (True, {})
    assert "5" not in polled.items()
    assert polled.statuses() == {"submitted": 7, "submitted deleted": 2, "draft": 1}


def test_work_whose_label_goes_while_it_is_read_is_left_for_the_next_time(
    tool: Doccano, source: DoccanoDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = source._labels

    def late(ids: Any) -> Any:
        tool.run("DELETE FROM labels_category WHERE example_id = 3 AND user_id = :who", who=ANN2)
        return read(ids)

    monkeypatch.setattr(source, "_labels", late)
    source.open()
    batch = source.fetch(ANNOTATIONS, [f"3:{ANN1}", f"3:{ANN2}"])
    assert [one.native_id for one in batch.annotations] == [f"3:{ANN1}"]
    (again,) = source.fetch(ANNOTATIONS, [f"3:{ANN2}"]).annotations
    assert again.answers == ()


@pytest.mark.usefixtures("no_margin")
def test_a_label_that_is_only_deleted_is_seen_by_the_sweep(tool: Doccano, polled: Polled) -> None:
    tool.run("DELETE FROM labels_category WHERE example_id = 4 AND user_id = :who", who=ANN2)
    assert polled.poll(sweep=False).loaded == 0  # nothing tells of it
    assert polled.poll(sweep=True).loaded == 1
    one = polled.held()[f"4:{ANN2}"]
    assert (one.status, one.answers) == ("submitted", {})


def test_a_renamed_label_has_its_project_read_again(tool: Doccano, polled: Polled) -> None:
    tool.run("UPDATE label_types_categorytype SET text = 'good' WHERE id = :id", id=POS)
    polled.poll(sweep=False)
    words = [one.answers.get("label") for one in polled.held().values()]
    assert (words.count("good"), words.count("pos"), words.count("neg")) == (4, 0, 5)


def test_an_approval_is_an_accepted_review_of_what_was_confirmed(
    tool: Doccano, polled: Polled
) -> None:
    tool.approve(2, 1)
    polled.poll(sweep=False)
    held = polled.held()
    assert held[f"2:{ANN2}"].reviews == [(Verdict.ACCEPTED, "1", None)]
    assert held[f"2:{ANN1}"].reviews == []  # only a draft
    assert held[f"1:{ANN2}"].reviews == []


# --- kinds of projects -----------------------------------------------------------------------


def fetched(source: DoccanoDatabase, project: int) -> dict[str, dict[str, Any]]:
    """The answers of a project's submissions, by native id."""
    source.open()
    ids = [
        one.native_id
        for page in source.full(ANNOTATIONS, None)
        for one in page.records
        if one.project == str(project)
    ]
    batch = source.fetch(ANNOTATIONS, ids)
    assert batch.bad == ()
    return {one.native_id: dict(one.answers) for one in batch.annotations}


def control(source: DoccanoDatabase, project: int) -> dict[str, tuple[Scale, Any]]:
    (found,) = (one for one in source.open().projects if one.native_id == str(project))
    return {one.name: (one.scale, one.labels) for one in found.controls}


def test_several_categories_are_a_set(tool: Doccano, source: DoccanoDatabase) -> None:
    project = tool.project("topics", "DocumentClassification")
    a, b = (tool.type("category", project, name) for name in (" b", "a"))
    both, none = tool.example(project), tool.example(project)
    for label in (a, b):
        tool.label("category", both, ANN1, label_id=label)
    for example in (both, none):
        tool.confirm(example, ANN1)
    assert control(source, project) == {"label": (Scale.SET, ("b", "a"))}
    assert fetched(source, project) == {
        f"{both}:{ANN1}": {"label": ["a", "b"]},
        f"{none}:{ANN1}": {"label": []},  # looked, and none of them
    }


def test_spans_and_relations(tool: Doccano, source: DoccanoDatabase) -> None:
    project = tool.project("names", "SequenceLabeling")
    person, place = (tool.type("span", project, name) for name in ("PER", "LOC"))
    lives = tool.type("relation", project, "lives in")
    example, empty = tool.example(project, "Zo\u00eb lives in Ulm"), tool.example(project)
    where = tool.label("span", example, ANN1, label_id=place, start_offset=13, end_offset=16)
    who = tool.label("span", example, ANN1, label_id=person, start_offset=0, end_offset=3)
    tool.label("relation", example, ANN1, type_id=lives, from_id_id=who, to_id_id=where)
    tool.label("span", example, ANN2, label_id=person, start_offset=0, end_offset=3)
    for one, by in ((example, ANN1), (example, ANN2), (empty, ANN1)):
        tool.confirm(one, by)
    assert control(source, project) == {
        "spans": (Scale.SPAN, ("PER", "LOC")),
        "relations": (Scale.SPAN, ("lives in",)),
    }
    assert fetched(source, project) == {
        f"{example}:{ANN1}": {
            "spans": [[0, 3, "PER"], [13, 16, "LOC"]],
            "relations": [[[0, 3, "PER"], [13, 16, "LOC"], "lives in"]],
        },
        f"{example}:{ANN2}": {"spans": [[0, 3, "PER"]], "relations": []},
        f"{empty}:{ANN1}": {"spans": [], "relations": []},
    }


def test_texts_are_one_answer_in_the_order_in_which_they_were_written(
    tool: Doccano, source: DoccanoDatabase
) -> None:
    project = tool.project("translate", "Seq2seq")
    example, empty = tool.example(project), tool.example(project)
    for said in ("  Guten\n Tag ", "Hallo"):
        tool.label("textlabel", example, ANN1, text=said)
    for one in (example, empty):
        tool.confirm(one, ANN1)
    assert control(source, project) == {"text": (Scale.TEXT, None)}
    assert fetched(source, project) == {
        f"{example}:{ANN1}": {"text": "Guten Tag | Hallo"},
        f"{empty}:{ANN1}": {},
    }


def test_boxes_and_polygons_are_pixels(tool: Doccano, source: DoccanoDatabase) -> None:
    boxes, areas = tool.project("cars", "BoundingBox"), tool.project("roads", "Segmentation")
    car, road = tool.type("category", boxes, "car"), tool.type("category", areas, "road")
    one, two, three = (
        tool.example(boxes, None),
        tool.example(areas, None),
        tool.example(boxes, None),
    )
    tool.label("boundingbox", one, ANN1, label_id=car, x=10.5, y=20.0, width=30.0, height=40.0)
    tool.label("segmentation", two, ANN1, label_id=road, points=[0, 0, 10, 0, 10, 5.5])
    for example in (one, two, three):
        tool.confirm(example, ANN1)
    assert control(source, boxes) == {"boxes": (Scale.GEOMETRY, ("car",))}
    assert fetched(source, boxes) == {
        f"{one}:{ANN1}": {"boxes": [[10.5, 20, 30, 40, "car"]]},
        f"{three}:{ANN1}": {"boxes": []},
    }
    assert fetched(source, areas) == {
        f"{two}:{ANN1}": {"segments": [[[[[0, 0], [10, 0], [10, 5.5]]], "road"]]}
    }
    told = {one.title: one.remarks for one in source.open().projects}
    assert "pixels" in told["cars"][0]
    assert told["demo-cls"] == ()


def test_a_type_of_project_that_is_not_known_counts_and_says_so(
    tool: Doccano, source: DoccanoDatabase
) -> None:
    project = tool.project("new", "TextSimilarity")
    example = tool.example(project)
    tool.confirm(example, ANN1)
    assert fetched(source, project) == {f"{example}:{ANN1}": {}}
    (told,) = (one for one in source.open().projects if one.native_id == str(project))
    assert "does not know yet" in told.remarks[0]
    assert source.counts()[str(project)] == Counts(1, 0, 0)


def test_what_people_label_together_is_one_joint_answer(
    tool: Doccano, polled: Polled, source: DoccanoDatabase
) -> None:
    project = tool.project("together", "SequenceLabeling", joint=True)
    person = tool.type("span", project, "PER")
    done, begun = tool.example(project), tool.example(project)
    for example in (done, begun):
        tool.label("span", example, ANN1, label_id=person, start_offset=0, end_offset=3)
        tool.label("span", example, ANN2, label_id=person, start_offset=5, end_offset=9)
    tool.confirm(done, ANN2)
    result = polled.poll()
    held = polled.held()
    assert {key for key in held if key.endswith("joint")} == {f"{done}:joint", f"{begun}:joint"}
    assert f"{done}:{ANN1}" not in held  # so no two answers of an example are compared
    one = held[f"{done}:joint"]
    assert (one.author, one.status) == (str(ANN2), "submitted")
    assert one.answers == {"spans": [[0, 3, "PER"], [5, 9, "PER"]]}
    assert (held[f"{begun}:joint"].status, result.gaps) == ("draft", {})
    (told,) = (one for one in source.open().projects if one.native_id == str(project))
    assert "agreement is not defined" in told.remarks[0]
    found = {one.title: one for one in source.inspect().projects}["together"]
    assert (found.annotations, found.share_two) == (1, 0.0)


def test_several_labels_where_one_is_asked_for_are_set_aside(tool: Doccano, polled: Polled) -> None:
    example = tool.example()
    for label in (POS, NEG):
        tool.label("category", example, ANN1, label_id=label)
    tool.confirm(example, ANN1)
    new = tool.example()
    tool.label("category", new, ANN1, label_id=POS)
    tool.confirm(new, ANN1)
    done = polled.poll(sweep=False)
    assert (done.loaded, done.quarantined) == (1, 1)
    assert polled.aside() == [(f"example {example}:{ANN1}", "several_labels")]


# --- models ----------------------------------------------------------------------------------


def test_what_a_model_labeled_is_a_prediction_until_somebody_confirms_it(
    tool: Doccano, source: DoccanoDatabase, polled: Polled
) -> None:
    example, by_hand = tool.example(), tool.example()
    tool.label("category", example, ANN1, label_id=POS, prob=0.8)
    tool.label("category", by_hand, ANN1, label_id=POS)
    tool.confirm(by_hand, ANN1)
    source.open()
    assert source.streams == (ITEMS, PREDICTIONS, ANNOTATIONS)
    ids = [one.native_id for page in source.full(PREDICTIONS, None) for one in page.records]
    (guess,) = source.fetch(PREDICTIONS, ids).predictions
    assert (guess.native_id, guess.item) == (f"prediction-{example}:{ANN1}", str(example))
    assert (guess.answers, guess.score) == ((("label", "pos"),), 800_000)
    polled.poll(sweep=False)
    assert f"{example}:{ANN1}" not in polled.held()
    tool.confirm(example, ANN1)
    polled.poll(sweep=False)
    one = polled.held()[f"{example}:{ANN1}"]
    assert (one.status, one.answers, one.assisted) == ("submitted", {"label": "pos"}, True)
    assert not polled.held()[f"{by_hand}:{ANN1}"].assisted


# --- items -----------------------------------------------------------------------------------


def test_items_have_their_file_their_need_and_a_digest_of_their_text(
    tool: Doccano, source: DoccanoDatabase
) -> None:
    tool.run(
        "CREATE TABLE examples_assignment "
        "(id integer, project_id integer, example_id integer, assignee_id integer, created_at "
        + ("text)" if tool.dialect == "sqlite" else "timestamptz)")
    )
    twice, once = tool.example(text="same", upload="a.jsonl"), tool.example(text="same")
    other = tool.example(text="other")
    source.open()
    position = list(source.full(ITEMS, None))[-1].position
    for who in (ANN1, ANN2):
        tool.add(
            "examples_assignment",
            project_id=PROJECT,
            example_id=twice,
            assignee_id=who,
            created_at=stamp(now_us()),
        )
    source.open()
    seen = [one.native_id for page in source.changes(ITEMS, position) for one in page.records]
    assert str(twice) in seen
    found = {
        one.native_id: one
        for one in source.fetch(ITEMS, [str(each) for each in (twice, once, other)]).items
    }
    first, second, third = (found[str(each)] for each in (twice, once, other))
    assert (first.required, first.batch) == (2, "a.jsonl")
    assert (second.required, second.batch) == (None, None)
    assert first.content == second.content != third.content
    assert "same" not in repr(found)


# --- ways in ---------------------------------------------------------------------------------


def test_it_is_known_by_its_tables(tool: Doccano, tmp_path: Path) -> None:
    assert DoccanoDatabase.detects(tool.url)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as conn:
        conn.execute("CREATE TABLE examples_example (id integer)")
    assert not DoccanoDatabase.detects(f"sqlite:///{other}")


def test_projects_are_chosen_by_name_or_id(tool: Doccano) -> None:
    tool.project("another", "Seq2seq")
    for name in ("demo-cls", str(PROJECT)):
        source = DoccanoDatabase.from_access(Access("doccano", tool.url, projects=(name,)))
        assert [one.title for one in source.open().projects] == ["demo-cls"]
        source.close()
    source = DoccanoDatabase.from_access(Access("doccano", tool.url, projects=("demo",)))
    with pytest.raises(StopSource, match="its key `projects` names"):
        source.open()
    source.close()


def test_a_missing_column_or_table_stops_the_source(tool: Doccano, source: DoccanoDatabase) -> None:
    tool.run("ALTER TABLE labels_category RENAME COLUMN prob TO odds")
    with pytest.raises(StopSource, match="no column prob of table labels_category"):
        source.open()
    tool.run("DROP TABLE labels_category")
    with pytest.raises(StopSource, match="no table labels_category"):
        source.open()
    tool.run("DROP TABLE examples_examplestate")
    with pytest.raises(StopSource, match="no table examples_examplestate"):
        source.open()


def test_tables_of_later_versions_may_be_missing(tool: Doccano, source: DoccanoDatabase) -> None:
    for name in ("boundingbox", "segmentation", "relation"):
        tool.run(f"DROP TABLE labels_{name}")
    tool.run("DROP TABLE django_migrations")
    tool.run("ALTER TABLE examples_example DROP COLUMN upload_name")
    tool.run("ALTER TABLE examples_example DROP COLUMN text")
    project = tool.project("names", "SequenceLabeling")
    assert set(control(source, project)) == {"spans"}
    assert len(fetched(source, PROJECT)) == 10
    found = source.inspect()
    assert found.version == "1.8.4 or older"
    assert any("column text of table examples_example" in each for each in found.remarks)


def test_a_first_look(tool: Doccano, source: DoccanoDatabase) -> None:
    tool.approve(2, 1)
    tool.run("CREATE TABLE auto_labeling_autolabelingconfig (id integer, project_id integer)")
    tool.run("INSERT INTO auto_labeling_autolabelingconfig VALUES (1, 1)")
    found = source.inspect()
    assert (found.tool, found.type) == ("doccano", "doccano-db")
    assert found.version == "1.8.4 or older (labels 0016)"
    (one,) = found.projects
    assert (one.title, one.items, one.annotations, one.annotators) == ("demo-cls", 5, 9, 2)
    assert (one.share_two, one.predictions, one.reviews) == (0.8, 0, 1)
    assert one.gold_candidates == {f"author {ANN2}": 5, f"author {ANN1}": 4}
    assert one.first is not None
    assert one.last is not None
    assert 4 * SECOND < one.last - one.first < 5 * SECOND
    assert any("labels automatically" in each for each in found.remarks)
    assert bool(found.grant) == (tool.dialect == "postgresql")


@pytest.mark.pg
def test_the_grant_suffices_and_shows_no_secret(pg_database: str) -> None:
    tool = Doccano(pg_database)
    admin = DoccanoDatabase(tool.url, name="doccano")
    found = admin.inspect()
    admin.close()
    assert any("may write to doccano" in each for each in found.remarks)
    role = f"reader_{make_url(tool.url).database}"
    assert "password)" not in found.grant
    assert "password," not in found.grant
    for line in found.grant.splitlines():
        if not line.startswith("--"):
            statement = line.replace("labelpulse", role).replace("'choose-one'", "'hush'")
            tool.run(statement.rstrip(";"))
    url = make_url(tool.url).set(username=role, password="hush")
    reader = DoccanoDatabase(url.render_as_string(hide_password=False), name="doccano")
    try:
        assert reader.inspect().projects == found.projects
        assert not any("may write" in one for one in reader.inspect().remarks)
        seen = [one.native_id for page in reader.full(ANNOTATIONS, None) for one in page.records]
        assert len(reader.fetch(ANNOTATIONS, seen).annotations) == 10
        engine = create_engine(url.set(drivername="postgresql+psycopg2"))
        with engine.connect() as conn, pytest.raises(Exception, match="permission denied"):
            conn.execute(text("SELECT password FROM auth_user"))
        engine.dispose()
    finally:
        reader.close()
        tool.run(f"DROP OWNED BY {role}")
        tool.run(f"DROP ROLE {role}")
        tool.close()


def test_pictures_are_called_by_the_files_that_they_came_in(
    tool: Doccano, source: DoccanoDatabase
) -> None:
    """A text shares its file with others: that is its batch and no name."""
    project = tool.project("streets", "BoundingBox")
    picture, text = tool.example(project, None, "cam/1.jpg"), tool.example(upload="a.jsonl")
    assert called(source, picture, text) == [("cam/1.jpg", None), ("", "a.jsonl")]
    tool.run("ALTER TABLE examples_example DROP COLUMN upload_name")
    assert called(source, picture, text) == [("", None), ("", None)]


def called(source: DoccanoDatabase, *examples: int) -> list[tuple[str, str | None]]:
    """Name and batch of examples; a fingerprint is that of the scan."""
    source.open()
    prints = {one.native_id: one for page in source.full(ITEMS, None) for one in page.records}
    found = source.fetch(ITEMS, [str(one) for one in examples]).items
    assert [one.fingerprint for one in found] == [prints[str(one)].fingerprint for one in examples]
    return [(one.name, one.batch) for one in found]
