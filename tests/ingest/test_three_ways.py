"""One Label Studio read by database, by API and by export, recorded at one moment.

Where a way can show a number, it is the same; what a way cannot show, it says.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import Boolean, insert, select

from collectors.label_studio_api import LabelStudioApi
from collectors.label_studio_db import LabelStudioDatabase
from labelpulse import schema
from labelpulse.config import Settings, load_settings
from labelpulse.core.days import to_us
from labelpulse.ingest.runner import Task, poll
from labelpulse.reader import MetricQuery, Scope, read
from labelpulse.source import LiveSource
from labelpulse.warehouse.store import Warehouse
from tests.ingest.importing import load, make
from tests.support.label_studio import LabelStudio
from tests.support.label_studio_api import PERSONAL, Tool, recorded

NOW = to_us(datetime.fromisoformat("2027-01-04T09:00:00+00:00"))
NAMES = Scope(names=True)
GOLD = {"gold": "flag"}
TITLES = {
    "1": "Lab image classification",
    "2": "Lab bounding boxes",
    "3": "Lab text NER",
    "4": "Lab audio classification",
}
EVERYWHERE = (
    *("annotations_submitted", "annotations_skipped", "annotations_edited", "active_annotators"),
    *("time_spent_median", "time_spent_total", "agreement_percent", "agreement_coverage"),
    *("agreement_alpha", "match_f1", "match_iou", "peer_agreement", "pair_agreement"),
    *("gold_exposures", "gold_accuracy", "label_share"),
)
BY = {"pair_agreement": ("annotator_pair",), "label_share": ("label",)}
LIVE = ("progress", "labels_remaining", "items_completed")
"""They need to know how many labels an item needs, which an export does not say."""


def database(url: str) -> LabelStudio:
    """The tool's database with the rows that were recorded."""
    tool = LabelStudio(url)
    with tool.engine.begin() as connection:
        for name, recorded_rows in recorded()["database"].items():
            table = tool.meta.tables[name]
            lacks = {"password": ""} if name == "htx_user" else {}
            values = [
                lacks | {key: _written(tool, table.columns[key], row[key]) for key in row}
                for row in recorded_rows
            ]
            connection.execute(insert(table), values)
    return tool


def _written(tool: LabelStudio, column: Any, value: Any) -> Any:
    if value is None or column.name in ("label_config", "title"):
        return value
    if column.name.endswith("_at"):
        return tool.stamp(to_us(datetime.fromisoformat(value)))
    if column.name in ("result", "data"):
        return tool.json(value)
    if column.name == "unique_id":
        return value.replace("-", "")
    return bool(value) if isinstance(column.type, Boolean) else value


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Warehouse]]:
    """The same project in three warehouses, by the way that it came."""
    folder = tmp_path_factory.mktemp("ways")
    tool = database(f"sqlite:///{folder / 'studio.sqlite3'}")
    tool.close()
    found = {name: make(f"sqlite:///{folder / f'{name}.db'}") for name in ("db", "api", "export")}
    poll_(found["db"], LabelStudioDatabase(tool.url, name="studio"))
    with HTTPServer() as server:
        poll_(found["api"], LabelStudioApi(Tool(server).url, PERSONAL, name="studio"))
    settings = configured(folder / "labelpulse.toml")
    for key, tasks in recorded()["exports"].items():
        path = folder / f"{key}.json"
        path.write_text(json.dumps(tasks))
        load(found["export"], path, settings=settings, project=TITLES[key])
    yield found
    for one in found.values():
        one.engine.dispose()


def configured(path: Path) -> Settings:
    """A configuration in which what the tool flags is known."""
    parts = [
        f'[[projects]]\nsource = "import:{one}"\ntitle = "{one}"\ngold = "flag"\n'
        for one in TITLES.values()
    ]
    path.write_text("\n".join(parts))
    return load_settings(path, environ={})


def poll_(warehouse: Warehouse, live: LiveSource) -> None:
    result = poll(warehouse, Task("studio", "x", live, settings=lambda _: GOLD))
    assert (result.loaded > 0, result.quarantined, result.gaps) == (True, 0, {})


def rows(warehouse: Warehouse, metric: str, title: str, by: tuple[str, ...] = ()) -> list[Any]:
    query = MetricQuery(metric, project=title, by=by)
    found = read(warehouse.engine, query, NAMES, clock=lambda: NOW).rows
    return sorted(json.dumps(told(row), sort_keys=True) for row in found if row.get("n") != 0)


def told(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row; of a pair, whose order is that of arrival, the people in order.

    Questions that nobody answered are left out: an export does not name them.
    """
    pair = sorted(row[key] for key in ("annotator_a", "annotator_b") if key in row)
    return {key: one for key, one in row.items() if not key.startswith(("annotator_", "note"))} | {
        "pair": pair
    }


@pytest.mark.parametrize("metric", EVERYWHERE)
def test_all_ways_give_the_same_number(ways: dict[str, Warehouse], metric: str) -> None:
    for title in TITLES.values():
        by_database = rows(ways["db"], metric, title, BY.get(metric, ()))
        assert rows(ways["api"], metric, title, BY.get(metric, ())) == by_database
        assert rows(ways["export"], metric, title, BY.get(metric, ())) == by_database


@pytest.mark.parametrize("metric", LIVE)
def test_the_live_ways_know_what_items_need(ways: dict[str, Warehouse], metric: str) -> None:
    for title in TITLES.values():
        assert rows(ways["api"], metric, title) == rows(ways["db"], metric, title)


def facts(warehouse: Warehouse) -> dict[str, Any]:
    """Every annotation with its item, author, times, flags and a digest of its answers."""
    key, note, item = schema.annotation_key.c, schema.annotation.c, schema.item.c
    person = schema.annotator_identity.c
    with warehouse.engine.connect() as conn:
        found = conn.execute(
            select(
                key.native_id,
                item.native_id.label("item"),
                person.native_id.label("author"),
                *(note.status, note.origin, note.submitted_at, note.updated_at, note.started_at),
                *(note.time_spent_ms, note.gold_flag, note.assisted, note.edited, note.digest),
            )
            .join(schema.annotation, note.id == key.annotation_id)
            .join(schema.item, item.id == note.item_id)
            .outerjoin(schema.annotator_identity, person.annotator_id == note.annotator_id)
            .where(key.stream.in_(("annotation", "draft")))
        ).all()
    return {row.native_id: tuple(row) for row in found}


def test_every_fact_is_the_same_but_drafts(ways: dict[str, Warehouse]) -> None:
    by_database, by_api, by_export = (
        {key: one for key, one in facts(way).items() if not key.startswith("draft-")}
        for way in ways.values()
    )
    assert len(by_database) == 183
    assert by_api == by_database
    assert by_export == by_database


def test_what_a_way_cannot_show_it_says(ways: dict[str, Warehouse], httpserver: HTTPServer) -> None:
    """Drafts: the database and a full export have everyone's, the API only the caller's."""
    drafts = {
        name: sum(key.startswith("draft-") for key in facts(one)) for name, one in ways.items()
    }
    assert drafts == {"db": 1, "api": 0, "export": 1}
    remarks = LabelStudioApi(Tool(httpserver).url, PERSONAL, name="studio").inspect().remarks
    assert any("nobody else's drafts" in one for one in remarks)
