"""Encord's label rows: what each person made in a row -> their submission."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import AnnotationRecord, ItemRecord, Scale, Verdict
from labelpulse.ingest.exports.answers import Answers
from labelpulse.ingest.exports.parts import (
    BOXES,
    LINES,
    POINTS,
    POLYGONS,
    SEGMENTS,
    SPANS,
    TRACKS,
    Object,
    a_list,
    an_object,
    hashed,
    in_groups,
    name,
    objects,
    points,
    word,
)
from labelpulse.ingest.exports.reader import Part, Reading
from labelpulse.ingest.exports.tracks import frame, runs, tracked
from labelpulse.ingest.shapes import Picture, Shape, pairs, stretch

_PICTURE = Picture()
"""Encord's coordinates are shares already."""

_UNREAD = "objects of a shape that is not read"
_DYNAMIC = "attributes that change within a video stay unread"
_IN_PAGES = "stretches of web pages stay unread"
ZONE = "UTC"  # of times that are written without one
_SECOND = 1000  # a range in a recording is in milliseconds

Found = tuple[str, Object]
"""Where something stands in the row (a unit's place and frame, or ""), and what it is."""


def parts(element: Object, item: ItemRecord, reading: Reading) -> Iterable[Part]:
    """Return the one submission of a row; in a consensus, every branch is a row of its own."""
    made = [found for found in _made(element) if not found[1].get("isDeleted")]
    if made:
        yield Part("", partial(_submission, made, element, item, reading))


def _made(element: Object) -> Iterator[Found]:
    """Yield every object and classification of a row, in whichever unit and frame."""
    units = an_object(element.get("data_units"), "data units")
    for at, unit in enumerate(units.values()):
        labels = an_object(an_object(unit, "data unit").get("labels"), "labels")
        page = f"{at}" if len(units) > 1 else ""
        if not labels.keys() - {"objects", "classifications"}:
            yield from _listed(labels, page)
            continue
        for number, content in labels.items():
            for _, one in _listed(an_object(content, "frame"), page):
                yield f"{page}@{frame(number)}", one
    for key in ("object_answers", "classification_answers"):
        for one in an_object(element.get(key), "answers").values():
            held = an_object(one, "answer")
            if "range" in held and "createdBy" in held:  # of texts and recordings, they stand here
                yield "", held


def _listed(labels: Object, page: str) -> Iterator[Found]:
    for key in ("objects", "classifications"):
        for one in objects(labels.get(key), key):
            yield page, one


# --- records -------------------------------------------------------------------------------


def _submission(
    found: list[Found], element: Object, item: ItemRecord, reading: Reading
) -> AnnotationRecord:
    made = [one for _, one in found]
    created = [at for one in made if (at := reading.at(one.get("createdAt"), ZONE)) is not None]
    edited = [at for one in made if (at := reading.at(one.get("lastEditedAt"), ZONE)) is not None]
    makers = [name(one.get("createdBy")) for one in made]
    editor = reading.editor(makers, (name(one.get("lastEditedBy")) for one in made))
    verdict, reviewer, reviewed = _review(made, reading)
    updated = max((*created, *edited), default=None)
    branch = name(element.get("branch_name")) or "main"
    return AnnotationRecord(
        project=item.project,
        item=item.native_id,
        native_id=hashed(item.native_id, branch),
        annotator=reading.author(makers),
        submitted_at=max(created, default=None),
        updated_at=updated,
        revision=max(filter(None, (updated, reviewed)), default=None),
        answers=_answers(found, element, reading),
        assisted=any(one.get("manualAnnotation") is False for one in made),
        editor=editor,
        edited=editor is not None,
        verdict=verdict,
        reviewer=reviewer,
        reviewed_at=reviewed,
        batch=item.batch,
    )


def _review(made: list[Object], reading: Reading) -> tuple[Verdict | None, str | None, int | None]:
    """The last reviews of all objects together: rejected where any is, accepted where all are."""
    last = []
    for one in made:
        reviews = objects(one.get("reviews"), "reviews")
        if reviews:
            last.append(max(reviews, key=lambda each: reading.at(each.get("createdAt"), ZONE) or 0))
    if not last:
        return None, None, None
    good = all(one.get("approved") for one in last)
    if good and len(last) < len(made):
        return None, None, None
    newest = max(last, key=lambda each: reading.at(each.get("createdAt"), ZONE) or 0)
    by = reading.person(newest.get("user_email") or newest.get("createdBy"))
    verdict = Verdict.ACCEPTED if good else Verdict.REJECTED
    return verdict, by, reading.at(newest.get("createdAt"), ZONE)


# --- answers -------------------------------------------------------------------------------


