"""Facts in memory: items with their annotations, read from the tables."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields

from sqlalchemy import ColumnElement, Connection, select

from labelpulse import schema
from labelpulse.core.events import Origin, Status
from labelpulse.core.items import NO_VALUES, AnnotationState, ItemState, Prediction, Review
from labelpulse.core.pseudonyms import UNKNOWN
from labelpulse.warehouse import bulk

Answer = tuple[int | None, str | None]
"""(label id, value as JSON); the value where there is no label, or it was said otherwise."""
Answers = dict[int, Answer]
"""control id -> answer."""

Said = tuple[int | None, int, int | None]
"""A review: reviewer or None, verdict, instant or None."""

CURRENT, FIRST, LAST = 0, 1, 2
NOTHING = 0
"""In place of a control: this version answers none, where no row would mean "as the current"."""


@dataclass(slots=True)
class AnnotationFacts:
    """One annotation's row and its answers, as the merge works on them.

    Attributes:
        current: the present content; first, last: the author's first and last own content, None
            when it equals `current` or was never seen.
        reopened: it is a draft now; status and content are those of the work before, if any.
        parent_prediction: the last that any revision named: tools forget one that was deleted.
        reviews: native id of a review -> what it says.
    """

    id: int
    item_id: int
    annotator_id: int
    status: int = Status.DRAFT
    origin: int = Origin.PERSON
    deleted_at: int | None = None
    submitted_at: int | None = None
    updated_at: int | None = None
    started_at: int | None = None
    time_spent_ms: int | None = None
    gold_flag: bool = False
    assisted: bool = False
    edited: bool = False
    held: bool = False
    revision: int | None = None
    first_revision: int | None = None
    own_revision: int | None = None
    digest: int = 0
    editor_id: int | None = None
    run_id: int = 0
    author_revision: int | None = None
    reopened: bool = False
    parent_prediction: str | None = None
    parent_revision: int | None = None
    current: Answers = field(default_factory=dict)
    first: Answers | None = None
    last: Answers | None = None
    reviews: Mapping[str, Said] = field(default_factory=dict)

    @property
    def is_draft(self) -> bool:
        """True where nothing is submitted now; what is deleted is judged by the work before."""
        return self.status == Status.DRAFT or (self.reopened and self.deleted_at is None)

    def state(self, known: bool, predictions: Sequence[Prediction] = ()) -> AnnotationState:
        """Return what contributions need of this annotation.

        Args:
            predictions: those of its item that have the native id which it names.
        """
        current = _labels(self.current)
        values = _values(self.current if self.last is None else self.last)
        first = self.current if self.first is None else self.first
        same = self.first is None and self.last is None
        return AnnotationState(
            id=self.id,
            annotator=self.annotator_id,
            has_author=known,
            status=Status.DRAFT if self.is_draft else self.status,
            origin=self.origin,
            deleted=self.deleted_at is not None,
            submitted_at=None if self.held else self.submitted_at,
            touched_at=self.started_at or self.submitted_at or self.updated_at,
            time_spent_ms=self.time_spent_ms,
            gold_flag=self.gold_flag,
            edited=self.edited,
            first=current if self.first is None else _labels(self.first),
            last=current if self.last is None else _labels(self.last),
            values=values,
            first_values=None if same else _values(first),
            assisted=self.assisted or self.parent_prediction is not None,
            prediction=predictions[-1] if predictions else None,
            reviews=_reviews(self.reviews) if self.reviews else (),
        )


def _reviews(said: Mapping[str, Said]) -> tuple[Review, ...]:
    found = [Review(who or 0, verdict, at, name) for name, (who, verdict, at) in said.items()]
    return tuple(sorted(found, key=lambda one: (one.at is None, one.at or 0, one.name)))


def _values(answers: Answers) -> Mapping[int, str]:
    """Return the answers that are no labels, as JSON; mostly there are none."""
    for label, _ in answers.values():
        if label is None:
            return {c: text for c, (label, text) in answers.items() if label is None and text}
    return NO_VALUES


def _labels(answers: Answers) -> dict[int, int | None]:
    return {control: answer[0] for control, answer in answers.items()}


COLUMNS = tuple(
    one.name
    for one in fields(AnnotationFacts)
    if one.name not in ("current", "first", "last", "reviews")
)
"""The columns of `annotation` that the merge owns, in the order of the dataclass."""


@dataclass(frozen=True, slots=True)
class PredictionFacts:
    """One prediction's row and its answers. `deleted_at`: when it was seen to be gone."""

    id: int
    native_id: str
    model_version_id: int
    score: int | None
    created_at: int | None
    deleted_at: int | None
    revision: int | None
    digest: int
    answers: Answers = field(default_factory=dict)

    def state(self) -> Prediction:
        """Return what contributions need of this prediction."""
        return Prediction(
            id=self.id,
            model=self.model_version_id,
            score=self.score,
            created_at=self.created_at,
            deleted=self.deleted_at is not None,
            labels=_labels(self.answers),
            values=_values(self.answers),
        )

    @property
    def age(self) -> tuple[int, int]:
        """What orders the predictions of an item, the oldest first."""
        return self.created_at or 0, self.id


