"""What the answers say of labels and people, against Dawid & Skene's rounds in plain loops."""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import log, sqrt
from statistics import fmean, median, pstdev

import pytest
from scipy.stats import entropy, norm
from statsmodels.stats.proportion import proportion_confint

from labelpulse.stats.label_error import HIGH_ENTROPY
from tests.reader.rounds import Given, Shares, Told, as_told, rounds
from tests.reader.world import Say, World, at, engine_at
from tests.stats import tables

Z = float(norm.ppf(0.975))
LABELS = ("a", "b", "c")
GOOD, BAD = ("ann", "bob", "cid"), ("dee", "eve")


def says_of(given: Given) -> list[Say]:
    return [Say(item, who, label, at(n // 100, n)) for n, (item, who, label) in enumerate(given)]


def planted(seed: int) -> Given:
    """Good people say b in one answer of twenty, whatever is right; bad ones guess, mostly b.

    Every second of the last 60 items is unclear: the good people are of two minds.
    """
    draw = random.Random(seed)
    found = []
    for n in range(240):
        truth = draw.choice("aaabbc")
        unclear = n >= 180 and n % 2 == 0
        for who in GOOD:
            label = truth if draw.random() < 0.95 else "b"
            if unclear:
                label = draw.choice(truth + LABELS[(LABELS.index(truth) + 1) % 3])
            found.append((f"i{n}", who, label))
        found += [(f"i{n}", who, draw.choice("abbc")) for who in BAD if draw.random() < 0.9]
    return found


BATCH = {f"i{n}": "unclear" if n >= 180 else "clear" for n in range(240)}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Given, Told]]:
    """A world, what people said there, and what follows; two items have a single answer."""
    given = planted(1)
    engine = engine_at(tmp_path_factory.mktemp("consensus"))
    world = World(engine)
    lone = [("lone1", "ann", "a"), ("lone2", "dee", "c")]
    world.project(says_of([*given, *lone]), batches=BATCH)
    yield world, given, as_told(given)
    engine.dispose()


def test_the_rounds_in_plain_loops_are_those_of_the_paper():
    rows = tables.rows("dawid_skene1979_anaesthetists")
    told = rounds([(r["patient"], r["observer"], r["grade"]) for r in rows], 0, 0, 1e-7)
    for grade, printed in zip("1234", (".40", ".42", ".11", ".07"), strict=True):
        tables.as_printed(told.prevalence[grade], printed)
    for given, printed in zip("1234", (".89", ".11", ".00", ".00"), strict=True):
        tables.as_printed(told.confusion["1"]["1"][given], printed)


def test_the_anaesthetists_through_the_warehouse(world: World):
    """Each session of the first observer is a person: here one has one answer to an item."""
    rows = tables.rows("dawid_skene1979_anaesthetists")
    given = [(r["patient"], f"{r['observer']}.{r['session']}", r["grade"]) for r in rows]
    world.project(says_of(given), controls={"label": {"labels": list("1234")}})
    told = as_told(given)
    share = world.by("consensus_share", "label")
    assert share == pytest.approx(told.prevalence, abs=1e-9)
    assert share == pytest.approx({"1": 0.40, "2": 0.42, "3": 0.11, "4": 0.07}, abs=0.025)
    found = {
        (row["annotator"], row["label"], row["label_given"]): row["value"]
        for row in world.ask("consensus_confusion")
    }
    assert found == pytest.approx(
        {
            (who, label, said): p
            for who, matrix in told.confusion.items()
            for label, row in matrix.items()
            for said, p in row.items()
        },
        abs=1e-9,
    )
    items = world.ask("expected_label_error", by=("item",))
    likeliest = {row["item"]: row["consensus"] for row in items}
    assert likeliest == {i: max(p, key=lambda k: p[k]) for i, p in told.posterior.items()}
    printed = tables.rows("dawid_skene1979_expected_posteriors")
    other = [row["patient"] for row in printed if likeliest[row["patient"]] != row["map_grade"]]
    assert other == ["3"]  # votes are 3 to 4; the first observer, who said 1, 1, 2, is three people


def test_the_share_of_each_label_has_wilsons_interval(made):
    world, _, told = made
    n = len(told.posterior)
    rows = {row["label"]: row for row in world.ask("consensus_share")}
    assert rows.keys() == set(LABELS)
    for label, row in rows.items():
        share = fmean(p[label] for p in told.posterior.values())
        assert (row["value"], row["n"]) == (pytest.approx(share, abs=1e-9), n)
        ends = proportion_confint(share * n, n, method="wilson")
        assert (row["low"], row["high"]) == pytest.approx(ends)
    assert rows["a"]["value"] > rows["b"]["value"] > rows["c"]["value"]
    assert world.ask("consensus_share", where=["label=b"]) == [rows["b"]]


def test_a_persons_accuracy_is_the_diagonal_weighted_by_the_labels(made):
    world, given, told = made
    rows = {row["annotator"]: row for row in world.ask("consensus_accuracy", by=("annotator",))}
    assert rows.keys() == {*GOOD, *BAD}
    for who, row in rows.items():
        right, n = told.accuracy(who), sum(person == who for _, person, _ in given)
        assert (row["value"], row["n"]) == (pytest.approx(right, abs=1e-9), n)
        assert (row["low"], row["high"]) == pytest.approx(interval_of(told, given, who, n))
    assert min(rows[who]["value"] for who in GOOD) > max(rows[who]["value"] for who in BAD) + 0.3


def interval_of(told: Told, given: Given, who: str, n: int) -> tuple[float, float]:
    """Wilson's at the n with the variance of the diagonal, half an answer added on both sides."""
    mean = variance = 0.0
    for label, share in told.prevalence.items():
        seen = told.seen(given, who, label)
        theta = (told.confusion[who][label][label] * seen + 0.5) / (seen + 1)
        mean += share * theta
        variance += share**2 * theta * (1 - theta) / seen
    size = min(mean * (1 - mean) / variance, n)
    low, high = proportion_confint(told.accuracy(who) * size, size, method="wilson")
    return low, high


def test_the_accuracy_of_all_is_the_mean_chance_to_be_right_of_their_answers(made):
    world, given, told = made
    row = world.one("consensus_accuracy")
    right = fmean(told.chance_right(item, who) for item, who, _ in given)
    assert (row["value"], row["n"]) == (pytest.approx(right, abs=1e-9), len(given))


def test_of_each_label_people_give_what_their_rows_say(made):
    world, given, told = made
    rows = world.ask("consensus_confusion")
    assert len(rows) == 5 * 3 * 3
    for row in rows:
        who, label = row["annotator"], row["label"]
        share, seen = told.confusion[who][label][row["label_given"]], told.seen(given, who, label)
        assert (row["value"], row["n"]) == (pytest.approx(share, abs=1e-9), round(seen))
        ends = proportion_confint(share * seen, seen, method="wilson")
        assert (row["low"], row["high"]) == pytest.approx(ends)
    told_of = {(row["annotator"], row["label"], row["label_given"]): row["value"] for row in rows}
    assert told_of["dee", "a", "b"] > 1.5 * told_of["dee", "b", "a"]


def expected_error(told: Told, items: Iterable[str]) -> tuple[float, float, float]:
    """The mean chance to be wrong, and its normal interval for independent items."""
    errors = [told.error(item) for item in items]
    half = Z * sqrt(sum(p * (1 - p) for p in errors)) / len(errors)
    return fmean(errors), max(fmean(errors) - half, 0), fmean(errors) + half


def test_each_batch_has_the_error_of_its_own_items(made):
    world, _, told = made
    rows = {row["batch"]: row for row in world.ask("expected_label_error", by=("batch",))}
    for name in ("clear", "unclear"):
        items = [item for item, batch in BATCH.items() if batch == name]
        row = rows.pop(name)
        assert row["n"] == len(items)
        found = (row["value"], row["low"], row["high"])
        assert found == pytest.approx(expected_error(told, items), abs=1e-9)
    assert not rows
    whole, row = expected_error(told, BATCH), world.one("expected_label_error")
    assert (row["value"], row["low"], row["high"]) == pytest.approx(whole, abs=1e-9)
    clear, unclear = (world.one("expected_label_error", where=[f"batch={b}"])["value"]
                      for b in ("clear", "unclear"))  # fmt: skip
    assert unclear > 2 * clear


def test_each_item_has_its_own_error_and_likeliest_label(made):
    world, given, told = made
    rows = {row["item"]: row for row in world.ask("expected_label_error", by=("item", "batch"))}
    assert rows.keys() == told.posterior.keys()
    for item, row in rows.items():
        assert row["value"] == pytest.approx(told.error(item), abs=1e-9)
        assert row["consensus"] == max(LABELS, key=lambda k: told.posterior[item][k])
        assert row["n"] == sum(one == item for one, _, _ in given)
        assert row["batch"] == BATCH[item]


@dataclass
class Unclear:
    """How far all and competent people disagree on an item, 0-1, and what that makes it."""

    raw: float
    competent: float

    @property
    def kind(self) -> str | None:
        high = HIGH_ENTROPY / log(len(LABELS))
        if self.raw < high:
            return None
        return "ambiguous" if self.competent >= high else "mistaken"


def by_hand(given: Given, told: Told) -> dict[str, Unclear]:
    """Items with two answers of competent people: no less likely right than the median answer."""
    chance = {(item, who): told.chance_right(item, who) for item, who, _ in given}
    least = median(chance.values()) - 1e-9
    every: dict[str, Shares] = defaultdict(lambda: dict.fromkeys(LABELS, 0.0))
    some: dict[str, Shares] = defaultdict(lambda: dict.fromkeys(LABELS, 0.0))
    n: dict[str, int] = defaultdict(int)
    for item, who, label in given:
        every[item][label] += 1
        if chance[item, who] >= least:
            some[item][label] += chance[item, who]
            n[item] += 1
    return {
        item: Unclear(
            *(float(entropy(list(one[item].values()), base=len(LABELS))) for one in (every, some))
        )
        for item in every
        if n[item] > 1
    }


def test_unclear_items_are_told_from_mistaken_ones(made):
    world, given, told = made
    truth = by_hand(given, told)
    rows = {row["item"]: row for row in world.ask("item_ambiguity", by=("item",))}
    assert rows.keys() == truth.keys()
    for item, row in rows.items():
        assert row["value"] == pytest.approx(truth[item].competent, abs=1e-8)
        assert row["raw"] == pytest.approx(truth[item].raw, abs=1e-8)
        assert row["kind"] == truth[item].kind
    kinds = {batch: [rows[item]["kind"] for item in rows if BATCH[item] == batch]
             for batch in ("clear", "unclear")}  # fmt: skip
    part = {(batch, kind): own.count(kind) / len(own)
            for batch, own in kinds.items() for kind in ("ambiguous", "mistaken")}  # fmt: skip
    assert part["clear", "mistaken"] > 4 * part["clear", "ambiguous"]
    assert part["unclear", "ambiguous"] > 4 * part["clear", "ambiguous"]


@pytest.mark.parametrize("batch", [None, "clear", "unclear"])
def test_the_ambiguity_of_a_batch_is_the_mean_of_its_items(made, batch: str | None):
    world, given, told = made
    own = [one for i, one in by_hand(given, told).items() if batch in {None, BATCH[i]}]
    row = world.one("item_ambiguity")
    if batch is not None:
        rows = world.ask("item_ambiguity", by=("batch",))
        (row,) = [one for one in rows if one["batch"] == batch]
    values = [one.competent for one in own]
    half = 1.96 * pstdev(values) / sqrt(len(own))
    assert (row["value"], row["n"]) == (pytest.approx(fmean(values), abs=1e-8), len(own))
    ends = max(fmean(values) - half, 0), min(fmean(values) + half, 1)
    assert (row["low"], row["high"]) == pytest.approx(ends, abs=1e-4)
    for kind in ("ambiguous", "mistaken"):
        assert row[kind] == pytest.approx(fmean(one.kind == kind for one in own))
    assert row["ambiguous"] != row["mistaken"]


def test_two_answers_an_item_have_one_number_a_person_and_no_rows_by_label(world: World):
    """One coin: right in so many of a person's answers, by chances that the coins give in turn."""
    given = [
        (item, who, x) for item, who, x in planted(2) if who in GOOD and BATCH[item] == "clear"
    ]
    draw = random.Random(1)
    two = {item: draw.sample(GOOD, 2) for item, _, _ in given}
    given = [(item, who, x) for item, who, x in given if who in two[item]]
    world.project(says_of(given))
    why = "2.0 answers an item: error by label needs 3"
    row = world.one("consensus_confusion")
    assert (row["value"], row["note"]) == (None, why)
    share = {row["label"]: row["value"] for row in world.ask("consensus_share")}
    rows = world.ask("expected_label_error", by=("item",))
    assert sum(share.values()) == pytest.approx(1)
    for label in LABELS:
        likeliest = sum(row["consensus"] == label for row in rows) / len(rows)
        assert share[label] == pytest.approx(likeliest, abs=0.05)
    for row in world.ask("consensus_accuracy", by=("annotator",)):
        n = sum(who == row["annotator"] for _, who, _ in given)
        assert (row["n"], row["note"]) == (n, why)
        ends = proportion_confint(row["value"] * n, n, method="wilson")
        assert (row["low"], row["high"]) == pytest.approx(ends)
        assert row["value"] == pytest.approx(0.95, abs=0.05)
