"""What pages ask: the warehouse through its reader, with answers kept by data version.

Every read goes through here, with a scope; a page never holds a connection.
"""

import os
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.lately import lately
from labelpulse.config import Settings, default_path, load_settings
from labelpulse.config.environment import CONFIG, DATABASE
from labelpulse.core.days import now_us
from labelpulse.core.errors import LabelpulseError, WarehouseError
from labelpulse.metrics.glossary import Entry, glossary
from labelpulse.metrics.registry import METRICS, ROLLUPS
from labelpulse.reader import (
    MetricQuery,
    Row,
    Scope,
    details,
    pseudonym_key,
    read,
    status,
)
from labelpulse.reader.accounts import alike
from labelpulse.reader.explain import Explanation, explain
from labelpulse.reader.markers import Marker, markers
from labelpulse.reader.overview import Holding, Overview, data_versions, names_of, overview
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.store import Warehouse
from labelpulse.warehouse.versions import check_version

if TYPE_CHECKING:
    from sqlalchemy import Engine

KEPT_ANSWERS = 600
"""Answers kept for all sessions together; the oldest go first."""

KEPT_WAREHOUSES = 4
POLL_S = 0.5
"""All sessions together ask for the data version at most so often."""

MINUTE_US = 60_000_000
LARGE, SLOW, SLOW_MINUTES = 100_000, -2, 10
"""From so many answers on, what must be counted from all of them is counted anew every ten minutes,
not with every poll; -2 stands for such an answer's data version."""

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Moment:
    """The warehouse at one data version: what an answer is kept for.

    Attributes:
        tick: changes where answers age without new data; 0 = they do not.
    """

    url: str
    version: int
    tick: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is nothing to show: what happened, and whether a warehouse is there at all."""

    sentence: str
    missing: bool


@lru_cache(maxsize=KEPT_WAREHOUSES)
def _settings(config: Path | None, database: str | None, _written: int) -> Settings:
    return load_settings(config, database)


def settings() -> Settings:
    """Return the settings in force; a changed file counts a second later.

    Raises:
        LabelpulseError: the configuration cannot be used.
    """
    return _settings(*_named(os.environ.get(CONFIG), os.environ.get(DATABASE), int(monotonic())))


@lru_cache(maxsize=1)
def _named(
    _config: str | None, database: str | None, _second: int
) -> tuple[Path | None, str | None, int]:
    """Return the file in force and when it was written; looked up once a second, not a question."""
    config = default_path()
    written = config.stat().st_mtime_ns if config is not None and config.exists() else 0
    return config, database, written


def address() -> str:
    """Return the warehouse's URL; it may hold a password, so it is never shown or logged."""
    url = settings().database.get_secret_value()
    _follow(url, int(monotonic()))
    return url


_FILES: dict[str, int] = {}


@lru_cache(maxsize=KEPT_WAREHOUSES)
def _follow(url: str, _second: int) -> None:
    """Forget all answers where another file has come to stand at the address, as by a restore."""
    path = Path(url.removeprefix("sqlite:///"))
    file = path.stat().st_ino if url.startswith("sqlite:///") and path.exists() else 0
    if _FILES.setdefault(url, file) != file:
        _FILES[url] = file
        _engine.clear(url)
        for kept in (_answer, _detail, _names):
            kept.cache_clear()


def warehouse() -> tuple[str, int]:
    """Return which warehouse answers: its address, and the file that stands there now."""
    url = address()
    return url, _FILES[url]


@st.cache_resource(max_entries=KEPT_WAREHOUSES, show_spinner=False)
def _engine(url: str) -> "Engine":
    engine = connect(url, readonly=True)
    check_version(engine)
    return engine


def engine() -> "Engine":
    """Return the read-only engine that all sessions share.

    Raises:
        WarehouseError: there is no warehouse, or it is of another version or out of reach.
    """
    url = address()
    path = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:///") and not path.exists():
        _engine.clear(url)
    return _engine(url)


def trouble() -> Trouble | None:
    """Return why there is nothing to show; None when the warehouse can be read."""
    try:
        engine()
    except WarehouseError as error:
        text = str(error)
        return Trouble(text, text.startswith(("there is no warehouse", "the warehouse is empty")))
    except LabelpulseError as error:
        return Trouble(str(error), missing=False)
    return None


def may_name() -> bool:
    """Return whether names may be shown: only this machine can open the dashboard."""
    loopback = str(st.get_option("server.address") or "") in _LOOPBACK
    return loopback and not settings().dashboard.is_shared


@lru_cache(maxsize=KEPT_WAREHOUSES)
def _key(config: Path | None) -> bytes:
    return pseudonym_key(config)


def scope() -> Scope:
    """Return who asks: everybody sees all projects, and people by stable pseudonyms."""
    return Scope(key=_key(settings().file))


@lately(POLL_S, KEPT_WAREHOUSES * 2)
def _versions(url: str) -> dict[int, int]:
    return data_versions(_engine(url))


def version(project: int) -> int:
    """Return a project's data version now; -1 when the project is gone."""
    return _versions(address()).get(project, -1)


@lately(POLL_S, KEPT_WAREHOUSES * 2)
def _overview(url: str, who: Scope) -> Overview:
    return overview(_engine(url), who)


