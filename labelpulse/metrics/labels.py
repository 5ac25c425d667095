"""Labels: which labels people give, one countable answer each; a set counts each option."""

from collections.abc import Iterator

from labelpulse import schema
from labelpulse.core.days import local_day_hour
from labelpulse.core.events import Scale
from labelpulse.core.items import ItemView
from labelpulse.metrics.rollups import Contribution, Rollup

ANSWERS = 0
"""In place of a label: answers to a control of sets, whose options sum to more or less."""


def label_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day of submission, control, annotator, label or option): 1."""
    for control, rows in view.countable.items():
        rules = view.rules.controls.get(control)
        if rules is None or not rules.labeled:
            continue
        for row in rows:
            if row.label is None:
                continue
            day, _ = local_day_hour(row.since, view.rules.timezone)
            if rules.scale == Scale.SET:
                yield (day, control, row.annotator, ANSWERS), (1,)
                for option in view.item.options.get(row.label, (row.label,)):
                    yield (day, control, row.annotator, option), (1,)
            else:
                yield (day, control, row.annotator, row.label), (1,)


ROLLUPS = (Rollup(schema.label_counts, label_partials),)
