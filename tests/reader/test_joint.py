"""Several projects as one: numbers by source, program and team equal those of one big project."""

import random
from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest

from labelpulse.core.events import ControlRecord, Scale, Status, Verdict
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import MetricQuery
from labelpulse.reader.explain import explain
from tests.reader.test_cost import price
from tests.reader.world import NAMES, NOW, Guess, Judged, Say, World, at, engine_at

TONE = (ControlRecord("label", Scale.NOMINAL, ("good", "bad", "odd")),)
BACKWARDS = (ControlRecord("label", Scale.NOMINAL, ("odd", "bad", "good")),)


def answers(tag: str, seed: int, items: int, *, days: int = 8) -> list[Say]:
    """Three people of a tool answer items with a known answer, some of them reviewed.

    The first begins with the model's guess, and keeps it or not.
    """
    rng = random.Random(seed)
    said = []
    for n in range(items):
        truth = rng.choice(("good", "bad", "odd"))
        for k in range(3):
            label = truth if rng.random() < 0.8 else rng.choice(("good", "bad", "odd"))
            verdict = Verdict.ACCEPTED if rng.random() < 0.7 else Verdict.REJECTED
            reviews = (Judged(verdict, "boss", at(9)),) if n % 3 == 0 else ()
            ms = 1000 + 500 * rng.randrange(20)
            said.append(
                Say(
                    *(f"{tag}{n}", f"{tag}-{k}", label, at(n % days, 3 * n + k)),
                    time_ms=ms,
                    gold={"label": truth} if n % 2 else {},
                    reviews=reviews,
                    started=f"guess-{tag}{n}" if k == 0 else None,
                )
            )
    return said


def guesses(said: Sequence[Say], seed: int) -> list[Guess]:
    """A model's guess on each item, by two versions."""
    rng = random.Random(seed)
    return [
        Guess(item, rng.choice(("good", "bad", "odd")), f"v{n % 2}", name=f"guess-{item}")
        for n, item in enumerate(dict.fromkeys(one.item for one in said))
    ]


def worlds(tmp_path: Any, **first: Any) -> tuple[World, World]:
    """Two tools of one program, and the same work as one project."""
    one, other = answers("a", 1, 60), answers("b", 2, 45)
    (tmp_path / "apart").mkdir(), (tmp_path / "whole").mkdir()
    apart, whole = (World(engine_at(tmp_path / name)) for name in ("apart", "whole"))
    apart.project(
        one,
        title="Ads",
        source="studio",
        program="Search",
        gold="column",
        guesses=guesses(one, 1),
        **{"known": TONE} | first,
    )
    apart.project(
        other,
        title="Boxes",
        source="cvat",
        program="Search",
        gold="column",
        guesses=guesses(other, 2),
        known=BACKWARDS,
    )
    both = [*guesses(one, 1), *guesses(other, 2)]
    whole.project(
        [*one, *other], title="All", program="Search", gold="column", guesses=both, known=TONE
    )
    for world in (apart, whole):
        price(world, *((f"{tag}-{k}", f"{9 + k} EUR") for tag in "ab" for k in range(3)))
    return apart, whole


JOINED = sorted(name for name, one in METRICS.items() if one.joins)
SILENT = {
    *("cycle_time_p50", "cycle_time_p85", "reviewer_overturn", "self_consistency"),
    *("match_f1", "match_iou", "gold_match_f1", "gold_match_iou", "rank_tau", "text_similarity"),
}
"""What shapes, texts, rankings, repeats, second reviews and arrivals tell: here are none."""


def numbers(row: dict[str, Any]) -> dict[str, Any]:
    """A row without its keys."""
    keys = ("source", "program", "team", "project", "label")
    return {key: value for key, value in row.items() if key not in keys}


def test_every_number_by_program_is_that_of_one_project(tmp_path: Any):
    apart, whole = worlds(tmp_path)
    told = set()
    for metric in JOINED:
        rows, one = (world.ask(metric, by=("program",)) for world in (apart, whole))
        assert rows == [pytest.approx(row) for row in one], metric
        told |= {metric} if any(row["value"] is not None for row in rows) else set()
    assert {*JOINED} - told == SILENT
    assert {"agreement_alpha", "gold_accuracy", "cost_per_label", "prediction_agreement"} < told


