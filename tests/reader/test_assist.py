"""Models in the loop, asked for as users ask: small worlds counted by hand, and one at random."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from statistics import fmean
from typing import Any

import pytest

from labelpulse.core.events import ControlRecord, Scale
from labelpulse.reader import Row
from labelpulse.stats.intervals import ratio_of_shares, wilson
from tests.reader.world import Guess, Say, World, at, engine_at

BOXES = (ControlRecord("label", Scale.GEOMETRY),)


@pytest.fixture
def world(tmp_path: Any) -> Iterator[World]:
    made = World(engine_at(tmp_path))
    yield made
    made.engine.dispose()


def test_acceptance_by_hand(world: World) -> None:
    world.project(
        [
            Say("i1", "ana", "a", at(), started="g1"),
            Say("i1", "ben", "b", at(1), started="g1"),
            Say("i2", "ana", "b", at(), started="g2"),
            Say("i2", "ben", "b", at()),
            Say("i3", "ana", "a", at(), started="gone"),
        ],
        guesses=[
            Guess("i1", "a", "v1", 950_000, "g1"),
            Guess("i2", "b", "v2", None, "g2"),
            Guess("i3", "a", "v2", 1_000_000),
        ],
    )
    row = world.one("prediction_acceptance")
    assert (row["value"], row["n"]) == (2 / 3, 3)
    assert (row["low"], row["high"]) == wilson(2, 3)
    assert world.one("prediction_edit_rate")["value"] == pytest.approx(1 / 3)
    assert world.by("prediction_acceptance", "model_version") == {"v1": 0.5, "v2": 1.0}
    assert world.by("prediction_acceptance", "annotator") == {"ana": 1.0, "ben": 0.0}
    assert world.by("prediction_acceptance", "label") == {"a": 0.5, "b": 1.0}
    assert world.by("prediction_acceptance", "day") == {"2024-03-04": 1.0, "2024-03-05": 0.0}
    assert world.by("prediction_acceptance", "score_band") == {9: 0.5, None: 1.0}
    for where, value in (
        ("model_version=v1", 0.5),
        ("model_version!=v1", 1.0),
        ("score_band=9", 0.5),
        ("label=b", 1.0),
        ("annotator=ben", 0.0),
    ):
        assert world.one("prediction_acceptance", where=where)["value"] == value


def test_what_cannot_be_says_why(world: World) -> None:
    world.project([Say("i1", "ana", "a", at())], guesses=[Guess("i2", "a")])
    assert "no answer started" in world.one("prediction_acceptance")["note"]
    assert "no answer was given" in world.one("prediction_agreement")["note"]
    assert "no gold is chosen" in world.one("automation_bias")["note"]
    assert "both with and without" in world.one("prediction_time_saved")["note"]


def test_boxes_that_stand_and_boxes_that_were_moved(world: World) -> None:
    one, two, three = [0.1, 0.1, 0.2, 0.2, "cat"], [0.5, 0.5, 0.1, 0.1, "dog"], [0, 0, 1, 1, "cat"]
    world.project(
        [
            Say("i1", "ana", {"label": [one, two]}, at(), started="g1"),
            Say("i2", "ana", {"label": [one, three]}, at(), started="g2"),
            Say("i3", "ana", {"label": []}, at(), started="g3"),
        ],
        guesses=[
            Guess("i1", {"label": [one, two]}, name="g1"),
            Guess("i2", {"label": [one, two]}, name="g2"),
            Guess("i3", {"label": []}, name="g3"),
        ],
        known=BOXES,
    )
    assert world.one("prediction_acceptance")["value"] == pytest.approx(2 / 3)
    row = world.one("prediction_edit_rate")
    assert (row["value"], row["n"]) == (0.25, 4)
    assert world.one("prediction_agreement")["value"] is None


def test_wrong_predictions_on_gold(world: World) -> None:
    says = [Say(f"i{n}", "gold", "a", at(), gold_flag=True) for n in range(4)]
    says += [
        Say("i0", "ana", "b", at(), started="g0"),
        Say("i1", "ana", "a", at(), started="g1"),
        Say("i2", "ana", "a", at(), started="g2"),
        Say("i3", "ana", "b", at()),
    ]
    guesses = [Guess(f"i{n}", "bbab"[n], name=f"g{n}") for n in range(4)]
    world.project(says, gold="flag", guesses=guesses)
    row = world.one("automation_bias")
    assert (row["value"], row["n"]) == (0.5, 2)


def test_agreement_with_the_model_and_with_each_other(world: World) -> None:
    says, guesses = [], []
    for n in range(40):
        says += [
            Say(f"i{n}", "ana", "ab"[n % 2], at(n)),
            Say(f"i{n}", "ben", "abaa"[n % 4], at(n)),
            Say(f"i{n}", "cid", "a", at(n), started=f"g{n}"),
        ]
        guesses.append(Guess(f"i{n}", "a", name=f"g{n}", at=at(-2)))
        guesses.append(Guess(f"i{n}", "b", at=at(-3)))  # an older word of the same version
    world.project(says, guesses=guesses)
    row = world.one("prediction_agreement")
    assert (row["value"], row["n"]) == (50 / 80, 80)
    assert (row["human"], row["human_n"], row["ratio"]) == (0.75, 40, 50 / 80 / 0.75)
    assert (row["human_low"], row["human_high"]) == wilson(30, 40)
    assert (row["ratio_low"], row["ratio_high"]) == ratio_of_shares((50, 80), (30, 40))
    (one, *_) = world.ask("prediction_agreement", by=("annotator",))
    assert one["human_n"] == 40, "seen from one side"
    few = world.one("prediction_agreement", until="2024-03-06")
    assert few["ratio"] is None
    assert "no ratio" in few["note"]


# --- time saved ---

Times = dict[tuple[str, int], list[int]]


@dataclass
class Shift:
    """Times in ms without and with a prediction, by person and day."""

    alone: Times
    assisted: Times


def plan(people: int, days: int) -> Shift:
    """Slow people are helped more; the first never works with a prediction."""
    random = Random(people)
    alone: Times = defaultdict(list)
    assisted: Times = defaultdict(list)
    for who in range(people):
        for day in range(days):
            for _ in range(random.randrange(4)):
                alone[f"p{who}", day].append(random.randrange(5_000, 20_000) + who * 5_000)
            for _ in range(random.randrange(6 if who else 1)):
                assisted[f"p{who}", day].append(random.randrange(3_000, 12_000) + who * 3_000)
    alone["p1", 0].append(3_600_000)
    return Shift(alone, assisted)


def load(world: World, shift: Shift) -> None:
    says, guesses = [], []
    for started, times in ((False, shift.alone), (True, shift.assisted)):
        for (who, day), all_ms in times.items():
            for n, ms in enumerate(all_ms):
                item = f"{who} {day} {n} {started}"
                begun = item if started else None
                says.append(Say(item, who, "a", at(day, n), time_ms=ms, started=begun))
                score = n % 3 * 300_000 if n % 3 else None
                guesses.append(Guess(item, "a", "v1" if n % 2 else "v2", score, name=item))
    world.project(says, guesses=guesses)


def by_hand(shift: Shift, without: tuple[int, Any] | None = None) -> float:
    """The formula in the glossary, over all but one person or day."""
    of: dict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for side, times in enumerate((shift.alone, shift.assisted)):
        for key, own in times.items():
            if without is None or key[without[0]] != without[1]:
                of[key[0]][side].extend(ms for ms in own if ms <= 1_800_000)
    both = [(a, b) for a, b in of.values() if a and b]
    weights = [len(a) * len(b) / (len(a) + len(b)) for a, b in both]
    gains = [w * (fmean(a) - fmean(b)) for w, (a, b) in zip(weights, both, strict=True)]
    return sum(gains) / sum(weights) / 1000


@pytest.mark.parametrize(("people", "days"), [(9, 6), (3, 15)])
def test_time_saved_is_matched_within_people(world: World, people: int, days: int) -> None:
    from scipy import stats

    shift = plan(people, days)
    load(world, shift)
    row = world.one("prediction_time_saved")
    assert row["value"] == pytest.approx(by_hand(shift))
    assert row["value"] == pytest.approx(row["unassisted"] - row["assisted"])
    matched = {who for who, _ in shift.alone} & {who for who, _ in shift.assisted}
    assert row["n"] == sum(len(own) for (who, _), own in shift.assisted.items() if who in matched)
    left: list[tuple[int, Any]] = [(0, who) for who in matched]
    left = left if people > 5 else [(1, day) for day in range(days)]
    values = [by_hand(shift, one) for one in left]
    spread = (len(left) - 1) / len(left) * sum((v - fmean(values)) ** 2 for v in values)
    half = float(stats.t.ppf(0.975, len(left) - 1)) * spread**0.5
    assert row["low"] == pytest.approx(row["value"] - half)
    assert row["high"] == pytest.approx(row["value"] + half)
    assert "not shown at random" in row["note"]
    assert "1 time over 30 min" in row["note"]
    for by, pick in (
        (("model_version",), lambda n: ("v1" if n % 2 else "v2",)),
        (("score_band",), lambda n: ({0: None, 1: 3, 2: 6}[n % 3],)),
        (
            ("model_version", "score_band"),
            lambda n: ("v1" if n % 2 else "v2", {0: None, 1: 3, 2: 6}[n % 3]),
        ),
    ):
        kinds = {pick(n) for n in range(6)}
        found = {tuple(row[key] for key in by): row for row in split(world, by)}
        assert set(found) <= kinds
        for kind, row in found.items():
            own = {
                key: [ms for n, ms in enumerate(times) if pick(n) == kind]
                for key, times in shift.assisted.items()
            }
            assert row["value"] == pytest.approx(by_hand(Shift(shift.alone, own)))


def split(world: World, by: tuple[str, ...]) -> list[Row]:
    rows = world.ask("prediction_time_saved", by=by)
    assert len(rows) > 1
    return rows


# --- against a count of everything, split by several keys ---

Pick = Callable[[str, Guess], tuple[Any, ...]]
PICKS: dict[tuple[str, ...], Pick] = {
    (): lambda who, one: (),
    ("annotator", "model_version"): lambda who, one: (who, one.model),
    ("label", "score_band"): lambda who, one: (
        one.labels,
        None if one.score is None else one.score // 100_000,
    ),
}


@pytest.mark.parametrize("seed", range(3))
def test_a_random_world(world: World, seed: int) -> None:
    random = Random(seed)
    guesses, says, rows = [], [], []
    for n in range(60):
        own = [
            Guess(f"i{n}", random.choice("abc"), random.choice(["v1", "v2"]), score, f"g{n} {k}")
            for k, score in enumerate(random.choices([None, 50_000, 999_999], k=n % 3))
        ]
        guesses += own
        for who in random.sample(["ana", "ben", "cid"], 2):
            start = random.choice([None, *own])
            kept = start is not None and random.random() < 0.6
            label = start.labels if start and kept else random.choice("abc")
            says.append(Say(f"i{n}", who, label, at(n % 20), started=start.name if start else None))
            if start is not None:
                rows.append((who, label, start))
    world.project(says, guesses=guesses)
    for keys, pick in PICKS.items():
        wanted: dict[Any, list[bool]] = defaultdict(list)
        for who, label, one in rows:
            wanted[pick(who, one)].append(label == one.labels)
        found = world.ask("prediction_acceptance", by=keys)
        assert {tuple(row[key] for key in keys): (row["value"], row["n"]) for row in found} == {
            key: (pytest.approx(fmean(own)), len(own)) for key, own in wanted.items()
        }


# --- agreement of answers that were assisted, and of those that were not ---


def only(says: list[Say], assisted: bool) -> list[Say]:
    return [one for one in says if (one.started is not None) == assisted]


def half_assisted(seed: int) -> list[Say]:
    """Answers of four people over six weeks, about half of them from a prediction; some gold."""
    random = Random(seed)
    says = []
    for n in range(70):
        for who in random.sample(["ann", "bob", "cid", "dee"], random.randint(1, 4)):
            label = random.choice("xxyz")
            begun = f"g{n}" if random.random() < 0.5 else None
            when = at(random.uniform(0, 42))
            says.append(Say(f"i{n}", who, "x" if begun else label, when, started=begun))
        says.append(Say(f"i{n}", "gold", "x", at(), gold_flag=True))
    return says


SPLIT = (
    *("agreement_percent", "agreement_alpha", "agreement_fleiss", "agreement_ac1"),
    *("agreement_bp", "agreement_entropy", "agreement_coverage"),
    *("pair_agreement", "pair_kappa", "peer_agreement", "gold_accuracy", "gold_recall"),
)


ASKED: tuple[tuple[tuple[str, ...], tuple[str, ...], dict[str, Any]], ...] = (
    ((), (), {}),
    (("month",), (), {}),
    ((), (), {"since": "2024-03-10", "until": "2024-04-02"}),
    ((), ("annotator!=ann",), {}),
)


def pairs_in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Ids, which two warehouses give out differently, say who of a pair is named first."""
    for row in rows:
        if "annotator_a" in row:
            row["annotator_a"], row["annotator_b"] = sorted(
                (row["annotator_a"], row["annotator_b"])
            )
    return sorted(rows, key=str)


