"""What a query means: splits, names, filters, refusals, projects that are gone."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from labelpulse import schema
from labelpulse.core.errors import UsageError
from labelpulse.core.events import ControlRecord, Scale
from labelpulse.core.pseudonyms import pseudonyms
from labelpulse.metrics import answers
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import Condition, MetricQuery, Scope
from tests.reader.world import HIDDEN, KEY, NAMES, SETS, Say, World, at, engine_at, labeled

MIXED = {f"i{n}": ("x", "x" if n % 3 else "y") for n in range(24)}  # 16 of 24 alike
PEOPLE = [(n, who) for n in range(1, 11) for who in ("ann", "bob")]
ALIKE = {f"i{n}": ("x", "x") for n in range(24)}


@pytest.fixture
def two(world: World) -> World:
    """A project with two questions, and one with a question."""
    tone = [Say(one.item, one.who, {"tone": one.labels}, one.at) for one in labeled(ALIKE)]
    topic = [Say(one.item, one.who, {"topic": one.labels}, one.at) for one in labeled(MIXED)]
    world.project([*tone, *topic], title="P")
    world.project(labeled(MIXED), title="Q", source="other")
    return world


def test_counts_are_one_sum_and_coefficients_are_split(two: World):
    assert two.one("annotations_submitted")["value"] == 144
    assert two.by("annotations_submitted", "project") == {"P": 96, "Q": 48}
    assert two.by("annotations_submitted", "source") == {"studio": 96, "other": 48}
    rows = two.ask("agreement_percent")
    assert [(row["project"], row["control"], round(row["value"], 4)) for row in rows] == [
        ("P", "tone", 1.0),
        ("P", "topic", 0.6667),
        ("Q", "label", 0.6667),
    ]
    rows = two.ask("agreement_percent", project="P")
    assert [set(row) for row in rows] == [{"control", "value", "low", "high", "n", "note"}] * 2
    assert set(two.one("agreement_percent", project="Q")) == {"value", "low", "high", "n", "note"}
    assert set(two.ask("skip_rate")[0]) == {"project", "value", "low", "high", "n", "note"}


def test_keys_stand_in_the_order_asked_after_the_splits(two: World):
    (row, *_) = two.ask("agreement_percent", by=("week", "control"))
    assert list(row)[:3] == ["project", "week", "control"]
    (row, *_) = two.ask("pair_agreement", project="Q", by=("annotator_pair",))
    assert list(row)[:2] == ["annotator_a", "annotator_b"]


def test_one_control_by_option_or_by_filter(two: World):
    for how in ({"control": "topic"}, {"where": ["control=topic"]}, {"where": ["control!=tone"]}):
        assert two.one("agreement_percent", project="P", **how)["value"] == pytest.approx(2 / 3)
    with pytest.raises(UsageError, match="no control 'mood' here: known are tone, topic"):
        two.ask("agreement_percent", project="P", control="mood")


def test_projects_by_title_by_source_and_title_and_by_filter(two: World):
    two.project(labeled({"i1": "xy"}), title="P", source="other")
    for name, n in (("studio/P", 96), ("other/P", 2), ("other/Q", 48), ("Q", 48)):
        assert two.one("annotations_submitted", project=name)["value"] == n
    with pytest.raises(UsageError, match="several projects 'P': write other/P or studio/P"):
        two.ask("annotations_submitted", project="P")
    with pytest.raises(UsageError, match="unknown project 'Z': known projects are Q, other/P"):
        two.ask("annotations_submitted", project="Z")
    assert set(two.by("annotations_submitted", "project")) == {"Q", "other/P", "studio/P"}
    assert two.one("annotations_submitted", where=["project!=Q"])["value"] == 98
    assert two.one("annotations_submitted", where=["source=other"])["value"] == 50
    both = ["project=Q", "project=studio/P"]
    assert two.one("annotations_submitted", where=both)["value"] == 144


def test_a_gone_project_is_hidden_unless_named(two: World):
    with two.engine.begin() as conn:
        conn.execute(
            update(schema.project).where(schema.project.c.title == "Q").values(state="gone")
        )
    assert two.one("annotations_submitted")["value"] == 96
    assert two.one("annotations_submitted", project="Q")["value"] == 48
    assert two.one("annotations_submitted", where=["project=Q"])["value"] == 48
    row = two.one("progress", project="Q")
    assert (row["value"], row["note"]) == (None, "the project is gone from its source")


def test_a_scope_sees_its_projects_alone(two: World):
    scope = Scope(projects=frozenset({2}), key=KEY)
    assert two.one("annotations_submitted", scope)["value"] == 48
    with pytest.raises(UsageError, match="unknown project 'P'"):
        two.ask("annotations_submitted", scope, project="P")
    assert [row["value"] for row in two.ask("source_lag", scope)] == [0.0]


def test_terms_of_one_key_are_alternatives_and_keys_must_hold_together(world: World):
    says = [Say(f"i{n}", "abc"[n % 3], "xyz"[n % 2], at(0, n)) for n in range(12)]
    world.project(says, batches={f"i{n}": f"b{n % 4}" for n in range(12)})
    n = lambda *terms: world.one("annotations_submitted", where=list(terms))["value"]  # noqa: E731
    assert n("annotator=a") == 4
    assert n("annotator=a", "annotator=b") == 8
    assert n("annotator!=a") == 8
    assert n("annotator!=a", "annotator!=b") == 4
    assert n("annotator=a", "batch=b0") == 1
    assert n("annotator=a", "annotator!=a") == 0
    assert world.by("annotations_submitted", "batch", where=["batch!=b0"]) == {
        "b1": 3,
        "b2": 3,
        "b3": 3,
    }


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"metric": "annotations_submited"}, "did you mean annotations_submitted"),
        ({"by": ("zodiac",)}, "cannot be split by 'zodiac'"),
        ({"by": ("label",)}, "cannot be split by 'label'"),
        ({"where": ["zodiac=1"]}, "cannot be filtered by 'zodiac'"),
        ({"where": ["day=2024-03-04"]}, "cannot be filtered by 'day'"),
        ({"where": ["annotator=zed"]}, "nobody here is called"),
        ({"where": ["batch=b7"]}, "no batch 'b7' here: known are none"),
        ({"where": ["annotator"]}, "write it as key=value"),
        ({"since": "someday"}, "'someday' is not a day"),
        ({"control": "label"}, "not about the answers to a control"),
        ({"distance": "jaccard"}, "takes no distance"),
        ({"merge": ["a=b"]}, "cannot merge"),
        ({"metric": "agreement_alpha", "merge": ["a=nothing"]}, "no label 'nothing' to merge"),
        ({"metric": "agreement_alpha", "merge": ["a"]}, "write it as NEW=old1"),
        ({"metric": "agreement_alpha", "distance": "hamming"}, "no distance 'hamming'"),
        ({"metric": "agreement_alpha", "where": ["label=q"]}, "no label 'q' here: known are x, y"),
        ({"metric": "agreement_alpha", "by": ("hour",)}, "cannot be split by 'hour'"),
        ({"metric": "stage_items", "where": ["stage=parked"]}, "no stage 'parked' here"),
        ({"min_n": -1}, "min_n cannot be negative"),
    ],
)
def test_what_cannot_be_answered_says_what_can(world: World, query, said):
    world.project(labeled({"i1": "xy"}))
    with pytest.raises(UsageError, match=said):
        world.ask(**{"metric": "annotations_submitted", **query})


def test_people_are_pseudonyms_that_stay_and_tell_nothing(two: World):
    hidden = two.by("annotations_submitted", "annotator", scope=HIDDEN, project="Q")
    assert len(hidden) == 2
    assert not {"ann", "bob"} & set(hidden)
    expected = pseudonyms(KEY, [(1, "studio\0ann"), (2, "studio\0bob"), (3, "other\0ann")])
    assert expected[3] in hidden
    assert two.by("annotations_submitted", "annotator", project="Q") == {"ann": 24, "bob": 24}
    everywhere = two.by("annotations_submitted", "annotator")
    assert set(everywhere) == {"studio/ann", "studio/bob", "other/ann", "other/bob"}


def test_a_filter_takes_pseudonym_native_id_or_source_and_id(two: World):
    hidden = two.by("annotations_submitted", "annotator", scope=HIDDEN, project="Q")
    for name in (*hidden, "ann", "other/bob"):
        assert (
            two.one("annotations_submitted", HIDDEN, project="Q", where=[f"annotator={name}"])[
                "value"
            ]
            == 24
        )


def test_nobody_known_is_called_unknown(world: World):
    world.project([Say("i1", None, "x", at(0)), Say("i1", "ann", "x", at(1))])
    for scope in (NAMES, HIDDEN):
        assert world.by("annotations_submitted", "annotator", scope=scope)["unknown"] == 1
    assert world.one("annotations_submitted", where=["annotator=unknown"])["value"] == 1
    assert world.one("agreement_percent")["n"] == 0


def test_teams_are_dated(world: World):
    world.project([Say(f"i{n}", "ann" if n % 2 else "bob", "x", at(n)) for n in range(10)])
    with world.engine.begin() as conn:
        conn.execute(schema.team.insert(), [{"id": 1, "name": "Manila"}, {"id": 2, "name": "Oslo"}])
        identity = schema.annotator_identity.c
        rows = conn.execute(select(identity.native_id, identity.annotator_id))
        ids = {row.native_id: row.annotator_id for row in rows}
        ann, bob, change = ids["ann"], ids["bob"], date(2024, 3, 9).toordinal()
        conn.execute(
            schema.membership.insert(),
            [
                {"team_id": 1, "annotator_id": ann, "since": 0, "until": change},
                {"team_id": 2, "annotator_id": ann, "since": change + 1, "until": None},
                {"team_id": 1, "annotator_id": bob, "since": 0, "until": None},
            ],
        )
    assert world.by("annotations_submitted", "team") == {"Manila": 8, "Oslo": 2}
    assert world.one("annotations_submitted", where=["team=Oslo"])["value"] == 2
    assert world.one("annotations_submitted", where=["team!=Manila"])["value"] == 2


def test_same_times_tell_nothing(two: World):
    with two.engine.begin() as conn:
        conn.execute(
            update(schema.project).where(schema.project.c.title == "Q").values(constant_time=True)
        )
    assert two.one("annotations_submitted", project="Q")["value"] == 48
    (row,) = two.ask("annotations_submitted", project="Q", by=("day",))
    assert (row["day"], row["value"], row["n"]) == (None, None, 48)
    assert "all times are the same" in row["note"]
    row = two.one("agreement_percent", project="Q", since="2024-03-01")
    assert (row["value"], row["n"]) == (None, 0)
    assert "all times are the same" in row["note"]
    (row,) = two.ask("annotations_submitted", project="Q", since="2024-03-01", by=("hour",))
    assert row["value"] is None
    row = two.one("annotations_submitted", since="2024-03-01")
    assert row["value"] == 96
    assert row["note"].startswith("left out: Q, where all times are the same")


def test_an_empty_warehouse_answers(world: World):
    for metric in ("annotations_submitted", "agreement_alpha", "progress"):
        row = world.one(metric)
        assert (row["value"], row["n"], row["note"]) == (None, 0, "nothing is loaded yet")
    assert world.ask("annotations_submitted", by=("day",)) == []


def test_equal_queries_are_equal_keys():
    texts: dict[str, Any] = {
        "by": ["day", "team"],
        "where": [r"label!=x\=y"],
        "merge": ["a=b+c"],
    }
    one = MetricQuery("skip_rate", **texts)
    other = MetricQuery(
        "skip_rate",
        by=("day", "team"),
        where=(Condition("label", "x=y", equal=False),),
        merge=(("a", ("b", "c")),),
    )
    assert one == other
    assert hash(one) == hash(other)
    assert one.where[0].text() == r"label!=x\=y"


def test_sets_by_distance(world: World):
    items = {
        "i1": [["a", "b"], ["b", "a"]],
        "i2": [["a", "b"], ["a"]],
        "i3": [["a"], ["c"]],
        "i4": [["a", "b"], ["b", "c"]],
    }
    world.project(labeled(items), known=SETS)
    assert world.one("agreement_percent")["value"] == 1 / 4
    assert world.one("agreement_percent", distance="jaccard")["value"] == pytest.approx(11 / 24)
    assert world.one("agreement_percent", distance="masi")["value"] == pytest.approx(13 / 36)
    assert world.one("agreement_percent", distance="exact")["value"] == 1 / 4
    by_option = world.by("agreement_percent", "label")
    assert by_option == {"a": 2 / 4, "b": 3 / 4, "c": 2 / 4}
    merged = world.one("agreement_percent", merge=["ab=a+b"])
    assert merged["value"] == 2 / 4
    null = world.one("agreement_ac1")
    assert (null["value"], null["n"]) == (None, 4)


def test_distances_between_too_many_sets_are_not_summed(world: World, monkeypatch):
    assert answers.MAX_SETS == 2_000
    items = {"i1": [["a"], ["b"]], "i2": [["c"], ["a", "b"]], "i3": [["a"], ["a"]]}
    world.project(labeled(items), known=SETS)
    monkeypatch.setattr(answers, "MAX_SETS", 4)
    assert world.one("agreement_alpha")["value"] is not None
    monkeypatch.setattr(answers, "MAX_SETS", 3)
    queries: dict[str, dict[str, Any]] = {
        "agreement_alpha": {},
        "agreement_percent": {"distance": "jaccard"},
        "pair_kappa": {"by": ("annotator_pair",)},
    }
    for metric, query in queries.items():
        row = world.one(metric, **query)
        assert (row["value"], row["low"], row["n"]) == (None, None, 3)
        assert row["note"].startswith("4 different sets, more than 3: use --distance exact")
    assert world.one("agreement_alpha", distance="exact")["value"] == pytest.approx(1 - 5 * 4 / 24)


def test_shapes_and_texts_say_use_match_f1(world: World):
    world.project([Say("i1", who, {"box": [{"x": 1}]}, at(0)) for who in ("ann", "bob")])
    for metric in ("agreement_percent", "agreement_alpha", "pair_agreement", "gold_accuracy"):
        row = world.one(metric)
        assert row["value"] is None
        assert "use match_f1" in row["note"]
    assert world.one("agreement_percent")["n"] == 1
    assert world.one("agreement_coverage", min_n=1) == {
        "value": 1.0,
        "low": None,
        "high": None,
        "n": 1,
        "note": None,
    }


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """No question has a label, some answers have no time, nothing is known, reviewed or paid."""
    made = World(engine_at(tmp_path_factory.mktemp("shapes")))
    said = [Say(f"i{n % 5}", who, {"box": [[0, 0, 1, n, "car"]]}, at(n)) for n, who in PEOPLE]
    made.project(
        [*said, Say("i9", "ann", {"box": []}, None)], known=(ControlRecord("box", Scale.GEOMETRY),)
    )
    yield made
    made.engine.dispose()


@pytest.mark.parametrize("name", METRICS)
def test_every_split_of_shapes_alone_has_an_answer(shapes: World, name: str):
    for by in ((), *((key,) for key in METRICS[name].by)):
        for row in shapes.ask(name, by=by):
            assert row["value"] is not None or row["note"], (by, row)


def test_numbers_and_rankings_agree_when_they_are_exactly_alike(world: World):
    """Exact match on every scale; what is beyond chance needs a scale with labels."""
    scales = {"many": Scale.NUMBER, "order": Scale.RANKING}
    known = [ControlRecord(name, scale) for name, scale in scales.items()]
    long = ["a" * 40, "b" * 40]
    pairs = [(2, 2.0), (2, 3), (1.5, 1.5), (7, 7)]
    orders = [(long, long), (["a", "b"], ["b", "a"]), (["b"], ["b"]), (["a"], ["a", "b"])]
    said = [
        Say(f"i{n}", who, {"many": pair[at_], "order": order[at_]}, at(0, n), gold=gold)
        for n, (pair, order) in enumerate(zip(pairs, orders, strict=True))
        for at_, who in enumerate(("ann", "bob"))
        for gold in [{"many": pair[0], "order": order[0]}]
    ]
    world.project(said, known=known, gold="column")
    assert world.by("agreement_percent", "control") == {"many": 3 / 4, "order": 2 / 4}
    assert world.by("pair_agreement", "control") == {"many": 3 / 4, "order": 2 / 4}
    assert world.by("gold_accuracy", "control") == {"many": 7 / 8, "order": 6 / 8}
    for metric in ("agreement_alpha", "agreement_ac1", "label_share"):
        row = world.one(metric, control="many")
        assert (row["value"], "declare scale interval" in row["note"]) == (None, True)
        row = world.one(metric, control="order")
        assert (row["value"], "are no labels" in row["note"]) == (None, True)


def test_a_number_declared_as_interval_has_alpha_without_a_second_reading(world: World):
    said = [
        Say(f"i{n}", who, {"many": n % 5 + off}, at(n / 30, n))
        for n in range(30)
        for who, off in (("ann", 0), ("bob", n % 2))
    ]
    controls = {"many": {"scale": "interval"}}
    world.project(said, known=[ControlRecord("many", Scale.NUMBER)], controls=controls)
    row = world.one("agreement_alpha")
    assert (row["n"], 0 < row["value"] < 1) == (30, True)
