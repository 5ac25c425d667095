"""Accounts of several sources that may be one human's: proposed, never linked by themselves."""

from dataclasses import dataclass

from sqlalchemy import Engine, select

from labelpulse import schema
from labelpulse.core.pseudonyms import ANONYMOUS
from labelpulse.warehouse.engine import snapshot


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the configuration names it; ids may be e-mail addresses, so they are not told.

    Attributes:
        native_id: its id in the source.
    """

    source: str
    native_id: str

    @property
    def told(self) -> str:
        """SOURCE/ID, without the id where that is an e-mail address."""
        return f"{self.source}/{'…@…' if '@' in self.native_id else self.native_id}"


def alike(engine: Engine) -> list[tuple[Account, ...]]:
    """Return the accounts that share one e-mail address and are not one person yet.

    An id that is an e-mail address counts as one, and letters are compared without case.
    """
    who, identity, source = schema.annotator.c, schema.annotator_identity.c, schema.source.c
    query = (
        select(source.name, identity.native_id, identity.email, who.person_id)
        .join(schema.annotator, who.id == identity.annotator_id)
        .join(schema.source, source.id == identity.source_id)
        .where(who.kind != ANONYMOUS)
        .order_by(identity.annotator_id)
    )
    found: dict[str, dict[Account, int | None]] = {}
    with snapshot(engine) as conn:
        for row in conn.execute(query):
            address = row.email or (row.native_id if "@" in row.native_id else "")
            if address:
                own = found.setdefault(address.strip().casefold(), {})
                own[Account(row.name, row.native_id)] = row.person_id
    return [tuple(own) for own in found.values() if len(own) > 1 and not _linked(own)]


def _linked(accounts: dict[Account, int | None]) -> bool:
    persons = {*accounts.values()}
    return len(persons) == 1 and None not in persons