@dataclass(slots=True)
class ItemFacts:
    """One item's row with its annotations and the known answers that annotations assert."""

    id: int
    project_id: int
    native_id: str
    batch_id: int = 0
    required: int | None = None
    created_at: int | None = None
    deleted_at: int | None = None
    fingerprint: str = ""
    content: int = 0
    name: str = ""
    annotations: dict[int, AnnotationFacts] = field(default_factory=dict)
    gold: dict[tuple[int, int], Answer] = field(default_factory=dict)
    predictions: dict[int, PredictionFacts] = field(default_factory=dict)

    def state(self, known: Mapping[int, bool], options: Mapping[int, tuple[int, ...]]) -> ItemState:
        """Return what contributions need of this item."""
        gold: dict[int, set[int | None]] = {}
        gold_values: dict[int, set[str | None]] = {}
        for (control, _), (label, value) in self.gold.items():
            gold.setdefault(control, set()).add(label)
            gold_values.setdefault(control, set()).add(value if label is None else None)
        by_name = self._predicted() if self.predictions else {}
        return ItemState(
            id=self.id,
            project=self.project_id,
            batch=self.batch_id,
            required=self.required,
            created_at=self.created_at,
            deleted=self.deleted_at is not None,
            content=self.content,
            annotations=[
                a.state(known[a.annotator_id], by_name.get(a.parent_prediction, ()))
                for a in self.annotations.values()
            ],
            gold=gold,
            gold_values=gold_values,
            options=options,
            predictions=tuple(one for own in by_name.values() for one in own),
        )

    def _predicted(self) -> dict[str | None, list[Prediction]]:
        """Return native id -> predictions, oldest first: a source may give an id away again."""
        found: dict[str | None, list[Prediction]] = {}
        for one in sorted(self.predictions.values(), key=lambda one: one.age):
            found.setdefault(one.native_id, []).append(one.state())
        return found


def load(conn: Connection, project_id: int, item_ids: Iterable[int]) -> dict[int, ItemFacts]:
    """Return items of a project by id, with everything said about them."""
    return _load(conn, project_id, schema.item.c.id.in_(bulk.among(conn, item_ids)))


def load_named(conn: Connection, project_id: int, names: Iterable[str]) -> dict[int, ItemFacts]:
    """Return items of a project by id, chosen by native ids, with everything said about them."""
    return _load(conn, project_id, schema.item.c.native_id.in_(bulk.among_texts(conn, names)))


def _load(conn: Connection, project_id: int, chosen: ColumnElement[bool]) -> dict[int, ItemFacts]:
    item = schema.item.c
    columns = (
        *(item.id, item.project_id, item.native_id, item.batch_id, item.required),
        *(item.created_at, item.deleted_at, item.fingerprint, item.content, item.name),
    )
    query = select(*columns).where(item.project_id == project_id, chosen)
    items = {row[0]: ItemFacts(*row) for row in conn.execute(query)}
    if items:
        by_id = _load_annotations(conn, project_id, items)
        _load_answers(conn, project_id, by_id)
        _load_reviews(conn, project_id, by_id)
        _load_gold(conn, project_id, items)
        _load_predictions(conn, project_id, items)
    return items


