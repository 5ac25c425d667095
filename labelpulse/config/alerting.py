"""What labelpulse.toml can say of alerts: rules, how they are told, channels."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from labelpulse.config.base import Duration, Name, Secret, ShortName, Table, WithSecrets, Zone

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""A local time of the day, HH:MM."""


Severity = Literal["info", "warning", "critical"]
"""How much an alert matters: what is critical is told at any hour."""


MOST_DAYS = 3_660


def _days(value: timedelta | None) -> timedelta | None:
    whole = value is None or not value % timedelta(days=1)
    if not whole or (value is not None and value > timedelta(days=MOST_DAYS)):
        raise ValueError(f"must be whole days such as 7d, at most {MOST_DAYS}d")
    return value


def _side(value: object) -> object:
    if not isinstance(value, bool) and value not in ("low", "high", "true", "false"):
        raise ValueError('must be true, "low" or "high"')
    return value


Days = Annotated[Duration | None, AfterValidator(_days)]
Line = Annotated[float | None, Field(allow_inf_nan=False)]


class Alert(Table):
    """A rule that watches a metric; `for` counts data periods.

    Attributes:
        where: terms such as ``team=Manila``. window: local days up to the newest with data.
        below, above: lines, in the metric's unit. hysteresis: how far back within them a number
            must be before it counts as recovered.
        drift: fires where the metric's control chart raises an alarm; "low", "high": only where it
            is below, above what is usual. min_n is then the least that a day must have, or that is
            usual on it where days are counted.
        worse_than_own: so long a history before the window that it is held against; factor: how
            many times worse than that it must be.
        changed_by: at least this far from the window before, in the metric's unit, either way.
        worse_than_peers: at least this much worse than all the others together; of several
            subjects only those that are so beyond chance (Benjamini and Hochberg).
        no_data: so many working days without any.
        late: fires where the forecast is past the deadline.
        periods: of data in a row beyond the line before it fires. keep_firing: periods within it
            that it goes on firing for.
        channels: where it is told; unset = those of [alerting].
    """

    name: ShortName
    metric: Name
    by: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    project: str | None = None
    control: str | None = None
    window: Days = None
    below: Line = None
    above: Line = None
    hysteresis: float = Field(default=0, ge=0)
    drift: Annotated[bool | Literal["low", "high"], BeforeValidator(_side)] = False
    worse_than_own: Days = None
    factor: float = Field(default=1, ge=1)
    changed_by: float | None = Field(default=None, gt=0)
    worse_than_peers: float | None = Field(default=None, ge=0)
    no_data: int | None = Field(default=None, ge=1)
    late: bool = False
    periods: int = Field(default=1, ge=1, alias="for")
    keep_firing: int = Field(default=0, ge=0)
    min_n: int | None = Field(default=None, ge=0)
    severity: Severity = "warning"
    owner: str | None = None
    channels: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _one_condition(self) -> "Alert":
        lines = [self.below, self.above]
        others = [
            *(self.worse_than_own, self.changed_by, self.worse_than_peers, self.no_data),
            *(one or None for one in (self.drift, self.late)),
        ]
        said = any(one is not None for one in lines) + sum(one is not None for one in others)
        if said != 1:
            raise ValueError(
                "needs one condition: below, above (or both), drift, worse_than_own, changed_by, "
                "worse_than_peers, no_data or late"
            )
        if self.worse_than_own is None and self.factor != 1:
            raise ValueError("factor says how much worse than its own history: set worse_than_own")
        return self

    @model_validator(mode="after")
    def _nothing_is_ignored(self) -> "Alert":
        if self.hysteresis and self.below is None and self.above is None:
            raise ValueError("hysteresis is for below and above: leave it out")
        if self.window is not None and self.drift:
            raise ValueError("a control chart judges day by day: leave window out")
        if self.window is not None and self.no_data is not None:
            raise ValueError("no_data counts working days: leave window out")
        return self

    @model_validator(mode="after")
    def _something_is_within(self) -> "Alert":
        if self.below is None or self.above is None:
            return self
        if self.below > self.above:
            raise ValueError(
                f"below {self.below:g} or above {self.above:g} is every number: give the lower "
                "line to below, the higher one to above"
            )
        if self.below + self.hysteresis > self.above - self.hysteresis:
            raise ValueError(
                f"no number is {self.hysteresis:g} within both lines, so that nothing would ever "
                "recover: write a smaller hysteresis"
            )
        return self


def _quiet(value: object) -> object:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", str(value)):
        raise ValueError('must be two local times such as "19:00-08:00"')
    return value


class Alerting(WithSecrets):
    """What holds for all alerts.

    Attributes:
        starter: watch with the rules that need no tuning, too.
        channels: where rules are told that name no channels.
        group_wait: how long what fires is collected into one message; group_interval: the least
            time between two of one project and rule. repeat: how often what still fires and is not
            acknowledged is told again.
        heartbeat: an address that is asked for after each cycle that went all through; a secret.
    """

    starter: bool = False
    channels: tuple[str, ...] = ()
    group_wait: Duration = timedelta(seconds=30)
    group_interval: Duration = timedelta(minutes=5)
    repeat: Duration = timedelta(hours=4)
    heartbeat: Secret | None = None
    heartbeat_env: str | None = None
    heartbeat_file: Path | None = None


class Channel(WithSecrets):
    """Where messages go; the address is a secret.

    Attributes:
        type: None = by the address: smtp and smtps by mail, http and https as a signed webhook,
            all else by apprise. log = the collector's own log, which needs no address.
        least: the least severity that is told here.
        quiet: local hours in which only what is critical is told. quiet_days: such days.
        timezone: of those hours; None = of [defaults], else this machine's.
    """

    type: Literal["webhook", "apprise", "smtp", "log"] | None = None
    least: Severity = "info"
    quiet: Annotated[str | None, BeforeValidator(lambda v: None if v is None else _quiet(v))] = None
    quiet_days: tuple[Weekday, ...] = ()
    timezone: Zone = None
    url: Secret | None = None
    url_env: str | None = None
    url_file: Path | None = None
    secret_key: Secret | None = Field(default=None, alias="secret")
    secret_key_env: str | None = Field(default=None, alias="secret_env")
    secret_key_file: Path | None = Field(default=None, alias="secret_file")
