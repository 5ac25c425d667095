"""What a Labelbox label says: objects, classifications and relationships -> answers by control.

Shapes and spans go by kind (``boxes``, ``spans``), their class is their label. Classifications are
questions, by name; one that another opens, or that is asked of an object, is called after both.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import Scale
from labelpulse.ingest.exports.answers import Answers
from labelpulse.ingest.exports.parts import (
    BOXES,
    LINES,
    POINTS,
    POLYGONS,
    RELATIONS,
    SPANS,
    TRACKS,
    Object,
    a_list,
    an_object,
    identity,
    name,
    objects,
    points,
    word,
)
from labelpulse.ingest.exports.reader import Reading
from labelpulse.ingest.exports.tracks import Sides, frame, ranges, tracked
from labelpulse.ingest.shapes import Picture, Shape, relation, stretch

_MASKS = "masks are behind addresses and stay unread"
_UNREAD = "objects of a kind that is not read"
_IN_TEXT = {"location", "conversational_location"}
_IN_MESSAGES = "answers about single messages of a conversation stay unread"
_IN_FRAMES = "objects in videos that are no boxes, and answers to single frames, stay unread"


def answers(label: Object, media: Object, reading: Reading) -> tuple[tuple[str, Any], ...]:
    """Return (control, value) pairs of a label; SkipRecord where a part of it cannot be read."""
    said = an_object(label.get("annotations"), "annotations")
    sheet = reading.answers()
    drawn = a_list(said.get("objects"), "objects")
    picture = _picture(media, drawn, said, reading)
    places = dict(_places(objects(drawn, "objects"), sheet, picture, reading))
    for one in objects(said.get("classifications"), "classifications"):
        if any(key.startswith("conversational_") for key in one):
            reading.notes[_IN_MESSAGES] += 1
        else:
            _classify(sheet, one, "")
    for one in objects(said.get("relationships"), "relationships"):
        _relate(sheet, one, places)
    _tracks(said, sheet, picture, reading)
    return sheet.told(looked="objects" in said or "frames" in said)


def _picture(media: Object, drawn: Iterable[Any], said: Object, reading: Reading) -> Picture:
    """The picture of a data row; nobody asks for its size where nothing is drawn on it."""
    on_it = any(isinstance(one, dict) and not _IN_TEXT & one.keys() for one in drawn)
    if on_it or said.get("frames"):
        return reading.picture(media.get("width"), media.get("height"))
    return Picture()


def _places(
    drawn: Iterable[Object], sheet: Answers, picture: Picture, reading: Reading
) -> Iterator[tuple[str | None, Shape]]:
    """Add every object, and yield it by its id."""
    for one in drawn:
        found = _shape(one, picture)
        if found is None:
            reading.notes[_MASKS if "mask" in one else _UNREAD] += 1
            continue
        control, scale, shape = found
        kind = name(one.get("annotation_kind")) or ""
        sheet.place(control, scale, shape, kind)
        yield name(one.get("feature_id")), shape
        for each in objects(one.get("classifications"), "classifications"):
            _classify_object(sheet, each, word(one.get("name"), "object"), (scale, shape))


def _shape(one: Object, picture: Picture) -> tuple[str, Scale, Shape] | None:
    label = word(one.get("name"), "object")
    if "location" in one or "conversational_location" in one:
        span = _span(one, label)
        return None if span is None else (SPANS, Scale.SPAN, span)
    page = one.get("page_number")
    on = [] if page is None else [{"item": page}]
    if "bounding_box" in one:
        return BOXES, Scale.GEOMETRY, [*picture.box(*_sides(one["bounding_box"]), label), *on]
    if "polygon" in one:
        ring = points(one["polygon"], "polygon")
        return POLYGONS, Scale.GEOMETRY, [*picture.polygon([ring], label), *on]
    if "line" in one:
        return LINES, Scale.GEOMETRY, [*picture.line(points(one["line"]), label), *on]
    if "point" in one:
        at = an_object(one["point"], "point")
        return POINTS, Scale.GEOMETRY, [*picture.point(at.get("x"), at.get("y"), label), *on]
    return None


def _span(one: Object, label: str) -> Shape | None:
    """A span of text, whose end the tool includes; in a conversation, in one of its messages."""
    message = an_object(one.get("conversational_location"), "location")
    where = an_object(message.get("location") if message else one.get("location"), "location")
    if "start" not in where:
        return None
    start, end, label = stretch(where["start"], _after(where.get("end")), label)
    if not message:
        return [start, end, label]
    said = identity(message.get("message_id"), "message")
    return [[said, start], [said, end], label]


def _after(end: Any) -> Any:
    if not isinstance(end, int) or isinstance(end, bool):
        raise SkipRecord("bad_value", "a span in it has no end")
    return end + 1


def _relate(sheet: Answers, one: Object, places: dict[str | None, Shape]) -> None:
    both = "bidirectional_relationship" in one
    key = "bidirectional_relationship" if both else "unidirectional_relationship"
    ends = an_object(one.get(key), "relationship")
    named = [name(ends.get(end)) for end in ("source", "target")]
    found = [places[one] for one in named if one in places]
    if len(found) != 2:
        raise SkipRecord("bad_relation", "a relationship in it has an end that is not there")
    start, end = sorted(found, key=repr) if both else found
    kind = word(one.get("name"), "relationship")
    sheet.place(RELATIONS, Scale.SPAN, relation(start, end, kind), "relationship", always=False)


# --- classifications -----------------------------------------------------------------------


def _classify(sheet: Answers, one: Object, above: str) -> None:
    """Add the answer to a question, and those to the questions that it opens."""
    control = above + word(one.get("name"), "classification")
    if "radio_answer" in one:
        chosen = an_object(one["radio_answer"], "answer")
        sheet.label(control, chosen.get("name"), "radio")
        nested = [chosen]
    elif "checklist_answers" in one:
        nested = objects(one["checklist_answers"], "answers")
        sheet.options(control, [each.get("name") for each in nested], "checklist")
    elif "text_answer" in one:
        content = an_object(one["text_answer"], "answer").get("content")
        sheet.text(control, "" if content is None else content, "text")
        nested = []
    else:
        nested = []
    for answer in nested:
        for each in objects(answer.get("classifications"), "classifications"):
            _classify(sheet, each, f"{control} / ")


def _classify_object(sheet: Answers, one: Object, above: str, where: tuple[Scale, Shape]) -> None:
    """Add the answer to a question about an object: its shape, and the answer."""
    scale, shape = where
    control = f"{above} / {word(one.get('name'), 'classification')}"
    for key, kind in (("radio_answer", "radio"), ("text_answer", "text")):
        if key in one:
            answer = an_object(one[key], "answer")
            said = word(answer.get("name", answer.get("content")), "answer")
            sheet.place(control, scale, [shape, said], f"{kind} of an object", always=False)
    if "checklist_answers" in one:
        chosen = objects(one["checklist_answers"], "answers")
        said_all = sorted({word(each.get("name"), "answer") for each in chosen})
        sheet.place(control, scale, [shape, said_all], "checklist of an object", always=False)


# --- videos --------------------------------------------------------------------------------


def _tracks(said: Object, sheet: Answers, picture: Picture, reading: Reading) -> None:
    """Add the boxes of a video, each a track over its frames."""
    boxes: dict[str, dict[int, Object]] = {}
    for at, content in an_object(said.get("frames"), "frames").items():
        held = an_object(content, "frame")
        for feature, one in an_object(held.get("objects"), "objects").items():
            if "bounding_box" in an_object(one, "object"):
                boxes.setdefault(feature, {})[frame(at)] = one
            else:
                reading.notes[_IN_FRAMES] += 1
        if held.get("classifications"):
            reading.notes[_IN_FRAMES] += 1
    there = an_object(said.get("segments"), "segments")
    for feature, frames in boxes.items():
        label = word(next(iter(frames.values())).get("name"), "object")
        sides = {at: _sides(one["bounding_box"]) for at, one in frames.items()}
        shape = tracked(picture, sides, ranges(there.get(feature)), label)
        sheet.place(TRACKS, Scale.GEOMETRY, shape, "VideoBoundingBox")


def _sides(value: Any) -> Sides:
    box = an_object(value, "bounding box")
    return box.get("left"), box.get("top"), box.get("width"), box.get("height")
