"""The answers as a matrix of item, annotator and label, kept as any other rollup.

What no sum over items can say (who answers like whom, Dawid-Skene, a choice of annotators) is
worked out from these rows, which are small, ordered and exact: one a countable answer, and one a
known answer, whose annotator is GOLD.
"""

from collections.abc import Iterator

from labelpulse import schema
from labelpulse.core.items import ItemView
from labelpulse.metrics.rollups import Contribution, Rollup

GOLD = 0
"""In place of an annotator: the known answer."""


def matrix_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (control, item, annotator): 1, and what the answer says.

    That is its label, first label, first submission, batch, assisted or not (1 = the last try,
    2 = the first, 3 = both), milliseconds spent, a reviewer's first and last verdict, and a digest
    of what the item shows. 0 stands for no label, an unknown time, no batch, no review and unknown
    content. There is one row a key, so the sums are the values themselves.
    """
    item, batch, content = view.item.id, view.item.batch, view.item.content
    for control, rows in view.countable.items():
        for row in rows:
            labels = (row.label or 0, row.first_label or 0)
            shown = row.assisted + 2 * row.first_assisted
            values = (row.since or 0, batch, shown, row.time_ms)
            verdicts = (row.verdict, row.last_verdict)
            yield (control, item, row.annotator), (1, *labels, *values, *verdicts, content)
    for control, label in view.gold.items():
        yield (control, item, GOLD), (1, label, label, 0, batch, 0, 0, 0, 0, content)


ROLLUPS = (Rollup(schema.answer_matrix, matrix_partials, version=2, by_item=True),)
