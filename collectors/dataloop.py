"""Dataloop's JSON, as documented: items with their annotations, one file or a list.

An item is one submission, of whoever made most of its annotations. An annotation's status is a
reviewer's word on it, and nobody says whose; what a model made is a prediction. In a recording a
class is a stretch of it, and a box is a track.
"""

from collections.abc import Callable, Iterable
from functools import partial
from mimetypes import guess_type
from typing import Any

from labelpulse.core.events import (
    AnnotationRecord,
    ItemRecord,
    PredictionRecord,
    Scale,
    Verdict,
)
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
from labelpulse.ingest.exports.tracks import Sides, frame, tracked
from labelpulse.ingest.fields import content_of
from labelpulse.ingest.shapes import Picture, Shape, stretch

_UNREAD = "annotations of a type that is not read"
_IN_FRAMES = "shapes in videos that are no boxes stay unread"
_RECORDED = ("audio", "video")
_NOTES = ("note",)
_VERDICTS = {"approved": Verdict.ACCEPTED, "issue": Verdict.REJECTED}


class DataloopExport(Export):
    """Reads items of Dataloop with their annotations."""

    name = "dataloop"

    def fits(self, head: Outline) -> bool:
        """Return True for annotations with a creator and a type, and for an item that has none."""
        told = "creator" in {key.rpartition(".")[2] for key in head.keys if "annotations." in key}
        empty = head.has("annotations", "filename") and head.any("datasetId", "metadata.system")
        marks = head.has("annotations.type", "annotations.label")
        return (marks and told) or (empty and not head.any("annotations.id", "image", "item"))

    def item(self, element: Object, reading: Reading) -> ItemRecord:
        """Return an item; where it does not tell its id, its annotations do."""
        made = objects(element.get("annotations"), "annotations")
        key = element.get("id") or element.get("_id")
        first = next((one.get("itemId") for one in made if one.get("itemId")), None)
        file = name(element.get("filename"))
        return ItemRecord(
            *(reading.project, identity(key or first or file or reading.file.stem, "item")),
            created_at=reading.at(element.get("createdAt")),
            content=content_of(file),
        )

    def parts(self, element: Object, item: ItemRecord, reading: Reading) -> Iterable[Part]:
        """Return the submission of an item, and a prediction a model."""
        made = [
            one
            for one in objects(element.get("annotations"), "annotations")
            if one.get("type") not in _NOTES
        ]
        shown = _shown(element)
        work = [one for one in made if _model(one) is None]
        guesses = [one for one in made if _model(one) is not None]
        if work:
            yield Part("", partial(_submission, work, shown, item, reading))
        for model, own in in_groups((_model(one), one) for one in guesses).items():
            make_guess = partial(_prediction, str(model), own, shown, item, reading)
            yield Part("a prediction", make_guess, work=False)


Shown = tuple[Any, Any, bool]
"""Width and height of what is shown, and whether it is a recording."""

Said = tuple[tuple[str, Any], ...]


def _system(one: Object) -> Object:
    return an_object(an_object(one.get("metadata"), "metadata").get("system"), "system")


def _shown(element: Object) -> Shown:
    system = _system(element)
    kind = name(system.get("mimetype")) or guess_type(name(element.get("filename")) or "")[0] or ""
    recorded = kind.partition("/")[0] in _RECORDED
    return system.get("width"), system.get("height"), recorded


def _model(one: Object) -> str | None:
    """The model that made an annotation; None = a person did."""
    user = an_object(an_object(one.get("metadata"), "metadata").get("user"), "user")
    model = user.get("model")
    return (name(model.get("name")) or "") if isinstance(model, dict) and model else None


def _times(own: list[Object], key: str, reading: Reading) -> list[int]:
    return [at for one in own if (at := reading.at(one.get(key))) is not None]


