"""Suggestions equal the metrics by item; items behind a disagreement equal a count by hand."""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, time

import pytest

from labelpulse.core.days import to_us
from labelpulse.core.errors import UsageError
from labelpulse.core.events import Verdict
from labelpulse.core.queue import Reason, State
from labelpulse.reader import MetricQuery, condition
from labelpulse.reader.behind import items_behind
from labelpulse.reader.handover import COLUMNS, handover
from labelpulse.reader.queue import Entry, Keep, entries, named, suggestions, wanted
from labelpulse.warehouse.queue import Queue
from tests.reader.world import HIDDEN, NAMES, NOW, Judged, Say, World, at, engine_on

PEOPLE = ("ann", "bob", "cid", "dee", "eve")
ASKED = MetricQuery("", project="P")
DAY = 86_400_000_000


def crowd(seed: int = 1, items: int = 120) -> list[Say]:
    """People of different skill on items of three labels; some unclear, some answered once."""
    rng = random.Random(seed)
    said: list[Say] = []
    skill = dict(zip(PEOPLE, (0.97, 0.95, 0.9, 0.75, 0.6), strict=True))
    for n in range(items):
        truth = rng.choice("abc")
        unclear = n % 10 == 0
        for who in rng.sample(PEOPLE, 1 if n % 4 == 1 else 3):
            right = rng.random() < (0.5 if unclear else skill[who])
            wrong = {"a": "b", "b": "a", "c": rng.choice("ab")}[truth]
            said.append(Say(f"i{n}", who, truth if right else wrong, at(n / 10, len(said))))
    return said


def by_reason(found: list[Entry]) -> Mapping[Reason, list[Entry]]:
    told: dict[Reason, list[Entry]] = defaultdict(list)
    for one in found:
        told[one.reason].append(one)
    return told


def ask(world: World, **more: object) -> list[Entry]:
    options = {"limit": 1000, "reasons": set(Reason)} | more
    return suggestions(world.engine, ASKED, NAMES, clock=lambda: NOW, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(3))
def test_suggestions_are_the_metrics_by_item(world: World, seed: int) -> None:
    world.project(crowd(seed))
    told = by_reason(ask(world))
    error = {
        row["item"]: row["value"]
        for row in world.ask("expected_label_error", by=("item",))
        if row["value"] >= 0.1
    }
    found = {one.item: one.evidence["value"] for one in told[Reason.LABEL_ERROR]}
    assert found == pytest.approx(error)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    rows = world.ask("item_ambiguity", by=("item",))
    for kind, reason in (("ambiguous", Reason.AMBIGUOUS), ("mistaken", Reason.MISTAKEN)):
        assert {one.item: one.evidence["value"] for one in told[reason]} == pytest.approx(
            {row["item"]: row["value"] for row in rows if row["kind"] == kind}
        )
    plan = [(row["item"], row["rank"]) for row in world.ask("review_gain")]
    assert [(one.item, one.evidence["rank"]) for one in told[Reason.REVIEW_PLAN]] == plan


def test_the_items_of_the_worst_pair_come_newest_first(world: World) -> None:
    said = crowd(2)
    world.project(said)
    found = by_reason(ask(world))[Reason.LABEL_PAIR]
    causes = [row for row in world.ask("disagreement_share") if row["kind"] == "label pair"]
    top = next(row for row in causes if row["rank"] == 1)
    assert {tuple(one.evidence["pair"]) for one in found} == {("a", "b")}
    assert {one.evidence["value"] for one in found} == {top["value"]}
    labels: dict[str, set[str]] = defaultdict(set)
    last: dict[str, int] = defaultdict(int)
    for one in said:
        labels[one.item].add(one.labels)
        last[one.item] = max(last[one.item], one.at or 0)
    split = [item for item, given in labels.items() if {"a", "b"} <= given]
    assert [one.item for one in found] == sorted(split, key=lambda item: -last[item])


def test_wrong_gold_keys_are_suggested_with_what_able_people_say(world: World) -> None:
    people = [f"p{n}" for n in range(12)]
    said = [
        Say(f"i{n}", who, "ab"[n % 2], at(0, n), gold={"label": "b" if n == 4 else "ab"[n % 2]})
        for n in range(20)
        for who in people
    ]
    world.project(said, gold="column")
    (one,) = by_reason(ask(world))[Reason.GOLD_KEY]
    assert (one.item, one.said.gold if one.said else "") == ("i4", "b")
    row = handover([one], {})[0]
    assert (row["evidence"], row["why"]) == (
        *("12 of 12 able people say a", "the gold key may be wrong"),
    )


