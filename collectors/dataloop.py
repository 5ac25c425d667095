"""Dataloop's JSON, as documented: items with their annotations, one file or a list.

An item is one submission, of whoever made most of its annotations. An annotation's status is a
reviewer's word on it, and nobody says whose; what a model made is a prediction.
"""

from collections.abc import Callable, Iterable
from functools import partial
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
    SPANS,
    TAGS,
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
from labelpulse.ingest.label_studio import content_of
from labelpulse.ingest.shapes import Picture, Shape, stretch

_UNREAD = "annotations of a type that is not read"
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
        system = _system(element)
        size = (system.get("width"), system.get("height"))
        work = [one for one in made if _model(one) is None]
        guesses = [one for one in made if _model(one) is not None]
        if work:
            yield Part("", partial(_submission, work, size, item, reading))
        for model, own in in_groups((_model(one), one) for one in guesses).items():
            make_guess = partial(_prediction, str(model), own, size, item, reading)
            yield Part("a prediction", make_guess, work=False)


Size = tuple[Any, Any]
Said = tuple[tuple[str, Any], ...]


def _system(one: Object) -> Object:
    return an_object(an_object(one.get("metadata"), "metadata").get("system"), "system")


def _model(one: Object) -> str | None:
    """The model that made an annotation; None = a person did."""
    user = an_object(an_object(one.get("metadata"), "metadata").get("user"), "user")
    model = user.get("model")
    return (name(model.get("name")) or "") if isinstance(model, dict) and model else None


def _times(own: list[Object], key: str, reading: Reading) -> list[int]:
    return [at for one in own if (at := reading.at(one.get(key))) is not None]


def _submission(
    own: list[Object], size: Size, item: ItemRecord, reading: Reading
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
        answers=_answers(own, size, reading, looked=True),
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
    model: str, own: list[Object], size: Size, item: ItemRecord, reading: Reading
) -> PredictionRecord:
    created = max(_times(own, "createdAt", reading), default=None)
    return PredictionRecord(
        project=item.project,
        item=item.native_id,
        native_id=f"prediction-{hashed(item.native_id, model)}",
        model_version=model,
        created_at=created,
        revision=created,
        answers=_answers(own, size, reading, looked=False),
    )


# --- answers -------------------------------------------------------------------------------


def _answers(
    own: list[Object], size: Size, reading: Reading, *, looked: bool
) -> tuple[tuple[str, Any], ...]:
    sheet = reading.answers()
    drawn = any(one.get("type") not in ("class", "text", "subtitle") for one in own)
    picture = reading.picture(*size) if drawn else Picture()
    tags = [_label(one) for one in own if one.get("type") == "class"]
    if tags:
        sheet.options(TAGS, tags, "class")
    for one in own:
        if one.get("type") != "class" and not _mark(sheet, one, picture):
            reading.notes[_UNREAD] += 1
    return sheet.told(looked=looked)


def _label(one: Object) -> str:
    return word(one.get("label"), "label")


def _mark(sheet: Answers, one: Object, picture: Picture) -> bool:
    """Add a shape or span; False when it is of a type that is not read."""
    kind = name(one.get("type")) or ""
    if kind == "text":
        at = an_object(one.get("coordinates"), "coordinates")
        shape = stretch(at.get("start"), at.get("end"), _label(one))
        sheet.place(SPANS, Scale.SPAN, shape, kind)
        return True
    if kind not in _SHAPES:
        return False
    control, shape = _SHAPES[kind](one.get("coordinates"), _label(one), picture)
    sheet.place(control, Scale.GEOMETRY, shape, kind)
    return True


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
