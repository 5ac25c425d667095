"""How reports and alerts ask: each question once, all as of one instant, and all recorded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from labelpulse import __version__
from labelpulse.core.events import canonical
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import MetricQuery, Row, Scope, details, read
from labelpulse.reader.markers import Marker, markers
from labelpulse.reader.overview import Holding, Overview, overview

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from labelpulse.config import Settings

_DETAILS: Mapping[str, Callable[..., list[Row]]] = details.TABLES


@dataclass(frozen=True, slots=True)
class Asked:
    """The warehouse as it is read at one instant; a `labelpulse.findings.selection.Ask`.

    Attributes:
        at: the instant, microseconds UTC.
        seen: every query that was asked, with its rows.
    """

    engine: "Engine"
    settings: "Settings"
    scope: Scope
    there: Overview
    at: int
    seen: dict[MetricQuery, list[Row]] = field(default_factory=dict)
    tables: dict[tuple[str, MetricQuery], list[Row]] = field(default_factory=dict)

    def answer(self, query: MetricQuery, at: int) -> list[Row]:  # noqa: ARG002 (as Ask has it)
        """Return the rows of a query; asked again, the same."""
        if query not in self.seen:
            self.seen[query] = read(self.engine, query, self.scope, clock=self.now).rows
        return self.seen[query]

    def detail(self, kind: str, query: MetricQuery, at: int) -> list[Row]:  # noqa: ARG002
        """Return one of the tables behind single numbers."""
        key = (kind, query)
        if key not in self.tables:
            more = {"clock": self.now} if kind in details.AGED else {}
            self.tables[key] = _DETAILS[kind](self.engine, query, self.scope, **more)
        return self.tables[key]

    def noted(self, project: int) -> list[Marker]:
        """Return what was noted for days of a project, or of all projects."""
        return markers(self.engine, [project])

    def holding(self, project: int) -> Holding | None:
        """Return a project as it stood when asking began."""
        return next((one for one in self.there.projects if one.info.id == project), None)

    def version(self, project: int) -> int:  # noqa: ARG002
        """Return 0: data is looked at once."""
        return 0

    def interval(self, source: str) -> timedelta:
        """Return the time between a source's polls."""
        found = (one.beat for one in self.settings.sources if one.name == source)
        return next(found, timedelta(seconds=10))

    def teams(self) -> tuple[str, ...]:
        """Return the names of the teams that have members."""
        return self.there.teams

    def now(self) -> int:
        """Return the instant that is asked about."""
        return self.at

    def definitions(self) -> dict[str, int]:
        """Return metric -> version of its definition, of all that were asked."""
        names = sorted({query.metric for query in self.seen})
        return {name: METRICS[name].version for name in names}

    def snapshot(self) -> str:
        """Return a short name of exactly these rows: equal only where every number is."""
        rows = sorted((repr(query), canonical(found)) for query, found in self.seen.items())
        rows += sorted((repr(key), canonical(found)) for key, found in self.tables.items())
        notes = [repr(one) for held in self.there.projects for one in self.noted(held.info.id)]
        return sha256(canonical([__version__, self.at, rows, notes]).encode()).hexdigest()[:12]


def ask_all(
    engine: "Engine", settings: "Settings", scope: Scope, *, at: int | None = None
) -> Asked:
    """Return how to ask about all that somebody may see.

    Args:
        at: microseconds UTC; None = the newest good read of any source, so that the same warehouse
            gives the same answers whenever it is asked.
    """
    there = overview(engine, scope)
    read_at = [one.ok_at or one.tried_at or 0 for one in there.sources]
    return Asked(engine, settings, scope, there, max(read_at, default=0) if at is None else at)
