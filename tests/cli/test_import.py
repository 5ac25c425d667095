import json

import pytest

from labelpulse.cli.import_ import parse_map
from labelpulse.core.errors import UsageError
from tests.ingest.importing import table
from tests.support.crowd import unpacked

ROWS = [
    {"item": f"i{n}", "annotator": "ann", "label": "x", "submitted_at": f"2024-03-04T09:{n:02d}:00"}
    for n in range(30)
]


@pytest.fixture
def file(folder):
    return table(folder / "t.csv", ROWS)


def test_the_document_of_the_contract(verb, file):
    done = verb("import", file, "--project", "P", "--json")
    assert done.code == 0
    assert done.json == {
        "read": 30,
        "loaded": 30,
        "unchanged": 0,
        "quarantined": 0,
        "files": 1,
        "warnings": [],
    }
    assert done.err == ""


def test_for_people(verb, file):
    done = verb("import", file, "--project", "P")
    assert done.out == "1 file: 30 read, 30 loaded, 0 unchanged, 0 quarantined\n"
    assert "reading as csv" in done.err


def test_days_are_this_machines_unless_flags_say(verb, file):
    verb("import", file, "--project", "P", "--json")
    query = ("query", "annotations_submitted", "--by", "hour", "--json")
    assert [row["hour"] for row in verb(*query).json["rows"]] == [9]
    verb("import", file, "--project", "P", "--json", "--naive-zone", "UTC")
    assert verb("verify").code == 0


def test_a_bad_record_is_named_and_the_exit_code_is_3(verb, folder):
    rows = [{**row, "status": "perhaps" if n == 7 else ""} for n, row in enumerate(ROWS)]
    done = verb("import", table(folder / "odd.csv", rows), "--project", "P", "--json")
    assert (done.code, done.json["loaded"], done.json["quarantined"]) == (3, 29, 1)
    assert "odd.csv line 9: quarantined: the status (column 'status') is none of" in done.err
    assert "perhaps" not in done.err


def test_many_bad_records_are_counted_not_listed(verb, folder):
    rows = [{**row, "status": "perhaps" if n else ""} for n, row in enumerate(ROWS)]
    done = verb("import", table(folder / "odd.csv", rows), "--project", "P")
    assert done.err.count("quarantined:") == 20
    assert "and 9 more records quarantined" in done.err


def test_a_refused_file_leaves_a_warehouse_that_answers(verb, folder):
    (folder / "half.csv").write_text("")
    done = verb("import", "half.csv", "--project", "P", "--json")
    assert (done.code, done.out) == (1, "")
    assert done.err == "Error: half.csv is empty: export it again\n"
    answer = verb("query", "annotations_submitted", "--json")
    assert answer.code == 0
    assert [row["value"] for row in answer.json["rows"] if row["value"]] == []


def test_some_refused_files_are_partly_done(verb, folder, file):
    (folder / "half.csv").write_text("")
    done = verb("import", "half.csv", file, "--project", "P", "--json")
    assert (done.code, done.json["files"]) == (3, 1)
    assert "Error: half.csv is empty" in done.err
    (folder / "other.csv").write_text("")
    assert verb("import", "half.csv", "other.csv", "--project", "P").code == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--map", "unit=item"], "--map unit=…: FIELD is one of item annotator"),
        (["--map", "item=unit"], "t.csv has no column 'unit' for item; its columns are 'item'"),
        (["--map", "item"], "--map item: write it as FIELD=COLUMN"),
        (["--map", "item=a,item=b"], "--map names two columns for item"),
        (["--scale", "big"], "--scale 'big'"),
        (["--format", "word"], "--format 'word' is not known"),
        (["--timezone", "Mars"], "unknown time zone 'Mars'"),
        (["--no-such-option"], "No such option"),
    ],
)
def test_wrong_usage_is_exit_2(verb, file, words, told):
    done = verb("import", file, "--project", "P", *words)
    assert done.code == 2
    assert told in done.err.replace(", ", " ") or told in done.err
    assert verb("import", file).code == 2


