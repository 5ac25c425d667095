"""The tables of labelpulse.toml as frozen models; unknown keys are errors."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from labelpulse.config.alerting import Alert, Alerting, Channel, Clock, Weekday
from labelpulse.config.base import ConfigTable, Duration, Name, Secret, ShortName, WithSecrets, Zone
from labelpulse.config.dashboard import Dashboard
from labelpulse.config.links import check_template
from labelpulse.core.events import Scale

IMPORT_PREFIX = "import:"
"""Prefix of the source ``import:TITLE`` of an import that names no source."""


def _currency(value: object) -> object:
    if not re.fullmatch("[A-Z]{3}", str(value)):
        raise ValueError("must be three capital letters such as USD")
    return value


def _link(value: object) -> object:
    return None if value is None else check_template(str(value))


class Warehouse(WithSecrets):
    """The address of the warehouse: ``sqlite:///labelpulse.db`` or ``postgresql://…``."""

    url: Secret | None = None
    url_env: str | None = None
    url_file: Path | None = None


class Defaults(ConfigTable):
    """Defaults for sources and projects.

    Attributes:
        holidays: days without work in every project.
    """

    timezone: Zone = None
    holidays: tuple[date, ...] = ()


class Source(WithSecrets):
    """A connection to a labeling tool that is polled.

    Attributes:
        every: time between polls; None = 10 s for databases, 60 s otherwise (see `beat`).
        overlap: how far before its cursor every poll starts.
        projects: titles to read; empty = all.
        link: template of an item's address in the tool, with {project} and {item}.
        options: settings of this type of source; KEY_env and KEY_file name secrets.
    """

    name: ShortName
    type: Name
    url: Secret | None = None
    url_env: str | None = None
    url_file: Path | None = None
    token: Secret | None = None
    token_env: str | None = None
    token_file: Path | None = None
    path: Path | None = None
    format: str | None = None
    every: Duration | None = None
    overlap: Duration = timedelta(minutes=15)
    projects: tuple[str, ...] = ()
    timezone: Zone = None
    link: Annotated[str | None, BeforeValidator(_link)] = None
    options: dict[str, Any] = Field(default_factory=dict)

    @field_validator("name")
    @classmethod
    def _check_name(cls, name: str) -> str:
        if name.startswith(IMPORT_PREFIX):
            raise ValueError("names that begin with import: are reserved for imported files")
        return name

    @property
    def beat(self) -> timedelta:
        """The time between polls."""
        database = self.type.endswith("-db") or self.type == "sql"
        return self.every or timedelta(seconds=10 if database else 60)


class Control(ConfigTable):
    """Settings of a control.

    Attributes:
        target: the target for agreement, and for accuracy when `accuracy_target` is not set.
        accuracy_target: the share of correct answers that a delivery must have.
    """

    scale: Scale | None = None
    labels: tuple[str, ...] | None = None
    target: float | None = Field(default=None, ge=0, le=1)
    accuracy_target: float | None = Field(default=None, ge=0, le=1)
    subjective: bool | None = None


def _gold(value: object) -> object:
    if isinstance(value, str) and value not in ("flag", "column", "job", "none"):
        raise ValueError(
            'must be "flag", "column", "job", "none" or a list of authors by native id or '
            'e-mail address, like ["3"]'
        )
    return tuple(value) if isinstance(value, list) else value


class Project(ConfigTable):
    """Settings of a project; they take precedence over import flags and the source.

    Attributes:
        reviews: false when only samples are reviewed, so that an item is done without a review.
    """

    source: Name
    title: Name
    program: str | None = None
    deadline: date | None = None
    holidays: tuple[date, ...] | None = None
    gold: Annotated[str | tuple[str, ...] | None, BeforeValidator(_gold)] = None
    headline: str | None = None
    reviews: bool | None = None
    timezone: Zone = None
    controls: dict[str, Control] = Field(default_factory=dict)


class Person(ConfigTable):
    """A person with accounts in several tools.

    Attributes:
        accounts: each SOURCE/ID or an e-mail address; an id alone is ambiguous between tools.
    """

    name: Name
    accounts: tuple[str, ...] = Field(min_length=1)

    @field_validator("accounts")
    @classmethod
    def _check_accounts(cls, accounts: tuple[str, ...]) -> tuple[str, ...]:
        for number, account in enumerate(accounts, 1):
            if "/" not in account and "@" not in account:
                raise ValueError(
                    f"number {number} must be SOURCE/ID such as studio/3, or an e-mail address: "
                    "an id alone may be another person's in another tool"
                )
        return accounts


class Member(ConfigTable):
    """Membership of an account in a team, both days included; None = unlimited."""

    account: Name
    since: date | None = None
    until: date | None = None

    @model_validator(mode="after")
    def _check_order(self) -> "Member":
        if self.since and self.until and self.until < self.since:
            raise ValueError("ends before it begins: swap since and until")
        return self


def _member(value: object) -> object:
    if isinstance(value, str):
        return {"account": value}
    if isinstance(value, (dict, Member)):
        return value
    raise ValueError('must be text, or a table such as {account = "3", since = 2026-03-01}')