def _load_annotations(
    conn: Connection, project_id: int, items: Mapping[int, ItemFacts]
) -> dict[int, AnnotationFacts]:
    table = schema.annotation.c
    query = select(*(table[name] for name in COLUMNS)).where(
        table.project_id == project_id, table.item_id.in_(bulk.among(conn, items))
    )
    by_id = {}
    for row in conn.execute(query):
        facts = AnnotationFacts(*row)
        items[facts.item_id].annotations[facts.id] = facts
        by_id[facts.id] = facts
    return by_id


def _load_answers(conn: Connection, project_id: int, by_id: Mapping[int, AnnotationFacts]) -> None:
    answer = schema.answer.c
    columns = (answer.annotation_id, answer.version, answer.control_id, answer.label_id)
    query = select(*columns, answer.value).where(
        answer.project_id == project_id, answer.annotation_id.in_(bulk.among(conn, by_id))
    )
    for annotation_id, version, control, label, value in conn.execute(query):
        facts = by_id[annotation_id]
        if version == CURRENT:
            facts.current[control] = (label, value)
        elif version == FIRST:
            facts.first = _with(facts.first, control, (label, value))
        else:
            facts.last = _with(facts.last, control, (label, value))


def _load_reviews(conn: Connection, project_id: int, by_id: Mapping[int, AnnotationFacts]) -> None:
    review = schema.review.c
    columns = (review.annotation_id, review.native_id, review.reviewer_id, review.verdict)
    query = select(*columns, review.at).where(
        review.project_id == project_id, review.annotation_id.in_(bulk.among(conn, by_id))
    )
    for annotation_id, name, *said in conn.execute(query):
        facts = by_id[annotation_id]
        facts.reviews = {**facts.reviews, name: tuple(said)}


def _load_gold(conn: Connection, project_id: int, items: Mapping[int, ItemFacts]) -> None:
    gold = schema.gold.c
    columns = (gold.item_id, gold.control_id, gold.annotation_id, gold.label_id, gold.value)
    query = select(*columns).where(
        gold.project_id == project_id, gold.item_id.in_(bulk.among(conn, items))
    )
    for item_id, control, annotation_id, label, value in conn.execute(query):
        items[item_id].gold[control, annotation_id] = (label, value)


def _load_predictions(conn: Connection, project_id: int, items: Mapping[int, ItemFacts]) -> None:
    one = schema.prediction.c
    columns = (
        *(one.item_id, one.control_id, one.label_id, one.value, one.id, one.native_id),
        *(one.model_version_id, one.score, one.created_at, one.deleted_at),
        *(one.revision, one.digest),
    )
    query = select(*columns).where(
        one.project_id == project_id, one.item_id.in_(bulk.among(conn, items))
    )
    for item_id, control, label, value, *row in conn.execute(query):
        there = items[item_id].predictions
        found = there.get(row[0]) or there.setdefault(row[0], PredictionFacts(*row))
        if control != NOTHING:
            found.answers[control] = (label, value)


def _with(answers: Answers | None, control: int, answer: Answer) -> Answers:
    there = answers or {}
    return there if control == NOTHING else {**there, control: answer}


def known_people(conn: Connection, project_id: int) -> dict[int, bool]:
    """Return annotator id -> is somebody, be it an anonymous visitor, for the project's source."""
    who = schema.annotator.c
    query = (
        select(who.id, who.kind)
        .join(schema.project, schema.project.c.source_id == who.source_id)
        .where(schema.project.c.id == project_id)
    )
    return {row.id: row.kind != UNKNOWN for row in conn.execute(query)}


def set_options(conn: Connection, project_id: int) -> dict[int, tuple[int, ...]]:
    """Return label id -> option ids for the project's labels that are sets."""
    label, control = schema.label.c, schema.control.c
    query = (
        select(label.id, label.options)
        .join(schema.control, control.id == label.control_id)
        .where(control.project_id == project_id, label.options.is_not(None))
    )
    return {row.id: tuple(json.loads(row.options)) for row in conn.execute(query)}
