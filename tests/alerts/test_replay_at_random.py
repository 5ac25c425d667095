"""A back-test tells what happened live, also of people who come, pause, and leave at random."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labelpulse.alerts.backtest import backtest
from labelpulse.config import Alert
from labelpulse.core.events import Status
from tests.alerts.site import Site, settings_of
from tests.reader.world import HIDDEN, Say, at, engine_at

DAYS = 110
SKIPS = {"metric": "skip_rate", "by": ("annotator",)}
RULES: tuple[dict[str, Any], ...] = (
    {**SKIPS, "name": "changed", "window": "7d", "changed_by": 0.1, "min_n": 5},
    {**SKIPS, "name": "others", "window": "28d", "worse_than_peers": 0.05, "min_n": 5},
    {**SKIPS, "name": "line", "window": "1d", "above": 0.15, "for": 3, "min_n": 3},
    {
        "name": "totals",
        "metric": "annotations_skipped",
        "by": ("annotator",),
        "window": "7d",
        "worse_than_own": "28d",
        "factor": 1.5,
    },
    {"name": "idle", "metric": "annotations_submitted", "by": ("annotator",), "no_data": 1},
)
PEOPLE = ("ann", "bob", "cid", "dan")


def habits(rng: random.Random) -> dict[str, frozenset[int]]:
    """The days on which each person works: daily, now and then, up to a day, with a pause."""
    every = set(range(DAYS))
    ways = (
        lambda: every,
        lambda: {day for day in every if rng.random() < 0.15},
        lambda: every - set(range(50, DAYS)),
        lambda: every - set(range(30, 65)),
    )
    found = {who: rng.choice(ways)() for who in PEOPLE[1:]}
    pause = set(range(first := rng.randint(40, 75), first + rng.choice((0, 35, 50))))
    off = {day for day in every if day % 7 in (5, 6)} | set(rng.sample(range(DAYS), 3)) | pause
    return {who: frozenset(days - off) for who, days in {"ann": every, **found}.items()}


def days(seed: int) -> Iterator[list[Say]]:
    """What is said on each day: on some everybody but ann skips much."""
    rng = random.Random(seed)
    works = habits(rng)
    for day in range(DAYS):
        there = [who for who in PEOPLE if day in works[who]]
        much = rng.random() < 0.25 or 20 < day < 30
        says = []
        for n in range(rng.randint(8, 40)):
            for who in there[: 2 + n % 2]:
                skips = rng.random() < (0.3 if much and who != "ann" else 0.05)
                status, label = (Status.SKIPPED, None) if skips else (Status.SUBMITTED, "a")
                says.append(Say(f"d{day}n{n}", who, label, at(day, n), status=status))
        yield says


@pytest.mark.parametrize(("seed", "looks"), [(24, 1), (25, 3)])
def test_a_backtest_is_a_live_replay_of_those_who_come_and_go(
    tmp_path: Path, seed: int, looks: int
) -> None:
    engine = engine_at(tmp_path)
    site = Site(engine, settings_of(tmp_path, *RULES))
    for day, says in enumerate(days(seed)):
        size = -(-len(says) // looks) or 1
        for first in range(0, len(says), size):
            site.day(day, says[first : first + size])
            if looks > 1:
                site.cycle()
        site.night(day)
        site.cycle()
    stood = [one for one in site.incidents() if one.ended_by != "unconfirmed"]
    live = {(one.rule, one.subject, one.fired_day, one.ended_day) for one in stood}
    told = set()
    for rule in RULES:
        asked = (engine, site.settings, HIDDEN, Alert.model_validate(rule), site.now)
        found = backtest(*asked, since=1).fired
        told |= {(rule["name"], one.subject.digest, one.first, one.over) for one in found}
    engine.dispose()
    assert live == told
    assert {rule for rule, *_ in live} == {rule["name"] for rule in RULES}
    assert [over for *_, over in live if over], "some ended"
