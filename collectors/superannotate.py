"""SuperAnnotate's JSON, as documented: an item's metadata and its instances, one file or a list.

An item is one submission, of its annotator; where it names none, of whoever made most instances.
How far it got is the item's status, which also tells what the quality check decided.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import AnnotationRecord, ItemRecord, Scale, Status, Verdict
from labelpulse.ingest.exports.answers import Answers
from labelpulse.ingest.exports.outline import Outline
from labelpulse.ingest.exports.parts import (
    BOXES,
    ELLIPSES,
    LINES,
    POINTS,
    POLYGONS,
    SEGMENTS,
    SPANS,
    TAGS,
    Object,
    a_list,
    an_object,
    hashed,
    identity,
    name,
    objects,
    word,
)
from labelpulse.ingest.exports.reader import Export, Part, Reading
from labelpulse.ingest.fields import content_of
from labelpulse.ingest.shapes import Picture, Shape, number, pairs, stretch

_STATUS = {
    "inprogress": (Status.DRAFT, None),
    "qualitycheck": (Status.SUBMITTED, None),
    "returned": (Status.SUBMITTED, Verdict.REJECTED),
    "completed": (Status.SUBMITTED, Verdict.ACCEPTED),
    "skipped": (Status.SKIPPED, None),
}
_UNTOUCHED = ("notstarted", "")
_UNREAD = "instances of a type that is not read"
_IN_FRAMES = "shapes in videos stay unread"
_SECOND = 1_000_000  # times within a recording are in microseconds
_FROM_MODEL = ("prediction", "preannotation")


class SuperAnnotateExport(Export):
    """Reads exports of SuperAnnotate."""

    name = "superannotate"

    def fits(self, head: Outline) -> bool:
        """Return True for metadata and instances."""
        own = ("annotatorEmail", "lastAction", "projectId", "qaEmail", "status")
        return head.has("metadata", "instances") and head.any(*(f"metadata.{key}" for key in own))

    def item(self, element: Object, reading: Reading) -> ItemRecord:
        """Return an item by its name, which is all that identifies it."""
        told = an_object(element.get("metadata"), "metadata")
        key = identity(told.get("name"), "item")
        return ItemRecord(reading.project, key, content=content_of(key))

    def parts(self, element: Object, item: ItemRecord, reading: Reading) -> Iterable[Part]:
        """Return the one submission of an item that was begun."""
        told = an_object(element.get("metadata"), "metadata")
        made = [_whole(one) for one in objects(element.get("instances"), "instances")]
        if (_state(told) in _UNTOUCHED and not made) or _state(told) == "notstarted":
            return
        yield Part("", partial(_submission, made, element, item, reading))


def _whole(one: Object) -> Object:
    """An instance with what a recording's tells of itself one level deeper."""
    return {**an_object(one.get("meta"), "meta"), **one}


def _state(told: Object) -> str:
    return (name(told.get("status")) or "").replace(" ", "").lower()


def _account(one: Object) -> str | None:
    by = one.get("createdBy")
    return name(by.get("email")) if isinstance(by, dict) else name(by)


def _submission(
    own: list[Object], element: Object, item: ItemRecord, reading: Reading
) -> AnnotationRecord:
    told = an_object(element.get("metadata"), "metadata")
    known = _STATUS.get(_state(told), (Status.SUBMITTED, None) if not _state(told) else None)
    if known is None:
        raise SkipRecord("unknown_status", "the status of an item is none of SuperAnnotate's")
    status, verdict = known
    author = reading.person(told.get("annotatorEmail"))
    checker = reading.person(told.get("qaEmail"))
    if verdict == Verdict.ACCEPTED and checker is None:
        verdict = None  # nobody checked it
    last = an_object(told.get("lastAction"), "last action")
    created = [at for one in own if (at := reading.at(one.get("createdAt"))) is not None]
    changed = [at for one in own if (at := reading.at(one.get("updatedAt"))) is not None]
    acted = reading.at(last.get("timestamp"))
    updated = max((*created, *changed, *filter(None, (acted,))), default=None)
    judged = acted if verdict and name(last.get("email")) == checker else None
    submitted = max(created, default=None)
    draft = status == Status.DRAFT
    return AnnotationRecord(
        project=item.project,
        item=item.native_id,
        native_id=hashed(item.native_id),
        annotator=author or reading.author(map(_account, own)),
        status=status,
        submitted_at=None if draft else submitted,
        updated_at=updated,
        revision=updated,
        answers=_answers(own, told, element, reading) if status == Status.SUBMITTED else (),
        assisted=any(str(one.get("creationType")).lower() in _FROM_MODEL for one in own),
        verdict=verdict,
        reviewer=checker if verdict else None,
        reviewed_at=judged,
    )


