"""What is told of an alert that ends: the number as it is now, and what it was."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from labelpulse.alerts.conditions import COUNTS
from labelpulse.alerts.evidence import link_of
from labelpulse.alerts.notice import Kind, Notice
from labelpulse.alerts.said import two
from labelpulse.charts import formats
from labelpulse.core.catalogue import say
from labelpulse.metrics.registry import METRICS
from labelpulse.reader.query import MetricQuery

if TYPE_CHECKING:
    from labelpulse.alerts.machine import Judged
    from labelpulse.config import Alert

Evidence = Mapping[str, Any]
"""What was said of an alert when it was told last: see `labelpulse.alerts.evidence.Said`."""


def over(told: Notice, rule: "Alert", said: Evidence, now: "Judged | None", base: str) -> Notice:
    """Return a notice as it tells that its alert is over: by the present number.

    Args:
        told: what was told of it. now: None = no number is known. base: where the pages are.
    """
    lines = (_over(told.kind),)
    if now is None or now.value is None:
        none = dict.fromkeys(("value", "low", "high", "n"))
        return replace(told, title=was(told, said), lines=lines, **none)  # type: ignore[arg-type]
    return replace(
        told,
        title=_title(rule, said, now),
        lines=lines,
        link=_link(told, rule, said, now, base),
        value=now.value,
        low=now.low,
        high=now.high,
        n=now.n,
    )


def was(told: Notice, said: Evidence) -> str:
    """Return in words what a number was; as it was told where that is not known."""
    measure, value = said.get("measure"), said.get("value")
    if not measure or value is None or told.unit in _NO_NUMBERS:
        return told.title
    return say("{measure} was {value}", measure=measure, value=formats.value(value, told.unit))


_NO_NUMBERS = ("sd", "days")
"""Units of what is told by a sentence of its own."""


def _title(rule: "Alert", said: Evidence, now: "Judged") -> str:
    measure, unit = said.get("measure") or rule.name, said.get("unit") or ""
    value, before = now.value or 0.0, said.get("value")
    if rule.drift:
        return say("{measure} is back within its control limits", measure=measure)
    if rule.late:
        return say("{measure}: no longer forecast after the deadline", measure=measure)
    shown, past = (formats.value(value, unit), "") if before is None else two(value, before, unit)
    told = {"measure": measure, "value": f"{shown}{_sure(now, unit)}"}
    if before is None:
        return say("{measure}: {value}", **told)
    if METRICS[rule.metric].unit in COUNTS:
        return say("{measure}: {value}, was {past}", **told, past=past)
    return say("{measure} is {value}, was {past}", **told, past=past)


def _sure(now: "Judged", unit: str) -> str:
    """Return the interval and the n of a number as they stand behind it; "" = it is a count."""
    n = "" if not now.n or now.n == now.value else f"n {formats.count(now.n)}"
    told = ", ".join(filter(None, (formats.interval(now.low, now.high, unit), n)))
    return f" ({told})" if told else ""


def _over(kind: str) -> str:
    if kind == Kind.UNCONFIRMED:
        return say("It fired during a day whose end did not confirm it.")
    return say("The number is back within its line.")


def _link(told: Notice, rule: "Alert", said: Evidence, now: "Judged", base: str) -> str:
    """Return the address of the present number: of as many days, up to its own."""
    query = query_of(said, told.project)
    if query is None:
        return told.link
    if query.until is not None:
        last, since = date.fromordinal(now.day), query.since
        length = _days(since, query.until) if since else timedelta()
        since = (last - length).isoformat() if since else None
        query = replace(query, since=since, until=last.isoformat())
    return link_of(base, rule, query, told.since)


def _days(first: str, last: str) -> timedelta:
    return date.fromisoformat(last) - date.fromisoformat(first)


def query_of(said: Evidence, project: str) -> MetricQuery | None:
    """Return what asks for the number that an alert told, of its project's present label.

    None = it was not kept, or asks for what there is no more.

    Args:
        project: "" = of no single one.
    """
    asked = said.get("query")
    if not asked or asked.get("metric") not in METRICS:
        return None
    return MetricQuery(**{**asked, "project": project or asked.get("project")})