class Team(ConfigTable):
    """A team; its members are native ids, SOURCE/ID, e-mail addresses or names in [[people]]."""

    name: Name
    members: tuple[Annotated[Member, BeforeValidator(_member)], ...] = ()

    @field_validator("members")
    @classmethod
    def _check_overlap(cls, members: tuple[Member, ...]) -> tuple[Member, ...]:
        spans: dict[str, list[tuple[date, date]]] = {}
        for number, member in enumerate(members, 1):
            first, last = member.since or date.min, member.until or date.max
            earlier = spans.setdefault(member.account, [])
            if any(since <= last and first <= until for since, until in earlier):
                raise ValueError(f"number {number} is already a member on those days: remove it")
            earlier.append((first, last))
        return members


class Rate(ConfigTable):
    """The hourly cost of a team or an annotator, from a day on.

    Attributes:
        annotator: a native id or e-mail address; this rate takes precedence over the team's.
        since: the first day; None = from the beginning.
    """

    team: Name | None = None
    annotator: Name | None = None
    hourly: Decimal = Field(ge=0, le=1_000_000, decimal_places=6)
    currency: Annotated[str, BeforeValidator(_currency)]
    since: date | None = None

    @model_validator(mode="after")
    def _check_owner(self) -> "Rate":
        if (self.team is None) == (self.annotator is None):
            raise ValueError("needs either team or annotator")
        return self

    @property
    def hourly_millionths(self) -> int:
        """The price of an hour in millionths, exact."""
        return int(self.hourly * 1_000_000)

    @property
    def first_day(self) -> int:
        """The first day as an ordinal; 0 = from the beginning."""
        return 0 if self.since is None else self.since.toordinal()


MarkerKind = Literal["guideline", "training", "release"]
"""The kind of an event."""


class Marker(ConfigTable):
    """An event on a day, shown in time charts.

    Attributes:
        project: a title or SOURCE/TITLE; None = all projects.
    """

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    day: date
    kind: MarkerKind = "guideline"
    project: Name | None = None


Day = Literal["daily", Weekday, "month"]


class Report(ConfigTable):
    """A report that `collect` writes on a schedule, as NAME-DAY.FORMAT.

    Attributes:
        folder: relative to the configuration.
        projects: titles to include; empty = all.
        on: every day, a day of the week, or the first of each month.
        at: local time, HH:MM, in the zone of [defaults], else this machine's.
        channels: channels that get the digest.
    """

    name: Annotated[str, Field(pattern=r"^[\w][\w .-]{0,60}$")]
    audience: Literal["executive", "manager", "quality"] = "executive"
    format: Literal["html", "pdf", "csv"] = "html"
    projects: tuple[str, ...] = ()
    folder: Path = Path("reports")
    on: Day = "monday"
    at: Clock = "07:00"
    channels: tuple[str, ...] = ()


class ConfigFile(ConfigTable):
    """The whole of labelpulse.toml."""

    warehouse: Warehouse = Warehouse()
    dashboard: Dashboard = Dashboard()
    defaults: Defaults = Defaults()
    sources: tuple[Source, ...] = ()
    projects: tuple[Project, ...] = ()
    people: tuple[Person, ...] = ()
    teams: tuple[Team, ...] = ()
    rates: tuple[Rate, ...] = ()
    markers: tuple[Marker, ...] = ()
    alerting: Alerting = Alerting()
    alerts: tuple[Alert, ...] = ()
    reports: tuple[Report, ...] = ()
    channels: dict[ShortName, Channel] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_unique(self) -> "ConfigFile":
        for table, names in (
            ("sources", [source.name for source in self.sources]),
            ("projects", [f"{project.source}/{project.title}" for project in self.projects]),
            ("people", [person.name for person in self.people]),
            ("teams", [team.name for team in self.teams]),
            ("alerts", [alert.name for alert in self.alerts]),
            ("reports", [report.name for report in self.reports]),
        ):
            repeated = next((name for name in names if names.count(name) > 1), None)
            if repeated is not None:
                raise ValueError(f"[[{table}]] has {repeated!r} twice: rename or merge one of them")
        accounts = [account for person in self.people for account in {*person.accounts}]
        if len(set(accounts)) < len(accounts):
            raise ValueError(
                "[[people]] has an account in two entries: an account belongs to one person"
            )
        rates = [(rate.team, rate.annotator, rate.first_day) for rate in self.rates]
        if len(set(rates)) < len(rates):
            raise ValueError(
                "[[rates]] has two rates of the same team or annotator from the same day"
            )
        return self


TABLES: Mapping[str, type[ConfigTable]] = {
    "warehouse": Warehouse,
    "dashboard": Dashboard,
    "defaults": Defaults,
    "sources": Source,
    "projects": Project,
    "people": Person,
    "teams": Team,
    "members": Member,
    "rates": Rate,
    "markers": Marker,
    "alerting": Alerting,
    "alerts": Alert,
    "reports": Report,
    "channels": Channel,
    "controls": Control,
}
"""The model of each table, by its key."""