def _submission(
    own: list[Object], shown: Shown, item: ItemRecord, reading: Reading
) -> AnnotationRecord:
    created, updated = _times(own, "createdAt", reading), _times(own, "updatedAt", reading)
    makers = [name(one.get("creator")) for one in own]
    editor = reading.editor(makers, (name(one.get("updatedBy")) for one in own))
    last = max((*created, *updated), default=None)
    return AnnotationRecord(
        project=item.project,
        item=item.native_id,
        native_id=hashed(item.native_id),
        annotator=reading.author(makers),
        submitted_at=max(created, default=None),
        updated_at=last,
        revision=last,
        answers=_answers(own, shown, reading, looked=True),
        assisted=any(_system(one).get("automated") for one in own),
        editor=editor,
        edited=editor is not None,
        verdict=_verdict(own),
    )


def _verdict(own: list[Object]) -> Verdict | None:
    """Rejected where any annotation has an issue, accepted where all are approved."""
    said = {
        _VERDICTS.get(str(_system(one).get("status") or one.get("status")).lower()) for one in own
    }
    if Verdict.REJECTED in said:
        return Verdict.REJECTED
    return Verdict.ACCEPTED if said == {Verdict.ACCEPTED} else None


def _prediction(
    model: str, own: list[Object], shown: Shown, item: ItemRecord, reading: Reading
) -> PredictionRecord:
    created = max(_times(own, "createdAt", reading), default=None)
    return PredictionRecord(
        project=item.project,
        item=item.native_id,
        native_id=f"prediction-{hashed(item.native_id, model)}",
        model_version=model,
        created_at=created,
        revision=created,
        answers=_answers(own, shown, reading, looked=False),
    )


# --- answers -------------------------------------------------------------------------------


def _answers(
    own: list[Object], shown: Shown, reading: Reading, *, looked: bool
) -> tuple[tuple[str, Any], ...]:
    sheet = reading.answers()
    width, height, recorded = shown
    drawn = any(name(one.get("type")) in _SHAPES for one in own)
    picture = reading.picture(width, height) if drawn else Picture()
    tags = []
    for one in own:
        label = _label(one)
        kind = name(one.get("type"))
        found = _stretch(one, label, recorded=recorded)
        found = found or _shape(one, label, picture, recorded=recorded)
        if found is not None:
            _place(sheet, one, label, found)
        elif kind == "class":
            tags.append(label)
            for question, said in _attributes(one):
                sheet.several(f"{label} / {question}", said)
        elif kind == "text" and _text(one) is not None:
            sheet.text(label, _text(one), "text")
        else:
            reading.notes[_IN_FRAMES if recorded and kind in _SHAPES else _UNREAD] += 1
    if tags:
        sheet.options(TAGS, tags, "class")
    return sheet.told(looked=looked)


Found = tuple[str, Scale, Shape]


def _place(sheet: Answers, one: Object, label: str, found: Found) -> None:
    """Add a shape or a stretch, and what is said of it."""
    control, scale, shape = found
    sheet.place(control, scale, shape, name(one.get("type")) or "")
    for question, said in _attributes(one):
        place = [shape, said[0] if len(said) == 1 else said]
        sheet.place(f"{label} / {question}", scale, place, "attribute", always=False)


def _attributes(one: Object) -> Iterable[tuple[str, list[str]]]:
    """What is said of an annotation, question by question; a question may take several answers."""
    for question, said in an_object(_system(one).get("attributes"), "attributes").items():
        listed = said if isinstance(said, list) else [said]
        words = [word(each, "attribute") for each in listed if each not in (None, "")]
        if words:
            yield question, sorted(words)


def _text(one: Object) -> Any:
    """What was typed; None where a text is marked instead."""
    said = one.get("coordinates")
    return said.get("text") if isinstance(said, dict) else said


def _label(one: Object) -> str:
    return word(one.get("label"), "label")


def _stretch(one: Object, label: str, *, recorded: bool) -> Found | None:
    """A stretch of a text, or in a recording that of a class, in seconds."""
    kind, at = one.get("type"), one.get("coordinates")
    if kind == "text_mark" or (kind == "text" and isinstance(at, dict) and "start" in at):
        marked = an_object(at, "coordinates")
        return SPANS, Scale.SPAN, stretch(marked.get("start"), marked.get("end"), label)
    system = _system(one)
    start, end = system.get("startTime"), system.get("endTime")
    if kind == "class" and recorded and start is not None and end is not None and start != end:
        return SEGMENTS, Scale.SPAN, stretch(start, end, label)
    return None


