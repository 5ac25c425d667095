"""The tables behind a burn-up: labels made by day, the forecast of then, milestones."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy import Engine

from labelpulse.core.days import day_text, now_us
from labelpulse.metrics.base import Group, Need
from labelpulse.metrics.flow import PROGRESS
from labelpulse.metrics.forecast import DONE, work
from labelpulse.metrics.hindsight import BACK, forecast_then, milestones
from labelpulse.metrics.stages import WAITING
from labelpulse.reader.query import EVERYONE, MetricQuery, Row, Scope
from labelpulse.reader.read import Reading
from labelpulse.warehouse.engine import snapshot

CAME = Need("stage_flow", ("day",), (("stage", (WAITING,)),))
"""Items by the day on which they came: each waits for its first label from then on."""

_ARRIVED, _REQUIRED = 1, 1
_BARE = {"value": None, "low": None, "high": None, "n": 0, "note": None}
Clock = Callable[[], int]


@contextmanager
def _of_project(
    engine: Engine, query: MetricQuery, scope: Scope, clock: Clock
) -> Iterator[Group | None]:
    """Give the sums of a query's project while its snapshot is open; None without items.

    Of a query only the project and the batches matter: a forecast is not told by team.
    """
    where = tuple(one for one in query.where if one.key == "batch")
    asked = replace(
        query, metric="finish_date", by=(), since=None, until=None, control=None, where=where
    )
    with snapshot(engine) as conn:
        reading = Reading(conn, asked, scope, clock())
        yield next((group for _, group in reading.groups()), None)


def labels_by_day(
    engine: Engine, query: MetricQuery, scope: Scope = EVERYONE, *, clock: Clock = now_us
) -> list[Row]:
    """Return the required labels by the day on which they were made, and the items that came.

    Args:
        query: project and batches; its metric, days and the rest do not matter.

    Returns:
        Rows with ``day`` (None = unknown), value = n = labels, ``items`` = items that came.
    """
    with _of_project(engine, query, scope, clock) as group:
        if group is None:
            return []
        made = {day: values[0] for (day,), values in group.sums(DONE).items()}
        came = _came(group)
        return [
            {
                **_BARE,
                "day": day_text(day) if day else None,
                "value": made.get(day, 0),
                "n": made.get(day, 0),
                "items": came.get(day, 0),
            }
            for day in sorted({*made, *came})
        ]


def _came(group: Group) -> dict[int, int]:
    return {day: values[_ARRIVED] for (day,), values in group.sums(CAME).items()}


def finish_then(
    engine: Engine,
    query: MetricQuery,
    scope: Scope = EVERYONE,
    *,
    back: int = BACK,
    clock: Clock = now_us,
) -> list[Row]:
    """Return the forecast of so many days ago, from what was known by then.

    Items that came since were not known then; they are taken to need as many labels as the mean.

    Args:
        query: as for `labels_by_day`.

    Returns:
        A row with ``day`` (the first day that was not over), ``p10``, ``p50``, ``p90``,
        ``remaining`` and note; none where the history does not reach so far back.
    """
    with _of_project(engine, query, scope, clock) as group:
        found = None if group is None else work(group)
        if group is None or found is None or isinstance(found, str):
            return []
        items, required, *_ = group.total(PROGRESS)
        first = group.project.today - back
        late = sum(n for day, n in _came(group).items() if first <= day < group.project.today)
        then = forecast_then(found, back, round(late * required / items) if items else 0)
    if then is None:
        return []
    end = then.end
    days = {"p10": end.low, "p50": end.median, "p90": end.high}
    return [
        {
            **_BARE,
            **{name: _text(day) for name, day in days.items()},
            "day": day_text(then.day),
            "remaining": then.remaining,
            "note": then.why or None,
        }
    ]


def reached(
    engine: Engine, query: MetricQuery, scope: Scope = EVERYONE, *, clock: Clock = now_us
) -> list[Row]:
    """Return when quarters of the required labels were made, or are likely to be.

    Args:
        query: as for `labels_by_day`.

    Returns:
        Rows with ``share``, value = labels, ``made`` = they are there, ``day`` on which they came,
        and where they are not, ``p10``, ``p50`` and ``p90``; none for files and without items.
    """
    with _of_project(engine, query, scope, clock) as group:
        found = None if group is None else work(group)
        if group is None or found is None or isinstance(found, str):
            return []
        required = group.total(PROGRESS)[_REQUIRED]
        unknown = group.sums(DONE).get((0,), (0,))[0]
        return [
            {
                **_BARE,
                "share": one.share,
                "value": one.labels,
                "made": one.end is None,
                "day": _text(one.reached),
                "p10": _text(None if one.end is None else one.end.low),
                "p50": _text(None if one.end is None else one.end.median),
                "p90": _text(None if one.end is None else one.end.high),
            }
            for one in milestones(found, required, unknown)
        ]


def _text(day: int | None) -> str | None:
    return None if day is None else day_text(day)
