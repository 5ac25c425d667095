"""The outbox: one intent a change, one message a group, one try at a time, in order."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from labelpulse import schema
from labelpulse.core.days import SECOND
from labelpulse.warehouse.outbox import (
    CLAIM_US,
    DAY_US,
    DEAD_US,
    KEPT_US,
    LEAST_TRIES,
    Claim,
    Failure,
    Intent,
    Outbox,
)
from labelpulse.warehouse.posted import State, backlog, messages
from tests.alerts.posting import HOUR, INTERVAL, MINUTE, WAIT, Clock, formed, intent, notice, tell
from tests.reader.world import NOW, engine_at


@pytest.fixture
def engine(either: Engine) -> Engine:
    """An empty warehouse, on each of both databases."""
    return either


def at(engine: Engine, now: int = NOW) -> Outbox:
    """The outbox at a moment."""
    return Outbox(engine, Clock(now), lambda: 1.0)


def claimed(outbox: Outbox, channel: str = "hook") -> Claim:
    found = outbox.claim(channel)
    assert found is not None
    return found


def test_an_intent_is_there_once_whatever_it_says(engine: Engine) -> None:
    assert tell(engine, intent(), intent(), intent(sequence=2)) == 2
    assert tell(engine, intent(title="told anew"), intent(kind="resolved"), intent(8)) == 2
    assert tell(engine, intent(channel="mail")) == 1
    with engine.connect() as conn:
        table = schema.alert_intent
        assert len(conn.execute(select(table)).all()) == 5
        assert "told anew" not in "".join(conn.scalars(select(table.c.body)))


def test_an_intent_goes_with_the_transaction_that_made_it(engine: Engine) -> None:
    with engine.connect() as conn, conn.begin() as change:
        assert Outbox.put(conn, [intent()], NOW) == 1
        change.rollback()
    assert at(engine, NOW + HOUR).form(WAIT, INTERVAL) == 0


def test_what_fires_together_is_told_together(engine: Engine) -> None:
    tell(engine, intent(1), intent(2, channel="mail"), intent(3, grouped_by="Street"))
    tell(engine, intent(4), now=NOW + WAIT - 1)
    assert at(engine, NOW + WAIT - 1).form(WAIT, INTERVAL) == 0
    assert at(engine, NOW + WAIT).form(WAIT, INTERVAL) == 3
    assert at(engine, NOW + WAIT).form(WAIT, INTERVAL) == 0
    told = {
        (one.channel, tuple(each["incident"] for each in one.body["notices"]))
        for one in messages(engine)
    }
    assert told == {("hook", (1, 4)), ("mail", (2,)), ("hook", (3,))}
    assert {one.kind for one in messages(engine)} == {"fired"}
    assert len({one.key for one in messages(engine)}) == 3


def test_a_message_of_several_kinds_says_so(engine: Engine) -> None:
    tell(engine, intent(1), intent(2, kind="resolved"))
    assert at(engine, NOW + WAIT).form(WAIT, INTERVAL) == 1
    (only,) = messages(engine)
    assert (only.kind, only.body["kind"]) == ("several", "several")
    assert only.body["notices"][0] == notice(incident=1).document()


def overnight(incident: int, *kinds: str) -> list[Intent]:
    """What comes of an incident while a channel is quiet."""
    titles = (f"{incident}: {n}" for n in range(len(kinds)))
    named = enumerate(zip(kinds, titles, strict=True), 1)
    return [intent(incident, sequence=n, kind=kind, title=title) for n, (kind, title) in named]


def test_what_waited_all_night_is_told_once(engine: Engine) -> None:
    tell(engine, *overnight(1, "fired", *["again"] * 23), *overnight(2, "again", "again"))
    tell(engine, *overnight(3, "fired", "again", "resolved"), *overnight(4, "resolved"))
    tell(engine, *(replace(intent(0, sequence=n), kind="again") for n in (1, 2)))  # of none
    assert at(engine, NOW + HOUR).form(WAIT, INTERVAL, quiet=["hook"]) == 0
    assert at(engine, NOW + HOUR).form(WAIT, INTERVAL) == 1
    (only,) = messages(engine)
    told = [(one["title"], one["kind"], bool(one["lines"])) for one in only.body["notices"]]
    assert told[:5] == [
        ("1: 23", "fired", True),  # the newest, and nobody knew that it fires
        ("2: 1", "again", True),
        ("3: 1", "fired", False),
        ("3: 2", "resolved", True),
        ("4: 0", "resolved", True),
    ]
    assert len(told) == 7
    with engine.connect() as conn:
        assert set(conn.scalars(select(schema.alert_intent.c.message_id))) == {only.id}


def test_the_next_of_a_group_waits_unless_it_is_critical(engine: Engine) -> None:
    later = NOW + WAIT
    tell(engine, intent(1))
    assert at(engine, later).form(WAIT, INTERVAL) == 1
    tell(engine, intent(2), now=later)
    assert at(engine, later + INTERVAL - 1).form(WAIT, INTERVAL) == 0
    tell(engine, intent(3, level="critical"), now=later + WAIT)
    assert at(engine, later + 2 * WAIT).form(WAIT, INTERVAL) == 1
    newest = messages(engine)[0]
    assert [one["incident"] for one in newest.body["notices"]] == [2, 3]
    tell(engine, intent(4), now=later + 2 * WAIT)
    assert at(engine, later + 2 * WAIT + INTERVAL - 1).form(WAIT, INTERVAL) == 0
    assert at(engine, later + 2 * WAIT + INTERVAL).form(WAIT, INTERVAL) == 1


def test_very_many_are_several_messages(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelpulse.warehouse.forming.MOST_TOGETHER", 2)
    tell(engine, *map(intent, range(1, 6)))
    assert at(engine, NOW + WAIT).form(WAIT, INTERVAL) == 3
    told = [one["incident"] for each in messages(engine)[::-1] for one in each.body["notices"]]
    assert told == [1, 2, 3, 4, 5]


def test_a_message_has_an_id_of_its_warehouse_and_moment(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = engine_at(tmp_path / "other")
    for each in (engine, other):
        formed(each, intent(1), intent(2))
    keys = {one.key for each in (engine, other) for one in messages(each)}
    assert len(keys) == 4  # the same channel and the first incident, in two installations
    with engine.begin() as conn:  # a backup from before both is restored
        for table in (schema.alert_intent, schema.alert_message):
            conn.execute(table.delete())
    formed(engine, intent(1), now=NOW + HOUR)
    assert messages(engine)[0].key not in keys
    other.dispose()


def test_long_names_of_the_source_fit_and_stay_apart(engine: Engine) -> None:
    long = "t" * 450
    two = [intent(n, grouped_by=long + end) for n, end in ((1, "a"), (2, "b"))]
    silent = [
        replace(intent(0, channel="mail"), kind=f"stale:{long}{end}", sequence=1) for end in "ab"
    ]
    assert tell(engine, *two, *silent) == 4
    assert tell(engine, *two, *silent) == 0
    assert at(engine, NOW + WAIT).form(WAIT, INTERVAL) == 3
    found = {one.body["notices"][0]["incident"] for one in messages(engine) if one.kind == "fired"}
    assert found == {0, 1, 2}
    with engine.connect() as conn:
        kept = conn.execute(select(schema.alert_intent)).all()
    assert {(len(one.grouped_by), len(one.kind)) for one in kept} == {(400, 5), (3, 200)}


def test_several_that_form_messages_at_once_make_each_once(engine: Engine) -> None:
    for group in range(4):
        tell(engine, *(intent(n, grouped_by=f"g{group}", sequence=group) for n in range(5)))
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: at(engine, NOW + WAIT).form(WAIT, INTERVAL), range(4)))
    assert sum(made) == 4
    with engine.connect() as conn:
        loose = schema.alert_intent.c.message_id.is_(None)
        assert conn.execute(select(schema.alert_intent).where(loose)).all() == []
    assert sum(len(one.body["notices"]) for one in messages(engine)) == 20


def test_a_channel_is_gone_through_in_order(engine: Engine) -> None:
    outbox = formed(engine, intent(1), intent(2), intent(3, channel="mail"))
    first = claimed(outbox)
    assert first.body["notices"][0]["incident"] == 1
    assert outbox.claim("hook") is None
    assert outbox.due() == ["mail"]
    assert claimed(outbox, "mail").body["notices"][0]["incident"] == 3
    outbox.failed(first, Failure("HTTP status 500"))
    assert at(engine, NOW + 4 * SECOND).claim("hook") is None  # neither it nor a later one
    again = claimed(at(engine, NOW + 5 * SECOND))
    assert (again.key, again.body) == (first.key, first.body)
    at(engine, NOW + 6 * SECOND).sent(again)
    assert claimed(at(engine, NOW + 6 * SECOND)).body["notices"][0]["incident"] == 2
    assert outbox.claim("no such channel") is None


def test_who_waited_longest_is_due_first(engine: Engine) -> None:
    outbox = formed(engine, intent(1), intent(2, channel="mail"), intent(3, channel="chat"))
    outbox.failed(claimed(outbox), Failure("HTTP status 500"))
    assert at(engine, NOW + HOUR).due() == ["mail", "chat", "hook"]


def test_one_of_many_gets_a_message(engine: Engine) -> None:
    formed(engine, intent(1), intent(2))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: at(engine).claim("hook"), range(8)))
    assert len([one for one in found if one is not None]) == 1


def test_a_claim_runs_out(engine: Engine) -> None:
    lost = claimed(formed(engine, intent(1)))
    assert at(engine, NOW + CLAIM_US - 1).claim("hook") is None
    later = at(engine, NOW + CLAIM_US)
    ours = claimed(later)
    assert not later.failed(lost, Failure("late"))
    assert messages(engine)[0].failure == ""  # it is not the late one's to tell
    later.sent(lost)  # but it was taken
    at(engine, NOW + CLAIM_US + 2).failed(ours, Failure("HTTP status 500"))
    (only,) = messages(engine)
    assert (only.state, only.sent_at, only.failure) == (State.SENT, NOW + CLAIM_US, "")


def test_a_clock_that_was_a_day_ahead_holds_nothing_up(engine: Engine) -> None:
    """For one cycle, in which one message fails, one is claimed and one intent comes."""
    ahead = NOW + DEAD_US
    outbox = formed(engine, intent(1), intent(2, channel="mail"), now=ahead)
    outbox.failed(claimed(outbox), Failure("HTTP status 404", lasting=True))
    claimed(outbox, "mail")
    tell(engine, intent(3), now=ahead)
    back = at(engine)
    assert back.form(WAIT, INTERVAL) == 1
    assert back.due() == ["mail", "hook"]
    back.failed(claimed(back), Failure("HTTP status 404", lasting=True))
    claimed(back, "mail")
    assert back.due() == []  # waits and claims of a right clock still hold


def test_clocks_may_differ_a_little(engine: Engine) -> None:
    claimed(formed(engine, intent(1), now=NOW + MINUTE))
    assert at(engine).claim("hook") is None


def waits(engine: Engine, failure: Failure, tries: int, jitter: Callable[[], float]) -> list[float]:
    """Seconds until each next try."""
    clock, found = Clock(), []
    outbox = Outbox(engine, clock, jitter)
    for _ in range(tries):
        outbox.failed(claimed(outbox), failure)
        (only,) = messages(engine)
        found.append((only.next_try_at - clock.now) / SECOND)
        clock.now = only.next_try_at
    return found


@pytest.mark.parametrize(
    ("failure", "seconds"),
    [
        (Failure("HTTP status 503"), [5, 10, 20, 40, 80, 160, 300, 300]),
        (Failure("HTTP status 404", lasting=True), [60, 120, 240, 480, 960, 1920, 3600, 3600]),
        (Failure("HTTP status 429", 120.0), [120, 120, 120, 120, 120, 160, 300, 300]),
        (Failure("HTTP status 429", 90_000.0), [3600] * 8),
        (Failure("HTTP status 429", float("inf")), [3600] * 8),
    ],
)
def test_the_next_try_is_later_each_time(
    engine: Engine, failure: Failure, seconds: list[float]
) -> None:
    formed(engine, intent())
    assert waits(engine, failure, 8, lambda: 1.0) == seconds


def test_the_wait_is_anywhere_up_to_that(engine: Engine) -> None:
    formed(engine, intent())
    chance = iter([0.0, 0.25, 0.5])
    assert waits(engine, Failure("HTTP status 503"), 3, lambda: next(chance)) == [0, 2.5, 10]


def test_a_message_is_dead_after_a_day_and_can_be_revived(engine: Engine) -> None:
    formed(engine, intent(1), intent(2))
    clock, failure = Clock(), Failure("HTTP status 404", lasting=True)
    outbox = Outbox(engine, clock, lambda: 1.0)
    while clock.now < NOW + DEAD_US:
        assert not outbox.failed(claimed(outbox), failure)
        clock.now = messages(engine)[1].next_try_at
    assert clock.now - NOW - DEAD_US <= HOUR
    assert outbox.failed(claimed(outbox), failure)
    dead = messages(engine, state=State.DEAD)[0]
    assert dead.failure == "HTTP status 404"
    assert (backlog(engine).waiting, backlog(engine).dead) == (1, 1)
    second = claimed(outbox)  # a dead one holds nobody up
    assert second.body["notices"][0]["incident"] == 2
    outbox.sent(second)
    clock.now += HOUR
    assert outbox.revive(dead.id)
    assert not outbox.revive(dead.id)
    again = claimed(outbox)
    assert (again.key, again.created_at) == (dead.key, dead.created_at)
    assert not outbox.failed(again, Failure("HTTP status 503"))  # not at once
    assert messages(engine, state=State.WAITING)[0].id == dead.id


def test_a_message_that_nobody_tried_for_a_day_is_tried(engine: Engine) -> None:
    formed(engine, intent())
    clock, ended = Clock(NOW + 3 * DEAD_US), []
    outbox = Outbox(engine, clock)
    for _ in range(LEAST_TRIES):
        ended.append(outbox.failed(claimed(outbox), Failure("ConnectError")))
        clock.now += HOUR
    assert ended == [False] * (LEAST_TRIES - 1) + [True]


def test_what_was_sent_long_ago_is_forgotten_once_a_day(engine: Engine) -> None:
    formed(engine, *(intent(n, channel=name) for n, name in enumerate(("a", "b", "c", "waits"))))
    for name, sent_at in (("a", NOW), ("b", NOW + HOUR), ("c", NOW + 2 * DAY_US)):
        at(engine, sent_at).sent(claimed(at(engine, sent_at), name))
    day_after = NOW + KEPT_US + DAY_US
    assert at(engine, day_after).forget() == 0  # of less than a day it is not worth while
    assert at(engine, day_after + 1).forget() == 2
    assert at(engine, day_after + 2 * HOUR).forget() == 0
    assert [one.channel for one in messages(engine)] == ["waits", "c"]
    with engine.connect() as conn:
        assert set(conn.scalars(select(schema.alert_intent.c.incident_id))) == {2, 3}


def test_the_backlog_tells_since_when(engine: Engine) -> None:
    assert at(engine).oldest_us() is None
    formed(engine, intent(1), intent(2))
    formed(engine, intent(3), now=NOW + MINUTE)
    found = backlog(engine)
    assert (found.waiting, found.dead, found.oldest_at) == (3, 0, NOW)
    assert at(engine, NOW + HOUR).oldest_us() == HOUR
    assert [one.body["notices"][0]["incident"] for one in messages(engine, limit=2)] == [3, 2]
    assert "agreement" not in repr(messages(engine))
