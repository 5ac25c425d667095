"""What all exports of tools keep, on a sample of each: the contract, recognition, odd input."""

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from labelpulse.core.errors import FileRefused, UsageError
from labelpulse.core.events import AnnotationRecord, BadRecord, ControlRecord, ItemRecord, Scale
from labelpulse.ingest.formats import TABLES, find_format
from labelpulse.ingest.lines import read_head
from labelpulse.ingest.plugins import formats
from labelpulse.source import FileFormat, ImportOptions
from labelpulse.testing import FileFormatContract, faults_of
from labelpulse.warehouse.store import Warehouse
from tests.ingest.importing import copy_of, load, make

DATA = Path(__file__).resolve().parents[1] / "data"
EXPORTS = DATA / "exports"
PREFIXES = ("labelbox", "argilla", "doccano", "prodigy", "kili", "encord", "v7")
TOOLS = (*PREFIXES, "superannotate", "dataloop", "scale")
SAMPLES = sorted(
    path.relative_to(EXPORTS).as_posix() for path in EXPORTS.rglob("*.*") if path.suffix != ".md"
)
FORMATS = formats()
PARTICULAR = [name for name in FORMATS if name not in TABLES]
ODD: list[Any] = [None, 7, True, "x", [], {}, [7], ["x"], [[1, 2]], [{}], {"a": []}]


def tool_of(name: str) -> str:
    return next(tool for tool in TOOLS if name.startswith(tool))


def read(form: FileFormat, path: Path, **options: Any) -> list[Any]:
    return list(form.read(path, ImportOptions("P", **options)))


def of(kind: type[Any], records: list[Any]) -> list[Any]:
    return [one for one in records if type(one) is kind]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("exports") / "empty.db"
    make(f"sqlite:///{path}").engine.dispose()
    return path


class TestContract(FileFormatContract):
    @pytest.fixture(
        params=[
            *("labelbox.ndjson", "argilla_datasets.jsonl", "doccano_members/ann1.jsonl"),
            *("prodigy.jsonl", "kili.json", "encord.json", "v7.json", "superannotate.json"),
            *("dataloop.json", "scale.json"),
        ]
    )
    def sample(self, request: pytest.FixtureRequest) -> Path:
        name: str = request.param
        return EXPORTS / name

    @pytest.fixture
    def form(self, sample: Path) -> FileFormat:
        return FORMATS[tool_of(sample.relative_to(EXPORTS).as_posix())]

    @pytest.fixture
    def warehouse(self, template: Path, tmp_path: Path) -> Iterator[Warehouse]:
        made = copy_of(template, tmp_path / "warehouse.db")
        yield made
        made.engine.dispose()


# --- whose file it is ------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_one_tool_alone_takes_a_sample_for_its_own(name: str) -> None:
    path = EXPORTS / name
    head = read_head(path)
    assert [one for one in PARTICULAR if FORMATS[one].recognises(path, head)] == [tool_of(name)]


@pytest.mark.parametrize(
    "path",
    [one for one in DATA.rglob("*.*") if one.is_file() and EXPORTS not in one.parents],
    ids=lambda one: one.relative_to(DATA).as_posix(),
)
def test_no_other_file_is_taken_for_an_export(path: Path) -> None:
    head = read_head(path)
    assert [tool for tool in TOOLS if FORMATS[tool].recognises(path, head)] == []


