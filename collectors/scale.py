"""Scale's tasks, as documented: a list of them, one a line, or a page of its API.

A task names no worker, so its submission is nobody's: it counts as work, has a time and a review,
and takes no part in agreement.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import AnnotationRecord, ItemRecord, Scale, Verdict
from labelpulse.ingest.exports.answers import Answers
from labelpulse.ingest.exports.elements import Element, elements
from labelpulse.ingest.exports.outline import Outline
from labelpulse.ingest.exports.parts import (
    BOXES,
    ELLIPSES,
    LINES,
    POINTS,
    POLYGONS,
    SPANS,
    Object,
    a_list,
    an_object,
    identity,
    name,
    objects,
    points,
    shown,
    word,
)
from labelpulse.ingest.exports.reader import Export, Part, Reading
from labelpulse.ingest.shapes import Picture, Shape, number, stretch

_VERDICTS = {
    "accepted": Verdict.ACCEPTED,
    "fixed": Verdict.FIXED,
    "rejected": Verdict.REJECTED,
}
_DONE, _OPEN = "completed", ("pending", "canceled", "cancelled", "error")
_UNREAD = "annotations of a type that is not read"
_BEHIND = "annotations behind addresses stay unread"
_SHOWN = ("attachment", "attachments", "text")


class ScaleExport(Export):
    """Reads tasks of Scale."""

    name = "scale"
    unknown = ("tasks of Scale name no workers, so that they take no part in agreement",)

    def fits(self, head: Outline) -> bool:
        """Return True for tasks with their parameters, or a page of them."""
        own = ("task_id", "status", "params")
        return head.has(*own) or head.has(*(f"docs.{key}" for key in own))

    def elements(self, path: Path) -> Iterator[Element]:
        """Yield tasks, those of a page too."""
        for where, one in elements(path):
            if isinstance(one, dict) and isinstance(one.get("docs"), list):
                for at, task in enumerate(one["docs"]):
                    yield f"record {at + 1}", task
            else:
                yield where, one

    def item(self, element: Object, reading: Reading) -> ItemRecord:
        """Return a task as an item."""
        told = an_object(element.get("params"), "params")
        address = next((told[key] for key in _SHOWN if isinstance(told.get(key), str)), None)
        return ItemRecord(
            *(reading.project, identity(element.get("task_id"), "task")),
            batch=name(element.get("batch")),
            created_at=reading.at(element.get("created_at")),
            content=shown(address),
        )

    def parts(self, element: Object, item: ItemRecord, reading: Reading) -> Iterable[Part]:
        """Return the submission of a task that is done."""
        status = str(element.get("status")).lower()
        if status not in _OPEN:
            yield Part("", partial(_submission, element, item, reading))


def _submission(element: Object, item: ItemRecord, reading: Reading) -> AnnotationRecord:
    if str(element.get("status")).lower() != _DONE:
        raise SkipRecord("unknown_status", "the status of a task is none of Scale's")
    done = reading.at(element.get("completed_at"))
    updated = reading.at(element.get("updated_at")) or done
    return AnnotationRecord(
        project=item.project,
        item=item.native_id,
        native_id=item.native_id,
        submitted_at=done,
        updated_at=updated,
        revision=updated,
        answers=_answers(an_object(element.get("response"), "response"), element, reading),
        verdict=_verdict(element),
        batch=item.batch,
    )


def _verdict(element: Object) -> Verdict | None:
    """The customer's word on a task; a response that they wrote themselves is a fix."""
    told = _VERDICTS.get(str(element.get("customer_review_status")).lower())
    by_customer = an_object(element.get("response"), "response").get("is_customer_fix") is True
    return Verdict.FIXED if told is None and by_customer else told


# --- answers -------------------------------------------------------------------------------