def test_maps_take_commas_and_escapes(verb, folder):
    rows = [
        {"task, no": "1", "a=b": "ann", "label": "x"},
        {"task, no": "2", "a=b": "b", "label": "y"},
    ]
    path = table(folder / "t.csv", rows)
    done = verb(
        "import", path, "--project", "P", "--map", r"item=task\, no,annotator=a\=b", "--json"
    )
    assert done.json["loaded"] == 2


def test_reading_maps():
    assert parse_map(["item=a,label=b", "gold=c"]) == {"item": "a", "label": "b", "gold": "c"}
    assert parse_map(["item=a=b", "item=a=b"]) == {"item": "a=b"}
    for bad in ("item", "=x", "item="):
        with pytest.raises(UsageError):
            parse_map([bad])


def test_labels_and_separator(verb, folder):
    rows = [{**row, "label": "red, deep;blue"} for row in ROWS]
    path = table(folder / "t.csv", rows)
    words = ("--scale", "set", "--separator", ";", "--labels", r"red\, deep,blue")
    assert verb("import", path, "--project", "P", "--json", *words).json["warnings"] == []
    done = verb("query", "label_count", "--by", "label", "--json")
    assert {row["label"]: row["value"] for row in done.json["rows"]} == {
        "red, deep": 30,
        "blue": 30,
    }


def test_a_warehouse_out_of_reach_is_one_sentence_without_its_password(verb, file):
    url = "postgresql://writer:hush-hush@127.0.0.1:1/w"
    done = verb("import", file, "--project", "P", "--db", url)
    assert done.code == 1
    assert "hush" not in done.err
    assert done.err.startswith("Error: the warehouse (warehouse.url)")
    assert verb("import", file, "--project", "P", "--db", "mysql://hush").code == 1


def test_json_lines(verb, folder):
    path = folder / "t.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    assert verb("import", path, "--project", "P", "--json").json["loaded"] == 30


def test_crowd_files_are_known_and_say_why(verb, folder):
    path = unpacked("figure_eight/person-video-binary-choice.csv.gz", folder)
    looked = verb("init", path)
    assert "read as figure-eight: its header has _unit_id" in looked.out
    assert "'selected_answer': judgments of one unit differ in it" in looked.out
    done = verb("import", path, "--project", "Video", "--map", "label=selected_answer", "--json")
    assert (done.code, done.json["loaded"]) == (0, 1000)
    (row,) = verb("query", "agreement_percent", "--project", "Video", "--json").json["rows"]
    assert row["value"] == pytest.approx(0.900421, abs=5e-7)
    kappa = verb("query", "agreement_fleiss", "--control", "selected_answer", "--json").json
    assert kappa["rows"][0]["value"] == pytest.approx(0.797525, abs=5e-7)


def test_what_holds_for_several_files_is_said_once_with_their_names(verb, folder):
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text(f"item,annotator,label\n{name},ann,x\n{name},bob,z\n")
    done = verb("import", "a.csv", "b.csv", "--project", "P", "--labels", "x,y")
    assert done.err.count("Warning:") == 1
    assert "Warning: a.csv, b.csv: labels that are not among those declared: 'z'" in done.err


def test_a_table_without_a_header_line_hears_of_numbers(verb, folder):
    (folder / "votes.txt").write_text("ann\t201\t0\nbob\t201\t1\n")
    done = verb("import", "votes.txt", "--project", "P")
    assert done.code == 2
    assert "its columns are 'ann', '201', '0'; without a header line, columns go by" in done.err
    (folder / "votes.csv").write_text("unit,who,vote\n1,a,x\n")
    assert "header line" not in verb("import", "votes.csv", "--project", "P").err


def test_a_database_is_told_to_be_polled(verb, folder):
    (folder / "tool.sqlite3").write_bytes(b"SQLite format 3\x00" + bytes(100))
    done = verb("import", "tool.sqlite3", "--project", "P")
    assert "is a SQLite database, which is polled and not imported" in done.err
    (folder / "tool.sql").write_text("--\n-- PostgreSQL database dump\n--\n")
    assert "is a dump of a database" in verb("import", "tool.sql", "--project", "P").err
