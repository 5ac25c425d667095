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
        (["x", "--project", "Q"], "unknown project 'Q'"),
        (["x", "--at", "4 March"], "is no day"),
    ],
)
def test_a_marker_that_makes_no_sense_is_refused(verb: Verb, imported: None, words, says):
    done = verb("mark", *words)
    assert done.code == 2
    assert says in done.err


def test_where_one_side_is_empty_nothing_is_compared(verb: Verb, imported: None):
    told = verb("mark", "later", "--at", "2024-05-01", "--json").json
    assert told["before_after"] == []
