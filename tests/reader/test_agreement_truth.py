"""Agreement for any days, keys and people, against the plain definition on random answers."""

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from labelpulse.core.events import Status
from tests.reader import truth
from tests.reader.world import Say, World, at, engine_at

PEOPLE = ("ann", "bob", "cid", "dee")
STATUSES = (Status.SUBMITTED,) * 8 + (Status.SKIPPED, Status.DRAFT)


def random_says(seed: int, items: int = 60) -> list[Say]:
    """Answers over six weeks, with skips, drafts, deletes, repeats and unknown times."""
    draw = random.Random(seed)
    says = []
    for number in range(items):
        day = draw.uniform(0, 42)
        for who in draw.sample((*PEOPLE, None), draw.randint(1, 4)):
            for _ in range(draw.choice((1, 1, 1, 2))):
                when = None if draw.random() < 0.1 else at(day + draw.uniform(0, 12))
                says.append(
                    Say(
                        f"i{number}",
                        who,
                        draw.choice("xxyz"),
                        when,
                        draw.choice(STATUSES),
                        deleted=draw.random() < 0.08,
                    )
                )
    return says


@pytest.fixture(scope="module", params=[1, 2])
def told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, list[Say]]]:
    says = random_says(request.param)
    engine = engine_at(tmp_path_factory.mktemp("told"))
    world = World(engine)
    world.project(says)
    yield world, says
    engine.dispose()


def near(found, expected):
    value, n = expected
    assert found["n"] == n
    assert found["value"] == (None if value is None else pytest.approx(value, abs=1e-12))


KEYS = {
    "day": lambda day: day and day.isoformat(),
    "week": lambda day: day and day.strftime("%G-W%V"),
    "month": lambda day: day and day.strftime("%Y-%m"),
    "weekday": lambda day: day and day.isoweekday(),
}
RANGES = [
    (None, None),
    (date(2024, 3, 11), date(2024, 3, 31)),
    (date(2024, 3, 13), date(2024, 4, 9)),
    (None, date(2024, 3, 20)),
    (date(2024, 3, 27), None),
    (date(2024, 3, 13), date(2024, 3, 14)),
]


def within(items, since, until):
    if since is None and until is None:
        return items
    low, high = since or date.min, until or date.max
    return [one for one in items if one.day and low <= one.day <= high]


def asked(since, until):
    return {"since": since and since.isoformat(), "until": until and until.isoformat()}


@pytest.mark.parametrize(("since", "until"), RANGES)
def test_totals_of_any_range(told, since, until):
    world, says = told
    items = within(truth.answered(says), since, until)
    near(world.one("agreement_percent", **asked(since, until)), truth.percent(items))
    near(world.one("agreement_alpha", **asked(since, until)), truth.alpha(items))
    coverage = world.one("agreement_coverage", **asked(since, until))
    two = sum(len(one.labels) > 1 for one in items)
    assert (coverage["value"], coverage["n"]) == (two / len(items) if items else None, len(items))


@pytest.mark.parametrize(("since", "until"), RANGES)
def test_entropy_of_any_range_is_to_the_base_of_all_labels_ever_seen(told, since, until):
    world, says = told
    value, n = truth.entropy(within(truth.answered(says), since, until), labels=3)
    row = world.one("agreement_entropy", **asked(since, until))
    assert (row["value"], row["n"]) == (value and pytest.approx(value, abs=1e-8), n)


@pytest.mark.parametrize("declared", ["xyz", "xyzuvw"])
def test_entropy_is_to_the_base_of_the_labels_that_are_declared(world: World, declared: str):
    says = random_says(4)
    world.project(says, controls={"label": {"labels": list(declared)}})
    value, n = truth.entropy(truth.answered(says), labels=len(declared))
    row = world.one("agreement_entropy")
    assert (row["value"], row["n"]) == (pytest.approx(value, abs=1e-8), n)


@pytest.mark.parametrize("key", KEYS)
def test_every_key_of_time(told, key):
    world, says = told
    groups = defaultdict(list)
    for one in truth.answered(says):
        groups[KEYS[key](one.day)].append(one)
    for metric, measure in (("agreement_percent", truth.percent), ("agreement_alpha", truth.alpha)):
        rows = {row[key]: row for row in world.ask(metric, by=(key,))}
        expected = {name: measure(items) for name, items in groups.items()}
        assert rows.keys() == {name for name, (_, n) in expected.items() if n}
        for name, row in rows.items():
            near(row, expected[name])


@pytest.mark.parametrize("people", [("ann", "bob"), ("ann", "bob", "dee"), ("cid",)])
@pytest.mark.parametrize(("since", "until"), RANGES)
def test_a_filter_on_people_counts_their_answers_alone(told, people, since, until):
    world, says = told
    items = within(truth.answered(says, people.__contains__), since, until)
    terms = [f"annotator={who}" for who in people]
    near(world.one("agreement_percent", where=terms, **asked(since, until)), truth.percent(items))
    near(world.one("agreement_alpha", where=terms, **asked(since, until)), truth.alpha(items))
    without = [f"annotator!={who}" for who in PEOPLE if who not in people]
    near(world.one("agreement_alpha", where=without, **asked(since, until)), truth.alpha(items))


