"""Throughput, flow and labels: hand-worked numbers."""

from math import exp, sqrt

import pytest
from scipy.stats import entropy, norm

from labelpulse.core.errors import UsageError
from labelpulse.core.events import Status
from tests.reader.world import NOW, SETS, Say, World, at, labeled

SKIP, DRAFT = Status.SKIPPED, Status.DRAFT


@pytest.fixture
def busy(world: World) -> World:
    """Six submissions (one deleted, one edited, one of unknown time), two skips, a draft."""
    world.project(
        [
            Say("i1", "ann", "x", at(0), time_ms=10_000),
            Say("i1", "bob", "y", at(0, 30), time_ms=20_000, edited=True),
            Say("i2", "ann", "x", at(1), time_ms=30_000),
            Say("i2", "bob", "x", at(1, 5), deleted=True, time_ms=40_000),
            Say("i3", "ann", None, at(1, 6), SKIP, time_ms=999_000),
            Say("i4", "bob", None, None, SKIP),
            Say("i5", None, "y", at(8), time_ms=0),
            Say("i6", "cid", "y", None),
            Say("i7", "cid", None, at(2), DRAFT),
        ],
        required={"i1": 2, "i2": 2, "i3": 1},
        batches={"i1": "b9", "i2": "b10"},
    )
    return world


def test_work_done_counts_by_its_local_day(busy: World):
    assert busy.one("annotations_submitted")["value"] == 6
    days = {"2024-03-04": 2, "2024-03-05": 2, "2024-03-12": 1, None: 1}
    assert busy.by("annotations_submitted", "day") == days
    assert busy.by("annotations_submitted", "week") == {"2024-W10": 4, "2024-W11": 1, None: 1}
    assert busy.by("annotations_submitted", "month") == {"2024-03": 5, None: 1}
    assert busy.by("annotations_submitted", "weekday") == {1: 2, 2: 3, None: 1}
    assert busy.by("annotations_submitted", "hour") == {12: 5, None: 1}
    assert busy.by("annotations_skipped", "day") == {"2024-03-05": 1, None: 1}
    assert busy.by("annotations_edited", "day") == {"2024-03-04": 1}


def test_unknown_times_have_a_note_and_lie_in_no_range(busy: World):
    (row,) = [r for r in busy.ask("annotations_submitted", by=("day",)) if r["day"] is None]
    assert row["note"] == "time unknown or still to come"
    assert busy.one("annotations_submitted", since="2024-03-05")["value"] == 3
    assert busy.one("annotations_submitted", until="2024-03-05")["value"] == 4
    assert busy.one("annotations_submitted", since="2024-03-04", until="2024-03-04")["value"] == 2


def test_a_zone_moves_days_and_hours(world: World):
    world.project([Say("i1", "ann", "x", at(0))], timezone="Pacific/Kiritimati")  # UTC+14
    assert world.by("annotations_submitted", "day") == {"2024-03-05": 1}
    assert world.by("annotations_submitted", "hour") == {2: 1}


def test_skip_rate_has_its_denominator_and_wilson(busy: World):
    row = busy.one("skip_rate")
    assert (row["value"], row["n"]) == (2 / 8, 8)
    assert row["low"] == pytest.approx(0.07149, abs=5e-5)
    assert row["high"] == pytest.approx(0.59072, abs=5e-5)
    assert row["note"] == "8 submissions and skips, fewer than 20"
    assert busy.one("skip_rate", min_n=8)["note"] is None


def test_no_skips_may_be_a_tool_that_tells_of_none(world: World):
    world.project([Say("i1", "ann", "x", at(0))])
    for metric in ("annotations_skipped", "skip_rate"):
        row = world.one(metric, min_n=1)
        assert row["value"] == 0
        assert row["note"] == "no skips recorded; some tools and exports record none"


def test_a_note_on_one_is_in_the_singular(world: World):
    world.project([Say("i1", "ann", "x", at(0)), Say("i1", "bob", "x", at(1))])
    assert world.one("agreement_percent")["note"].startswith("1 item with ")


def test_edits_say_since_when_they_are_observed(busy: World):
    assert busy.one("annotations_edited")["note"] == "edits observed since 24 Nov 2026"


