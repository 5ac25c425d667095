"""Intervals of agreement: items as draws where days are few, else days; by leaving each out."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from math import sqrt
from statistics import fmean, variance

import pytest
from scipy.stats import t
from statsmodels.stats.proportion import proportion_confint

from labelpulse.reader import Row
from tests.reader import truth
from tests.reader.truth import Answered
from tests.reader.world import SETS, Say, World, at

PEOPLE = ("ann", "bob", "cid", "dee")
LABELS = "xyz"
Measure = Callable[[list[Answered]], tuple[float | None, int]]


def says(seed: int, days: int, sizes: tuple[int, ...], items: int = 48) -> list[Say]:
    """So many answers an item, three in four of them right; day after day."""
    draw = random.Random(seed)
    found = []
    for n in range(items):
        right = draw.choice("xxy")
        for who in draw.sample(PEOPLE, draw.choice(sizes)):
            label = right if draw.random() < 0.75 else draw.choice(LABELS)
            found.append(Say(f"i{n}", who, label, at(n * days // items, n)))
    return found


def ac1(items: list[Answered]) -> tuple[float | None, int]:
    """(p - e)/(1 - e), e = Σ π(1-π)/(q-1), π the mean over items of each label's share."""
    percent, n = truth.percent(items)
    pi = [fmean(list(one.labels.values()).count(x) / len(one.labels) for one in items)
          for x in LABELS]  # fmt: skip
    chance = sum(p * (1 - p) for p in pi) / (len(LABELS) - 1)
    return (None if percent is None else (percent - chance) / (1 - chance)), n


def by_leaving_out(
    items: list[Answered], measure: Measure, parts: Iterable[list[Answered]]
) -> tuple[float, float]:
    """Value ± t SE of the jackknife, from the measure without each part."""
    left = []
    for part in parts:
        value, _ = measure([one for one in items if one not in part])
        assert value is not None
        left.append(value)
    n = len(left)
    error = sqrt((n - 1) / n * sum((one - fmean(left)) ** 2 for one in left))
    value, _ = measure(items)
    assert value is not None
    half = float(t.ppf(0.975, n - 1)) * error
    return max(value - half, -1), min(value + half, 1)


def days_of(items: list[Answered]) -> list[list[Answered]]:
    found: dict[object, list[Answered]] = defaultdict(list)
    for one in items:
        found[one.day].append(one)
    return list(found.values())


def ends(row: Row) -> tuple[float, float]:
    return row["low"], row["high"]


MEASURES: dict[str, Measure] = {"agreement_alpha": truth.alpha, "agreement_ac1": ac1}
SIZES = [(2,), (2, 3, 4)]


@pytest.mark.parametrize("metric", MEASURES)
@pytest.mark.parametrize("sizes", SIZES, ids=["two answers", "two to four"])
@pytest.mark.parametrize("days", [1, 4, 5, 9])
def test_below_five_days_items_are_left_out_and_from_five_on_days(
    world: World, metric, sizes, days
):
    said = says(1, days, sizes)
    world.project(said, controls={"label": {"labels": list(LABELS)}})
    items, row = truth.answered(said), world.one(metric)
    measure = MEASURES[metric]
    parts = days_of(items)
    assert len(parts) == days
    wanted = by_leaving_out(items, measure, parts if days >= 5 else [[one] for one in items])
    assert row["value"] == pytest.approx(measure(items)[0], abs=1e-9)
    assert ends(row) == pytest.approx(wanted, abs=1e-9)
    assert ("interval of items" in (row["note"] or "")) == (days < 5)


@pytest.mark.parametrize("sizes", SIZES, ids=["two answers", "two to four"])
@pytest.mark.parametrize("days", [3, 6])
def test_scales_with_distances_leave_out_the_same(world: World, sizes, days: int):
    numbers = dict(zip(LABELS, "125", strict=True))
    said = [replace(one, labels=numbers[one.labels]) for one in says(7, days, sizes)]
    world.project(said, controls={"label": {"scale": "interval"}})
    items = truth.answered(said)
    parts = days_of(items) if days >= 5 else [[one] for one in items]
    wanted = by_leaving_out(items, truth.interval_alpha, parts)
    assert ends(world.one("agreement_alpha")) == pytest.approx(wanted, abs=1e-9)


def score(one: Answered) -> float:
    value, _ = truth.percent([one])
    assert value is not None
    return value