@pytest.mark.parametrize(("since", "until"), RANGES)
def test_pairs_of_any_range(told, since, until):
    world, says = told
    expected = truth.pairs(within(truth.answered(says), since, until))
    rows = world.ask("pair_agreement", by=("annotator_pair",), **asked(since, until))
    found = {
        tuple(sorted((row["annotator_a"], row["annotator_b"]))): (row["n"], row["value"])
        for row in rows
    }
    assert found == {
        pair: (shared, pytest.approx(alike / shared)) for pair, (shared, alike) in expected.items()
    }
    total = world.one("pair_agreement", **asked(since, until))
    assert total["n"] == sum(shared for shared, _ in expected.values())


@pytest.mark.parametrize("key", KEYS)
def test_pairs_by_every_key_of_time(told, key):
    world, says = told
    expected: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    for one in truth.answered(says):
        for shared, alike in truth.pairs([one]).values():
            expected[KEYS[key](one.day)][0] += shared
            expected[KEYS[key](one.day)][1] += alike
    rows = world.ask("pair_agreement", by=(key,))
    assert {row[key]: [row["n"], round(row["value"] * row["n"])] for row in rows} == expected


def test_pairs_of_a_person(told):
    world, says = told
    expected = truth.pairs(truth.answered(says))
    for row in world.ask("pair_agreement", by=("annotator",)):
        own = [n for pair, n in expected.items() if row["annotator"] in pair]
        assert row["n"] == sum(shared for shared, _ in own)
        assert row["value"] == pytest.approx(sum(a for _, a in own) / row["n"])
    kept = world.one("pair_agreement", where=["annotator=ann"])
    assert kept["n"] == sum(s for pair, (s, _) in expected.items() if "ann" in pair)
    one = world.one("pair_agreement", where=["annotator_pair=bob+ann"])
    assert one["n"] == expected["ann", "bob"][0]


def test_labels_against_the_rest(told):
    world, says = told
    rows = {row["label"]: row for row in world.ask("agreement_percent", by=("label",))}
    for label in "xyz":
        recoded = [
            truth.Answered(one.item, one.day, {w: str(x == label) for w, x in one.labels.items()})
            for one in truth.answered(says)
        ]
        near(rows[label], truth.percent(recoded))
        near(world.one("agreement_alpha", where=[f"label={label}"]), truth.alpha(recoded))


def test_merging_is_recoding(told):
    world, says = told
    recoded = [
        truth.Answered(one.item, one.day, {w: x.replace("z", "y") for w, x in one.labels.items()})
        for one in truth.answered(says)
    ]
    for merge in (["y=z"], ["yz=y+z"]):
        near(world.one("agreement_percent", merge=merge), truth.percent(recoded))
        near(world.one("agreement_alpha", merge=merge), truth.alpha(recoded))
    expected = truth.pairs(recoded)
    total = world.one("pair_agreement", merge=["yz=y+z"])
    assert round(total["value"] * total["n"]) == sum(alike for _, alike in expected.values())


def test_batches_are_filters_and_keys(world: World):
    says = random_says(3)
    batches = {f"i{n}": f"b{n % 3}" for n in range(60)}
    world.project(says, batches=batches)
    for name in ("b0", "b1", "b2"):
        items = [one for one in truth.answered(says) if batches[one.item] == name]
        for metric, measure in (
            ("agreement_percent", truth.percent),
            ("agreement_alpha", truth.alpha),
        ):
            near(world.one(metric, where=[f"batch={name}"]), measure(items))
            (row,) = [r for r in world.ask(metric, by=("batch",)) if r["batch"] == name]
            near(row, measure(items))


def test_controls_with_many_labels_answer_any_range(world: World):
    """Above 50 labels pairs of labels are kept by month, and finer ranges come from the facts."""
    draw = random.Random(5)
    says = [
        Say(f"i{n}", who, str(draw.randint(1, 70)), at(n + draw.random()))
        for n in range(70)
        for who in draw.sample(PEOPLE, 2)
    ]
    world.project(says, controls={"label": {"scale": "interval"}})
    for since, until in RANGES:
        items = within(truth.answered(says), since, until)
        near(world.one("agreement_alpha", **asked(since, until)), truth.interval_alpha(items))
    by_day = world.ask("agreement_alpha", by=("day",))
    assert sum(row["n"] for row in by_day) == 70


def test_an_interval_holds_its_value_and_knows_its_days(told):
    world, _ = told
    for metric in ("agreement_percent", "agreement_alpha", "agreement_fleiss", "agreement_ac1"):
        row = world.one(metric)
        assert row["low"] < row["value"] < row["high"]
    start = date(2024, 3, 4)
    few = world.one("agreement_percent", until=(start + timedelta(days=2)).isoformat())
    assert few["low"] is None or few["n"] >= 20