@pytest.mark.parametrize("metric", ["agreement_alpha", "agreement_percent", "gold_recall"])
@pytest.mark.parametrize("by", [("label",), ("week",), ("week", "label")])
def test_labels_of_two_projects_are_the_same_label(tmp_path: Any, metric: str, by: tuple[str, ...]):
    apart, whole = worlds(tmp_path)
    rows, one = (world.ask(metric, by=("program", *by)) for world in (apart, whole))
    assert rows == [pytest.approx(row) for row in one]
    assert len(rows) > 1


def test_merging_and_filtering_labels_work_across_projects(tmp_path: Any):
    apart, whole = worlds(tmp_path)
    hows: list[dict[str, Any]] = [
        {"merge": "rest=bad+odd"},
        {"where": "label=good"},
        {"where": "annotator!=a-1"},
    ]
    for how in hows:
        rows, one = (
            world.ask("agreement_alpha", by=("program",), **how) for world in (apart, whole)
        )
        assert numbers(rows[0]) == pytest.approx(numbers(one[0])), how


def test_a_joined_share_of_skips_says_who_records_none(world: World):
    """A tool without skips adds work alone: 2 of 12 in one tool are 2 of 20 in both."""
    skips = [Say(f"s{n}", "ann", None, at(0, n), status=Status.SKIPPED) for n in range(2)]
    says = [Say(f"i{n}", "ann", "x", at(0, n)) for n in range(10)]
    world.project([*says, *skips], title="A", source="studio", program="Both")
    world.project(says[:8], title="B", source="doccano", program="Both")
    row = world.one("skip_rate", by=("program",))
    assert (row["value"], row["n"]) == (2 / 20, 20)
    assert row["note"] == "1 of 2 projects records no skips, and its work counts"
    doccano, studio = world.ask("skip_rate", by=("source",))
    assert doccano["note"].startswith("no skips recorded; some tools and exports record none")
    assert "record" not in studio["note"]


def test_by_source_each_tool_has_one_number(tmp_path: Any):
    apart, _ = worlds(tmp_path)
    by_project = apart.ask("agreement_alpha")
    assert [row["project"] for row in by_project] == ["Ads", "Boxes"], "unasked: by project"
    by_source = apart.ask("agreement_alpha", by=("source",))
    assert [row["source"] for row in by_source] == ["cvat", "studio"]
    assert [numbers(row) for row in by_source] == [numbers(row) for row in by_project[::-1]]
    both = apart.ask("agreement_alpha", by=("source", "project"))
    assert [numbers(row) for row in both] == [numbers(row) for row in by_source]


def test_by_team_people_of_several_tools_are_one_team(tmp_path: Any):
    apart, whole = worlds(tmp_path)
    teams = {"North": ["a-0", "b-1"], "South": ["a-1", "a-2", "b-0", "b-2"]}
    for world in (apart, whole):
        world.warehouse.teams(teams)
    for metric in ("gold_accuracy", "review_acceptance", "peer_agreement", "time_spent_median"):
        rows, one = (world.ask(metric, by=("team",)) for world in (apart, whole))
        assert [row["team"] for row in rows] == ["North", "South"]
        assert rows == [pytest.approx(row) for row in one]


def two(world: World, *controls: Sequence[ControlRecord], said: Sequence[str] = ("x", "x")) -> None:
    """Two projects of one program whose questions of one name differ."""
    for n, (known, label) in enumerate(zip(controls, said, strict=True)):
        rows = [Say(f"i{k}", who, label, at(0, k)) for k, who in product(range(4), ("p", "q"))]
        world.project(rows, title=f"P{n}", source=f"s{n}", program="Both", known=known)


@pytest.mark.parametrize("metric", ["agreement_percent", "agreement_alpha", "label_share"])
def test_questions_with_other_labels_make_no_number(world: World, metric: str):
    one, other = (
        (ControlRecord("label", Scale.NOMINAL, labels),) for labels in (("x", "y"), ("x", "z"))
    )
    two(world, one, other)
    (row,) = world.ask(metric, by=("program",))
    assert (row["value"], row["n"]) == (None, 0)
    assert row["note"].startswith("'label' has other labels in P1 than in P0: split by project")
    assert len({row["project"] for row in world.ask(metric, by=("program", "project"))}) == 2
    assert world.one("annotations_submitted", by=("program",))["value"] == 16