def test_what_reviewers_settled_is_not_suggested(world: World) -> None:
    said = crowd(1)
    doubtful = by_reason(_fresh(world, said))[Reason.LABEL_ERROR][0].item
    first = next(n for n, one in enumerate(said) if one.item == doubtful)
    said[first] = Say(
        *(doubtful, said[first].who, said[first].labels, said[first].at),
        reviews=[Judged(Verdict.ACCEPTED, "rev", at(30))],
    )
    world.project(said, title="Q")
    query = MetricQuery("", project="Q")
    again = suggestions(world.engine, query, NAMES, limit=1000, clock=lambda: NOW)
    assert again
    assert doubtful not in {one.item for one in again}


def _fresh(world: World, said: list[Say]) -> list[Entry]:
    world.project(said)
    return ask(world)


def test_without_reasons_an_item_stands_once(world: World) -> None:
    world.project(crowd())
    once, every = ask(world, reasons=None), ask(world)
    items = [one.item for one in once]
    assert len(set(items)) == len(items)
    assert set(items) == {one.item for one in every}
    reasons = Counter(one.item for one in every)
    assert {one.item: 1 + len(one.also) for one in once} == reasons


def test_with_neither_overlap_nor_gold_there_is_a_review_plan(world: World) -> None:
    """The first design case: nothing tells doubtful items, so a sample is drawn."""
    world.project([Say(f"i{n}", PEOPLE[n % 2], "ab"[n % 3 == 0], at(0, n)) for n in range(150)])
    found = ask(world, reasons=None)
    assert {one.reason for one in found} == {Reason.REVIEW_PLAN}
    assert len(found) == 100
    assert handover(found[:1], {})[0]["evidence"] == "place 1: drawn at random"


def test_an_empty_project_has_no_suggestions(world: World) -> None:
    world.project([], required={"i1": 2})
    assert ask(world) == []
    assert entries(world.engine, ASKED, NAMES) == []


def test_entries_tell_age_state_and_what_people_say(world: World) -> None:
    world.project(crowd(), batches={"i0": "one"})
    queue = Queue(world.engine, lambda: NOW)
    first, second = [one for one in ask(world) if one.reason is Reason.LABEL_ERROR][:2]
    ids = queue.add([wanted(first, "Mia"), wanted(second)]).ids
    later = Queue(world.engine, lambda: NOW + DAY)
    later.decide(ids[:1], "a is right", "Mia")
    found = entries(world.engine, ASKED, NAMES, clock=lambda: NOW + 3 * DAY)
    assert [(one.item, one.state, one.age_s) for one in found] == [
        (second.item, State.OPEN, 3 * 86_400),
        (first.item, State.DECIDED, 86_400),
    ]
    assert found[1].outcome == "a is right"
    assert found[0].evidence == second.evidence
    assert found[0].said == second.said
    assert entries(world.engine, ASKED, NAMES, Keep(owner="Mia"))[0].id == ids[0]
    assert [one.id for one in entries(world.engine, ASKED, NAMES, Keep([State.OPEN]))] == [ids[1]]
    assert entries(world.engine, ASKED, NAMES, Keep(reasons=[Reason.GOLD_KEY])) == []
    assert entries(
        world.engine, MetricQuery("", project="P", where=(condition("batch!=one"),)), NAMES
    )
    waiting = next(one for one in ask(world) if one.item == second.item)
    assert (waiting.id, waiting.state) == (ids[1], State.OPEN)


def test_entries_show_pseudonyms_to_who_may_not_see_names(world: World) -> None:
    world.project(crowd())
    shown = suggestions(world.engine, ASKED, HIDDEN, clock=lambda: NOW)
    who = {said.who for one in shown if one.said for said in one.said.said}
    assert who
    assert not who & set(PEOPLE)


def test_a_project_out_of_scope_is_out_of_the_queue(world: World) -> None:
    from labelpulse.reader import Scope

    own, other = world.project(crowd()), world.project(crowd(2), title="Q")
    queue = Queue(world.engine, lambda: NOW)
    queue.add([wanted(one) for one in ask(world)[:1]])
    scope = Scope(projects=frozenset([other]))
    assert entries(world.engine, MetricQuery(""), scope) == []
    assert {one.place.project_id for one in entries(world.engine, MetricQuery(""))} == {own}


