"""`query`, `metrics` and `explain` as a user or a script meets them."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from labelpulse.cli.main import app
from labelpulse.core.errors import LabelpulseError
from labelpulse.metrics.base import TIMES
from labelpulse.metrics.glossary import glossary
from labelpulse.metrics.registry import METRICS
from labelpulse.warehouse.versions import HEAD
from tests.reader.world import Say, World, at, engine_at

ODD = ["=1+1", "+two", "-three", "@four", "plain"]

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a command on a warehouse of odd labels; errors come out as the console script does."""
    engine = engine_at(tmp_path)
    World(engine).project([Say(f"i{n}", "ann", ODD[n % 5], at(0, n)) for n in range(40)])
    with engine.begin() as conn:
        conn.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        conn.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (HEAD,))
    monkeypatch.setenv("LABELPULSE_DATABASE_URL", f"sqlite:///{tmp_path / 'warehouse.db'}")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    yield lambda *words: CliRunner().invoke(app, list(words))
    engine.dispose()


def test_json_is_one_document_of_the_contract(run: Run):
    for how in (["--json"], ["--format", "json"]):
        done = run("query", "annotations_submitted", "--by", "day,annotator", *how)
        document = json.loads(done.stdout)
        assert list(document) == ["metric", "unit", "definition_version", "as_of", "rows"]
        assert list(document["as_of"]) == ["studio"]
        (row,) = document["rows"]
        assert list(row) == ["day", "annotator", "value", "low", "high", "n", "note"]
        assert row["annotator"] != "ann"
    named = json.loads(
        run("query", "annotations_submitted", "--by", "annotator", "--json", "--names").stdout
    )
    assert named["rows"][0]["annotator"] == "ann"


def test_csv_cells_are_no_formulas_and_numbers_stay_numbers(run: Run):
    done = run("query", "label_share", "--by", "label", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["label"] for row in rows} == {"'=1+1", "'+two", "'-three", "'@four", "plain"}
    assert {float(row["value"]) for row in rows} == {0.2}
    assert {row["note"] for row in rows} == {""}
    document = json.loads(run("query", "label_share", "--json").stdout)
    assert {row["label"] for row in document["rows"]} == set(ODD)


def test_the_table_shows_unit_numbers_and_freshness(run: Run):
    done = run("query", "label_share", "--where", r"label=\=1+1")
    assert "label_share (share)" in done.stdout
    assert "=1+1" in done.stdout
    assert "+two" not in done.stdout
    assert "0.2" in done.stdout
    assert "as of: studio 2026-11-24" in done.stderr


def test_repeats_and_escapes_reach_the_query(run: Run):
    words = ["--where", "label=plain", "--where", r"label=\=1+1", "--by", "label"]
    rows = json.loads(run("query", "label_count", *words, "--json").stdout)["rows"]
    assert {row["label"]: row["value"] for row in rows} == {"plain": 8, "=1+1": 8}
    words = ["--merge", r"odd=\=1\+1+@four", "--by", "label"]
    rows = json.loads(run("query", "label_count", *words, "--json").stdout)["rows"]
    assert {row["label"]: row["value"] for row in rows}["odd"] == 16


@pytest.mark.parametrize(
    "words",
    [
        ["no_such_metric"],
        ["annotations_submitted", "--project", "Nobody"],
        ["annotations_submitted", "--by", "zodiac"],
        ["annotations_submitted", "--where", "day=2024-03-04"],
        ["annotations_submitted", "--since", "someday"],
        ["progress", "--since", "2024-03-04"],
        ["annotations_submitted", "--since", "2024-03-05", "--until", "2024-03-04"],
    ],
)
def test_wrong_questions_have_exit_code_two(run: Run, words: list[str]):
    for verb in ("query", "explain"):
        error = run(verb, *words).exception
        assert isinstance(error, LabelpulseError)
        assert error.exit_code == 2


def test_a_range_that_ends_before_it_begins_is_named(run: Run):
    words = ["query", "annotations_submitted", "--json", "--since"]
    error = run(*words, "2024-03-05", "--until", "2024-03-04").exception
    assert str(error) == (
        "since 2024-03-05 is after until 2024-03-04, so no day is left: swap the two"
    )
    same = run(*words, "2024-03-04", "--until", "2024-03-04")
    assert json.loads(same.stdout)["rows"][0]["value"] == 40


def test_unknown_options_have_exit_code_two(run: Run):
    assert run("query", "annotations_submitted", "--no-such-option").exit_code == 2


def test_the_catalogue_has_every_metric_with_its_texts(run: Run):
    listed = json.loads(run("metrics", "--json", "--db", "sqlite:///elsewhere.db").stdout)
    assert [one["name"] for one in listed] == list(METRICS)
    for one in listed:
        assert {"name", "unit", "kind", "by", "where", "min_n", "definition"} <= one.keys()
        assert not set(TIMES) & set(one["where"])
    (one,) = json.loads(run("metrics", "agreement_alpha", "--json").stdout)
    assert one["reference"].startswith("K. Krippendorff")
    shown = run("metrics", "agreement_alpha").stdout
    assert glossary()["agreement_alpha"].definition in shown
    assert "annotations_submitted" in run("metrics").stdout
    assert isinstance(run("metrics", "nothing").exception, LabelpulseError)


def test_explain_tells_formula_sums_statement_and_items(run: Run):
    shown = run("explain", "label_share", "--where", "label=plain").stdout
    for part in ("Which share of the answers", "rollup: label_counts", "SELECT", "i4", "studio"):
        assert part in shown
    document = json.loads(run("explain", "label_share", "--json").stdout)
    assert len(document["items"]) == 20
    assert document["result"]["rows"]
