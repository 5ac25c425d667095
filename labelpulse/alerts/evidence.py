"""What an alert says: what, since when, how sure, the likely cause, which items, what to do."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from labelpulse.alerts import said
from labelpulse.alerts.case import Asking, Case, asking_at, case_of, known
from labelpulse.alerts.causes import Cause, cause_of
from labelpulse.core import formats
from labelpulse.findings.pages import address, place
from labelpulse.metrics.registry import METRICS
from labelpulse.reader.query import Condition, MetricQuery
from labelpulse.reader.recheck import Since, count_since

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from labelpulse.alerts.machine import Judged
    from labelpulse.alerts.rules import Subject
    from labelpulse.config import Alert, Settings
    from labelpulse.reader import Scope

Document = dict[str, Any]
Explain = Callable[["Alert", "Subject", "Judged", int], Document]

USUAL_DAYS = 91
"""The days that a page shows unless others are chosen."""

_QUALITY = ("agreement_", "gold_", "match_", "pair_", "peer_", "label_mix_drift")
"""Beginnings of metrics of answers that are worth a second look once they fell."""
_RECHECKED = ("annotator", "team", "batch")


@dataclass(frozen=True, slots=True)
class Said:
    """What there is to say of a subject that fires; plain text, people by pseudonym.

    Attributes:
        title: one line with the number and its line. measure: what the number is of, in words.
        lines: sentences, in the order of their use.
        link: the page that plots the number. since: ISO day of the change, "" = not by days.
        value, low, high: in `unit`; currency: of money, "" = not known.
        cause: in words, "" = not told apart.
        items: how many were answered since then, None = the number is not about answers.
        query: asks for the number again, as plain JSON. do: what to do.
    """

    title: str
    measure: str
    lines: tuple[str, ...]
    link: str
    metric: str
    unit: str
    currency: str
    value: float | None
    low: float | None
    high: float | None
    n: int | None
    since: str
    cause: str
    items: int | None
    query: Document
    do: str

    def document(self) -> Document:
        """Return it as plain JSON."""
        return {**asdict(self), "lines": list(self.lines)}


def explainer(engine: "Engine", settings: "Settings", scope: "Scope", now: int) -> Explain:
    """Return what explains the subjects that fire at an instant; it looks when it is first asked.

    Args:
        now: microseconds UTC.
    """
    found: list[Asking] = []

    def explained(rule: "Alert", subject: "Subject", judged: "Judged", since: int) -> Document:
        if not found:
            found.append(asking_at(engine, settings, scope, now))
        return explain(found[0], rule, subject, judged, since)

    return explained


def explain(
    asking: Asking, rule: "Alert", subject: "Subject", judged: "Judged", since: int
) -> Document:
    """Return what there is to say of a subject that fires, as plain JSON: see `Said`.

    Args:
        since: ordinal of the first day beyond the line; 0 = not by days.
    """
    case = case_of(asking, rule, subject, judged, since)
    return _said(case, cause_of(case)).document()


def _said(case: Case, cause: Cause) -> Said:
    since, judged, query = changed_on(case, cause), case.judged, case.query
    items = known(lambda: _items(case, since))
    day = "" if since is None else since.isoformat()
    return Said(
        title=known(lambda: said.title(case, cause)) or said.plain_title(case),
        measure=said.measure(case),
        lines=tuple(_sentence(one) for one in _lines(case, cause, items) if one),
        link=link_of(case.asking.asked.settings.dashboard.url, case.rule, query, day),
        metric=case.metric.name,
        unit=said.unit_of(case),
        currency=said.currency(case),
        value=judged.value,
        low=judged.low,
        high=judged.high,
        n=judged.n,
        since=day,
        cause=cause.why,
        items=items,
        query=as_json(query),
        do=cause.do,
    )


def changed_on(case: Case, cause: Cause) -> date | None:
    """Return the day since which answers are to be looked at; None = not by days.

    That of the control chart where it dates the change, else the first day beyond the line.
    """
    if cause.alarm is not None:
        return cause.alarm.since
    return date.fromordinal(case.since) if case.since else None


def _lines(case: Case, cause: Cause, items: int | None) -> Iterator[str]:
    yield said.since(case, cause)
    yield known(lambda: said.sure(case, cause)) or ""
    yield _why(case, cause)
    if items:
        was, them = ("was", "it") if items == 1 else ("were", "them")
        yield (
            f"{formats.count_of(items, 'item', 'items')} {was} answered since then: Alerts "
            f"exports {them} for another look"
        )
    yield cause.do


def _why(case: Case, cause: Cause) -> str:
    if not cause.why:
        return "The cause is not told apart"
    if case.person is not None:
        return f"A reason to talk, no proof: {cause.why}"
    return f"Likely cause: {cause.why}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?")) or not text else f"{formats.begun(text)}."


def _items(case: Case, since: date | None) -> int | None:
    """Return how many items were answered since the change; None = no answers are in doubt."""
    if since is None or not case.metric.name.startswith(_QUALITY):
        return None
    asked = rechecked(case, since)
    if asked is None:
        return None
    engine, scope = case.asking.asked.engine, case.asking.asked.scope
    return case.asking.once(asked, lambda: count_since(engine, asked, scope))


def rechecked(case: Case, since: date) -> Since | None:
    """Return which answers a fall of quality puts in doubt; None = of no single question."""
    if case.project is None or case.control is None:
        return None
    where = [one for one in case.terms if one.key in _RECHECKED]
    pairs = [one.value.split("+") for one in case.terms if one.key == "annotator_pair"]
    where += [Condition("annotator", who) for pair in pairs for who in pair]
    return Since(case.project, case.control, since.toordinal(), tuple(where))


def link_of(base: str, rule: "Alert", query: MetricQuery, since: str) -> str:
    """Return the address of the page that plots a number.

    Args:
        query: asks for the number. since: ISO day of the change, "" = not by days.
    """
    whole = query.since is None and not METRICS[query.metric].state
    if rule.drift:
        first, last = (date.fromisoformat(one) if one else None for one in (since, query.until))
        whole = bool(first and last and last - first >= timedelta(USUAL_DAYS))
    return address(base, *place(query, whole=whole))


def as_json(query: MetricQuery) -> Document:
    """Return a query as plain JSON, by the names of its parts."""
    return {
        "metric": query.metric,
        "project": query.project,
        "control": query.control,
        "by": list(query.by),
        "where": [one.text() for one in query.where],
        "since": query.since,
        "until": query.until,
    }
