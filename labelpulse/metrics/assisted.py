"""Models in the loop, as sums: what people do with predictions, and whether they say the same."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from operator import add as plus
from typing import NamedTuple

from labelpulse import schema
from labelpulse.core.days import local_day_hour
from labelpulse.core.events import Scale
from labelpulse.core.items import Countable, ItemView, Prediction
from labelpulse.metrics.rollups import Contribution, Rollup

MODEL_MILLIONTHS = 1_000_000
NO_BAND = -1
"""No score, or one that is no share."""


def score_band(score: int | None) -> int:
    """Return the tenth that a score in millionths lies in, 0 to 9; 1.0 lies in the last.

    >>> score_band(250_000), score_band(1_000_000), score_band(None), score_band(7_300_000)
    (2, 9, -1, -1)
    """
    if score is None or not 0 <= score <= MODEL_MILLIONTHS:
        return NO_BAND
    return min(score * 10 // MODEL_MILLIONTHS, 9)


class Sums(NamedTuple):
    """What one answer adds beside one prediction; see `assist_partials`."""

    n: int = 1
    shown: int = 0
    accepted: int = 0
    objects: int = 0
    kept: int = 0
    wrong: int = 0
    wrong_accepted: int = 0
    blind: int = 0
    alike: int = 0
    pairs: int = 0
    pairs_alike: int = 0

    def plus(self, other: "Sums") -> "Sums":
        """Return both together."""
        return Sums(*map(plus, self, other))


def assist_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, control, batch, annotator, model version, its label, score band): sums.

    Of answers that started from the prediction: `shown`, those left `accepted`, the `objects` in
    it, those `kept`; on gold, first answers for which it was `wrong`, and wrong but accepted. Of
    answers given without any prediction, against the newest of each model version: `blind`, those
    `alike`; and their pairs with other people's such answers on the item, from either side.
    """
    if not view.item.predictions:
        return
    for control, rows in view.countable.items():
        found = [
            *_started(view, control, rows),
            *_against_gold(view, control, rows),
            *_blind(view, control, rows),
        ]
        for row, prediction, sums in found:
            day, _ = local_day_hour(row.since, view.rules.timezone)
            said = (prediction.model, prediction.labels[control] or 0)
            key = (day, control, view.item.batch, row.annotator, *said)
            yield (*key, score_band(prediction.score)), sums


Beside = Iterator[tuple[Countable, Prediction, Sums]]
"""Answers, the prediction that each stands beside, and what that adds."""


def _started(view: ItemView, control: int, rows: list[Countable]) -> Beside:
    rules = view.rules.controls.get(control)
    located = rules is not None and rules.scale in (Scale.GEOMETRY, Scale.SPAN)
    for row in rows:
        one = row.prediction
        if one is not None and control in one.labels:
            accepted = int(_equal(row.label, row.value, one, control))
            objects, kept = _objects(row, one, control) if located else (1, accepted)
            yield row, one, Sums(shown=1, accepted=accepted, objects=objects, kept=kept)


def _equal(label: int | None, value: str | None, one: Prediction, control: int) -> bool:
    predicted = one.labels[control]
    if predicted is not None or label is not None:
        return predicted == label
    return one.values.get(control) == value


def _objects(row: Countable, one: Prediction, control: int) -> tuple[int, int]:
    """Return how many shapes or spans were shown, and how many of them stand as they were."""
    shown, given = (
        Counter(json.dumps(part) for part in json.loads(text or "[]"))
        for text in (one.values.get(control), row.value)
    )
    return shown.total(), (shown & given).total()


def _against_gold(view: ItemView, control: int, rows: list[Countable]) -> Beside:
    gold, rules = view.gold.get(control), view.rules.controls.get(control)
    if gold is None or rules is None or not rules.exact:
        return
    for row in rows:
        one = row.first_prediction
        predicted = None if one is None else one.labels.get(control)
        if one is not None and predicted not in (None, gold) and row.first_label is not None:
            yield row, one, Sums(wrong=1, wrong_accepted=int(row.first_label == predicted))


def _blind(view: ItemView, control: int, rows: list[Countable]) -> Beside:
    rules = view.rules.controls.get(control)
    if rules is None or not rules.exact:
        return
    own = [row for row in rows if row.has_author and not row.assisted and row.label is not None]
    models = _newest(view.item.predictions, control) if own else ()
    alike = Counter(row.label for row in own)
    for one in models:
        for row in own:
            sums = Sums(blind=1, alike=int(row.label == one.labels[control]))
            pairs = {"pairs": len(own) - 1, "pairs_alike": alike[row.label] - 1}
            yield row, one, sums._replace(**pairs)


def _newest(predictions: Iterable[Prediction], control: int) -> Iterable[Prediction]:
    """Return the newest prediction of each model version that answers a question by a label."""
    found: dict[int, Prediction] = {}
    for one in predictions:
        if not one.deleted and one.labels.get(control) is not None:
            there = found.get(one.model)
            if there is None or _age(there) < _age(one):
                found[one.model] = one
    return found.values()


def _age(one: Prediction) -> tuple[int, int]:
    return one.created_at or 0, one.id


ROLLUPS = (Rollup(schema.assist_counts, assist_partials),)
