"""How the configured rules stand now: each subject's number against its line.

A glance, not a watch: it keeps no state, so that nothing here fires or is resolved.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from labelpulse.core.catalogue import say
from labelpulse.core.errors import LabelpulseError
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import MetricQuery, Row

if TYPE_CHECKING:
    from labelpulse.config.alerting import Alert

State = Literal[
    "clearly beyond", "beyond", "within", "too few", "no data", "not watched yet", "cannot be asked"
]
WORDS: Mapping[State, str] = MappingProxyType(
    {
        "clearly beyond": say("clearly beyond"),
        "beyond": say("beyond"),
        "cannot be asked": say("cannot be asked"),
        "not watched yet": say("not watched yet"),
        "no data": say("no data"),
        "too few": say("too few"),
        "within": say("within"),
    }
)
"""Each state as people read it, those beyond their line first."""

ORDER: Sequence[State] = tuple(WORDS)
Read = Callable[[MetricQuery], list[Row]]
_NUMBERS = frozenset({"value", "low", "high", "n", "note"})


@dataclass(frozen=True, slots=True)
class Standing:
    """One subject of a rule now.

    Attributes:
        subject: the keys of the row in words; "" = the whole.
        line: the condition in words. row: None = there is no number.
        state: clearly beyond = with the whole interval; not watched yet = a condition that one look
            cannot tell. why: what cannot be asked.
    """

    rule: "Alert"
    subject: str
    line: str
    row: Row | None
    state: State
    why: str = ""


def standings(rules: Sequence["Alert"], read: Read) -> list[Standing]:
    """Return every subject of every rule, those beyond their line first.

    Args:
        read: answers a query; what it refuses is told with its sentence.
    """
    found = [one for rule in rules for one in _of(rule, read)]
    return sorted(found, key=lambda one: ORDER.index(one.state))


def _of(rule: "Alert", read: Read) -> list[Standing]:
    line = condition(rule)
    try:
        rows = read(subject(rule, newest_day(rule, read)))
    except LabelpulseError as error:
        return [Standing(rule, "", line, None, "cannot be asked", str(error))]
    if rule.drift:
        rows = _newest(rows)
    if not rows:
        return [Standing(rule, "", line, None, "no data")]
    return [
        Standing(rule, _keys(rule, row), _limits(row) or line, row, state(rule, row))
        for row in rows
    ]


def newest_day(rule: "Alert", read: Read) -> date | None:
    """Return the newest day that has data, which a rule's window ends with; None = no window."""
    metric = METRICS.get(rule.metric)
    if metric is None or rule.window is None or rule.drift or "day" not in metric.by:
        return None
    query = MetricQuery(rule.metric, project=rule.project, control=rule.control, by=("day",))
    days = [row["day"] for row in read(query) if row["day"] and row["value"] is not None]
    return date.fromisoformat(max(days)) if days else None


def subject(rule: "Alert", last: date | None) -> MetricQuery:
    """Return what a rule watches: the query that a page would plot.

    Args:
        last: last day of its window; None = all days.
    """
    since = until = None
    if last is not None and rule.window is not None:
        until = last.isoformat()
        since = (last - timedelta(days=max(rule.window.days, 1) - 1)).isoformat()
    return MetricQuery(
        rule.metric,
        project=rule.project,
        control=rule.control,
        by=rule.by,
        where=rule.where,  # type: ignore[arg-type]
        since=since,
        until=until,
        min_n=rule.min_n,
    )


def condition(rule: "Alert") -> str:
    """Return a rule's condition in words."""
    parts = []
    if rule.below is not None:
        parts.append(say("below {limit}", limit=_plain(rule.below)))
    if rule.above is not None:
        parts.append(say("above {limit}", limit=_plain(rule.above)))
    if rule.drift:
        parts.append(say("beyond its control limits"))
    if rule.worse_than_own is not None:
        parts.append(say("worse than its own {n} days", n=rule.worse_than_own.days))
    told = parts[0] if parts else say("no condition")
    for part in parts[1:]:
        told = say("{first} or {second}", first=told, second=part)
    if rule.window is None:
        return told
    return say("{condition} over {n} days", condition=told, n=rule.window.days)


def _plain(limit: float) -> str:
    return f"{limit:g}"


def state(rule: "Alert", row: Row) -> State:
    """Return how a number stands to its rule's line."""
    value = row["value"]
    if rule.drift:
        return "clearly beyond" if row.get("alarm") else "within"
    if rule.below is None and rule.above is None:
        return "not watched yet"  # its own history is for the watch that keeps state
    if value is None:
        return "no data"
    least = METRICS[rule.metric].min_n if rule.min_n is None else rule.min_n
    if (row["n"] or 0) < least:
        return "too few"
    low, high = row["low"], row["high"]
    below = rule.below is not None and value < rule.below
    above = rule.above is not None and value > rule.above
    if not below and not above:
        return "within"
    whole = below and high is not None and high < (rule.below or 0)
    whole = whole or (above and low is not None and low > (rule.above or 0))
    return "clearly beyond" if whole or low is None else "beyond"


def _newest(rows: Sequence[Row]) -> list[Row]:
    """Return the last day of each series; the last with a number, where one has any.

    A day that has too few items yet adds nothing to what the days before it say.
    """
    series: dict[tuple[object, ...], Row] = {}
    for row in rows:
        key = tuple(row.get(one) for one in ("project", "control", "batch", "annotator", "team"))
        if row["value"] is not None or key not in series or series[key]["value"] is None:
            series[key] = row
    return list(series.values())


def _limits(row: Row) -> str:
    """Return the condition of drift with its limits, which a series has; "" = it has none."""
    limit = row.get("limit")
    return "" if limit is None else say("beyond its limits of ±{limit} SD", limit=_plain(limit))


def _keys(rule: "Alert", row: Row) -> str:
    keys = ("project", "control", *rule.by)
    return " · ".join(dict.fromkeys(str(row[one]) for one in keys if row.get(one)))
