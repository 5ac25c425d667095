"""Settings of a project, by where they come from, and the rules that they make."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from labelpulse import schema
from labelpulse.core.answers import canonical_label
from labelpulse.core.days import machine_zone, zone
from labelpulse.core.events import EXACT, Scale, Verdict, canonical
from labelpulse.core.rules import WIDE, ControlRules, Rules
from labelpulse.warehouse import bulk
from labelpulse.warehouse.people import matching

ASSERTED = "asserted"
"""What a file of known answers settles for a polled project; such have no settings of imports."""

ORIGINS = ("source", "import", ASSERTED, "toml")
"""Weakest first: what the operator writes beats import flags, which beat the source."""

Settings = Mapping[str, Any]


_MARKED = {"job": "flag"}
"""A collector marks the answers of a ground-truth job as others mark a flag."""


def store(conn: Connection, project_id: int, origin: str, data: Settings) -> bool:
    """Keep the settings that one origin gives a project; True when they changed."""
    old = conn.scalar(
        select(schema.setting.c.data).where(
            schema.setting.c.project_id == project_id, schema.setting.c.origin == origin
        )
    )
    new = canonical(data)
    if old == new or (old is None and not data):
        return False
    bulk.upsert(conn, schema.setting, ("project_id", "origin", "data"), [(project_id, origin, new)])
    return True


def stored(conn: Connection, project_id: int, origin: str) -> dict[str, Any]:
    """Return the settings that one origin gives a project."""
    data = conn.scalar(
        select(schema.setting.c.data).where(
            schema.setting.c.project_id == project_id, schema.setting.c.origin == origin
        )
    )
    return {} if data is None else dict(json.loads(data))


def set_zone(conn: Connection, project_id: int, timezone: str) -> None:
    """Set the zone of days that holds unless the configuration names another."""
    store(conn, project_id, "import", {**stored(conn, project_id, "import"), "timezone": timezone})


def effective(conn: Connection, project_id: int) -> dict[str, Any]:
    """Return a project's settings, the strongest origin winning key by key (controls too)."""
    setting = schema.setting.c
    rows = conn.execute(
        select(setting.origin, setting.data).where(setting.project_id == project_id)
    )
    by_origin = {row.origin: json.loads(row.data) for row in rows}
    merged: dict[str, Any] = {}
    for origin in ORIGINS:
        found = by_origin.get(origin, {})
        controls = merged.get("controls", {})
        for name, one in found.pop("controls", {}).items():
            controls = {**controls, name: {**controls.get(name, {}), **one}}
        merged.update({key: value for key, value in found.items() if value is not None})
        merged["controls"] = controls
    return merged


def make_rules(conn: Connection, project_id: int, said: Settings | None = None) -> Rules:
    """Return the rules that a project's settings (`said`, if at hand) and controls make now."""
    said = effective(conn, project_id) if said is None else said
    gold = said.get("gold", "none")
    authors = frozenset(_authors(conn, project_id, gold)) if isinstance(gold, list) else frozenset()
    timezone = said.get("timezone") or said.get("default_timezone") or machine_zone()
    return Rules(
        timezone=zone(timezone).key,
        gold="authors" if isinstance(gold, list) else _MARKED.get(gold) or gold,
        gold_authors=authors,
        reviewed=said.get("reviews", True) and _has_verdicts(conn, project_id),
        required=_required(conn, project_id),
        controls=_controls(conn, project_id, said["controls"]),
    )


def _required(conn: Connection, project_id: int) -> int | None:
    """Return how many labels the tool asks of each item of a project; None = it does not say."""
    project = schema.project.c
    return conn.scalar(select(project.required).where(project.id == project_id))


def _has_verdicts(conn: Connection, project_id: int) -> bool:
    """True when anything was accepted or rejected; an overwrite alone is no review stage."""
    review, words = schema.review.c, (int(Verdict.ACCEPTED), int(Verdict.REJECTED))
    found = select(review.verdict).where(review.project_id == project_id, review.verdict.in_(words))
    return conn.scalar(found.limit(1)) is not None


def _authors(conn: Connection, project_id: int, named: list[str]) -> list[int]:
    who, project = schema.annotator.c, schema.project.c
    meant = [one for ids in matching(conn, named).values() for one in ids]
    here = select(who.id).join(schema.project, project.source_id == who.source_id)
    return list(conn.scalars(here.where(project.id == project_id, who.id.in_(meant))))


def _controls(
    conn: Connection, project_id: int, said: Mapping[str, Settings]
) -> dict[int, ControlRules]:
    control, label = schema.control.c, schema.label.c
    counted = (
        select(label.control_id, func.count())
        .join(schema.control, control.id == label.control_id)
        .where(control.project_id == project_id)
        .group_by(label.control_id)
    )
    seen = {row[0]: row[1] for row in conn.execute(counted)}
    rows = conn.execute(select(schema.control).where(control.project_id == project_id))
    return {row.id: _control(row, said.get(row.name, {}), seen.get(row.id, 0)) for row in rows}


def _control(row: Any, said: Settings, seen: int) -> ControlRules:
    declared = said.get("labels") or (json.loads(row.labels) if row.labels else None)
    scale = Scale(said.get("scale") or row.scale)
    labels = dict.fromkeys(canonical_label(str(one), scale) for one in declared or ())
    return ControlRules(
        name=row.name,
        scale=scale,
        labels=tuple(labels) or None,
        refused=row.refused if scale in EXACT else "",
        wide=max(seen, len(declared or ())) > WIDE,
        ellipses="ellipse" in row.kind,
    )
