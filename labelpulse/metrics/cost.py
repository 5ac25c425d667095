"""Cost: reported time at the rates that the operator set, in exact integers until the end."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter

from labelpulse.core import estimate
from labelpulse.core.estimate import Estimate
from labelpulse.core.formats import percent, plural
from labelpulse.metrics.base import DATES, PLACE, Extra, Finish, Group, Metric, Need, single
from labelpulse.metrics.flow import COMPLETED, PROGRESS
from labelpulse.metrics.review import ACCEPTED, NOTHING
from labelpulse.metrics.throughput import SUBMISSIONS
from labelpulse.metrics.times import HOUR_MS, Totals, no_times, totals, untimed

MILLION = 1_000_000
PAID = Need("time_totals", ("day", "annotator_id"))
PASSED = Need("review_work", only=(("outcome", (ACCEPTED,)),))
JUDGED = Need("review_work", ("day", "annotator_id"))


@dataclass(frozen=True, slots=True)
class Cost:
    """What some time cost.

    Attributes:
        sums: currency -> milliseconds times millionths an hour.
        ms: all of the time; open_ms: of people without a rate on the day; people: how many.
        any_rate: the operator set some rate.
    """

    sums: Mapping[str, int]
    ms: int
    open_ms: int
    people: int
    any_rate: bool

    @property
    def why_not(self) -> str:
        """Why it is no sum of money; "" when it is one."""
        if not self.any_rate:
            return "no rates are set: [[rates]] in labelpulse.toml say what an hour costs"
        if self.people:
            return (
                f"{plural(self.people, 'person', 'people')} without a rate, "
                f"{percent(self.open_ms / self.ms, gap=' ')} of the time"
            )
        if len(self.sums) > 1:
            word = "and"
            both = f" {word} ".join(sorted(self.sums))
            return f"rates in {both} make no sum"
        return ""

    @property
    def currency(self) -> str | None:
        """The currency, where there is one."""
        return next(iter(self.sums)) if len(self.sums) == 1 else None

    def per(self, n: int) -> float:
        """Return the cost of each of n things, rounded once."""
        return sum(self.sums.values()) / (HOUR_MS * MILLION * n)


def cost_of(group: Group, times: Iterable[tuple[int, int, int]]) -> Cost:
    """Return what time cost.

    Args:
        times: (day, annotator, milliseconds).
    """
    rates, same = group.rates(), group.same()
    sums: dict[str, int] = {}
    people: set[int] = set()
    total = unpriced = 0
    for day, who, ms in times:
        total += ms
        rate = rates.at(who, day) if ms else None
        if rate is not None:
            sums[rate.currency] = sums.get(rate.currency, 0) + ms * rate.hourly
        elif ms:
            people.add(same.get(who, who))
            unpriced += ms
    return Cost(sums, total, unpriced, len(people), bool(rates.people or rates.teams))


def _paid(group: Group, time: Callable[[Totals], int] = attrgetter("ms")) -> Cost:
    """Return what the reported time of a group cost.

    Args:
        time: which milliseconds of it are paid.
    """
    sums = group.sums(PAID).items()
    return cost_of(group, ((day, who, time(Totals(*one))) for (day, who), one in sums))


def _each(group: Group, n: int, why_none: str) -> Iterable[tuple[Extra, Estimate]]:
    """Give the cost of a group's time for each of n things."""
    times = totals(group, PAID)
    if not n:
        return single(estimate.undefined(0, why_none))
    if not times.n:
        return single(no_times(n))
    paid = _paid(group)
    if why := paid.why_not:
        return single(estimate.undefined(n, why).showing(currency=None))
    missing = untimed(group.first(SUBMISSIONS), times.n)
    each = Estimate(paid.per(n), None, None, n).noting(times.idle_note, missing)
    return single(each.showing(currency=paid.currency))


def _per_completed(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    sums = group.total(PROGRESS)
    ((keys, each),) = _each(group, sums[COMPLETED] if sums else 0, "no item was completed")
    submitted, times, paid = group.first(SUBMISSIONS), totals(group, PAID), _paid(group)
    known = submitted and times.n and not paid.why_not
    return [(keys, each.showing(per_label=paid.per(submitted) if known else None))]


TABS = 0.1
"""Where a larger part of the times is over the idle cut, they are long work and no open tabs."""


def _per_label(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    times = totals(group, PAID)
    if not times.n:
        return single(no_times())
    working = times.n - times.within > TABS * times.n
    part, n = ("ms", times.n) if working else ("within_ms", times.within)
    paid = _paid(group, attrgetter(part))
    if why := paid.why_not:
        return single(estimate.undefined(n, why).showing(currency=None))
    beyond = times.idle_note
    if beyond and working:
        beyond = f"with {beyond}: so many are work"
    elif beyond:
        beyond = f"without {beyond}"
    missing = untimed(group.first(SUBMISSIONS), times.n)
    each = Estimate(paid.per(n), None, None, n).noting(beyond, missing)
    return single(each.showing(currency=paid.currency))


def _per_accepted(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    return _each(group, group.first(PASSED), "no answer was accepted in review")


def _rework(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    reviewed, rejected, timed, _ = group.total(JUDGED) or (0, 0, 0, 0)
    if not reviewed:
        return single(estimate.undefined(0, NOTHING))
    if rejected and not timed:
        return single(estimate.undefined(reviewed, "no rejected answer has a reported time"))
    sums = group.sums(JUDGED).items()
    lost, paid = cost_of(group, ((day, who, one[3]) for (day, who), one in sums)), _paid(group)
    if why := lost.why_not:
        return single(estimate.undefined(reviewed, why).showing(share=None, currency=None))
    missing = rejected - timed
    answers = plural(rejected, "rejected answer", "rejected answers")
    note = f"{missing:,} of {answers} without a reported time"
    whole = None if paid.why_not else paid.per(1)
    found = Estimate(lost.per(1), None, None, reviewed, note if missing else "")
    return single(
        found.showing(
            share=lost.per(1) / whole if whole else None, currency=lost.currency or paid.currency
        )
    )


_PLACES = (*PLACE, "batch")
_TEAMS = (*_PLACES, "team")


def _metric(
    name: str, counted: str, keys: tuple[str, ...], needs: tuple[Need, ...], finish: Finish
) -> Metric:
    by = (*keys, *DATES)
    split = ("project",)
    return Metric(name, "money", counted, by, keys, needs, finish, split, min_n=20, joins=True)


_TIMES = (PAID, SUBMISSIONS)
METRICS = (
    _metric("cost_per_completed", "items", _PLACES, (*_TIMES, PROGRESS), _per_completed),
    _metric("cost_per_label", "times", _PLACES, _TIMES, _per_label),
    _metric("cost_per_accepted", "accepted answers", _TEAMS, (*_TIMES, PASSED), _per_accepted),
    _metric("rework_cost", "reviewed annotations", _TEAMS, (PAID, JUDGED), _rework),
)
