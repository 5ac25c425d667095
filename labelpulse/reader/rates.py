"""The rates of people and teams, as the warehouse keeps them."""

from sqlalchemy import Connection, select

from labelpulse import schema
from labelpulse.metrics.rates import Dated, Rate, Rates
from labelpulse.reader.who import teams


def load(conn: Connection) -> Rates:
    """Return all rates, and who is in which team."""
    rate = schema.rate.c
    people: dict[int, Dated] = {}
    of_teams: dict[int, Dated] = {}
    for row in conn.execute(select(schema.rate).order_by(rate.since)):
        into, who = (of_teams, row.team_id) if row.team_id else (people, row.annotator_id)
        one = (row.since, Rate(row.hourly_millionths, row.currency))
        into[who] = (*into.get(who, ()), one)
    known = teams(conn) if of_teams else {}
    return Rates(
        people,
        of_teams,
        lambda who, day: [one for one, team in known.items() if team.has(who, day)],
    )
