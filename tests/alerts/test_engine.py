"""Whole cycles: what fires is told once, silence is no news, and nothing is kept by halves."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, update

from labelpulse import schema
from labelpulse.alerts.cycle import Keeping
from labelpulse.core.events import Status
from labelpulse.warehouse.alerts import AlertBook, CycleOvertaken, Silence
from tests.alerts.site import DIARY, FELL, HOUR, Site, pairs, settings_of, site_of
from tests.reader.world import Say, at


@pytest.fixture
def engine(either: Engine) -> Engine:
    """An empty warehouse, on each of both databases."""
    return either


@pytest.fixture
def fallen(engine: Engine, tmp_path: Path) -> Site:
    """A project whose agreement fell on day 3, looked at that night."""
    site = site_of(engine, tmp_path)
    for day, share in enumerate((0.95, 0.95, 0.95, 0.6)):
        site.day(day, pairs(day, share))
        site.night(day)
        site.go()
    return site


def test_what_fires_is_told_once(fallen: Site) -> None:
    (told,) = fallen.told()
    assert (told["kind"], told["rule"], told["severity"]) == ("fired", "fell", "critical")
    for _ in range(3):
        assert fallen.go().began == 0
    assert len(fallen.told()) == 1
    (one,) = fallen.incidents()
    assert (one.open, one.told, one.early, one.level) == (True, 1, False, "critical")


def test_it_is_told_again_until_somebody_looks_after_it(fallen: Site) -> None:
    fallen.poll(fallen.now + 4 * HOUR)
    fallen.go()
    assert [one["kind"] for one in fallen.told()] == ["fired", "again"]
    (one,) = fallen.incidents()
    assert fallen.book.acknowledge([one.id], "ann", "asked Manila") == 1
    fallen.poll(fallen.now + 9 * HOUR)
    fallen.go()
    assert len(fallen.told()) == 2
    fallen.day(4, pairs(4, 0.97))
    fallen.night(4)
    fallen.go()
    assert [one["kind"] for one in fallen.told()] == ["fired", "again", "resolved"]
    (one,) = fallen.incidents()
    assert (one.ended_by, one.acked_by, one.ack_note) == ("resolved", "ann", "asked Manila")


def test_silence_of_the_data_is_never_resolved(fallen: Site) -> None:
    """Bar A3: one notice that the source is silent, none that anything is over."""
    for hours in (1, 2, 30, 60):
        fallen.now = at(3) + 13 * HOUR + hours * HOUR
        fallen.go()
    assert [one["kind"] for one in fallen.told()] == ["fired", "stale"]
    (one,) = fallen.standing()
    assert (one.state, one.incident is not None) == ("nodata", True)
    fallen.poll(fallen.now)
    fallen.go()
    assert {one["kind"] for one in fallen.told()[2:]} == {"fresh", "again"}
    assert fallen.incidents()[0].open


def test_a_restart_neither_fires_again_nor_forgets(fallen: Site) -> None:
    before = fallen.incidents()
    again = Site(fallen.engine, fallen.settings, fallen.now)
    again.go()
    assert again.incidents() == before
    assert again.told() == []


def test_a_silence_holds_what_is_told_not_what_is_judged(engine: Engine, tmp_path: Path) -> None:
    site = site_of(engine, tmp_path)
    site.now = at(3)
    site.book.silence(Silence(at(5), "moving house", "ann", rule="fell"))
    for day, share in enumerate((0.95, 0.95, 0.95, 0.6, 0.6, 0.6)):
        site.day(day, pairs(day, share))
        site.night(day)
        if day == 4:
            (one,) = site.standing()
            assert (one.state, one.why) == ("silenced", "moving house")
            assert site.told() == []
        site.go()
    (told,) = site.told()  # the silence is over, and it fires still
    assert told["kind"] == "fired"
    assert len(site.incidents()) == 1


def test_what_was_over_before_anybody_was_told_is_not_told(engine: Engine, tmp_path: Path) -> None:
    site = site_of(engine, tmp_path)
    site.book.silence(Silence(at(30), "all is known", "ann"))
    for day, share in enumerate((0.95, 0.6, 0.97)):
        site.day(day, pairs(day, share))
        site.night(day)
        site.go()
    assert site.told() == []
    assert [one.ended_by for one in site.incidents()] == ["resolved"]


def test_a_clear_fall_fires_before_the_day_is_over(engine: Engine, tmp_path: Path) -> None:
    site = site_of(engine, tmp_path)
    site.day(0, pairs(0, 0.95))
    site.night(0)
    site.go()
    says = pairs(1, 0.2, n=100)
    site.day(1, says[:100])
    site.go()
    (one,) = site.incidents()
    assert (one.open, one.early) == (True, True)
    (kept,) = site.standing()  # nothing came in since it was kept
    assert kept.state == "firing"
    assert kept.machine.since == kept.machine.day == one.fired_day
    site.day(1, [*says[100:], *pairs(1, 1.0, n=900, seed=9)])
    site.night(1)
    site.go()
    (one,) = site.incidents()
    assert (one.ended_by, one.early) == ("unconfirmed", True)
    assert [one["kind"] for one in site.told()] == ["fired", "unconfirmed"]


def test_a_good_morning_ends_nothing(fallen: Site) -> None:
    """The same day may be bad by the evening; that it is over is told when it is."""
    fallen.day(4, pairs(4, 1.0))
    fallen.go()
    assert "resolved" not in [one["kind"] for one in fallen.told()]
    (one,) = fallen.standing()
    assert one.state == "recovering"
    fallen.night(4)
    fallen.go()
    assert [one["kind"] for one in fallen.told()][-1] == "resolved"


def test_a_new_rule_tells_no_old_news(engine: Engine, tmp_path: Path) -> None:
    site = site_of(engine, tmp_path)
    for day, share in enumerate((0.95, 0.6, 0.97, 0.95)):
        site.day(day, pairs(day, share))
    site.night(3)
    site.go()
    assert site.incidents() == []


def test_days_nobody_looked_at_are_told_afterwards(fallen: Site) -> None:
    for day, share in ((4, 0.97), (5, 0.6), (6, 0.97)):
        fallen.day(day, pairs(day, share))
    fallen.night(6)
    fallen.go()
    assert [one["kind"] for one in fallen.told()] == ["fired", "resolved", "resolved"]
    days = sorted((one.fired_day, one.ended_day) for one in fallen.incidents())
    assert [second - first for first, second in days] == [1, 1]  # type: ignore[operator]


def test_a_rule_that_is_gone_is_forgotten(fallen: Site) -> None:
    other = {**FELL, "name": "other", "below": 0.5}
    site = Site(fallen.engine, settings_of(Path(), other, channels=DIARY), fallen.now)
    site.go()
    assert [one.ended_by for one in site.incidents()] == ["removed"]
    assert {one.rule.name for one in site.standing()} == {"other"}
    assert [one["kind"] for one in site.told()] == ["ended"]


def test_a_rule_that_was_changed_begins_anew(fallen: Site) -> None:
    lower = Site(
        fallen.engine, settings_of(Path(), {**FELL, "below": 0.3}, channels=DIARY), fallen.now
    )
    lower.go()
    assert [one.ended_by for one in lower.incidents()] == ["changed"]
    milder = {**FELL, "below": 0.3, "severity": "info", "owner": "ann"}
    same = Site(fallen.engine, settings_of(Path(), milder, channels=DIARY), fallen.now)
    assert [one.state for one in same.standing()] == ["normal"]


def test_closed_by_hand_it_waits_until_it_was_within(fallen: Site) -> None:
    (one,) = fallen.incidents()
    assert fallen.book.close([one.id], "ann") == 1
    fallen.day(4, pairs(4, 0.6))
    fallen.night(4)
    fallen.go()
    assert [one.ended_by for one in fallen.incidents()] == ["closed"]
    for day, share in ((5, 0.97), (6, 0.6)):
        fallen.day(day, pairs(day, share))
        fallen.night(day)
        fallen.go()
    assert [one.open for one in fallen.incidents()] == [True, False]


def test_what_cannot_be_asked_is_told_and_stops_nothing(engine: Engine, tmp_path: Path) -> None:
    wrong = {**FELL, "name": "wrong", "control": "mood"}
    site = site_of(engine, tmp_path, wrong, FELL)
    for day, share in enumerate((0.95, 0.6)):
        site.day(day, pairs(day, share))
        site.night(day)
        went = site.go()
    assert "mood" in went.errors["wrong"]
    assert not went.beaten
    assert [one.state for one in site.standing()] == ["firing", "error"]


def test_of_two_processes_one_keeps_what_it_saw(fallen: Site) -> None:
    seen = fallen.seen()
    with fallen.book.cycle(seen.cycle):
        pass
    with pytest.raises(CycleOvertaken), fallen.book.cycle(seen.cycle):
        pass


def test_state_and_intent_are_kept_together(engine: Engine, tmp_path: Path) -> None:
    """A cycle that dies in its transaction leaves neither; the next one has both."""
    site = site_of(engine, tmp_path)
    for day, share in enumerate((0.95, 0.6)):
        site.day(day, pairs(day, share))
        site.night(day)
        if day == 0:
            site.go()
    seen = site.seen()

    def die() -> None:
        with AlertBook(engine).cycle(seen.cycle) as cycle:
            Keeping(seen, {}).keep(cycle)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        die()
    tables = (schema.alert_incident, schema.alert_intent)
    with engine.connect() as conn:
        assert [conn.scalar(select(func.count()).select_from(one)) for one in tables] == [0, 0]
    site.go()
    with engine.connect() as conn:
        assert [conn.scalar(select(func.count()).select_from(one)) for one in tables] == [1, 1]


def test_an_outage_of_many_series_is_one_message_a_project(engine: Engine, tmp_path: Path) -> None:
    """Bar A4, its second half: 50 people fall at once in each of two projects."""
    person = {**FELL, "metric": "skip_rate", "by": ("project", "annotator"), "below": None}
    site = site_of(engine, tmp_path, {**person, "above": 0.1})
    for day, status in enumerate((Status.SUBMITTED, Status.SKIPPED)):
        for title in ("P", "Q"):
            says = [
                Say(f"{title}{day}-{n}", f"{title}{n % 50}", "a", at(day, n % 600), status=status)
                for n in range(50 * 25)
            ]
            site.day(day, says, title=title)
        site.night(day)
        went = site.go()
    assert went.began == 100
    assert len(site.told("fired")) == 100
    assert len({one["message"] for one in site.told()}) == 2


def test_who_left_is_not_waited_for(engine: Engine, tmp_path: Path) -> None:
    """Without data for four weeks, while others go on, an alert ends without a word."""
    person = {
        **FELL,
        "metric": "skip_rate",
        "by": ("annotator",),
        "below": None,
        "above": 0.3,
        "severity": "info",
    }
    site = site_of(engine, tmp_path, person)
    for day in (0, 1, 2, 29, 30, 31):
        says = [Say(f"{day}-{n}", "ann", "a", at(day, n)) for n in range(25)]
        if day == 2:
            skips = range(25)
            says += [Say(f"s{n}", "bob", None, at(day, n), status=Status.SKIPPED) for n in skips]
        site.day(day, says)
        site.night(day)
        site.go()
    (one,) = site.incidents()
    assert (one.ended_by, len(site.told("resolved"))) == ("no data", 0)
    new = Site(engine, settings_of(tmp_path, {**person, "name": "new"}, channels=DIARY), site.now)
    new.go()
    assert [one.rule for one in new.incidents() if one.open] == []
    assert {one.state for one in new.standing()} == {"normal"}


def test_a_project_at_rest_is_no_news(engine: Engine, tmp_path: Path) -> None:
    """Nobody works, and that is told; after four weeks it is over without a word."""
    idle = {"name": "idle", "metric": "annotations_submitted", "by": ("project",), "no_data": 1}
    site = site_of(engine, tmp_path, {**idle, "channels": ("diary",)})
    for day in range(63):
        if day < 30 and day % 7 < 5:
            site.day(day, [Say(f"{day}-{n}", "ann", "a", at(day, n)) for n in range(25)])
        site.night(day)
        site.go()
    assert [one["kind"] for one in site.told()][:1] == ["fired"]
    assert site.told("resolved") == []
    assert [one.ended_by for one in site.incidents()] == ["no data"]
    other = Site(engine, settings_of(tmp_path, {**idle, "name": "new"}), site.now)
    other.go()
    assert not any(one.open for one in other.incidents())


def test_a_project_that_is_gone_is_forgotten(fallen: Site) -> None:
    with fallen.engine.begin() as conn:
        conn.execute(update(schema.project).values(state="gone"))
    fallen.go()
    assert [one.ended_by for one in fallen.incidents()] == ["removed"]
