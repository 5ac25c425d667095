"""The demo's folder: two simulated tools, their planted truth, and the configuration on it."""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from labelpulse.core.errors import LabelpulseError, UsageError
from labelpulse.demo import cast, reviews
from labelpulse.demo.dates import dates, seed_of
from labelpulse.demo.reviews import create_reviews
from labelpulse.demo.simulate import create
from labelpulse.demo.truth import PROGRAM, Project, Truth, write_truth

MARK = "# Written by `labelpulse demo`, and written anew with every new simulation."
SOURCE, OTHER_SOURCE = "studio", "doccano"
HOURLY = {"Manila": 6.5, "Nairobi": 7.0, "Kraków": 13.5, "Montevideo": 9.5}
"""Euros that an hour of each team costs."""

EXPERT_HOURLY = 24.0


@dataclass(frozen=True, slots=True)
class Home:
    """Where the demo keeps its files; all of them are its own and may be written anew."""

    folder: Path

    @property
    def database(self) -> Path:
        """The simulated tool's database."""
        return self.folder / "tickets.sqlite3"

    @property
    def reviews(self) -> Path:
        """The database of the other tool, doccano."""
        return self.folder / "reviews.sqlite3"

    @property
    def truth(self) -> Path:
        """What was planted, for people and tests; the pages never read it."""
        return self.folder / "truth.json"

    @property
    def seed(self) -> int:
        """What the chance of the simulation was made of."""
        return int(json.loads(self.truth.read_text(encoding="utf-8"))["seed"])

    @property
    def config(self) -> Path:
        """The configuration, usable with every verb by --config."""
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
        """The file that a child process writes its output to."""
        return self.folder / f"{name}.log"


def default_folder() -> Path:
    """Return the folder under XDG_DATA_HOME, by default ``~/.local/share``."""
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "labelpulse" / "demo"


def prepare(home: Home, days: int, now: datetime) -> bool:
    """Make the folder ready and return whether a new simulation was written.

    A simulation of today and of as many days goes on; an older one is written anew, together
    with the warehouse that was filled from it.

    Raises:
        LabelpulseError: the folder holds a configuration that is not the demo's, or cannot be
            written.
        UsageError: `days` is out of range.
    """
    _refuse_foreign(home)
    if _is_current(home, days, now):
        return False
    try:
        for path in (home.database, home.reviews, home.truth, home.warehouse):
            _remove(path)
        truth = create(home.database, days=days, now=now)
        create_reviews(home.reviews, truth.seed, dates(now, days), now)
    except ValueError as error:
        raise UsageError(f"--days {days}: {error}") from None
    except OSError as error:
        raise LabelpulseError(f"{home.folder} cannot be written ({type(error).__name__})") from None
    home.config.write_text(configuration(truth, home), encoding="utf-8")
    write_truth(truth, home.truth)
    return True


def _refuse_foreign(home: Home) -> None:
    if home.config.exists() and not home.config.read_text(encoding="utf-8").startswith(MARK):
        raise LabelpulseError(
            f"{home.config} was not written by the demo: choose another folder with --home"
        )


def _is_current(home: Home, days: int, now: datetime) -> bool:
    """True when the truth, which is written last, tells of today and of as many days."""
    try:
        truth = json.loads(home.truth.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    here = all(path.exists() for path in (home.database, home.reviews, home.config))
    return here and (truth.get("today"), truth.get("days"), truth.get("seed")) == (
        now.astimezone(UTC).date().isoformat(),
        days,
        seed_of(now.astimezone(UTC).date()),
    )


def _remove(path: Path) -> None:
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm", f"{path.name}-journal"):
        path.with_name(name).unlink(missing_ok=True)


RULES = """
[alerting]
starter = true
channels = ["log"]

[channels.log]
type = "log"

# These stand in place of the starter rules of their names. A new demo has no yesterday.
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
"""What its team would watch beside the starter rules."""


def configuration(truth: Truth, home: Home) -> str:
    """Return labelpulse.toml for a simulation: sources, projects, people, teams, rates, rules.

    The outage is not in it: a day on which the tool was down is one that should be seen.
    """
    teams = "".join(
        f"\n[[teams]]\nname = {_quoted(name)}\nmembers = [{', '.join(map(_quoted, members))}]\n"
        f'\n[[rates]]\nteam = {_quoted(name)}\nhourly = {HOURLY[name]}\ncurrency = "EUR"\n'
        for name, members in truth.teams.items()
    )
    teams += f"\n[[rates]]\nannotator = {_quoted(truth.gold_author)}\nhourly = {EXPERT_HOURLY}\n"
    teams += 'currency = "EUR"\n'
    markers = "".join(
        f"\n[[markers]]\ntext = {_quoted(one.text)}\nday = {one.day}\n"
        f"kind = {_quoted(one.kind)}\nproject = {_quoted(one.project)}\n"
        for one in truth.markers
    )
    holiday = truth.find("holiday").day
    projects = "".join(_project(one, holiday) for one in truth.projects) + _reviews(holiday)
    return f"""{MARK}
# Simulated data: nobody in it exists.

[warehouse]
url = "sqlite:///{home.warehouse.name}"

[[sources]]
name = "{SOURCE}"
type = "label-studio-db"
url = "sqlite:///{home.database.name}"
every = "3s"
timezone = {_quoted(truth.timezone)}
# As a Label Studio names its tasks; there is none behind this simulation.
link = "http://localhost:8080/projects/{{project}}/data?task={{item}}"

[[sources]]
name = "{OTHER_SOURCE}"
type = "doccano-db"
url = "sqlite:///{home.reviews.name}"
every = "5s"
timezone = {_quoted(truth.timezone)}
link = "http://localhost:8000/projects/{{project}}/text-classification?q={{item}}"
{projects}{teams}{markers}{RULES}"""


def _reviews(holiday: str | None) -> str:
    """Return the project in the other tool, and who of its people works in both."""
    people = "".join(
        f"\n[[people]]\nname = {_quoted(f'{one.first} {one.last}')}\n"
        f"accounts = [{_quoted(one.email)}]   # of both tools\n"
        for one in reviews.TEAM
    )
    return f"""
[[projects]]
source = "{OTHER_SOURCE}"
title = {_quoted(reviews.PROJECT_TITLE)}
program = {_quoted(PROGRAM)}
holidays = [{holiday}]

[projects.controls.{_quoted(reviews.CONTROL)}]
target = 0.85   # agreement
{people}"""


def _project(one: Project, holiday: str | None) -> str:
    has_gold = one.title == cast.PROJECT_TITLE
    gold = "flag" if has_gold else "none"
    delivery = "accuracy_target = 0.88   # right answers that a delivery must have\n" * has_gold
    return f"""
[[projects]]
source = "{SOURCE}"
title = {_quoted(one.title)}
program = {_quoted(one.program)}
deadline = {one.deadline}
holidays = [{holiday}]
gold = {_quoted(gold)}
headline = {_quoted(one.control)}

[projects.controls.{_quoted(one.control)}]
target = 0.85   # agreement
{delivery}"""


def _quoted(text: str) -> str:
    """Return a TOML string; JSON's quoting of these characters is TOML's too."""
    return json.dumps(text, ensure_ascii=False)
