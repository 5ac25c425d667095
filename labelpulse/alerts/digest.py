"""The digest: each project's verdict, and what is critical and still open, for those above."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from labelpulse.alerts.channels.entered import with_entered
from labelpulse.alerts.notice import Kind, Notice
from labelpulse.alerts.rules import subject_of
from labelpulse.core import formats
from labelpulse.core.days import SECOND
from labelpulse.core.errors import ConfigError
from labelpulse.findings.asked import Asked, ask_all
from labelpulse.findings.findings import findings
from labelpulse.findings.portfolio import Standing, standing, worst_first
from labelpulse.findings.selection import Choice, Selection, selection_of
from labelpulse.reader.alerts import Incident, incidents
from labelpulse.warehouse.outbox import Intent, Outbox

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from labelpulse.config import Settings
    from labelpulse.config.models import Report
    from labelpulse.reader import Scope

LONG = 3
"""Working days after which something critical that is still open is told above."""


def send_digest(
    engine: "Engine", settings: "Settings", report: "Report", scope: "Scope", now: int
) -> int:
    """Put a report's digest in the outbox of its channels; return for how many it is new.

    Told once for each day, whoever asks for it again.

    Raises:
        ConfigError: the report names channels that are not there; the others are told.
    """
    settings = with_entered(settings, engine)
    notice = digest(engine, settings, report, scope, now)
    day = datetime.fromtimestamp(now / SECOND, UTC).date().toordinal()
    intents = [
        Intent(
            incident_id=0,
            channel=channel,
            kind=f"{Kind.DIGEST}:{report.name}",
            sequence=day,
            grouped_by=f"digest {report.name}",
            notice=notice.document(),
        )
        for channel in report.channels
        if channel in settings.channels
    ]
    with engine.begin() as conn:
        new = Outbox.put(conn, intents, now)
    _check(report, settings)
    return new


def _check(report: "Report", settings: "Settings") -> None:
    missing = [repr(one) for one in report.channels if one not in settings.channels]
    if missing:
        raise ConfigError(
            f"[[reports]] {report.name!r}: no channel is named {' or '.join(missing)}, so its "
            "digest is not told there: correct channels, or add one of that name to [channels] "
            "or on the page of alerts"
        )


def digest(
    engine: "Engine", settings: "Settings", report: "Report", scope: "Scope", now: int
) -> Notice:
    """Return how all projects stand, the worst first, on one page of text."""
    selections = list(_selections(ask_all(engine, settings, scope), report.projects))
    found = worst_first(
        [standing(selection, tuple(findings(selection))) for selection in selections]
    )
    late = sum(one.late for one in found)
    projects = formats.count_of(len(found), "project", "projects")
    title = f"{projects}, none late"
    if late:
        title = f"{late} of {projects} {'is' if late == 1 else 'are'} late"
    shown = {selection.holding.info.id for selection in selections}
    criticals = [one for one in incidents(engine, projects=shown) if _waits(one, selections, now)]
    return Notice(
        kind=Kind.DIGEST,
        title=f"{report.name}: {title}",
        level="info",
        lines=(*_lines(found), *(_open(one, selections, now) for one in criticals)),
        link=settings.dashboard.url,
    )


def _selections(asked: Asked, projects: Sequence[str]) -> Iterator[Selection]:
    for one in asked.there.projects:
        if not projects or one.info.label in projects:
            control = next(iter([*one.controls, *one.unlabeled]), None)
            yield selection_of(asked, one, Choice(control), {})


def _lines(found: Sequence[Standing]) -> Iterator[str]:
    for one in found:
        yield f"{one.project}: {one.verdict.text}"
        if one.risks:
            yield f"First risk of {one.project}: {one.risks[0].what}"


def _waits(one: Incident, selections: Sequence[Selection], now: int) -> bool:
    """True for what is critical and open for some working days."""
    critical = one.open and one.level == "critical"
    return critical and _working_days(one, selections, now) >= LONG


def _working_days(one: Incident, selections: Sequence[Selection], now: int) -> int:
    """Return how many working days after its first an incident is open."""
    first, last = (datetime.fromtimestamp(at / SECOND, UTC).date() for at in (one.opened_at, now))
    own = next(
        (selection for selection in selections if selection.holding.info.id == one.project_id), None
    )
    off = frozenset[int]() if own is None else own.holding.info.holidays
    days = (first + timedelta(day) for day in range(1, (last - first).days + 1))
    return sum(_works(day, off) for day in days)


def _works(day: date, off: frozenset[int]) -> bool:
    return day.weekday() < 5 and day.toordinal() not in off


def _open(one: Incident, selections: Sequence[Selection], now: int) -> str:
    n = _working_days(one, selections, now)
    what = one.evidence.get("title") or f"{one.rule} ({subject_of(one.keys).words})"
    return f"Open for {n} {'working day' if n == 1 else 'working days'}: {what}"
