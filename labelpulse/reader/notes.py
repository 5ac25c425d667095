"""What a row's note says of what it rests on."""

from labelpulse.core.estimate import Estimate
from labelpulse.core.formats import singular
from labelpulse.reader.plan import Plan

SAME_TIME = "all times are the same, so that they tell nothing"


def nothing(plan: Plan) -> str:
    """Say why there is no row where there should be one; "" where none need be."""
    if plan.ranged and plan.projects and all(one.constant_time for one in plan.projects):
        return SAME_TIME
    if not plan.seeded:
        return ""
    return "no answers yet" if plan.sources else "nothing is loaded yet"


def few(plan: Plan, estimate: Estimate) -> str:
    """Say that a number rests on little, where it does."""
    metric, asked = plan.metric, plan.query.min_n
    least = metric.min_n if asked is None else asked
    if "item" in plan.keys:
        return ""  # single items are looked at, not judged as a sample
    if estimate.value is None or estimate.n >= least or (estimate.n == 0 == estimate.value):
        return ""
    things = singular(metric.counted) if estimate.n == 1 else metric.counted
    return f"{estimate.n:,} {things}, fewer than {least:,}"


def visitors(plan: Plan, n: int) -> str:
    """Say what of anonymous visitors an answer leaves out, where it is anything.

    Args:
        n: how much of them its rows by person do not show, in what the metric counts.
    """
    if not n:
        return "answers by anonymous visitors left out" if plan.without_visitors else ""
    counted = plan.metric.counted
    things = singular(counted) if n == 1 else counted
    return f"left out: {n:,} {things} by anonymous visitors"
