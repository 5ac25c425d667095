"""Two readings of an item obey the conditions that the pairs of labels, counted apart, obey."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import update

from labelpulse import schema
from labelpulse.core.days import local_day_hour
from labelpulse.reader import MetricQuery, confusions
from labelpulse.reader.confusions import MOST, readings, sides
from labelpulse.reader.details import label_pairs
from labelpulse.reader.query import condition
from tests.reader.world import NAMES, Say, World, at

QUERY = MetricQuery("agreement_percent", project="P", control="label")
PEOPLE, ZONE = "abcdef", "Europe/Berlin"


@pytest.fixture
def mixed(world: World) -> World:
    """Eighty items in two batches or none; two teams, one of them with people who come and go."""
    draw = random.Random(7)
    says = [
        Say(f"i{n}", who, draw.choice("xyz"), at(draw.randrange(12), draw.randrange(1440)))
        for n in range(80)
        for who in draw.sample(PEOPLE, 3)
    ]
    batches = {f"i{n}": draw.choice(["one", "two"]) for n in range(60)}
    world.project(says, timezone=ZONE, batches=batches)
    world.warehouse.teams({"North": ["a", "b", "c"], "South": ["d", "c"], "Away": ["e", "f"]})
    day, _ = local_day_hour(at(4), ZONE)
    member = schema.membership
    with world.engine.begin() as conn:
        north = conn.scalar(schema.team.select().where(schema.team.c.name == "North"))
        own = member.c.team_id == north
        first, second, _ = sorted(
            conn.scalars(member.select().where(own).with_only_columns(member.c.annotator_id))
        )
        conn.execute(update(member).where(own, member.c.annotator_id == first).values(until=day))
        conn.execute(
            update(member).where(own, member.c.annotator_id == second).values(since=day + 2)
        )
    return world


@pytest.mark.parametrize(
    "where",
    [
        (),
        ("team=North",),
        ("team=South",),
        ("team!=North",),
        ("team=North", "team=Away", "team!=South"),
        ("batch=one",),
        ("batch!=one",),
        ("annotator=a", "annotator=b", "annotator=c"),
        ("annotator!=b",),
        ("team=North", "batch=two", "annotator!=e"),
    ],
)
def test_as_many_readings_as_pairs_of_labels(
    mixed: World, where: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = replace(QUERY, where=tuple(map(condition, where)))
    pairs = {
        frozenset((row["label_a"], row["label_b"])): row["n"]
        for row in label_pairs(mixed.engine, asked, NAMES)
    }
    assert pairs
    for first, second in ("xy", "yz", "zx"):
        both = (condition(f"label={first}"), condition(f"label={second}"))
        query = replace(asked, where=(*asked.where, *both))
        n = pairs.get(frozenset((first, second)), 0)
        assert len(readings(mixed.engine, query, NAMES)) == min(n, MOST)
        with monkeypatch.context() as all_of_them:
            all_of_them.setattr(confusions, "MOST", n + 1)
            met = readings(mixed.engine, query, NAMES)
        given = [
            Counter(who for who, _ in {(row[side], row["item"]) for row in met})
            for side in ("annotator_a", "annotator_b")
        ]
        told = sides(mixed.engine, query, NAMES)
        for side, name in zip(given, ("first", "second"), strict=True):
            assert {row["annotator"]: row[name] for row in told if row[name]} == side


def test_a_team_without_members_has_no_readings(world: World) -> None:
    world.project([Say("i1", "a", "x", at(0)), Say("i1", "b", "y", at(0))])
    world.warehouse.teams({"North": ["a", "b"], "One": ["a"], "Empty": []})
    for team, n in (("North", 1), ("One", 0), ("Empty", 0)):
        where = tuple(map(condition, ("label=x", "label=y", f"team={team}")))
        assert len(readings(world.engine, replace(QUERY, where=where), NAMES)) == n
