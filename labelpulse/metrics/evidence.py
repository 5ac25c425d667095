"""How much more evidence buys which interval: double labels and gold."""

from collections.abc import Iterable

from labelpulse.core import formats
from labelpulse.core.estimate import Estimate
from labelpulse.metrics import coefficients
from labelpulse.metrics.accuracy import EXPOSURES
from labelpulse.metrics.answers import answer_of
from labelpulse.metrics.base import Extra, Group, Need, single
from labelpulse.metrics.review import REVIEWED
from labelpulse.metrics.samples import MIN_ITEMS
from labelpulse.stats.planning import UNKNOWN_SHARE, items_for_share, items_for_width

ITEMS_BY_M = Need("agree_items", ("m",))
POINTS = (2, 5, 10)
"""Widths of intervals that are planned for, to either side."""
_FINISHES = {one.name: one.finish for one in coefficients.METRICS}

Needed = dict[int, int | None]
"""Points -> how many more; None = not known."""


def evidence_needed(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    """Return how many more double-labeled items, and gold items, buy which interval."""
    percent, alpha = (_present(name, group) for name in ("agreement_percent", "agreement_alpha"))
    half, why = _half(percent), group.control.unlike()
    unknown = f"too few to tell: planned for {formats.percent(UNKNOWN_SHARE, gap=' ')} agreement"
    plans = {
        "double": dict.fromkeys(POINTS) if why else _double(half, percent.n),
        "alpha": _scaled(_half(alpha), alpha.n),
        "gold": dict.fromkeys(POINTS) if why else _gold(group),
    }
    note = why or ("" if half is not None else unknown)
    columns = {f"{name}_{at}": plan[at] for name, plan in plans.items() for at in POINTS}
    return single(
        Estimate(plans["double"][5], None, None, percent.n, note).showing(
            share=percent.value, half_width=half, **columns
        )
    )


def quality_evidence(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    """Return how many answers say anything of quality: second ones, known ones, reviewed ones."""
    by_m = group.sums(ITEMS_BY_M)
    n = sum(values[0] for values in by_m.values())
    double = sum(values[0] for (m,), values in by_m.items() if m > 1)
    gold, reviewed = group.first(EXPOSURES), group.first(REVIEWED)
    found = Estimate(double + gold + reviewed, None, None, n)
    return single(found.showing(double=double, gold=gold, reviewed=reviewed))


def _present(name: str, group: Group) -> Estimate:
    ((_, found),) = _FINISHES[name](group)
    return found


def _half(present: Estimate) -> float | None:
    """Return half the width of an interval; None where there is none."""
    low, high = present.low, present.high
    if isinstance(low, (int, float)) and isinstance(high, (int, float)):
        return (high - low) / 2
    return None


def _double(half: float | None, n: int) -> Needed:
    if half is not None:
        return _scaled(half, n)
    return {at: max(0, items_for_share(at / 100) - n) for at in POINTS}


def _scaled(half: float | None, n: int) -> Needed:
    """Return what scales the present interval to the wanted ones."""
    if half is None:
        return dict.fromkeys(POINTS)
    return {at: max(0, items_for_width(half, n, at / 100) - n) for at in POINTS}


def _gold(group: Group) -> Needed:
    """Return how many more first answers to gold are wanted."""
    n = right = 0
    for (known, given), (count,) in group.sums(EXPOSURES).items():
        truth, said = (answer_of(group.control, group.ask, one) for one in (known, given))
        n, right = n + count, right + count * (truth == said)
    share = right / n if n >= MIN_ITEMS else UNKNOWN_SHARE
    return {at: max(0, items_for_share(at / 100, share) - n) for at in POINTS}
