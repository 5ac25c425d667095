"""The collector on a small Prodigy database; Prodigy is paid, so its schema is of our making."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import MetaData

from collectors.prodigy import ProdigyDatabase
from collectors.prodigy.counts import Ignored
from collectors.prodigy.options import Options
from collectors.prodigy.tables import TASKS, Links
from labelpulse.core.days import SECOND
from labelpulse.core.errors import ConfigError, StopSource
from labelpulse.core.events import ControlRecord, PersonRecord, Scale, Status
from labelpulse.ingest.database import SourceDatabase
from labelpulse.ingest.plugins import source_class
from labelpulse.source import ANNOTATIONS, Access, Counts
from labelpulse.testing import LiveSourceContract
from labelpulse.warehouse.store import Warehouse
from tests.ingest.importing import held
from tests.support.foreign import CopiedWarehouse, Foreign, foreign, polled, read, reader
from tests.support.prodigy import AT, Prodigy, choice


@pytest.fixture
def tool(database_url: str) -> Iterator[Prodigy]:
    made = Prodigy(database_url)
    yield made
    made.engine.dispose()


def source(tool: Foreign, projects: tuple[str, ...] = (), **options: Any) -> ProdigyDatabase:
    return ProdigyDatabase.from_access(
        Access("prodigy", tool.url, options=options, projects=projects)
    )


class TestContract(CopiedWarehouse, LiveSourceContract):
    @pytest.fixture
    def source(self, tool: Prodigy) -> ProdigyDatabase:
        for item in range(5):
            tool.save("news", choice(item, ["pos"]), "abe")
            tool.save("news", choice(item, [], answer="ignore" if item % 2 else "reject"), "bo")
            tool.save("votes", choice(item, ["neg"], None), None)
        made = source(tool)
        made._scanner.page = 4
        return made

    @pytest.fixture
    def add(self, tool: Prodigy) -> Callable[[], object]:
        return lambda: tool.save("news", choice(9, [], answer="ignore"))

    @pytest.fixture
    def remove(self, tool: Prodigy) -> Callable[[], object]:
        return lambda: tool.delete("link", 4)


def test_an_answer_counts_once_though_its_session_holds_it_too(tool: Prodigy) -> None:
    link = tool.save("news", choice(7, ["neg"]))
    told = source(tool)
    opening = told.open()
    control = ControlRecord("label", Scale.NOMINAL, ("pos", "neg", "odd"), "choice")
    assert [(one.native_id, one.title, one.controls) for one in opening.projects] == [
        ("news", "news", (control,))
    ]
    assert told.counts() == {"news": Counts(1, 0, 0)}
    (record,) = read(told)[0].values()
    assert (record.native_id, record.unique, record.project) == (link, str(AT), "news")
    assert (record.item, record.annotator, record.submitted_at) == ("7", "abe", AT * SECOND)
    assert (record.answers, record.revision) == ((("label", "neg"),), None)


def test_people_come_with_their_work(tool: Prodigy) -> None:
    links = [
        tool.save("news", choice(n, ["pos"]), who) for n, who in enumerate(["abe", "b@x", None])
    ]
    told = source(tool)
    told.open()
    batch = told.fetch(ANNOTATIONS, links)
    told.close()
    assert batch.people == (PersonRecord("abe", "abe"), PersonRecord("b@x", "b@x", "b@x"))
    assert batch.annotations[2].annotator is None


def test_an_answer_given_again_is_another_annotation_of_the_same_person(
    tool: Prodigy, warehouse: Warehouse
) -> None:
    tool.save("news", choice(1, ["pos"]))
    tool.save("news", choice(1, ["neg"], AT + 60))
    assert polled(warehouse, source(tool)).loaded == 2
    assert {one["item"] for one in held(warehouse).values()} == {"1"}


def test_datasets_of_single_annotators_are_one_project_by_a_pattern(tool: Prodigy) -> None:
    for name in ("ads-abe", "ads-bo"):
        tool.save(name, choice(1, ["pos"]), None)
    tool.save("other", choice(1, ["pos"]), "cy")
    told = source(tool, annotator_pattern="(?P<project>.+)-(?P<annotator>.+)")
    assert [one.title for one in told.open().projects] == ["ads", "other"]
    assert told.counts() == {"ads": Counts(2, 0, 0), "other": Counts(1, 0, 0)}
    records = read(told)[0].values()
    assert sorted((one.project, one.annotator) for one in records) == [
        ("ads", "abe"),
        ("ads", "bo"),
        ("other", "cy"),
    ]
    first = source(tool, annotator_pattern=".+-(.+)")
    assert [one.title for one in first.open().projects] == ["ads-abe", "ads-bo", "other"]
    first.close()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"pattern": "x"}, "options.pattern is not known"),
        ({"annotator_pattern": "("}, "no regular expression"),
        ({"annotator_pattern": 3}, "no regular expression"),
        ({"annotator_pattern": ".+"}, "takes no name"),
        ({"decisions": 1}, "options.decisions"),
        ({"text_fields": "comment"}, "options.text_fields"),
        ({"idle_minutes": 0}, "options.idle_minutes"),
    ],
)
def test_what_is_wrong_in_the_configuration_is_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match="source 'prodigy'") as caught:
        ProdigyDatabase.from_access(Access("prodigy", "sqlite:///x.db", options=options))
    assert words in str(caught.value)


def test_options_say_what_is_asked_beside(tool: Prodigy) -> None:
    tool.save("news", choice(1, ["pos"], comment="so"))
    (record,) = read(source(tool, decisions=True, text_fields=["comment"]))[0].values()
    assert dict(record.answers) == {"label": "pos", "comment": "so", "decision": "accept"}


def test_time_spent_is_unknown_unless_an_estimate_is_asked_for(tool: Prodigy) -> None:
    times = [("abe", 0), ("bo", 5), ("abe", 12), ("abe", 12), ("bo", 900), ("abe", 40), (None, 50)]
    links = [
        tool.save("news", choice(n, ["pos"], AT + at), who) for n, (who, at) in enumerate(times)
    ]
    assert {one.time_spent_ms for one in read(source(tool))[0].values()} == {None}
    estimated = read(source(tool, estimate_time=True))[0]
    spent = [None, None, 12_000, None, None, 28_000, None]
    assert [estimated[link].time_spent_ms for link in links] == spent
    told = source(tool, estimate_time=True, idle_minutes=20)
    told.open()
    found = {
        one.native_id: one for one in told.fetch(ANNOTATIONS, [links[4], links[5]]).annotations
    }
    told.close()
    assert [found[link].time_spent_ms for link in (links[4], links[5])] == [895_000, 28_000]


# --- changes ---


def test_polls_bring_new_answers_and_sweeps_the_rest(
    tool: Prodigy, warehouse: Warehouse, no_margin: None
) -> None:
    links = [tool.save("news", choice(n, ["pos"])) for n in range(4)]
    assert polled(warehouse, source(tool)).loaded == 4
    assert polled(warehouse, source(tool)).read == 0
    new = tool.save("news", choice(8, [], answer="ignore"))
    assert polled(warehouse, source(tool)).loaded == 1
    edited = json.dumps({**choice(1, ["neg"]), "_session_id": "news-abe"}).encode()
    tool.change("example", 2, content=edited)
    tool.delete("link", int(links[0]))
    swept = polled(warehouse, source(tool), sweep=True)
    assert (swept.repaired, swept.deleted, swept.gaps) == (1, 1, {})
    there = held(warehouse)
    assert there[new, str(AT)]["status"] == Status.SKIPPED
    assert set(there[links[1], str(AT)]["answers"].values()) == {"pos", "neg"}
    assert there[links[0], str(AT)]["deleted"]
    assert polled(warehouse, source(tool), sweep=True).read == 0


def test_a_dataset_that_was_dropped_and_made_again_is_another(
    tool: Prodigy, warehouse: Warehouse
) -> None:
    """SQLite uses the ids again."""
    tool.save("keep", choice(1, ["pos"]))
    for n in range(3):
        tool.save("news", choice(n, ["pos"]))
    assert polled(warehouse, source(tool)).loaded == 4
    tool.drop("news")
    tool.dataset("news", created=AT + 500)
    tool.save("news", choice(1, ["neg"]))
    swept = polled(warehouse, source(tool), sweep=True)
    assert (swept.loaded, swept.deleted, swept.gaps) == (1, 3, {})
    uniques = [key[1] for key, one in held(warehouse).items() if not one["deleted"]]
    assert sorted(uniques) == [str(AT), str(AT + 500)]


def test_a_choice_that_takes_several_is_read_as_sets_from_then_on(
    tool: Prodigy, warehouse: Warehouse, no_margin: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collectors.prodigy.source.EDGE", 1)
    links = [tool.save("news", choice(n, ["pos"])) for n in range(3)]
    polled(warehouse, source(tool))
    tool.save("news", choice(8, ["pos", "neg"]))
    tool.save("news", choice(9, ["odd"]))
    told = source(tool)
    assert polled(warehouse, told).loaded == 2
    assert polled(warehouse, told).read == 3
    for _ in range(2):  # a new process meets one option a task, and knows better
        tool.save("news", choice(9, ["odd"], AT + 1))
        told = source(tool)
        assert polled(warehouse, told).read == 1
        told.open()
        (record,) = told.fetch(ANNOTATIONS, links[:1]).annotations
        assert record.answers == (("label", ["pos"]),)
        told.close()


def test_the_newer_tables_are_preferred_where_they_hold_a_dataset(
    database_url: str, warehouse: Warehouse
) -> None:
    tool = Prodigy(database_url, structured=True)
    plain = tool.save("old", choice(1, ["pos"]))
    tool.save("news", choice(1, ["pos"]))
    tool.save("news", choice(1, [], answer="ignore"), prefix="structured_")
    told = source(tool)
    records, _ = read(told)
    assert {(one.project, one.native_id) for one in records.values()} == {
        ("old", plain),
        ("news", "structured-2"),
    }
    told.open()
    assert told.counts() == {"old": Counts(1, 0, 0), "news": Counts(1, 0, 1)}
    told.close()
    assert polled(warehouse, source(tool), sweep=True).gaps == {}
    tool.save("news", choice(2, ["pos"]), prefix="structured_")
    assert polled(warehouse, source(tool)).loaded == 1
    tool.engine.dispose()


def test_ignored_answers_are_counted_once_a_process(tool: Prodigy) -> None:
    """Also where the word stands elsewhere in a task, and after deletions."""
    for n, answer in enumerate(["ignore", "accept", "ignore"]):
        tool.save("news", choice(n, [], answer=answer, versions=[{"answer": "ignore"}]))
    db = SourceDatabase(tool.url, "prodigy")
    ignored, links = Ignored(), Links(db.dialect, "link", (tool.dataset("news"),))
    key = tool.dataset("news")
    assert ignored.count(db, links) == {key: (3, 2)}
    tool.change("example", 1, content=b"{}")
    assert ignored.count(db, links) == {key: (3, 2)}
    tool.save("news", choice(5, [], answer="ignore"))
    assert ignored.count(db, links) == {key: (4, 3)}
    tool.delete("link", 4)
    assert ignored.count(db, links) == {key: (3, 2)}
    assert Ignored(top=0).count(db, Links(db.dialect, "link", ())) == {}
    db.close()


def test_few_tasks_are_read_at_once_since_each_may_hold_its_picture(
    tool: Prodigy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many are asked for, and the time since the answer before goes over their pages."""
    n = TASKS + 3
    links = [
        tool.save("news", choice(1, [], AT + at, answer="ignore" if at % 2 else "accept"))
        for at in range(n)
    ]
    whole: list[int] = []
    plain = SourceDatabase.rows

    def rows(db: SourceDatabase, statement: Any) -> Any:
        found = plain(db, statement)
        whole.append(sum("content" in row._fields for row in found))
        return found

    monkeypatch.setattr(SourceDatabase, "rows", rows)
    told = source(tool, estimate_time=True)
    told.open()
    records = told.fetch(ANNOTATIONS, links).annotations
    assert told.counts() == {"news": Counts(n, 0, n // 2)}
    (found,) = told.inspect().projects
    told.close()
    assert [one.time_spent_ms for one in records] == [None, *[1000] * (n - 1)]
    assert (found.annotations, found.last) == (n, (AT + n - 1) * SECOND)
    assert max(whole) == TASKS


def test_a_choice_of_several_options_has_all_of_a_fetch_read_as_sets(
    tool: Prodigy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collectors.prodigy.source.EDGE", 1)
    monkeypatch.setattr("collectors.prodigy.tables.TASKS", 1)
    answers = (["pos"], ["neg"], ["neg", "pos"], ["odd"])
    links = [tool.save("news", choice(n, accept)) for n, accept in enumerate(answers)]
    told = source(tool)
    told.open()
    batch = told.fetch(ANNOTATIONS, links)
    told.close()
    assert [dict(one.answers)["label"] for one in batch.annotations] == list(answers)
    assert len({one.fingerprint.rpartition(".")[0] for one in batch.annotations}) == 1
    assert batch.projects[0].controls[0].scale == Scale.SET


# --- what cannot be used, and first looks ---


def test_a_bad_task_is_quarantined_and_the_rest_loads(tool: Prodigy) -> None:
    good = tool.save("news", choice(1, ["pos"]))
    tool.save("news", choice(2, ["pos"], answer="perhaps"))
    tool.save("news", choice(3, ["pos"]))
    tool.save("news", choice(4, ["pos"]))
    tool.change("example", 3, content=b"\xff{")
    tool.change("example", 4, content=b"[1]")
    records, bad = read(source(tool))
    assert list(records) == [good]
    assert [(one.location, one.record, one.reason, one.project) for one in bad] == [
        ("example", "link 4", "unknown_answer", "news"),
        ("example", "link 6", "bad_encoding", "news"),
        ("example", "link 8", "bad_task", "news"),
    ]


def test_only_the_named_datasets_are_read(tool: Prodigy) -> None:
    tool.save("news", choice(1, ["pos"]))
    hidden = tool.save("other", choice(1, ["pos"]))
    told = source(tool, ("news",))
    assert {one.project for one in read(told)[0].values()} == {"news"}
    told.open()
    assert told.fetch(ANNOTATIONS, [hidden]).annotations == ()
    told.close()
    with pytest.raises(StopSource, match="projects"):
        source(tool, ("none",)).open()


def test_a_missing_column_stops_and_is_named(tool: Prodigy) -> None:
    tool.run("ALTER TABLE example RENAME COLUMN content TO body")
    told = source(tool)
    with pytest.raises(StopSource, match="no column content of table example"):
        told.open()
    told.close()


def test_a_first_look_finds_the_tool_and_counts(tool: Prodigy) -> None:
    tool.save("news", choice(1, ["pos"]), "abe")
    tool.save("news", choice(1, ["pos"], AT + 60), "bo")
    tool.save("news", choice(2, ["pos"], None), None)
    kind = source_class("prodigy-db")
    assert kind is ProdigyDatabase
    assert kind.detects(tool.url)
    told = source(tool)
    found = told.inspect()
    told.close()
    (one,) = found.projects
    assert (one.title, one.items, one.annotations, one.annotators) == ("news", 2, 3, 2)
    assert (one.first, one.last, one.share_two) == (AT * SECOND, (AT + 60) * SECOND, 1.0)
    assert one.controls == ("label",)
    remarks = " ".join(found.remarks)
    assert "1 answer in unnamed sessions" in remarks
    assert "keeps no time spent" in remarks


def test_the_printed_grant_is_enough(pg_database: str) -> None:
    tool = Prodigy(pg_database)
    tool.save("news", choice(1, ["pos"]))
    told = source(tool)
    grants = told.inspect().grant
    told.close()
    with reader(tool, grants, "lp_prodigy_reader") as url, foreign(url, MetaData()) as known:
        reading = source(known)
        assert reading.refuses_writing()
        assert len(read(reading)[0]) == 1
    tool.engine.dispose()


def test_a_dataset_whose_name_does_not_match_is_its_own_project() -> None:
    assert Options().of_dataset("ads-abe") == ("ads-abe", None)
