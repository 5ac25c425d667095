"""Tables of labels in somebody's database, read by a map; their schema is of our making."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    DateTime,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from collectors.sql import SqlTable
from collectors.sql.tables import compared
from labelpulse.core.days import SECOND, from_us, now_us
from labelpulse.core.errors import ConfigError, StopSource
from labelpulse.core.events import ControlRecord, Scale, Status, Verdict
from labelpulse.reader import MetricQuery, Scope
from labelpulse.reader import read as ask
from labelpulse.source import ANNOTATIONS, Access, Counts
from labelpulse.testing import LiveSourceContract
from labelpulse.warehouse.store import Warehouse
from tests.ingest.importing import held
from tests.support.crowd import values
from tests.support.foreign import CopiedWarehouse, Foreign, foreign, polled, read, reader

STAMP = DateTime(timezone=True).with_variant(String(40), "sqlite")
AT = 1_709_542_800 * SECOND  # 2024-03-04T09:00:00Z
MINUTE = 60 * SECOND
MAPPED = {"item": "doc", "annotator": "Who", "label": "answer", "submitted_at": "made"}


def tables() -> MetaData:
    """Two tables with the same columns, one of them by uuid-like keys."""
    meta = MetaData()
    for name, key in (("votes", Integer), ("Old Votes", String(40))):
        Table(
            name,
            meta,
            Column("id", key, primary_key=True),
            Column("doc", String(40)),
            Column("Who", String(40)),
            Column("answer", Text),
            Column("known", Text),
            Column("state", String(20)),
            Column("campaign", String(40)),
            Column("question", String(40)),
            Column("secs", Float),
            Column("made", STAMP),
            Column("updated_at", STAMP),
            Column("secret", String(40)),
        )
    return meta


class Votes(Foreign):
    """The database, which knows how to write a vote."""

    def stamp(self, us: int) -> Any:
        return str(from_us(us).replace(tzinfo=None)) if self.sqlite else from_us(us)

    def vote(self, doc: str, who: str | None, answer: str | None, **more: Any) -> str:
        table, at = more.pop("table", "votes"), self.stamp(more.pop("at", AT))
        row = {"doc": doc, "Who": who, "answer": answer, "made": at, "updated_at": at, **more}
        return str(self.add(table, row))


@pytest.fixture
def votes(database_url: str) -> Iterator[Votes]:
    made = Votes(database_url, tables())
    yield made
    made.engine.dispose()


def source(votes: Foreign, projects: tuple[str, ...] = (), **options: Any) -> SqlTable:
    told: dict[str, Any] = {"key": "id", "columns": MAPPED, **options}
    if "tables" not in told:
        told.setdefault("table", "votes")
    zone = told.pop("zone", "UTC")
    return SqlTable.from_access(
        Access("mine", votes.url, options=told, projects=projects, zone=zone)
    )


class TestContract(CopiedWarehouse, LiveSourceContract):
    @pytest.fixture
    def source(self, votes: Votes) -> SqlTable:
        for at in range(6):
            votes.vote(f"d{at}", "ana", "yes", campaign="Ads")
            votes.vote(f"d{at}", "bo", None if at == 1 else "no", state=STATES[at])
        columns = {**MAPPED, "status": "state"}
        made = source(votes, columns=columns, project="campaign", title="Rest")
        made._scanner.page = 4
        return made

    @pytest.fixture
    def add(self, votes: Votes) -> Callable[[], object]:
        return lambda: votes.vote("d9", "ana", "yes", campaign="Ads", at=now_us())

    @pytest.fixture
    def remove(self, votes: Votes) -> Callable[[], object]:
        return lambda: votes.delete("votes", 1)


STATES = ["submitted", "Skipped", "draft", "deleted", "accepted", None]


class TestContractBySeveralTables(CopiedWarehouse, LiveSourceContract):
    @pytest.fixture
    def source(self, votes: Votes) -> SqlTable:
        for at in range(5):
            votes.vote(f"d{at}", "ana", "yes")
            votes.vote(f"d{at}", "bo", "no", table="Old Votes", id=f"k-{at}")
        made = source(votes, tables=["votes", "Old Votes"])
        made._scanner.page = 2
        return made

    @pytest.fixture
    def add(self, votes: Votes) -> Callable[[], object]:
        return lambda: votes.vote("d9", "ana", "yes", table="Old Votes", id="k-0a", at=now_us())

    @pytest.fixture
    def remove(self, votes: Votes) -> Callable[[], object]:
        return lambda: votes.delete("Old Votes", "k-3")


def test_a_row_becomes_an_annotation(votes: Votes) -> None:
    columns = {**MAPPED, "status": "state", "gold": "known", "time_spent": "secs"}
    key = votes.vote(
        " d1 ", "ana", "yes", state="Accepted", known="no", secs=12.5, secret="hush", campaign="Ads"
    )
    records, bad = read(source(votes, columns=columns, project="campaign"))
    (record,) = records.values()
    assert bad == ()
    assert (record.native_id, record.project, record.item, record.annotator) == (
        key,
        "Ads",
        "d1",
        "ana",
    )
    assert (record.submitted_at, record.updated_at, record.time_spent_ms) == (AT, AT, 12_500)
    assert (record.answers, record.gold) == ((("answer", "yes"),), (("answer", "no"),))
    assert (record.verdict, record.status, record.revision) == (
        Verdict.ACCEPTED,
        Status.SUBMITTED,
        None,
    )


def test_opening_tells_projects_and_their_question(votes: Votes) -> None:
    votes.vote("d1", "ana", "yes", campaign="Ads")
    votes.vote("d1", "ana", "yes", campaign=" Ads ")
    votes.vote("d1", "ana", "yes", campaign="")
    told = source(votes, project="campaign", title="Rest", labels=["yes", "no"], required=3)
    opening = told.open()
    control = ControlRecord("answer", Scale.NOMINAL, ("yes", "no"), "column")
    assert [(one.native_id, one.title, one.required, one.controls) for one in opening.projects] == [
        ("Ads", "Ads", 3, (control,)),
        ("Rest", "Rest", 3, (control,)),
    ]
    assert told.counts() == {"Ads": Counts(2, 0, 0), "Rest": Counts(1, 0, 0)}
    told.close()
    (alone,) = source(votes, title="Mine", control="mood").open().projects
    assert (alone.native_id, alone.title, alone.controls[0].name) == ("votes", "Mine", "mood")


def test_a_column_names_the_question_of_each_row(votes: Votes) -> None:
    columns = {**MAPPED, "control": "question"}
    for question in ("mood", "topic", None):
        votes.vote("d1", "ana", "yes", question=question)
    told = source(votes, columns=columns)
    assert told.open().projects[0].controls == ()
    answers = sorted(one.answers[0][0] for one in read(told)[0].values())
    assert answers == ["answer", "mood", "topic"]


def test_scales_read_as_in_files(votes: Votes) -> None:
    keys = [votes.vote("d1", "ana", answer) for answer in ('["b","a","b"]', "b|a", "", "x")]
    as_set = read(source(votes, scale="set"))[0]
    assert [as_set[key].answers[0][1] for key in keys] == [["a", "b"], ["a", "b"], [], ["x"]]
    records, bad = read(source(votes, scale="number"))
    assert records == {}
    assert [one.reason for one in bad] == ["bad_number"] * 2 + ["missing_label", "bad_number"]


def test_a_bad_row_is_quarantined_and_the_rest_loads(votes: Votes) -> None:
    good = votes.vote("d1", "ana", "yes")
    votes.vote(" ", "ana", "yes")
    votes.vote("d1", "ana", "yes", state="odd", secret="hush")
    columns = {**MAPPED, "status": "state"}
    records, bad = read(source(votes, columns=columns))
    assert list(records) == [good]
    assert [(one.location, one.record, one.reason) for one in bad] == [
        ("votes", "id 2", "missing_item"),
        ("votes", "id 3", "unknown_status"),
    ]
    assert "odd" in bad[1].excerpt
    assert "hush" not in repr(bad)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "options.table"),
        ({"table": "a", "tables": ["b"]}, "options.table"),
        ({"table": ""}, "options.table"),
        ({"tables": []}, "options.tables"),
        ({"tables": ["a", "a"]}, "options.tables"),
        ({"table": "a", "colums": {}}, "did you mean 'columns'"),
        ({"table": "a", "columns": {"items": "x"}}, "did you mean 'item'"),
        ({"table": "a", "columns": {"annotation_id": "x"}}, "options.key"),
        ({"table": "a", "columns": {"revision": "x"}}, "options.columns.revision"),
        ({"table": "a", "columns": {"item": 3}}, "options.columns.item"),
        ({"table": "a", "columns": "item"}, "options.columns"),
        ({"table": "a", "scale": "geometry"}, "options.scale"),
        ({"table": "a", "labels": "yes"}, "options.labels"),
        ({"table": "a", "required": 0}, "options.required"),
        ({"table": "a", "title": 7}, "options.title"),
        ({"tables": ["a", "b"], "title": "T"}, "options.title"),
    ],
)
def test_what_is_wrong_in_the_configuration_is_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match="source 'mine'") as caught:
        SqlTable.from_access(Access("mine", "sqlite:///x.db", options=options))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"table": "ballots"}, "has no table or view 'ballots'"),
        ({"columns": {**MAPPED, "label": "anwser"}}, "no column 'anwser': correct options.columns"),
        ({"key": "number"}, "no column 'number': correct options.key"),
        ({"cursor": "changed"}, "no column 'changed': correct options.cursor"),
        ({"project": "prj"}, "no column 'prj': correct options.project"),
        ({"columns": {"item": "doc"}}, "options.columns.annotator, options.columns.label"),
        ({"columns": {**MAPPED, "item": 'doc"; DROP TABLE votes; --'}}, "no column"),
    ],
)
def test_what_is_not_there_stops_and_is_named_with_what_is(
    votes: Votes, options: dict[str, Any], words: str
) -> None:
    votes.vote("d1", "ana", "yes")
    told = source(votes, **options)
    with pytest.raises(StopSource) as caught:
        told.open()
    told.close()
    assert words in str(caught.value)
    if "table" not in options:
        assert "'Who'" in str(caught.value)
    assert len(read(source(votes))[0]) == 1


def test_odd_names_are_quoted(votes: Votes) -> None:
    votes.run('CREATE TABLE "a""b; c" ("Select" INTEGER PRIMARY KEY, "from" TEXT, "W""o" TEXT)')
    votes.run("""INSERT INTO "a""b; c" VALUES (7, 'd1', 'ana')""")
    columns = {"item": "from", "annotator": 'W"o', "label": "from"}
    records, _ = read(source(votes, table='a"b; c', key="Select", columns=columns))
    assert [(one.item, one.annotator) for one in records.values()] == [("d1", "ana")]


# --- changes ---


def test_polls_bring_new_and_changed_rows_and_sweeps_the_rest(
    votes: Votes, warehouse: Warehouse, no_margin: None
) -> None:
    old = [votes.vote(f"d{n}", "ana", "yes", at=now_us() - 900 * MINUTE) for n in range(5)]
    votes.vote("d9", "ana", "yes", at=now_us())
    assert polled(warehouse, source(votes)).loaded == 6
    assert polled(warehouse, source(votes)).read == 0
    new = votes.vote("d6", "bo", "no", at=now_us())
    stamp = votes.stamp(now_us())
    votes.change("votes", int(old[1]), answer="no", updated_at=stamp)
    assert polled(warehouse, source(votes)).loaded == 2
    there = held(warehouse)
    assert there[new, ""]["item"] == "d6"
    assert set(there[old[1], ""]["answers"].values()) == {"yes", "no"}
    votes.change("votes", int(old[2]), answer="no")
    votes.delete("votes", int(old[3]))
    assert polled(warehouse, source(votes)).loaded == 0
    swept = polled(warehouse, source(votes), sweep=True)
    assert (swept.repaired, swept.deleted, swept.gaps) == (1, 1, {})
    assert held(warehouse)[old[3], ""]["deleted"]
    assert polled(warehouse, source(votes), sweep=True).read == 0


def test_a_change_of_what_is_not_read_brings_nothing_new(
    votes: Votes, warehouse: Warehouse
) -> None:
    key = votes.vote("d1", "ana", "yes", at=now_us())
    polled(warehouse, source(votes))
    votes.change("votes", int(key), secret="other")
    assert polled(warehouse, source(votes), sweep=True).loaded == 0


def test_progress_is_of_the_labels_that_an_item_needs(votes: Votes, warehouse: Warehouse) -> None:
    votes.vote("d1", "ana", "yes", at=now_us())
    votes.vote("d1", "bo", "yes", at=now_us())
    votes.vote("d2", "ana", "yes", at=now_us())
    polled(warehouse, source(votes, required=3))
    assert values(warehouse, "progress") == {None: 3 / 6}
    assert values(warehouse, "labels_remaining") == {None: 3}


def test_times_that_are_all_the_same_tell_nothing(votes: Votes, warehouse: Warehouse) -> None:
    at = now_us() - 900 * MINUTE
    for n in range(20):
        votes.vote(f"d{n}", "ana", "yes", at=at)
    polled(warehouse, source(votes))
    by_day = MetricQuery("annotations_submitted", by=("day",))
    (row,) = ask(warehouse.engine, by_day, Scope()).rows
    assert row["value"] is None
    assert "all times are the same" in row["note"]
    assert values(warehouse, "annotations_submitted") == {None: 20}
    votes.vote("d20", "ana", "yes", at=at + MINUTE)
    polled(warehouse, source(votes))
    assert [row["value"] for row in ask(warehouse.engine, by_day, Scope()).rows] == [21]


def test_another_map_reads_every_row_again(votes: Votes, warehouse: Warehouse) -> None:
    for n in range(3):
        votes.vote(f"d{n}", "ana", "a|b", at=now_us() - 900 * MINUTE)
    assert polled(warehouse, source(votes)).loaded == 3
    again = polled(warehouse, source(votes, scale="set", control="tags"))
    assert again.loaded == 3
    assert set(held(warehouse)["1", ""]["answers"]) >= {(0, "tags")}


def test_a_view_is_read_by_its_values(votes: Votes, warehouse: Warehouse) -> None:
    """Views have no xmin: what changed is told by a digest."""
    votes.run("CREATE VIEW good AS SELECT * FROM votes WHERE answer <> 'junk'")
    first = votes.vote("d1", "ana", "yes")
    votes.vote("d1", "bo", "junk")
    assert polled(warehouse, source(votes, table="good")).loaded == 1
    votes.change("votes", int(first), answer="no")
    told = source(votes, table="good")
    assert polled(warehouse, told, sweep=True).loaded == 1
    assert polled(warehouse, told, sweep=True).read == 0
    remarks = " ".join(told.inspect().remarks)
    told.close()
    assert ("is a view" in remarks) != votes.sqlite


def test_keys_that_do_not_grow_are_told_apart_and_found(votes: Votes, warehouse: Warehouse) -> None:
    def told() -> SqlTable:
        made = source(votes, table="Old Votes")
        made._scanner.page = 2
        return made

    for n in range(5):
        votes.vote(f"d{n}", "ana", "yes", table="Old Votes", id=f"{n}-x", at=now_us())
    assert polled(warehouse, told()).loaded == 5
    votes.vote("d9", "ana", "yes", table="Old Votes", id="0-a", at=now_us())
    assert polled(warehouse, told()).loaded == 1
    assert set(held(warehouse)) == {(f"{n}-x", "") for n in range(5)} | {("0-a", "")}


def test_a_scan_ends_at_an_empty_key(votes: Votes) -> None:
    """It is the least text, and stands for no key in a position."""
    for key in ("", "a"):
        votes.vote(f"doc {key}", "ana", "yes", table="Old Votes", id=key)
    told = source(votes, table="Old Votes")
    told._scanner.page = 1
    told.open()
    pages = list(islice(told.full(ANNOTATIONS, None), 5))
    told.close()
    assert [one.native_id for page in pages for one in page.records] == ["a", ""]
    assert pages[-1].last


def test_a_table_that_is_named_later_is_read_whole(votes: Votes, warehouse: Warehouse) -> None:
    votes.vote("d1", "ana", "yes")
    votes.vote("d1", "bo", "no", table="Old Votes", id="k", at=AT)
    assert polled(warehouse, source(votes, tables=["votes"])).loaded == 1
    assert polled(warehouse, source(votes, tables=["votes", "Old Votes"])).loaded == 1
    assert set(held(warehouse)) == {("votes:1", ""), ("Old Votes:k", "")}


def test_keys_far_apart_are_not_read_by_windows(tmp_path: Path) -> None:
    with foreign(f"sqlite:///{tmp_path / 'votes.db'}", tables()) as votes:
        for n in range(40):
            votes.add("votes", id=n * 10**12, doc=f"d{n}", Who="ana", answer="yes")
        told = source(votes)
        assert len(read(told)[0]) == 40
        pages = list((told.open(), told.full(ANNOTATIONS, None))[1])
        assert len(pages) == 1
        told.close()


def test_rows_without_a_key_are_left_out_and_told(votes: Votes) -> None:
    votes.run("CREATE TABLE loose (n INTEGER, item TEXT, annotator TEXT, label TEXT)")
    votes.run("INSERT INTO loose VALUES (1, 'd', 'ana', 'x'), (NULL, 'd', 'ana', 'x')")
    told = source(votes, table="loose", key="n", columns={})
    assert list(read(told)[0]) == ["1"]
    assert "1 row without one" in " ".join(told.inspect().remarks)
    told.close()


def test_rows_that_share_a_key_are_quarantined_and_never_one_for_another(
    votes: Votes, warehouse: Warehouse
) -> None:
    for who in ("ana", "bo"):
        votes.vote("twice", who, "yes")
    votes.vote("once", "ana", "yes")
    for _ in range(2):
        result = polled(warehouse, source(votes, key="doc"), sweep=True)
        assert result.gaps == {"votes": 2}
        assert set(held(warehouse)) == {("once", "")}
    records, bad = read(source(votes, key="doc"))
    assert set(records) == {"once"}
    assert [one.reason for one in bad] == ["repeated_key", "repeated_key"]


def test_only_the_named_projects_are_read(votes: Votes) -> None:
    votes.vote("d1", "ana", "yes", campaign="Ads")
    votes.vote("d2", "ana", "yes", campaign="Else")
    told = source(votes, ("Ads",), project="campaign")
    assert {one.project for one in read(told)[0].values()} == {"Ads"}
    told.open()
    assert told.counts() == {"Ads": Counts(1, 0, 0)}
    told.close()
    with pytest.raises(StopSource, match="projects"):
        source(votes, ("None",), project="campaign").open()


@pytest.mark.parametrize("blank", ["\t", "\n", "\r\n", "\u2003"])
def test_projects_with_blanks_around_their_name_are_one(
    votes: Votes, warehouse: Warehouse, blank: str
) -> None:
    for doc, campaign in (("d1", "Ads"), ("d2", f"Ads{blank}"), ("d3", f"{blank} Ads")):
        votes.vote(doc, "ana", "yes", campaign=campaign)
    votes.vote("d4", "ana", "yes", campaign="Else")
    told = source(votes, ("Ads",), project="campaign")
    assert {one.item for one in read(told)[0].values()} == {"d1", "d2", "d3"}
    assert [one.annotations for one in told.inspect().projects] == [3]
    assert told.counts() == {"Ads": Counts(3, 0, 0)}
    told.close()
    assert polled(warehouse, source(votes, ("Ads",), project="campaign")).loaded == 3
    again = source(votes, ("Ads",), project="campaign", columns={**MAPPED, "time_spent": "secs"})
    assert polled(warehouse, again).read == 3, "a project whose reading changed is read whole"


def test_a_blank_project_is_the_one_of_rows_that_name_none(votes: Votes) -> None:
    for campaign in ("\n", " \t", "", None):
        votes.vote("d1", "ana", "yes", campaign=campaign)
    told = source(votes, project="campaign", title="Rest")
    assert {one.project for one in read(told)[0].values()} == {"Rest"}


def test_ids_of_tables_with_colons_in_their_names_are_no_others(
    tmp_path: Path, warehouse: Warehouse
) -> None:
    meta = MetaData()
    names = ("a", "a:b", '"a')
    for name in names:
        columns = (Column(one, String(40)) for one in ("doc", "Who", "answer"))
        Table(name, meta, Column("id", String(40), primary_key=True), *columns)
    with foreign(f"sqlite:///{tmp_path / 'colons.db'}", meta) as tool:
        for name, key in zip(names, ("b:1", "1", 'b":1'), strict=True):
            tool.add(name, {"id": key, "doc": "d1", "Who": "ana", "answer": name})
        mapped = {"item": "doc", "annotator": "Who", "label": "answer"}
        told = source(tool, tables=list(names), columns=mapped)
        assert polled(warehouse, told).loaded == 3
        assert {native for native, _ in held(warehouse)} == {
            "a:b:1",
            '"a:b":1',
            '"\\"a":b":1',
        }
        assert polled(warehouse, told).loaded == 0


# --- types and times ---


def test_values_of_every_type_come_as_their_text(pg_database: str) -> None:
    with foreign(pg_database, MetaData()) as votes:
        votes.run(
            "CREATE SCHEMA lab",
            """CREATE TABLE lab.answers (annotation_id uuid PRIMARY KEY, item bigint,
               annotator text, label jsonb, gold text[], time_spent interval,
               submitted_at timestamp, updated_at timestamptz, batch numeric)""",
            """INSERT INTO lab.answers VALUES
               ('00000000-0000-0000-0000-000000000001', 7, 'ana', '["b","a"]', '{a}',
                '1 hour 2.5 seconds', '2024-03-04 10:00', '2024-03-04 09:30+00', 3),
               ('00000000-0000-0000-0000-000000000002', 8, 'ana', '"c"', NULL, NULL,
                'infinity', NULL, NULL)""",
        )
        options = {"table": "lab.answers", "scale": "set"}
        told = SqlTable.from_access(
            Access("mine", pg_database, options=options, zone="Europe/Berlin")
        )
        records, bad = read(told)
        (record,) = records.values()
        assert (record.item, record.batch, record.time_spent_ms) == ("7", "3", 3_602_500)
        assert (record.answers, record.gold) == ((("label", ["a", "b"]),), (("label", ["a"]),))
        assert (record.submitted_at, record.updated_at) == (AT, AT + 30 * MINUTE)
        assert [one.reason for one in bad] == ["bad_time"]
        found = told.inspect()
        told.close()
    assert "GRANT SELECT (item, annotator, label, gold," in found.grant
    assert "ON lab.answers TO labelpulse;" in found.grant
    assert "xmin" in found.grant


def test_values_of_sqlite_come_as_their_text(tmp_path: Path) -> None:
    with foreign(f"sqlite:///{tmp_path / 'v.db'}", MetaData()) as votes:
        votes.run(
            "CREATE TABLE v (id INTEGER PRIMARY KEY, item, annotator, label, submitted_at)",
            "INSERT INTO v VALUES (1, 7, x'616E61', 2.0, 1709542800)",
            "INSERT INTO v VALUES (2, 7.5, 'bo', x'FF', '3/4/2024')",
            "INSERT INTO v VALUES (3, 7.5, 'bo', 1e999, '16/4/2024')",
            "INSERT INTO v VALUES (4, 7.5, 'bo', 3, '16/4/2024')",
        )
        records, bad = read(source(votes, table="v", columns={}))
        first = records["1"]
        assert (first.item, first.annotator, first.answers) == ("7", "ana", (("label", "2"),))
        assert first.submitted_at == AT
        assert [one.reason for one in bad] == ["bad_encoding", "bad_number"]
        day = from_us(records["4"].submitted_at or 0)
        assert (day.day, day.month) == (16, 4)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
def test_cursors_of_local_times_lose_nothing(
    votes: Votes, warehouse: Warehouse, no_margin: None, zone: str
) -> None:
    """A naive column holds local times; the poll has to ask for them in those."""
    kind = "TEXT" if votes.sqlite else "TIMESTAMP"
    votes.run(
        f"CREATE TABLE local (id INTEGER PRIMARY KEY, item TEXT, annotator TEXT, label TEXT, "
        f"updated_at {kind})"
    )
    old = _local(now_us() - 900 * MINUTE, zone)
    votes.run(
        *(f"INSERT INTO local VALUES ({n}, 'd', 'ana', 'x', '{old}')" for n in range(3)),
        f"INSERT INTO local VALUES (9, 'd', 'ana', 'x', '{_local(now_us(), zone)}')",
    )
    polled(warehouse, source(votes, table="local", columns={}, zone=zone))
    votes.run(f"UPDATE local SET label = 'y', updated_at = '{_local(now_us(), zone)}' WHERE id = 1")
    again = polled(warehouse, source(votes, table="local", columns={}, zone=zone))
    assert again.loaded == 1


def _local(us: int, zone: str) -> str:
    from zoneinfo import ZoneInfo

    return str(from_us(us).astimezone(ZoneInfo(zone)).replace(tzinfo=None))


@pytest.mark.parametrize(
    ("sample", "at"),
    [
        (1_709_542_800, 1_709_542_800),
        (1_709_542_800.5, 1_709_542_800),
        (1_709_542_800_000, 1_709_542_800_000),
        (1_709_542_800_000_000, 1_709_542_800_000_000),
        ("2024-03-04T08:00:00Z", "2024-03-04T09:00:00"),
        ("2024-03-04 08:00:00", "2024-03-04 09:00:00"),
        ("2024-03-04 10:00:00+01:00", "2024-03-03 09:00:00"),
        ("2024-03-04", "2024-03-03 09:00:00"),
    ],
)
def test_a_cursor_is_compared_in_the_form_that_its_column_has(
    tmp_path: Path, sample: Any, at: Any
) -> None:
    one = source(Foreign(f"sqlite:///{tmp_path / 'none.db'}", MetaData()), cursor="changed")
    found = compared(_bare(one), sample)
    assert found(AT) == at


@pytest.mark.parametrize("sample", [None, True, "March 4th", "4.3.2024 10:00", b"9", timedelta(1)])
def test_a_cursor_in_no_order_is_none(tmp_path: Path, sample: Any) -> None:
    one = source(Foreign(f"sqlite:///{tmp_path / 'none.db'}", MetaData()), cursor="changed")
    assert compared(_bare(one), sample) is None


def _bare(told: SqlTable) -> Any:
    from sqlalchemy import table

    from collectors.sql.tables import Source

    return Source("sqlite", "t", table("t"), {}, {}, "id", "changed", told._options)


# --- a first look ---


def test_a_first_look_counts_what_is_there(votes: Votes) -> None:
    columns = {**MAPPED, "status": "state", "gold": "known"}
    for who in ("ana", "bo"):
        votes.vote("d1", who, "yes", known="yes", state="accepted")
    votes.vote("d2", "ana", "yes", at=AT + MINUTE)
    told = source(votes, columns=columns, title="Mine")
    found = told.inspect()
    told.close()
    (one,) = found.projects
    assert (one.title, one.items, one.annotations, one.annotators) == ("Mine", 2, 3, 2)
    assert (one.first, one.last, one.share_two) == (AT, AT + MINUTE, 0.5)
    assert (one.gold_candidates, one.reviews, one.controls) == ({"column": 2}, 2, ("answer",))
    assert (found.tool, found.type) == ("SQL", "sql")
    assert SqlTable.detects(votes.url) is False
    if not votes.sqlite:
        granted = found.grant.split("GRANT SELECT (")[1].split(")")[0].split(", ")
        assert {"doc", '"Who"', "answer", "id", "made", "updated_at", "xmin"} <= set(granted)
        assert "secret" not in found.grant


def test_the_printed_grant_is_enough_and_no_less_is(pg_database: str) -> None:
    votes = Votes(pg_database, tables())
    votes.vote("d1", "ana", "yes")
    told = source(votes)
    grants = told.inspect().grant
    told.close()
    with reader(votes, grants, "lp_sql_reader") as url, foreign(url, MetaData()) as known:
        reading = source(known)
        assert reading.refuses_writing()
        assert len(read(reading)[0]) == 1
        with pytest.raises(StopSource, match="column secret of table votes: grant SELECT"):
            source(known, columns={**MAPPED, "batch": "secret"}).open()
    votes.engine.dispose()
