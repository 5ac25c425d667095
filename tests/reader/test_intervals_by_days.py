"""Intervals that have days as their draws: gold accuracy, agreement, and what a marker changed."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from scipy import stats

from labelpulse.reader import MetricQuery, Row
from labelpulse.reader.markers import before_after
from labelpulse.stats.intervals import difference, t975, wilson
from tests.reader.world import NAMES, NOW, Say, World, at

BLIND = "too few to tell how days differ"
DIFFER = "days differ more than chance"


def golden(days: Mapping[int, tuple[int, int]], who: str = "ann", truth: str = "x") -> list[Say]:
    """First answers to gold: day -> (right, all)."""
    return [
        Say(f"{who}-{truth}-{day}-{i}", who, truth if i < right else "z", at(day, i % 60),
            gold={"label": truth})
        for day, (right, n) in days.items()
        for i in range(n)
    ]  # fmt: skip


def double(days: Mapping[int, tuple[int, int]], *, known: bool = True) -> list[Say]:
    """Items of two answers: day -> (alike, all)."""
    return [
        Say(f"{day}-{i}", who, "xy"[(i % 2) ^ (who == "bob" and i >= alike)],
            at(day, i % 60) if known else None)
        for day, (alike, n) in days.items()
        for i in range(n)
        for who in ("ann", "bob")
    ]  # fmt: skip


UNLIKE = {0: (38, 40), 1: (20, 40), 2: (39, 40), 3: (22, 40), 4: (36, 40), 5: (37, 40)}
ALIKE = {day: (34 + day % 2, 40) for day in range(6)}


def test_gold_accuracy_has_the_interval_over_its_days(world: World):
    world.project(golden(UNLIKE), gold="column")
    row = world.one("gold_accuracy")
    right, n = 192, 240
    assert (row["low"], row["high"]) == wilson(right, n)
    shares = [k / m for k, m in UNLIKE.values()]
    squared = sum((one - 0.8) ** 2 for one in shares) / 5 / 6
    size = 0.8 * 0.2 / squared * (1.959963984540054 / t975(5)) ** 2
    assert (row["low_days"], row["high_days"]) == pytest.approx(wilson(0.8 * size, size))
    assert row["note"] == f"{DIFFER}: 52 % to 94 % with days as the draws"


def test_where_days_are_alike_nothing_is_said(world: World):
    world.project(golden(ALIKE), gold="column")
    row = world.one("gold_accuracy")
    assert row["note"] is None
    assert row["low_days"] < row["value"] < row["high_days"]


def test_each_person_label_and_batch_has_its_own_days(world: World):
    says = golden(UNLIKE) + golden(ALIKE, "bob", "y")
    world.project(says, gold="column", batches={say.item: say.who or "" for say in says})
    for key, unlike in (("annotator", "ann"), ("label", "x"), ("batch", "ann")):
        rows = {row[key]: row for row in world.ask("gold_accuracy", by=(key,))}
        assert len(rows) == 2
        for one, row in rows.items():
            assert (DIFFER in (row["note"] or "")) == (one == unlike)
            assert row["low_days"] < row["value"] < row["high_days"]


def test_a_single_day_has_no_days_to_draw_from(world: World):
    world.project(golden(UNLIKE), gold="column")
    for row in world.ask("gold_accuracy", by=("day",)):
        assert (row["low_days"], row["high_days"], row["note"]) == (None, None, None)


@pytest.mark.parametrize(
    ("says", "note"),
    [
        ([], "nobody answered"),
        (golden({0: (38, 40), 1: (20, 40)}), f"{DIFFER}: 2 days are too few to tell how much"),
        (golden({0: (38, 40), 1: (36, 40)}), ""),
        (golden(dict.fromkeys(range(6), (3, 3))), "fewer than 20"),
        ([*golden(UNLIKE), Say("i", "ann", "x", None, gold={"label": "x"})], ""),
    ],
    ids=["nothing", "two days", "two days alike", "18 answers", "an unknown time"],
)
def test_without_five_days_and_twenty_answers_there_is_none(
    world: World, says: Sequence[Say], note: str
):
    world.project([*says, Say("other", "ann", "x", at(0))], gold="column")
    row = world.one("gold_accuracy")
    assert row["low_days"] is row["high_days"] is None
    assert note in (row["note"] or "")
    assert bool(row["note"]) == bool(note)


def test_who_is_always_right_is_not_sure_to_be(world: World):
    world.project(golden(dict.fromkeys(range(6), (20, 20))), gold="column")
    row = world.one("gold_accuracy")
    assert row["high_days"] == row["value"] == 1
    assert row["low_days"] < row["low"] < 1


@pytest.mark.parametrize(
    "metric", ["agreement_percent", "agreement_alpha", "agreement_ac1", "agreement_bp"]
)
def test_agreement_over_few_days_says_what_it_cannot_see(world: World, metric: str):
    world.project(double({0: (18, 20), 1: (17, 20), 3: (15, 20)}))
    row = world.one(metric)
    assert row["note"].startswith(f"interval of items: 3 days are {BLIND}")
    (row,) = world.ask(metric, by=("label",))[:1]
    assert BLIND in row["note"]
    assert BLIND not in str([row["note"] for row in world.ask(metric, by=("day",))])
    one_day = world.one(metric, since="2024-03-04", until="2024-03-04")
    assert BLIND not in str(one_day["note"])
    assert "1 day is too few" in world.one(metric, until="2024-03-04")["note"]


def test_from_five_days_on_and_without_times_there_is_nothing_to_say(world: World):
    world.project(double({day: (18 - day % 2, 20) for day in range(5)}))
    assert world.one("agreement_percent")["note"] is None
    world.project(double({0: (30, 40)}, known=False), title="Q")
    row = world.one("agreement_percent", project="Q")
    assert row["low"] is not None
    assert row["note"] is None


def test_below_twenty_items_there_is_no_interval_to_be_blind(world: World):
    world.project(double({0: (4, 6), 1: (5, 6)}))
    assert BLIND not in world.one("agreement_percent")["note"]


def moved(world: World, metric: str, day: str) -> Row:
    """What a metric was before and after a day."""
    (row,) = before_after(world.engine, MetricQuery(metric), day, NAMES, clock=lambda: NOW)
    return row


def test_a_change_of_agreement_has_welchs_interval(world: World):
    draw = random.Random(1)
    world.project(double({day: (draw.randint(30, 40), 40) for day in range(12)}))
    row = moved(world, "agreement_percent", "2024-03-09")
    days = [one["value"] for one in world.ask("agreement_percent", by=("day",))]
    theirs = stats.ttest_ind(days[5:], days[:5], equal_var=False).confidence_interval(0.95)
    assert (row["low"], row["high"]) == pytest.approx((theirs.low, theirs.high), abs=1e-3)
    assert row["note"] is None


def test_a_change_over_few_days_says_what_it_cannot_see(world: World):
    world.project(double({day: (34 + day % 3, 40) for day in range(8)}))
    row = moved(world, "agreement_percent", "2024-03-07")
    assert row["note"] == f"before: interval of items: 3 days are {BLIND}"
    assert row["low"] < row["value"] < row["high"]


def test_a_change_of_gold_accuracy_has_days_as_its_draws_where_both_sides_have_them(world: World):
    """Days scatter on both sides, so that Wilson's intervals would call the change real."""
    before = {0: (20, 40), 1: (39, 40), 2: (25, 40), 3: (38, 40), 4: (24, 40)}
    after = {5: (39, 40), 6: (30, 40), 7: (40, 40), 8: (38, 40), 9: (37, 40)}
    world.project(golden(before | after), gold="column")
    row = moved(world, "gold_accuracy", "2024-03-09")
    assert difference((146 / 200, wilson(146, 200)), (184 / 200, wilson(184, 200)))[0] > 0
    assert row["low"] < 0 < row["value"] < row["high"]
    assert row["note"].startswith(f"before: {DIFFER}")
    assert {"low_days", "high_days"}.isdisjoint(row)


