"""What labelpulse.toml can say, as frozen models; unknown keys are errors."""

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
from labelpulse.config.base import Duration, Name, Secret, ShortName, Table, WithSecrets, Zone
from labelpulse.config.dashboard import Dashboard
from labelpulse.config.links import check_template
from labelpulse.core.events import Scale

IMPORT_PREFIX = "import:"
"""An import without a source's name belongs to the source ``import:TITLE``."""


def _currency(value: object) -> object:
    if not re.fullmatch("[A-Z]{3}", str(value)):
        raise ValueError("must be three capital letters such as USD")
    return value


def _link(value: object) -> object:
    return None if value is None else check_template(str(value))


class Warehouse(WithSecrets):
    """Where the warehouse is: ``sqlite:///labelpulse.db`` or ``postgresql://…``."""

    url: Secret | None = None
    url_env: str | None = None
    url_file: Path | None = None


class Defaults(Table):
    """What holds where nothing nearer says otherwise.

    Attributes:
        holidays: days on which nobody is expected to work, in every project.
    """

    timezone: Zone = None
    holidays: tuple[date, ...] = ()


class Source(WithSecrets):
    """One way into a labeling tool that is read on a schedule.

    Attributes:
        every: time between polls; None = 10 s for databases, 60 s otherwise (see `beat`).
        overlap: how far back every poll reads again.
        projects: titles to read; empty = all.
        link: template of an item's address in the tool, with {project} and {item}.
        options: what only this type of source knows; KEY_env and KEY_file name secrets.
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
    def _free_name(cls, name: str) -> str:
        if name.startswith(IMPORT_PREFIX):
            raise ValueError("names beginning with import: are kept for imported files")
        return name

    @property
    def beat(self) -> timedelta:
        """The time between polls."""
        database = self.type.endswith("-db") or self.type == "sql"
        return self.every or timedelta(seconds=10 if database else 60)


class Control(Table):
    """What the operator says of one control of a project.

    Attributes:
        target: share of agreement to reach; of right answers too where `accuracy_target` is unset.
        accuracy_target: share of right answers that a delivery must have.
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


class Project(Table):
    """What the operator says of one project; it beats import flags and the source.

    Attributes:
        reviews: false where reviews are samples, so that what nobody reviews is done all the same.
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


class Person(Table):
    """One human's accounts in several tools.

    Attributes:
        accounts: each SOURCE/ID or an e-mail address: a bare id may be somebody else's elsewhere.
    """

    name: Name
    accounts: tuple[str, ...] = Field(min_length=1)

    @field_validator("accounts")
    @classmethod
    def _told_apart(cls, accounts: tuple[str, ...]) -> tuple[str, ...]:
        for place, one in enumerate(accounts, 1):
            if "/" not in one and "@" not in one:
                raise ValueError(
                    f"number {place} must be SOURCE/ID such as studio/3, or an e-mail address: "
                    "a bare id may be somebody else's in another tool"
                )
        return accounts


class Member(Table):
    """Somebody who belongs to a team from a day to a day, both included; None = open."""

    account: Name
    since: date | None = None
    until: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Member":
        if self.since and self.until and self.until < self.since:
            raise ValueError("ends before it begins, so that no day is left: swap since and until")
        return self


def _member(value: object) -> object:
    if isinstance(value, str):
        return {"account": value}
    if isinstance(value, (dict, Member)):
        return value
    raise ValueError('must be text, or a table such as {account = "3", since = 2026-03-01}')


class Team(Table):
    """A team and its members, by native id, SOURCE/ID, e-mail address or name in [[people]]."""

    name: Name
    members: tuple[Annotated[Member, BeforeValidator(_member)], ...] = ()

    @field_validator("members")
    @classmethod
    def _once_a_day(cls, members: tuple[Member, ...]) -> tuple[Member, ...]:
        spans: dict[str, list[tuple[date, date]]] = {}
        for place, one in enumerate(members, 1):
            own = one.since or date.min, one.until or date.max
            others = spans.setdefault(one.account, [])
            if any(since <= own[1] and own[0] <= until for since, until in others):
                raise ValueError(f"number {place} is a member on those days already: leave it out")
            others.append(own)
        return members


class Rate(Table):
    """What an hour of a team's or a person's work costs, from a day on.

    Attributes:
        annotator: a native id or e-mail address; their own rate beats that of their team.
        since: its first day; None = from the beginning on.
    """

    team: Name | None = None
    annotator: Name | None = None
    hourly: Decimal = Field(ge=0, le=1_000_000, decimal_places=6)
    currency: Annotated[str, BeforeValidator(_currency)]
    since: date | None = None

    @model_validator(mode="after")
    def _of_somebody(self) -> "Rate":
        if (self.team is None) == (self.annotator is None):
            raise ValueError("needs either team or annotator: whose hour is it?")
        return self

    @property
    def hourly_millionths(self) -> int:
        """The price of an hour in millionths, exact."""
        return int(self.hourly * 1_000_000)

    @property
    def first_day(self) -> int:
        """Its first day as an ordinal; 0 = from the beginning on."""
        return 0 if self.since is None else self.since.toordinal()


MarkerKind = Literal["guideline", "training", "release"]
"""What kind of thing happened."""


class Marker(Table):
    """Something that happened on a day, for the time charts.

    Attributes:
        project: a title or SOURCE/TITLE; None = it concerns all projects.
    """

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    day: date
    kind: MarkerKind = "guideline"
    project: Name | None = None


Day = Literal["daily", Weekday, "month"]


class Report(Table):
    """A report that `collect` writes by itself, as NAME-DAY.FORMAT.

    Attributes:
        folder: relative to the configuration. projects: titles to tell of; empty = all.
        on: every day, a day of the week, or the first of each month. at: local time, HH:MM, in
            the zone of [defaults], else this machine's. channels: where its digest is told.
    """

    name: Annotated[str, Field(pattern=r"^[\w][\w .-]{0,60}$")]
    audience: Literal["executive", "manager", "quality"] = "executive"
    format: Literal["html", "pdf", "csv"] = "html"
    projects: tuple[str, ...] = ()
    folder: Path = Path("reports")
    on: Day = "monday"
    at: Clock = "07:00"
    channels: tuple[str, ...] = ()


class Document(Table):
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
    def _named_once(self) -> "Document":
        for table, names in (
            ("sources", [one.name for one in self.sources]),
            ("projects", [f"{one.source}/{one.title}" for one in self.projects]),
            ("people", [one.name for one in self.people]),
            ("teams", [one.name for one in self.teams]),
            ("alerts", [one.name for one in self.alerts]),
            ("reports", [one.name for one in self.reports]),
        ):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise ValueError(f"[[{table}]] has {twice!r} twice: rename or merge one of them")
        linked = [(account, one.name) for one in self.people for account in {*one.accounts}]
        if len({account for account, _ in linked}) < len(linked):
            raise ValueError("[[people]] has an account twice: one account is one human's")
        rates = [(one.team, one.annotator, one.first_day) for one in self.rates]
        if len(set(rates)) < len(rates):
            raise ValueError("[[rates]] has two of one team or person that begin on the same day")
        return self


TABLES: Mapping[str, type[Table]] = {
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
"""Each table's model, by the key that holds it."""
