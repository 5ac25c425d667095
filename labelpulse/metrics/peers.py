"""Agreement with one's peers: each person's answer against what most others gave to the item."""

from collections.abc import Iterable, Iterator

from labelpulse import schema
from labelpulse.core import estimate
from labelpulse.core.estimate import Estimate
from labelpulse.core.formats import plural
from labelpulse.core.items import ItemView
from labelpulse.metrics.agreement import compared
from labelpulse.metrics.base import DATES, PLACE, Extra, Group, Metric, Need, single
from labelpulse.metrics.rollups import Contribution, Rollup
from labelpulse.metrics.samples import over_days
from labelpulse.stats.intervals import Interval, wilson


def peer_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, control, batch, annotator): items others answered too, alike ones, ties.

    The answer of most others counts; where two or more lead, the others are tied.
    """
    for one in compared(view):
        if len(one.rows) < 2:
            continue
        for row in one.rows:
            if row.label is None or not one.labels:
                continue
            leader = _leader(one.labels, row.label)
            sums = (1, int(leader == row.label), int(leader is None))
            yield (one.day, one.control, view.item.batch, row.annotator), sums


def _leader(labels: dict[int, int], own: int) -> int | None:
    """Return the label that most others gave; None when two lead."""
    others = [(n - (label == own), label) for label, n in labels.items()]
    most = max(others)[0]
    leading = [label for n, label in others if n == most]
    return leading[0] if len(leading) == 1 else None


ROLLUPS = (Rollup(schema.peer_loo, peer_partials),)

PEERS = Need("peer_loo", ("day",))


def _peer_agreement(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    why = group.control.unlike()
    n, alike, tied = group.total(PEERS) or (0, 0, 0)
    if why or n == 0:
        return single(estimate.undefined(0, why or "nobody else answered the same items"))
    if n == tied:
        every = f"the others disagree on all {plural(n, 'item', 'items')}"
        return single(estimate.undefined(0, every))
    left = f"{plural(tied, 'item', 'items')} where the others are tied left out"
    note = left if tied else ""
    decided = n - tied
    value = alike / decided
    ends: Interval | None = wilson(alike, decided)
    if "annotator" not in group.ask.by:
        # Answers of several people to one item hang together, and an item is of one day.
        days = {day: (a, all_ - tie) for (day,), (all_, a, tie) in group.sums(PEERS).items()}
        ends = over_days(days, decided, value)
    return single(estimate.estimate(value, ends, decided, note))


_KEYS = (*PLACE, "control", "team", "batch", "annotator", "assisted")
METRICS = (
    Metric(
        name="peer_agreement",
        unit="share",
        counted="items",
        by=(*_KEYS, *DATES),
        where=_KEYS,
        needs=(PEERS,),
        finish=_peer_agreement,
        split=("project", "control"),
        joins=True,
        min_n=20,
        on_control=True,
    ),
)
