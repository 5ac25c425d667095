"""Where alerts used to go wrong: days that grow, projects beside others, rules that change."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, update

from labelpulse import schema
from labelpulse.alerts import engine as cycles
from labelpulse.alerts.backtest import backtest
from labelpulse.alerts.rules import metric_of
from labelpulse.config import Alert
from labelpulse.core.errors import UsageError
from labelpulse.core.events import Status
from tests.alerts.site import DAY_US, FELL, HOUR, Site, pairs, site_of
from tests.alerts.test_endings import notices
from tests.reader.world import HIDDEN, Say, at

WORK = {"name": "idle", "metric": "annotations_submitted", "by": ("project",)}


def states(site: Site) -> dict[str, str]:
    return {one.subject.words: one.state for one in site.standing()}


def test_more_of_the_newest_day_is_judged_with_it(engine: Engine, tmp_path: Path) -> None:
    """Files and late polls bring more of a day that was looked at."""
    site = site_of(engine, tmp_path, sources=())
    site.day(0, pairs(0, 0.95, n=40), kind="import")
    site.go()
    assert states(site) == {"P · label": "normal"}
    site.day(9, pairs(0, 0.2, n=160, seed=9), kind="import")
    more = [
        Say(f"x{n}", who, x, at(0, n)) for n in range(100) for who, x in (("a", "a"), ("b", "b"))
    ]
    site.day(9, more, kind="import")
    site.go()
    assert states(site) == {"P · label": "firing"}
    (found,) = backtest(engine, site.settings, HIDDEN, Alert.model_validate(FELL), site.now).fired
    (one,) = site.incidents()
    assert (one.fired_day, one.early) == (found.first, False)


def test_days_without_work_are_counted(engine: Engine, tmp_path: Path) -> None:
    site = site_of(engine, tmp_path, {**WORK, "no_data": 3})
    fired = []
    for day in range(40):
        if day < 33 and day % 7 < 5:
            site.day(day, [Say(f"{day}-{n}", "ann", "a", at(day, n)) for n in range(25)])
        site.night(day)
        site.go()
        fired.append(any(one.open for one in site.incidents()))
    assert fired.index(True) == 37  # Friday 32 is the last; of 35, 36, 37 nobody worked


def test_a_rule_on_one_project_is_about_no_other(engine: Engine, tmp_path: Path) -> None:
    only = {**FELL, "where": ("project=A",)}
    named = {**FELL, "name": "named", "control": "only in A"}
    site = site_of(engine, tmp_path, only, named)
    a = [
        Say(f"a{n}", who, {"only in A": "x"}, at(0, n)) for n in range(40) for who in ("ann", "bob")
    ]
    for day in (0, 1):
        site.day(day, [*a, *pairs(day, 0.95)], title="A")
        site.day(day, pairs(day, 0.95, seed=1), title="B")
        site.night(day)
        assert not site.go().errors
    site.day(2, pairs(2, 0.3, seed=2), title="B")  # B alone moves
    site.night(2)
    assert not site.go().errors
    assert site.incidents() == []
    assert not any("B" in one.subject.words for one in site.standing())


def test_what_is_over_may_fire_again_in_the_same_look(engine: Engine, tmp_path: Path) -> None:
    site = site_of(engine, tmp_path)
    for day, share in enumerate((0.95, 0.3)):
        site.day(day, pairs(day, share))
        site.night(day)
        site.go()
    site.day(2, pairs(2, 0.97))
    site.day(3, pairs(3, 0.1, n=100))  # today, clearly beyond
    site.go()
    assert [one.open for one in site.incidents()] == [True, False]
    assert states(site) == {"P · label": "firing"}


def test_an_early_alarm_is_over_with_its_day(engine: Engine, tmp_path: Path) -> None:
    site = site_of(engine, tmp_path)
    site.day(0, pairs(0, 0.95))
    site.night(0)
    site.go()
    site.day(1, pairs(1, 0.1, n=60))
    site.go()
    assert [one.early for one in site.incidents()] == [True]
    site.day(1, pairs(1, 1.0, n=900, seed=4))
    site.day(2, pairs(2, 0.9, n=3))  # the next morning: too little to tell
    site.go()
    (one,) = site.incidents()
    assert one.ended_by == "unconfirmed"


def test_a_project_that_ended_is_told_of_once(engine: Engine, tmp_path: Path) -> None:
    site = site_of(engine, tmp_path)
    for day, share in enumerate((0.95, 0.3)):
        site.day(day, pairs(day, share))
    for hours in range(0, 24 * 40, 6):
        site.poll(at(1) + 13 * HOUR + hours * HOUR)
        site.go()
    kinds = [one["kind"] for one in site.told()]
    assert (kinds[0], set(kinds[1:])) == ("fired", {"again"})
    assert len(kinds) < 36  # for a week, no longer
    assert [one.ended_by for one in site.incidents()] == ["no data"]


def test_a_changed_rule_lets_go_of_what_it_no_longer_watches(
    engine: Engine, tmp_path: Path
) -> None:
    site = site_of(engine, tmp_path)
    for day, share in enumerate((0.95, 0.3)):
        site.day(day, pairs(day, share), title="A")
        site.day(day, pairs(day, 0.95, seed=1), title="B")
        site.night(day)
        site.go()
    narrowed = site_of(engine, tmp_path, {**FELL, "project": "B"})
    narrowed.now = site.now
    narrowed.go()
    assert [one.ended_by for one in narrowed.incidents()] == ["changed"]
    assert set(states(narrowed)) == {"B · label"}


def test_old_news_of_a_new_subject_is_not_told(engine: Engine, tmp_path: Path) -> None:
    site = site_of(engine, tmp_path)
    site.day(0, [Say("x", "ann", "a", at(0))], title="A")
    site.night(0)
    site.go()
    for day, share in enumerate((0.95, 0.3, 0.95, 0.95)):
        site.day(day, pairs(day, share), title="B")
    site.night(3)
    site.go()
    assert site.told() == []


def test_a_source_that_is_not_polled_is_not_missed(engine: Engine, tmp_path: Path) -> None:
    site = site_of(engine, tmp_path)
    site.day(0, pairs(0, 0.95))
    foreign = site_of(engine, tmp_path, sources=())
    foreign.now = site.now + 2 * DAY_US
    foreign.go()
    assert foreign.told() == []
    assert states(foreign) == {"P · label": "normal"}


def test_a_project_that_comes_back_has_its_alert_again(engine: Engine, tmp_path: Path) -> None:
    site = site_of(engine, tmp_path)
    for day, share in enumerate((0.95, 0.3)):
        site.day(day, pairs(day, share))
        site.night(day)
        site.go()
    for state in ("gone", "active"):
        with engine.begin() as conn:
            conn.execute(update(schema.project).values(state=state))
        site.go()
    assert [one.open for one in site.incidents()] == [True, False]
    assert states(site) == {"P · label": "firing"}


def test_told_again_it_tells_the_number_of_today(engine: Engine, tmp_path: Path) -> None:
    site = site_of(engine, tmp_path)
    for day, share in enumerate((0.95, 0.6, 0.1)):
        site.day(day, pairs(day, share))
        site.night(day)
        site.go()
    (one,) = site.incidents()
    assert one.told == 2
    assert one.evidence["value"] < 0.25


def test_what_was_over_before_anybody_looked_is_told_whole(engine: Engine, tmp_path: Path) -> None:
    site = site_of(engine, tmp_path)
    site.day(0, pairs(0, 0.95))
    site.night(0)
    site.go()
    for day, share in ((1, 0.3), (2, 0.95), (3, 0.95)):
        site.day(day, pairs(day, share))
    site.night(3)
    site.go()
    (one,) = site.incidents()
    assert one.evidence["title"].startswith("Agreement on label")
    assert [told["kind"] for told in site.told()] == ["resolved"]


def test_an_early_alarm_closed_by_hand_stays_closed(engine: Engine, tmp_path: Path) -> None:
    site = site_of(engine, tmp_path)
    site.day(0, pairs(0, 0.95))
    site.night(0)
    site.go()
    site.day(1, pairs(1, 0.1, n=60))
    site.go()
    (one,) = site.incidents()
    site.book.close([one.id], "ann")
    site.night(1)
    site.go()
    site.day(2, pairs(2, 0.1))
    site.night(2)
    site.go()
    assert [one.ended_by for one in site.incidents()] == ["closed"]


def test_what_fires_is_checked_whatever_is_shown_of_it(engine: Engine, tmp_path: Path) -> None:
    site = site_of(engine, tmp_path)
    for day, share in enumerate((0.95, 0.3)):
        site.day(day, pairs(day, share))
        site.night(day)
        site.go()
    site.now += HOUR  # nothing comes in
    (one,) = site.standing()
    assert (one.state, one.fires) == ("nodata", True)
    wrong = site_of(engine, tmp_path, {**FELL, "by": ("project", "nothing")})
    wrong.now = site.now
    assert [(one.state, one.fires) for one in wrong.standing()] == [
        ("error", False),
        ("error", True),
    ]


def test_one_defect_stops_no_other_alert(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Any:
        def explain(*_: object) -> Any:
            raise ZeroDivisionError

        return explain

    monkeypatch.setattr(cycles, "explainer", broken)
    site = site_of(engine, tmp_path)
    for day, share in enumerate((0.95, 0.3)):
        site.day(day, pairs(day, share))
        site.night(day)
        site.go()
    assert len(site.told("fired")) == 1
    assert {
        "event": "evidence",
        "rule": "fell",
        "state": "failed",
        "error": "ZeroDivisionError",
    } in (site.logged)


def test_a_channel_that_is_not_there_is_told(engine: Engine, tmp_path: Path) -> None:
    rules = [{**FELL, "name": name, "channels": ("diary", "nope")} for name in "abcde"]
    site = site_of(engine, tmp_path, *rules)
    site.day(0, pairs(0, 0.95))
    went = site.go()
    (told,) = [one for one in site.logged if one["event"] in ("rule", "channel")]
    assert (told["name"], told["state"]) == ("nope", "absent"), "once a channel, not once a rule"
    assert told["error"].startswith("named by rule 'a', rule 'b', rule 'c', 2 more, but not there")
    assert list(went.absent) == ["nope"]
    assert not went.beaten


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"worse_than_own": "28d"}, "needs a window"),
        ({"changed_by": 0.1}, "needs a window"),
        (
            {"metric": "time_spent_median", "by": ("annotator",), "worse_than_peers": 2},
            "for shares",
        ),
        ({"metric": "consensus_accuracy", "below": 0.8, "window": "7d"}, "leave window out"),
    ],
)
def test_what_no_rule_can_watch_is_refused(more: dict[str, Any], told: str) -> None:
    rule = Alert.model_validate({"name": "x", "metric": "agreement_percent", **more})
    with pytest.raises(UsageError, match=told):
        metric_of(rule)


@pytest.mark.parametrize("more", [{"window": "36h"}, {"window": "99999d"}, {"below": float("nan")}])
def test_what_makes_no_sense_is_no_rule(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be|finite"):
        Alert.model_validate({"name": "x", "metric": "skip_rate", "above": 1, **more})


def test_a_project_that_is_not_there_is_told(engine: Engine, tmp_path: Path) -> None:
    site = site_of(engine, tmp_path, {**FELL, "project": "Q"})
    site.day(0, pairs(0, 0.95))
    assert "there is no project 'Q'" in site.go().errors["fell"]


def test_a_batch_that_is_renamed_leaves_no_alert_behind(engine: Engine, tmp_path: Path) -> None:
    rule = {"name": "skips", "metric": "skip_rate", "by": ("project", "batch"), "window": "1d"}
    site = site_of(engine, tmp_path, {**rule, "above": 0.5, "channels": ("diary",)})
    says: list[Say] = []
    for day in range(5):
        says += [
            Say(f"{day}a{n}", "ann", None, at(day, n), status=Status.SKIPPED) for n in range(40)
        ]
        name = "old" if day < 3 else "new"
        site.day(day, says, batches={one.item: name for one in says})
        site.night(day)
        site.go()
    assert states(site) == {"P · new": "firing"}
    assert [(one.open, one.ended_by) for one in site.incidents()] == [
        (True, None),
        (False, "lost"),
    ]
    ended = [one.lines for one in notices(site) if one.kind == "ended"]
    assert ended == [("Its data are gone, or have another name.",)]


def test_what_is_of_all_together_outlives_its_first_project(engine: Engine, tmp_path: Path) -> None:
    rule = {"name": "skips", "metric": "annotations_skipped", "window": "1d", "above": 10}
    site = site_of(engine, tmp_path, {**rule, "channels": ("diary",)})
    for day, titles in enumerate((("P",), ("P", "Q"), ("Q",))):
        for title in titles:
            skips = [Say(f"{day}s{n}", "ann", None, at(day), Status.SKIPPED) for n in range(20)]
            site.day(day, skips, title=title)
        if day == 2:
            gone = update(schema.project).where(schema.project.c.title == "P")
            with engine.begin() as conn:
                conn.execute(gone.values(state="gone"))
        site.night(day)
        site.go()
    (alert,) = site.incidents()
    assert alert.open
    assert {one["kind"] for one in site.told()} == {"fired", "again"}


def test_nobody_waits_for_what_is_pending(engine: Engine, tmp_path: Path) -> None:
    rule = {"name": "skips", "metric": "skip_rate", "by": ("annotator",), "window": "1d"}
    site = site_of(engine, tmp_path, {**rule, "above": 0.5, "for": 2, "min_n": 1})
    skips = [Say(f"s{n}", "zoe", None, at(0), Status.SKIPPED) for n in range(20)]
    for day in range(32):
        site.day(day, [*pairs(day, 0.9, n=5), *(skips if day == 0 else [])])
        site.night(day)
        site.go()
        if day == 5:
            assert "pending" in states(site).values()
    assert set(states(site).values()) == {"normal"}