def test_a_change_of_gold_accuracy_over_few_days_is_newcombes_and_says_so(world: World):
    world.project(golden({0: (30, 40), 1: (31, 40), 5: (36, 40)}), gold="column")
    row = moved(world, "gold_accuracy", "2024-03-09")
    wanted = difference((61 / 80, wilson(61, 80)), (36 / 40, wilson(36, 40)))
    assert (row["low"], row["high"]) == wanted
    assert row["note"].endswith("on a side are too few to tell how days differ")


def test_a_marker_compares_four_weeks_and_what_lies_outside_does_not_count(world: World):
    """All right from 28 days before to 28 days after it, all wrong the days beyond."""
    inside = {2: (7, 7), 29: (9, 9), 30: (11, 11), 57: (13, 13)}
    world.project(golden({1: (0, 50), **inside, 58: (0, 50)}), gold="column")
    row = moved(world, "gold_accuracy", "2024-04-03")  # 30 days later
    assert (row["before"], row["n_before"]) == (1, 7 + 9)
    assert (row["after"], row["n_after"]) == (1, 11 + 13)
    assert row["value"] == 0


def test_a_side_without_answers_has_no_change(world: World):
    world.project(golden(ALIKE), gold="column")
    row = moved(world, "gold_accuracy", "2024-03-04")
    assert (row["value"], row["low"], row["before"], row["n_after"]) == (None, None, None, 240)
    assert row["note"].startswith("no value before it; before: nobody answered")


