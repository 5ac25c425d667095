"""What a rule watches and how: its question, its subjects, its condition in words."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from labelpulse.alerts.lines import check_lines
from labelpulse.alerts.machine import Patience
from labelpulse.alerts.parts import words
from labelpulse.core import formats
from labelpulse.core.errors import UsageError
from labelpulse.metrics.base import TIMES, Metric
from labelpulse.metrics.direction import WORSE
from labelpulse.metrics.glossary import has_interval
from labelpulse.metrics.registry import METRICS, metric
from labelpulse.reader import MetricQuery, Row

if TYPE_CHECKING:
    from labelpulse.config import Alert

_FOR_PEOPLE = frozenset(
    {"name", "severity", "owner", "channels", "periods", "keep_firing", "hysteresis"}
)
"""What may change while the number that is watched stays the same."""

KNOWN_BY = 2
"""Rises with what subjects are known by: states that were kept before are walked anew."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One series that a rule watches: the keys of its rows tell it from others.

    Attributes:
        keys: key and value, in the order of the rows. project: the label of the project it is of;
            None = of several, or of none. project_id: that project, whatever its label is.
    """

    keys: tuple[tuple[str, str | None], ...]
    project: str | None = field(default=None, compare=False)
    project_id: int | None = field(default=None, compare=False)

    @property
    def digest(self) -> str:
        """What it is known by, the same after its project was renamed."""
        lasting = {"project": self.project_id} if self.project_id is not None else {}
        return digest([(key, lasting.get(key, value)) for key, value in self.keys])

    def named(self, label: str) -> "Subject":
        """Return it with another label of its project."""
        renamed = ((key, label if key == "project" else value) for key, value in self.keys)
        return self if label == self.project else Subject(tuple(renamed), label, self.project_id)

    @property
    def words(self) -> str:
        """Its keys as people read them."""
        return " · ".join(dict.fromkeys(self.values))

    @property
    def values(self) -> list[str]:
        """The values of its keys, those that are unclear with the kind of word."""
        return words(self.keys)

    def document(self) -> str:
        """Return it as JSON."""
        told = {"keys": self.keys, "project": self.project, "project_id": self.project_id}
        return json.dumps(told, ensure_ascii=False)


def subject_of(text: str) -> Subject:
    """Return the subject that `Subject.document` wrote."""
    told = json.loads(text)
    keys = tuple((key, value) for key, value in told["keys"])
    return Subject(keys, told["project"], told["project_id"])


def digest(value: object) -> str:
    """Return a digest of plain values, the same in every process.

    >>> digest(("a", 1)) == digest(["a", 1]), len(digest("a"))
    (True, 40)
    """
    told = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return blake2b(told.encode(), digest_size=20).hexdigest()


def metric_of(rule: "Alert") -> Metric:
    """Return the metric that a rule watches.

    Raises:
        UsageError: there is none of that name, or a rule cannot watch it this way.
    """
    found = metric(rule.metric)
    if times := [one for one in rule.by if one in TIMES]:
        raise UsageError(f"a rule watches day by day: leave {', '.join(times)} out of by")
    if unknown := [one for one in rule.by if one not in found.by]:
        known = ", ".join(one for one in found.by if one not in TIMES)
        raise UsageError(f"{found.name} cannot be split by {unknown[0]!r}: it knows {known}")
    drifts = found.history and "day" in found.by
    if bool(rule.drift) != drifts:
        raise UsageError(
            f"{found.name} is watched by drift = true"
            if drifts
            else f"{found.name} has no control chart: drift is for {_drifting(found)}"
        )
    if rule.late != (found.name == "finish_date"):
        raise UsageError("late is for finish_date, and finish_date is watched by late = true")
    if rule.no_data is not None and found.name != "annotations_submitted":
        raise UsageError("no_data asks whether anybody works: watch annotations_submitted")
    if found.unit in IN_WORDS:
        raise UsageError(f"{found.name} is no number, so that no rule can watch it")
    _check_peers(rule, found)
    _check_window(rule, found)
    _check_own(rule, found)
    check_lines(rule, found)
    return found


IN_WORDS = ("decision", "group", "stage", "state")
"""Units of what is told in words."""


def _check_peers(rule: "Alert", found: Metric) -> None:
    if rule.worse_than_peers is None:
        return
    if "annotator" not in rule.by:
        raise UsageError("worse_than_peers is for people: by must name annotator")
    if not by_peers(found):
        raise UsageError(
            f"worse_than_peers is for shares such as gold_accuracy: {found.name} cannot be taken "
            "apart by person"
        )


def by_peers(found: Metric) -> bool:
    """Return whether a metric is a share that can be taken apart: of some and of the others."""
    return found.unit == "share" and not as_of_now(found) and "annotator" in found.by


def _check_window(rule: "Alert", found: Metric) -> None:
    past = rule.worse_than_own is not None or rule.changed_by is not None
    if as_of_now(found):
        if rule.window is not None:
            raise UsageError(f"{found.name} is only known as of now: leave window out")
    elif past and rule.window is None:
        raise UsageError("what is held against its own past needs a window, such as 7d")


def _check_own(rule: "Alert", found: Metric) -> None:
    """Refuse a past that tells nothing: without a direction, or by chance alone."""
    if rule.worse_than_own is None and rule.worse_than_peers is None:
        return
    if found.name not in WORSE:
        raise UsageError(
            f"lower {found.name} is neither better nor worse: use below, above or changed_by"
        )
    if rule.worse_than_own is None:
        return
    if found.name == "active_annotators" and days_of(rule) != rule.worse_than_own.days:
        raise UsageError(
            "active_annotators of more days are more people: give a window as long as "
            "worse_than_own"
        )
    if rule.factor == 1 and not has_interval(found.name):
        raise UsageError(
            f"{found.name} has no interval, so that every second number is worse than its past: "
            "give a factor, such as factor = 2"
        )


def as_of_now(found: Metric) -> bool:
    """Return whether a number has no days: its history is what was kept of it."""
    return "day" not in found.by


def _drifting(found: Metric) -> str:
    return f"metrics such as agreement_drift, not for a {found.kind}"


def question(rule: "Alert", *, without: str = "") -> MetricQuery:
    """Return what a rule watches, on all days: the query that a page would plot.

    What is never mixed (projects, controls) is a key of its own also where there is only one of
    it, so that a subject stays the same when a second comes.

    Args:
        without: a key of the rule that is left out.
    """
    keys = _keys(metric(rule.metric), rule.by)
    return MetricQuery(
        rule.metric,
        project=rule.project,
        control=rule.control,
        by=tuple(one for one in keys if one != without),
        where=rule.where,  # type: ignore[arg-type]
        min_n=rule.min_n,
    )


def _keys(found: Metric, by: tuple[str, ...]) -> tuple[str, ...]:
    return (*(one for one in found.split if one in found.by), *by)


def question_digest(rule: "Alert") -> str:
    """Return what the numbers of a rule are known by, whatever its line is."""
    asked = question(rule)
    where = [one.text() for one in asked.where]
    project = None if "project" in asked.by else asked.project  # subjects have it by its id
    return digest([asked.metric, project, asked.control, asked.by, where])


def definition(rule: "Alert") -> str:
    """Return what tells whether a rule was changed in what it fires at."""
    said = rule.model_dump(mode="json", exclude=set(_FOR_PEOPLE - {"hysteresis"}))
    return digest([KNOWN_BY, said, rule.periods, rule.keep_firing])


def patience(rule: "Alert") -> Patience:
    """Return how long a rule waits."""
    return Patience(max(rule.periods, rule.no_data or 1), rule.keep_firing)


def days_of(rule: "Alert") -> int | None:
    """Return the days of a rule's window; None = from the beginning on."""
    return None if rule.window is None else max(rule.window.days, 1)


