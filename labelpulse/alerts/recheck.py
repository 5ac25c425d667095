"""The items that a fall of quality puts in doubt: answered since its change, to check again."""

from datetime import date
from typing import TYPE_CHECKING, Any

from labelpulse.alerts.rules import subject_of, values_of
from labelpulse.config.links import item_link
from labelpulse.core.errors import UsageError
from labelpulse.reader.alerts import Incident, incidents
from labelpulse.reader.catalog import project_labels
from labelpulse.reader.query import condition
from labelpulse.reader.recheck import Since, answered_since
from labelpulse.warehouse.alerts import no_alert

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from labelpulse.config import Settings
    from labelpulse.reader import Row, Scope

COLUMNS = ("item", "batch", "answered_by", "last_answer", "link")
_TERMS = ("annotator", "team", "batch")


def to_check(engine: "Engine", settings: "Settings", id_: int, scope: "Scope") -> "list[Row]":
    """Return the items of an alert that are worth another look, with the columns `COLUMNS`.

    Raises:
        UsageError: there is no such alert, or its number is not about answers.
    """
    found = incidents(engine, ids=[id_])
    if not found:
        raise no_alert([id_])
    label = project_labels(engine, scope).get(found[0].project_id or 0)
    asked = in_doubt(found[0], label)
    if asked is None:
        raise UsageError(f"alert {id_} puts no answers in doubt: it is about {found[0].rule!r}")
    links = settings.links
    return [
        {
            "item": one.item,
            "batch": one.batch,
            "answered_by": ", ".join(one.people),
            "last_answer": one.day,
            "link": item_link(links, one.place.source, one.place.native_project, one.item),
        }
        for one in answered_since(engine, asked, scope)
    ]


def in_doubt(one: Incident, label: str | None = None) -> Since | None:
    """Return which answers an alert puts in doubt; None = it is not about answers.

    Args:
        label: of its project; None = as it was when the alert was kept.
    """
    said: dict[str, Any] = dict(one.evidence)
    keys = values_of(subject_of(one.keys))
    query = said.get("query") or {}
    project = label or keys.get("project") or query.get("project")
    control = keys.get("control") or query.get("control")
    if not said.get("since") or said.get("items") is None or not project or not control:
        return None
    terms = [condition(text) for text in query.get("where", ())]
    where = tuple(term for term in terms if term.key in _TERMS)
    return Since(project, control, date.fromisoformat(said["since"]).toordinal(), where)