def test_files_tell_all_edits_so_no_note(world: World):
    world.project([Say("i1", "ann", "x", at(0), edited=True)], kind="import")
    row = world.one("annotations_edited")
    assert (row["value"], row["note"]) == (1, None)


def test_people_are_counted_once_and_nobody_known_is_left_out(busy: World):
    row = busy.one("active_annotators")
    assert (row["value"], row["n"]) == (3, 3)
    assert row["note"] == "1 submissions by nobody known left out"
    days = busy.by("active_annotators", "day")
    assert days == {"2024-03-04": 2, "2024-03-05": 2, None: 1}


def test_times_leave_out_skips_and_what_is_not_above_zero(busy: World):
    assert busy.one("time_spent_median")["value"] == pytest.approx(25)
    assert busy.one("time_spent_p90")["value"] == pytest.approx(37)
    assert busy.one("time_spent_mean")["value"] == 25
    total = busy.one("time_spent_total")
    assert (total["value"], total["n"]) == (100, 4)
    assert busy.by("time_spent_median", "annotator") == {"ann": 20, "bob": 30}


def test_the_rate_is_submissions_by_reported_hours(busy: World):
    row = busy.one("throughput_rate")
    assert row["value"] == pytest.approx(6 / (100 / 3600))
    assert row["n"] == 4
    assert "2 of 6 submissions have no reported time" in row["note"]


def test_time_beyond_the_idle_cut_is_told(world: World):
    times = [10_000] * 23 + [7_200_000]
    world.project(Say(f"i{n}", "ann", "x", at(0, n), time_ms=ms) for n, ms in enumerate(times))
    row = world.one("time_spent_mean")
    assert row["value"] == pytest.approx((23 * 10 + 7200) / 24)
    assert row["note"] == "1 of 24 times over 30 min, 97 % of the sum"
    assert world.one("time_spent_median")["value"] == 10


def test_progress_counts_different_people_up_to_the_need(busy: World):
    row = busy.one("progress")
    assert (row["value"], row["n"]) == (5 / 9, 9)  # i1 2/2, i2 1/2, i3 0/1, i4 0/1, i5 i6 1, i7 0
    assert row["note"] == "4 of 7 items without a number of labels needed: 1 assumed"
    assert busy.one("labels_remaining")["value"] == 4
    assert busy.by("progress", "batch") == {"b9": 1, "b10": 0.5, None: 2 / 5}
    assert [row["batch"] for row in busy.ask("progress", by=("batch",))] == ["b9", "b10", None]


def test_an_item_completes_on_the_day_of_its_last_required_answer(busy: World):
    days = busy.by("items_completed", "day")
    assert days == {"2024-03-04": 1, "2024-03-12": 1, None: 1}


def test_stages_in_the_order_of_work(busy: World):
    rows = busy.ask("stage_items", by=("stage",))
    assert [(row["stage"], row["value"]) for row in rows] == [
        ("started", 1),
        ("waiting_for_labels", 1),
        ("done", 3),
        ("blocked", 2),
    ]
    assert busy.one("stage_items")["value"] == 7
    assert busy.one("stage_items", where=["stage!=done"])["value"] == 4


def test_ages_are_of_items_that_wait(busy: World):
    row = busy.one("stage_age_p50")
    assert row["n"] == 2
    entered = (at(1, -30) + at(2, 30)) / 2  # the middles of two hours
    assert row["value"] == pytest.approx((NOW - entered) / 1e6, abs=3600)
    done = busy.one("stage_age_p50", where=["stage=done"])
    assert (done["value"], done["note"]) == (None, "no item is waiting")


@pytest.mark.parametrize(
    "metric", ["progress", "labels_remaining", "stage_items", "stage_age_p85", "source_lag"]
)
def test_state_metrics_refuse_days(busy: World, metric: str):
    with pytest.raises(UsageError, match="as of now"):
        busy.ask(metric, since="2024-03-04")


def test_labels_of_sets_count_each_option(world: World):
    says = labeled({"i1": [["a", "b"], ["a"]], "i2": [["c"], []], "i3": [["b", "c"]]})
    world.project(says, known=SETS)
    assert world.by("label_count", "label") == {"a": 2, "b": 2, "c": 2}
    shares = {row["label"]: (row["value"], row["n"]) for row in world.ask("label_share")}
    assert shares == {"a": (2 / 5, 5), "b": (2 / 5, 5), "c": (2 / 5, 5)}
    assert world.by("label_count", "label", merge=["ab=a+b"]) == {"ab": 3, "c": 2}
    assert world.one("label_count", where=["label=a", "label=c"])["value"] == 4


