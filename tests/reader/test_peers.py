"""Agreement with peers and with oneself, against counting answers one by one."""

import random
from collections import Counter, defaultdict
from itertools import combinations

import pytest

from tests.reader.world import Say, World, at

PEOPLE = ("ann", "bob", "cid", "dee")


def says(rng: random.Random) -> list[Say]:
    """Forty items; people may answer one again, and then mostly as before."""
    found = []
    for n in range(40):
        for who in rng.sample(PEOPLE, rng.randint(1, 4)):
            label = rng.choice("aabc")
            for again in range(rng.choice((1, 1, 2, 3))):
                found.append(Say(f"i{n}", who, label, at(n / 4, 10 * n + again)))
                label = rng.choice((label, label, "c"))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_peers_are_what_most_others_said(world: World, seed: int):
    said = says(random.Random(seed))
    world.project(said)
    last = {(one.item, one.who): one.labels for one in said}
    n: Counter[str | None] = Counter()
    alike, tied = n.copy(), n.copy()
    for (item, who), label in last.items():
        votes = Counter(x for (i, other), x in last.items() if i == item and other != who)
        most = [one for one, count in votes.items() if count == max(votes.values())]
        if len(most) > 1:
            tied[who] += 1
        elif most:
            n[who] += 1
            alike[who] += most == [label]
    rows = {row["annotator"]: row for row in world.ask("peer_agreement", by=("annotator",))}
    assert rows.keys() == n.keys() | tied.keys()
    for who, row in rows.items():
        assert (row["n"], row["value"]) == (n[who], alike[who] / n[who])
        assert row["low"] <= row["value"] <= row["high"]
        assert (row["note"] or "").startswith(f"{tied[who]} item") == (tied[who] > 0)
    row = world.one("peer_agreement")
    assert (row["n"], row["value"]) == (n.total(), alike.total() / n.total())


@pytest.mark.parametrize("seed", range(3))
def test_oneself_is_every_pair_of_ones_own_answers(world: World, seed: int):
    said = says(random.Random(seed))
    world.project(said)
    own = defaultdict(list)
    for one in said:
        own[one.item, one.who].append(one.labels)
    pairs: Counter[str | None] = Counter()
    alike = pairs.copy()
    for (_, who), labels in own.items():
        for a, b in combinations(labels, 2):
            pairs[who] += 1
            alike[who] += a == b
    rows = world.ask("self_consistency", by=("annotator",))
    assert {row["annotator"]: (row["n"], row["value"]) for row in rows} == {
        who: (n, alike[who] / n) for who, n in pairs.items()
    }


def test_a_lone_answer_is_compared_with_nobody(world: World):
    world.project([Say("i1", "ann", "x", at(0)), Say("i2", "bob", "x", at(0))])
    row = world.one("peer_agreement")
    assert (row["value"], row["n"]) == (None, 0)
    assert row["note"] == "nobody else answered the same items"
    row = world.one("self_consistency")
    assert row["value"] is None
    assert row["note"] == "nobody answered an item or an identical one twice"
