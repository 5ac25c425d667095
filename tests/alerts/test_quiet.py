"""Quiet hours hold what is not critical until they are over."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from labelpulse.alerts.quiet import is_quiet, quiet_now
from labelpulse.config import Channel
from labelpulse.core.days import SECOND, to_us
from tests.alerts.site import Site, pairs, settings_of
from tests.reader.world import engine_at

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("quiet", "clock", "told"),
    [
        ("19:00-08:00", "20:00", True),
        ("19:00-08:00", "07:59", True),
        ("19:00-08:00", "08:00", False),
        ("19:00-08:00", "18:59", False),
        ("12:00-13:00", "12:30", True),
        ("12:00-13:00", "13:00", False),
    ],
)
def test_hours_go_over_midnight(quiet: str, clock: str, told: bool) -> None:
    at = datetime.fromisoformat(f"2026-11-25T{clock}").replace(tzinfo=BERLIN)
    assert is_quiet(Channel(quiet=quiet), at) is told


def test_whole_days_are_quiet() -> None:
    channel = Channel(quiet_days=("saturday", "sunday"))
    days = [datetime(2026, 11, day, 10, tzinfo=BERLIN) for day in (27, 28, 29, 30)]
    assert [is_quiet(channel, day) for day in days] == [False, True, True, False]


def test_each_channel_has_its_own_zone(tmp_path: Path) -> None:
    hours = {"type": "log", "quiet": "22:00-06:00"}
    channels = {"here": {**hours, "timezone": "Europe/Berlin"}, "there": {**hours}}
    settings = settings_of(tmp_path, channels=channels, defaults={"timezone": "Asia/Manila"})
    at_night = to_us(datetime(2026, 11, 25, 23, tzinfo=BERLIN))
    assert quiet_now(settings, at_night) == {"here"}
    assert quiet_now(settings, at_night - 7 * 3600 * SECOND) == {"there"}


def test_what_is_not_critical_waits_for_the_morning(tmp_path: Path) -> None:
    quiet = {"type": "log", "quiet": "20:00-08:00", "timezone": "UTC"}
    rule = {"metric": "agreement_percent", "window": "1d", "below": 0.8, "channels": ("diary",)}
    mild, grave = ({**rule, "name": one, "severity": one} for one in ("warning", "critical"))
    for one, at_night in ((mild, []), (grave, ["critical"])):
        folder = tmp_path / str(len(at_night))
        folder.mkdir()
        engine = engine_at(folder)
        site = Site(engine, settings_of(folder, one, channels={"diary": quiet}))
        for day, share in enumerate((0.95, 0.6)):
            site.day(day, pairs(day, share))
            site.night(day)
            site.go()
        assert [told["severity"] for told in site.told()] == at_night
        site.poll(site.now + 7 * 3600 * SECOND)
        site.go()
        assert len(site.told("fired")) == 1
        engine.dispose()
