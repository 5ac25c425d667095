"""Rates as the configuration says them, kept for the reader."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from labelpulse import schema
from labelpulse.warehouse import bulk
from labelpulse.warehouse.people import accounts

_COLUMNS = ("team_id", "annotator_id", "since", "hourly_millionths", "currency")


class SaidRate(NamedTuple):
    """What an hour of a team or a person costs from a day on.

    Attributes:
        team: its name, or None. annotator: a native id or e-mail address, or None.
        since: day ordinal; 0 = from the beginning on. hourly: millionths.
    """

    team: str | None
    annotator: str | None
    since: int
    hourly: int
    currency: str


def follow_rates(conn: Connection, said: Iterable[SaidRate]) -> bool:
    """Make rates what the configuration says; True on a change.

    A team that does not exist has none; an account that no source has shown yet gets its own when
    it appears.
    """
    wanted = {
        (*place, one.since): (one.hourly, one.currency) for one in said for place in _of(conn, one)
    }
    there = {tuple(row[:3]): tuple(row[3:]) for row in conn.execute(select(schema.rate))}
    if wanted == there:
        return False
    conn.execute(delete(schema.rate))
    rows = [(*key, *values) for key, values in sorted(wanted.items())]
    bulk.insert(conn, schema.rate, _COLUMNS, rows)
    return True


def _of(conn: Connection, one: SaidRate) -> list[tuple[int, int]]:
    """Return (team id, 0), or (0, annotator id) of every account meant."""
    if one.annotator is not None:
        return [(0, who) for who in accounts(conn, [one.annotator])]
    team = schema.team.c
    return [(id_, 0) for id_ in conn.scalars(select(team.id).where(team.name == one.team))]
