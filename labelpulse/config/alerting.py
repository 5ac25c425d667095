"""Configuration of alerts: rules, notifications and channels."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from labelpulse.config.base import ConfigTable, Duration, Name, Secret, ShortName, WithSecrets, Zone

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""A local time of the day, HH:MM."""


Severity = Literal["info", "warning", "critical"]
"""Severity of an alert. Critical alerts are sent during quiet hours too."""


MAX_DAYS = 3_660


def _days(value: timedelta | None) -> timedelta | None:
    is_whole = value is None or not value % timedelta(days=1)
    if not is_whole or (value is not None and value > timedelta(days=MAX_DAYS)):
        raise ValueError(f"must be whole days such as 7d, at most {MAX_DAYS}d")
    return value


def _side(value: object) -> object:
    if not isinstance(value, bool) and value not in ("low", "high", "true", "false"):
        raise ValueError('must be true, "low" or "high"')
    return value


Days = Annotated[Duration | None, AfterValidator(_days)]
Line = Annotated[float | None, Field(allow_inf_nan=False)]


class Alert(ConfigTable):
    """A rule that watches a metric.

    Attributes:
        where: filters such as ``team=Manila``.
        window: number of local days, up to the latest with data.
        below, above: thresholds in the metric's unit.
        hysteresis: how far within the thresholds a value must return before the alert resolves.
        drift: fires when the metric's control chart raises an alarm; "low", "high": only below,
            only above the usual level. `min_n` is then the least n of a day, or the least usual
            count of a day for metrics that count.
        worse_than_own: length of the subject's history before the window, to compare with.
        factor: how many times worse than this history the value must be.
        changed_by: minimum difference from the previous window, up or down, in the metric's unit.
        worse_than_peers: minimum difference from all others together; among several subjects,
            only those that differ beyond chance (Benjamini and Hochberg).
        no_data: number of working days without data.
        late: fires when the forecast is after the deadline.
        periods: consecutive data periods beyond the threshold before it fires; the key ``for``.
        keep_firing: periods within the threshold before it resolves.
        channels: names of channels; None = those of [alerting].
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
    def _check_condition(self) -> "Alert":
        conditions = (
            self.below is not None or self.above is not None,
            self.worse_than_own is not None,
            self.changed_by is not None,
            self.worse_than_peers is not None,
            self.no_data is not None,
            bool(self.drift),
            self.late,
        )
        if sum(conditions) != 1:
            raise ValueError(
                "needs one condition: below, above (or both), drift, worse_than_own, changed_by, "
                "worse_than_peers, no_data or late"
            )
        if self.worse_than_own is None and self.factor != 1:
            raise ValueError("factor applies to worse_than_own: set worse_than_own too")
        return self

    @model_validator(mode="after")
    def _check_unused_keys(self) -> "Alert":
        if self.hysteresis and self.below is None and self.above is None:
            raise ValueError("hysteresis applies to below and above only: remove it")
        if self.window is not None and self.drift:
            raise ValueError("drift evaluates each day by itself: remove window")
        if self.window is not None and self.no_data is not None:
            raise ValueError("no_data counts working days: remove window")
        return self

    @model_validator(mode="after")
    def _check_thresholds(self) -> "Alert":
        if self.below is None or self.above is None:
            return self
        if self.below > self.above:
            raise ValueError(
                f"below {self.below:g} or above {self.above:g} is every number: below must be the "
                "lower threshold, above the higher"
            )
        if self.below + self.hysteresis > self.above - self.hysteresis:
            raise ValueError(
                f"no number is {self.hysteresis:g} within both thresholds, so the alert could "
                "never resolve: use a smaller hysteresis"
            )
        return self


def _check_quiet(value: object) -> object:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", str(value)):
        raise ValueError('must be two local times such as "19:00-08:00"')
    return value


class Alerting(WithSecrets):
    """Settings of all alerts.

    Attributes:
        starter: also evaluate the predefined rules, which need no tuning.
        channels: channels of rules that name none.
        group_wait: how long firing alerts are collected into one message.
        group_interval: minimum time between two messages about one project and rule.
        repeat: interval between reminders of a firing alert that is not acknowledged.
        heartbeat: an address that is requested after each complete evaluation; a secret.
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
    """A destination of messages; its address is a secret.

    Attributes:
        type: None = by the address: smtp and smtps as mail, http and https as a signed webhook,
            anything else by apprise. log = the collector's log, which needs no address.
        least: the lowest severity that is sent.
        quiet: local hours in which only critical alerts are sent, such as ``19:00-08:00``.
        quiet_days: days on which only critical alerts are sent.
        timezone: the zone of the quiet hours; None = of [defaults], else this machine's.
    """

    type: Literal["webhook", "apprise", "smtp", "log"] | None = None
    least: Severity = "info"
    quiet: Annotated[
        str | None, BeforeValidator(lambda v: None if v is None else _check_quiet(v))
    ] = None
    quiet_days: tuple[Weekday, ...] = ()
    timezone: Zone = None
    url: Secret | None = None
    url_env: str | None = None
    url_file: Path | None = None
    secret_key: Secret | None = Field(default=None, alias="secret")
    secret_key_env: str | None = Field(default=None, alias="secret_env")
    secret_key_file: Path | None = Field(default=None, alias="secret_file")
