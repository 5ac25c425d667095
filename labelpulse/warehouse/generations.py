"""Which rules and code the rollups of a project were counted with, and counting them anew."""

import json
from collections.abc import Mapping

from sqlalchemy import Connection, func, insert, select, update

from labelpulse import schema
from labelpulse.core.events import canonical
from labelpulse.core.rules import Rules
from labelpulse.warehouse import bulk, projects, rollups, settings
from labelpulse.warehouse.rollups import Rollups

CURRENT, BUILDING = "current", "building"


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
        return "labelpulse counts some rollups differently since an upgrade"
    if counted is None or not counted.counts_like(rules):
        return "its rules (zone, gold, scales, reviews) changed"
    return ""


def settle(conn: Connection, kinds: Rollups, project_id: int, now: int) -> str:
    """Follow a project's settings where that needs no recount; return why it needs one, or ""."""
    said = settings.effective(conn, project_id)
    rules, counted = settings.make_rules(conn, project_id, said), current(conn, project_id)
    why = _why(conn, kinds, project_id, counted, rules)
    followed = projects.follow_settings(conn, project_id, said)
    if not why and rules != counted:
        adopt(conn, kinds, project_id, rules, now)
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


def building(conn: Connection, source_id: int) -> list[int]:
    """Return the projects of a source whose count is not finished."""
    ids = conn.scalars(select(schema.project.c.id).where(schema.project.c.source_id == source_id))
    return [project_id for project_id in ids if is_building(conn, project_id)]


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
