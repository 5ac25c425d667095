"""The collector on a copy of a real Argilla database, on both databases."""

import gzip
import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, select, text

from collectors.argilla import ArgillaDatabase
from collectors.argilla.values import Question, answers, question
from labelpulse import schema
from labelpulse.core.days import SECOND, now_us, to_us
from labelpulse.core.errors import SkipRecord, StopSource
from labelpulse.core.events import ItemRecord, Scale
from labelpulse.source import ANNOTATIONS, ITEMS, PREDICTIONS, Access, Counts
from tests.support.argilla import ANN1, ANN2, DATASET, SAMPLE, Argilla
from tests.support.crowd import values
from tests.support.polled import Polled

EARLIER = to_us(datetime(2026, 1, 1, tzinfo=UTC))
"""Before the sample was made."""


@pytest.fixture
def tool(database_url: str) -> Iterator[Argilla]:
    made = Argilla(database_url)
    yield made
    made.close()


@pytest.fixture
def source(tool: Argilla) -> Iterator[ArgillaDatabase]:
    made = ArgillaDatabase(tool.url, name="argilla", page=3)
    yield made
    made.close()


@pytest.fixture
def polled(tool: Argilla, tmp_path: Path, empty_warehouse: Path) -> Iterator[Polled]:
    made = Polled(
        tmp_path, empty_warehouse, lambda: ArgillaDatabase(tool.url, name="argilla", page=3)
    )
    made.poll()
    yield made
    made.close()


@pytest.fixture(scope="module")
def truth() -> list[sqlite3.Row]:
    """The sample's responses, read by nothing of ours."""
    sample = sqlite3.connect(":memory:")
    sample.deserialize(gzip.decompress(SAMPLE.read_bytes()))
    sample.row_factory = sqlite3.Row
    return sample.execute(
        'SELECT p.id, p.status, p."values" AS said, p.user_id, p.record_id, r.external_id '
        "FROM responses p JOIN records r ON r.id = p.record_id"
    ).fetchall()


def dashed(raw: str) -> str:
    return "-".join((raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:]))


def record(truth: list[sqlite3.Row], external_id: str) -> str:
    """A record of the sample by the number that it was made with."""
    return next(dashed(row["record_id"]) for row in truth if row["external_id"] == external_id)


def response(truth: list[sqlite3.Row], external_id: str, user: str) -> str:
    return next(
        dashed(row["id"])
        for row in truth
        if (row["external_id"], dashed(row["user_id"])) == (external_id, user)
    )


def canonical(said: dict[str, Any]) -> dict[str, Any]:
    """The sample's answers as its README and the contract tell, by nothing of ours."""
    return {
        "label": said["label"],
        "tags": sorted(said["tags"]),
        "stars": str(said["stars"]),
        "rank": [one["value"] for one in sorted(said["rank"], key=lambda one: one["rank"])],
        "spans": [[one["start"], one["end"], one["label"]] for one in said["spans"]],
    }


# --- what is read ----------------------------------------------------------------------------


def test_the_sample_arrives_whole(polled: Polled, truth: list[sqlite3.Row]) -> None:
    held = polled.held()
    assert polled.statuses() == {"submitted": 6, "skipped": 1, "draft": 1}
    words = {"submitted": "submitted", "discarded": "skipped", "draft": "draft"}
    for row in truth:
        one = held[dashed(row["id"])]
        assert (one.item, one.author) == (dashed(row["record_id"]), dashed(row["user_id"]))
        assert one.status == words[row["status"]]
        said = json.loads(row["said"] or "null") or {}
        given = {name: each["value"] for name, each in said.items()}
        assert one.answers == (given and canonical(given))
    assert len(polled.items()) == 4


def test_ids_are_the_same_text_on_both_databases(
    source: ArgillaDatabase, truth: list[sqlite3.Row]
) -> None:
    opening = source.open()
    assert [one.native_id for one in opening.projects] == [DATASET]
    assert {one.native_id: one.name for one in opening.people} == {ANN1: "ann1", ANN2: "ann2"}
    seen = [one.native_id for page in source.full(ANNOTATIONS, None) for one in page.records]
    assert sorted(seen) == sorted(dashed(row["id"]) for row in truth)
    assert source.counts() == {DATASET: Counts(rows=7, gold=0, skipped=1)}


