"""The contract of sources, pointed at what ships here; and sabotaged ones that it must find."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collectors.label_studio_db import LabelStudioDatabase
from collectors.label_studio_export import LabelStudioExport
from collectors.tabular import Csv, JsonLines, Parquet, Tsv
from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    ControlRecord,
    ItemRecord,
    PersonRecord,
    PredictionRecord,
    Scale,
)
from labelpulse.source import Access, Counts, Page
from labelpulse.testing import FileFormatContract, LiveSourceContract, faults_of
from tests.support.label_studio import LabelStudio

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture
def tool(database_url: str) -> Iterator[LabelStudio]:
    """A Label Studio with two projects, two people, a draft, a skip, gold and a prediction."""
    made = LabelStudio(database_url)
    first, second = made.project("Ads"), made.project("Votes")
    ana, bo = made.user("ana"), made.user("bo")
    for project in (first, second):
        for at in range(6):
            task = made.task(project)
            made.annotate(task, ana, ground_truth=at == 0)
            if at % 2:
                made.annotate(task, bo, was_cancelled=at == 3)
    yield made
    made.close()


class TestLabelStudioDatabase(LiveSourceContract):
    @pytest.fixture
    def source(self, tool: LabelStudio) -> LabelStudioDatabase:
        return LabelStudioDatabase(tool.url, name="studio", page=4)

    @pytest.fixture
    def add(self, tool: LabelStudio) -> Callable[[], object]:
        return lambda: tool.annotate(tool.task(1), 1)

    @pytest.fixture
    def remove(self, tool: LabelStudio) -> Callable[[], object]:
        return lambda: tool.delete("task_completion", 2)


class TestLabelStudioExport(FileFormatContract):
    @pytest.fixture(params=["image_classification.json", "text_ner.json", "bounding_boxes.json"])
    def sample(self, request: pytest.FixtureRequest) -> Path:
        return DATA / "label_studio" / str(request.param)

    @pytest.fixture
    def form(self) -> LabelStudioExport:
        return LabelStudioExport()


ROWS = [
    {"item": f"i{at}", "annotator": who, "label": "pos", "submitted_at": f"2024-03-0{at}T09:00:00Z"}
    for at in range(1, 6)
    for who in ("ana", "bo")
]


def _delimited(sign: str) -> str:
    return "\n".join([sign.join(ROWS[0]), *(sign.join(row.values()) for row in ROWS)]) + "\n"


TABLES = {
    "csv": (Csv(), _delimited(",")),
    "tsv": (Tsv(), _delimited("\t")),
    "jsonl": (JsonLines(), "".join(json.dumps(row) + "\n" for row in ROWS)),
}


@pytest.mark.parametrize("name", TABLES, scope="class")
class TestTables(FileFormatContract):
    @pytest.fixture
    def sample(self, name: str, tmp_path: Path) -> Path:
        path = tmp_path / f"votes.{name}"
        path.write_text(TABLES[name][1], encoding="utf-8")
        return path

    @pytest.fixture
    def form(self, name: str) -> Any:
        return TABLES[name][0]


class TestParquet(FileFormatContract):
    @pytest.fixture
    def sample(self, tmp_path: Path) -> Path:
        path = tmp_path / "votes.parquet"
        pq.write_table(pa.Table.from_pylist(ROWS), path)
        return path

    @pytest.fixture
    def form(self) -> Parquet:
        return Parquet()


# --- sabotage ---


class MeetsTwice(LabelStudioDatabase):
    def full(self, stream: str, resume: Any) -> Iterator[Page]:
        for page in super().full(stream, resume):
            yield replace(page, records=(*page.records, *page.records[:1]))


class NeverTheSame(LabelStudioDatabase):
    turn = 0

    def full(self, stream: str, resume: Any) -> Iterator[Page]:
        self.turn += 1
        for page in super().full(stream, resume):
            seen = tuple(replace(one, fingerprint=f"{self.turn}") for one in page.records)
            yield replace(page, records=seen)


class ForgetsWhere(LabelStudioDatabase):
    def full(self, stream: str, resume: Any) -> Iterator[Page]:
        pages = list(super().full(stream, resume))
        yield from pages[1:] if resume and len(pages) > 1 else pages


class Miscounts(LabelStudioDatabase):
    def counts(self) -> dict[str, Counts]:
        return {
            key: Counts(one.rows + 1, one.gold, one.skipped)
            for key, one in super().counts().items()
        }


class LosesSome(LabelStudioDatabase):
    def fetch(self, stream: str, native_ids: Any) -> Any:
        return super().fetch(stream, native_ids[1:])


class TellsThePassword(LabelStudioDatabase):
    @classmethod
    def from_access(cls, access: Access) -> Any:
        from labelpulse.core.errors import StopSource

        raise StopSource(f"cannot open {access.url}")


class NeverEnds(LabelStudioDatabase):
    def full(self, stream: str, resume: Any) -> Iterator[Page]:
        for page in super().full(stream, resume):
            yield replace(page, last=False)


@pytest.mark.parametrize(
    ("kind", "test"),
    [
        (MeetsTwice, "test_a_scan_ends_and_has_no_duplicates"),
        (NeverEnds, "test_a_scan_ends_and_has_no_duplicates"),
        (NeverTheSame, "test_a_second_scan_returns_the_same"),
        (ForgetsWhere, "test_an_interrupted_scan_continues"),
        (LosesSome, "test_scanned_records_can_be_fetched"),
        (Miscounts, "test_counts_match_the_records"),
        (TellsThePassword, "test_a_wrong_address_is_a_safe_error"),
    ],
)
def test_a_sabotaged_source_is_found(kind: type, test: str, tmp_path: Path) -> None:
    tool = LabelStudio(f"sqlite:///{tmp_path / 'studio.sqlite3'}")
    tool.project("Ads")
    tool.user("ana")
    for _ in range(9):
        tool.annotate(tool.task(1), 1)
    tool.close()
    contract = LiveSourceContract()
    with pytest.raises(AssertionError):
        getattr(contract, test)(kind(tool.url, name="studio", page=3))


NOTE = AnnotationRecord("1", "i", "7", annotator="ana", location="line 1")


@pytest.mark.parametrize(
    "record",
    [
        replace(NOTE, native_id=""),
        replace(NOTE, annotator="a\0b"),
        replace(NOTE, submitted_at=1.5),  # type: ignore[arg-type]
        replace(NOTE, submitted_at=-5),
        replace(NOTE, time_spent_ms=2.0),  # type: ignore[arg-type]
        replace(NOTE, answers=(("kind", "pos"), ("kind", "neg"))),
        replace(NOTE, answers=(("kind", None),)),
        replace(NOTE, answers=(("kind", (1, 2)),)),
        replace(NOTE, answers=(("kind", " pos"),)),
        replace(NOTE, gold=(("kind", ["pos"]),)),
        replace(NOTE, answers=(("topics", ["b", "a"]),)),
        replace(NOTE, answers=(("stars", True),)),
        replace(NOTE, answers=(("boxes", [[0.2, 0.1, 0.1, 0.1, "b"], [0.1, 0, 0, 0, "a"]]),)),
        replace(NOTE, answers=(("boxes", ["cat"]),)),
        PredictionRecord("1", "i", "p", score=0.5),  # type: ignore[arg-type]
        BadRecord("", "line 1", "bad_time", "it is no time"),
        BadRecord("a.csv", "line 1", "Bad time", "it is no time"),
        PersonRecord(""),
        ItemRecord("1", "i", created_at=10**20),
        ItemRecord("1", "i", name="a\0b"),
    ],
)
def test_a_record_with_a_fault_is_found(record: Any) -> None:
    controls = [
        ControlRecord("kind"),
        ControlRecord("topics", Scale.SET),
        ControlRecord("stars", Scale.RATIO),
        ControlRecord("boxes", Scale.GEOMETRY),
    ]
    assert len(faults_of(record, controls)) == 1


def test_good_records_have_no_fault() -> None:
    record = replace(
        NOTE,
        submitted_at=1_700_000_000_000_000,
        answers=(("boxes", [[0.1, 0, 0, 0, "a"]]), ("kind", "pos"), ("topics", [])),
    )
    assert faults_of(record, [ControlRecord("topics", Scale.SET)]) == []
    assert faults_of(BadRecord("a.csv", "line 3", "bad_time", "it is no time")) == []
