"""One moment of the warehouse as somebody sees it: what all queries at it share."""

from functools import cached_property

from sqlalchemy import Connection

from labelpulse.metrics.rates import Rates
from labelpulse.reader import rates
from labelpulse.reader.catalog import Catalog
from labelpulse.reader.people import People
from labelpulse.reader.plan import Plan
from labelpulse.reader.planning import make_plan
from labelpulse.reader.query import MetricQuery, Scope


class Moment:
    """Sources, projects, people and rates of one snapshot, each read once.

    Attributes:
        now: microseconds UTC, for ages and lags.
    """

    def __init__(self, conn: Connection, scope: Scope, now: int) -> None:
        self.conn = conn
        self.now = now
        self._scope = scope
        self.catalog = Catalog(conn, scope)

    @cached_property
    def people(self) -> People:
        """The annotators of the warehouse."""
        sources = {one.id: one.name for one in self.catalog.sources.values()}
        return People(self.conn, self._scope, sources)

    @cached_property
    def rates(self) -> Rates:
        """What an hour of people's work costs."""
        return rates.load(self.conn)

    def plan(self, query: MetricQuery) -> Plan:
        """Return what a query means here; UsageError when it cannot be answered."""
        return make_plan(self.conn, self.catalog, lambda: self.people, query, self.now)
