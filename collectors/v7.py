"""V7's Darwin JSON 2.0, as documented: one file an item, with its annotations.

An item is one submission, of whoever made most of its annotations, at the time of their last
change, where that is told. Of a review it tells who took part, not what they decided.
"""

from collections.abc import Iterable, Iterator, Mapping
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
    in_groups,
    name,
    objects,
    points,
    word,
)
from labelpulse.ingest.exports.reader import Export, Part, Reading
from labelpulse.ingest.exports.tracks import Sides, frame, ranges, tracked
from labelpulse.ingest.fields import content_of
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
_IN_FRAMES = "properties that change within a video stay unread"
_NOBODY = "annotations do not say who made them: export with authorship"
_TIMELESS = "Darwin JSON tells no times"
_ZONE = "UTC"  # of times that are written without one
_DATED = "dated"


class DarwinExport(Export):
    """Reads Darwin JSON of version 2."""

    name = "v7"
    unknown = ("Darwin JSON names reviewers without their decisions, so that it shows no reviews",)

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
        """Return the one submission of an item, if anything was annotated or answered."""
        drawn = [one for one in _made(element) if "raster_layer" not in one]
        if drawn or _filled(element):
            yield Part("", partial(_submission, drawn, element, item, reading))

    def remarks(self, reading: Reading) -> Iterable[str]:
        """Say where no annotation tells a time."""
        if not reading.state.get(_DATED):
            yield _TIMELESS


def _made(element: Object) -> list[Object]:
    return objects(element.get("annotations"), "annotations")


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
    drawn: list[Object], element: Object, item: ItemRecord, reading: Reading
) -> AnnotationRecord:
    author = reading.author([_author(one, reading) for one in drawn])
    if author is None:
        reading.notes[_NOBODY] += 1
    changed = (reading.at(one.get("updated_at"), _ZONE) for one in drawn)
    last = max(filter(None, changed), default=None)
    reading.state[_DATED] = reading.state.get(_DATED) or last is not None
    return AnnotationRecord(
        project=item.project,
        item=item.native_id,
        native_id=hashed(item.native_id),
        annotator=author,
        submitted_at=last,
        updated_at=last,
        revision=last,
        answers=_answers(drawn, element, reading),
        assisted=any("inference" in one for one in drawn),
        batch=item.batch,
    )


# --- answers -------------------------------------------------------------------------------


def _answers(drawn: list[Object], element: Object, reading: Reading) -> tuple[tuple[str, Any], ...]:
    sheet = reading.answers()
    layers = [one for one in _made(element) if "raster_layer" in one]
    pages = _pages(an_object(element.get("item"), "item"), reading) if drawn else {}
    tags = []
    for one in drawn:
        label = word(one.get("name"), "class")
        if "tag" in one:
            tags.append(label)
            for question, said in _properties(one, reading):
                sheet.several(f"{label} / {question}", said)
            continue
        shape = _mark(sheet, one, label, layers, pages)
        if shape is None:
            reading.notes[_UNREAD] += 1
            continue
        for question, said in _properties(one, reading):
            place = [shape, said[0] if len(said) == 1 else said]
            control = f"{label} / {question}"
            sheet.place(control, Scale.GEOMETRY, place, "property", always=False)
    if tags:
        sheet.options(TAGS, tags, "tag")
    for question, said in _properties(element, reading):
        sheet.several(question, said)
    return sheet.told(looked=True)


def _properties(one: Object, reading: Reading) -> Iterator[tuple[str, list[str]]]:
    """Yield what is said of an item or an annotation, question by question."""
    named = ((word(each.get("name"), "property"), each) for each in _filled(one))
    for question, given in in_groups(named).items():
        at = [each.get("frame_index") for each in given]
        if any(each != at[0] for each in at):
            reading.notes[_IN_FRAMES] += 1
        else:
            yield question, sorted({word(each["value"], "property") for each in given})


def _filled(one: Object) -> list[Object]:
    """Return the properties of an item or an annotation that somebody answered."""
    told = objects(one.get("properties"), "properties")
    return [each for each in told if each.get("value") is not None]


def _mark(
    sheet: Answers, one: Object, label: str, layers: list[Object], pages: Pages
) -> Shape | None:
    """Add a shape, and return it; None when it is of a kind that is not read."""
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
        return None
    control, shape = found
    sheet.place(control, Scale.GEOMETRY, [*shape, *page], _KINDS[control])
    return [*shape, *page]


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


def _sides(one: Object) -> Sides:
    box = an_object(one.get("bounding_box"), "bounding box")
    return box.get("x"), box.get("y"), box.get("w"), box.get("h")


def _track(one: Object, label: str, picture: Picture) -> Shape | None:
    """The track of a box; frames without one carry on what was before."""
    told = an_object(one["frames"], "frames")
    frames = {frame(at): an_object(each, "frame") for at, each in told.items()}
    boxes = {at: _sides(each) for at, each in frames.items() if "bounding_box" in each}
    if not boxes or any("polygon" in each for each in frames.values()):
        return None
    shown, hidden = ranges(one.get("ranges")), ranges(one.get("hidden_areas"))
    for first, last in hidden:
        shown = [part for each in shown for part in _without(each, first, last)]
    around = {at for first, last in hidden for at in (first - 1, last)} - boxes.keys()
    boxes |= {at: sides for at in around if (sides := _between(boxes, at)) is not None}
    return tracked(picture, boxes, [(start, end - 1) for start, end in shown], label)


def _without(stretch: tuple[int, int], first: int, last: int) -> Iterator[tuple[int, int]]:
    """What is left of a stretch of frames; all of them end before their last number."""
    start, end = stretch
    for part in ((start, min(end, first)), (max(start, last), end)):
        if part[0] < part[1]:
            yield part


def _between(boxes: Mapping[int, Sides], at: int) -> Sides | None:
    """Where a box is in a frame between two that tell, since it moves evenly."""
    before = max((one for one in boxes if one < at), default=None)
    after = min((one for one in boxes if one > at), default=None)
    if before is None or after is None:
        return None if before is None else boxes[before]
    way = (at - before) / (after - before)
    one, two = boxes[before], boxes[after]
    left, top, width, height = (
        number(a) + way * (number(b) - number(a)) for a, b in zip(one, two, strict=True)
    )
    return left, top, width, height


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
