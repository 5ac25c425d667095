"""The demo's folder: two simulated tools, what was planted in them, and their configuration."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from labelpulse.core.errors import LabelpulseError, UsageError
from labelpulse.demo import reviews, street, tickets
from labelpulse.demo.doccano import write_doccano
from labelpulse.demo.label_studio import write_label_studio
from labelpulse.demo.simulate import History, simulate
from labelpulse.demo.story import (
    EXPERT,
    EXPERT_HOURLY,
    PEOPLE,
    PROGRAM,
    REVIEWS_STAFF,
    TEAMS,
    calendar_for,
)
from labelpulse.demo.truth import deadlines_of, truth_of

MARK = "# Written by `labelpulse demo`, which overwrites it with every new simulation."


@dataclass(frozen=True, slots=True)
class Home:
    """Where the demo keeps its files; all of them are its own and may be overwritten."""

    folder: Path

    @property
    def database(self) -> Path:
        """The simulated database of Label Studio."""
        return self.folder / "tickets.sqlite3"

    @property
    def reviews(self) -> Path:
        """The simulated database of doccano."""
        return self.folder / "reviews.sqlite3"

    @property
    def truth(self) -> Path:
        """What was planted, for people and tests; the pages never read it."""
        return self.folder / "truth.json"

    @property
    def config(self) -> Path:
        """The configuration, for every command with --config."""
        return self.folder / "labelpulse.toml"

    @property
    def warehouse(self) -> Path:
        """The warehouse, beside the configuration."""
        return self.folder / "labelpulse.db"

    @property
    def lock(self) -> Path:
        """Held while a demo runs here."""
        return self.folder / "demo.lock"

    def log(self, name: str) -> Path:
        """Return the file for the output of a child process."""
        return self.folder / f"{name}.log"

    def read_truth(self) -> dict[str, Any]:
        """Return what was planted; empty when there is no simulation."""
        try:
            truth: dict[str, Any] = json.loads(self.truth.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return truth


def default_folder() -> Path:
    """Return the folder under XDG_DATA_HOME, by default ``~/.local/share``."""
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "labelpulse" / "demo"


def prepare(home: Home, days: int, now: datetime) -> bool:
    """Make the folder ready and return whether a new simulation was written.

    A simulation of today with as many days is used again. Any other is replaced, together with the
    warehouse that was filled from it.

    Raises:
        LabelpulseError: the folder holds a configuration that is not the demo's, or cannot be
            written.
        UsageError: `days` is out of range.
    """
    if home.config.exists() and not home.config.read_text(encoding="utf-8").startswith(MARK):
        raise LabelpulseError(
            f"{home.config} was not written by the demo: choose another folder with --home"
        )
    if _is_current(home, days, now):
        return False
    try:
        calendar = calendar_for(now, days)
    except ValueError as error:
        raise UsageError(f"--days {days}: {error}") from None
    try:
        for path in (home.database, home.reviews, home.truth, home.warehouse):
            for suffix in ("", "-wal", "-shm", "-journal"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
        history = simulate(calendar, now)
        write_label_studio(home.database, history, now)
        write_doccano(home.reviews, history)
        home.config.write_text(configuration(history, home), encoding="utf-8")
        truth = json.dumps(truth_of(history, days, now), ensure_ascii=False, indent=1)
        home.truth.write_text(truth + "\n", encoding="utf-8")
    except OSError as error:
        raise LabelpulseError(f"{home.folder} cannot be written ({type(error).__name__})") from None
    return True


def _is_current(home: Home, days: int, now: datetime) -> bool:
    """Return whether the truth, which is written last, is of today and of as many days."""
    truth = home.read_truth()
    today = now.astimezone(UTC).date().isoformat()
    is_complete = all(path.exists() for path in (home.database, home.reviews, home.config))
    return is_complete and (truth.get("today"), truth.get("days")) == (today, days)


ALERTS = """
[alerting]
starter = true
channels = ["log"]

