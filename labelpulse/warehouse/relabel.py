"""Answers that were kept as plain values become labels when the operator says they are labels."""

import json
from typing import Any

from sqlalchemy import Connection, Table, and_, select, update

from labelpulse import schema
from labelpulse.warehouse.names import Control, Names


def relabel(conn: Connection, names: Names, native_id: str) -> int:
    """Give labels to a project's stored answers where its controls now have labels.

    Needed when a control's scale was text, number or unknown and the configuration makes it
    nominal, ordinal or set: the answers are there, only without label ids. Returns how many.
    """
    project = names.project(conn, native_id)
    controls = [one for one in project.controls.values() if one.exact]
    changed = 0
    for control in controls:
        for table in (schema.answer, schema.gold):
            changed += _relabel(conn, names, native_id, control, table)
    return changed


def _relabel(conn: Connection, names: Names, native_id: str, control: Control, table: Table) -> int:
    project = names.project(conn, native_id)
    keys = list(table.primary_key)
    rows = conn.execute(
        select(*keys, table.c.value).where(
            table.c.project_id == project.id,
            table.c.control_id == control.id,
            table.c.label_id.is_(None),
        )
    ).all()
    changed = 0
    for row in rows:
        _, label, text = names.answer(conn, project, control.name, json.loads(row.value))
        if label is not None:
            values: dict[str, Any] = {"label_id": label, "value": text}
            same = and_(*(key == row._mapping[key.name] for key in keys))  # noqa: SLF001 - Row's own
            conn.execute(update(table).where(same).values(**values))
            changed += 1
    return changed
