"""Accuracy: people's first answers against the known ones."""

from collections.abc import Iterator

from labelpulse import schema
from labelpulse.core.days import local_day_hour
from labelpulse.core.items import ItemView
from labelpulse.metrics.rollups import Contribution, Rollup


def gold_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day of the answer, control, annotator, gold label, label given): 1."""
    for control, gold in view.gold.items():
        rules = view.rules.controls.get(control)
        if rules is None or not rules.labeled:
            continue
        for row in view.countable.get(control, ()):
            if row.first_label is not None:
                day, _ = local_day_hour(row.first_at, view.rules.timezone)
                yield (day, control, row.annotator, gold, row.first_label), (1,)


ROLLUPS = (Rollup(schema.gold_confusion, gold_partials),)
