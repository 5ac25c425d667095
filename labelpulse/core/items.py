"""An item with everything said about it, and the one definition of what counts.

`ItemView` is what contributions read: it works out countable answers and gold once an item.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from labelpulse.core.events import Origin, Status
from labelpulse.core.rules import Rules

Answers = Mapping[int, int | None]
"""control id -> label id; None where the answer is no label (a shape, a text)."""

NO_VALUES: Mapping[int, str] = {}

PERSON, DRAFT, SUBMITTED, SKIPPED = Origin.PERSON, Status.DRAFT, Status.SUBMITTED, Status.SKIPPED
ASSERTED = Origin.ASSERTED
# Looked up here once, since every answer is compared with them and an enum's look-up is slow.


class Review(NamedTuple):
    """One review of an annotation.

    Attributes:
        reviewer: annotator id; 0 = unknown. verdict: a `Verdict`. at: microseconds UTC, None =
            unknown. name: its native id, which orders reviews of unknown time.
    """

    reviewer: int
    verdict: int
    at: int | None
    name: str


class Prediction(NamedTuple):
    """What a model said of an item.

    Attributes:
        model: id of the model version; 0 = unknown. score: millionths; None = none.
        created_at: microseconds UTC, None = unknown.
        deleted: the source has it no longer; work that started from it stays what it was.
        labels: as `Answers`; values: canonical JSON of answers that are no labels.
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
    """One annotation as the warehouse holds it.

    Attributes:
        known: the author is a known person (the annotator "unknown" is not).
        status, origin: a `Status` and an `Origin`, as stored.
        submitted_at: microseconds UTC of the first submission; None = unknown or still ahead of
            the source's clock.
        touched_at: last change that the source tells, for stage entry of drafts.
        first, last: the author's first and last own answers; the same object when there is one.
        values: control id -> canonical JSON of the last own answer where that is no label.
        first_values: the same of the first own answer; None = as `values`.
        assisted: a prediction was shown to the author; prediction: the one, where it is known.
        reviews: what reviewers said, earliest first, those of unknown time last.
    """

    id: int
    annotator: int
    known: bool
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
    """One item, its annotations and the known answers asserted for it.

    Attributes:
        content: digest of what it shows, by which identical items are known; 0 = not told.
        gold: control id -> set of asserted label ids (more than one = they conflict).
        gold_values: control id -> set of asserted answers as canonical JSON, None for labels.
        options: label id of a set -> ids of its options, for the sets that occur here.
        predictions: what models say of it, earliest first.
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
    """One person's countable answer to one control of an item.

    Attributes:
        since: their first submission on this item with an answer to the control; None = unknown.
        label: their last own answer; first_label: their first (what gold compares).
        first_at: when the first answer was submitted.
        repeats: (instant, label) of all their submissions with an answer, earliest first, where
            there are several; else empty.
        value: canonical JSON of their last own answer where that is no label; first_value: of
            their first.
        assisted, first_assisted: a prediction was shown for their last and for their first try;
            prediction, first_prediction: the one that it started from, where it is known.
        time_ms: reported for it, all their tries together.
        verdict, stands: a `Verdict`, the first and the last one on it; 0 = not reviewed.
    """

    annotator: int
    known: bool
    since: int | None
    label: int | None
    first_label: int | None
    first_at: int | None
    repeats: tuple[tuple[int | None, int | None], ...] = ()
    value: str | None = None
    assisted: bool = False
    time_ms: int = 0
    verdict: int = 0
    stands: int = 0
    prediction: Prediction | None = None
    first_prediction: Prediction | None = None
    first_assisted: bool = False
    first_value: str | None = None


def _time_order(annotation: AnnotationState) -> tuple[bool, int, int]:
    at = annotation.submitted_at
    return at is None, at or 0, annotation.id


class ItemView:
    """An item under a project's rules: work done, countable answers by control, gold.

    Work done (`work`) is every submission and skip by a person, deleted ones included; it feeds
    throughput. Live work (`live`) leaves deleted ones out, and `submitted` skips too, not those
    chosen as gold; they feed progress, agreement and accuracy.
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
        self.memo: dict[str, Any] = {}  # what one family of metrics works out once an item

    def chosen_as_gold(self, annotation: AnnotationState) -> bool:
        """True when the project's rules take this annotation as a known answer."""
        if self.rules.gold == "flag":
            return annotation.gold_flag
        return self.rules.gold == "authors" and annotation.annotator in self.rules.gold_authors

    def _countable(self) -> dict[int, list[Countable]]:
        rows = [a for a in self.submitted if not self.chosen_as_gold(a)]
        if len(rows) > 1:
            rows.sort(key=_time_order)
        own: dict[int, dict[int, list[AnnotationState]]] = {}
        for row in rows:
            for control in row.last:
                own.setdefault(control, {}).setdefault(row.annotator, []).append(row)
        return {
            control: [_one(rows, control) for rows in people.values()]
            for control, people in own.items()
        }

    def _gold(self) -> dict[int, int]:
        if self.rules.gold == "none":
            return {}
        asserted = self.item.gold if self.rules.gold == "column" else self._gold_answers()
        return {
            control: label
            for control, labels in asserted.items()
            if len(labels) == 1 and (label := next(iter(labels))) is not None
        }

    def _gold_answers(self) -> dict[int, set[int | None]]:
        found: dict[int, set[int | None]] = {}
        for annotation in self._chosen():
            for control, label in annotation.last.items():
                found.setdefault(control, set()).add(label)
        return found

    def _chosen(self) -> list[AnnotationState]:
        """Return the annotations that the rules take as known answers."""
        return [one for one in self.submitted if self.chosen_as_gold(one)]

    def known_values(self) -> dict[int, str]:
        """Return control -> known answer as canonical JSON where that is no label.

        Where several are asserted and differ, none is known.
        """
        asserted = self.item.gold_values
        if self.rules.gold != "column":
            asserted = {}
            for annotation in self._chosen():
                for control in annotation.last:
                    asserted.setdefault(control, set()).add(annotation.values.get(control))
        return {
            control: value
            for control, values in asserted.items()
            if len(values) == 1 and (value := next(iter(values))) is not None
        }


def _one(own: list[AnnotationState], control: int) -> Countable:
    first, last = own[0], own[-1]
    verdict, stands = _verdicts(own)
    value = last.values.get(control)
    same = first is last and first.first_values is None
    return Countable(
        annotator=first.annotator,
        known=first.known,
        since=first.submitted_at,
        label=last.last[control],
        first_label=first.first.get(control, first.last[control]),
        first_at=first.submitted_at,
        repeats=tuple((one.submitted_at, one.last[control]) for one in own) if own[1:] else (),
        value=value,
        assisted=last.assisted,
        time_ms=sum([one.time_spent_ms or 0 for one in own]),
        verdict=verdict,
        stands=stands,
        prediction=last.prediction,
        first_prediction=first.prediction,
        first_assisted=first.assisted,
        first_value=value if same else _first_value(first, control),
    )


def _first_value(one: AnnotationState, control: int) -> str | None:
    if one.first_values is None or control not in one.first:
        return one.values.get(control)
    return one.first_values.get(control)


def _verdicts(own: list[AnnotationState]) -> tuple[int, int]:
    """Return the first and the last verdict of reviewers, those of unknown time last; 0 = none."""
    reviews = [review for one in own for review in one.reviews]
    if len(own) > 1:
        reviews.sort(key=lambda one: (one.at is None, one.at or 0))
    return (reviews[0].verdict, reviews[-1].verdict) if reviews else (0, 0)