def everything() -> Overview:
    """Return all sources and projects as they stand now."""
    return _overview(address(), scope())


def whole_version() -> int:
    """Return what changes when any project's data does."""
    return sum(_versions(address()).values())


def teams() -> tuple[str, ...]:
    """Return the names of the teams that have members."""
    return everything().teams


def holding(project: int) -> Holding | None:
    """Return one project as it stands now; None when it is gone."""
    return next((one for one in everything().projects if one.info.id == project), None)


def interval(source: str) -> timedelta:
    """Return the time between a source's polls; the usual one where the file does not name it."""
    found = (one.beat for one in settings().sources if one.name == source)
    return next(found, timedelta(seconds=10))


@lru_cache(maxsize=KEPT_WAREHOUSES * 4)
def _names(at: Moment, who: Scope) -> dict[str, str]:
    return names_of(_engine(at.url), who)


def names(project: int) -> dict[str, str]:
    """Return shown pseudonym -> the person's name; empty where names may not be shown."""
    return _names(Moment(address(), version(project)), scope()) if may_name() else {}


@lru_cache(maxsize=KEPT_ANSWERS)  # Streamlit's own would hash and copy at each of many questions
def _answer(at: Moment, query: MetricQuery, who: Scope) -> list[Row]:
    return read(_engine(at.url), query, who).rows


def answer(query: MetricQuery, at: int) -> list[Row]:
    """Return the rows of a query on the data of one version; all sessions share them: read only.

    Metrics as of now also age without new data: they are read again every minute.
    """
    metric = METRICS[query.metric]
    if at >= 0 and _counted_from_answers(query) and large(query.project):
        return _answer(Moment(address(), SLOW, now() // (SLOW_MINUTES * MINUTE_US)), query, scope())
    minute = now() // MINUTE_US if metric.state else 0
    return _answer(Moment(address(), at, minute), query, scope())


def _counted_from_answers(query: MetricQuery) -> bool:
    """True where no rollup is fine enough: fits, and agreement of some people only."""
    people = any(one.key in ("annotator", "team") for one in query.where)
    return METRICS[query.metric].kind == "fit" or (people and METRICS[query.metric].on_control)


def large(project: str | None) -> bool:
    """True where what needs all answers of a project is not counted anew with every poll."""
    held = (one for one in everything().projects if one.info.label == project)
    return any(map(is_large, held))


def is_large(held: Holding) -> bool:
    """True where what needs all answers is not counted anew with every poll."""
    return held.answers >= LARGE


@lru_cache(maxsize=KEPT_ANSWERS // 4)
def _detail(at: Moment, kind: str, query: MetricQuery, who: Scope) -> list[Row]:
    return details.TABLES[kind](_engine(at.url), query, who)


def detail(kind: str, query: MetricQuery, at: int) -> list[Row]:
    """Return one of the tables behind single numbers, on the data of one version."""
    return _detail(Moment(address(), at, now() // (60 * MINUTE_US)), kind, query, scope())


@lately(POLL_S, KEPT_WAREHOUSES * 2)
def _states(url: str) -> list[status.SourceHealth]:
    return status.source_states(_engine(url))


@lately(POLL_S, KEPT_WAREHOUSES * 2)
def _deleted(url: str) -> dict[str, int]:
    return status.deleted(_engine(url))


def deleted() -> dict[str, int]:
    """Return source -> rows that were found to be deleted there."""
    return _deleted(address())


def source_states() -> list[status.SourceHealth]:
    """Return how every source stands now."""
    return _states(address())


@lately(60, KEPT_WAREHOUSES)
def _alike(url: str) -> list[int]:
    return [len(accounts) for accounts in alike(_engine(url))]


def accounts_alike() -> list[int]:
    """Return how many accounts share an e-mail address and are not linked, by address."""
    return _alike(address())


@lately(POLL_S, KEPT_WAREHOUSES * 16)
def _markers(url: str, project: int) -> list[Marker]:
    return markers(_engine(url), [project])


def noted(project: int) -> list[Marker]:
    """Return what was noted for days of a project, or of all projects."""
    return _markers(address(), project)


def mark(project: int | None, day: int, kind: str, text: str) -> None:
    """Keep a marker on a day (an ordinal) of a project, or of all: all that a page ever writes.

    Its engine is opened for this alone; pages read through one that cannot write.
    """
    own = connect(address())
    try:
        check_version(own)
        Warehouse(own, ROLLUPS).mark(project, day, kind, text)
    finally:
        own.dispose()
    _markers.clear()
    _versions.clear()


def care(
    time: status.Time,
) -> tuple[status.Listed[status.Run], status.Listed[status.Quarantined], list[status.Held]]:
    """Return runs and records in quarantine of some time, and submissions held back now."""
    own = engine()
    return status.runs(own, time), status.quarantined(own, time), status.held(own)


def explained(query: MetricQuery) -> Explanation:
    """Return how the answer to a query came about."""
    return explain(engine(), query, scope())


def definition(metric: str) -> Entry:
    """Return a metric's entry in the glossary."""
    return glossary()[metric]


def now() -> int:
    """Return the clock that ages are measured by, microseconds UTC."""
    return now_us()
