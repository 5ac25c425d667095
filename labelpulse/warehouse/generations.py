"""Which rules and code the rollups of a project were counted with, and counting them anew."""

import json
from collections.abc import Mapping

from sqlalchemy import Connection, case, func, insert, or_, select, tuple_, update

from labelpulse import schema
from labelpulse.core.events import canonical
from labelpulse.core.rules import Rules
from labelpulse.warehouse import bulk, projects, rollups, settings
from labelpulse.warehouse.rollups import Rollups

CURRENT, BUILDING = "current", "building"
WRONG = -1
"""In place of the code's version: the sums were found wrong."""

BROKE_OFF = "a count of it was begun and is not finished"
FOUND_WRONG = "its sums were found wrong"
UPGRADED = "labelpulse counts some rollups differently since an upgrade"


def current(conn: Connection, project_id: int) -> Rules | None:
    """Return the rules that a project's rollups are counted with; None for a new project."""
    state, rules = schema.rollup_state.c, schema.rules.c
    data = conn.scalar(
        select(rules.data)
        .join(schema.rollup_state, state.rules_id == rules.id)
        .where(state.project_id == project_id)
        .limit(1)
    )
    return None if data is None else Rules.from_json(json.loads(data))


def adopt(conn: Connection, kinds: Rollups, project_id: int, rules: Rules, now: int) -> None:
    """Record that a project's rollups are counted with these rules and the present code."""
    rules_id = _rules_id(conn, project_id, rules, now)
    names = ("project_id", "rollup", "code_version", "rules_id", "state", "built_at")
    rows = [
        (project_id, name, version, rules_id, CURRENT, now)
        for name, version in kinds.versions().items()
    ]
    bulk.upsert(conn, schema.rollup_state, names, rows)


def follow(conn: Connection, project_id: int, rules: Rules, now: int) -> None:
    """Record that a project's rollups are counted with rules under which nothing counts anew."""
    state = schema.rollup_state
    rules_id = _rules_id(conn, project_id, rules, now)
    conn.execute(update(state).where(state.c.project_id == project_id).values(rules_id=rules_id))


def distrust(conn: Connection, source_id: int) -> None:
    """Note that the sums of a source's projects were found wrong."""
    state, project = schema.rollup_state, schema.project.c
    own = select(project.id).where(project.source_id == source_id)
    conn.execute(update(state).where(state.c.project_id.in_(own)).values(code_version=WRONG))


def _rules_id(conn: Connection, project_id: int, rules: Rules, now: int) -> int:
    table, digest = schema.rules, rules.digest()
    known = conn.scalar(
        select(table.c.id).where(table.c.project_id == project_id, table.c.digest == digest)
    )
    if known is not None:
        return int(known)
    (new,) = bulk.new_ids(conn, table, 1)
    data = canonical(rules.to_json())
    conn.execute(
        insert(table).values(
            id=new, project_id=project_id, digest=digest, data=data, created_at=now
        )
    )
    return new


def outdated(conn: Connection, kinds: Rollups, project_id: int) -> str:
    """Return why a project's rollups must be counted anew; "" when they need not."""
    rules = settings.make_rules(conn, project_id)
    return _why(conn, kinds, project_id, current(conn, project_id), rules)


def _why(
    conn: Connection, kinds: Rollups, project_id: int, counted: Rules | None, rules: Rules
) -> str:
    state = schema.rollup_state.c
    rows = conn.execute(
        select(state.rollup, state.code_version).where(state.project_id == project_id)
    )
    if {row.rollup: row.code_version for row in rows} != dict(kinds.versions()):
        return UPGRADED
    if counted is None or not counted.counts_like(rules):
        return "its rules (zone, gold, scales, reviews, overlap) changed"
    return ""


def settle(conn: Connection, kinds: Rollups, project_id: int, now: int) -> str:
    """Follow a project's settings where that needs no recount; return why it needs one, or ""."""
    said = settings.effective(conn, project_id)
    rules, counted = settings.make_rules(conn, project_id, said), current(conn, project_id)
    why = _why(conn, kinds, project_id, counted, rules)
    followed = projects.follow_settings(conn, project_id, said)
    if not why and rules != counted:
        follow(conn, project_id, rules, now)
        followed = True
    if followed:
        rollups.bump(conn, [project_id])
    return why


def mark(conn: Connection, project_id: int) -> None:
    """Note that the rollups of a project are being counted anew, and served as they are till then.

    Should this process die, `building` still tells it.
    """
    state = schema.rollup_state
    conn.execute(update(state).where(state.c.project_id == project_id).values(state=BUILDING))


def is_building(conn: Connection, project_id: int) -> bool:
    """True while the rollups of a project are being counted anew, or after that broke off."""
    state = schema.rollup_state.c
    query = select(state.project_id).where(state.project_id == project_id, state.state == BUILDING)
    return conn.scalar(query.limit(1)) is not None


def unready(conn: Connection, kinds: Rollups, source_id: int) -> dict[int, str]:
    """Return the projects of a source to whose sums nothing can be added as they are, and why.

    A count broke off, sums were found wrong, or other code counted them.
    """
    state, project = schema.rollup_state.c, schema.project.c
    versions = list(kinds.versions().items())
    as_now = case((tuple_(state.rollup, state.code_version).in_(versions), 1), else_=0)
    query = (
        select(
            state.project_id,
            func.min(state.code_version),
            func.max(case((state.state == BUILDING, 1), else_=0)),
        )
        .join(schema.project, project.id == state.project_id)
        .where(project.source_id == source_id)
        .group_by(state.project_id)
        .having(
            or_(
                func.count() != len(versions),
                func.sum(as_now) != len(versions),
                func.max(case((state.state == BUILDING, 1), else_=0)) == 1,
            )
        )
        .order_by(state.project_id)
    )
    return {
        project_id: BROKE_OFF if broken else FOUND_WRONG if least == WRONG else UPGRADED
        for project_id, least, broken in conn.execute(query)
    }


def install(
    conn: Connection,
    kinds: Rollups,
    project_id: int,
    rules: Rules,
    sums: Mapping[str, rollups.Sums],
    now: int,
) -> None:
    """Put a new generation of sums in the place of the old one."""
    rollups.replace(conn, kinds, project_id, sums)
    adopt(conn, kinds, project_id, rules, now)
    rollups.bump(conn, [project_id])


def items(conn: Connection, project_id: int) -> int:
    """Return how many items a project has, those that are gone from its source included."""
    item = schema.item.c
    return conn.scalar(select(func.count()).where(item.project_id == project_id)) or 0
