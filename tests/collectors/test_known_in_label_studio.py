"""A COCO set for a Label Studio project that is polled by its API, on what a real one said."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from collectors.label_studio_api import LabelStudioApi
from labelpulse.reader import MetricQuery, Scope, read
from tests.ingest.importing import load
from tests.support.label_studio_api import PERSONAL, Tool
from tests.support.polled import Polled

TITLE, SIZE = "Lab bounding boxes", 1000


@pytest.fixture
def tool(httpserver: HTTPServer) -> Tool:
    return Tool(httpserver)


@pytest.fixture
def polled(tool: Tool, tmp_path: Path, empty_warehouse: Path) -> Iterator[Polled]:
    made = Polled(
        tmp_path, empty_warehouse, lambda: LabelStudioApi(tool.url, PERSONAL, name="tool")
    )
    made.poll()
    yield made
    made.close()


def drawn_by(tool: Tool, who: int) -> dict[str, list[tuple[str, list[float]]]]:
    """File name -> label and pixels of the boxes that somebody submitted."""
    found = {}
    for task in tool.tasks(2):
        for one in task["annotations"]:
            if one["completed_by"] == who and not one["was_cancelled"]:
                boxes = [two["value"] for two in one["result"] if two["type"] == "rectanglelabels"]
                found[task["data"]["image"].rpartition("/")[2]] = [
                    (box["rectanglelabels"][0], [box[k] * SIZE / 100 for k in KEYS])
                    for box in boxes
                ]
    return found


KEYS = ("x", "y", "width", "height")


def coco(path: Path, known: dict[str, list[tuple[str, list[float]]]]) -> Path:
    names = {"Car": 1, "Person": 2}
    images = [
        {"id": at, "file_name": f"pictures/{name}", "width": SIZE, "height": SIZE}
        for at, name in enumerate(known)
    ]
    things: list[dict[str, Any]] = [
        {"id": 1, "image_id": at, "category_id": names[label], "bbox": box}
        for at, boxes in enumerate(known.values())
        for label, box in boxes
    ]
    kinds = [{"id": key, "name": name} for name, key in names.items()]
    path.write_text(json.dumps({"images": images, "annotations": things, "categories": kinds}))
    return path


def test_tasks_are_found_by_their_pictures(tool: Tool, polled: Polled, tmp_path: Path) -> None:
    """Whoever drew what is known is right everywhere."""
    authors = Counter(one["completed_by"] for t in tool.tasks(2) for one in t["annotations"])
    ((who, _),) = authors.most_common(1)
    known = drawn_by(tool, who)
    path = coco(tmp_path / "known.json", known)
    result = load(polled.warehouse, path, source="tool", project=TITLE, columns={"boxes": "box"})
    assert (result.read, result.loaded, result.quarantined) == (len(known), len(known), 0)
    query = MetricQuery("gold_match_f1", project=TITLE, by=("annotator",))
    found = {row["annotator"]: row for row in read(polled.warehouse.engine, query, NAMES).rows}
    mine = found.pop(str(who))
    assert (mine["n"], mine["value"]) == (len(known), 1)
    assert any(row["value"] < 1 for row in found.values())
    before = polled.held()
    assert polled.poll(sweep=True).deleted == 0
    assert polled.held() == before


NAMES = Scope(names=True)