def test_answers_of_unknown_time_are_no_day(world: World):
    """Four days and a heap of unknown time do not tell how days differ; five and the heap do."""
    says = double({day: (30 + day, 40) for day in range(4)}) + [
        replace(say, item=f"u{say.item}", at=None) for say in double({9: (20, 40)})
    ]
    world.project(says)
    for metric in ("agreement_percent", "agreement_alpha", "agreement_ac1"):
        assert f"interval of items: 4 days are {BLIND}" in world.one(metric)["note"]
    world.project(double({4: (36, 40)}))
    for metric in ("agreement_percent", "agreement_alpha", "agreement_ac1"):
        assert BLIND not in (world.one(metric)["note"] or "")


@pytest.mark.parametrize(
    ("metric", "each", "step"), [("peer_agreement", 2, 1), ("pair_agreement", 1, 7)]
)
def test_several_people_have_the_jackknife_over_days_or_weeks(
    world: World, metric: str, each: int, step: int
):
    """Of two answers an item, a person agrees with the other exactly where the pair is alike.

    Pairs are kept by week, peers by day; each person's answer counts, or each pair.
    """
    world.project(double({day * step: n for day, n in UNLIKE.items()}), program="Both")
    alike, n = 192, 240
    left_out = [(alike - k) / (n - m) for k, m in UNLIKE.values()]
    mean = sum(left_out) / 6
    error = (5 / 6 * sum((one - mean) ** 2 for one in left_out)) ** 0.5
    middle = 6 * 0.8 - 5 * mean
    half = stats.t(5).ppf(0.975) * error
    hows: list[dict[str, Any]] = [{"by": ()}, {"by": ("program",)}, {"by": ("source",)}]
    for how in [*hows, {"since": "2024-03-01"}]:  # no Monday: pairs are read by day
        row = world.one(metric, **how)
        assert (row["value"], row["n"]) == (0.8, each * n)
        ends = middle - half, min(middle + half, 1)
        assert (row["low"], row["high"]) == pytest.approx(ends, rel=1e-6), how
    assert (
        world.one(metric, by=("day",), where=[], since="2024-03-04", until="2024-03-04")["low"]
        is None
    ), "one day does not tell how days differ"


def test_a_team_and_a_pair_have_intervals_of_their_own(world: World):
    world.project(double(UNLIKE))
    world.warehouse.teams({"North": ["ann", "bob"]})
    row = world.one("peer_agreement", by=("team",))
    assert row["low"] < row["value"] < row["high"]
    pair = world.one("pair_agreement", by=("annotator_pair",))
    assert (pair["low"], pair["high"]) == wilson(192, 240)
    ann = world.one("peer_agreement", by=("annotator",), where=["annotator=ann"])
    assert (ann["low"], ann["high"]) == wilson(192, 240)


def test_people_of_few_days_have_no_interval_together(world: World):
    world.project(double({0: (30, 40), 7: (35, 40)}))
    for metric in ("peer_agreement", "pair_agreement"):
        row = world.one(metric)
        assert row["value"] is not None
        assert (row["low"], row["high"]) == (None, None)
