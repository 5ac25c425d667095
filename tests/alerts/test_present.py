"""How subjects stand for people, where an alert is open."""

from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine

from labelpulse.alerts.machine import NEW
from labelpulse.cli.alerts import subject_json
from tests.alerts.site import DIARY, FELL, Site, pairs, settings_of


def test_a_list_tells_level_and_beginning_as_the_inbox_does(engine: Engine, tmp_path: Path) -> None:
    site = Site(engine, settings_of(tmp_path, FELL, channels=DIARY))
    for day, share in enumerate((0.95, 0.3, 0.62)):
        site.day(day, pairs(day, share))
        site.night(day)
        site.go()
    (open_,), (one,) = site.incidents(), site.standing()
    assert one.judged is not None
    assert not one.judged.clear, "of itself the newest day would be a warning"
    assert (subject_json(one)["level"], open_.level) == ("critical", "critical")
    quiet = replace(one, state="nodata", machine=NEW, judged=None)
    assert subject_json(quiet)["since"] == subject_json(one)["since"] == "2024-03-05"
    alone = replace(quiet, incident=None, fires=False)
    assert (subject_json(alone)["level"], subject_json(alone)["since"]) == (None, None)