@pytest.mark.parametrize(
    ("name", "text", "form"),
    [
        ("t.csv", "id,text,label\n1,a,b\n", "csv"),
        ("t.jsonl", '{"item": 1, "text": "a", "label": ["x"], "annotator": "n"}\n', "jsonl"),
        ("t.jsonl", '{"id": 1, "text": "a", "label": "x"}\n', "jsonl"),
        ("t.jsonl", '{"text": "{\\"data_row\\": {}, \\"projects\\": {}}", "item": 1}\n', "jsonl"),
        ("t.jsonl", '{"answer": "yes", "item": 1, "annotator": "n"}\n', "jsonl"),
        ("t.jsonl", '{"task_id": 1, "status": "submitted", "label": "x"}\n', "jsonl"),
    ],
)
def test_a_table_stays_a_table(name: str, text: str, form: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert find_format(path).name == form


@pytest.mark.parametrize("name", SAMPLES)
def test_all_records_of_a_sample_are_canonical(name: str) -> None:
    records = read(FORMATS[tool_of(name)], EXPORTS / name)
    controls: tuple[ControlRecord, ...] = records[0].controls
    assert [fault for one in records for fault in faults_of(one, controls)] == []
    assert of(BadRecord, records) == []
    assert of(AnnotationRecord, records)


# --- odd input -------------------------------------------------------------------------------


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in pairs:
        yield (*path, key)
        if isinstance(one, dict | list):
            yield from places(one, (*path, key))


def spoiled(document: Any, where: tuple[Any, ...], by: Any) -> Any:
    found = deepcopy(document)
    inside = found
    for key in where[:-1]:
        inside = inside[key]
    inside[where[-1]] = by
    return found


def parsed(path: Path) -> tuple[Any, bool]:
    text = path.read_text()
    if path.suffix in (".jsonl", ".ndjson"):
        return [json.loads(line) for line in text.splitlines()], True
    return json.loads(text), False


def write(document: Any, path: Path, *, lines: bool) -> Path:
    text = "".join(f"{json.dumps(one)}\n" for one in document) if lines else json.dumps(document)
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", [one for one in SAMPLES if not one.endswith(".csv")])
def test_any_part_may_be_anything_and_costs_at_most_its_item(name: str, tmp_path: Path) -> None:
    form = FORMATS[tool_of(name)]
    document, lines = parsed(EXPORTS / name)
    chance = random.Random(name)
    for where in chance.choices(list(places(document)), k=12):
        odd = spoiled(document, where, chance.choice(ODD))
        path = write(odd, tmp_path / Path(name).name, lines=lines)
        try:
            records = read(form, path)
        except (FileRefused, UsageError):
            continue
        controls: tuple[ControlRecord, ...] = records[0].controls
        assert [fault for one in records for fault in faults_of(one, controls)] == []


@pytest.mark.parametrize(
    "name", ["labelbox.ndjson", "argilla_records.json", "kili.json", "prodigy.jsonl", "scale.json"]
)
def test_a_bad_record_leaves_all_others(name: str, tmp_path: Path) -> None:
    form = FORMATS[tool_of(name)]
    document, lines = parsed(EXPORTS / name)
    good = read(form, EXPORTS / name)
    path = write([document[0], 17, *document[1:]], tmp_path / name, lines=lines)
    records = read(form, path)
    (bad,) = of(BadRecord, records)
    assert (bad.reason, bad.location, bad.excerpt) == ("bad_record", name, "17")
    assert bad.record in ("line 2", "record 2")
    ids = [one.native_id for one in of(AnnotationRecord, good)]
    assert [one.native_id for one in of(AnnotationRecord, records)] == ids


def test_a_broken_line_is_lost_alone_and_a_broken_list_is_refused(tmp_path: Path) -> None:
    lines = (EXPORTS / "scale.jsonl").read_text().splitlines()
    path = tmp_path / "scale.jsonl"
    path.write_text("\n".join([*lines[:2], lines[2][:40], *lines[3:]]))
    bad = of(BadRecord, read(FORMATS["scale"], path))
    assert [(one.record, one.reason) for one in bad] == [("line 3", "bad_json")]
    path = tmp_path / "v7.json"
    path.write_text((EXPORTS / "v7.json").read_text()[:-20])
    with pytest.raises(FileRefused, match="half written"):
        read(FORMATS["v7"], path)


def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kili.json"
    path.write_text("nothing")
    with pytest.raises(FileRefused, match=r"kili\.json is no JSON"):
        read(FORMATS["kili"], path)


def test_strict_rules_hold_for_one_object_too(tmp_path: Path) -> None:
    path = tmp_path / "v7.json"
    path.write_text('{"version": "2.0", "item": {}, "item": {},\n "annotations": []}')
    (bad,) = of(BadRecord, read(FORMATS["v7"], path))
    assert (bad.record, bad.reason) == ("the file", "duplicate_key")


# --- what the user says ----------------------------------------------------------------------


def test_one_control_is_read_alone() -> None:
    form, path = FORMATS["labelbox"], EXPORTS / "labelbox.ndjson"
    records = read(form, path, columns={"label": "quality"}, labels=("Bad", "Good"))
    assert records[0].controls == (
        ControlRecord("quality", Scale.NOMINAL, ("Bad", "Good"), "radio"),
    )
    said = [one.answers for one in of(AnnotationRecord, records)]
    assert {name for answers in said for name, _ in answers} == {"quality"}
    assert () in said


def test_a_label_may_be_read_on_another_scale() -> None:
    form, path = FORMATS["argilla"], EXPORTS / "argilla_records.json"
    records = read(form, path, columns={"label": "stars"}, scale="interval")
    assert records[0].controls[0].scale == Scale.INTERVAL
    assert [one.answers for one in of(AnnotationRecord, records)] == [
        (("stars", 4),),
        (("stars", 2),),
        (("stars", 3),),
    ]


def test_a_control_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"no control 'mod' .* 'mood'"):
        read(FORMATS["argilla"], EXPORTS / "argilla_records.json", columns={"label": "mod"})


def test_other_fields_of_an_export_cannot_be_mapped() -> None:
    with pytest.raises(UsageError, match="--map item=… does not apply"):
        read(FORMATS["kili"], EXPORTS / "kili.json", columns={"item": "id"})


def test_what_holds_for_all_files_of_an_import_is_said_once(template: Path, tmp_path: Path) -> None:
    warehouse = copy_of(template, tmp_path / "warehouse.db")
    told = load(warehouse, EXPORTS / "v7.json", EXPORTS / "v7_mask.json").warnings
    warehouse.engine.dispose()
    assert [one for one in told if "tells no times" in one] == [
        "v7.json, v7_mask.json: Darwin JSON tells no times"
    ]


def test_items_without_work_load_as_items(template: Path, tmp_path: Path) -> None:
    document, _ = parsed(EXPORTS / "v7.json")
    path = write({**document, "annotations": []}, tmp_path / "v7.json", lines=False)
    assert [type(one) for one in read(FORMATS["v7"], path)][1:] == [ItemRecord]
    warehouse = copy_of(template, tmp_path / "warehouse.db")
    assert load(warehouse, path).loaded == 0
    warehouse.engine.dispose()
