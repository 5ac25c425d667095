"""Argilla's exports: what its SDKs write of a dataset's records, nested or flat.

=====================  =========================================================================
``to_json``, 2.x        a list of records; ``responses`` by question, each with value and user
``to_dict``, 2.x        the same in columns, or by record id
``datasets``, 2.x       columns ``QUESTION.responses``, ``….users``, ``….status`` (JSON, Parquet)
1.x, API               ``responses`` as a list, each of one user with all values and a status
1.x, ``datasets``      a column a question, with ``user_id``, ``value`` and ``status``
=====================  =========================================================================

What kind a question is, no export says: it follows from the type of its answers.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from collectors.argilla_export.forms import (
    COLUMN,
    Response,
    apart,
    fields_of,
    identity_of,
    is_flat,
    responses,
    suggestions,
)
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import (
    AnnotationRecord,
    ItemRecord,
    PredictionRecord,
    Scale,
    Status,
)
from labelpulse.ingest.exports.answers import Answers
from labelpulse.ingest.exports.elements import PARQUET, Element, elements
from labelpulse.ingest.exports.outline import Outline
from labelpulse.ingest.exports.parts import (
    Object,
    hashed,
    word,
)
from labelpulse.ingest.exports.reader import Export, Part, Reading
from labelpulse.ingest.fields import content_of
from labelpulse.ingest.shapes import number, stretch

_STATUS = {
    "submitted": Status.SUBMITTED,
    "draft": Status.DRAFT,
    "discarded": Status.SKIPPED,
    "pending": Status.DRAFT,
}
_NO_TIMES = "answers do not say when they were given"
_NO_STATUS = "answers do not say whether they were submitted, and count as if they were"
_ORDERS, _MANY = "orders", 1000


class ArgillaExport(Export):
    """Reads what Argilla's SDKs write."""

    name = "argilla"
    unknown = ("an export of Argilla does not name its users, it tells their ids",)

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return True when the first bytes, or a Parquet file's columns, are of a dataset."""
        if head.startswith(PARQUET):
            return is_flat(_columns(path))
        return super().recognises(path, head)

    def fits(self, head: Outline) -> bool:
        """Return True for records with fields and responses, and for flat columns of responses."""
        nested = head.has("fields", "responses") and head.any("suggestions", "metadata")
        old = any(
            head.has(*(f"{key}.{part}" for part in COLUMN)) for key in head.keys if "." not in key
        )
        return nested or old or is_flat(head.keys)

    def elements(self, path: Path) -> Iterator[Element]:
        """Yield records, those of a file in columns or by id too."""
        for where, one in elements(path):
            yield from apart(where, one)

    def item(self, element: Object, reading: Reading) -> ItemRecord:
        """Return a record as an item."""
        fields = element.get("fields", fields_of(element))
        keys = (element.get(key) for key in ("id", "external_id", "_server_id"))
        return ItemRecord(
            *(reading.project, identity_of(next(filter(None, keys), None), fields)),
            created_at=reading.at(element.get("inserted_at")),
            content=content_of(fields),
        )

    def parts(self, element: Object, item: ItemRecord, reading: Reading) -> Iterable[Part]:
        """Return a submission a user, and a prediction an agent."""
        found = responses(element)
        if any(one.status is None for one in found.values()):
            reading.notes[_NO_STATUS] += 1
        if any(one.updated is None for one in found.values()):
            reading.notes[_NO_TIMES] += 1
        for user, response in found.items():
            yield Part("a response", partial(_submission, user, response, item, reading))
        for agent, said in suggestions(element).items():
            make = partial(_prediction, agent, said, item, reading)
            yield Part("a suggestion", make, work=False)

    def learn(self, reading: Reading) -> None:
        """Find the rankings among what looks like sets: they order the same options each time."""
        for question, seen in reading.state.get(_ORDERS, {}).items():
            if _is_ranking(seen):
                reading.controls.met[question] = {Scale.RANKING: "ranking"}

    def remarks(self, reading: Reading) -> Iterable[str]:
        """Say which questions were taken for rankings."""
        seen = reading.state.get(_ORDERS, {})
        ranked = sorted(repr(one) for one, orders in seen.items() if _is_ranking(orders))
        if ranked:
            named = ", ".join(ranked)
            yield f"read as rankings, since each answer orders the same options: {named}"


