"""The outlook of a project: its burn-up, milestones and batches, as pages and reports show them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from labelpulse.charts.burn_up import Course
from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.findings.assess import holidays, made_by_day, need, project_pace
from labelpulse.findings.pace import working_weekdays
from labelpulse.findings.selection import Selection
from labelpulse.reader import MetricQuery

_AHEAD = 400
"""Days after today over which days without work are known well enough to shade."""


def burn_up_queries(selection: Selection) -> list[MetricQuery]:
    """Return the metrics that stand behind the burn-up."""
    names = ("finish_date", "required_rate", "progress")
    return [selection.query(name) for name in names]


def burn_up_rows(selection: Selection) -> list[dict[str, object]]:
    """Return the lines of the burn-up as a table: labels there and needed by the end of days."""
    drawn = course(selection)
    needed = dict(drawn.scope)
    last = drawn.scope[0][1] if drawn.scope else None
    told: list[dict[str, object]] = []
    for day, n in drawn.done.items():
        last = needed.get(day, last)
        told.append({"Day": day, "Done": n, "Needed": last})
    return told


def course(selection: Selection) -> Course:
    """Return what the burn-up draws, gathered from a selection."""
    rows = selection.detail("labels_by_day")
    progress = selection.one("progress")
    required = 0 if progress is None else progress["n"]
    steps = scope_steps(rows, selection.holding.items, required, selection.span.since)
    unsure = need(selection)
    forecast = None if unsure or selection.file else selection.one("finish_date")
    return Course(
        made={date.fromisoformat(row["day"]): row["value"] for row in rows if row["day"]},
        before=sum(row["value"] for row in rows if not row["day"]),
        scope=steps,
        span=selection.span,
        deadline=selection.deadline,
        finish=forecast,
        then=next(iter(selection.detail("finish_then")), None) if forecast else None,
        required=None if forecast is None else _required(selection),
        off=days_off(selection),
        unsure=unsure,
        why="a file has no now" if selection.file and not unsure else "",
        known=len(steps) > 1,
    )


def _required(selection: Selection) -> Row | None:
    """Return the pace that is needed, with the one ``made`` that tiles and the verdict tell."""
    row = selection.one("required_rate")
    return None if row is None else {**row, "made": project_pace(selection).made}


def scope_steps(
    rows: Iterable[Row], items: int, required: float, first: date
) -> list[tuple[date, float]]:
    """Return from which day on how many labels were needed; the last step is what is needed now.

    Items count from the day they came on, and those of which it is not known from the first day;
    each is taken to need the mean of all.

    Args:
        rows: keys ``day``, ``items`` = those that came.
    """
    came = {date.fromisoformat(row["day"]): row["items"] for row in rows if row["day"]}
    came = {day: n for day, n in sorted(came.items()) if n}
    each = required / items if items else 0
    there = max(items - sum(came.values()), 0)
    start = min([first, *came])
    steps = [(start, there * each)] if there or not came else []
    for day, n in came.items():
        there = min(there + n, items)
        steps.append((day, there * each))
    return [*steps[:-1], (steps[-1][0], required)]


def days_off(selection: Selection) -> list[date]:
    """Return the days without work around now: weekdays not worked on, and holidays."""
    weekdays = working_weekdays(made_by_day(selection), selection.span.today)
    free = holidays(selection)
    last = selection.span.today + timedelta(days=_AHEAD)
    days = (
        (selection.span.since + timedelta(days=n))
        for n in range((last - selection.span.since).days)
    )
    return [day for day in days if day.isoweekday() not in weekdays or day in free]


def milestone_rows(selection: Selection) -> list[dict[str, object]]:
    """Return a table of quarters of the work: when they were there, or are likely to be."""
    return [
        {
            "Milestone": f"{formats.percent(row['share'])} of labels",
            "Labels": row["value"],
            "Reached": _day(row["day"]) or (_NOT if row["made"] else ""),
            "Likely (p50)": _day(row["p50"]) or ("" if row["made"] else _FAR),
            "Between (p10 to p90)": _between(row),
        }
        for row in selection.detail("milestones")
    ]


_NOT = "on a day that is not known"
_FAR = "more than three years from now"


def _day(text: str | None) -> str:
    return "" if text is None else formats.day_year(date.fromisoformat(text))


def _between(row: Row) -> str:
    if row["p10"] is None:
        return ""
    first, last = _day(row["p10"]), _day(row["p90"])
    if not last:
        return f"{first} to more than three years from now"
    return f"{first} to {last}"


_BLOCKED = ("stage=blocked",)


def batch_rows(selection: Selection) -> list[dict[str, object]]:
    """Return a table of batches: how far each is, what is left, what was skipped and is blocked.

    Empty where there is one batch or none: it would repeat the page.
    """
    rows = selection.rows("progress", "batch")
    if len(rows) < 2:
        return []
    left = _by_batch(selection.rows("labels_remaining", "batch"))
    skips = _by_batch(selection.rows("skip_rate", "batch"))
    blocked = _by_batch(selection.rows("stage_items", "batch", where=_BLOCKED))
    ends = {row["batch"]: row for row in selection.rows("finish_date", "batch")}
    return [
        {
            "Batch": row["batch"] or "in no batch",
            "Done": None if row["value"] is None else 100 * row["value"],
            "Labels left": left.get(row["batch"], 0),
            "Skipped": None if (share := skips.get(row["batch"])) is None else 100 * share,
            "Blocked items": blocked.get(row["batch"], 0),
            "Likely done": _end(ends.get(row["batch"])),
        }
        for row in sorted(rows, key=lambda row: str(row["batch"] or "~").casefold())
    ]


def batch_queries(selection: Selection) -> list[MetricQuery]:
    """Return the metrics that stand behind the table of batches."""
    names = ("progress", "labels_remaining", "skip_rate", "finish_date")
    return [
        *(selection.query(name, "batch") for name in names),
        selection.query("stage_items", "batch", where=_BLOCKED),
    ]


def _end(row: Row | None) -> str:
    return "" if row is None else _day(row["p50"])


def _by_batch(rows: Sequence[Row]) -> Mapping[str | None, float]:
    return {row["batch"]: row["value"] for row in rows if row["value"] is not None}
