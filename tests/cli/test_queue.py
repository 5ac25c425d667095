"""`labelpulse queue`: suggest, add, list, send and decide."""

import csv
import io
import json
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tests.cli.conftest import Verb

CONFIG = """
[warehouse]
url = "sqlite:///labelpulse.db"
[channels.experts]
url = "{url}"
secret = "a key"
"""


@pytest.fixture
def imported(verb: Verb, folder: Path, httpserver: HTTPServer) -> None:
    """Ninety items of a name that a spreadsheet would run, answered by two people in turn."""
    lines = ["item,annotator,label,submitted_at"]
    lines += [f"=i{n},{'ab'[n % 2]},x,2024-03-04T09:{n % 60:02}:00Z" for n in range(90)]
    (folder / "labels.csv").write_text("\n".join(lines))
    (folder / "labelpulse.toml").write_text(CONFIG.format(url=httpserver.url_for("/hook")))
    loaded = verb("import", "labels.csv", "--project", "P", "--timezone", "UTC")
    assert loaded.code == 0, loaded.err


def test_from_a_suggestion_to_a_decision(
    verb: Verb, imported: None, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/hook").respond_with_data()
    told = verb("queue", "suggest", "--project", "P", "--limit", 3, "--json").json["entries"]
    assert [(one["reason"], one["state"]) for one in told] == [("review_plan", None)] * 3
    added = verb("queue", "add", "--project", "P", "--limit", 3, "--owner", "Mia", "--json").json
    assert added["added"] == 3
    again = verb("queue", "add", "--project", "P", "--limit", 3)
    assert again.out == "added 0 items, 3 already in the queue\n"
    assert verb("queue", "send", "experts", "--owner", "Mia", "--json").json["sent"] == 3
    (request, _) = httpserver.log[0]
    assert len(json.loads(request.get_data())["data"]["entries"]) == 3
    assert verb("queue", "send", "experts").out == "sent 0 items to experts\n"
    first, *others = added["ids"]
    assert verb("queue", "decide", first, "--outcome", "keep x", "--json").json["changed"] == 1
    waits = verb("queue", "list", "--json").json["entries"]
    assert {(one["id"], one["state"], one["owner"]) for one in waits} == {
        (one, "sent", "Mia") for one in others
    }
    (done,) = verb("queue", "list", "--state", "decided", "--json").json["entries"]
    assert (done["id"], done["outcome"]) == (first, "keep x")
    assert "keep x" in verb("queue", "list", "--state", "decided").out
    assert verb("queue", "decide", first, "--reopen").out == "reopened 1 entry\n"


def test_items_are_added_by_name_and_leave_as_harmless_cells(verb: Verb, imported: None) -> None:
    assert verb("queue", "add", "=i4", "=i5", "--project", "P").out.startswith("added 2 items")
    rows = list(csv.DictReader(io.StringIO(verb("queue", "list", "--format", "csv").out)))
    assert [(row["item"], row["reason"]) for row in rows] == [
        ("'=i4", "by_hand"),
        ("'=i5", "by_hand"),
    ]
    table = verb("queue", "list", "--project", "P", "--reason", "by_hand", "--limit", 1)
    assert "put there by hand" in table.out
    assert verb("queue", "list", "--reason", "gold_key").err.startswith("No entries")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "nowhere", "--project", "P"), "project 'P' has no item 'nowhere'"),
        (("add", "=i4", "--project", "P", "--reason", "gold_key"), "leave out --reason"),
        (("send", "nobody"), "no [channels.nobody] is configured; configured are: experts"),
        (("decide", "1"), "give the decision by --outcome"),
        (("list", "--project", "Q"), "unknown project 'Q'"),
    ],
)
def test_what_cannot_be_is_wrong_usage(
    verb: Verb, imported: None, words: tuple[str, ...], said: str
) -> None:
    done = verb("queue", *words)
    assert (done.code, said in done.err) == (2, True), done.err


def test_what_is_not_taken_stays_open(verb: Verb, imported: None, httpserver: HTTPServer) -> None:
    verb("queue", "add", "=i4", "--project", "P")
    httpserver.expect_request("/hook").respond_with_data(status=410)
    done = verb("queue", "send", "experts")
    assert (done.code, done.out) == (1, "")
    assert "channel 'experts' did not accept the message: it answered HTTP status 410" in done.err
    assert [one["state"] for one in verb("queue", "list", "--json").json["entries"]] == ["open"]