def test_questions_become_controls(source: ArgillaDatabase) -> None:
    (project,) = source.open().projects
    assert (project.title, project.required) == ("ds", 2)
    assert {one.name: (one.scale, one.labels) for one in project.controls} == {
        "label": (Scale.NOMINAL, ("pos", "neg")),
        "tags": (Scale.SET, ("a", "b")),
        "stars": (Scale.ORDINAL, ("1", "2", "3", "4", "5")),
        "rank": (Scale.RANKING, None),
        "spans": (Scale.SPAN, ("PER",)),
    }


def test_pages_go_by_ids_that_are_texts_and_resume_after_a_crash(
    source: ArgillaDatabase, truth: list[sqlite3.Row]
) -> None:
    source.open()
    pages = list(source.full(ANNOTATIONS, None))
    assert [len(page.records) for page in pages] == [3, 3, 2]
    assert not any(page.newest_first for page in pages)  # so no day is called complete
    resumed = json.loads(json.dumps(pages[0].position))
    rest = [one for page in source.full(ANNOTATIONS, resumed) for one in page.records]
    assert [one for page in pages[1:] for one in page.records] == rest
    assert {one.native_id for one in (*pages[0].records, *rest)} == {
        dashed(row["id"]) for row in truth
    }
    after = json.loads(json.dumps(pages[-1].position))
    later = list(source.changes(ANNOTATIONS, after))
    assert [page.last for page in later] == [True]
    assert json.loads(json.dumps(later[-1].position))["tokens"] == after["tokens"]


def test_a_poll_brings_what_was_stamped_since_a_page_at_a_time(
    tool: Argilla, source: ArgillaDatabase, truth: list[sqlite3.Row]
) -> None:
    source.open()
    position = list(source.full(ANNOTATIONS, None))[-1].position
    for row in truth[:5]:
        tool.change("responses", dashed(row["id"]), status="submitted")
    pages = list(source.changes(ANNOTATIONS, position))
    assert sorted(one.native_id for page in pages for one in page.records) == sorted(
        dashed(row["id"]) for row in truth[:5]
    )
    assert [len(page.records) for page in pages] == [3, 2]
    assert pages[0].position == position  # only the last page moves it


# --- what changes ----------------------------------------------------------------------------


def test_a_second_poll_changes_nothing(polled: Polled) -> None:
    before = polled.held()
    done = polled.poll(sweep=True)
    assert (done.loaded, done.deleted, done.gaps) == (0, 0, {})
    assert polled.held() == before


def test_a_new_response_arrives(tool: Argilla, polled: Polled, truth: list[sqlite3.Row]) -> None:
    now = now_us()
    made = tool.add("records", fields={"text": "new"}, dataset_id=DATASET, status="pending")
    new = tool.respond(made, ANN1, now, label="pos")
    done = polled.poll(sweep=False)
    one = polled.held()[new]
    assert done.loaded == 1
    assert (one.item, one.status, one.answers) == (made, "submitted", {"label": "pos"})
    assert one.submitted_at == now
    assert made in polled.items()


def test_an_edit_is_seen_and_keeps_its_first_submission(
    tool: Argilla, polled: Polled, truth: list[sqlite3.Row]
) -> None:
    edited = response(truth, "0", ANN1)
    first = polled.held()[edited].submitted_at
    tool.change("responses", edited, values={"label": {"value": "pos"}})
    assert polled.poll(sweep=False).loaded == 1
    one = polled.held()[edited]
    assert (one.answers, one.edited, one.submitted_at) == ({"label": "pos"}, True, first)


def test_a_draft_is_submitted_when_it_is(
    tool: Argilla, polled: Polled, truth: list[sqlite3.Row]
) -> None:
    draft, now = response(truth, "3", ANN2), now_us()
    tool.change("responses", draft, status="submitted", values={"label": {"value": "pos"}}, at=now)
    polled.poll(sweep=False)
    one = polled.held()[draft]
    assert (one.status, one.submitted_at, one.edited) == ("submitted", now, False)


def test_a_submission_that_becomes_a_draft_is_none_until_it_is_again(
    tool: Argilla, polled: Polled, truth: list[sqlite3.Row]
) -> None:
    open_again = response(truth, "1", ANN2)
    before = polled.held()[open_again]
    tool.change("responses", open_again, status="draft")
    done = polled.poll()
    one = polled.held()[open_again]
    assert (one.status, one.answers) == ("draft", before.answers)
    assert done.gaps == {}
    tool.change("responses", open_again, status="submitted")
    polled.poll()
    one = polled.held()[open_again]
    assert (one.status, one.submitted_at) == ("submitted", before.submitted_at)


