"""V7's Darwin JSON 2.0, as documented: one file an item, with its annotations.

An item is one submission, of whoever made most of its annotations. Times are not told, and of a
review only who took part, not what they decided.
"""

from collections.abc import Iterable
from functools import partial
from math import degrees
from typing import Any

from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import AnnotationRecord, ItemRecord, Scale
from labelpulse.ingest.exports.answers import Answers
from labelpulse.ingest.exports.outline import Outline
from labelpulse.ingest.exports.parts import (
    BOXES,
    ELLIPSES,
    LINES,
    MASKS,
    POINTS,
    POLYGONS,
    TAGS,
    TRACKS,
    Object,
    a_list,
    an_object,
    hashed,
    identity,
    name,
    objects,
    points,
    word,
)
from labelpulse.ingest.exports.reader import Export, Part, Reading
from labelpulse.ingest.exports.tracks import frame, ranges, tracked
from labelpulse.ingest.label_studio import content_of
from labelpulse.ingest.shapes import Picture, Shape, mask, number

_KINDS = {
    BOXES: "bounding_box",
    ELLIPSES: "ellipse",
    LINES: "line",
    MASKS: "mask",
    POINTS: "keypoint",
    POLYGONS: "polygon",
    TRACKS: "bounding_box in a video",
}
_UNREAD = "annotations of a kind that is not read"


class DarwinExport(Export):
    """Reads Darwin JSON of version 2."""

    name = "v7"
    unknown = (
        "Darwin JSON tells no times",
        "Darwin JSON names reviewers without their decisions, so that it shows no reviews",
    )

    def fits(self, head: Outline) -> bool:
        """Return True for an item with slots and annotations."""
        return head.opening == "{" and head.has("version", "item") and head.any("item.slots")

    def item(self, element: Object, reading: Reading) -> ItemRecord:
        """Return the file's item."""
        told = an_object(element.get("item"), "item")
        source = an_object(told.get("source_info"), "source_info")
        place = f"{name(told.get('path')) or '/'}/{name(told.get('name')) or ''}"
        key = source.get("item_id") or place.replace("//", "/").strip("/")
        batch = name(an_object(source.get("dataset"), "dataset").get("name"))
        return ItemRecord(
            *(reading.project, identity(key, "item")),
            batch=batch,
            content=content_of(place if told.get("name") else None),
        )

    def parts(self, element: Object, item: ItemRecord, reading: Reading) -> Iterable[Part]:
        """Return the one submission of an item, if anything was annotated."""
        pages = _pages(an_object(element.get("item"), "item"), reading)
        made = objects(element.get("annotations"), "annotations")
        layers = [one for one in made if "raster_layer" in one]
        drawn = [one for one in made if "raster_layer" not in one]
        if drawn:
            yield Part("", partial(_submission, drawn, layers, pages, item, reading))


Pages = dict[str, tuple[Picture, list[Any]]]
"""Slot -> its picture, and what marks its shapes where there are several."""


def _pages(told: Object, reading: Reading) -> Pages:
    slots = objects(told.get("slots"), "slots")
    several = len(slots) > 1
    return {
        name(one.get("slot_name")) or "": (
            reading.picture(one.get("width"), one.get("height")),
            [{"item": at}] if several else [],
        )
        for at, one in enumerate(slots)
    }


def _author(one: Object, reading: Reading) -> str | None:
    """The first of an annotation's annotators, who made it."""
    people = objects(one.get("annotators"), "annotators")
    if not people:
        return None
    mail, full = people[0].get("email"), people[0].get("full_name")
    return reading.person(name(mail) or name(full), full, mail)


def _submission(
    drawn: list[Object], layers: list[Object], pages: Pages, item: ItemRecord, reading: Reading
) -> AnnotationRecord:
    author = reading.author([_author(one, reading) for one in drawn])
    sheet = reading.answers()
    tags = []
    for one in drawn:
        label = word(one.get("name"), "class")
        if "tag" in one:
            tags.append(label)
        elif not _mark(sheet, one, label, layers, pages):
            reading.notes[_UNREAD] += 1
    if tags:
        sheet.options(TAGS, tags, "tag")
    return AnnotationRecord(
        project=item.project,
        item=item.native_id,
        native_id=hashed(item.native_id),
        annotator=author,
        answers=sheet.told(looked=True),
        assisted=any("inference" in one for one in drawn),
        batch=item.batch,
    )


