"""Predictions accepted too readily: only where the intervals part, never on few answers."""

import random
from datetime import date

import pytest

from labelpulse.core.estimate import Row
from labelpulse.findings import quality_rules
from labelpulse.findings.reliance import Spread, against_people, too_readily
from labelpulse.stats.intervals import ratio_of_shares


def told(shares: dict[tuple[str, str], tuple[int, int]]) -> list[Row]:
    """Rows by version and label from (how many, of how many)."""
    return [
        {"model_version": version, "label": label, "value": k / n, "n": n}
        for (version, label), (k, n) in shares.items()
    ]


ACCEPTED = {
    ("v2", "Account"): (310, 330),
    ("v2", "Billing"): (440, 534),
    ("v2", "Refund"): (430, 517),
    ("v1", "Account"): (454, 616),
}
BLIND = {
    ("v2", "Account"): (71, 91),
    ("v2", "Billing"): (96, 133),
    ("v2", "Refund"): (87, 120),
    ("v1", "Account"): (163, 234),
}


def test_the_label_is_named_with_what_it_rests_on() -> None:
    known = told({("v2", "Account"): (4, 5)})
    (found,) = too_readily(told(ACCEPTED), told(BLIND), known)
    assert (found.version, found.label, found.n, found.known) == ("v2", "Account", 330, (4, 5))
    assert found.low < found.value < found.high
    assert found.changed_in[0] < found.changed < found.changed_in[1] < found.others_in[0]
    text = found.title.replace("\N{NO-BREAK SPACE}", " ")
    assert text == "v2 is accepted too readily on Account: 94 % stand, 78 % agree unseen"
    assert found.sure.startswith("Of 91 answers by people who saw no prediction, 22")
    assert "On known answers, 4 of 5 wrong ones stood." in found.sure


def test_the_finding_says_since_when_and_of_whom() -> None:
    found = too_readily(told(ACCEPTED), told(BLIND))
    (dated,) = quality_rules.too_readily(found, {"v2": Spread(date(2026, 10, 27), 21)})
    assert (dated.since, dated.who) == ("since Tue 27 Oct", "21 people who start from it")
    (bare,) = quality_rules.too_readily(found)
    assert (bare.since, bare.who) == ("", "")


def test_a_label_that_all_agree_on_is_not_accused() -> None:
    sure = {**ACCEPTED, ("v2", "Account"): (325, 330)}
    blind = {**BLIND, ("v2", "Account"): (89, 91)}
    assert too_readily(told(sure), told(blind)) == []


def test_few_answers_accuse_nobody() -> None:
    few = {**BLIND, ("v2", "Account"): (10, 19)}
    assert too_readily(told(ACCEPTED), told(few)) == []
    assert too_readily([], []) == []
    assert (
        too_readily(told({("v2", "Account"): (40, 40)}), told({("v2", "Account"): (30, 40)})) == []
    )


def test_equal_labels_are_seldom_accused() -> None:
    rng, wrongly = random.Random(5), 0
    for _ in range(200):
        cells = [("v1", label) for label in "abcdef"]
        accepted = {one: (sum(rng.random() < 0.85 for _ in range(300)), 300) for one in cells}
        blind = {one: (sum(rng.random() < 0.75 for _ in range(100)), 100) for one in cells}
        wrongly += bool(too_readily(told(accepted), told(blind)))
    assert wrongly <= 10, "at most one project in twenty"


def test_the_ratio_of_shares_is_that_of_statsmodels() -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    rng = random.Random(7)
    for _ in range(50):
        n, m = rng.randrange(20, 400), rng.randrange(20, 400)
        x, y = rng.randrange(1, n), rng.randrange(1, m)
        truth = proportion.confint_proportions_2indep(
            x, n, y, m, compare="ratio", method="log", correction=False
        )
        assert ratio_of_shares((x, n), (y, m)) == pytest.approx(truth)


def test_a_ratio_of_nothing_has_ends() -> None:
    low, high = ratio_of_shares((0, 40), (10, 40))
    assert 0 < low < high < 1


def held(human: tuple[int, int], own: tuple[int, int]) -> str:
    """The title of a version that agreed with people so often, as they with each other."""
    low, high = ratio_of_shares(own, human)
    return against_people(
        "v2",
        {
            "value": own[0] / own[1],
            "human": human[0] / human[1],
            "human_n": human[1],
            "ratio": 1.0,
            "ratio_low": low,
            "ratio_high": high,
        },
    ).replace("\N{NO-BREAK SPACE}", " ")


def test_a_version_is_held_against_people_only_beyond_chance() -> None:
    few = held((15, 23), (425, 577))
    assert few == (
        "v2 agrees with people 74 % of the time, people with each other 65 % (23 pairs): "
        "within chance"
    )
    assert held((900, 1000), (425, 577)).startswith("v2 agrees with people less often (74 %)")
    assert held((500, 1000), (425, 577)).startswith("v2 agrees with people more often (74 %)")
    assert "too few answers" in against_people("v2", {"ratio": None})
