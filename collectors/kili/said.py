"""What a Kili label says: jobs -> answers by control.

A job is a control, by its name. One that is asked of an object is called after both.
"""

from collections.abc import Iterator
from typing import Any

from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import Scale
from labelpulse.ingest.exports.answers import Answers
from labelpulse.ingest.exports.parts import (
    Object,
    a_list,
    an_object,
    name,
    objects,
    points,
    word,
)
from labelpulse.ingest.exports.reader import Reading
from labelpulse.ingest.exports.tracks import frame, runs, tracked
from labelpulse.ingest.parse import loads
from labelpulse.ingest.shapes import Picture, Shape, number, relation, stretch

Said = tuple[tuple[str, Any], ...]
_PICTURE = Picture()
"""Kili's coordinates are shares already."""

_ENTITIES = "entities"
_UNREAD = "annotations of a kind that is not read"


def answers(label: Object, reading: Reading, *, looked: bool = True) -> Said:
    """Return (control, value) pairs of a label; SkipRecord where a part of it cannot be read.

    Args:
        looked: a person looked for all that can be marked, so that what is not marked is not there.
    """
    response = label.get("jsonResponse")
    if isinstance(response, str):
        response = loads(response)
    jobs = an_object(response, "response")
    sheet = reading.answers()
    reading.state[_ENTITIES] = dict(_entities(jobs))
    if jobs and all(key.isdecimal() for key in jobs):
        _frames(sheet, jobs, reading)
    else:
        for job, said in jobs.items():
            _job(sheet, job, an_object(said, "job"), reading)
    return sheet.told(looked=looked)


def _entities(jobs: Object) -> Iterator[tuple[str | None, Shape]]:
    """Yield entities of all jobs by id, since relations name them so."""
    for said in jobs.values():
        for one in objects(an_object(said, "job").get("annotations"), "annotations"):
            if "beginOffset" in one and (shape := _place(one)):
                yield name(one.get("mid")), shape


def _job(sheet: Answers, job: str, said: Object, reading: Reading) -> None:
    """Add the answer to a job, and to those that its categories open."""
    if "categories" in said:
        chosen = objects(said["categories"], "categories")
        sheet.several(job, [one.get("name") for one in chosen])
        for one in chosen:
            for child, each in an_object(one.get("children"), "children").items():
                _job(sheet, child, an_object(each, "job"), reading)
    if "text" in said and said["text"] is not None:
        sheet.text(job, said["text"], "transcription")
    if "orders" in said:
        sheet.ranking(job, _ranked(objects(said["orders"], "orders")), "ranking")
    marks = objects(said.get("annotations"), "annotations")
    places = {name(one.get("mid")): shape for one in marks if (shape := _place(one))}
    for one in marks:
        _mark(sheet, job, one, places, reading)


def _ranked(orders: list[Object]) -> list[Any]:
    """Options best first; those that share a rank are ties."""
    ranks = sorted(orders, key=lambda one: number(one.get("rank")))
    found = [a_list(one.get("elements"), "elements") for one in ranks]
    return [one[0] if len(one) == 1 else one for one in found if one]


def _mark(
    sheet: Answers, job: str, one: Object, places: dict[str | None, Shape], reading: Reading
) -> None:
    shape = places.get(name(one.get("mid"))) or _place(one)
    pages = [] if shape else list(_paged(one))
    if shape is not None:
        scale = Scale.SPAN if "beginOffset" in one else Scale.GEOMETRY
        sheet.place(job, scale, shape, name(one.get("type")) or "entity")
        _ask(sheet, one, shape, scale, reading)
    elif pages:
        for each in pages:
            sheet.place(job, Scale.GEOMETRY, each, "on pages")
        _ask(sheet, one, pages[0], Scale.GEOMETRY, reading)
    elif "startEntities" in one:
        _relate(sheet, job, one, reading)
    else:
        reading.notes[_UNREAD] += 1


def _ask(sheet: Answers, one: Object, shape: Shape, scale: Scale, reading: Reading) -> None:
    """Add what is said of an object: its jobs are called after its category too."""
    for child, held in an_object(one.get("children"), "children").items():
        said = an_object(held, "job")
        chosen = [each.get("name") for each in objects(said.get("categories"), "categories")]
        value = sorted(word(each, "category") for each in chosen) or said.get("text")
        if value in (None, ""):
            reading.notes[_UNREAD] += bool(said)
            continue
        place = [shape, value[0] if isinstance(value, list) and len(value) == 1 else value]
        control = f"{_category(one) or 'object'} / {child}"
        sheet.place(control, scale, place, "job of an object", always=False)


