"""doccano and Argilla from the address to the number: init, collect, query, verify."""

import gzip
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Verb
from tests.support import argilla, doccano


@pytest.fixture
def collected(verb: Verb, database_url: str) -> Callable[[Any, str], Verb]:
    """Look at a tool's database as a new user does, by its address alone, and collect it."""

    def go(tool: Any, name: str) -> Verb:
        tool.close()
        found = verb("init", database_url, "--json")
        assert (found.code, found.json["tool"]) == (0, name)
        done = verb("collect", "--once")
        assert done.code == 0, done.err
        return verb

    return go


def values(verb: Verb, *words: str) -> dict[Any, Any]:
    """A metric by one key."""
    rows = verb("query", *words, "--names", "--json").json["rows"]
    (key,) = {words[words.index("--by") + 1]} if "--by" in words else {None}
    return {row.get(key) if key else None: row["value"] for row in rows}


def truth(packed: Path, query: str) -> list[tuple[Any, ...]]:
    """The sample's own answer, by nothing of ours."""
    with sqlite3.connect(":memory:") as sample:
        sample.deserialize(gzip.decompress(packed.read_bytes()))
        return sample.execute(query).fetchall()


def test_doccano_in_the_figures_of_its_sample(
    collected: Callable[[Any, str], Verb], database_url: str
) -> None:
    verb = collected(doccano.Doccano(database_url), "doccano")
    assert values(verb, "annotations_submitted") == {None: 9}
    assert values(verb, "annotations_submitted", "--by", "annotator") == {"2": 4, "3": 5}
    assert values(verb, "annotations_edited") == {None: 1}
    pairs = truth(
        doccano.SAMPLE,
        "SELECT a.label_id = b.label_id FROM labels_category a "
        "JOIN labels_category b ON b.example_id = a.example_id AND b.user_id > a.user_id "
        "JOIN examples_examplestate s ON s.example_id = a.example_id "
        "AND s.confirmed_by_id = a.user_id "
        "JOIN examples_examplestate t ON t.example_id = b.example_id "
        "AND t.confirmed_by_id = b.user_id",
    )
    assert len(pairs) == 4
    same = sum(one for (one,) in pairs)
    assert values(verb, "agreement_percent") == {None: same / len(pairs)}
    assert verb("verify").code == 0


def test_argilla_in_the_figures_of_its_sample(
    collected: Callable[[Any, str], Verb], database_url: str
) -> None:
    verb = collected(argilla.Argilla(database_url), "Argilla")
    assert values(verb, "annotations_submitted") == {None: 6}
    assert values(verb, "annotations_skipped") == {None: 1}
    assert values(verb, "progress") == {None: 0.75}  # three of four records have the two they need
    labels = truth(
        argilla.SAMPLE,
        "SELECT json_extract(a.\"values\", '$.label.value') = "
        "json_extract(b.\"values\", '$.label.value') FROM responses a "
        "JOIN responses b ON b.record_id = a.record_id AND b.user_id > a.user_id "
        "WHERE a.status = 'submitted' AND b.status = 'submitted'",
    )
    assert len(labels) == 3
    by_control = values(verb, "agreement_percent", "--by", "control")
    assert by_control["label"] == pytest.approx(sum(one for (one,) in labels) / 3)
    assert by_control["tags"] == 1  # everybody said the same
    assert by_control["rank"] == 1
    assert by_control["stars"] == 0  # always 3 against 4
    assert values(verb, "match_f1", "--control", "spans") == {None: 1}
    assert verb("verify").code == 0
