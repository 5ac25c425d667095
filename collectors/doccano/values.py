"""doccano's labels in canonical form: one control a kind of label, in the field's words.

Texts and spans are code points. Boxes and polygons are pixels, since the database does not tell how
large a picture is; two people's shapes on one picture compare the same in any unit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from labelpulse.core.answers import clean, options
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import ControlRecord, Scale
from labelpulse.ingest.parse import loads
from labelpulse.ingest.shapes import Picture, Shape, in_order, pairs, relation, stretch

CONTROLS: Mapping[str, tuple[str, Scale]] = {
    "category": ("label", Scale.SET),
    "span": ("spans", Scale.SPAN),
    "relation": ("relations", Scale.SPAN),
    "text": ("text", Scale.TEXT),
    "box": ("boxes", Scale.GEOMETRY),
    "segment": ("segments", Scale.GEOMETRY),
}
"""Kind of label -> the control that its labels answer, and how answers compare."""

ASKED: Mapping[str, tuple[str, ...]] = {
    "DocumentClassification": ("category",),
    "ImageClassification": ("category",),
    "SequenceLabeling": ("span", "relation"),
    "IntentDetectionAndSlotFilling": ("category", "span"),
    "Seq2seq": ("text",),
    "Speech2text": ("text",),
    "ImageCaptioning": ("text",),
    "BoundingBox": ("box",),
    "Segmentation": ("segment",),
}
"""Type of project -> the kinds of labels that its people are asked for."""

SEVERAL = " | "
"""Between the texts of one person on one example, in the order in which they were written."""

_PIXELS = Picture()

Label = Row[Any]
"""A row of one of the label tables."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a project asks.

    Attributes:
        kinds: kinds of labels. single: one category an example.
        types: kind -> id of a type -> its text.
    """

    kinds: tuple[str, ...]
    single: bool
    types: Mapping[str, Mapping[int, str]]

    def controls(self) -> tuple[ControlRecord, ...]:
        """Return the controls, their labels in the order in which they were made."""
        return tuple(self._control(kind) for kind in self.kinds)

    def _control(self, kind: str) -> ControlRecord:
        name, scale = CONTROLS[kind]
        if kind == "category" and self.single:
            scale = Scale.NOMINAL
        labels = tuple(self.types[kind].values()) if kind in self.types else None
        return ControlRecord(name, scale, labels, kind)

    def answers(self, labels: Mapping[str, Sequence[Label]]) -> tuple[tuple[str, Any], ...]:
        """Return (control, canonical value) of what was confirmed, by kind of label.

        Without labels the answer is that there are none, where the scale knows that.

        Raises:
            SkipRecord: a label is not of the form that the tool writes.
        """
        found = ((CONTROLS[kind][0], self._answer(kind, labels)) for kind in self.kinds)
        return tuple((name, value) for name, value in found if value is not None)

    def _answer(self, kind: str, labels: Mapping[str, Sequence[Label]]) -> Any:
        mine = labels.get(kind, ())
        if kind == "category":
            return self._category(mine)
        if kind == "text":
            texts = (" ".join(clean(one.text).split()) for one in mine)
            return SEVERAL.join(text for text in texts if text) or None
        if kind == "relation":
            return self._relations(mine, labels.get("span", ()))
        return in_order(self._shape(kind, one) for one in mine)

    def _category(self, mine: Sequence[Label]) -> Any:
        chosen = options([self._type("category", one.label_id) for one in mine])
        if not self.single:
            return chosen
        if len(chosen) > 1:
            raise SkipRecord(
                "several_labels", "it has several labels in a project that asks for one"
            )
        return chosen[0] if chosen else None

    def _shape(self, kind: str, one: Label) -> Shape:
        return _SHAPES[kind](one, self._type(kind, one.label_id))

    def _relations(self, mine: Sequence[Label], spans: Sequence[Label]) -> list[Shape]:
        """Relations between spans of one person; one to somebody else's span is left out."""
        ends = {one.id: self._shape("span", one) for one in spans}
        return in_order(
            relation(ends[one.from_id_id], ends[one.to_id_id], self._type("relation", one.type_id))
            for one in mine
            if one.from_id_id in ends and one.to_id_id in ends
        )

    def _type(self, kind: str, key: int) -> str:
        text = self.types.get(kind, {}).get(key)
        if text is None:
            raise SkipRecord("unknown_label", "it has a label of a type that is not there")
        return text


def _span(one: Label, label: str) -> Shape:
    return stretch(one.start_offset, one.end_offset, label)


def _box(one: Label, label: str) -> Shape:
    return _PIXELS.box(one.x, one.y, one.width, one.height, label)


def _polygon(one: Label, label: str) -> Shape:
    points = loads(one.points)
    if not isinstance(points, list):
        raise SkipRecord("bad_value", "the points of a polygon in it are no list")
    return _PIXELS.polygon([pairs(points)], label)


_SHAPES: Mapping[str, Callable[[Label, str], Shape]] = {
    "span": _span,
    "box": _box,
    "segment": _polygon,
}