# --- answers -------------------------------------------------------------------------------


def _answers(
    own: list[Object], told: Object, element: Object, reading: Reading
) -> tuple[tuple[str, Any], ...]:
    sheet = reading.answers()
    flat = any(name(one.get("type")) in _SHAPES and "parameters" not in one for one in own)
    size = (told.get("width"), told.get("height"))
    picture = reading.picture(*size) if flat else Picture()
    tags = [word(one, "tag") for one in a_list(element.get("tags"), "tags")]
    for one in own:
        if one.get("type") == "tag":
            tags.append(_label(one))
        elif not _mark(sheet, one, picture):
            reading.notes[_IN_FRAMES if "parameters" in one else _UNREAD] += 1
    if tags:
        sheet.options(TAGS, tags, "tag")
    return sheet.told(looked=True)


def _label(one: Object) -> str:
    return word(one.get("className", one.get("classId")), "class")


def _mark(sheet: Answers, one: Object, picture: Picture) -> bool:
    """Add a shape or span; False when it is of a type that is not read."""
    kind = name(one.get("type")) or ""
    if kind == "entity":
        shape = stretch(one.get("start"), one.get("end"), _label(one))
        sheet.place(SPANS, Scale.SPAN, shape, kind)
        return True
    if kind == "event":
        start, end = number(one.get("start")) / _SECOND, number(one.get("end")) / _SECOND
        sheet.place(SEGMENTS, Scale.SPAN, stretch(start, end, _label(one)), kind)
        return True
    if kind not in _SHAPES or "parameters" in one:
        return False
    control, shape = _SHAPES[kind](one, _label(one), picture)
    sheet.place(control, Scale.GEOMETRY, shape, kind)
    for each in objects(one.get("attributes"), "attributes"):
        group = name(each.get("groupName"))
        if group:
            said = word(each.get("name"), "attribute")
            name_ = f"{_label(one)} / {group}"
            sheet.place(name_, Scale.GEOMETRY, [shape, said], "attribute", always=False)
    return True


def _box(one: Object, label: str, picture: Picture) -> tuple[str, Shape]:
    at = an_object(one.get("points"), "points")
    return BOXES, picture.corners(at.get("x1"), at.get("y1"), at.get("x2"), at.get("y2"), label)


def _turned_box(one: Object, label: str, picture: Picture) -> tuple[str, Shape]:
    at = an_object(one.get("points"), "points")
    ring = [(at.get(f"x{n}"), at.get(f"y{n}")) for n in range(1, 5)]
    return POLYGONS, picture.polygon([ring], label)


def _polygon(one: Object, label: str, picture: Picture) -> tuple[str, Shape]:
    rings = [one.get("points"), *a_list(one.get("exclude"), "holes")]
    return POLYGONS, picture.polygon([pairs(a_list(ring, "points")) for ring in rings], label)


def _line(one: Object, label: str, picture: Picture) -> tuple[str, Shape]:
    return LINES, picture.line(pairs(a_list(one.get("points"), "points")), label)


def _point(one: Object, label: str, picture: Picture) -> tuple[str, Shape]:
    return POINTS, picture.point(one.get("x"), one.get("y"), label)


def _ellipse(one: Object, label: str, picture: Picture) -> tuple[str, Shape]:
    x, y, wide, high = (one.get(key) for key in ("cx", "cy", "rx", "ry"))
    return ELLIPSES, picture.ellipse(x, y, wide, high, label, one.get("angle") or 0)


_SHAPES: dict[str, Callable[[Object, str, Picture], tuple[str, Shape]]] = {
    "bbox": _box,
    "rbbox": _turned_box,
    "polygon": _polygon,
    "polyline": _line,
    "point": _point,
    "ellipse": _ellipse,
}