def test_questions_on_other_scales_make_no_number(world: World):
    scales = (Scale.ORDINAL, Scale.NOMINAL)
    two(world, *[(ControlRecord("label", scale, ("x", "y")),) for scale in scales])
    (row,) = world.ask("agreement_percent", by=("program",))
    assert row["value"] is None
    assert "scale ordinal in P0 and nominal in P1" in row["note"]


def test_the_order_of_labels_matters_on_ordinal_scales_alone(world: World):
    orders = (("x", "y"), ("y", "x"))
    two(world, *[(ControlRecord("label", Scale.ORDINAL, labels),) for labels in orders])
    assert world.one("agreement_percent", by=("program",))["value"] is None


@pytest.mark.parametrize(("other", "value"), [("x", 1.0), ("z", None)])
def test_undeclared_labels_must_be_among_those_of_the_other(
    world: World, other: str, value: float | None
):
    two(world, (ControlRecord("label", Scale.NOMINAL, ("x", "y")),), (), said=("x", other))
    assert world.one("agreement_percent", by=("program",))["value"] == value


def test_questions_of_other_names_stand_apart(world: World):
    two(world, (), (), said=("x", "y"))
    said = [Say(f"i{k}", who, {"mood": "up"}, at(0, k)) for k, who in product(range(4), "pq")]
    world.project(said, title="P2", source="s2", program="Both")
    rows = world.ask("agreement_percent", by=("program",))
    assert [(row["control"], row["value"]) for row in rows] == [("label", None), ("mood", 1.0)]


def test_unlike_questions_of_one_program_leave_others_alone(tmp_path: Any):
    apart, whole = worlds(tmp_path)
    two(apart, (ControlRecord("label", Scale.NOMINAL, ("x", "y")),), (), said=("x", "z"))
    rows = apart.ask("agreement_alpha", by=("program",))
    assert [row["program"] for row in rows] == ["Both", "Search"]
    assert rows[0]["value"] is None
    assert numbers(rows[1]) == pytest.approx(numbers(whole.one("agreement_alpha")))


def test_sets_are_the_same_set_in_both_projects(tmp_path: Any):
    rng = random.Random(5)
    known = (ControlRecord("label", Scale.SET, ("a", "b", "c")),)
    said = [
        Say(f"{tag}{n}", f"{tag}{who}", sorted(rng.sample("abc", rng.randrange(4))), at(n % 6, n))
        for tag, n, who in product("st", range(25), range(2))
    ]
    (tmp_path / "apart").mkdir(), (tmp_path / "whole").mkdir()
    apart, whole = (World(engine_at(tmp_path / name)) for name in ("apart", "whole"))
    for tag in "ts":
        own = [one for one in said if one.item.startswith(tag)]
        apart.project(own, title=tag, source=tag, program="Sets", known=known)
    whole.project(said, program="Sets", known=known)
    for metric in ("agreement_alpha", "agreement_percent", "label_share"):
        by = ("program", "label") if metric == "label_share" else ("program",)
        rows, one = (world.ask(metric, by=by) for world in (apart, whole))
        assert rows == [pytest.approx(row) for row in one]


def test_fits_forecasts_and_pairs_stay_within_one_project(tmp_path: Any):
    apart, _ = worlds(tmp_path)
    for metric in ("consensus_accuracy", "finish_date", "agreement_drift", "quality_evidence"):
        assert METRICS[metric].joins is False
        assert {row["project"] for row in apart.ask(metric, by=("program",))} == {"Ads", "Boxes"}
    rows = apart.ask("pair_agreement", by=("program", "annotator_pair"))
    assert {row["project"] for row in rows} == {"Ads", "Boxes"}


def test_an_explanation_names_the_sums_of_both(tmp_path: Any):
    apart, whole = worlds(tmp_path)
    query = MetricQuery("gold_accuracy", by=("program",))
    sums = []
    for world in (apart, whole):
        found = explain(world.engine, query, NAMES, clock=lambda: NOW)
        told = found.sums["gold_confusion"]
        sums.append(
            sorted((row["gold_label"], row["label_id"], row["day"], row["n"]) for row in told)
        )
    assert sums[0] == sums[1]
