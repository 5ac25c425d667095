"""Data health: what the warehouse holds of each source, to compare with what the source holds."""

from collections.abc import Iterable, Iterator

from labelpulse import schema
from labelpulse.core import estimate
from labelpulse.core.days import SECOND
from labelpulse.core.estimate import Estimate
from labelpulse.core.items import DRAFT, GOLD, SKIPPED, ItemView
from labelpulse.metrics.base import (
    DATES,
    PLACE,
    QUARANTINED,
    RECONCILED,
    REPAIRED,
    SOURCES,
    Extra,
    Finish,
    Group,
    Metric,
    Need,
    Partial,
    single,
)
from labelpulse.metrics.rollups import Contribution, Rollup


def row_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (): annotations that the source should still hold, gold-flagged ones, skips."""
    live = [a for a in view.item.annotations if not a.deleted and a.status != DRAFT]
    rows = [a for a in live if a.origin != GOLD]
    if rows:
        gold = sum([a.gold_flag for a in rows])
        skipped = sum([a.status == SKIPPED for a in rows])
        yield (), (len(rows), gold, skipped)


ROLLUPS = (Rollup(schema.live_rows, row_partials),)

CARE = (
    Partial(SOURCES, ("ok_at",), ("n",)),
    Partial(QUARANTINED, ("day",), ("n",)),
    Partial(REPAIRED, ("day",), ("n",)),
    Partial(RECONCILED, (), ("compared", "source_rows", "warehouse_rows")),
)
"""Rows that the reader takes from the warehouse's own care; ok_at 0 = never."""

POLLS = Need(SOURCES, ("ok_at",))
QUARANTINE = Need(QUARANTINED)
REPAIRS = Need(REPAIRED)
COUNTS = Need(RECONCILED)


def _lag(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    read = [ok_at for (ok_at,) in group.sums(POLLS)]
    if not read or 0 in read:
        return single(estimate.undefined(len(read), "not read successfully yet"))
    return single(Estimate(max(group.ask.now - min(read), 0) / SECOND, None, None, len(read)))


def _counting(need: Need) -> Finish:
    return lambda group: single(estimate.count(group.first(need)))


def _gap(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    compared, there, here = group.total(COUNTS) or (0, 0, 0)
    if not compared:
        return single(estimate.undefined(0, "not compared with its source: files have none"))
    return single(Estimate(there - here, None, None, there))


METRICS = (
    Metric(
        name="source_lag",
        unit="s",
        counted="sources",
        by=("source",),
        where=("source", "project"),
        needs=(POLLS,),
        finish=_lag,
        split=("source",),
        chart="number",
        state=True,
        sparse=False,
    ),
    Metric(
        name="records_quarantined",
        unit="records",
        counted="records",
        by=("source", "project", *DATES),
        where=("source", "project"),
        needs=(QUARANTINE,),
        finish=_counting(QUARANTINE),
        chart="number",
    ),
    Metric(
        name="rows_repaired",
        unit="rows",
        counted="rows",
        by=("source", *DATES),
        where=("source",),
        needs=(REPAIRS,),
        finish=_counting(REPAIRS),
        chart="number",
    ),
    Metric(
        name="reconciliation_gap",
        unit="annotations",
        counted="annotations in the source",
        by=PLACE,
        where=PLACE,
        needs=(COUNTS,),
        finish=_gap,
        split=("project",),
        chart="number",
        state=True,
        sparse=False,
    ),
)