def subject_in(rule: "Alert", row: Row, only: str | None, ids: Mapping[str, int]) -> Subject:
    """Return the subject that a row is of.

    Args:
        only: label of the only project there is, or of the rule's. ids: of projects by label.
    """
    label = row.get("project") or only
    return Subject(keys_in(rule, row), label, ids.get(label or ""))


def keys_in(rule: "Alert", row: Row) -> tuple[tuple[str, str | None], ...]:
    """Return the keys that tell a rule's subjects apart, as a row has them."""
    names = _names(rule.metric, rule.by)
    return tuple((name, _text(row[name])) for name in names if name in row)


@cache
def _names(name: str, by: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns that tell the subjects of a metric apart."""
    found = metric(name)
    keys = (*_keys(found, by), *found.implied)
    every = (column for key in keys for column in _columns(key) if column not in TIMES)
    return tuple(dict.fromkeys(every))


def _columns(key: str) -> tuple[str, ...]:
    return ("annotator_a", "annotator_b") if key == "annotator_pair" else (key,)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def values_of(subject: Subject) -> Mapping[str, str]:
    """Return a subject's keys that have a value."""
    return {key: value for key, value in subject.keys if value is not None}


def condition(rule: "Alert") -> str:
    """Return a rule's condition in words."""
    told = _condition(rule)
    days = days_of(rule)
    if days is None or rule.drift or rule.no_data:
        return told
    return f"{told} over {days} {'day' if days == 1 else 'days'}"


def _condition(rule: "Alert") -> str:
    if rule.below is not None or rule.above is not None:
        return _lines(rule)
    if rule.worse_than_own is not None:
        return _own(rule, rule.worse_than_own.days)
    if rule.changed_by is not None:
        return f"{limit(rule, rule.changed_by)} or more from the window before"
    if rule.worse_than_peers is not None:
        by = limit(rule, rule.worse_than_peers)
        return f"{by} or more worse than the others"
    if rule.no_data is not None:
        days = formats.count_of(rule.no_data, "working day", "working days")
        return f"no work on {days}"
    return _drift(rule) if rule.drift else "forecast past the deadline"


def _drift(rule: "Alert") -> str:
    if rule.drift is True:
        return "beyond its control limits"
    low = rule.drift == "low"
    return "below its control limits" if low else "above its control limits"


def _lines(rule: "Alert") -> str:
    if rule.below is not None and rule.above is not None:
        below, above = limit(rule, rule.below), limit(rule, rule.above)
        return f"below {below} or above {above}"
    if rule.below is not None:
        return f"below {limit(rule, rule.below)}"
    limit_text = limit(rule, rule.above or 0)
    return f"above {limit_text}"


def _own(rule: "Alert", days: int) -> str:
    if rule.factor == 1:
        return f"worse than its own {days} days"
    return f"{plain(rule.factor)} times worse than its own {days} days"


def plain(number: float) -> str:
    """Return a number as it is written."""
    return f"{number:g}"


def limit(rule: "Alert", number: float) -> str:
    """Return a line in the unit of a rule's metric, with all the decimals that it has."""
    unit = METRICS[rule.metric].unit if rule.metric in METRICS else ""
    if unit == "share":
        return formats.percent(number, int(abs(100 * number - round(100 * number)) > 1e-9))
    return formats.duration(number) if unit == "s" else plain(number)