def test_deleted_responses_and_records_are_seen_by_their_counts(
    tool: Argilla, polled: Polled, truth: list[sqlite3.Row]
) -> None:
    tool.delete("responses", response(truth, "1", ANN1))
    done = polled.poll()
    assert (done.swept, done.deleted, done.gaps) == (True, 1, {})
    assert polled.held()[response(truth, "1", ANN1)].status == "submitted deleted"
    tool.delete("records", record(truth, "0"))
    polled.poll()
    assert record(truth, "0") not in polled.items()
    assert polled.statuses() == {
        "submitted": 3,
        "submitted deleted": 3,
        "skipped": 1,
        "draft": 1,
    }


def test_a_changed_question_has_its_answers_read_again(
    tool: Argilla, polled: Polled, truth: list[sqlite3.Row]
) -> None:
    ((stars,),) = tool.rows("SELECT id FROM questions WHERE name = 'stars'")
    tool.change("questions", str(stars), settings={"type": "text"})
    done = polled.poll(sweep=False)
    assert done.quarantined == 6  # a number is no text
    assert {reason for _, reason in polled.aside()} == {"bad_value"}


def test_progress_is_of_the_labels_that_the_dataset_asks_for(tool: Argilla, polled: Polled) -> None:
    # Four records that need two responses each; three have two, one has a skip and a draft.
    assert values(polled.warehouse, "labels_remaining") == {None: 2}
    assert values(polled.warehouse, "progress") == {None: 6 / 8}
    tool.change("datasets", DATASET, distribution={"strategy": "overlap", "min_submitted": 3})
    polled.poll(sweep=False)
    assert values(polled.warehouse, "labels_remaining") == {None: 6}
    assert values(polled.warehouse, "items_completed") == {None: 0}


# --- suggestions -----------------------------------------------------------------------------


def suggest(tool: Argilla, item: str, name: str, value: object, **more: object) -> str:
    ((key,),) = tool.rows("SELECT id FROM questions WHERE name = :name", name=name)
    row = {"agent": "m-1", "score": 0.75, "type": "model", **more}
    return tool.add("suggestions", record_id=item, question_id=str(key), value=value, **row)


def test_suggestions_are_predictions_and_those_of_people_are_none(
    tool: Argilla, source: ArgillaDatabase, truth: list[sqlite3.Row]
) -> None:
    item = record(truth, "0")
    model = suggest(tool, item, "label", "pos", at=EARLIER)
    spans = suggest(
        tool, item, "spans", [{"label": "PER", "start": 0, "end": 4}], score=[0.5], type=None
    )
    suggest(tool, item, "stars", 3, type="human")
    source.open()
    assert PREDICTIONS in source.streams
    pages = list(source.full(PREDICTIONS, None))
    ids = [one.native_id for page in pages for one in page.records]
    assert sorted(ids) == sorted((f"suggestion-{model}", f"suggestion-{spans}"))
    found = {one.native_id: one for one in source.fetch(PREDICTIONS, ids).predictions}
    first = found[f"suggestion-{model}"]
    assert (first.item, first.answers) == (item, (("label", "pos"),))
    assert (first.model_version, first.score) == ("m-1", 750_000)
    second = found[f"suggestion-{spans}"]
    assert (second.answers, second.score) == ((("spans", [[0, 4, "PER"]]),), None)


def test_work_is_assisted_where_a_suggestion_was_there_before_it(
    tool: Argilla, source: ArgillaDatabase, truth: list[sqlite3.Row]
) -> None:
    suggest(tool, record(truth, "0"), "label", "pos", at=EARLIER)
    suggest(tool, record(truth, "1"), "label", "pos")
    suggest(tool, record(truth, "2"), "label", "pos", at=EARLIER, type="human")
    source.open()
    ids = [dashed(row["id"]) for row in truth]
    assert {
        one.native_id for one in source.fetch(ANNOTATIONS, ids).annotations if one.assisted
    } == {response(truth, "0", who) for who in (ANN1, ANN2)}


# --- answers ---------------------------------------------------------------------------------


