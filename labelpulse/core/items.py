"""Items with their annotations, and the definition of countable answers.

Partials are computed from an `ItemView`, which derives countable answers and gold once per item.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from labelpulse.core.events import Origin, Status
from labelpulse.core.rules import Rules

Answers = Mapping[int, int | None]
"""control id -> label id; None when the answer is not a label (a shape, a text)."""

NO_VALUES: Mapping[int, str] = {}

PERSON, DRAFT, SUBMITTED, SKIPPED = Origin.PERSON, Status.DRAFT, Status.SUBMITTED, Status.SKIPPED
GOLD = Origin.GOLD
# Enum attributes are slow, and every answer is compared with these.


class Review(NamedTuple):
    """A review of an annotation.

    Attributes:
        reviewer: annotator id; 0 = unknown.
        verdict: a `Verdict`.
        at: microseconds UTC; None = unknown.
        name: native id, which orders reviews of unknown time.
    """

    reviewer: int
    verdict: int
    at: int | None
    name: str


class Prediction(NamedTuple):
    """A model's prediction for an item.

    Attributes:
        model: id of the model version; 0 = unknown.
        score: millionths; None = none.
        created_at: microseconds UTC; None = unknown.
        deleted: the source no longer has it; annotations that started from it are unchanged.
        labels: as `Answers`.
        values: control id -> canonical JSON of answers that are not labels.
    """

    id: int
    model: int
    score: int | None
    created_at: int | None
    deleted: bool
    labels: Answers
    values: Mapping[int, str]


@dataclass(slots=True)
class AnnotationState:
    """An annotation as the warehouse stores it.

    Attributes:
        has_author: the author is known (False for the annotator "unknown").
        status, origin: a `Status` and an `Origin`, as stored.
        submitted_at: microseconds UTC of the first submission; None = unknown or still ahead of
            the source's clock.
        touched_at: the last change reported by the source, used as stage entry of drafts.
        first, last: the author's first and last answers; the same object when there was no change.
        values: control id -> canonical JSON of the author's last answer when it is not a label.
        first_values: the same for the first answer; None = as `values`.
        assisted: a prediction was shown to the author.
        prediction: the prediction that the annotation started from, if known.
        reviews: earliest first, those of unknown time last.
    """

    id: int
    annotator: int
    has_author: bool
    status: int
    origin: int
    deleted: bool
    submitted_at: int | None
    touched_at: int | None
    time_spent_ms: int | None
    gold_flag: bool
    edited: bool
    first: Answers
    last: Answers
    values: Mapping[int, str] = field(default_factory=lambda: NO_VALUES)
    first_values: Mapping[int, str] | None = None
    assisted: bool = False
    prediction: Prediction | None = None
    reviews: tuple[Review, ...] = ()


@dataclass(slots=True)
class ItemState:
    """An item with its annotations, gold labels and predictions.

    Attributes:
        content: digest of the content, equal for identical items; 0 = not stated.
        gold: control id -> gold label ids (more than one = they conflict).
        gold_values: control id -> gold answers as canonical JSON, None for labels.
        options: label id of a set -> ids of its options, for the sets that occur here.
        predictions: earliest first.
    """

    id: int
    project: int
    batch: int = 0
    required: int | None = None
    created_at: int | None = None
    deleted: bool = False
    content: int = 0
    annotations: list[AnnotationState] = field(default_factory=list)
    gold: dict[int, set[int | None]] = field(default_factory=dict)
    gold_values: Mapping[int, set[str | None]] = field(default_factory=dict)
    options: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    predictions: tuple[Prediction, ...] = ()


class Countable(NamedTuple):
    """An annotator's countable answer to one control of an item.

    Attributes:
        has_author: as in `AnnotationState`.
        since: the first submission on this item with an answer to the control; None = unknown.
        label: the last answer of their own.
        first_label: the first answer, which is compared with gold.
        first_at: when the first answer was submitted.
        repeats: (instant, label) of all submissions with an answer, earliest first; empty when
            there is only one.
        value, first_value: canonical JSON of the last and the first answer when it is not a label.
        assisted, first_assisted: a prediction was shown for the last and the first submission.
        prediction, first_prediction: the prediction it started from, if known.
        time_ms: reported time of all submissions together.
        verdict, last_verdict: the first and the last `Verdict` on it; 0 = not reviewed.
    """

    annotator: int
    has_author: bool
    since: int | None
    label: int | None
    first_label: int | None
    first_at: int | None
    repeats: tuple[tuple[int | None, int | None], ...] = ()
    value: str | None = None
    assisted: bool = False
    time_ms: int = 0
    verdict: int = 0
    last_verdict: int = 0
    prediction: Prediction | None = None
    first_prediction: Prediction | None = None
    first_assisted: bool = False
    first_value: str | None = None


def _time_order(annotation: AnnotationState) -> tuple[bool, int, int]:
    at = annotation.submitted_at
    return at is None, at or 0, annotation.id


class ItemView:
    """An item under a project's rules: submissions, countable answers by control, gold.

    Attributes:
        work: all submissions and skips by a person, deleted ones included, for throughput.
        live: the same without deleted ones, for progress.
        submitted: the same without skips, for agreement and accuracy.
        countable: control id -> countable answers; annotations chosen as gold are left out.
        gold: control id -> gold label, when it is unambiguous.
        memo: intermediate results that a family of metrics computes once per item.
    """

    __slots__ = ("countable", "gold", "item", "live", "memo", "rules", "submitted", "work")

    def __init__(self, item: ItemState, rules: Rules) -> None:
        self.item = item
        self.rules = rules
        self.work = [a for a in item.annotations if a.origin == PERSON and a.status != DRAFT]
        self.live = [a for a in self.work if not a.deleted]
        self.submitted = [a for a in self.live if a.status == SUBMITTED]
        self.countable = self._countable()
        self.gold = self._gold()
        self.memo: dict[str, Any] = {}

    def is_gold(self, annotation: AnnotationState) -> bool:
        """Return whether the project's rules take this annotation as gold."""
        if self.rules.gold == "flag":
            return annotation.gold_flag
        return self.rules.gold == "authors" and annotation.annotator in self.rules.gold_authors

    def _countable(self) -> dict[int, list[Countable]]:
        rows = [a for a in self.submitted if not self.is_gold(a)]
        if len(rows) > 1:
            rows.sort(key=_time_order)
        own: dict[int, dict[int, list[AnnotationState]]] = {}
        for row in rows:
            for control in row.last:
                own.setdefault(control, {}).setdefault(row.annotator, []).append(row)
        return {
            control: [_countable_answer(rows, control) for rows in by_annotator.values()]
            for control, by_annotator in own.items()
        }

    def _gold(self) -> dict[int, int]:
        if self.rules.gold == "none":
            return {}
        candidates = self.item.gold if self.rules.gold == "column" else self._gold_answers()
        return {
            control: label
            for control, labels in candidates.items()
            if len(labels) == 1 and (label := next(iter(labels))) is not None
        }

    def _gold_answers(self) -> dict[int, set[int | None]]:
        answers: dict[int, set[int | None]] = {}
        for annotation in self._gold_annotations():
            for control, label in annotation.last.items():
                answers.setdefault(control, set()).add(label)
        return answers

    def _gold_annotations(self) -> list[AnnotationState]:
        return [annotation for annotation in self.submitted if self.is_gold(annotation)]

    def gold_values(self) -> dict[int, str]:
        """Return control -> gold answer as canonical JSON when it is not a label.

        A control with conflicting gold answers is left out.
        """
        candidates = self.item.gold_values
        if self.rules.gold != "column":
            candidates = {}
            for annotation in self._gold_annotations():
                for control in annotation.last:
                    candidates.setdefault(control, set()).add(annotation.values.get(control))
        return {
            control: value
            for control, values in candidates.items()
            if len(values) == 1 and (value := next(iter(values))) is not None
        }


