"""What the pace, or the need, would be if something changed: the factors of a what-if."""

from collections.abc import Mapping

from labelpulse.stats.forecast import Pace


def with_people(pace: Pace, more: float, rate: float) -> float:
    """Return the factor on the pace of more people (fewer: negative) of that rate.

    1 + more × rate / labels per working day, at least 0.

    Args:
        rate: labels of a person per working day, such as the median of those at work.
    """
    now = pace.labels_per_workday
    return max(0.0, 1 + more * rate / now) if now > 0 else 1.0


def with_review(share: float, share_now: float, cost: float) -> float:
    """Return the factor on the pace of reviewing another share of the labels by the same people.

    Review takes time from labeling: (1 + share_now × cost)/(1 + share × cost). The pace of the
    past was reached with share_now, so that no change means 1.

    Args:
        cost: time of a review over the time of a label.

    >>> with_review(0.5, 0.0, 0.5)
    0.8
    """
    return (1 + share_now * cost) / (1 + share * cost)


def remaining_at_overlap(items: Mapping[int, int], overlap: int) -> int:
    """Return the labels missing when every item needs that many; labels beyond it do not help.

    Args:
        items: labels an item has -> how many items have so many.

    >>> remaining_at_overlap({0: 10, 1: 5, 3: 2}, 2)
    25
    """
    return sum(n * max(overlap - has, 0) for has, n in items.items())
