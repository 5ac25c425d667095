"""Counts and queues: nothing is a number, a day adds up, and a past is as long as the window."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from labelpulse.alerts.backtest import backtest
from labelpulse.alerts.rules import metric_of
from labelpulse.config import Alert
from labelpulse.core.errors import UsageError
from labelpulse.core.events import BadRecord, Batch, Status
from tests.alerts.site import DAY_US, DIARY, Site, pairs, settings_of
from tests.alerts.test_evidence import worked
from tests.reader.world import HIDDEN, Say, at

QUARTER = DAY_US // 4


def site_of(engine: Engine, folder: Path, metric: str, **rule: Any) -> Site:
    said = {"name": "rule", "metric": metric, "channels": ("diary",), **rule}
    return Site(engine, settings_of(folder, said, channels=DIARY))


def kinds(site: Site) -> list[str]:
    return [one["kind"] for one in site.told() if one["kind"] != "again"]


def skipped(day: int, n: int) -> list[Say]:
    return [Say(f"s{day}n{i}", "ann", None, at(day, i), status=Status.SKIPPED) for i in range(n)]


def timed(day: int, n: int) -> list[Say]:
    """Answers that took half a minute each."""
    return [Say(f"d{day}n{i}", "ann", "a", at(day, i), time_ms=30_000) for i in range(n)]


@pytest.mark.parametrize(("window", "over"), [("1d", 1), ("3d", 3)])
def test_work_without_skips_ends_an_alert_on_skips(
    engine: Engine, tmp_path: Path, window: str, over: int
) -> None:
    """A day of work on which nothing was skipped has no row of skips, and is a zero."""
    by = ("project", "batch")
    site = site_of(engine, tmp_path, "annotations_skipped", by=by, window=window, above=10)
    for day in range(6):
        says = [*pairs(day, 0.9), *(skipped(0, 20) if day == 0 else [])]
        site.day(day, says, batches={one.item: "one" for one in says})
        site.night(day)
        site.go()
    assert kinds(site) == ["fired", "resolved"]
    (one,) = site.incidents()
    assert one.ended_day == one.fired_day + over
    asked = (engine, site.settings, HIDDEN, site.settings.alerts[0], site.now)
    (found,) = backtest(*asked).fired
    assert (found.first, found.over) == (one.fired_day, one.ended_day)


def test_a_day_off_ends_nothing(engine: Engine, tmp_path: Path) -> None:
    site = site_of(engine, tmp_path, "annotations_skipped", by=("project",), window="1d", above=10)
    site.day(0, [*pairs(0, 0.9), *skipped(0, 20)])
    for day in range(3):
        site.night(day)
        site.go()
    assert "resolved" not in kinds(site)


def test_records_in_quarantine_are_over_once_none_come(engine: Engine, tmp_path: Path) -> None:
    site = site_of(engine, tmp_path, "records_quarantined", by=("source",), window="1d", above=10)
    site.day(0, pairs(0, 0.9))
    store = site.world.warehouse
    bad = [BadRecord("t.csv", f"line {n}", "bad_time", "no time", project="P") for n in range(20)]
    with store.lease(store.source("studio", "label-studio-db")) as lease:
        run = store.start_run(lease, "test")
        store.write(lease, run, Batch(bad=tuple(bad)), live=True, observed_at=site.now)
    for day in range(3):
        site.day(day, pairs(day, 0.9))
        site.night(day)
        site.go()
    assert kinds(site) == ["fired", "resolved"]


@pytest.mark.parametrize("rule", [{"above": 5}, {"worse_than_own": "28d", "factor": 2}])
def test_a_queue_that_is_empty_is_short(
    engine: Engine, tmp_path: Path, rule: dict[str, Any]
) -> None:
    where = ("stage=waiting_for_labels",)
    site = site_of(engine, tmp_path, "stage_items", by=("project", "stage"), where=where, **rule)
    says = [Say(f"first{n}", "ann", "a", at(0, n)) for n in range(2)]
    for day in range(15):  # a past
        site.day(day, says, required={one.item: 2 for one in says})
        site.go()
    more = worked([15])
    required = {one.item: 2 for one in (*says, *more)}
    site.day(15, more, required=required)
    site.go()
    site.night(15)
    site.go()
    assert kinds(site) == ["fired"]
    done = [Say(one.item, "zoe", "a", at(16, n)) for n, one in enumerate((*says, *more))]
    site.day(16, done, required=required)
    for day in (16, 17):
        site.poll(at(day) + QUARTER)
        site.go()
    assert kinds(site) == ["fired", "resolved"]


def test_what_adds_up_is_not_judged_in_the_morning(engine: Engine, tmp_path: Path) -> None:
    rule = {"by": ("project",), "window": "1d", "severity": "critical", "min_n": 1}
    site = site_of(engine, tmp_path, "time_spent_total", below=600, **rule)
    for day in range(3):
        site.day(day, timed(day, 60))
        site.night(day)
        site.go()
    site.day(3, timed(3, 5))
    site.go()
    assert kinds(site) == []
    site.night(3)
    site.go()
    assert kinds(site) == ["fired"]


@pytest.mark.parametrize("rule", [{"above": 10}, {"worse_than_own": "28d", "factor": 2}])
def test_a_morning_does_not_end_what_adds_up(
    engine: Engine, tmp_path: Path, rule: dict[str, Any]
) -> None:
    site = site_of(engine, tmp_path, "annotations_skipped", by=("project",), window="1d", **rule)
    for day in range(23):
        site.day(day, skipped(day, 40 if day > 19 else 8))
        site.night(day)
        site.go()
    assert kinds(site) == ["fired"]
    site.day(23, skipped(23, 5))
    site.go()
    assert kinds(site) == ["fired"]


def test_a_total_is_held_against_as_many_days_of_its_past(engine: Engine, tmp_path: Path) -> None:
    rule = {"by": ("project",), "window": "7d", "worse_than_own": "28d", "factor": 1.5}
    site = site_of(engine, tmp_path, "annotations_submitted", **rule)
    for day in range(60):
        site.day(day, timed(day, 20 if 40 <= day < 50 else 50))
        site.night(day)
        site.go()
    assert kinds(site) == ["fired", "resolved"]
    (found,) = backtest(engine, site.settings, HIDDEN, site.settings.alerts[0], site.now).fired
    (alert,) = site.incidents()
    assert (found.first, found.over) == (alert.fired_day, alert.ended_day)
    (periods,) = found_series(site).values()
    newest = {one.day: one for one in periods}[alert.fired_day - 10]
    assert newest.row is not None
    assert newest.against is not None
    assert newest.row["value"] == newest.against["value"] == 350


def found_series(site: Site) -> dict[Any, Any]:
    asked = (site.engine, site.settings, HIDDEN, site.settings.alerts[0], site.now)
    return backtest(*asked).series


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"metric": "annotations_submitted", "worse_than_own": "28d"}, "give a factor"),
        ({"metric": "agreement_coverage", "worse_than_own": "28d"}, "give a factor"),
        ({"metric": "active_annotators", "worse_than_own": "28d", "factor": 2}, "as long as"),
        ({"metric": "label_share", "worse_than_own": "28d"}, "neither better nor worse"),
        ({"metric": "bottleneck", "above": 1}, "is no number"),
    ],
)
def test_what_tells_nothing_is_refused(rule: dict[str, Any], told: str) -> None:
    windowed = {} if rule["metric"] == "bottleneck" else {"window": "7d"}
    with pytest.raises(UsageError, match=told):
        metric_of(Alert.model_validate({"name": "r", **windowed, **rule}))


def test_one_day_of_an_empty_queue_is_no_past(engine: Engine, tmp_path: Path) -> None:
    rule: dict[str, Any] = {"by": ("project", "stage"), "where": ("stage=waiting_for_labels",)}
    rule |= {"worse_than_own": "28d", "factor": 2, "min_n": 20, "for": 2}
    site = site_of(engine, tmp_path, "stage_items", **rule)
    says = [Say(f"w{n}", "ann", "a", at(0, n)) for n in range(30)]
    required = {one.item: 2 for one in says}
    for day in range(20):
        site.day(day, says, required=required)
        site.go()
    done = [Say(one.item, "bob", "a", at(20, n)) for n, one in enumerate(says)]
    site.day(20, done, required=required)
    site.go()
    many = [Say(f"m{n}", "ann", "a", at(21, n)) for n in range(200)]
    required |= {one.item: 2 for one in many}
    for day in (21, 22, 23):
        site.day(day, many, required=required)
        site.go()
    assert kinds(site) == ["fired"]


def test_too_few_that_are_beyond_end_nothing(engine: Engine, tmp_path: Path) -> None:
    rule = {"by": ("project",), "window": "1d", "above": 3600}
    site = site_of(engine, tmp_path, "time_spent_total", **rule)
    for day, (n, ms) in enumerate(((30, 200_000), (15, 600_000), (15, 600_000))):
        says = [Say(f"d{day}n{i}", "ann", "a", at(day, i), time_ms=ms) for i in range(n)]
        site.day(day, says)
        site.night(day)
        site.go()
    assert kinds(site) == ["fired"]


@pytest.mark.parametrize("where", ["project=P", "source=studio"])
def test_days_of_another_place_are_no_zeros(engine: Engine, tmp_path: Path, where: str) -> None:
    rule = {"window": "1d", "above": 10, "where": (where,), "by": ()}
    site = site_of(engine, tmp_path, "annotations_skipped", **rule)
    site.day(0, [*pairs(0, 0.9), *skipped(0, 20)])
    site.world.project(pairs(0, 0.9), title="Q", source="other")
    for day in (0, 1, 2):
        if day:
            site.now = at(day) + QUARTER
            site.world.project(pairs(day, 0.9), title="Q", source="other")
        site.night(day)
        site.go()
    assert kinds(site) == ["fired"]


def test_queues_of_all_projects_together_end_empty(engine: Engine, tmp_path: Path) -> None:
    where = ("stage=waiting_for_labels",)
    site = site_of(engine, tmp_path, "stage_items", by=("stage",), where=where, above=20)
    says = [Say(f"w{n}", "ann", "a", at(0, n)) for n in range(15)]
    required = {one.item: 2 for one in says}
    for title in ("P", "Q"):
        site.day(0, says, title=title, required=required)
    site.go()
    done = [Say(one.item, "bob", "a", at(1, n)) for n, one in enumerate(says)]
    for title in ("P", "Q"):
        site.day(1, done, title=title, required=required)
    for day in (1, 2):
        site.night(day)
        site.go()
    assert kinds(site) == ["fired", "resolved"]


def test_money_without_rates_has_no_past(engine: Engine, tmp_path: Path) -> None:
    rule = {"by": ("project",), "window": "1d", "worse_than_own": "28d", "factor": 2}
    site = site_of(engine, tmp_path, "rework_cost", **rule)
    for day in range(20):
        site.day(day, timed(day, 5))
    site.go()
    assert "error" not in {one.state for one in site.standing()}


@pytest.mark.parametrize("own", ["28d", "90d"])
def test_a_constant_total_never_fires(engine: Engine, tmp_path: Path, own: str) -> None:
    rule = {"by": ("annotator",), "worse_than_own": own, "factor": 1.3}
    week = {"name": "week", "metric": "annotations_skipped", "window": "7d", **rule}
    day_ = {"name": "day", "metric": "annotations_skipped", "window": "1d", **rule}
    site = Site(engine, settings_of(tmp_path, week, day_))
    for day in range(120):
        often = skipped(day, 5) if day % 7 in (0, 3) else []
        site.day(day, [*often, *timed(day, 2)])
    for one in site.settings.alerts:
        found = backtest(engine, site.settings, HIDDEN, one, site.now, since=1)
        assert found.series
        assert not found.fired


def test_what_is_done_is_late_no_longer(engine: Engine, tmp_path: Path) -> None:
    rule = {"by": ("project",), "late": True}
    site = site_of(engine, tmp_path, "finish_date", **rule)
    items = [f"i{n}" for n in range(400)]
    required = dict.fromkeys(items, 1)
    more: dict[str, Any] = {"required": required, "deadline": "2024-03-20"}
    for day in range(30):
        says = [Say(one, "ann", "a", at(day, n)) for n, one in enumerate(items[8 * day :][:8])]
        site.day(day, says, **more)
        site.go()
    assert kinds(site) == ["fired"]
    rest = [Say(one, "ann", "a", at(30, n)) for n, one in enumerate(items[240:])]
    site.day(30, rest, **more)
    for day in (30, 31):
        site.night(day)
        site.go()
    assert kinds(site) == ["fired", "resolved"]