def test_items_are_named_within_a_project(world: World) -> None:
    world.project(crowd())
    (one,) = named(world.engine, ASKED, ["i3"])
    assert (one.item, one.reason, one.place.control_id) == ("i3", Reason.BY_HAND, 0)
    with pytest.raises(UsageError, match="project 'P' has no item 'nowhere'"):
        named(world.engine, ASKED, ["nowhere"])
    world.project(crowd(), title="Q")
    with pytest.raises(UsageError, match="say which with --project"):
        named(world.engine, MetricQuery(""), ["i3"])


def test_a_row_for_experts_has_link_and_readings(world: World) -> None:
    world.project(crowd())
    template = {"studio": "https://tool.example.org/{project}?task={item}"}
    row = handover(ask(world)[:1], template)[0]
    assert tuple(row) == COLUMNS
    assert row["link"] == f"https://tool.example.org/P?task={row['item']}"
    assert row["readings"].count(" | ") == 2
    assert handover(ask(world)[:1], {"other": template["studio"]})[0]["link"] is None


# --- items behind ---


@pytest.mark.parametrize("seed", range(3))
def test_items_of_a_pair_are_those_counted_by_hand(world: World, seed: int) -> None:
    said = crowd(seed)
    world.project(said)
    labels: dict[str, list[tuple[str | None, str]]] = defaultdict(list)
    last: dict[str, int] = defaultdict(int)
    for one in said:
        labels[one.item].append((one.who, one.labels))
        if one.labels in "ac":
            last[one.item] = max(last[one.item], one.at or 0)
    split = {item for item, given in labels.items() if {"a", "c"} <= {said for _, said in given}}
    order = sorted(split, key=lambda item: -last[item])
    found = items_behind(world.engine, ASKED, NAMES, labels=("c", "a"), limit=5)
    assert [one.said.item for one in found] == order[:5]
    for row in found:
        assert [(said.who, said.label) for said in row.said.said] == labels[row.said.item]
        assert row.said.said[0].day is not None


def test_a_condition_on_all_answers_changes_no_item_of_a_pair(world: World) -> None:
    """With conditions they come from arrays in memory, without from the table."""
    world.project([*crowd(4), Say("i1", None, "a", at(1)), Say("i1", None, "b", at(1, 5))])
    asked = MetricQuery("", project="P", where=(condition("batch!=none of these"),))
    whole = MetricQuery("", project="P", since="2024-01-01")
    for labels in (("a", "b"), ("a", "c"), ("a", "nowhere")):
        found = items_behind(world.engine, ASKED, NAMES, labels=labels, limit=30)
        assert found == items_behind(world.engine, whole, NAMES, labels=labels, limit=30)
        assert bool(found) == ("nowhere" not in labels)
    with pytest.raises(UsageError):
        items_behind(world.engine, asked, NAMES)


@pytest.mark.parametrize("seed", range(3))
def test_items_against_the_others_are_those_counted_by_hand(world: World, seed: int) -> None:
    said = crowd(seed)
    world.project(said)
    given: dict[str, dict[str | None, str]] = defaultdict(dict)
    for one in said:
        given[one.item][one.who] = one.labels
    wrong = set()
    for item, answers in given.items():
        others = Counter(label for who, label in answers.items() if who != "eve")
        if "eve" in answers and others:
            label, votes = others.most_common(1)[0]
            if votes * 2 > others.total() and label != answers["eve"]:
                wrong.add(item)
    found = items_behind(world.engine, ASKED, NAMES, annotator="eve", limit=1000)
    assert {one.said.item for one in found} == wrong


def test_gold_beats_the_others(world: World) -> None:
    key = {"label": "b"}
    said = [Say("i1", who, label, at(0), gold=key) for who, label in zip("xyz", "bab", strict=True)]
    said += [Say("i2", who, "a", at(1), gold=key) for who in "xyz"]
    world.project(said, gold="column")
    found = {
        who: {one.said.item for one in items_behind(world.engine, ASKED, NAMES, annotator=who)}
        for who in "xyz"
    }
    assert found == {"x": {"i2"}, "y": {"i1", "i2"}, "z": {"i2"}}


def test_items_behind_follow_days_and_batches(world: World) -> None:
    said = [
        Say(f"i{n}", who, label, at(n))
        for n in range(4)
        for who, label in (("ann", "a"), ("bob", "b"))
    ]
    world.project(said, batches={"i0": "one", "i1": "one"})
    asked = MetricQuery("", project="P", since="2024-03-05", until="2024-03-06")
    assert [one.said.item for one in items_behind(world.engine, asked, NAMES)] == ["i2", "i1"]
    asked = MetricQuery("", project="P", where=(condition("batch=one"),))
    assert [one.said.item for one in items_behind(world.engine, asked, NAMES)] == ["i1", "i0"]
    with pytest.raises(UsageError, match="nobody here is called"):
        items_behind(world.engine, asked, NAMES, annotator="nobody")


