"""From a query to a plan, or a refusal that says what would be understood."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from sqlalchemy import Connection

from labelpulse.core.answers import canonical_label
from labelpulse.core.days import parse_day
from labelpulse.core.errors import UsageError
from labelpulse.core.events import Scale
from labelpulse.metrics.answers import NO_OPTION
from labelpulse.metrics.base import Ask, Control, Metric
from labelpulse.metrics.registry import metric
from labelpulse.metrics.stages import STAGES
from labelpulse.metrics.what_if import check_what_if
from labelpulse.reader import who
from labelpulse.reader.catalog import Catalog, ProjectInfo, SourceInfo
from labelpulse.reader.joint import Joint, joins, joint
from labelpulse.reader.people import People
from labelpulse.reader.plan import Filter, Plan
from labelpulse.reader.query import Condition, MetricQuery
from labelpulse.stats.domain import SET_DISTANCES


def make_plan(
    conn: Connection, catalog: Catalog, people: Callable[[], People], query: MetricQuery, now: int
) -> Plan:
    """Return what a query means here.

    Raises:
        UsageError: it cannot be answered: an unknown name, or a key or option that the metric
            does not know.
    """
    found = metric(query.metric)
    _check(found, query)
    since, until = _days(query)
    projects = _projects(catalog, query)
    own = {one.source.id for one in projects}
    controls = _controls(catalog, found, query, projects)
    if found.on_control:
        projects = [one for one in projects if any(c.project == one.id for c in controls.values())]
    if found.state:  # what is gone is no part of the present
        projects = [one for one in projects if not one.gone] or projects
    sources = _sources(catalog, query, own)
    keys, seeded = _keys(found, query, projects, controls, sources)
    plan = Plan(
        query=query,
        metric=found,
        projects=projects,
        controls=controls,
        keys=keys,
        seeded=seeded,
        since=since,
        until=until,
        ask=replace(_ask(query, keys, controls, now), since=since, until=until),
        sources=frozenset(own),
        read_sources=sources,
        joint=joint(controls, projects, query.by) if joins(found, query.by) else Joint(),
        one_project=_names_projects(query),
        only_project=_only_projects(catalog),
    )
    _filter(conn, catalog, people, plan)
    who.leave_out(people, plan)
    return plan


def _check(found: Metric, query: MetricQuery) -> None:
    for key in query.by:
        if key not in found.by:
            raise UsageError(
                f"{found.name} cannot be split by {key!r}: it knows {', '.join(found.by)}"
            )
    for one in query.where:
        if one.key not in found.where:
            known = ", ".join(found.where)
            raise UsageError(f"{found.name} cannot be filtered by {one.key!r}: it knows {known}")
    _check_options(found, query)


def _check_options(found: Metric, query: MetricQuery) -> None:
    if query.control is not None and "control" not in found.where:
        raise UsageError(f"{found.name} is not about the answers to a control: leave --control out")
    if found.state and (query.since or query.until):
        raise UsageError(f"{found.name} is as of now: leave since and until out")
    if query.distance is not None and "distance" not in found.takes:
        raise UsageError(f"{found.name} takes no distance")
    if query.distance not in (None, *SET_DISTANCES):
        raise UsageError(f"there is no distance {query.distance!r}: use {', '.join(SET_DISTANCES)}")
    if query.merge and "merge" not in found.takes:
        raise UsageError(f"{found.name} cannot merge labels")
    if query.what_if and "what_if" not in found.takes:
        raise UsageError(f"{found.name} takes no what_if: finish_date does")
    check_what_if(query.what_if)
    if query.min_n is not None and query.min_n < 0:
        raise UsageError("min_n cannot be negative")


def _days(query: MetricQuery) -> tuple[int | None, int | None]:
    """Return first and last day as ordinals, None = open."""
    since = None if query.since is None else parse_day(query.since)
    until = None if query.until is None else parse_day(query.until)
    if since is not None and until is not None and since > until:
        raise UsageError(
            f"since {query.since} is after until {query.until}, so no day is left: swap the two"
        )
    return since, until


def _terms(query: MetricQuery, key: str) -> list[Condition]:
    return [one for one in query.where if one.key == key]


def _named(terms: Iterable[Condition], name: str | None) -> bool:
    """True when a name passes: any of the equal terms, none of the others."""
    wanted = [one.value for one in terms if one.equal]
    unwanted = [one.value for one in terms if not one.equal]
    return (not wanted or name in wanted) and name not in unwanted


def _known(terms: Iterable[Condition], names: Iterable[str | None], what: str) -> None:
    there = set(names)
    for one in terms:
        if one.value not in there:
            known = ", ".join(sorted(name for name in there if name)[:5]) or "none"
            raise UsageError(f"there is no {what} {one.value!r} here: known are {known}")


def _projects(catalog: Catalog, query: MetricQuery) -> list[ProjectInfo]:
    found = catalog.visible if query.project is None else catalog.find(query.project)
    terms = _terms(query, "project")
    if terms:
        passing = Filter(
            frozenset(catalog.find(one.value)[0].id for one in terms if one.equal) or None,
            frozenset(catalog.find(one.value)[0].id for one in terms if not one.equal),
        )
        pool = found if query.project is not None else list(catalog.projects.values())
        unasked = found if passing.include is None else pool
        found = [one for one in unasked if passing.passes(one.id)]
    _known(_terms(query, "source"), (one.name for one in catalog.sources.values()), "source")
    _known(_terms(query, "program"), (one.program for one in catalog.projects.values()), "program")
    return [
        one
        for one in found
        if _named(_terms(query, "source"), one.source.name)
        and _named(_terms(query, "program"), one.program)
    ]


def _names_projects(query: MetricQuery) -> bool:
    return query.project is not None or bool(_terms(query, "project"))


def _sources(catalog: Catalog, query: MetricQuery, own: set[int]) -> list[SourceInfo]:
    """Return the sources of the projects named; all of them where none are."""
    terms = _terms(query, "source")
    return [
        one
        for one in catalog.sources.values()
        if _named(terms, one.name)
        and (one.id in own or not (_names_projects(query) or catalog.restricted))
    ]


def _only_projects(catalog: Catalog) -> dict[int, int]:
    """Return source id -> project id for sources with a single project."""
    found: dict[int, list[int]] = {}
    for one in catalog.projects.values():
        found.setdefault(one.source.id, []).append(one.id)
    return {source: ids[0] for source, ids in found.items() if len(ids) == 1}


def _controls(
    catalog: Catalog, found: Metric, query: MetricQuery, projects: list[ProjectInfo]
) -> dict[int, Control]:
    if not found.on_control:
        return {}
    controls = catalog.controls(projects)
    terms = _terms(query, "control")
    if query.control is not None:
        terms = [*terms, Condition("control", query.control)]
    _known(terms, (one.name for one in controls.values()), "control")
    own = [one for one in terms if one.value == query.control]
    controls = {
        one.id: one
        for one in controls.values()
        if _named(_terms(query, "control"), one.name) and _named(own, one.name)
    }
    catalog.fill_labels(controls)
    return controls


def _keys(
    found: Metric,
    query: MetricQuery,
    projects: list[ProjectInfo],
    controls: dict[int, Control],
    sources: list[SourceInfo],
) -> tuple[tuple[str, ...], bool]:
    several = {
        "project": len(projects) > 1 and not joins(found, query.by),
        "control": len({one.name for one in controls.values()}) > 1,
        "source": len(sources) > 1,
    }
    split = tuple(key for key in found.split if several[key])
    keys = dict.fromkeys([*(key for key in split if key not in query.by), *query.by])
    keys |= dict.fromkeys(key for key in found.implied if key not in keys)
    return tuple(keys), set(query.by) <= set(found.split)


def _ask(query: MetricQuery, keys: tuple[str, ...], controls: dict[int, Control], now: int) -> Ask:
    names = {text for one in controls.values() for text in _label_names(one)}
    scales = {one.rules.scale for one in controls.values()}
    merge = {_there(old, names, scales): new for new, olds in query.merge for old in olds}
    for old in merge:
        if old not in names:
            known = ", ".join(sorted(names)[:5]) or "none"
            raise UsageError(f"there is no label {old!r} to merge: known are {known}")
    terms = [
        Condition("label", _there(one.value, {*names, *merge.values()}, scales), one.equal)
        for one in _terms(query, "label")
    ]
    _known(terms, {merge.get(name, name) for name in names}, "label")
    return Ask(
        by=frozenset(keys),
        wanted=(lambda label: _named(terms, label)) if terms else None,
        merge=merge,
        distance=query.distance,  # type: ignore[arg-type]  # checked to be one of SET_DISTANCES
        people=bool({"annotator", "team"} & {*keys, *(one.key for one in query.where)}),
        now=now,
        what_if=dict(query.what_if),
    )


def _there(text: str, names: Collection[str], scales: Iterable[Scale]) -> str:
    """Return a label as the answers spell it: a query may write 2.0 where they hold 2."""
    if text in names:
        return text
    return next((one for scale in scales if (one := canonical_label(text, scale)) in names), text)


def _label_names(control: Control) -> Iterable[str]:
    yield from control.rules.labels or ()
    for label, text in control.labels.items():
        if label in control.options:
            parts = sorted(control.labels[one] for one in control.options[label])
            yield "|".join(parts) or NO_OPTION
        else:
            yield text


_NAMED: Mapping[str, tuple[str, Callable[[Catalog, list[ProjectInfo]], dict[int, str]]]] = {
    "batch": ("batch_id", Catalog.batches),
    "model_version": ("model_version_id", Catalog.models),
    "score_band": ("band", lambda *_: {band: str(band) for band in range(10)}),
    "assisted": ("assisted", lambda *_: {0: "false", 1: "true"}),
    "stage": ("stage", lambda *_: dict(enumerate(STAGES))),
}
"""Key -> its column, and the names of its ids."""


def _filter(conn: Connection, catalog: Catalog, people: Callable[[], People], plan: Plan) -> None:
    """Turn the names in `where` into ids, in place."""
    query = plan.query
    for key, (column, names_of) in _NAMED.items():
        if terms := _terms(query, key):
            names = names_of(catalog, plan.projects)
            _known(terms, names.values(), key.replace("_", " "))
            plan.filters[column] = _filter_of(terms, names)
    if terms := _terms(query, "annotator"):
        plan.filters["annotator_id"] = Filter(
            who.named_people(people(), terms, plan.sources, True) or None,
            who.named_people(people(), terms, plan.sources, False),
        )
    if terms := _terms(query, "reviewer"):
        plan.filters["reviewer_id"] = Filter(
            who.named_people(people(), terms, plan.sources, True) or None,
            who.named_people(people(), terms, plan.sources, False),
        )
    if terms := _terms(query, "annotator_pair"):
        plan.pairs = (
            who.named_pairs(people(), terms, plan.sources, True) or None,
            who.named_pairs(people(), terms, plan.sources, False),
        )
    terms = _terms(query, "team")
    if terms or "team" in plan.keys:
        plan.teams = who.teams(conn)
    if terms:
        names = {one: team.name for one, team in plan.teams.items()}
        _known(terms, names.values(), "team")
        plan.wanted_teams = _filter_of(terms, names)


def _filter_of(terms: Iterable[Condition], names: Mapping[int, str]) -> Filter:
    wanted = {one.value for one in terms if one.equal}
    unwanted = {one.value for one in terms if not one.equal}
    include = frozenset(one for one, name in names.items() if name in wanted)
    exclude = frozenset(one for one, name in names.items() if name in unwanted)
    return Filter(include if wanted else None, exclude)
