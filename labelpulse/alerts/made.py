"""Rules that were made on a page, as rules of the configuration."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from labelpulse.alerts.looking import Seen
from labelpulse.config import Alert
from labelpulse.config.errors import table_error
from labelpulse.reader.alerts import Made, made_rules

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from labelpulse.alerts.look import Look
    from labelpulse.config import Settings


class Refused(Alert):
    """A rule that an older version kept, and that this one refuses: what it fires at is not known.

    Attributes:
        why: a sentence with what to do.
    """

    why: str = ""


def made(conn: "Connection") -> list[Alert]:
    """Return the rules made on a page; one that no longer makes sense is left out."""
    every = map(rule_of, made_rules(conn))
    return [one for one in every if not isinstance(one, Refused)]


def refused(conn: "Connection", settings: "Settings") -> list[Refused]:
    """Return the rules made on a page that make no sense to this version."""
    configured = {one.name for one in settings.alerts}
    every = map(rule_of, made_rules(conn))
    return [one for one in every if isinstance(one, Refused) and one.name not in configured]


def rule_of(one: Made) -> Alert:
    """Return a kept rule."""
    try:
        return Alert(name=one.name, **one.data)
    except ValidationError as error:
        return _refused(one, table_error(error))
    except TypeError:
        return _refused(one, "it is no table of a rule")


def _refused(one: Made, why: str) -> Refused:
    why = f"this version refuses it: {why}. Remove it on the page Alerts, or make it anew there"
    found = {key: one.data.get(key) for key in ("metric", "owner")}
    known: dict[str, Any] = {key: told for key, told in found.items() if isinstance(told, str)}
    if isinstance(channels := one.data.get("channels"), list):
        known["channels"] = tuple(map(str, channels))
    return Refused.model_construct(name=one.name, why=why, **{"metric": "", **known})


def with_refused(look: "Look", those: Iterable[Refused]) -> "Look":
    """Return a look with rules that cannot be asked, so that their alerts stay open."""
    known = {one.rule.name for one in look.seen}
    lost = [Seen(one, error=one.why) for one in those if one.name not in known]
    return replace(look, seen=[*look.seen, *lost])
