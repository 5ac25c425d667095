"""Coefficients against published tables, an independent library, and their own definition."""

import random
from itertools import permutations

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelpulse.stats import agreement as formulas
from labelpulse.stats.domain import OTHER, Domain, Kind, jaccard, masi, weight
from labelpulse.stats.leaving import left_out
from tests.stats import tables

K2011 = "krippendorff2011_c_4x12"
GWET = "gwet2014_table2_15_4x12"
DIAGNOSES = "schizophrenia,bipolar,depression,other"
ABSTRACTORS = "ectopic,aiu,niu"
PATIENTS = tables.items_of_counts("fleiss1971_30x5_counts")
LETTERS = tables.items(GWET, "a,b,c,d,e")
TWO_METHODS = tables.items_of_square(tables.square("gwet_diagnosis_4x4", DIAGNOSES))


def table(items):
    return formulas.tabulate(formulas.counts_of_items(items))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("nominal", 0.743421), ("ordinal", 0.815388), ("interval", 0.849107), ("ratio", 0.797403)],
)
def test_alpha_of_every_scale_is_krippendorffs(kind, expected):
    items = tables.items(K2011, "1,2,3,4,5")
    domain = Domain(kind, 5, (1.0, 2.0, 3.0, 4.0, 5.0))
    assert formulas.alpha(table(items), domain) == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (tables.items("krippendorff2011_a_binary_2x10", "0,1"), 0.095238),
        (tables.items("krippendorff2011_b_nominal_2x12", "a,b,c,d,e"), 0.691964),
        (PATIENTS, 0.433410),
        (TWO_METHODS, 0.43162),
        (tables.items_of_square(tables.square("gwet2014_abstractors_3x3", ABSTRACTORS)), 0.79726),
        (tables.items("snow2008_rte", "0,1", "worker"), 0.241479),
    ],
)
def test_nominal_alpha_of_published_tables(items, expected):
    assert formulas.alpha(table(items), Domain("nominal", 5)) == pytest.approx(expected, abs=5e-6)


@pytest.mark.parametrize(
    ("formula", "items", "domain", "expected"),
    [
        (
            "fleiss",
            PATIENTS,
            Domain("nominal", 5),
            0.430245,
        ),
        (
            "percent",
            PATIENTS,
            Domain("nominal", 5),
            0.555556,
        ),
        ("ac1", PATIENTS, Domain("nominal", 5), 0.447885),
        ("percent", LETTERS, Domain("nominal", 5), 0.8182),
        ("fleiss", LETTERS, Domain("nominal", 5), 0.7612),
        ("ac1", LETTERS, Domain("nominal", 5), 0.7754),
        ("brennan_prediger", LETTERS, Domain("nominal", 5), 0.7727),
        ("fleiss", LETTERS, Domain("ordinal", 5), 0.86494),
        ("ac1", LETTERS, Domain("ordinal", 5), 0.91400),
        ("brennan_prediger", LETTERS, Domain("ordinal", 5), 0.90152),
        ("fleiss", TWO_METHODS, Domain("nominal", 4), 0.43034),
        ("ac1", TWO_METHODS, Domain("nominal", 4), 0.45616),
        ("brennan_prediger", TWO_METHODS, Domain("nominal", 4), 0.44993),
    ],
)
def test_chance_corrected_coefficients_of_published_tables(formula, items, domain, expected):
    found = getattr(formulas, formula)(table(items), domain)
    assert found == pytest.approx(expected, abs=5e-5)


def test_fleiss_marginals_are_those_of_his_table():
    found = table(PATIENTS)
    printed = (".144", ".144", ".167", ".306", ".239")
    for category, share in enumerate(printed):
        tables.as_printed(found.shares[category] / found.everything, share)


@pytest.mark.parametrize(
    ("name", "labels", "kappa", "error"),
    [
        ("cohen1960_3x3", "personality_disorder,neurosis,psychosis", 0.491525, None),
        ("gwet2014_abstractors_3x3", ABSTRACTORS, 0.79641, 0.05891),
        ("gwet_diagnosis_4x4", DIAGNOSES, 0.43150, 0.04597),
    ],
)
def test_cohens_kappa_and_its_error_of_published_tables(name, labels, kappa, error):
    cells = tables.square(name, labels)
    found = formulas.cohen_kappa(cells, Domain("nominal", len(labels.split(","))))
    assert found is not None
    assert found[0] == pytest.approx(kappa, abs=5e-6)
    if error is not None:
        assert found[1] == pytest.approx(error, abs=5e-6)


