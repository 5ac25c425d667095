"""Settings, rules and generations of projects: what decides how facts are counted."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, select

from labelpulse import schema
from labelpulse.core.days import now_us
from labelpulse.warehouse import (
    generations,
    lease,
    projects,
    rollups,
    settings,
)
from labelpulse.warehouse.lease import TTL_S, Lease
from labelpulse.warehouse.markers import SaidMarker, follow_markers
from labelpulse.warehouse.names import Names
from labelpulse.warehouse.people import follow_links
from labelpulse.warehouse.progress import Progress, Tell, silent
from labelpulse.warehouse.questions import Questions
from labelpulse.warehouse.rates import SaidRate, follow_rates
from labelpulse.warehouse.relabel import relabel
from labelpulse.warehouse.rollups import Difference, Rollups


class Configured(Questions):
    """Everything that decides how a source's facts are counted, changed under its lease.

    Args:
        engine: from `labelpulse.warehouse.engine.connect`, already upgraded.
        kinds: the rollups to keep (`labelpulse.metrics.registry.ROLLUPS`).
        clock: microseconds UTC.
    """

    def __init__(self, engine: Engine, kinds: Rollups, clock: Callable[[], int] = now_us) -> None:
        super().__init__(engine)
        self.engine = engine
        self.kinds = kinds
        self.clock = clock
        self._names: dict[tuple[int, int], Names] = {}

    @contextmanager
    def lease(
        self,
        source_id: int,
        *,
        ttl_s: float = TTL_S,
        wait_s: float = 0.0,
        tell: Tell = silent,
        ready: bool = True,
    ) -> Iterator[Lease]:
        """Hold the right to write a source; LeaseHeld when somebody else does.

        Projects to whose sums nothing can be added are counted first: those that other code
        counted, and those where a count broke off, since labels were spelled anew for it already.

        Args:
            ready: False for who counts them anew anyway.
        """
        with self._reads.connect() as conn:
            name = conn.scalar(select(schema.source.c.name).where(schema.source.c.id == source_id))
        with lease.holding(self.engine, source_id, str(name), ttl_s=ttl_s, wait_s=wait_s) as held:
            for project_id, why in self.unready(source_id).items() if ready else ():
                self._recount(held, project_id, why, tell)
            yield held

    @contextmanager
    def transaction(self, held: Lease) -> Iterator[Connection]:
        """One write transaction, fenced by the lease; names are forgotten when it fails."""
        try:
            with self.engine.begin() as conn:
                lease.check(conn, held)
                yield conn
        except BaseException:
            self._names.clear()
            raise

    def _names_of(self, conn: Connection, held: Lease) -> Names:
        key = (held.source_id, held.epoch)
        if key not in self._names:
            self._names = {key: Names(conn, held.source_id, self.clock())}
        return self._names[key]

    def settings(self, held: Lease, project_id: int, origin: str, data: Mapping[str, Any]) -> bool:
        """Keep the settings that one origin (toml, import, source) gives a project."""
        with self.transaction(held) as conn:
            return self._keep(conn, project_id, origin, data)

    def _keep(
        self, conn: Connection, project_id: int, origin: str, data: Mapping[str, Any]
    ) -> bool:
        """Keep settings; those that count nothing anew move numbers too, as a target does."""
        changed = settings.store(conn, project_id, origin, data)
        if changed:
            self._names.clear()
            rollups.bump(conn, [project_id])
        return changed

    def set_zone(self, held: Lease, project_id: int, timezone: str) -> None:
        """Set the zone of days that holds unless the configuration names another."""
        with self.transaction(held) as conn:
            settings.set_zone(conn, project_id, timezone)

    def apply_rules(self, held: Lease, project_id: int, tell: Tell = silent) -> bool:
        """Count a project anew when its rules or our code changed; True when that was needed."""
        with self.transaction(held) as conn:
            why = generations.settle(conn, self.kinds, project_id, self.clock())
        if why:
            self._recount(held, project_id, why, tell)
        return bool(why)

    def _recount(self, held: Lease, project_id: int, why: str, tell: Callable[[str], None]) -> None:
        """Build a new generation beside the old one, which is served meanwhile, and swap them.

        Nobody else can change this source's facts while its lease is held, so that they are
        counted outside of a write transaction: others write on.
        """
        with self.transaction(held) as conn:
            row = projects.row(conn, project_id)
            told = Progress(tell, row.title, generations.items(conn, project_id))
            told.begin(why)
            generations.mark(conn, project_id)
            relabel(conn, self._names_of(conn, held), row.native_id)

        def keep(item_ids: Sequence[int], by_item: Mapping[str, rollups.Sums]) -> None:
            with self.transaction(held) as conn:
                for name, sums in by_item.items():
                    rollups.mend(conn, self.kinds.all[name], project_id, item_ids, sums)
            told.more(len(item_ids))

        with self._reads.connect() as conn:
            rules = settings.make_rules(conn, project_id)
            sums = rollups.recompute(conn, self.kinds, project_id, rules, keep)
        with self.transaction(held) as conn:
            generations.install(conn, self.kinds, project_id, rules, sums, self.clock())

    def configure(self, held: Lease, said: Mapping[int, Mapping[str, Any]], tell: Tell) -> None:
        """Give projects what the configuration says of them; count anew where that is needed."""
        with self.transaction(held) as conn:
            outdated = []
            for project_id, data in said.items():
                self._keep(conn, project_id, "toml", data)
                if generations.settle(conn, self.kinds, project_id, self.clock()):
                    outdated.append(project_id)
        for project_id in outdated:
            self.apply_rules(held, project_id, tell)

    def people(self, people: Mapping[str, Sequence[str]]) -> bool:
        """Link accounts as the configuration says (`follow_links`); True on a change."""
        with self.engine.begin() as conn:
            changed = follow_links(conn, people)
            if changed:
                rollups.bump(conn, conn.scalars(select(schema.project.c.id)))
            return changed

    def teams(self, teams: Mapping[str, Sequence[projects.SaidMember | str]]) -> bool:
        """Make teams what the configuration says; True when that changed something."""
        with self.engine.begin() as conn:
            changed = projects.follow_teams(conn, teams)
            if changed:
                rollups.bump(conn, conn.scalars(select(schema.project.c.id)))
            return changed

    def rates(self, said: Sequence[SaidRate]) -> bool:
        """Make rates what the configuration says; True when that changed something."""
        with self.engine.begin() as conn:
            changed = follow_rates(conn, said)
            if changed:
                rollups.bump(conn, conn.scalars(select(schema.project.c.id)))
            return changed

    def markers(self, said: Sequence[SaidMarker]) -> bool:
        """Make the configuration's markers what it says; True when that changed something."""
        with self.engine.begin() as conn:
            return follow_markers(conn, said)

    def mark(self, project_id: int | None, day: int, kind: str, text: str) -> int:
        """Keep a marker on a day (an ordinal) of a project, or of all; return its id."""
        with self.engine.begin() as conn:
            return projects.mark(conn, project_id, day, kind, text)

    def rebuild(self, held: Lease, project_id: int, tell: Tell = silent) -> None:
        """Count all rollups of a project anew from its facts."""
        self._recount(held, project_id, "", tell)

    def unready(self, source_id: int) -> dict[int, str]:
        """Return the projects of a source that have to be counted anew or just are, and why."""
        with self._reads.connect() as conn:
            return generations.unready(conn, self.kinds, source_id)

    def verify(self, project_id: int) -> list[Difference]:
        """Return every rollup row of a project that differs from a recomputation.

        None while it is counted anew: the old sums cannot be compared (see `unready`).
        """
        with self._reads.connect() as conn:
            if generations.is_building(conn, project_id):
                return []
            rules = generations.current(conn, project_id)
            if rules is None:
                return []
            return rollups.verify(conn, self.kinds, project_id, rules)