def test_options_of_sets_in_a_batch_are_counted_from_the_answers(world: World):
    """The rollup of labels knows no batches."""
    says = labeled({"i1": [["a", "b"], ["a"]], "i2": [["c"], []], "i3": [["b", "c"], ["a", "c"]]})
    world.project(says, known=SETS, batches={"i1": "one", "i2": "two", "i3": "two"})
    found = {
        batch: world.by("label_count", "label", where=[f"batch={batch}"])
        for batch in ("one", "two")
    }
    assert found == {"one": {"a": 2, "b": 1}, "two": {"a": 1, "b": 1, "c": 3}}
    shares = world.by("label_share", "label", where=["batch=two"])
    assert shares == {"a": 1 / 4, "b": 1 / 4, "c": 3 / 4}


def test_imbalance_is_the_commonest_over_the_rarest(world: World):
    given = "a" * 30 + "b" * 12 + "c" * 5
    says = [Say(f"i{n}", "ann", label, at(n / 20, n)) for n, label in enumerate(given)]
    world.project(says, controls={"label": {"labels": ["a", "b", "c", "d"]}})
    row = world.one("label_imbalance")
    assert (row["value"], row["n"], row["labels"]) == (6, 47, 3)
    assert (row["largest"], row["smallest"]) == ("a", "c")
    assert row["effective"] == pytest.approx(exp(entropy([30, 12, 5])))
    spread = sqrt(1 / 30 + 1 / 5) * norm.ppf(0.975)
    assert (row["low"], row["high"]) == pytest.approx((6 / exp(spread), 6 * exp(spread)))
    assert row["note"] == "1 declared label never given left out"
    assert world.one("label_imbalance", where=["label!=c"])["value"] == 2.5
    assert world.one("label_imbalance", merge=["bc=b+c"])["value"] == 30 / 17
    days = world.by("label_imbalance", "day")
    assert days == {"2024-03-04": None, "2024-03-05": None, "2024-03-06": 12 / 5}


def test_labels_given_equally_often_are_still_two(world: World):
    for title, given in (("one", "xy"), ("two", "yx")):
        says = [Say(f"i{n}", "ann", label, at(0, n)) for n, label in enumerate(given)]
        world.project(says, title=title, source=title)
        row = world.one("label_imbalance", project=title)
        assert (row["value"], row["largest"], row["smallest"]) == (1, "x", "y")


def test_one_label_has_no_imbalance(world: World):
    world.project([Say("i1", "ann", "x", at(0))])
    row = world.one("label_imbalance")
    assert (row["value"], row["n"], row["note"]) == (None, 1, "only 'x' was given")


def test_options_of_sets_are_as_frequent_as_they_are_given(world: World):
    sets = ("ab", "a", "ac", "")
    says = [Say(f"i{n}", "ann", list(one), at(0, n)) for n, one in enumerate(sets)]
    world.project(says, known=SETS)
    row = world.one("label_imbalance")
    assert (row["value"], row["n"], row["largest"], row["labels"]) == (3, 4, "a", 3)


def test_label_shares_sum_to_one_by_any_key(world: World):
    world.project(labeled({"i1": "xy", "i2": "xx", "i3": "z"}))
    shares = {row["label"]: row["value"] for row in world.ask("label_share")}
    assert shares == {"x": 3 / 5, "y": 1 / 5, "z": 1 / 5}
    rows = world.ask("label_share", by=("annotator",))
    assert sum(row["value"] for row in rows if row["annotator"] == "ann") == 1
    (only,) = world.ask("label_share", where=["label=x"])
    assert only["value"] == 3 / 5


def test_declared_order_of_labels_is_the_order_of_rows(world: World):
    world.project(
        labeled({"i1": ["ok", "bad"], "i2": ["good", "odd"]}),
        controls={"label": {"scale": "ordinal", "labels": ["bad", "ok", "good"]}},
    )
    rows = world.ask("label_count", by=("label",))
    assert [row["label"] for row in rows] == ["bad", "ok", "good", "odd"]
