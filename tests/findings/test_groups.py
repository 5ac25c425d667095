"""Teams side by side: their pace is that of people, not of the tabs they left open."""

from pathlib import Path

from labelpulse.findings.groups import teams
from tests.findings.selections import selection_in
from tests.reader.world import NOW, Say, World, at, engine_at

LAST = (NOW - at(0)) // 86_400_000_000 - 1
SECONDS = {"ann": [20] * 39 + [7200], "bob": [30] * 40}


def test_a_team_with_a_tab_left_open_is_not_the_slower_one(tmp_path: Path) -> None:
    """Ann answers in 20 s and leaves one tab open for two hours, Bob takes 30 s.

    By the sum of times Ann makes 40 in 7980 s, 18 an hour, and Bob 120.
    """
    world = World(engine_at(tmp_path))
    says = [
        Say(f"{who} {n}", who, "x", at(LAST, n), time_ms=1000 * seconds)
        for who, times in SECONDS.items()
        for n, seconds in enumerate(times)
    ]
    world.project(says)
    world.warehouse.teams({"North": ["ann"], "South": ["bob"]})
    north, south = teams(selection_in(world))
    assert [round(one.rows["time_spent_median"]["value"]) for one in (north, south)] == [20, 30]
    assert not {"throughput_rate", "time_spent_mean", "time_spent_total"} & north.rows.keys()
