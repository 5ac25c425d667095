"""doccano's exports: JSONL, JSON or CSV, a file of each member or, in one, of all together.

They tell what was labeled and not by whom or when. The files of members are named after them, and
come in a folder or an archive together: only there is a file's name read as its annotator.

=============  ====================================================================================
``label``      categories (``label`` of texts, ``cats``); one, or a set where any item has several
``text``       what was typed (``label`` of texts where any is longer than a label)
``spans``      ``label`` or ``entities``: code points, end exclusive
``relations``  between entities
``boxes``      ``bbox``, in pixels, since a picture's size is not told
``segments``   ``segmentation``: polygons, in pixels
=============  ====================================================================================
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from labelpulse.core.errors import FileRefused, SkipRecord
from labelpulse.core.events import AnnotationRecord, ItemRecord, Scale, canonical
from labelpulse.ingest.exports.answers import LONG, Answers
from labelpulse.ingest.exports.elements import Element, elements
from labelpulse.ingest.exports.outline import Outline, outline
from labelpulse.ingest.exports.parts import (
    BOXES,
    RELATIONS,
    SPANS,
    Object,
    a_list,
    hashed,
    identity,
    name,
    objects,
    word,
)
from labelpulse.ingest.exports.reader import Export, Part, Reading
from labelpulse.ingest.fields import content_of
from labelpulse.ingest.lines import Fault, read_head
from labelpulse.ingest.shapes import pairs, relation, stretch
from labelpulse.ingest.tables import Table, header_in

LABEL, TEXT, SEGMENTS = "label", "text", "segments"
FIRST = 200
"""How many examples at the beginning of files show that they are of one project."""

ALL = "all"
"""The name of the file that holds what all members say together."""

_SHOWN = ("text", "filename", "data")
_LISTS = ("label", "cats", "entities", "bbox", "segmentation", "segments")
_JOINT = "#"
_COLUMNS = {"id", "text", "label", "Comments"}
_OTHERS = ("item", "annotator", "answer")  # a plain table's, or Prodigy's
_ANNOTATOR = "annotator"
_TIMES = "an export of doccano tells no times"
_EMPTY = "items without labels count as not labeled, since nothing tells whether they were done"
_TYPED, _ALIKE = "typed", "alike"


class DoccanoExport(Export):
    """Reads exports of doccano."""

    name = "doccano"
    columns = frozenset({_ANNOTATOR})
    reads_name = True
    unknown = (_TIMES, _EMPTY)

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return True when the first bytes look like one of the exports."""
        if outline(head).opening:
            return self.fits(outline(head))
        return path.suffix.lower() == ".csv" and header_in(head) >= _COLUMNS

    def fits(self, head: Outline) -> bool:
        """Return True for examples with a list of labels."""
        listed = any(f"{key}[]" in head.keys for key in _LISTS)
        strange = head.any(*_OTHERS, "label.user_id", "_input_hash", "annotations", "fields")
        return head.has("id") and head.any(*_SHOWN) and listed and not strange

    def elements(self, path: Path) -> Iterator[Element]:
        """Yield examples, of a CSV too."""
        return elements(path) if outline(read_head(path)).opening else _rows(path)

    def item(self, element: Object, reading: Reading) -> ItemRecord:
        """Return an example as an item."""
        shown = {key: element[key] for key in _SHOWN if isinstance(element.get(key), str)}
        if not shown:
            raise SkipRecord("bad_record", "it shows neither a text nor a file")
        return ItemRecord(
            *(reading.project, identity(element.get("id"), "example")),
            content=content_of(shown) if "filename" not in shown else "",
        )

    def parts(self, element: Object, item: ItemRecord, reading: Reading) -> Iterable[Part]:
        """Return the one submission on an example, if there is any label."""
        if any(element.get(key) for key in _LISTS):
            yield Part("", partial(_submission, element, item, reading))

    def learn(self, reading: Reading) -> None:
        """Take all answers for texts where one of them is longer than a label."""
        if reading.state.get(_TYPED):
            reading.controls.met.pop(LABEL, None)

    def identity(self, reading: Reading) -> str:
        """Return how work is told apart where nobody is named."""
        return "" if _whose_is_told(reading) else "their items alone, since no annotator is told"

    def remarks(self, reading: Reading) -> Iterable[str]:
        """Say whose work it is."""
        if not _whose_is_told(reading):
            yield (
                "whose work it is is not told, so that it takes no part in agreement: import the "
                "files of all members together, each named as its member, or say --map "
                "annotator=COLUMN"
            )
        elif _ANNOTATOR not in reading.options.columns:
            yield "its name was read as its annotator, as doccano names the files of members"
            if reading.state.get(_ALIKE):
                yield (
                    "it answers all examples as another file beside it does: where the two are one "
                    "export at two times, their work counts twice, so import the newer alone"
                )


def _whose_is_told(reading: Reading) -> bool:
    return _ANNOTATOR in reading.options.columns or _member(reading) is not None


def _rows(path: Path) -> Iterator[Element]:
    table = Table(path, ",")
    header = table.header()
    for one in table.rows():
        if isinstance(one.cells, Fault):
            yield f"line {one.line}", Fault(one.cells.reason, one.cells.detail, one.raw)
        else:
            row: Object = dict(zip(header, one.cells, strict=True))
            said = [part for part in row.get(LABEL, "").split(_JOINT) if part]
            yield f"line {one.line}", {**row, LABEL: said}