@pytest.mark.parametrize("name", SPLIT)
def test_each_side_is_as_if_the_other_had_not_answered(tmp_path: Any, name: str) -> None:
    says = half_assisted(5)
    world = World(engine_at(tmp_path))
    known = (ControlRecord("label", Scale.NOMINAL, ("x", "y", "z")),)
    world.project(says, gold="flag", known=known)
    gold = [one for one in says if one.gold_flag]
    for assisted in (False, True):
        (tmp_path / str(assisted)).mkdir()
        alone = World(engine_at(tmp_path / str(assisted)))
        own = [one for one in only(says, assisted) if not one.gold_flag]
        alone.project([*own, *gold], gold="flag", known=known)
        for by, where, days in ASKED:
            wanted = pairs_in_order(alone.ask(name, by=by, where=where, **days))
            assert wanted
            one = [*where, f"assisted={assisted}".lower()]
            assert pairs_in_order(world.ask(name, by=by, where=one, **days)) == wanted
            found = world.ask(name, by=("assisted", *by), where=where, **days)
            rows = pairs_in_order([row for row in found if row.pop("assisted") is assisted])
            assert [row for row in rows if row["n"]] == [row for row in wanted if row["n"]]
        alone.engine.dispose()
    world.engine.dispose()


def test_gold_asks_whether_the_first_answer_was_assisted(tmp_path: Any) -> None:
    """Ana answered by herself and again from a prediction: her first answer stands alone."""
    world = World(engine_at(tmp_path))
    said = [
        Say("i", "ana", "a", at()),
        Say("i", "ana", "b", at(1), started="g"),
        Say("i", "ben", "b", at(), started="g"),
        Say("i", "gold", "a", at(), gold_flag=True),
    ]
    world.project(said, gold="flag", guesses=[Guess("i", "b", name="g")])
    wanted = {False: 1.0, True: 0.0}
    assert world.by("gold_accuracy", "assisted") == wanted
    assert world.by("gold_exposures", "assisted") == {False: 1, True: 1}
    assert world.one("gold_accuracy", where="assisted=true")["value"] == 0
    assert world.by("agreement_percent", "assisted")[True] == 1  # her last one is from it
    world.engine.dispose()


def test_a_value_of_assisted_that_makes_no_sense(world: World) -> None:
    from labelpulse.core.errors import UsageError

    world.project([Say("i1", "ana", "a", at())])
    with pytest.raises(UsageError, match="there is no assisted 'yes' here: known are false, true"):
        world.ask("agreement_percent", where="assisted=yes")
