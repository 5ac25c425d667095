"""Batches are signed off by the best evidence there is, against the target of their question."""

import random

import numpy as np
import pytest

from labelpulse.core.events import Verdict
from labelpulse.stats.signoff import exact_interval, recheck_by_sample, right_needed
from tests.reader.world import Judged, Say, World, at

TARGET = {"label": {"target": 0.9}}


def keyed(batch: str, n: int, wrong: int) -> list[Say]:
    """One person's answers to n items with gold."""
    return [
        Say(f"{batch}{i}", "ann", "y" if i < wrong else "x", at(i / 20, i), gold={"label": "x"})
        for i in range(n)
    ]


def batches_of(says: list[Say]) -> dict[str, str]:
    return {one.item: one.item.rstrip("0123456789") for one in says}


def told(rng: random.Random, batch: str, items: int, error: float, people: str = "abcd") -> list:
    """Answers of three people who err so often."""
    return [
        Say(f"{batch}{i}", who, "xyz"[(i + (rng.random() < error)) % 3], at(i / 50, i))
        for i in range(items)
        for who in rng.sample(people, 3)
    ]


def test_gold_ships_sends_back_or_asks_for_more(world: World):
    says = [*keyed("fine", 200, 6), *keyed("bad", 200, 60), *keyed("few", 25, 1)]
    world.project(says, gold="column", controls=TARGET, batches=batches_of(says))
    rows = {row["batch"]: row for row in world.ask("batch_sign_off", by=("batch",))}
    values = {name: row["value"] for name, row in rows.items()}
    assert values == {"fine": "ship", "bad": "recheck", "few": "not enough evidence"}
    for name, n, wrong in (("fine", 200, 6), ("bad", 200, 60), ("few", 25, 1)):
        row = rows[name]
        low, high = exact_interval(wrong, n)
        assert (row["error"], row["error_low"], row["error_high"]) == (wrong / n, low, high)
        assert (row["evidence"], row["evidence_n"], row["n"]) == ("gold", n, n)
        assert row["target"] == pytest.approx(0.1)
    assert (rows["fine"]["recheck"], rows["fine"]["more"]) == (0, 0)
    assert rows["few"]["more"] == right_needed(1, 25, 0.1)
    assert 0 < rows["bad"]["recheck"] <= 200


def test_the_more_right_answers_that_it_asks_for_do(world: World):
    more = right_needed(1, 25, 0.1)
    assert more
    for extra, decision in ((more - 1, "not enough evidence"), (more, "ship")):
        title = f"with {extra}"
        world.project(keyed("b", 25 + extra, 1), title=title, gold="column", controls=TARGET)
        assert world.one("batch_sign_off", project=title)["value"] == decision


def test_without_gold_the_answers_themselves_speak_with_a_warning(world: World):
    rng = random.Random(4)
    says = [*told(rng, "fine", 300, 0.03), *told(rng, "bad", 300, 0.35)]
    world.project(says, controls=TARGET, batches=batches_of(says))
    rows = {row["batch"]: row for row in world.ask("batch_sign_off", by=("batch",))}
    assert {name: row["value"] for name, row in rows.items()} == {"fine": "ship", "bad": "recheck"}
    for row in rows.values():
        assert row["evidence"] == "consensus"
        assert "people who err alike" in row["note"]
        assert row["error_low"] <= row["error"] <= row["error_high"]
    assert 0 < rows["bad"]["recheck"] < 300
    assert rows["bad"]["more"] is None
    (one,) = world.ask("batch_sign_off", by=("batch",), where=["batch=bad"])
    assert one == rows["bad"]
    every = world.one("batch_sign_off")
    assert every["n"] == 600
    mean = (rows["fine"]["error"] + rows["bad"]["error"]) / 2
    assert every["error"] == pytest.approx(mean)


def test_gold_says_how_much_is_wrong_and_the_doubts_where(world: World):
    """A confused pair of labels: reviewing what the answers disagree on removes it cheaply."""
    rng = random.Random(9)
    says = [
        Say(f"i{i}", who, label, at(i / 50, i), gold={"label": "x"} if i < 100 else {})
        for i in range(400)
        for who in ("ann", "bob", "cid")
        for label in ["y" if rng.random() < (0.45 if i % 4 == 0 else 0.01) else "x"]
    ]
    world.project(says, gold="column", controls=TARGET)
    row = world.one("batch_sign_off")
    blind = recheck_by_sample(row["error_high"], 0.1, np.ones(400))
    assert row["evidence"] == "gold"
    assert 0 < row["recheck"] < blind / 2


def judged(items: int, verdicts: dict[int, list[Verdict]]) -> list[Say]:
    """One person's answers, some of which a reviewer judged, one verdict a day."""
    return [
        Say(
            f"i{i}",
            "ann",
            "xy"[i % 2],
            at(i / 20, i),
            reviews=[
                Judged(verdict, "rev", at(30 + day, i))
                for day, verdict in enumerate(verdicts.get(i, []))
            ],
        )
        for i in range(items)
    ]


def test_reviews_of_a_part_tell_of_the_whole_batch(world: World):
    good, bad = [Verdict.ACCEPTED], [Verdict.REJECTED]
    world.project(judged(300, {i: bad if i < 2 else good for i in range(80)}), controls=TARGET)
    row = world.one("batch_sign_off")
    assert (row["value"], row["evidence"], row["evidence_n"]) == ("ship", "review", 80)
    assert (row["error_low"], row["error_high"]) == exact_interval(2, 80, 300)
    assert row["error"] == 2 / 80
    assert "chosen at random" in row["note"]
    few = judged(300, {i: bad if i < 2 else good for i in range(30)})
    world.project(few, title="few", source="f", controls=TARGET)
    row = world.one("batch_sign_off", project="few")
    assert row["value"] == "not enough evidence"
    assert row["more"] == right_needed(2, 30, 0.1, 300)


