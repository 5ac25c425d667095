"""A rule while it is made on a page: what makes sense, whether it can be asked, how it is kept."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from labelpulse.alerts.lines import span_of
from labelpulse.alerts.rules import IN_WORDS, by_peers, metric_of, question
from labelpulse.config import Alert
from labelpulse.config.errors import table_error
from labelpulse.core.errors import UsageError
from labelpulse.metrics.base import TIMES
from labelpulse.metrics.direction import WORSE
from labelpulse.metrics.glossary import has_interval
from labelpulse.metrics.registry import METRICS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from labelpulse.reader import Scope

Kind = Literal["below", "above", "drift", "own", "changed", "peers", "silent", "late"]
KINDS: Mapping[Kind, str] = MappingProxyType(
    {
        "below": "Below a line",
        "above": "Above a line",
        "drift": "Leaves its control limits",
        "own": "Worse than its own past",
        "changed": "Changed from the window before",
        "peers": "Worse than the others",
        "silent": "No work",
        "late": "Forecast past the deadline",
    }
)
"""Kinds of conditions as people read them."""

WINDOW, PAST, FACTOR = 7, 28, 1.5
"""Days of a window and of a past, and how often it is exceeded, where nobody says otherwise."""

_LINES = {"share": 0.8, "s": 3600.0, "ratio": 1.5}
"""A first line by the unit of a number; of others 0."""

_DAY_S = 86_400
_UNITS = ((_DAY_S, "d"), (3600, "h"), (60, "m"), (1, "s"))


def watchable() -> list[str]:
    """Return the metrics that a rule can watch, in the order of the catalogue."""
    return [name for name, one in METRICS.items() if one.unit not in IN_WORDS]


def kinds_of(metric: str, by: Sequence[str] = ()) -> list[Kind]:
    """Return the kinds of conditions that make sense for a metric, the likeliest first."""
    found = METRICS[metric]
    if metric == "finish_date":
        return ["late"]
    if found.history and "day" in found.by:
        return ["drift"]
    kinds: list[Kind] = ["above", "below"] if WORSE.get(metric) == "higher" else ["below", "above"]
    if metric in WORSE:
        kinds.append("own")
    kinds.append("changed")
    if metric in WORSE and "annotator" in by and by_peers(found):
        kinds.append("peers")
    return [*kinds, "silent"] if metric == "annotations_submitted" else kinds


def keys_of(metric: str) -> list[str]:
    """Return what a rule on a metric can tell apart: a rule watches day by day anyway."""
    return [key for key in METRICS[metric].by if key not in TIMES]


def usual(metric: str, kind: Kind) -> dict[str, Any]:
    """Return a table [[alerts]] to begin with, all but its name: what makes sense for a metric."""
    found = METRICS[metric]
    by = [key for key in ("project", "control") if key in found.by]
    said: dict[str, Any] = {"metric": metric, "by": by}
    windowed = "day" in found.by and kind not in ("drift", "silent", "late")
    if windowed:
        said["window"] = f"{WINDOW}d"
    line = _LINES.get(found.unit, 0.0)
    low = line if line > span_of(found)[0] else 1.0
    conditions: dict[Kind, dict[str, Any]] = {
        "below": {"below": low},
        "above": {"above": 0.1 if found.unit == "share" else line},
        "drift": {"drift": True},
        "own": _own(metric),
        "changed": {"changed_by": 0.1 if found.unit == "share" else max(line, 1.0)},
        "peers": {"worse_than_peers": 0.1, "by": [*by, "annotator"]},
        "silent": {"no_data": 1},
        "late": {"late": True},
    }
    said |= conditions[kind]
    patient = kind in ("below", "above", "own", "changed", "late")
    return {**said, "for": 2, "keep_firing": 2} if patient else said


def _own(metric: str) -> dict[str, Any]:
    """Return a first past: without an interval only what is well beyond it tells anything."""
    said: dict[str, Any] = {"worse_than_own": f"{PAST}d"}
    if metric == "active_annotators":  # of more days there are more people
        said["window"] = f"{PAST}d"
    return said if has_interval(metric) else {**said, "factor": FACTOR}


def kind_of(rule: Alert) -> Kind:
    """Return the kind of a rule's condition; one with two lines counts as below."""
    said: dict[Kind, object] = {
        "drift": rule.drift or None,
        "late": rule.late or None,
        "own": rule.worse_than_own,
        "changed": rule.changed_by,
        "peers": rule.worse_than_peers,
        "silent": rule.no_data,
        "below": rule.below,
        "above": rule.above,
    }
    return next(kind for kind, value in said.items() if value is not None)


def rule_of(said: Mapping[str, Any]) -> Alert:
    """Return a rule as a table [[alerts]] says it.

    Raises:
        UsageError: it makes no sense, or no rule can watch that metric this way.
    """
    try:
        rule = Alert.model_validate(dict(said))
    except ValidationError as error:
        raise UsageError(table_error(error)) from None
    metric_of(rule)
    question(rule)
    return rule


def check(conn: "Connection", scope: "Scope", rule: Alert, now: int) -> None:
    """Find out whether a rule can be asked here: its projects, questions, keys and conditions.

    Args:
        now: microseconds UTC.

    Raises:
        UsageError: it cannot.
    """
    from labelpulse.reader.moment import Moment

    Moment(conn, scope, now).plan(question(rule))


def said_of(rule: Alert) -> dict[str, Any]:
    """Return a rule as a table [[alerts]] would say it: only what is not so by itself."""
    found = {}
    for name, field in Alert.model_fields.items():
        value = getattr(rule, name)
        if value != field.default:
            found[field.alias or name] = _plain(value)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        size, unit = next(one for one in _UNITS if seconds % one[0] == 0)
        return f"{seconds / size:g}{unit}"
    return list(value) if isinstance(value, tuple) else value


def toml(rule: Alert) -> str:
    """Return a rule as it stands in labelpulse.toml."""
    lines = [f"{key} = {_toml(value)}" for key, value in said_of(rule).items()]
    return "\n".join(["[[alerts]]", *lines])


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
