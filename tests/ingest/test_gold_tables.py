"""Tables of answers and of known answers, one after the other into one project.

The figures are those of the samples' READMEs, or counted here from the files.
"""

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from collectors.tabular import Tsv
from labelpulse import schema
from labelpulse.ingest.stage import Tally
from labelpulse.reader import MetricQuery, Scope, read
from labelpulse.source import ImportOptions
from labelpulse.warehouse.store import Warehouse
from tests.ingest.importing import load, make, table

DATA = Path(__file__).resolve().parents[1] / "data"
LABELS, GOLD = (DATA / "gal_barzan_gold" / f"{name}.txt" for name in ("labels", "gold"))
SNOW = DATA / "snow2008_rte_gold" / "rte.standardized.csv.gz"
BY_NUMBER = {"annotator": "1", "item": "2", "label": "3"}


def asked(warehouse: Warehouse, metric: str, **how: Any) -> list[dict[str, Any]]:
    return read(warehouse.engine, MetricQuery(metric, **how), Scope(names=True, key=b"k")).rows


def value(warehouse: Warehouse, metric: str) -> float:
    (row,) = asked(warehouse, metric)
    return float(row["value"])


@pytest.fixture(scope="module")
def barzan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    made = make(f"sqlite:///{tmp_path_factory.mktemp('barzan') / 'w.db'}")
    load(made, LABELS, columns=BY_NUMBER)
    load(made, GOLD, columns={"item": "1", "gold": "2"})
    yield made
    made.engine.dispose()


@pytest.mark.parametrize(
    ("metric", "figure"),
    [
        ("gold_accuracy", 0.6702),
        ("agreement_percent", 0.7598),
        ("agreement_alpha", 0.405937),
        ("agreement_fleiss", 0.405818),
        ("annotations_submitted", 5000),
        ("active_annotators", 83),
        ("progress", 1),
    ],
)
def test_barzan_labels_and_gold_in_two_imports(
    barzan: Warehouse, metric: str, figure: float
) -> None:
    assert value(barzan, metric) == pytest.approx(figure, abs=5e-7)


def test_barzan_known_answers_are_no_work_and_add_up(barzan: Warehouse) -> None:
    assert barzan.verify(1) == []
    assert len(asked(barzan, "gold_accuracy", by=("annotator",))) == 83
    assert len({line.split("\t")[0] for line in GOLD.read_text().splitlines()}) == 1000
    with barzan.engine.connect() as conn:
        assert len(conn.execute(select(schema.item.c.id)).all()) == 1000


def test_known_answers_may_come_first_again_and_corrected(tmp_path: Path) -> None:
    warehouse = make(f"sqlite:///{tmp_path / 'w.db'}")
    rows = [{"item": f"i{n}", "annotator": "ann", "label": "x"} for n in range(4)]
    gold = [{"item": f"i{n}", "gold": "x"} for n in range(4)]
    load(warehouse, table(tmp_path / "gold.csv", gold))
    load(warehouse, table(tmp_path / "t.csv", rows))
    assert value(warehouse, "gold_accuracy") == 1
    again = load(warehouse, table(tmp_path / "again.csv", gold))
    assert (again.read, again.unchanged) == (4, 4)
    gold[0]["gold"], gold[1]["gold"] = "y", ""
    load(warehouse, table(tmp_path / "corrected.csv", gold))
    (row,) = asked(warehouse, "gold_accuracy")
    assert (row["value"], row["n"]) == (pytest.approx(2 / 3), 3)
    twice = load(warehouse, table(tmp_path / "twice.csv", [*gold, {"item": "i2", "gold": "y"}]))
    assert [one for one in twice.warnings if "gold values conflict on 'i2'" in one]
    assert asked(warehouse, "gold_accuracy")[0]["n"] == 2
    mended = load(warehouse, table(tmp_path / "mended.csv", gold[::-1]))
    assert mended.warnings == []
    assert asked(warehouse, "gold_accuracy")[0]["n"] == 3
    torn = load(warehouse, table(tmp_path / "torn.csv", [*gold, {"item": "i2", "gold": "z"}]))
    assert [one for one in torn.warnings if "gold values conflict on 'i2'" in one]
    assert warehouse.verify(1) == []


