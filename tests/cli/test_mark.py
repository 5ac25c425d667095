"""Markers: what happened on a day, and what a number was before and after it."""

from pathlib import Path

import pytest

from labelpulse.stats.intervals import wilson
from tests.cli.conftest import Verb


@pytest.fixture
def imported(verb: Verb, folder: Path) -> None:
    """Gold answered by one person: 48 of 80 right before 4 March, 56 of 70 right from then on."""
    lines = ["item,annotator,label,gold,submitted_at"]
    for day, right, n in ((3, 48, 80), (4, 56, 70)):
        for one in range(n):
            said = "x" if one < right else "y"
            lines.append(f"i{day}-{one},ann,{said},x,2024-03-{day:02}T09:{one % 60:02}:00Z")
    (folder / "gold.csv").write_text("\n".join(lines))
    loaded = verb("import", "gold.csv", "--project", "P", "--timezone", "UTC")
    assert loaded.code == 0, loaded.err


def test_a_marker_tells_what_changed_with_it(verb: Verb, imported: None):
    told = verb("mark", "guideline v2", "--project", "P", "--at", "2024-03-04", "--json").json
    assert (told["text"], told["day"], told["kind"]) == ("guideline v2", "2024-03-04", "guideline")
    (row,) = [one for one in told["before_after"] if one["metric"] == "gold_accuracy"]
    assert (row["before"], row["after"]) == (48 / 80, 56 / 70)
    assert (row["n_before"], row["n_after"], row["n"]) == (80, 70, 70)
    # R. G. Newcombe 1998, table II: 56/70 against 48/80 by method 10
    assert [round(row[end], 4) for end in ("value", "low", "high")] == [0.2, 0.0524, 0.3339]
    assert wilson(48, 80)[0] < row["before"]


def test_the_same_marker_twice_is_one(verb: Verb, imported: None):
    for _ in range(2):
        assert verb("mark", "release 3", "--kind", "release", "--at", "2024-03-04").code == 0
    from labelpulse.reader.markers import markers
    from labelpulse.warehouse.engine import connect

    engine = connect("sqlite:///labelpulse.db", readonly=True)
    (one,) = markers(engine, [1])
    engine.dispose()
    assert (one.day, one.kind, one.text, one.project) == (
        "2024-03-04",
        "release",
        "release 3",
        None,
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["  "], "no text"),
        ([], "write what happened, or use --list"),
        (["--project", "P"], "write what happened, or use --list"),
        (["x", "--list"], "leave out TEXT, --at and --kind"),
        (["--list", "--at", "2024-03-04"], "leave out TEXT, --at and --kind"),
        (["--list", "--kind", "release"], "leave out TEXT, --at and --kind"),
        (["--list", "--project", "Q"], "unknown project 'Q'"),
        (["x", "--project", "Q"], "unknown project 'Q'"),
        (["x", "--at", "4 March"], "is not a day"),
    ],
)
def test_a_marker_that_makes_no_sense_is_refused(verb: Verb, imported: None, words, says):
    done = verb("mark", *words)
    assert done.code == 2
    assert says in done.err
    assert verb("mark", "--list", "--json").json == {"markers": []}


def test_where_one_side_is_empty_nothing_is_compared(verb: Verb, imported: None):
    told = verb("mark", "later", "--at", "2024-05-01", "--json").json
    assert told["before_after"] == []


def test_markers_are_listed_with_what_each_of_them_told(verb: Verb, imported: None, folder: Path):
    (folder / "other.csv").write_text(
        "item,annotator,label,submitted_at\ni,bob,x,2024-03-04T09:00Z"
    )
    assert verb("import", "other.csv", "--project", "Q", "--timezone", "UTC").code == 0
    words = [
        ("later", "--at", "2024-05-01"),
        ("v2", "--project", "P", "--at", "2024-03-04", "--kind", "training"),
        ("of Q", "--project", "Q", "--at", "2024-03-04"),
        ("v3", "--at", "2024-03-04", "--kind", "release"),
    ]
    told = [verb("mark", *one, "--json").json for one in words]
    assert told[1]["before_after"]
    later, own, other, everywhere = told
    found = verb("mark", "--list", "--json").json["markers"]
    assert found == [own, other, everywhere, later]
    assert [one["kind"] for one in found] == ["training", "guideline", "release", "guideline"]
    of_p = verb("mark", "--list", "--project", "P", "--json").json["markers"]
    assert [one["text"] for one in of_p] == ["v2", "v3", "later"]
    assert of_p[1]["project"] is None
    assert of_p[1]["before_after"] == own["before_after"]
    text = verb("mark", "--list").out
    assert "2024-03-04 training, P: v2" in text
    assert "2024-05-01 guideline, all projects: later" in text
    assert text.count("gold_accuracy") == 2  # of P, once for each marker with data on both sides


def test_without_markers_the_list_says_how_to_put_one(verb: Verb, imported: None):
    done = verb("mark", "--list")
    assert (done.code, done.out) == (0, "There are no markers: `labelpulse mark TEXT` adds one\n")