def ask(kind: str, *options: object) -> Question:
    found = question("q", {"type": kind, "options": [{"value": one} for one in options]})
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("asked", "given", "said"),
    [
        (ask("text"), "  cafe\u0301  au\nlait ", "caf\u00e9 au lait"),
        (ask("text"), "  ", None),
        (ask("rating", 1, 2, 3), 3, "3"),
        (ask("rating", 0, 0.5), 0.5, "0.5"),
        (ask("label_selection", "a"), "a", "a"),
        (ask("multi_label_selection", "b", "a"), ["b", "a", "b"], ["a", "b"]),
        (ask("multi_label_selection", "b", "a"), [], []),
        (ask("span", "PER"), [], []),
        (
            ask("span", "PER", "LOC"),
            [{"label": "PER", "start": 5, "end": 9}, {"label": "LOC", "start": 0, "end": 4}],
            [[0, 4, "LOC"], [5, 9, "PER"]],
        ),
        (
            ask("ranking", "x", "y", "z"),
            [{"value": "z", "rank": 2}, {"value": "y", "rank": 1}, {"value": "x", "rank": 1}],
            [["x", "y"], "z"],
        ),
        (
            ask("ranking", "x", "y"),
            [{"value": "y", "rank": 1}, {"value": "x", "rank": None}],
            ["y"],
        ),
    ],
)
def test_an_answer_in_canonical_form(asked: Question, given: object, said: object) -> None:
    found = dict(answers({"q": {"value": given}}, {"q": asked}))
    assert found == ({} if said is None else {"q": said})


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("text", 3),
        ("rating", [1]),
        ("rating", True),
        ("label_selection", {"a": 1}),
        ("multi_label_selection", "a"),
        ("span", [{"label": "PER", "start": 4, "end": 0}]),
        ("span", ["PER"]),
        ("ranking", [{"value": "x", "rank": "first"}]),
    ],
)
def test_what_is_no_answer_is_refused(kind: str, given: object) -> None:
    with pytest.raises(SkipRecord):
        answers({"q": {"value": given}}, {"q": ask(kind)})


def test_what_was_not_asked_or_not_answered_is_absent() -> None:
    assert answers({"other": {"value": "a"}, "q": None}, {"q": ask("label_selection")}) == ()
    assert answers(None, {"q": ask("label_selection")}) == ()
    assert question("q", {"type": "mind reading"}) is None
    assert question("q", None) is None


def test_a_response_that_cannot_be_used_is_set_aside_and_the_rest_loads(
    tool: Argilla, polled: Polled, truth: list[sqlite3.Row]
) -> None:
    broken = response(truth, "0", ANN1)
    tool.change("responses", broken, values={"tags": {"value": 7}})
    new = tool.respond(record(truth, "3"), ANN2.replace("c02b", "c02c"), now_us(), label="neg")
    done = polled.poll(sweep=False)
    assert (done.loaded, done.quarantined) == (1, 1)
    assert polled.aside() == [(f"id {broken}", "bad_value")]
    assert polled.held()[new].answers == {"label": "neg"}


# --- ways in ---------------------------------------------------------------------------------


def test_it_is_known_by_its_tables(tool: Argilla, tmp_path: Path) -> None:
    assert ArgillaDatabase.detects(tool.url)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as conn:
        conn.execute("CREATE TABLE responses (id integer)")
    assert not ArgillaDatabase.detects(f"sqlite:///{other}")


def test_datasets_are_chosen_by_name_path_or_id(tool: Argilla) -> None:
    for name in ("ds", "ws/ds", DATASET):
        source = ArgillaDatabase.from_access(Access("argilla", tool.url, projects=(name,)))
        assert len(source.open().projects) == 1
        source.close()
    source = ArgillaDatabase.from_access(Access("argilla", tool.url, projects=("sd",)))
    with pytest.raises(StopSource, match="its key `projects` names"):
        source.open()
    source.close()


def test_namesakes_are_told_apart_by_their_workspace_and_drafts_left_out(
    tool: Argilla, source: ArgillaDatabase
) -> None:
    other = tool.add("workspaces", name="other")
    row = {"distribution": {}, "allow_extra_metadata": True, "last_activity_at": tool.stamp(0)}
    tool.add("datasets", name="ds", status="ready", workspace_id=other, **row)
    tool.add("datasets", name="unpublished", status="draft", workspace_id=other, **row)
    found = {one.title: one.required for one in source.open().projects}
    assert found == {"ws/ds": 2, "other/ds": None}


def test_a_missing_column_stops_the_source(tool: Argilla, source: ArgillaDatabase) -> None:
    tool.run("ALTER TABLE responses RENAME COLUMN status TO state")
    with pytest.raises(StopSource, match="no column status of table responses"):
        source.open()