def test_on_each_database_the_queue_is_the_same(database_url: str) -> None:
    engine = engine_on(database_url)
    world = World(engine)
    world.project(crowd(3), batches={"i0": "one", "i1": "one"})
    queue = Queue(engine, lambda: NOW)
    found = ask(world, limit=5)
    ids = queue.add([wanted(one, "Mia") for one in found[:6]]).ids
    queue.decide(ids[:2], "a is right")
    told = entries(engine, ASKED, NAMES, Keep(owner="Mia"), clock=lambda: NOW)
    assert [(one.id, one.item) for one in told] == [
        (id_, one.item)
        for id_, one in [*zip(ids[2:], found[2:6], strict=True), *zip(ids[:2], found, strict=False)]
    ]
    assert all(one.said for one in told)
    again = ask(world, limit=5)
    assert [one.id for one in again[:6]] == [None, None, *ids[2:]]
    pair = items_behind(engine, ASKED, NAMES, labels=("a", "b"), limit=4)
    assert len({one.said.item for one in pair}) == 4
    assert len(named(engine, ASKED, ["i3", "i4"])) == 2
    engine.dispose()


# --- days ---


def lately(said: list[Say], day: date) -> set[str]:
    """Items with an answer on or after a local day (the world's zone is UTC), counted by hand."""
    edge = to_us(datetime.combine(day, time(), UTC))
    return {one.item for one in said if one.at is not None and one.at >= edge}


def test_on_each_database_a_first_day_keeps_items_before_limits_do(database_url: str) -> None:
    engine = engine_on(database_url)
    world, said = World(engine), crowd(3)
    world.project([*said, Say("i1", "zoe", "a", None)])
    since = date(2024, 3, 8)
    items = lately(said, since)
    assert 0 < len(items) < len({one.item for one in said})
    whole = by_reason(ask(world))
    for reason, found in by_reason(ask(world, since=since)).items():
        wanted_ = [one for one in whole[reason] if one.item in items]
        assert found == wanted_, reason
        few = by_reason(ask(world, since=since, limit=2))[reason]
        assert few == wanted_[:2], reason
    assert by_reason(ask(world, since=date(2030, 1, 1))) == {}
    for condition_ in ((), (condition("annotator!=zoe"),)):  # by the table, and from memory
        query = MetricQuery("", project="P", where=condition_)
        every = items_behind(engine, query, NAMES, labels=("a", "b"), limit=1000)
        kept = items_behind(engine, query, NAMES, labels=("a", "b"), since=since, limit=3)
        assert kept == [one for one in every if one.said.item in items][:3]
    every = items_behind(engine, ASKED, NAMES, annotator="eve", limit=1000)
    kept = items_behind(engine, ASKED, NAMES, annotator="eve", since=since, limit=1000)
    assert kept == [one for one in every if one.said.item in items]
    assert 0 < len(kept) < len(every)
    engine.dispose()


@pytest.mark.parametrize(("zone", "day"), [("Europe/Berlin", 5), ("America/New_York", 4)])
def test_the_first_day_is_a_day_of_the_project(world: World, zone: str, day: int) -> None:
    """At 23:30 UTC it is the next day in Berlin, and the same evening in New York."""
    world.project([Say("i0", who, who, at(0, 690)) for who in "ab"], timezone=zone)
    for first in (3, 4, 5, 6):
        since = date(2024, 3, first)
        for labels in (("a", "b"), None):  # by the table, and from memory
            found = items_behind(world.engine, ASKED, NAMES, labels=labels, since=since)
            assert bool(found) == (first <= day)


def test_entries_are_kept_by_the_day_they_were_opened(world: World) -> None:
    world.project(crowd())
    first, second = ask(world)[:2]
    opened = to_us(datetime(2024, 3, 20, 23, 30, tzinfo=UTC))
    Queue(world.engine, lambda: opened).add([wanted(first)])
    Queue(world.engine, lambda: opened + 3_600_000_000).add([wanted(second)])
    told = {}
    for day in (20, 21, 22):
        keep = Keep(since=date(2024, 3, day), limit=2)
        told[day] = [one.item for one in entries(world.engine, ASKED, NAMES, keep)]
    assert told == {20: [first.item, second.item], 21: [second.item], 22: []}
