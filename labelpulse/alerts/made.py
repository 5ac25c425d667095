"""Rules that were made on a page, as rules of the configuration."""

from typing import TYPE_CHECKING

from pydantic import ValidationError

from labelpulse.config import Alert
from labelpulse.reader.alerts import Made, made_rules

if TYPE_CHECKING:
    from sqlalchemy import Connection


def made(conn: "Connection") -> list[Alert]:
    """Return the rules made on a page; one that no longer makes sense is left out."""
    return [rule for one in made_rules(conn) if (rule := rule_of(one)) is not None]


def rule_of(one: Made) -> Alert | None:
    """Return a kept rule; None where this version cannot read it."""
    try:
        return Alert(name=one.name, **one.data)
    except (ValidationError, TypeError):
        return None
