"""A project that is renamed, or shares its title with another: its alerts go on as they were."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from labelpulse import schema
from labelpulse.alerts.look import sight_of
from labelpulse.alerts.recheck import to_check
from labelpulse.core.events import Status
from labelpulse.warehouse.alerts import Silence
from tests.alerts.site import DAY_US, DIARY, FELL, Site, pairs, settings_of
from tests.alerts.test_evidence import worked
from tests.reader.world import HIDDEN, Say, at

QUEUE = {"name": "long", "metric": "labels_remaining", "by": ("project",), "above": 5}


@pytest.fixture
def fallen(engine: Engine, tmp_path: Path) -> Site:
    """A project whose agreement fell on day 1, told that night."""
    site = Site(engine, settings_of(tmp_path, FELL, channels=DIARY))
    for day, share in enumerate((0.95, 0.3)):
        site.day(day, pairs(day, share))
        site.night(day)
        site.go()
    assert [one["kind"] for one in site.told()] == ["fired"]
    return site


def rename(site: Site, title: str) -> None:
    with site.engine.begin() as conn:
        conn.execute(update(schema.project).values(title=title))


def goes_on(site: Site, label: str) -> None:
    """What fired goes on firing under its new label, once, and ends when it is over."""
    site.night(1)
    site.go()
    (one,) = site.standing()
    assert (one.subject.words, one.state) == (f"{label} · label", "firing")
    (alert,) = site.incidents()
    assert alert.open
    assert label in alert.keys
    assert len(site.told()) == 1


def test_what_fires_in_a_renamed_project_is_not_told_anew(fallen: Site) -> None:
    rename(fallen, "Q")
    goes_on(fallen, "Q")
    (alert,) = fallen.incidents()
    fallen.book.acknowledge([alert.id], "ann")
    with fallen.engine.begin() as conn:
        conn.execute(update(schema.project).values(title="P", data_version=9))
    goes_on(fallen, "P")


def test_it_ends_under_its_new_name(fallen: Site) -> None:
    fallen.day(2, pairs(2, 0.98))
    rename(fallen, "Q")
    fallen.night(2)
    fallen.go()
    (alert,) = fallen.incidents()
    assert alert.ended_by == "resolved"
    assert [one["kind"] for one in fallen.told()] == ["fired", "resolved"]
    with fallen.engine.connect() as conn:
        told = conn.scalars(select(schema.alert_intent.c.grouped_by)).all()
    assert told == ["P", "Q"]


def test_a_second_source_with_the_same_title_changes_no_alert(fallen: Site) -> None:
    fallen.world.project(pairs(1, 0.98, seed=2), source="other", kind="import")
    fallen.night(1)
    fallen.go()
    found = {one.subject.words: one.state for one in fallen.standing()}
    assert found == {"studio/P · label": "firing", "other/P · label": "normal"}
    assert len(fallen.told()) == len(fallen.incidents()) == 1


def test_a_second_project_ends_nothing_of_all_together(engine: Engine, tmp_path: Path) -> None:
    """Of what is of the only project, the series goes on when there are several."""
    rule = {"name": "skips", "metric": "annotations_skipped", "by": ("annotator",), "window": "1d"}
    said = {**rule, "above": 5, "for": 8, "channels": ("diary",)}
    site = Site(engine, settings_of(tmp_path, said, channels=DIARY))
    for day in range(8):
        skips = [Say(f"{day}s{n}", "ann", None, at(day), Status.SKIPPED) for n in range(30)]
        site.day(day, skips)
        if day == 7:
            site.world.project(pairs(7, 0.9), title="Q")
        site.night(day)
        site.go()
    assert [one["kind"] for one in site.told()][:1] == ["fired"]


def test_what_is_silenced_stays_so(fallen: Site) -> None:
    (alert,) = fallen.incidents()
    until = fallen.now + 9 * DAY_US
    fallen.book.silence(Silence(until, "known", "ann", "fell", alert.project_id, alert.subject))
    rename(fallen, "Q")
    assert [one.state for one in fallen.standing()] == ["silenced"]


def test_an_alert_of_before_still_tells_its_items(fallen: Site) -> None:
    (alert,) = fallen.incidents()
    fallen.book.close([alert.id], "ann")
    rename(fallen, "Q")
    assert len(to_check(fallen.engine, fallen.settings, alert.id, HIDDEN)) == 60


def test_numbers_as_of_now_keep_their_history(engine: Engine, tmp_path: Path) -> None:
    site = Site(engine, settings_of(tmp_path, QUEUE, channels=DIARY))
    says = worked([0])
    site.day(0, says, required={one.item: 2 for one in says})
    for day in range(4):
        site.poll(at(day) + DAY_US // 4)
        site.go()
        if day == 1:
            rename(site, "Q")
    with engine.connect() as conn:
        _, samples = sight_of(conn, site.settings, HIDDEN, site.now)
        ((subject, rows),) = samples(site.settings.alerts[0]).items()
    assert subject.words == "Q"
    assert len(rows) == 4
    assert len(site.incidents()) == 1


def test_who_takes_the_title_of_a_project_that_is_gone_is_another(
    engine: Engine, tmp_path: Path
) -> None:
    site = Site(engine, settings_of(tmp_path, FELL, channels=DIARY))
    site.day(0, pairs(0, 0.95))
    site.night(0)
    site.go()
    with engine.begin() as conn:
        conn.execute(update(schema.project).values(state="gone"))
    site.world.project(pairs(0, 0.3), source="other", kind="import")
    for _ in range(2):
        site.go()
        (one,) = site.standing()
        assert (one.subject.words, one.state, one.why) == ("P · label", "firing", "")
    assert [one["kind"] for one in site.told()] == ["fired"]