def _countable_answer(own: list[AnnotationState], control: int) -> Countable:
    first, last = own[0], own[-1]
    verdict, last_verdict = _verdicts(own)
    value = last.values.get(control)
    is_unchanged = first is last and first.first_values is None
    return Countable(
        annotator=first.annotator,
        has_author=first.has_author,
        since=first.submitted_at,
        label=last.last[control],
        first_label=first.first.get(control, first.last[control]),
        first_at=first.submitted_at,
        repeats=(tuple((row.submitted_at, row.last[control]) for row in own) if own[1:] else ()),
        value=value,
        assisted=last.assisted,
        time_ms=sum([row.time_spent_ms or 0 for row in own]),
        verdict=verdict,
        last_verdict=last_verdict,
        prediction=last.prediction,
        first_prediction=first.prediction,
        first_assisted=first.assisted,
        first_value=value if is_unchanged else _first_value(first, control),
    )


def _first_value(annotation: AnnotationState, control: int) -> str | None:
    if annotation.first_values is None or control not in annotation.first:
        return annotation.values.get(control)
    return annotation.first_values.get(control)


def _verdicts(own: list[AnnotationState]) -> tuple[int, int]:
    """Return the first and the last verdict, those of unknown time last; 0 = not reviewed."""
    reviews = [review for row in own for review in row.reviews]
    if len(own) > 1:
        reviews.sort(key=lambda review: (review.at is None, review.at or 0))
    return (reviews[0].verdict, reviews[-1].verdict) if reviews else (0, 0)