def _mark(sheet: Answers, one: Object, label: str, layers: list[Object], pages: Pages) -> bool:
    """Add a shape; False when it is of a kind that is not read."""
    slot = next(iter(a_list(one.get("slot_names"), "slots")), "")
    picture, page = pages.get(name(slot) or "") or next(iter(pages.values()), (Picture(), []))
    if "frames" in one:
        shape = _track(one, label, picture)
        found = None if shape is None else (TRACKS, shape)
    elif "mask" in one:
        found = (MASKS, _mask(one, label, layers, picture))
    else:
        found = _shape(one, label, picture)
    if found is None:
        return False
    control, shape = found
    sheet.place(control, Scale.GEOMETRY, [*shape, *page], _KINDS[control])
    return True


def _shape(one: Object, label: str, picture: Picture) -> tuple[str, Shape] | None:
    if "polygon" in one:  # before its bounding box, which stands beside it
        told = an_object(one["polygon"], "polygon")
        paths = a_list(told.get("paths", [told.get("path")]), "paths")
        return POLYGONS, picture.polygon([points(path) for path in paths], label)
    if "line" in one:
        path = an_object(one["line"], "line").get("path")
        return LINES, picture.line(points(path), label)
    if "ellipse" in one:
        told = an_object(one["ellipse"], "ellipse")
        middle, radius = (an_object(told.get(key), key) for key in ("center", "radius"))
        around = (middle.get("x"), middle.get("y"), radius.get("x"), radius.get("y"))
        turn = degrees(number(told.get("angle") or 0))
        return ELLIPSES, picture.ellipse(*around, label, turn)
    if "keypoint" in one:
        at = an_object(one["keypoint"], "keypoint")
        return POINTS, picture.point(at.get("x"), at.get("y"), label)
    if "bounding_box" in one:
        return BOXES, picture.box(*_sides(one), label)
    return None


def _sides(one: Object) -> tuple[Any, Any, Any, Any]:
    box = an_object(one.get("bounding_box"), "bounding box")
    return box.get("x"), box.get("y"), box.get("w"), box.get("h")


def _track(one: Object, label: str, picture: Picture) -> Shape | None:
    """The track of a box; frames without one carry on what was before."""
    told = an_object(one["frames"], "frames")
    frames = {frame(at): an_object(each, "frame") for at, each in told.items()}
    boxes = {at: _sides(each) for at, each in frames.items() if "bounding_box" in each}
    if not boxes or any("polygon" in each for each in frames.values()):
        return None
    shown = [(start, end - 1) for start, end in ranges(one.get("ranges")) if end > start]
    return tracked(picture, boxes, shown, label)


def _mask(one: Object, label: str, layers: list[Object], picture: Picture) -> Shape:
    """A mask out of the layer that holds the pixels of all masks of a slot, row by row."""
    for each in layers:
        layer = an_object(each.get("raster_layer"), "raster layer")
        values = an_object(layer.get("mask_annotation_ids_mapping"), "masks")
        value = values.get(str(one.get("id")))
        if value is not None:
            flat = a_list(layer.get("dense_rle"), "pixels")
            return mask(_runs(flat, value), picture.width, picture.height, label)
    raise SkipRecord("bad_value", "a mask in it is in no raster layer")


def _runs(flat: list[Any], value: Any) -> list[int]:
    """Runs out and in turn, from pairs of a pixel's value and how often it comes."""
    if len(flat) % 2:
        raise SkipRecord("bad_value", "the pixels of a raster layer are no pairs")
    found, inside = [0], False
    for pixel, times in zip(flat[::2], flat[1::2], strict=True):
        if (pixel == value) != inside:
            found.append(0)
            inside = not inside
        found[-1] += int(number(times))
    return found
