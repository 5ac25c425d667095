"""Throughput: submissions, skips and edits, by the local day of submission."""

from collections.abc import Iterable, Iterator
from datetime import date

from labelpulse import schema
from labelpulse.core import estimate
from labelpulse.core.days import local_day_hour
from labelpulse.core.estimate import Estimate
from labelpulse.core.events import Status
from labelpulse.core.formats import day_year
from labelpulse.core.items import ItemView
from labelpulse.metrics.base import PLACE, TIMES, Extra, Finish, Group, Metric, Need, single
from labelpulse.metrics.rollups import Contribution, Rollup
from labelpulse.stats.intervals import wilson

SUBMITTED, SKIPPED, EDITED = Status.SUBMITTED.value, Status.SKIPPED.value, 3


def activity_partials(view: ItemView) -> Iterator[Contribution]:
    """Yield (day, hour, batch, annotator, event): 1 for each piece of work, deleted or not."""
    batch, zone = view.item.batch, view.rules.timezone
    for one in view.work:
        day, hour = local_day_hour(one.submitted_at, zone)
        yield (day, hour, batch, one.annotator, one.status), (1,)
        if one.edited and one.status == SUBMITTED:
            yield (day, hour, batch, one.annotator, EDITED), (1,)


ROLLUPS = (Rollup(schema.activity, activity_partials),)

SUBMISSIONS = Need("activity", only=(("event", (SUBMITTED,)),))
SKIPS = Need("activity", only=(("event", (SKIPPED,)),))
EDITS = Need("activity", only=(("event", (EDITED,)),))
WORK = Need("activity", ("event",), only=(("event", (SUBMITTED, SKIPPED)),))
WORK_APART = Need("activity", ("project_id", "event"), only=WORK.only)
PEOPLE = Need("activity", ("annotator_id",), only=(("event", (SUBMITTED,)),))
KEYS = (*PLACE, "team", "batch", "annotator")
SPLIT_PROJECTS = ("project",)


def _counting(need: Need) -> Finish:
    return lambda group: single(estimate.count(group.first(need)))


def edits_since(group: Group) -> str:
    """Say since when edits are seen; "" where files tell all."""
    since = group.observed_since
    if not since:
        return ""
    return f"edits observed since {day_year(date.fromisoformat(since))}"


def _edited(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    return single(estimate.count(group.first(EDITS), edits_since(group)))


def _untold(skipped: int) -> str:
    """Say of no skips that it may be the tool, or its export, which tells of none."""
    return "" if skipped else "no skips recorded; some tools and exports record none"


def _skips(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    skipped = group.first(SKIPS)
    return single(estimate.count(skipped, _untold(skipped)))


def _skip_rate(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    sums = group.sums(WORK)
    skipped = sum(values[0] for (event,), values in sums.items() if event == SKIPPED)
    n = sum(values[0] for values in sums.values())
    if n == 0:
        return single(estimate.undefined(0, "nothing was submitted or skipped"))
    note = _untold(skipped) or _silent(group)
    return single(estimate.estimate(skipped / n, wilson(skipped, n), n, note))


def _silent(group: Group) -> str:
    """Say of joined projects how many have work and no skip: those of tools that record none."""
    if len(group.projects) < 2:
        return ""
    work = group.everybody(WORK_APART)
    there = {project for project, _ in work}
    silent = there - {project for project, event in work if event == SKIPPED}
    if not silent:
        return ""
    of = f"{len(silent)} of {len(there)} projects"
    if len(silent) == 1:
        return f"{of} records no skips, and its work counts"
    return f"{of} record no skips, and their work counts"


def _active(group: Group) -> Iterable[tuple[Extra, Estimate]]:
    sums, unknown, same = group.sums(PEOPLE), group.unknown(), group.same()
    nobody = sum(values[0] for (who,), values in sums.items() if who in unknown)
    people = {same.get(who, who) for (who,) in sums if who not in unknown}
    note = f"{nobody:,} submissions by nobody known left out"
    return single(estimate.count(len(people), note if nobody else ""))


def _count(name: str, unit: str, need: Need, finish: Finish) -> Metric:
    return Metric(name, unit, unit, (*KEYS, *TIMES), KEYS, (need,), finish)


METRICS = (
    _count("annotations_submitted", "annotations", SUBMISSIONS, _counting(SUBMISSIONS)),
    _count("annotations_skipped", "annotations", SKIPS, _skips),
    Metric(
        name="skip_rate",
        unit="share",
        counted="submissions and skips",
        by=(*KEYS, *TIMES),
        where=KEYS,
        needs=(WORK,),
        finish=_skip_rate,
        split=SPLIT_PROJECTS,
        joins=True,
        min_n=20,
    ),
    _count("annotations_edited", "annotations", EDITS, _edited),
    _count("active_annotators", "people", PEOPLE, _active),
)
