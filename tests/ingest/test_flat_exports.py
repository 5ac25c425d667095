"""Label Studio's exports of one project, one after the other, into one warehouse."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from labelpulse.core.errors import FileRefused
from labelpulse.warehouse.store import Warehouse
from tests.ingest.importing import held, load, make

DATA = Path(__file__).resolve().parents[1] / "data" / "label_studio"
FULL, MIN, CSV = (DATA / f"audio_classification.{kind}" for kind in ("json", "min.json", "csv"))


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    made = make(f"sqlite:///{tmp_path / 'warehouse.db'}")
    yield made
    made.engine.dispose()


def submitted() -> int:
    """Submissions by the full export itself."""
    tasks = json.loads(FULL.read_text())
    return sum(not one["was_cancelled"] for task in tasks for one in task["annotations"])


def test_either_flat_export_after_the_other_changes_nothing(warehouse: Warehouse) -> None:
    first = load(warehouse, MIN)
    assert (first.read, first.loaded, first.quarantined) == (submitted(), submitted(), 0)
    assert [one for one in first.warnings if "no skips" in one]
    before = held(warehouse)
    again = load(warehouse, CSV)
    assert (again.read, again.loaded, again.unchanged) == (submitted(), 0, submitted())
    assert held(warehouse) == before


@pytest.mark.parametrize(("first", "second"), [(FULL, CSV), (CSV, FULL), (MIN, FULL)])
def test_a_full_and_a_flat_export_do_not_count_twice(
    warehouse: Warehouse, first: Path, second: Path
) -> None:
    load(warehouse, first)
    before = held(warehouse)
    with pytest.raises(FileRefused, match="the same work would count twice"):
        load(warehouse, second)
    assert held(warehouse) == before
    load(warehouse, second, project="Another")
    assert len(held(warehouse)) > len(before)


def test_what_tells_annotations_apart_is_kept_over_further_imports(warehouse: Warehouse) -> None:
    load(warehouse, MIN)
    load(warehouse, MIN, timezone="Asia/Tokyo")  # the same file: skipped, and its flags followed
    with pytest.raises(FileRefused, match="annotation id and time of creation"):
        load(warehouse, FULL)