def wilson(scores: list[float], pairs: int) -> tuple[float, float]:
    """Wilson's for n p(1-p)/s² yes-or-no answers, no more than there are pairs."""
    mean = fmean(scores)
    size = min(len(scores) * mean * (1 - mean) / variance(scores), pairs)
    low, high = proportion_confint(mean * size, size, method="wilson")
    return low, high


def pairs_of(items: list[Answered]) -> int:
    return sum(len(one.labels) * (len(one.labels) - 1) // 2 for one in items)


@pytest.mark.parametrize("sizes", SIZES, ids=["two answers", "two to four"])
def test_percent_over_few_days_is_wilsons_at_the_n_that_the_scores_are_worth(world: World, sizes):
    said = says(2, 3, sizes)
    world.project(said)
    items = truth.answered(said)
    scores = list(map(score, items))
    row = world.one("agreement_percent")
    assert ends(row) == pytest.approx(wilson(scores, pairs_of(items)), abs=1e-9)


def test_answers_of_many_are_worth_no_more_than_their_pairs(world: World):
    """Three of four always agree: the scores do not vary, and so only pairs bound the n."""
    said = [Say(f"i{n}", who, "xxxy"[at_ - n % 4], at(0, n))
            for n in range(24) for at_, who in enumerate(PEOPLE)]  # fmt: skip
    world.project(said)
    row = world.one("agreement_percent")
    assert row["value"] == 1 / 2
    assert ends(row) == pytest.approx(proportion_confint(24 * 3, 24 * 6, method="wilson"))


def test_percent_over_many_days_leaves_out_days(world: World):
    said = says(3, 7, (2, 3))
    world.project(said)
    items = truth.answered(said)
    wanted = by_leaving_out(items, truth.percent, days_of(items))
    assert ends(world.one("agreement_percent")) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("days", [3, 6])
def test_the_likeness_of_sets_has_the_interval_of_its_items_scores(world: World, days: int):
    draw = random.Random(4)
    options = (["a"], ["a", "b"], ["a", "b", "c"], ["c"])
    given = {n: [set(draw.choice(options)) for _ in range(draw.choice((2, 2, 3)))]
             for n in range(30)}  # fmt: skip
    said = [Say(f"i{n}", who, sorted(own), at(n * days // 30, n))
            for n, sets in given.items()
            for who, own in zip(PEOPLE, sets, strict=False)]  # fmt: skip
    world.project(said, known=SETS)

    def likeness(sets: list[set[str]]) -> float:
        return fmean(len(a & b) / len(a | b) for i, a in enumerate(sets) for b in sets[i + 1 :])

    scores = {n: likeness(sets) for n, sets in given.items()}
    row = world.one("agreement_percent", distance="jaccard")
    assert row["value"] == pytest.approx(fmean(scores.values()))
    if days < 5:
        pairs = sum(len(sets) * (len(sets) - 1) // 2 for sets in given.values())
        wanted = wilson(list(scores.values()), pairs)
    else:
        left = [fmean(x for n, x in scores.items() if n * days // 30 != day)
                for day in range(days)]  # fmt: skip
        error = sqrt((days - 1) / days * sum((one - fmean(left)) ** 2 for one in left))
        half = float(t.ppf(0.975, days - 1)) * error
        wanted = row["value"] - half, row["value"] + half
    assert ends(row) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("days", [4, 5])
def test_entropy_leaves_out_days_and_has_no_interval_where_they_are_few(world: World, days: int):
    said = says(5, days, (2, 3))
    world.project(said, controls={"label": {"labels": [*LABELS, "w"]}})
    items, row = truth.answered(said), world.one("agreement_entropy")
    entropies = partial(truth.entropy, labels=4)
    assert row["value"] == pytest.approx(entropies(items)[0], abs=1e-8)
    if days < 5:
        assert row["low"] is row["high"] is None
    else:
        wanted = by_leaving_out(items, entropies, days_of(items))
        assert ends(row) == pytest.approx(wanted, abs=1e-7)


@pytest.mark.parametrize("metric", ["agreement_percent", *MEASURES])
@pytest.mark.parametrize(("items", "has"), [(19, False), (20, True)])
def test_no_interval_below_twenty_items(world: World, metric: str, items: int, has: bool):
    world.project(says(6, 2, (2,), items))
    row = world.one(metric)
    assert row["n"] == items
    assert [end is not None for end in ends(row)] == [has, has]
