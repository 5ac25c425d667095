"""Data health: what the warehouse holds of each source, to compare with what the source holds."""

from collections.abc import Iterator

from labelpulse import schema
from labelpulse.core.events import Status
from labelpulse.core.items import ItemView
from labelpulse.metrics.rollups import Contribution, Rollup


def row_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (): annotations that the source should still hold, gold-flagged ones, skips."""
    rows = [a for a in view.item.annotations if not a.deleted and a.status != Status.DRAFT]
    if rows:
        gold = sum(a.gold_flag for a in rows)
        skipped = sum(a.status == Status.SKIPPED for a in rows)
        yield (), (len(rows), gold, skipped)


ROLLUPS = (Rollup(schema.live_rows, row_partials),)