def _member(reading: Reading) -> str | None:
    """Whose file it is: it is named so, and others beside it hold the same examples."""
    if "member" not in reading.state:
        path = reading.file
        mine = _examples(path)
        others = map(_examples, _beside(path)) if path.stem != ALL else iter(())
        beside = next((one for one in others if mine.keys() & one.keys()), None)
        reading.state["member"] = None if beside is None else path.stem
        reading.state[_ALIKE] = beside is not None and _alike(mine, beside)
    found: str | None = reading.state["member"]
    return found


def _beside(path: Path) -> Iterator[Path]:
    """Files of the same ending beside one; members of an archive stand in numbered folders."""
    apart = path.parent.name.isdecimal()
    found = path.parent.parent.glob("*/*") if apart else path.parent.iterdir()
    for one in sorted(found):
        if one != path and one.suffix.lower() == path.suffix.lower() and one.is_file():
            yield one


def _alike(mine: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
    """True when all examples that both answer have the same answers."""
    both = [key for key, said in mine.items() if said and theirs.get(key)]
    return bool(both) and all(mine[key] == theirs[key] for key in both)


def _examples(path: Path) -> dict[str, str]:
    """The examples at the beginning of a file, by what they show -> what is answered, "" = nothing.

    {} when it is no export.
    """
    form, found = DoccanoExport(), {}
    try:
        if form.recognises(path, read_head(path)):
            for _, one in islice(form.elements(path), FIRST):
                if isinstance(one, dict):
                    said = [one.get(key) for key in _LISTS]
                    shown = canonical([one.get(key) for key in ("id", *_SHOWN)])
                    found[shown] = canonical(said) if any(said) else ""
    except (FileRefused, OSError):
        pass
    return found


def _submission(element: Object, item: ItemRecord, reading: Reading) -> AnnotationRecord:
    column = reading.options.columns.get(_ANNOTATOR)
    told = _member(reading) if column is None else name(element.get(column))
    sheet = reading.answers()
    _labels(sheet, a_list(element.get("label"), "labels"), reading)
    if "cats" in element:
        sheet.several(LABEL, a_list(element["cats"], "categories"))
    _spans(sheet, a_list(element.get("entities"), "entities"))
    _relations(sheet, element)
    _shapes(sheet, element, reading)
    return AnnotationRecord(
        project=item.project,
        item=item.native_id,
        native_id=hashed(item.native_id, told),
        annotator=reading.person(told),
        answers=sheet.told(looked="entities" in element),
    )


def _labels(sheet: Answers, found: list[Any], reading: Reading) -> None:
    """Add spans, or texts: labels where all of them are short."""
    if any(isinstance(one, list) for one in found):
        _spans(sheet, found)
        return
    texts = [word(one, "label") for one in found]
    if any(len(one) > LONG for one in texts):
        reading.state[_TYPED] = True
    if reading.state.get(_TYPED):
        for one in texts:
            sheet.text(TEXT, one, "text")
    elif texts:
        sheet.several(LABEL, texts)


def _spans(sheet: Answers, found: list[Any]) -> None:
    for one in found:
        if isinstance(one, dict):
            one = [one.get("start_offset"), one.get("end_offset"), one.get("label")]  # noqa: PLW2901
        if not isinstance(one, list) or len(one) != 3:
            raise SkipRecord("bad_value", "a span in it is no start, end and label")
        start, end, label = one
        sheet.place(SPANS, Scale.SPAN, stretch(start, end, word(label, "label")), "span")


def _relations(sheet: Answers, element: Object) -> None:
    marks = [one for one in a_list(element.get("entities"), "entities") if isinstance(one, dict)]
    ends = {
        name(one.get("id")): stretch(
            one.get("start_offset"), one.get("end_offset"), word(one.get("label"), "label")
        )
        for one in marks
    }
    for one in objects(element.get("relations"), "relations"):
        named = [name(one.get(key)) for key in ("from_id", "to_id")]
        both = [ends[key] for key in named if key in ends]
        if len(both) != 2:
            raise SkipRecord("bad_relation", "a relation in it has an end that is not there")
        shape = relation(both[0], both[1], word(one.get("type"), "type of a relation"))
        sheet.place(RELATIONS, Scale.SPAN, shape, "relation", always=False)


def _shapes(sheet: Answers, element: Object, reading: Reading) -> None:
    for one in objects(element.get("bbox"), "boxes"):
        left, top, width, height = (one.get(key) for key in ("x", "y", "width", "height"))
        label = word(one.get("label"), "label")
        shape = reading.picture(None, None).box(left, top, width, height, label)
        sheet.place(BOXES, Scale.GEOMETRY, shape, "bounding box")
    for key in ("segmentation", "segments"):
        for one in objects(element.get(key), "polygons"):
            ring = pairs(a_list(one.get("points"), "points"))
            label = word(one.get("label"), "label")
            shape = reading.picture(None, None).polygon([ring], label)
            sheet.place(SEGMENTS, Scale.GEOMETRY, shape, "polygon")
