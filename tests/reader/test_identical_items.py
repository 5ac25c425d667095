"""Self-consistency on duplicates that a team planted, against comparing answers one by one."""

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest

from labelpulse.core.days import SECOND
from labelpulse.core.events import ControlRecord, Scale
from tests.reader.test_reads_rollups import tables_read
from tests.reader.world import Say, World, at

PEOPLE = ("ann", "bob", "cid")
TEAMS = {"North": ["ann", "bob"], "South": ["cid"]}
SHOWS = {f"i{n}": f"picture {n % 7}" if n % 5 else "" for n in range(40)}
BATCHES = {f"i{n}": "first" if n < 22 else "second" for n in range(40)}

Shown = tuple[float, int, int, int]
"""value, n, repeats, identical."""


@dataclass(frozen=True)
class Pair:
    """Two answers of one person, as a test counts them."""

    annotator: str
    batch: str
    day: str
    alike: bool
    one_item: bool

    @property
    def team(self) -> str:
        return next(name for name, members in TEAMS.items() if self.annotator in members)


def says(rng: random.Random) -> list[Say]:
    """Forty items, a third of their answers given twice, in no order; some by nobody."""
    found = []
    for n, name in enumerate(rng.sample(list(SHOWS), len(SHOWS))):
        for who in rng.sample((*PEOPLE, None), rng.randint(1, 4)):
            for again in range(rng.choice((1, 1, 2))):
                when = at(n / 4, 10 * n + again) if rng.random() < 0.9 or again else None
                found.append(Say(name, who, rng.choice("aaab"), when))
    return found


def time(one: Say) -> int:
    return 2**62 if one.at is None else one.at


def pairs(said: list[Say]) -> list[Pair]:
    """All pairs on one item, and those between identical items of the last answers to each."""
    own: dict[tuple[str, str], list[Say]] = defaultdict(list)
    for one in said:
        if one.who:
            own[one.who, one.item].append(one)
    found = []
    for answers in own.values():
        answers.sort(key=time)
        found += [pair(a, b, b.at, one_item=True) for a, b in combinations(answers, 2)]
    for (who, item), (other, twin) in combinations(own, 2):
        if who == other and SHOWS[item] and SHOWS[item] == SHOWS[twin]:
            begun = sorted((own[who, item], own[who, twin]), key=lambda one: time(one[0]))
            found.append(pair(begun[0][-1], begun[1][-1], begun[1][0].at, one_item=False))
    return found


def pair(a: Say, b: Say, when: int | None, *, one_item: bool) -> Pair:
    day = "" if when is None else datetime.fromtimestamp(when // SECOND, UTC).date().isoformat()
    return Pair(b.who or "", BATCHES[b.item], day, a.labels == b.labels, one_item)


def counted(found: list[Pair], key: str) -> dict[Any, Shown]:
    """Value, n, repeats and identical by an attribute."""
    groups: dict[Any, list[Pair]] = defaultdict(list)
    for one in found:
        groups[getattr(one, key) or None].append(one)
    return {name: shown(some) for name, some in groups.items()}


def shown(found: list[Pair]) -> Shown:
    n, repeats = len(found), sum(one.one_item for one in found)
    return sum(one.alike for one in found) / n, n, repeats, n - repeats


def answered(world: World, key: str, **query: Any) -> dict[Any, Shown]:
    rows = world.ask("self_consistency", by=(key,), **query)
    return {row[key]: (row["value"], row["n"], row["repeats"], row["identical"]) for row in rows}


@pytest.mark.parametrize("seed", range(3))
def test_all_pairs_of_a_persons_answers_to_the_same_content_count(world: World, seed: int) -> None:
    said = says(random.Random(seed))
    world.project(said, shows=SHOWS, batches=BATCHES)
    world.warehouse.teams(TEAMS)
    found = pairs(said)
    assert {one.one_item for one in found} == {True, False}
    for key in ("annotator", "batch", "team", "day"):
        assert answered(world, key) == counted(found, key), key
    row = world.one("self_consistency")
    assert (row["n"], row["repeats"] + row["identical"]) == (len(found), len(found))
    assert row["low"] <= row["value"] <= row["high"]
    for name, value in (("batch", "first"), ("annotator", "ann"), ("team", "South")):
        kept = [one for one in found if getattr(one, name) == value]
        assert answered(world, "annotator", where=(f"{name}={value}",)) == counted(
            kept, "annotator"
        ), name
    ranged = [one for one in found if "2024-03-06" <= one.day <= "2024-03-10"]
    some_days = answered(world, "annotator", since="2024-03-06", until="2024-03-10")
    assert some_days == counted(ranged, "annotator")


def test_without_identical_items_no_answer_is_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from labelpulse.reader import matrices

    said = [Say(f"i{n}", "ann", "a", at(0, n)) for n in (1, 1, 2)]
    world.project(said, shows={"i1": "a cat", "i2": "a dog"})
    with monkeypatch.context() as broken:
        broken.setattr(matrices, "load", None)
        row = world.one("self_consistency")
    assert (row["n"], row["repeats"], row["identical"]) == (1, 1, 0)


def test_identical_items_are_read_from_rollups(world: World) -> None:
    world.project(
        [Say("i1", "ann", "a", at(0)), Say("i2", "ann", "b", at(1))],
        shows={"i1": "a cat", "i2": "a cat"},
    )
    with tables_read(world.engine) as tables:
        row = world.one("self_consistency")
    assert (row["value"], row["n"], row["identical"]) == (0, 1, 1)
    assert tables == set()


def test_edits_deleted_items_and_other_projects_make_no_pairs(world: World) -> None:
    shows = {"i1": "a cat", "i2": "a cat"}
    once = [Say("i1", "ann", "a", at(0), edited=True), Say("i2", "bob", "a", at(1))]
    world.project(once, shows=shows, title="P")
    world.project([Say("i1", "ann", "a", at(0))], shows=shows, title="Q")
    gone = [Say("i1", "ann", "a", at(0)), Say("i2", "ann", "a", at(1), deleted=True)]
    world.project(gone, shows=shows, title="R")
    assert all(row["value"] is None for row in world.ask("self_consistency"))


def test_answers_that_are_hardly_ever_alike_are_not_compared(world: World) -> None:
    said = [Say(f"i{n}", "ann", "one cat", at(n)) for n in (1, 2)]
    world.project(
        said,
        shows={"i1": "a cat", "i2": "a cat"},
        known=(ControlRecord("label", Scale.TEXT),),
    )
    (row,) = world.ask("self_consistency")
    assert (row["value"], row["n"]) == (None, 0)
    assert "text_similarity" in row["note"]


def test_many_answers_to_the_same_content_are_counted_without_listing_their_pairs(
    world: World,
) -> None:
    n = 3_000
    said = [Say(f"i{i}", "ann", "ab"[i % 3 == 0], at(0, i)) for i in range(n)]
    world.project(said, shows={one.item: "blank" for one in said})
    row = world.one("self_consistency")
    a, b = n // 3 * 2, n // 3
    assert row["n"] == n * (n - 1) // 2
    assert row["value"] == (a * (a - 1) + b * (b - 1)) / (n * (n - 1))
