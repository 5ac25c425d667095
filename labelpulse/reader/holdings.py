"""What every source holds that a configuration can name: projects, their questions, accounts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, select

from labelpulse import schema
from labelpulse.warehouse.engine import snapshot


@dataclass(frozen=True, slots=True)
class Holding:
    """What one source holds.

    Attributes:
        loaded: it was polled or imported with success, so what it lacks is not just to come.
        controls: title of a project -> names of its questions.
        accounts: native ids, SOURCE/ID and e-mail addresses; never to be shown.
    """

    loaded: bool
    controls: Mapping[str, tuple[str, ...]]
    accounts: frozenset[str] = field(repr=False)


def holdings(engine: Engine) -> dict[str, Holding]:
    """Return what the sources hold, by name."""
    with snapshot(engine) as conn:
        source = schema.source.c
        rows = conn.execute(select(source.id, source.name, source.ok_at).order_by(source.name))
        return {
            row.name: Holding(
                row.ok_at is not None, _controls(conn, row.id), _accounts(conn, row.id, row.name)
            )
            for row in rows.all()
        }


def _controls(conn: Connection, source_id: int) -> dict[str, tuple[str, ...]]:
    """Return the questions by title: those of namesakes together, since the file names titles."""
    project, control = schema.project.c, schema.control.c
    rows = conn.execute(
        select(project.title, control.name)
        .outerjoin_from(schema.project, schema.control, control.project_id == project.id)
        .where(project.source_id == source_id)
        .order_by(project.title, control.id)
    )
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        own = found.setdefault(row.title, {})
        if row.name is not None:
            own[row.name] = None
    return {title: tuple(own) for title, own in found.items()}


def _accounts(conn: Connection, source_id: int, source: str) -> frozenset[str]:
    who = schema.annotator_identity.c
    rows = conn.execute(select(who.native_id, who.email).where(who.source_id == source_id)).all()
    full = {f"{source}/{row.native_id}" for row in rows if row.native_id}
    return frozenset(full.union(text for row in rows for text in row if text))