[channels.log]
type = "log"

# These replace the starter rules of the same names. A new demo has no yesterday to compare with.
[[alerts]]
name = "late finish"
metric = "finish_date"
by = ["project"]
late = true
severity = "critical"
owner = "project manager"

[[alerts]]
name = "many skips"
metric = "skip_rate"
by = ["project", "batch"]
window = "1d"
above = 0.25
min_n = 20
owner = "project manager"

[[alerts]]
name = "queue grows"
metric = "stage_items"
project = "Tickets"
by = ["project", "stage"]
where = ["stage=waiting_for_labels"]
above = 150
owner = "project manager"
"""


def configuration(history: History, home: Home) -> str:
    """Return labelpulse.toml: sources, projects, people, teams, rates, markers and alerts.

    The outage is not in it: it should be found.
    """
    sections = (*_projects(history), *_people(), *_teams(), *_markers(history))
    return f"""{MARK}
# Simulated data: nobody in it exists.

[warehouse]
url = "sqlite:///{home.warehouse.name}"

[[sources]]
name = "studio"
type = "label-studio-db"
url = "sqlite:///{home.database.name}"
every = "3s"
timezone = "UTC"
# As Label Studio addresses its tasks; there is none behind this simulation.
link = "http://localhost:8080/projects/{{project}}/data?task={{item}}"

[[sources]]
name = "doccano"
type = "doccano-db"
url = "sqlite:///{home.reviews.name}"
every = "5s"
timezone = "UTC"
link = "http://localhost:8000/projects/{{project}}/text-classification?q={{item}}"
{"".join(sections)}{ALERTS}"""


def _projects(history: History) -> Iterator[str]:
    deadlines = deadlines_of(history)
    for source, title, control, gold in (
        ("studio", tickets.TITLE, tickets.CONTROL, "flag"),
        ("studio", street.TITLE, street.CONTROL, "none"),
        ("doccano", reviews.TITLE, reviews.CONTROL, None),
    ):
        yield f"""
[[projects]]
source = "{source}"
title = "{title}"
program = "{PROGRAM}"
holidays = [{history.calendar.date_of("holiday")}]
"""
        if title in deadlines:
            yield f'deadline = {deadlines[title]}\ngold = "{gold}"\nheadline = "{control}"\n'
        yield f"\n[projects.controls.{control}]\ntarget = 0.85   # agreement\n"
        if gold == "flag":
            yield "accuracy_target = 0.88   # right answers that a delivery must have\n"


def _people() -> Iterator[str]:
    for person in REVIEWS_STAFF:
        accounts = f'accounts = ["{person.email}"]   # of both tools\n'
        yield f'\n[[people]]\nname = "{person.name}"\n{accounts}'


def _teams() -> Iterator[str]:
    for team in TEAMS:
        members = [
            person.email
            for person in PEOPLE.values()
            if person.team is team and person is not EXPERT
        ]
        yield f'\n[[teams]]\nname = "{team.name}"\nmembers = {json.dumps(members)}\n'
        yield f'\n[[rates]]\nteam = "{team.name}"\nhourly = {team.hourly}\ncurrency = "EUR"\n'
    yield f'\n[[rates]]\nannotator = "{EXPERT.email}"\nhourly = {EXPERT_HOURLY}\ncurrency = "EUR"\n'


def _markers(history: History) -> Iterator[str]:
    days: dict[str, date] = {
        event: history.calendar.date_of(event)
        for event in ("model v2", "guideline v2", "night pictures")
    }
    for event, kind, project in (
        ("model v2", "release", tickets.TITLE),
        ("guideline v2", "guideline", tickets.TITLE),
        ("night pictures", "release", street.TITLE),
    ):
        text = event[0].upper() + event[1:]
        yield f'\n[[markers]]\ntext = "{text}"\nday = {days[event]}\nkind = "{kind}"\n'
        yield f'project = "{project}"\n'