def test_items_that_only_known_answers_name_are_told(tmp_path: Path) -> None:
    """Named otherwise than in the answers they would be work that never gets done."""
    warehouse = make(f"sqlite:///{tmp_path / 'w.db'}")
    rows = [{"item": f"i{n}", "annotator": "ann", "label": "x"} for n in range(2)]
    gold = [{"item": item, "gold": "x"} for item in ("i0", "i1", "a/i0", "a/i1")]
    load(warehouse, table(tmp_path / "t.csv", rows))
    (told,) = load(warehouse, table(tmp_path / "gold.csv", gold)).warnings
    assert "nobody has answered 2 items with a known answer ('a/i0', 'a/i1')" in told
    assert value(warehouse, "labels_remaining") == 2


def test_a_first_look_counts_known_answers_and_no_work() -> None:
    with Tally() as tally:
        options = ImportOptions("P", {"item": "1", "gold": "2"})
        found = tally.count(Tsv().read(GOLD, options)).found("P")
    assert (found.items, found.annotations, found.gold_candidates) == (1000, 0, {"column": 1000})


# --- the recognising-textual-entailment labels of Snow et al. ---


@pytest.fixture(scope="module")
def snow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Warehouse, list[str]]]:
    folder = tmp_path_factory.mktemp("snow")
    path = folder / "rte.csv"
    path.write_bytes(gzip.decompress(SNOW.read_bytes()))
    made = make(f"sqlite:///{folder / 'w.db'}")
    columns = {
        "annotation_id": "!amt_annotation_ids",
        "annotator": "!amt_worker_ids",
        "item": "orig_id",
        "label": "response",
        "gold": "gold",
        "started_at": "start",
        "submitted_at": "end",
    }
    yield made, load(made, path, columns=columns).warnings
    made.engine.dispose()


@pytest.mark.parametrize(
    ("metric", "figure"),
    [
        ("agreement_percent", 0.628694),
        ("agreement_alpha", 0.241479),
        ("agreement_fleiss", 0.241384),
        ("gold_accuracy", 0.729125),
        ("annotations_submitted", 8000),
        ("active_annotators", 164),
    ],
)
def test_snow_figures(snow: tuple[Warehouse, list[str]], metric: str, figure: float) -> None:
    assert value(snow[0], metric) == pytest.approx(figure, abs=5e-7)


def test_snow_accuracy_worker_by_worker(snow: tuple[Warehouse, list[str]]) -> None:
    rows = asked(snow[0], "gold_accuracy", by=("annotator",))
    assert len(rows) == 164
    assert sum(row["value"] for row in rows) / 164 == pytest.approx(0.836966, abs=5e-7)


def test_snow_majority_from_the_facts(snow: tuple[Warehouse, list[str]]) -> None:
    """No metric is the plain majority's accuracy, so it is counted from answers and gold."""
    answer, label, note = schema.answer.c, schema.label.c, schema.annotation.c
    votes: dict[int, Counter[int]] = defaultdict(Counter)
    with snow[0].engine.connect() as conn:
        said = select(note.item_id, answer.label_id).join(
            schema.answer, answer.annotation_id == note.id
        )
        for item, given in conn.execute(said.where(answer.version == 0)):
            votes[item][given] += 1
        known = {row.item_id: row.label_id for row in conn.execute(select(schema.gold))}
        assert len(conn.execute(select(label.id)).all()) == 2
    clear = {
        item: max(said, key=said.__getitem__)
        for item, said in votes.items()
        if len(set(said.values())) == len(said)
    }
    assert (len(votes), len(clear)) == (800, 735)
    right = sum(known[item] == given for item, given in clear.items())
    assert right / 735 == pytest.approx(0.931973, abs=5e-7)


def test_snow_times_are_the_same_throughout_and_count_as_unknown(
    snow: tuple[Warehouse, list[str]],
) -> None:
    warehouse, warnings = snow
    assert [one.split(": ")[1][:12] for one in warnings] == ["submitted_at", "started_at i"]
    (row,) = asked(warehouse, "annotations_submitted", by=("day",))
    assert (row["day"], row["n"]) == (None, 8000)
    assert "all times are the same" in str(row["note"])
    with gzip.open(SNOW, "rt") as file:
        assert len({row["end"] for row in csv.DictReader(file)}) == 1