def _answers(found: list[Found], element: Object, reading: Reading) -> tuple[tuple[str, Any], ...]:
    sheet = reading.answers()
    of_objects = an_object(element.get("object_answers"), "answers")
    of_classes = an_object(element.get("classification_answers"), "answers")
    for each in an_object(element.get("object_actions"), "actions").values():
        reading.notes[_DYNAMIC] += bool(an_object(each, "actions").get("actions"))
    for key, group in in_groups(map(_by_hash, found)).items():
        one = group[0][1]
        if "classificationHash" in one:
            _classify(sheet, an_object(of_classes.get(key, one), "answer"))
            continue
        shape = _placed(sheet, group, element, reading)
        if shape is not None:
            _attributes(sheet, an_object(of_objects.get(key), "answer"), one, shape)
    return sheet.told(looked=True)


def _by_hash(found: Found) -> tuple[str | None, Found]:
    one = found[1]
    return name(one.get("objectHash")) or name(one.get("classificationHash")), found


def _classify(sheet: Answers, answer: Object) -> None:
    for one in objects(answer.get("classifications"), "classifications"):
        control = word(one.get("name"), "classification")
        said = one.get("answers")
        if isinstance(said, list):
            sheet.several(control, [each.get("name") for each in objects(said, "answers")])
        elif isinstance(said, str):
            sheet.text(control, said, "text")
        elif said is not None:
            sheet.number(control, said, "number")


def _attributes(sheet: Answers, answer: Object, one: Object, where: tuple[Scale, Shape]) -> None:
    scale, shape = where
    for each in objects(answer.get("classifications"), "classifications"):
        control = f"{_label(one)} / {word(each.get('name'), 'classification')}"
        said = each.get("answers")
        if isinstance(said, list):
            said = sorted({word(one.get("name"), "answer") for one in objects(said, "answers")})
        sheet.place(control, scale, [shape, said], "attribute", always=False)


def _label(one: Object) -> str:
    return word(one.get("name"), "object")


def _placed(
    sheet: Answers, group: list[Found], element: Object, reading: Reading
) -> tuple[Scale, Shape] | None:
    """Add an object, which in a video has a shape in many frames."""
    at, one = group[0]
    kind = name(one.get("shape")) or ""
    if "range" in one:
        reading.notes[_IN_PAGES] += bool(one.get("range_html"))
        return _ranged(sheet, one, element, kind)
    if "@" in at:
        boxes = {frame(place.partition("@")[2]): _sides(each) for place, each in group}
        if any(box is None for box in boxes.values()):
            reading.notes[_UNREAD] += 1
            return None
        told = {number: box for number, box in boxes.items() if box is not None}
        shape = tracked(_PICTURE, told, runs(told), _label(one))
        sheet.place(TRACKS, Scale.GEOMETRY, shape, kind)
        return Scale.GEOMETRY, shape
    drawn = _shapes(one)
    if not drawn:
        reading.notes[_UNREAD] += 1
        return None
    page = [{"item": int(at)}] if at else []
    for control, shape in drawn:
        sheet.place(control, Scale.GEOMETRY, [*shape, *page], kind)
    return Scale.GEOMETRY, [*drawn[0][1], *page]


def _ranged(sheet: Answers, one: Object, element: Object, kind: str) -> tuple[Scale, Shape] | None:
    """Add stretches of a text, or of a recording, of which the first is returned."""
    sound = str(element.get("data_type")) == "audio"
    found = []
    for each in a_list(one.get("range"), "range"):
        if not isinstance(each, list) or len(each) != 2:
            raise SkipRecord("bad_value", "a range in it is no pair")
        start, end, label = stretch(each[0], each[1], _label(one))
        part = _SECOND if sound else 1
        found.append(stretch(start / part, end / part, label))
    for shape in found:
        sheet.place(SEGMENTS if sound else SPANS, Scale.SPAN, shape, kind)
    return (Scale.SPAN, found[0]) if found else None


def _sides(one: Object) -> tuple[Any, Any, Any, Any] | None:
    if "boundingBox" not in one:
        return None
    box = an_object(one["boundingBox"], "bounding box")
    return box.get("x"), box.get("y"), box.get("w"), box.get("h")


def _shapes(one: Object) -> list[tuple[str, Shape]]:
    """The shapes of an object: a polygon may be in several parts."""
    label = _label(one)
    box = _sides(one)
    if box is not None:
        return [(BOXES, _PICTURE.box(*box, label))]
    if "polygons" in one or "polygon" in one:
        return [(POLYGONS, _PICTURE.polygon(rings, label)) for rings in _rings(one)]
    if "polyline" in one:
        return [(LINES, _PICTURE.line(points(one["polyline"]), label))]
    if "point" in one:
        ((x, y),) = points(one["point"])[:1] or [(None, None)]
        return [(POINTS, _PICTURE.point(x, y, label))]
    return []


def _rings(one: Object) -> list[list[list[tuple[Any, Any]]]]:
    """The rings of each part: newer exports have all of them, older ones the outer alone."""
    if "polygons" not in one:
        return [[points(one["polygon"], "polygon")]]
    return [
        [pairs(a_list(ring, "ring")) for ring in a_list(part, "polygon")]
        for part in a_list(one["polygons"], "polygons")
    ]