def _answers(response: Object, element: Object, reading: Reading) -> tuple[tuple[str, Any], ...]:
    sheet = reading.answers()
    made = response.get("annotations")
    if isinstance(made, dict):
        _fields(sheet, made, reading)
    else:
        marks = objects(made, "annotations")
        picture = _picture(marks, element, reading)
        known = {key: one.get("label") for one in marks if (key := name(one.get("uuid")))}
        for one in marks:
            _mark(sheet, _linked(one, known), picture, reading)
    for key, said in an_object(response.get("global_attributes"), "attributes").items():
        _answer(sheet, key, said)
    if "category" in response:
        _answer(sheet, "category", response["category"])
    return sheet.told(looked=isinstance(made, list))


def _linked(one: Object, known: dict[str, Any]) -> Object:
    """A mark whose attributes name the labels of other marks that they link to by their ids."""
    told = an_object(one.get("attributes"), "attributes")
    linked = {key: known.get(name(said) or "", said) for key, said in told.items()}
    return {**one, "attributes": linked}


def _picture(marks: list[Object], element: Object, reading: Reading) -> Picture:
    """The picture of a task, whose size stands in its metadata at best."""
    if not any(one.get("start") is None for one in marks):
        return Picture()
    told = element.get("metadata")
    held = told if isinstance(told, dict) else {}
    return reading.picture(held.get("width"), held.get("height"))


def _fields(sheet: Answers, made: Object, reading: Reading) -> None:
    """Add the answers of a form, field by field."""
    if "url" in made:
        reading.notes[_BEHIND] += 1
        return
    for key, one in made.items():
        held = one if isinstance(one, dict) else {"response": one}
        if "response" in held:
            _answer(sheet, key, held["response"])
        else:
            reading.notes[_UNREAD] += 1


def _answer(sheet: Answers, control: str, said: Any) -> None:
    """Add an answer by its type; a form nests its options in a list of lists."""
    while isinstance(said, list) and len(said) == 1 and isinstance(said[0], list):
        said = said[0]
    if said is None or said == "":
        return
    if isinstance(said, list):
        sheet.several(control, said)
    elif isinstance(said, str | bool):
        sheet.words(control, said)
    else:
        sheet.number(control, said)


def _mark(sheet: Answers, one: Object, picture: Picture, reading: Reading) -> None:
    label = word(one.get("label"), "label")
    if one.get("start") is not None:
        shape = stretch(one["start"], _end(one), label)
        sheet.place(SPANS, Scale.SPAN, shape, "span")
        return
    found = _shape(one, label, picture)
    if found is None:
        reading.notes[_UNREAD] += 1
        return
    control, shape = found
    sheet.place(control, Scale.GEOMETRY, shape, name(one.get("type")) or "")
    for key, said in an_object(one.get("attributes"), "attributes").items():
        value = (
            sorted(word(each, "attribute") for each in a_list(said, "attribute"))
            if (isinstance(said, list))
            else word(said, "attribute")
        )
        place = [shape, value]
        sheet.place(f"{label} / {key}", Scale.GEOMETRY, place, "attribute", always=False)


def _end(one: Object) -> Any:
    """Where a span ends, exclusive: its text shows whether the tool's end belongs to it."""
    start, end, text = one.get("start"), one.get("end"), one.get("text")
    inclusive = isinstance(text, str) and number(end) - number(start) + 1 == len(text)
    return number(end) + 1 if inclusive else end


def _shape(one: Object, label: str, picture: Picture) -> tuple[str, Shape] | None:
    kind = name(one.get("type")) or ("box" if "width" in one else "polygon")
    if kind == "box" and "left" in one:
        sides = (one.get(key) for key in ("left", "top", "width", "height"))
        left, top, width, height = sides
        return BOXES, picture.box(left, top, width, height, label)
    if kind in ("polygon", "box"):
        return POLYGONS, picture.polygon([points(one.get("vertices"), "vertices")], label)
    if kind == "line":
        return LINES, picture.line(points(one.get("vertices"), "vertices"), label)
    if kind == "point":
        return POINTS, picture.point(one.get("x"), one.get("y"), label)
    if kind == "ellipse":
        middle = an_object(one.get("center"), "center")
        around = (middle.get("x"), middle.get("y"), one.get("rx"), one.get("ry"))
        return ELLIPSES, picture.ellipse(*around, label, one.get("rotation") or 0)
    return None
