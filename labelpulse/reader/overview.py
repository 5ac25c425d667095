"""What there is to look at: every source and project, what it holds, and how it is set up."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, exists, func, select

from labelpulse import schema
from labelpulse.core.errors import UsageError
from labelpulse.core.pseudonyms import ANONYMOUS, UNKNOWN
from labelpulse.reader.catalog import Catalog, ProjectInfo, SourceInfo
from labelpulse.reader.query import EVERYONE, Scope
from labelpulse.warehouse.engine import snapshot
from labelpulse.warehouse.settings import effective


@dataclass(frozen=True, slots=True)
class Holding:
    """A project with what it holds and how it is set up.

    Attributes:
        items, answers: live items, live submissions and skips.
        assumed: live items that do not say how many labels they need: one is assumed.
        double: live items with answers of two people or more to one control, whatever the answers
            look like; of the control that has most.
        controls: questions whose answers are labels, the headline first.
        unlabeled: questions whose answers are shapes, spans or texts.
        targets: control name -> the target that the operator set, of agreement before all.
        accuracy_targets: control name -> the target of right answers, where it is set apart.
        zone_from: who chose the zone of days: ``set``, ``default`` or ``machine``.
        gold: what is chosen as known answers: none, flag, column, authors.
        candidates: what could be chosen (``flag``, ``column``) -> how many there are.
        peopled: the source tells who answered or skipped, of somebody at least.
        predicted: answers stand beside predictions of a model.
        subjective: controls on which different answers are perspectives, by the operator's word.
    """

    info: ProjectInfo
    items: int
    answers: int
    assumed: int
    double: int
    controls: tuple[str, ...]
    unlabeled: tuple[str, ...]
    targets: Mapping[str, float]
    zone_from: str
    gold: str
    candidates: Mapping[str, int]
    peopled: bool = True
    predicted: bool = False
    subjective: tuple[str, ...] = ()
    accuracy_targets: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Overview:
    """All sources and all projects that still exist, and the names of teams with members."""

    sources: tuple[SourceInfo, ...]
    projects: tuple[Holding, ...]
    teams: tuple[str, ...] = ()

    @property
    def comparable(self) -> frozenset[str]:
        """The keys (source, team, program) of which there are several to compare."""
        infos = [one.info for one in self.projects]
        there: dict[str, set[Any]] = {
            "source": {one.source.id for one in infos},
            "team": {*self.teams},
            "program": {one.program for one in infos if one.program},
        }
        return frozenset(key for key, found in there.items() if len(found) > 1)


def overview(engine: Engine, scope: Scope = EVERYONE) -> Overview:
    """Return what somebody may look at."""
    with snapshot(engine) as conn:
        catalog = Catalog(conn, scope)
        counted = _Counts(conn)
        projects = [_holding(conn, counted, one) for one in catalog.visible]
        return Overview(tuple(catalog.sources.values()), tuple(projects), _teams(conn))


def _teams(conn: Connection) -> tuple[str, ...]:
    team, membership = schema.team, schema.membership
    peopled = select(membership.c.team_id)
    query = select(team.c.name).where(team.c.id.in_(peopled)).order_by(team.c.name)
    return tuple(conn.execute(query).scalars())


def data_versions(engine: Engine) -> dict[int, int]:
    """Return each project's data version by its id; it rises with every change of its numbers."""
    table = schema.project.c
    with snapshot(engine) as conn:
        return {
            row.id: row.data_version for row in conn.execute(select(table.id, table.data_version))
        }


class _Counts:
    """Counts of all projects, one short statement a kind."""

    def __init__(self, conn: Connection) -> None:
        progress, live = schema.item_progress.c, schema.live_rows.c
        agree, gold = schema.agree_items.c, schema.gold.c
        work, assisted, who = schema.activity.c, schema.assist_counts.c, schema.annotator.c
        known = select(who.id).where(who.kind.not_in((UNKNOWN, ANONYMOUS)))
        self._conn = conn
        self.peopled = self._having(work.project_id, work.annotator_id.in_(known))
        self.predicted = self._having(assisted.project_id)
        self.items = self._by_project(progress.project_id, func.sum(progress["items"]))
        self.assumed = self._by_project(progress.project_id, func.sum(progress.assumed))
        self.rows = self._by_project(live.project_id, func.sum(live.n))
        self.flags = self._by_project(live.project_id, func.sum(live.gold))
        self.known = self._by_project(gold.project_id, func.count(func.distinct(gold.item_id)))
        double = (
            select(agree.project_id, func.sum(agree["items"]).label("n"))
            .where(agree.m >= 2)
            .group_by(agree.project_id, agree.control_id)
            .subquery()
        )
        self.double = self._by_project(double.c.project_id, func.max(double.c.n))

    def _by_project(self, project: Any, number: Any, *where: Any) -> dict[int, int]:
        query = select(project, number).where(*where).group_by(project)
        return {row[0]: int(row[1] or 0) for row in self._conn.execute(query)}

    def _having(self, project: Any, *where: Any) -> frozenset[int]:
        """Return the projects that have such a row at all; the first one found is enough."""
        there = exists(select(project).where(project == schema.project.c.id, *where))
        return frozenset(self._conn.execute(select(schema.project.c.id).where(there)).scalars())


