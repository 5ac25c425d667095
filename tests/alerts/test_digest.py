"""The digest: a verdict a project, the worst first, and what is critical and waits too long."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from labelpulse.alerts.digest import digest, send_digest
from labelpulse.config.models import Report
from labelpulse.core.days import SECOND
from labelpulse.core.errors import ConfigError
from labelpulse.warehouse.outbox import Outbox
from labelpulse.warehouse.posted import messages
from tests.alerts.site import Site, pairs, settings_of
from tests.reader.world import HIDDEN

RULE = {
    "name": "fell",
    "metric": "agreement_percent",
    "by": ("project",),
    "window": "1d",
    "below": 0.8,
    "severity": "critical",
    "channels": ("board",),
}
MONDAY = Report(name="Monday", channels=("board",))
DAY = 86_400 * SECOND


@pytest.fixture
def engine(either: Engine) -> Engine:
    """An empty warehouse, on each of both databases."""
    return either


def fallen(engine: Engine, folder: Path) -> Site:
    """Two projects, one of which fell on a Thursday."""
    site = Site(engine, settings_of(folder, RULE, channels={"board": {"type": "log"}}))
    for day, share in enumerate((0.95, 0.95, 0.95, 0.5)):
        site.day(day, pairs(day, share), title="Ads")
        site.day(day, pairs(day, 0.95, seed=1), title="Boats")
        site.night(day)
        site.go()
    return site


def test_what_is_critical_is_told_after_three_working_days(engine: Engine, tmp_path: Path) -> None:
    site = fallen(engine, tmp_path)
    (one,) = site.incidents()
    said = {}
    for days in range(1, 6):  # Friday night: one more; Monday night: two; Tuesday night: three
        now = one.opened_at + days * DAY
        told = digest(engine, site.settings, MONDAY, HIDDEN, now)
        said[days] = [line for line in told.lines if line.startswith("Open for")]
    assert [len(said[days]) for days in range(1, 6)] == [0, 0, 0, 0, 1]
    assert said[5][0].startswith("Open for 3 working days: ")
    site.book.acknowledge([one.id], "ann")
    site.book.close([one.id], "ann")
    told = digest(engine, site.settings, MONDAY, HIDDEN, one.opened_at + 5 * DAY)
    assert not any(line.startswith("Open for") for line in told.lines)


def test_each_project_has_its_verdict(engine: Engine, tmp_path: Path) -> None:
    site = fallen(engine, tmp_path)
    told = digest(engine, site.settings, MONDAY, HIDDEN, site.now)
    assert told.title.startswith("Monday: 2 projects, none late")
    verdicts = [line.split(":")[0] for line in told.lines if line.split(":")[0] in ("Ads", "Boats")]
    assert sorted(verdicts) == ["Ads", "Boats"]
    only = digest(
        engine, site.settings, MONDAY.model_copy(update={"projects": ("Ads",)}), HIDDEN, site.now
    )
    assert not any("Boats" in line for line in only.lines)


def test_it_is_told_once_a_day(engine: Engine, tmp_path: Path) -> None:
    site = fallen(engine, tmp_path)
    for now in (site.now, site.now + 1, site.now + DAY):
        send_digest(engine, site.settings, MONDAY, HIDDEN, now)
    assert Outbox(engine, lambda: site.now).form(0, 0) == 1  # both days in one group
    site.go()
    assert len(site.told("digest")) == 2


def test_channels_of_pages_are_told_and_missing_ones_are_named(
    engine: Engine, tmp_path: Path
) -> None:
    site = fallen(engine, tmp_path)
    site.book.put_channel("page", "https://hooks.example.org/very-secret", "info", "ann")
    report = MONDAY.model_copy(update={"channels": ("gone", "page", "board", "lost")})
    with pytest.raises(ConfigError, match="no channel is named 'gone' or 'lost'") as told:
        send_digest(engine, site.settings, report, HIDDEN, site.now)
    assert "very-secret" not in str(told.value)
    Outbox(engine, lambda: site.now).form(0, 0)
    assert {one.channel for one in messages(engine) if one.kind == "digest"} == {"page", "board"}
