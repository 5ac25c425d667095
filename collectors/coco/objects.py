"""One of COCO's objects -> the shapes that it has."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from collectors.coco.masks import by_rows, unpacked
from labelpulse.core.answers import clean
from labelpulse.core.errors import SkipRecord
from labelpulse.ingest.known import Picture as Known
from labelpulse.ingest.shapes import Picture, mask, number, pairs


@dataclass(frozen=True, slots=True)
class Category:
    """What an object may be; `points` = the names of its keypoints."""

    label: str
    points: tuple[str, ...] = ()


def category(raw: Mapping[str, Any]) -> Category:
    """Return a category; SkipRecord where it is none."""
    points = raw.get("keypoints")
    listed = points if isinstance(points, list) else []
    if not isinstance(raw.get("name"), str) or not clean(raw["name"]):
        raise SkipRecord("bad_category", "a category has no name")
    return Category(clean(raw["name"]), tuple(clean(str(one)) for one in listed))


def add(raw: Mapping[str, Any], of: Category, picture: Picture, known: Known) -> None:
    """Add an object's box, outline or mask, and keypoints; SkipRecord where one is none.

    Places are pixels from the top left, boxes left, top, width and height. An outline in several
    parts becomes as many shapes. A crowd is a region with objects that nobody told apart.
    """
    known.labels.add(of.label)
    known.partial = known.partial or bool(raw.get("iscrowd"))
    box, outline = raw.get("bbox"), raw.get("segmentation")
    if box:
        if not isinstance(box, list) or len(box) != 4:
            raise SkipRecord("bad_value", "a box in it is no four numbers")
        left, top, width, height = box
        shape = picture.box(left, top, width, height, of.label)
        known.add("boxes", shape, of.label, outlined=bool(outline))
    if isinstance(outline, dict):
        known.add("shapes", _mask(outline, of.label), of.label)
    elif outline:
        for part in outline if isinstance(outline, list) else [outline]:
            if not isinstance(part, list):
                raise SkipRecord("bad_value", "an outline in it is no list of numbers")
            known.add("shapes", picture.polygon([pairs(part)], of.label), of.label)
    for x, y, label in _points(raw.get("keypoints") or (), of):
        known.add("keypoints", picture.point(x, y, label), of.label)


def _mask(raw: Mapping[str, Any], label: str) -> Any:
    size, runs = raw.get("size"), raw.get("counts")
    if not isinstance(size, list) or len(size) != 2 or not all(type(one) is int for one in size):
        raise SkipRecord("bad_size", "a mask in it has no size")
    height, width = size
    runs = unpacked(runs) if isinstance(runs, str) else runs
    if not isinstance(runs, list) or height < 1 or width < 1:
        raise SkipRecord("bad_value", "a mask in it has no runs")
    return mask(by_rows(runs, width, height), width, height, label)


def _points(flat: Any, of: Category) -> Iterator[tuple[Any, Any, str]]:
    """Keypoints that are there, seen or hidden; each under its own name."""
    if not isinstance(flat, list | tuple) or len(flat) % 3:
        raise SkipRecord("bad_value", "keypoints in it are no triples of numbers")
    numbers = iter(flat)
    for at in range(len(flat) // 3):
        x, y, there = islice(numbers, 3)
        if number(there):
            yield x, y, of.points[at] if at < len(of.points) else f"{of.label} {at + 1}"