def test_cohens_table_agrees_and_is_expected_to_as_often_as_he_prints():
    cells = tables.square("cohen1960_3x3", "personality_disorder,neurosis,psychosis")
    observed = formulas.percent(table(tables.items_of_square(cells)), Domain("nominal", 3))
    found = formulas.cohen_kappa(cells, Domain("nominal", 3))
    assert observed is not None
    assert found is not None
    tables.as_printed(observed, ".70")
    tables.as_printed(found[0], ".492")
    tables.as_printed((observed - found[0]) / (1 - found[0]), ".41")


def test_kappa_is_the_same_to_the_digit_in_any_order_of_cells():
    """Databases give the cells in orders of their own."""
    cells = {(0, 0): 6, (1, 1): 5, (2, 2): 1, (0, 1): 2, (0, 2): 1, (1, 2): 3, (2, 0): 1, (2, 1): 1}
    found = set()
    for seed in range(40):
        order = list(cells.items())
        random.Random(seed).shuffle(order)
        found.add(formulas.cohen_kappa(dict(order), Domain("nominal", 3)))
    assert len(found) == 1


def test_kappa_error_is_the_spread_of_resampled_tables():
    cells = tables.square("gwet_diagnosis_4x4", DIAGNOSES)
    draw = random.Random(7)
    people = [pair for pair, n in cells.items() for _ in range(n)]
    kappas = []
    for _ in range(400):
        drawn: dict[tuple[int, int], int] = {}
        for pair in draw.choices(people, k=len(people)):
            drawn[pair] = drawn.get(pair, 0) + 1
        found = formulas.cohen_kappa(drawn, Domain("nominal", 4))
        assert found is not None
        kappas.append(found[0])
    exact = formulas.cohen_kappa(cells, Domain("nominal", 4))
    assert exact is not None
    assert float(np.std(kappas)) == pytest.approx(exact[1], rel=0.15)


ITEMS = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=5), min_size=2, max_size=25)
LEVELS: tuple[Kind, ...] = ("nominal", "ordinal", "interval", "ratio")


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
@given(ITEMS, st.sampled_from(LEVELS))
def test_alpha_equals_the_library_of_krippendorffs_name(items, kind):
    values = [1.0, 2.0, 4.0, 7.0]
    width = max(map(len, items))
    matrix = np.array([one + [np.nan] * (width - len(one)) for one in items], float).T
    for code, value in enumerate(values):
        matrix[matrix == code] = 100 + value
    matrix -= 100
    ours = formulas.alpha(table(items), Domain(kind, 4, tuple(values)))
    try:
        theirs = krippendorff.alpha(
            reliability_data=matrix, level_of_measurement=kind, value_domain=values
        )
    except (ValueError, ZeroDivisionError):
        theirs = float("nan")
    if ours is None:
        pairable = [set(one) for one in items if len(one) > 1]
        assert len(set().union(*pairable)) <= 1  # no pairs, or no variation
    else:
        assert ours == pytest.approx(theirs, abs=1e-12)


@given(ITEMS)
def test_percent_and_fleiss_equal_their_definition_pair_by_pair(items):
    two = [one for one in items if len(one) > 1]
    shares = [
        sum(a == b for a, b in permutations(one, 2)) / (len(one) * (len(one) - 1)) for one in two
    ]
    found = formulas.percent(table(items), Domain("nominal", 4))
    if not two:
        assert found is None
        return
    percent = sum(shares) / len(shares)
    assert found == pytest.approx(percent)
    prevalence = [sum(one.count(c) / len(one) for one in items) / len(items) for c in range(4)]
    chance = sum(p * p for p in prevalence)
    kappa = formulas.fleiss(table(items), Domain("nominal", 4))
    if chance > 1 - 1e-9:
        assert kappa is None
    else:
        assert kappa == pytest.approx((percent - chance) / (1 - chance))


@given(ITEMS, st.integers(0, 3))
def test_one_label_against_the_rest_is_the_same_as_recoding_every_answer(items, category):
    counts = formulas.counts_of_items(items)
    recoded = [[int(answer != category) for answer in one] for one in items]
    assert formulas.one_against_rest(counts, category) == formulas.counts_of_items(recoded)