def _shape(one: Object, label: str, picture: Picture, *, recorded: bool) -> Found | None:
    kind = name(one.get("type")) or ""
    if kind not in _SHAPES or (recorded and kind != "box"):
        return None
    if recorded:
        track = _track(one, label, picture)
        return None if track is None else (TRACKS, Scale.GEOMETRY, track)
    control, shape = _SHAPES[kind](one.get("coordinates"), label, picture)
    return control, Scale.GEOMETRY, shape


def _track(one: Object, label: str, picture: Picture) -> Shape | None:
    """The track of an upright box: where it begins, and its snapshots, up to its last frame."""
    system = _system(one)
    first = {"frame": system.get("frame") or 0, "data": one.get("coordinates")}
    keys = {
        frame(each.get("frame")): each
        for each in (first, *objects(system.get("snapshots_"), "snapshots"))
    }
    seen = [at for at in sorted(keys) if keys[at].get("objectVisible", True)]
    boxes = {at: box for at in seen if (box := _sides(keys[at].get("data"))) is not None}
    if not seen or len(boxes) < len(seen):
        return None
    last = max(*keys, frame(system.get("endFrame") or 0))
    return tracked(picture, boxes, _visible(seen, sorted(keys), last), label)


def _visible(seen: list[int], known: list[int], last: int) -> list[tuple[int, int]]:
    """The stretches of frames in which something is seen; what is known holds until the next."""
    found: list[tuple[int, int]] = []
    for at, after in zip(known, [*known[1:], last + 1], strict=True):
        if at in seen:
            joined = bool(found) and found[-1][1] + 1 == at
            found.append((found.pop()[0] if joined else at, after - 1))
    return found


def _sides(where: Any) -> Sides | None:
    corners = points(where, "corners")
    if len(corners) != 2:
        return None
    (x0, y0), (x1, y1) = corners
    left, top, width, height, *_ = Picture().corners(x0, y0, x1, y1, None)
    return left, top, width, height


def _box(where: Any, label: str, picture: Picture) -> tuple[str, Shape]:
    """A box by two corners; a turned one has all four."""
    corners = points(where, "corners")
    if len(corners) != 2:
        return POLYGONS, picture.polygon([corners], label)
    (x0, y0), (x1, y1) = corners
    return BOXES, picture.corners(x0, y0, x1, y1, label)


def _polygon(where: Any, label: str, picture: Picture) -> tuple[str, Shape]:
    return POLYGONS, picture.polygon([points(ring) for ring in _nested(where)], label)


def _line(where: Any, label: str, picture: Picture) -> tuple[str, Shape]:
    (path, *_) = _nested(where) or [[]]
    return LINES, picture.line(points(path), label)


def _nested(where: Any) -> list[Any]:
    """Lists of points; some annotations have one list alone."""
    listed = a_list(where, "points")
    return [listed] if listed and isinstance(listed[0], dict) else listed


def _point(where: Any, label: str, picture: Picture) -> tuple[str, Shape]:
    at = an_object(where, "coordinates")
    return POINTS, picture.point(at.get("x"), at.get("y"), label)


def _ellipse(where: Any, label: str, picture: Picture) -> tuple[str, Shape]:
    at = an_object(where, "coordinates")
    middle = an_object(at.get("center"), "center")
    x, y, wide, high = middle.get("x"), middle.get("y"), at.get("rx"), at.get("ry")
    return ELLIPSES, picture.ellipse(x, y, wide, high, label, at.get("angle") or 0)


_SHAPES: dict[str, Callable[[Any, str, Picture], tuple[str, Shape]]] = {
    "box": _box,
    "segment": _polygon,
    "polyline": _line,
    "point": _point,
    "ellipse": _ellipse,
}
