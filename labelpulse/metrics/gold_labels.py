"""Accuracy label by label: precision, recall and F1 of people's first answers to gold."""

from collections.abc import Callable, Iterable, Mapping
from math import fsum
from typing import NamedTuple

from labelpulse.core import estimate
from labelpulse.core.estimate import Estimate
from labelpulse.core.formats import plural
from labelpulse.metrics.accuracy import DAILY, KEYS, why_none
from labelpulse.metrics.answers import Answer, answer_of
from labelpulse.metrics.base import DATES, Extra, Finish, Group, Metric, single
from labelpulse.metrics.samples import FLAT, MIN_DAYS, MIN_ITEMS, known_days
from labelpulse.stats.intervals import Interval, clipped, jackknife, wilson


class Hits(NamedTuple):
    """First answers about one label.

    Attributes:
        both: it is the known label and was given. given, known: it was given, it is known.
    """

    both: int = 0
    given: int = 0
    known: int = 0

    def plus(self, other: "Hits", sign: int = 1) -> "Hits":
        """Return the sum, or with sign -1 the difference."""
        return Hits(*(a + sign * b for a, b in zip(self, other, strict=True)))


def precision(hits: Hits) -> float | None:
    """Return which share of the answers with the label is right; None without such answers."""
    return hits.both / hits.given if hits.given else None


def recall(hits: Hits) -> float | None:
    """Return which share of the known label is found; None where it is not known."""
    return hits.both / hits.known if hits.known else None


def f1(hits: Hits) -> float | None:
    """Return the harmonic mean of precision and recall, 2 both / (given + known).

    >>> precision(Hits(6, 8, 12)), recall(Hits(6, 8, 12)), f1(Hits(6, 8, 12))
    (0.75, 0.5, 0.6)
    """
    every = hits.given + hits.known
    return 2 * hits.both / every if every else None


Score = Callable[[Hits], float | None]
ByLabel = Mapping[str, Hits]


def _options(answer: Answer) -> frozenset[str]:
    return frozenset([answer]) if isinstance(answer, str) else answer


def _by_day(group: Group) -> dict[int, dict[str, Hits]]:
    """Return day -> label -> hits; a set's options one by one."""
    found: dict[int, dict[str, Hits]] = {}
    for (day, known, given), (n,) in group.sums(DAILY).items():
        truth = _options(answer_of(group.control, group.ask, known))
        said = _options(answer_of(group.control, group.ask, given))
        own = found.setdefault(day, {})
        for label in filter(group.ask.keeps, truth | said):
            here, there = label in said, label in truth
            hits = Hits(n * (here and there), n * here, n * there)
            own[label] = own.get(label, Hits()).plus(hits)
    return found


def _finish(score: Score, part: str) -> Finish:
    def finish(group: Group) -> Iterable[tuple[Extra, Estimate]]:
        days = _by_day(group)
        total: dict[str, Hits] = {}
        for own in days.values():
            for label, hits in own.items():
                total[label] = total.get(label, Hits()).plus(hits)
        if not total:
            why = why_none(group)
            return [({"label": None} if group.ask.by_label else {}, estimate.undefined(0, why))]
        each = {label: _of_label(days, total, label, score, part) for label in total}
        if group.ask.by_label:
            return [({"label": label}, one) for label, one in each.items()]
        if group.ask.wanted is not None and len(each) == 1:  # asked for one label: no mean
            return single(*each.values())
        return single(_mean_of(days, total, score))

    return finish


def _of_label(
    days: Mapping[int, ByLabel], total: ByLabel, label: str, score: Score, part: str
) -> Estimate:
    hits = total[label]
    n = int(getattr(hits, part)) if part else hits.given + hits.known - hits.both
    value = score(hits)
    if value is None:
        never, unknown = "never given", "no known answer has it"
        return estimate.undefined(n, never if part == "given" else unknown)
    if part:
        return estimate.estimate(value, wilson(hits.both, n), n)
    return estimate.estimate(value, _jackknife(days, total, [label], score, value), n)


def _mean_of(days: Mapping[int, ByLabel], total: ByLabel, score: Score) -> Estimate:
    """Return the mean over labels, each weighing the same (the macro average)."""
    labels = [label for label, hits in total.items() if score(hits) is not None]
    n = sum(hits.known for hits in total.values())
    if not labels:
        return estimate.undefined(n, "no label has a value")
    value = _mean(total, labels, score)
    over = f"mean over {plural(len(labels), 'label', 'labels')}"
    without = plural(len(total) - len(labels), "label", "labels")
    left = f"{without} without a value left out"
    found = estimate.estimate(value, _jackknife(days, total, labels, score, value), n, over)
    return found.noting(left if len(total) > len(labels) else "")


def _mean(hits: ByLabel, labels: list[str], score: Score) -> float:
    return fsum(score(hits[label]) or 0.0 for label in labels) / len(labels)


def _jackknife(
    days: Mapping[int, ByLabel], total: ByLabel, labels: list[str], score: Score, value: float
) -> Interval | None:
    """Return the interval over days; None where they are few or one of them says it all."""
    if known_days(days) < MIN_DAYS or sum(total[label].known for label in labels) < MIN_ITEMS:
        return None
    without = []
    for own in days.values():
        rest = {label: total[label].plus(own.get(label, Hits()), -1) for label in labels}
        if any(score(hits) is None for hits in rest.values()):
            return None
        without.append(_mean(rest, labels, score))
    if max(without) - min(without) < FLAT:
        return None
    return clipped(jackknife(value, without), 0.0, 1.0)


def _metric(name: str, score: Score, part: str, counted: str) -> Metric:
    return Metric(
        name=name,
        unit="share",
        counted=counted,
        by=(*KEYS, *DATES),
        where=KEYS,
        needs=(DAILY,),
        finish=_finish(score, part),
        split=("project", "control"),
        joins=True,
        min_n=20,
        takes=("merge",),
        on_control=True,
    )


METRICS = (
    _metric("gold_precision", precision, "given", "first answers to gold"),
    _metric("gold_recall", recall, "known", "first answers to gold"),
    _metric("gold_f1", f1, "", "first answers to gold"),
)