@given(ITEMS, st.integers(0, 3))
def test_row_sums_suffice_for_one_label_against_the_rest(items, category):
    """What a rollup without pairs of labels knows: agreeing pairs, and all the others as OTHER."""
    known: dict[tuple[int, int, int], int] = {}
    for (m, c, k), n in formulas.counts_of_items(items).items():
        key = (m, c, c if c == k else OTHER)
        known[key] = known.get(key, 0) + n
    full = formulas.one_against_rest(formulas.counts_of_items(items), category)
    assert formulas.one_against_rest(known, category) == full
    nominal = Domain("nominal", 4)
    for formula in (formulas.percent, formulas.alpha, formulas.fleiss, formulas.ac1):
        assert formula(formulas.tabulate(known), nominal) == pytest.approx(
            formula(table(items), nominal)
        )


@given(ITEMS, ITEMS)
def test_taking_a_part_away_leaves_the_rest(items, part):
    both = formulas.tabulate(
        formulas.add_counts([formulas.counts_of_items(items), formulas.counts_of_items(part)])
    )
    rest = formulas.minus(both, table(part))
    for formula in (formulas.percent, formulas.alpha, formulas.fleiss):
        expected = formula(table(items), Domain("nominal", 4))
        found = formula(rest, Domain("nominal", 4))
        assert found == (expected if expected is None else pytest.approx(expected, abs=1e-9))


@given(ITEMS, st.randoms(use_true_random=False))
def test_the_order_of_items_does_not_change_a_bit(items, shuffle):
    shuffled = list(items)
    shuffle.shuffle(shuffled)
    for kind in LEVELS:
        domain = Domain(kind, 4, (1.0, 2.0, 4.0, 7.0))
        assert formulas.alpha(table(items), domain) == formulas.alpha(table(shuffled), domain)


def test_no_variation_is_undefined_and_no_agreement_is_not():
    alike = table([[0, 0]] * 5)
    assert formulas.alpha(alike, Domain("nominal", 2)) is None
    assert formulas.fleiss(alike, Domain("nominal", 2)) is None
    assert formulas.ac1(alike, Domain("nominal", 2)) == 1
    assert formulas.brennan_prediger(alike, Domain("nominal", 2)) == 1
    assert formulas.brennan_prediger(alike, Domain("nominal", 1)) is None
    assert formulas.percent(table([[0]]), Domain("nominal", 2)) is None


def test_ac1_depends_on_labels_that_nobody_gave():
    found = table([[0, 0], [1, 1], [0, 1]])
    assert formulas.ac1(found, Domain("nominal", 2)) != formulas.ac1(found, Domain("nominal", 3))


def test_sets_are_as_far_apart_as_their_distance_says():
    values: tuple[frozenset[str], ...] = tuple(map(frozenset, ("ab", "a", "bc", "")))
    items = [[0, 0], [0, 1], [0, 2], [3, 3]]
    near = (jaccard(values[0], values[1]) + jaccard(values[0], values[2])) / 4
    domain = Domain("set", 4, values)
    observed = formulas.percent(table(items), domain, weight(domain))
    assert observed == pytest.approx(1 - near)
    n_c = {0: 4, 1: 1, 2: 1, 3: 2}
    expected = sum(
        a * b * jaccard(values[c], values[k]) for c, a in n_c.items() for k, b in n_c.items()
    )
    apart = 2 * (jaccard(values[0], values[1]) + jaccard(values[0], values[2]))
    assert formulas.alpha(table(items), domain) == pytest.approx(1 - 7 * apart / expected)
    assert masi(frozenset(), frozenset("a")) == 1
    assert masi(frozenset(), frozenset()) == jaccard(frozenset(), frozenset()) == 0


@given(ITEMS, ITEMS, st.sampled_from(["alpha", "fleiss", "ac1", "percent"]))
def test_leaving_a_part_out_is_counting_without_it(items, part, name):
    sets: tuple[frozenset[str], ...] = tuple(map(frozenset, ("ab", "a", "bc", "")))
    parts = [formulas.counts_of_items(items), formulas.counts_of_items(part)]
    total = formulas.tabulate(formulas.add_counts(parts))
    formula = getattr(formulas, name)
    for domain in (
        Domain("nominal", 4),
        Domain("ordinal", 4),
        Domain("interval", 4, (1.0, 2.0, 4.0, 7.0)),
        Domain("ratio", 4, (1.0, 2.0, 4.0, 7.0)),
        Domain("set", 4, sets),
    ):
        expected = [formula(table(part), domain), formula(table(items), domain)]
        found = left_out(total, parts, formula, domain)
        if None in expected:
            assert found is None
        else:
            assert found == pytest.approx(expected, abs=1e-9)
