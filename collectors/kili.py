"""Kili's raw export: assets with their labels, or the SDK's list of labels; as documented.

Each job is a control, by its name. A label is one version of one person's work on an asset, and
the last one counts. Predictions are a model's. A review is a label, too: on a honeypot it is the
known answer, elsewhere it says whether the one label that was reviewed was right.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import (
    AnnotationRecord,
    ItemRecord,
    PredictionRecord,
    Scale,
    Status,
    Verdict,
)
from labelpulse.ingest.exports.answers import Answers
from labelpulse.ingest.exports.outline import Outline
from labelpulse.ingest.exports.parts import (
    Object,
    a_list,
    an_object,
    hashed,
    identity,
    name,
    objects,
    points,
    shown,
    spent,
    word,
)
from labelpulse.ingest.exports.reader import Export, Part, Reading
from labelpulse.ingest.exports.tracks import frame, runs, tracked
from labelpulse.ingest.parse import loads
from labelpulse.ingest.shapes import Picture, Shape, number, relation, stretch

Said = tuple[tuple[str, Any], ...]
_MODEL = ("PREDICTION", "INFERENCE")
_WORK = {"DEFAULT": Status.SUBMITTED, "REVIEW": Status.SUBMITTED, "AUTOSAVE": Status.DRAFT}
_PICTURE = Picture()
"""Kili's coordinates are shares already."""

_ENTITIES = "entities"
_UNREAD = "annotations of a kind that is not read"
_UNTOLD = "reviews of assets with labels of several people, which do not tell whose was reviewed"


class KiliExport(Export):
    """Reads exports of Kili."""

    name = "kili"

    def fits(self, head: Outline) -> bool:
        """Return True for assets or labels with a JSON response."""
        of_assets = head.any("labels.jsonResponse", "latestLabel.jsonResponse")
        return of_assets or head.has("jsonResponse", "labelType")

    def item(self, element: Object, reading: Reading) -> ItemRecord:
        """Return an asset as an item."""
        alone = "jsonResponse" in element
        of = an_object(element.get("labelOf"), "asset")
        key = (element.get("assetId") or of.get("id")) if alone else element.get("id")
        return ItemRecord(
            *(reading.project, identity(key or element.get("externalId"), "asset")),
            content=shown(element.get("content")),
        )

    def parts(self, element: Object, item: ItemRecord, reading: Reading) -> Iterable[Part]:
        """Return the labels of an asset."""
        labels = _labels(element)
        honeypot = bool(element.get("isHoneypot"))
        work = [one for one in labels if _kind(one) == "DEFAULT"]
        reviews = [] if honeypot else [one for one in labels if _kind(one) == "REVIEW"]
        if reviews and len({_author(one) for one in work}) != 1:
            reading.notes[_UNTOLD] += 1
            reviews = []
        last = max(reviews, key=_made_at, default=None)
        newest = max(work, key=_made_at, default=None)
        for one in labels:
            if _kind(one) in _MODEL:
                yield Part("a prediction", partial(_prediction, one, item, reading), work=False)
            elif _kind(one) != "REVIEW" or honeypot:
                review = last if one is newest else None
                make = partial(_submission, one, item, reading, gold=honeypot, review=review)
                yield Part(f"label {name(one.get('id')) or ''}".rstrip(), make)


def _labels(element: Object) -> list[Object]:
    if "jsonResponse" in element:
        return [element]
    found = objects(element.get("labels"), "labels")
    latest = an_object(element.get("latestLabel"), "label")
    return found or ([latest] if latest else [])


def _kind(label: Object) -> str:
    return str(label.get("labelType") or "DEFAULT").upper()


def _made_at(label: Object) -> str:
    return str(label.get("createdAt") or "")


def _author(label: Object) -> str | None:
    author = an_object(label.get("author"), "author")
    return name(author.get("email")) or name(author.get("id"))


# --- records -------------------------------------------------------------------------------


def _submission(
    label: Object, item: ItemRecord, reading: Reading, *, gold: bool, review: Object | None
) -> AnnotationRecord:
    kind = _kind(label)
    if kind not in _WORK:
        raise SkipRecord("unknown_status", "the type of a label is none of Kili's")
    account = an_object(label.get("author"), "author")
    full = " ".join(filter(None, (name(account.get(f"{part}name")) for part in ("first", "last"))))
    author = reading.person(_author(label), full, account.get("email"))
    status = Status.SKIPPED if label.get("skipped") else _WORK[kind]
    at = reading.at(label.get("createdAt"))
    said = _answers(label, reading) if status == Status.SUBMITTED else ()
    verdict, reviewer, reviewed = _review(label, said, review, reading)
    return AnnotationRecord(
        project=item.project,
        item=item.native_id,
        native_id=hashed(item.native_id, author, kind if kind != "DEFAULT" else ""),
        annotator=author,
        status=status,
        submitted_at=None if status == Status.DRAFT else at,
        updated_at=at,
        time_spent_ms=spent(label.get("secondsToLabel")),
        revision=max(filter(None, (at, reviewed)), default=None),
        answers=said,
        gold_flag=gold and kind == "REVIEW",
        verdict=verdict,
        reviewer=reviewer,
        reviewed_at=reviewed,
    )


def _review(
    label: Object, said: Said, review: Object | None, reading: Reading
) -> tuple[Verdict | None, str | None, int | None]:
    """What a review says: it is a label, and the same as the reviewed one where that was right."""
    if review is None:
        return (Verdict.REJECTED if label.get("isSentBackToQueue") else None), None, None
    right = _answers(review, reading) == said
    by, at = reading.person(_author(review)), reading.at(review.get("createdAt"))
    return (Verdict.ACCEPTED if right else Verdict.FIXED), by, at


def _prediction(label: Object, item: ItemRecord, reading: Reading) -> PredictionRecord:
    model = name(label.get("modelName")) or ""
    at = reading.at(label.get("createdAt"))
    return PredictionRecord(
        project=item.project,
        item=item.native_id,
        native_id=f"prediction-{hashed(item.native_id, model)}",
        model_version=model,
        created_at=at,
        revision=at,
        answers=_answers(label, reading, looked=False),
    )


# --- answers -------------------------------------------------------------------------------


def _answers(label: Object, reading: Reading, *, looked: bool = True) -> Said:
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
    marks = objects(said.get("annotations"), "annotations")
    places = {name(one.get("mid")): shape for one in marks if (shape := _place(one))}
    for one in marks:
        _mark(sheet, job, one, places, reading)


def _mark(
    sheet: Answers, job: str, one: Object, places: dict[str | None, Shape], reading: Reading
) -> None:
    shape = places.get(name(one.get("mid"))) or _place(one)
    if shape is not None:
        scale = Scale.SPAN if "beginOffset" in one else Scale.GEOMETRY
        sheet.place(job, scale, shape, name(one.get("type")) or "entity")
    elif "startEntities" in one:
        _relate(sheet, job, one, reading)
    else:
        reading.notes[_UNREAD] += 1


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
