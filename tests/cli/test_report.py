"""`labelpulse report`: for each reader and in each form, into a file or a pipe."""

import csv
from io import StringIO
from pathlib import Path

import pytest

from tests.cli.conftest import Verb

BEGINS = {"html": b"<!doctype html>", "pdf": b"%PDF-", "csv": b"metric,version,"}
CONFIG = """
[warehouse]
url = "sqlite:///labelpulse.db"
[[projects]]
source = "import:Ads"
title = "Ads"
gold = "column"
"""
AUDIENCES = ("executive", "manager", "quality")


@pytest.fixture
def imported(verb: Verb, folder: Path) -> None:
    """Forty items of two people, each with a known answer."""
    lines = ["item,annotator,label,gold,submitted_at"]
    lines += [f"i{n},{('ana', 'bob')[n % 2]},x,x,2024-03-04T09:{n:02}:00Z" for n in range(40)]
    (folder / "labelpulse.toml").write_text(CONFIG)
    (folder / "labels.csv").write_text("\n".join(lines))
    loaded = verb("import", "labels.csv", "--project", "Ads", "--timezone", "UTC")
    assert loaded.code == 0, loaded.err


@pytest.mark.parametrize("kind", list(BEGINS))
def test_each_reader_has_a_report(kind: str, verb: Verb, imported: None, folder: Path) -> None:
    made = set()
    for audience in AUDIENCES:
        file = folder / f"{audience}.{kind}"
        done = verb("report", "--audience", audience, "--format", kind, "--output", file)
        assert (done.code, done.out) == (0, "")
        assert f"Wrote {file}" in done.err
        told = file.read_bytes()
        assert told.startswith(BEGINS[kind])
        made.add(told)
    assert len(made) == len(AUDIENCES)


def test_in_a_pipe_there_is_nothing_but_the_report(verb: Verb, imported: None) -> None:
    done = verb("report", "--format", "csv", "--project", "Ads")
    assert (done.code, done.err) == (0, "")
    rows = list(csv.DictReader(StringIO(done.out)))
    assert [row["value"] for row in rows if row["metric"] == "annotations_submitted"]
    assert verb("report", "--format", "csv", "--project", "Ads").out == done.out


def test_people_are_named_only_on_request(verb: Verb, imported: None) -> None:
    plain = verb("report", "--audience", "quality").out
    named = verb("report", "--audience", "quality", "--names").out
    assert "Gold accuracy of each annotator" in plain
    assert ("<td>ana</td>" in plain, "<td>ana</td>" in named) == (False, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--audience", "board"), "'executive', 'manager', 'quality'"),
        (("--format", "docx"), "'html', 'pdf', 'csv'"),
        (("--project", "Adds"), "there is no project 'Adds'; the projects are: Ads"),
    ],
)
def test_what_is_unknown_is_a_sentence(
    words: tuple[str, str], told: str, verb: Verb, imported: None
) -> None:
    done = verb("report", *words)
    assert (done.code, done.out) == (2, "")
    assert told in " ".join(done.err.split())


def test_an_empty_warehouse_has_a_report_that_says_so(verb: Verb, folder: Path) -> None:
    assert verb("db", "upgrade").code == 0
    for audience in AUDIENCES:
        done = verb("report", "--audience", audience)
        assert done.code == 0
        assert "Nothing is loaded yet" in done.out


def test_without_a_warehouse_nothing_is_written(verb: Verb, folder: Path) -> None:
    done = verb("report", "--output", folder / "report.html")
    assert (done.code, done.out) == (1, "")
    assert "no warehouse" in done.err
    assert not list(folder.glob("*.html"))
