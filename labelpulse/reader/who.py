"""The people of a plan: those that conditions name, teams, and those who are left out."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from sqlalchemy import Connection, select

from labelpulse import schema
from labelpulse.core.errors import UsageError
from labelpulse.reader.people import People
from labelpulse.reader.plan import Filter, Plan, Team
from labelpulse.reader.query import Condition


def named_people(
    people: People, terms: Iterable[Condition], sources: frozenset[int], equal: bool
) -> frozenset[int]:
    """Return the annotators that conditions want, or with `equal` False do not want."""
    found = (people.find(one.value, sources) for one in terms if one.equal is equal)
    return frozenset[int]().union(*found)


def named_pairs(
    people: People, terms: Iterable[Condition], sources: frozenset[int], equal: bool
) -> frozenset[tuple[int, int]]:
    """Return the pairs of annotators that conditions want, or do not want."""
    found = set()
    for one in terms:
        if one.equal is equal:
            two = [name.strip() for name in one.value.split("+")]
            if len(two) != 2:
                raise UsageError(f"annotator_pair={one.value!r}: write two people as A+B")
            first, second = (people.find(name, sources) for name in two)
            found |= {(min(a, b), max(a, b)) for a in first for b in second}
    return frozenset(found)


_OF_PEOPLE = frozenset(
    {
        *("annotator_pairs", "annotator_pair_labels", "peer_loo"),
        *("self_repeats", "identical_pairs"),
    }
)
"""Sums that compare people with people, or with themselves."""


def leave_out(people: Callable[[], People], plan: Plan) -> None:
    """Leave anonymous visitors out of what compares people, in place.

    By annotator their rows are left out one by one, and counted.
    """
    of_people = all(need.partial in _OF_PEOPLE for need in plan.metric.needs)
    if not of_people or {"annotator", "annotator_pair"} & {*plan.keys}:
        return
    here = people().shown(plan.sources).keys() & people().strangers.anonymous
    if here:
        own = plan.filters.get("annotator_id", Filter())
        plan.filters["annotator_id"] = replace(own, exclude=own.exclude | here)
        plan.without_visitors = True


def teams(conn: Connection) -> dict[int, Team]:
    """Return all teams with their dated memberships, by id."""
    team, member = schema.team.c, schema.membership.c
    names = {row.id: row.name for row in conn.execute(select(team.id, team.name))}
    members: dict[int, dict[int, tuple[tuple[int, int | None], ...]]] = {one: {} for one in names}
    for row in conn.execute(select(schema.membership).order_by(member.since)):
        own = members.setdefault(row.team_id, {})
        own[row.annotator_id] = (*own.get(row.annotator_id, ()), (row.since, row.until))
    return {one: Team(name, members[one]) for one, name in names.items()}