def test_columns_that_may_be_missing(tool: Argilla, source: ArgillaDatabase) -> None:
    tool.run("ALTER TABLE datasets DROP COLUMN distribution")
    tool.run("ALTER TABLE records DROP COLUMN fields")
    tool.run("DROP TABLE suggestions")
    tool.run("DROP TABLE alembic_version")
    (project,) = source.open().projects
    assert (project.required, source.streams) == (None, (ITEMS, ANNOTATIONS))
    seen = [one.native_id for page in source.full(ANNOTATIONS, None) for one in page.records]
    batch = source.fetch(ANNOTATIONS, seen)
    assert len(batch.annotations) == 8
    assert {one.content for one in batch.items} == {""}
    found = source.inspect()
    assert found.version == "before 2.1"
    assert any("column fields of table records" in each for each in found.remarks)
    assert any("table suggestions" in each for each in found.remarks)


def test_a_first_look(tool: Argilla, source: ArgillaDatabase, truth: list[sqlite3.Row]) -> None:
    suggest(tool, record(truth, "0"), "label", "pos")
    found = source.inspect()
    assert (found.tool, found.type) == ("Argilla", "argilla-db")
    assert found.version == "2.1 or newer (schema 580a6553186f)"
    (one,) = found.projects
    assert (one.title, one.items, one.annotations, one.annotators) == ("ds", 4, 7, 2)
    assert (one.share_two, one.predictions, one.reviews) == (1.0, 1, 0)
    assert one.gold_candidates == {f"author {ANN1}": 3, f"author {ANN2}": 3}
    assert one.controls == ("label", "tags", "stars", "rank", "spans")
    assert one.first is not None
    assert one.last is not None
    assert 0 < one.last - one.first < SECOND
    assert bool(found.grant) == (tool.dialect == "postgresql")


@pytest.mark.pg
def test_the_grant_suffices_and_shows_no_secret(pg_database: str) -> None:
    tool = Argilla(pg_database)
    admin = ArgillaDatabase(tool.url, name="argilla")
    found = admin.inspect()
    admin.close()
    assert any("may write to Argilla" in each for each in found.remarks)
    role = f"reader_{make_url(tool.url).database}"
    statements = [
        line.replace("labelpulse", role).replace("'choose-one'", "'hush'")
        for line in found.grant.splitlines()
        if not line.startswith("--")
    ]
    assert not any(one in found.grant for one in ("api_key", "password_hash"))
    for statement in statements:
        tool.run(statement.rstrip(";"))
    url = make_url(tool.url).set(username=role, password="hush")
    reader = ArgillaDatabase(url.render_as_string(hide_password=False), name="argilla")
    try:
        assert reader.inspect().projects == found.projects
        assert reader.inspect().remarks == tuple(
            one for one in found.remarks if "may write" not in one
        )
        seen = [one.native_id for page in reader.full(ANNOTATIONS, None) for one in page.records]
        assert len(reader.fetch(ANNOTATIONS, seen).annotations) == 8
        engine = create_engine(url.set(drivername="postgresql+psycopg2"))
        with engine.connect() as conn, pytest.raises(Exception, match="permission denied"):
            conn.execute(text("SELECT api_key FROM users"))
        engine.dispose()
    finally:
        reader.close()
        tool.run(f"DROP OWNED BY {role}")
        tool.run(f"DROP ROLE {role}")
        tool.close()


def test_records_are_called_by_their_ids_from_outside(
    tool: Argilla, source: ArgillaDatabase, truth: list[sqlite3.Row], polled: Polled
) -> None:
    source.open()
    wanted = {dashed(row["record_id"]): row["external_id"] for row in truth}
    for stream in (ITEMS, ANNOTATIONS):
        seen = [one.native_id for page in source.full(stream, None) for one in page.records]
        found = {one.native_id: one.name for one in source.fetch(stream, seen).items}
        assert wanted.items() <= found.items()
    with polled.warehouse.engine.connect() as conn:
        rows = conn.execute(select(schema.item.c.native_id, schema.item.c.name)).all()
    assert wanted.items() <= dict(map(tuple, rows)).items()
    tool.run("ALTER TABLE records RENAME COLUMN external_id TO other_id")
    assert {one.name for one in source_items(source)} == {""}
    assert any("column external_id of table records" in one for one in source.inspect().remarks)


def source_items(source: ArgillaDatabase) -> tuple[ItemRecord, ...]:
    source.open()
    seen = [one.native_id for page in source.full(ITEMS, None) for one in page.records]
    return source.fetch(ITEMS, seen).items