def _holding(conn: Connection, counted: _Counts, project: ProjectInfo) -> Holding:
    said = effective(conn, project.id)
    rules = project.counted.controls.values()
    labeled = [one.name for one in rules if one.labeled]
    zone_from = "set" if said.get("timezone") else "default"
    if not said.get("timezone") and not said.get("default_timezone"):
        zone_from = "machine"
    return Holding(
        info=project,
        items=counted.items.get(project.id, 0),
        answers=counted.rows.get(project.id, 0),
        assumed=counted.assumed.get(project.id, 0),
        double=counted.double.get(project.id, 0),
        controls=tuple(_first(labeled, project.headline)),
        unlabeled=tuple(one.name for one in rules if not one.labeled),
        targets=_targets(said["controls"], "target"),
        accuracy_targets=_targets(said["controls"], "accuracy_target"),
        zone_from=zone_from,
        gold=project.counted.gold,
        candidates=_candidates(counted, project.id),
        peopled=project.id in counted.peopled,
        predicted=project.id in counted.predicted,
        subjective=tuple(n for n, one in said["controls"].items() if one.get("subjective")),
    )


def _first(names: Iterable[str], headline: str | None) -> list[str]:
    return sorted(names, key=lambda name: name != headline)


def _targets(controls: Mapping[str, Mapping[str, Any]], key: str) -> dict[str, float]:
    return {name: one[key] for name, one in controls.items() if one.get(key) is not None}


def _candidates(counted: _Counts, project_id: int) -> dict[str, int]:
    found = {
        "flag": counted.flags.get(project_id, 0),
        "column": counted.known.get(project_id, 0),
    }
    return {name: n for name, n in found.items() if n}


def shown_as(engine: Engine, name: str, scope: Scope = EVERYONE) -> str | None:
    """Return how somebody is shown who is called by pseudonym, native id or SOURCE/ID.

    None = nobody here is called so. Of several people of one native id the first is told.
    """
    from labelpulse.reader.people import People

    with snapshot(engine) as conn:
        sources = {one.id: one.name for one in Catalog(conn, scope).sources.values()}
        people = People(conn, scope, sources)
        try:
            found = people.find(name, frozenset(sources))
        except UsageError:
            return None
        return people.shown(frozenset(sources))[min(found)]


def names_of(engine: Engine, scope: Scope = EVERYONE) -> dict[str, str]:
    """Return how people are shown to somebody -> their name, else e-mail address, else id.

    Two people of one name keep what they are shown as beside it. For those who may see names:
    the caller decides whom to ask this for.
    """
    from labelpulse.reader.people import People

    identity = schema.annotator_identity
    with snapshot(engine) as conn:
        sources = {one.id: one.name for one in Catalog(conn, scope).sources.values()}
        shown = People(conn, scope, sources).shown(frozenset(sources))
        person, who = schema.person.c, schema.annotator
        query = (
            select(identity, person.name.label("person"))
            .join(who, who.c.id == identity.c.annotator_id)
            .outerjoin(schema.person, person.id == who.c.person_id)
            .where(who.c.kind != ANONYMOUS)
            .order_by(identity.c.annotator_id)
        )
        named = [
            (row.annotator_id, row.person or row.name or row.email or row.native_id)
            for row in conn.execute(query)
        ]
    own: dict[str, str] = {}
    for one, name in named:
        if one in shown and name:
            own.setdefault(shown[one], name)  # linked accounts are one person
    often = Counter(own.values())
    return {one: name if often[name] == 1 else f"{name} ({one})" for one, name in own.items()}