def test_what_reviewers_mended_is_right_and_what_waits_is_wrong(world: World):
    """A batch that was reviewed whole is as good as what is left of its errors."""
    last = {
        "mended": [Verdict.REJECTED, Verdict.ACCEPTED],
        "fixed": [Verdict.FIXED],
        "waiting": [Verdict.REJECTED],
    }
    decisions = {}
    for title, verdicts in last.items():
        says = judged(100, {i: verdicts if i < 20 else [Verdict.ACCEPTED] for i in range(100)})
        world.project(says, title=title, source=title, controls=TARGET)
        row = world.one("batch_sign_off", project=title)
        assert row["error_low"] == row["error"] == row["error_high"]
        decisions[title] = row["value"], row["error"], row["recheck"]
    assert decisions["mended"] == decisions["fixed"] == ("ship", 0, 0)
    assert decisions["waiting"] == ("recheck", 0.2, 10)


def test_overwrites_alone_are_no_review(world: World):
    """Nobody accepts or rejects here: what was looked at and found right is not told."""
    world.project(judged(100, {i: [Verdict.FIXED] for i in range(40)}), controls=TARGET)
    row = world.one("batch_sign_off")
    assert (row["value"], row["evidence"]) == ("not enough evidence", None)


def test_what_tells_more_exactly_goes_first(world: World):
    says = judged(100, {i: [Verdict.ACCEPTED] for i in range(90)})
    gold = [Say(f"g{i}", "ann", "x", at(i), gold={"label": "x"}) for i in range(30)]
    world.project([*says, *gold], gold="column", controls=TARGET)
    assert world.one("batch_sign_off")["evidence"] == "review"
    few = judged(100, {i: [Verdict.ACCEPTED] for i in range(5)})
    world.project([*few, *gold], title="few", source="f", gold="column", controls=TARGET)
    assert world.one("batch_sign_off", project="few")["evidence"] == "gold"


def test_one_label_an_item_is_never_called_good(world: World):
    says = [Say(f"i{i}", "ann", "x", at(i)) for i in range(50)]
    world.project(says, controls=TARGET)
    row = world.one("batch_sign_off")
    assert (row["value"], row["evidence"], row["error"]) == ("not enough evidence", None, None)
    assert "no gold, no review" in row["note"]


def test_without_a_target_nothing_is_decided(world: World):
    world.project(keyed("b", 60, 3), gold="column")
    row = world.one("batch_sign_off")
    assert (row["value"], row["error"], row["target"]) == (None, 0.05, None)
    assert (row["recheck"], row["more"]) == (None, None)
    assert "no target is set: name one in labelpulse.toml" in row["note"]


BOTH = {"label": {"target": 0.8, "accuracy_target": 0.95}}


def test_a_delivery_needs_right_answers_not_those_that_agree(world: World):
    """By hand: 100 right answers leave up to 3.6 %, 1 - .025 ** .01; 5 wrong of 100 up to 11.3 %.

    Both ship where 20 % may be wrong, and one of them where 5 % may.
    """
    says = [*keyed("clean", 100, 0), *keyed("spotted", 100, 5)]
    decisions = {}
    for title, controls in {"one": {"label": {"target": 0.8}}, "both": BOTH}.items():
        world.project(
            *(says,), title=title, gold="column", controls=controls, batches=batches_of(says)
        )
        rows = world.ask("batch_sign_off", by=("batch",), project=title)
        decisions[title] = {row["batch"]: (row["value"], round(row["target"], 9)) for row in rows}
        highs = {row["batch"]: round(row["error_high"], 4) for row in rows}
        assert highs == {"clean": round(1 - 0.025**0.01, 4), "spotted": 0.1128}
    assert decisions == {
        "one": {"clean": ("ship", 0.2), "spotted": ("ship", 0.2)},
        "both": {"clean": ("ship", 0.05), "spotted": ("not enough evidence", 0.05)},
    }


def test_an_accuracy_target_alone_decides_too_and_one_of_everything_is_kept(world: World):
    world.project(keyed("b", 100, 0), gold="column", controls={"label": {"accuracy_target": 0.95}})
    row = world.one("batch_sign_off")
    assert (row["value"], round(row["target"], 9)) == ("ship", 0.05)
    strict = {"label": {"target": 0.5, "accuracy_target": 1.0}}
    world.project(keyed("b", 100, 0), title="strict", gold="column", controls=strict)
    row = world.one("batch_sign_off", project="strict")
    assert (row["value"], row["target"]) == ("not enough evidence", 0)
    nothing = {"label": {"target": 0.9, "accuracy_target": 0.0}}
    world.project(keyed("b", 30, 30), title="nothing", gold="column", controls=nothing)
    assert world.one("batch_sign_off", project="nothing")["target"] == 1


def test_what_is_not_finished_says_so(world: World):
    says = keyed("b", 100, 0)
    world.project(says, gold="column", controls=TARGET, required={"b1": 3, "unseen": 2})
    row = world.one("batch_sign_off")
    assert row["value"] == "ship"
    assert "100 of 104 labels done" in row["note"]


def test_an_empty_project_has_nothing_to_sign(world: World):
    world.project([Say("i1", "ann", "x", at(0), deleted=True)], controls=TARGET)
    row = world.one("batch_sign_off")
    assert (row["value"], row["n"]) == (None, 0)
