"""An annotation moves to another project: what was said in it, in that project's terms."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from labelpulse import schema
from labelpulse.warehouse import bulk
from labelpulse.warehouse.facts import Answers


def spoken(conn: Connection, answers: Answers) -> Iterator[tuple[str, Any]]:
    """Yield answers as (name of the control, value), as a record would bring them."""
    control = schema.control.c
    rows = conn.execute(
        select(control.id, control.name).where(control.id.in_(bulk.among(conn, answers)))
    )
    names = {row.id: row.name for row in rows}
    for control_id, (label, value) in answers.items():
        if value is None and label is not None:
            yield names[control_id], _label(conn, label)
        else:
            yield names[control_id], json.loads(value or "null")


def _label(conn: Connection, label_id: int) -> str | list[str]:
    label = schema.label.c
    row = conn.execute(select(label.text, label.options).where(label.id == label_id)).one()
    if row.options is None:
        return str(row.text)
    options = bulk.among(conn, json.loads(row.options))
    return list(conn.scalars(select(label.text).where(label.id.in_(options))))
