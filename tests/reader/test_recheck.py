"""Items to look at again: those answered since a day, told in one query, named by scope."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import event, select

from labelpulse import schema
from labelpulse.core.errors import UsageError
from labelpulse.core.events import Status
from labelpulse.reader import condition
from labelpulse.reader.recheck import Answered, Since, answered_since, count_since
from tests.reader.world import HIDDEN, NAMES, Say, World, at, engine_on

MONDAY = date(2024, 3, 4).toordinal()


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """Noon in UTC is 17:45 in Kathmandu, whose day begins at 18:15 of the day before."""
    found = World(engine_on(database_url))
    found.project(
        [
            *(Say("old", "ann", "x", at(0)), Say("old", "bob", "x", at(1))),
            *(Say("both", "ann", "x", at(1, 5)), Say("both", "bob", "y", at(2))),
            Say("late", "cid", {"label": "y", "mood": "sad"}, at(1, 375)),
            *(Say("skipped", "ann", None, at(2), Status.SKIPPED), Say("when", "ann", "x", None)),
            Say("gone", "ann", "x", at(2), deleted=True),
            Say("known", "eve", "x", at(2), gold_flag=True),
        ],
        batches={"old": "one", "both": "two"},
        gold="flag",
        timezone="Asia/Kathmandu",
    )
    yield found
    found.engine.dispose()


def ask(world: World, day: int, *where: str, control: str = "label") -> dict[str, Answered]:
    asked = Since("P", control, MONDAY + day, tuple(map(condition, where)))
    found = answered_since(world.engine, asked, NAMES)
    assert count_since(world.engine, asked, NAMES) == len(found)
    return {one.item: one for one in found}


def test_only_answers_that_count_on_or_after_the_local_day(world: World) -> None:
    assert set(ask(world, 0)) == {"old", "both", "late"}
    assert set(ask(world, 2)) == {"both", "late"}
    assert set(ask(world, 1, control="mood")) == {"late"}
    assert ask(world, 3) == {}
    found = ask(world, 1)
    assert (found["old"].people, found["old"].day, found["old"].batch) == (
        ("bob",),
        "2024-03-05",
        "one",
    )
    assert (found["both"].people, found["both"].day) == (("ann", "bob"), "2024-03-06")
    assert (found["late"].batch, found["late"].place.source) == (None, "studio")


def test_one_person_or_one_batch(world: World) -> None:
    assert set(ask(world, 0, "annotator=ann")) == {"old", "both"}
    assert ask(world, 0, "annotator=ann")["both"].people == ("ann",)
    assert set(ask(world, 0, "annotator=ann", "annotator=cid")) == {"old", "both", "late"}
    assert set(ask(world, 0, "batch=two")) == {"both"}
    assert set(ask(world, 0, "batch!=two", "annotator!=bob")) == {"old", "late"}


def test_a_team_of_that_day(world: World) -> None:
    with world.engine.begin() as conn:
        who = schema.annotator_identity.c
        ids = {
            row.native_id: row.annotator_id
            for row in conn.execute(select(who.native_id, who.annotator_id))
        }
        conn.execute(schema.team.insert(), [{"id": 1, "name": "Manila"}])
        left = MONDAY + 1
        member = [{"team_id": 1, "annotator_id": ids["bob"], "since": 0, "until": left}]
        conn.execute(schema.membership.insert(), member)
    assert set(ask(world, 0, "team=Manila")) == {"old"}
    assert ask(world, 0, "team=Manila")["old"].people == ("bob",)
    assert ask(world, 1, "team!=Manila")["both"].people == ("ann", "bob")
    assert "old" not in ask(world, 1, "team!=Manila")


def test_people_are_shown_as_the_scope_says(world: World) -> None:
    found = answered_since(world.engine, Since("P", "label", MONDAY), HIDDEN)
    people = {who for one in found for who in one.people}
    assert len(people) == 3
    assert not people & {"ann", "bob", "cid"}


def test_it_is_one_query_on_the_matrix(world: World) -> None:
    ran: list[str] = []

    @event.listens_for(world.engine, "before_cursor_execute")
    def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
        ran.append(statement)

    asked = Since("P", "label", MONDAY)
    for told in (answered_since, count_since):
        ran.clear()
        assert told(world.engine, asked, HIDDEN)
        assert sum("answer_matrix" in one for one in ran) == 1
        assert not [one for one in ran if " annotation " in one]


def test_what_nobody_knows_is_refused(world: World) -> None:
    for asked in (Since("Q", "label", MONDAY), Since("P", "none", MONDAY)):
        with pytest.raises(UsageError):
            count_since(world.engine, asked)