def _columns(path: Path) -> Iterable[str]:
    from pyarrow import ArrowException
    from pyarrow.parquet import read_schema

    try:
        return frozenset(read_schema(path).names)
    except (ArrowException, OSError):
        return ()


def _submission(
    user: str | None, response: Response, item: ItemRecord, reading: Reading
) -> AnnotationRecord:
    status = Status.SUBMITTED
    if response.status is not None:
        known = _STATUS.get(str(response.status).lower())
        if known is None:
            raise SkipRecord("unknown_status", "the status of a response is none of Argilla's")
        status = known
    sheet = reading.answers()
    if status == Status.SUBMITTED:
        for question, value in response.values.items():
            _answer(sheet, question, value, reading)
    started, updated = reading.at(response.started), reading.at(response.updated)
    return AnnotationRecord(
        project=item.project,
        item=item.native_id,
        native_id=hashed(item.native_id, user),
        annotator=reading.person(user),
        status=status,
        submitted_at=None if status == Status.DRAFT else started,
        updated_at=updated,
        revision=updated,
        answers=sheet.told(),
    )


def _prediction(
    agent: str, said: dict[str, tuple[Any, Any]], item: ItemRecord, reading: Reading
) -> PredictionRecord:
    sheet = reading.answers()
    for question, (value, _) in said.items():
        _answer(sheet, question, value, reading)
    scores = [score for _, score in said.values() if isinstance(score, int | float)]
    return PredictionRecord(
        project=item.project,
        item=item.native_id,
        native_id=f"prediction-{hashed(item.native_id, agent)}",
        model_version=agent,
        score=round(number(scores[0]) * 1_000_000) if len(scores) == 1 else None,
        answers=sheet.told(),
    )


def _answer(sheet: Answers, question: str, value: Any, reading: Reading) -> None:
    """Add an answer by the type of its value."""
    if isinstance(value, str):
        sheet.words(question, value)
    elif isinstance(value, list):
        _listed(sheet, question, value, reading)
    elif value is not None:
        sheet.step(question, value, "rating")


def _listed(sheet: Answers, question: str, value: list[Any], reading: Reading) -> None:
    """Add spans, a ranking, or a set of options; an empty list is what the others are."""
    known = reading.controls.met.get(question, {})
    if Scale.SPAN in known and not value:
        sheet.place(question, Scale.SPAN, None, "span", always=False)
    elif value and all(isinstance(one, dict) for one in value):
        _marked(sheet, question, value)
    elif Scale.RANKING in known:
        sheet.ranking(question, value, "ranking")
    else:
        texts = [word(one, "answer") for one in value]
        seen = reading.state.setdefault(_ORDERS, {}).setdefault(question, set())
        if texts and len(seen) < _MANY:
            seen.add(tuple(texts))
        if texts or Scale.SET in known:
            sheet.options(question, texts, "labels")


def _marked(sheet: Answers, question: str, value: list[Object]) -> None:
    if "rank" in value[0]:
        sheet.ranking(question, _ranked(value), "ranking")
        return
    for one in value:
        label = word(one.get("label"), "label of a span")
        shape = stretch(one.get("start"), one.get("end"), label)
        sheet.place(question, Scale.SPAN, shape, "span", always=False)


def _is_ranking(seen: set[tuple[str, ...]]) -> bool:
    """True when answers order the same options, and not always alike."""
    options = {tuple(sorted(one)) for one in seen}
    return len(seen) > 1 and len(options) == 1


def _ranked(value: list[Object]) -> list[Any]:
    """Options best first; those of one rank are a list."""
    ranks: dict[float, list[Any]] = {}
    for one in value:
        ranks.setdefault(number(one.get("rank")), []).append(one.get("value"))
    ties = [ranks[rank] for rank in sorted(ranks)]
    return [one[0] if len(one) == 1 else one for one in ties]
