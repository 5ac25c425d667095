"""A watched folder, from `init` to `verify`, on the command line."""

import os

import pytest

from tests.ingest.importing import table

ROWS = [
    {"item": f"i{n}", "annotator": who, "label": "x", "submitted_at": f"2024-03-04T09:{n:02d}:00Z"}
    for n in range(30)
    for who in ("ann", "bob")
]


@pytest.fixture
def exports(folder):
    path = folder / "exports"
    path.mkdir()
    for name in ("a.csv", "b.csv"):
        aged(table(path / name, ROWS))
    return path


def aged(path):
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


def test_what_init_writes_of_a_folder_is_collected(verb, folder, exports):
    done = verb("init", "exports")
    assert "`labelpulse up` imports the files of the folder" in done.err
    assert "labelpulse import exports/a.csv --project a" in done.err
    assert 'type = "folder"' in (folder / "labelpulse.toml").read_text()
    done = verb("collect", "--once", "--json")
    (turn,) = done.json
    assert (done.code, turn["source"], turn["state"], turn["loaded"]) == (0, "exports", "ok", 120)
    query = ("query", "annotations_submitted", "--by", "project", "--json")
    rows = {row["project"]: row["value"] for row in verb(*query).json["rows"]}
    assert rows == {"a": 60, "b": 60}
    (again,) = verb("collect", "--once", "--json").json
    assert (again["loaded"], again["unchanged"]) == (0, 0)
    assert verb("verify").code == 0


def test_a_bad_file_is_partly_done_and_told_everywhere(verb, folder, exports):
    aged(table(exports / "c.csv", [{"unit": 1, "who": "a"}]))
    verb("init", "exports")
    done = verb("collect", "--once")
    assert done.code == 3
    assert "c.csv has no column 'item'" in done.err
    (source,) = verb("sources", "--json").json
    assert (source["state"], source["quarantined"]) == ("ok", 1)
    assert source["reason"].startswith("1 file refused: c.csv has no column 'item'")
    doctor = verb("doctor")
    assert "source exports: can be reached and read (folder of csv: 2 projects" in doctor.out
    assert "quarantined records: 1" in doctor.out


def test_a_folder_is_tried_step_by_step(verb, folder, exports):
    verb("init", "exports")
    (exports / "link.csv").symlink_to("a.csv")
    done = verb("sources", "test", "exports")
    assert done.code == 0
    assert "the folder is there and lists 3 files" in done.out
    assert "none is ever changed" in done.out
    assert "link.csv is a symbolic link: put the file itself there" in done.out
    document = verb("sources", "test", "exports", "--json").json
    assert [one["title"] for one in document["projects"]] == ["a", "b"]
    exports.rename(folder / "away")
    done = verb("sources", "test", "exports")
    assert (done.code, "there is no folder" in done.err) == (1, True)


def test_folders_within_the_folder_are_projects(verb, folder, exports):
    (exports / "ads").mkdir()
    (exports / "a.csv").rename(exports / "ads" / "a.csv")
    (exports / "b.csv").rename(exports / "ads" / "b.csv")
    verb("init", "exports")
    assert "{file}" not in (folder / "labelpulse.toml").read_text()
    (turn,) = verb("collect", "--once", "--json").json
    assert (turn["loaded"], turn["unchanged"]) == (60, 60)


def test_a_folder_of_bad_files_alone_is_told_everywhere(verb, folder, exports):
    verb("init", "exports")
    for name in ("a.csv", "b.csv"):
        aged(table(exports / name, [{"unit": 1, "who": "a"}]))
    done = verb("collect", "--once")
    assert done.code == 1
    assert (
        "source 'exports': nothing in the folder can be loaded (2 files refused: a.csv" in done.err
    )
    (source,) = verb("sources", "--json").json
    assert (source["state"], source["last_ok"], source["quarantined"]) == ("broken", None, 2)
    doctor = verb("doctor")
    assert doctor.code == 1
    assert "FAILED  source exports: broken: nothing in the folder can be loaded" in doctor.out
    assert verb("query", "source_lag", "--json").json["rows"][0]["value"] is None
    aged(table(exports / "a.csv", ROWS))
    assert verb("collect", "--once").code == 3
    (source,) = verb("sources", "--json").json
    assert (source["state"], source["last_ok"] is None) == ("ok", False)


def test_init_names_the_files_that_a_watched_folder_would_refuse(verb, exports):
    aged(exports / "a.csv")
    (exports / "configs.json").write_text('{"cls": "<View/>"}')
    (exports / "words.txt").write_text("just words\n")
    (exports / "empty.csv").write_text("")
    done = verb("init", "exports")
    assert "- configs.json: no export but a description, and passed over" in done.out
    assert "- words.txt: in no format that is known here: a watched folder refuses" in done.out
    assert "- empty.csv is empty: export it again" in done.out