def _category(one: Object) -> str | None:
    found = objects(one.get("categories"), "categories")
    return word(found[0].get("name"), "category") if found else None


def _place(one: Object) -> Shape | None:
    """Return a shape or span with its category; None where it is of a kind that is not read."""
    label = _category(one)
    if "beginOffset" in one:
        start = one["beginOffset"]
        content = one.get("content")
        end = one.get("endOffset")
        if isinstance(content, str) and isinstance(start, int):
            end = start + len(content)
        return stretch(start, end, label)
    if "boundingPoly" in one:
        rings = [
            points(each.get("normalizedVertices"), "vertices")
            for each in objects(one["boundingPoly"], "shape")
        ]
        box = _upright(rings) if one.get("type") == "rectangle" else None
        return _PICTURE.corners(*box, label) if box else _PICTURE.polygon(rings, label)
    if "polyline" in one:
        return _PICTURE.line(points(one["polyline"]), label)
    if "point" in one:
        at = an_object(one["point"], "point")
        return _PICTURE.point(at.get("x"), at.get("y"), label)
    return None


def _paged(one: Object) -> Iterator[Shape]:
    """Yield the shapes of an object in a document: it has some on each of its pages."""
    label = _category(one)
    for part in objects(one.get("annotations"), "annotations"):
        page = next(iter(a_list(part.get("pageNumberArray"), "pages")), None)
        for each in objects(part.get("polys", part.get("boundingPoly")), "shape"):
            for ring in a_list(each.get("normalizedVertices"), "vertices"):
                corners = points(ring, "vertices")
                box = _upright([corners])
                shape = _PICTURE.corners(*box, label) if box else _PICTURE.polygon([corners], label)
                yield shape if page is None else [*shape, {"item": page}]


def _upright(rings: list[list[tuple[Any, Any]]]) -> tuple[Any, Any, Any, Any] | None:
    """Return two corners of a rectangle; None where it is turned, and so a polygon."""
    (ring, *others) = rings or [[]]
    xs = sorted({number(x) for x, _ in ring})
    ys = sorted({number(y) for _, y in ring})
    if others or len(ring) != 4 or len(xs) != 2 or len(ys) != 2:
        return None
    return xs[0], ys[0], xs[1], ys[1]


def _relate(sheet: Answers, job: str, one: Object, reading: Reading) -> None:
    """Add a relation; its ends are entities of other jobs, by their ids."""
    known: dict[str | None, Shape] = reading.state[_ENTITIES]
    ends = [
        [name(each.get("mid")) for each in objects(one.get(key), "ends")]
        for key in ("startEntities", "endEntities")
    ]
    for start in ends[0]:
        for end in ends[1]:
            if start not in known or end not in known:
                raise SkipRecord("bad_relation", "a relation in it has an end that is not there")
            shape = relation(known[start], known[end], _category(one))
            sheet.place(job, Scale.SPAN, shape, "relation", always=False)


# --- videos --------------------------------------------------------------------------------


def _frames(sheet: Answers, jobs: Object, reading: Reading) -> None:
    """Add the boxes of a video, each a track over the frames that hold it."""
    boxes: dict[tuple[str, str | None], dict[int, Object]] = {}
    for at, said in jobs.items():
        for job, content in an_object(said, "frame").items():
            held = an_object(content, "job")
            for one in objects(held.get("annotations"), "annotations"):
                boxes.setdefault((job, name(one.get("mid"))), {})[frame(at)] = one
                reading.notes[_UNREAD] += bool(one.get("children"))
            if "categories" in held or "text" in held:
                reading.notes[_UNREAD] += 1
    for (job, _), frames in boxes.items():
        sides = dict(_sides(frames))
        if len(sides) < len(frames):
            reading.notes[_UNREAD] += 1
            continue
        label = _category(next(iter(frames.values())))
        shape = tracked(_PICTURE, sides, runs(sides), label)
        sheet.place(job, Scale.GEOMETRY, shape, "video rectangle")


def _sides(frames: dict[int, Object]) -> Iterator[tuple[int, tuple[Any, Any, Any, Any]]]:
    for at, one in frames.items():
        rings = [
            points(each.get("normalizedVertices"), "vertices")
            for each in a_list(one.get("boundingPoly"), "shape")
            if isinstance(each, dict)
        ]
        if box := _upright(rings):
            left, top, width, height, *_ = _PICTURE.corners(*box, None)
            yield at, (left, top, width, height)
