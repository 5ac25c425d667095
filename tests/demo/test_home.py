"""The demo's folder: what goes on, what is written anew, what is never touched."""

import json
import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from labelpulse.config import load_settings
from labelpulse.core.errors import LabelpulseError, UsageError
from labelpulse.demo.home import Home, default_folder, prepare
from labelpulse.demo.story import REVIEWS_STAFF
from labelpulse.ingest.access import access_to, needed_url
from tests.demo.conftest import NOON


def test_a_simulation_of_today_goes_on(home: Home) -> None:
    home.warehouse.write_bytes(b"already collected")
    before = home.database.stat().st_mtime_ns
    assert not prepare(home, 21, NOON + timedelta(hours=11))
    assert home.database.stat().st_mtime_ns == before
    assert home.warehouse.exists()


@pytest.mark.parametrize(
    ("days", "now"), [(21, NOON + timedelta(days=1)), (22, NOON)], ids=["yesterday", "other days"]
)
def test_an_older_one_is_written_anew_with_its_warehouse(
    home: Home, days: int, now: datetime
) -> None:
    for file in (home.warehouse, home.folder / "labelpulse.db-wal"):
        file.write_bytes(b"collected from the old one")
    assert prepare(home, days, now)
    assert not home.warehouse.exists()
    assert not (home.folder / "labelpulse.db-wal").exists()
    assert home.database.exists()


def test_a_broken_off_simulation_is_written_anew(home: Home) -> None:
    home.truth.unlink()  # it is written last
    assert prepare(home, 21, NOON)


def test_somebody_elses_folder_is_left_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.config.write_text('[warehouse]\nurl = "sqlite:///labelpulse.db"\n')
    home.warehouse.write_bytes(b"real data")
    with pytest.raises(LabelpulseError, match=r"not written by the demo.*--home"):
        prepare(home, 21, NOON)
    assert home.warehouse.read_bytes() == b"real data"


@pytest.mark.parametrize("days", [0, 20, 731])
def test_days_out_of_range_are_wrong_usage(days: int, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"--days {days}"):
        prepare(Home(tmp_path), days, NOON)
    assert not Home(tmp_path).config.exists()


def test_the_configuration_serves_every_verb(home: Home) -> None:
    settings = load_settings(home.config, environ={})
    source, other = settings.sources
    project, street, reviews = settings.projects
    assert needed_url(access_to(settings, source)) == f"sqlite:///{home.database}"
    assert needed_url(access_to(settings, other)) == f"sqlite:///{home.reviews}"
    assert (reviews.source, reviews.title, reviews.program) == (
        "doccano",
        "Reviews",
        project.program,
    )
    assert len(settings.people) == len(REVIEWS_STAFF), "who works in both tools is one person"
    assert settings.database.get_secret_value() == f"sqlite:///{home.warehouse}"
    assert (project.gold, project.headline, project.title) == ("flag", "intent", "Tickets")
    assert project.deadline is not None
    assert project.deadline > NOON.date()
    truth = json.loads(home.truth.read_text(encoding="utf-8"))
    (holiday,) = [one["day"] for one in truth["planted"] if one["what"] == "holiday"]
    assert project.holidays == (date.fromisoformat(holiday),)
    intent, boxes = project.controls["intent"], street.controls["object"]
    assert (intent.target, intent.accuracy_target) == (0.85, 0.88)
    assert (boxes.target, boxes.accuracy_target) == (0.85, None), "nothing is known of boxes"
    assert (street.title, street.headline, street.program) == ("Street", "object", project.program)
    teams = {"Manila", "Nairobi", "Kraków", "Montevideo"}
    assert {team.name for team in settings.teams} == teams
    assert {one.team for one in settings.rates} == {*teams, None}, "the expert is in no team"
    assert tomllib.loads(home.config.read_text(encoding="utf-8"))


def test_the_default_folder_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "labelpulse" / "demo"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_folder() == tmp_path / ".local" / "share" / "labelpulse" / "demo"
