"""The demo as its readers get it: the real collector's warehouse, asked by the metrics."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from labelpulse.alerts.backtest import Fired, backtest
from labelpulse.alerts.look import look
from labelpulse.alerts.observe import sampled
from labelpulse.alerts.present import Standing, present
from labelpulse.alerts.starter import starter
from labelpulse.config import load_settings
from labelpulse.core.days import to_us
from labelpulse.demo.home import Home, prepare
from labelpulse.ingest.collect import Collector
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.reader import MetricQuery, Scope, read
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.store import Warehouse
from labelpulse.warehouse.versions import upgrade

NAMES = Scope(names=True)
DRIFTS = ("agreement", "gold", "label_mix", "throughput", "time_spent")
PROJECTS = ("Tickets", "Street", "Reviews")

MOVED = {
    # v2 is believed where it says Account: most mistakes since are on known answers of others.
    "Tickets": {("Guideline v2", "Percent agreement"), ("Model v2", "Gold accuracy")},
    "Street": {("Night pictures", "Matched F1")},
    "Reviews": set(),
}
"""What was noted, and the number that it moved."""

SLOWED = {"Tickets": ("outage", "two people left"), "Street": ("outage",), "Reviews": ()}
"""What slowed the work; the other tool was up when the one was down."""


@dataclass(frozen=True)
class Told:
    """A demo after its first load."""

    home: Home
    engine: Any
    truth: dict[str, Any]

    @property
    def now(self) -> datetime:
        """When the history ends."""
        return datetime.fromisoformat(self.truth["now"])

    def ask(self, metric: str, project: str | None, *by: str, **query: Any) -> list[dict[str, Any]]:
        """Return the rows of a query, at the end of the history; people by id."""
        asked = MetricQuery(metric, project=project, by=by, **query)
        return read(self.engine, asked, NAMES, clock=lambda: to_us(self.now)).rows

    def find(self, what: str) -> dict[str, Any]:
        """Return the first planted thing of that name."""
        return next(one for one in self.truth["planted"] if one["what"] == what)

    def ids(self, what: str) -> set[str]:
        """Return the ids of the people of a planted thing."""
        who = self.find(what)["who"]
        return {str(one["id"]) for one in self.truth["people"] if one["email"] in who}

    def alerts(self) -> list[Standing]:
        """Return what rules are not calm about, at the end of the history; people by id."""
        settings = load_settings(self.home.config, environ={})
        found = present(look(self.engine, settings, NAMES, to_us(self.now)))
        return [one for one in found if one.state not in ("normal", "nodata")]

    def spells(self) -> list[Fired]:
        """Return what rules on the past would have fired since the history began."""
        settings = load_settings(self.home.config, environ={})
        asked = self.engine, settings, NAMES
        rules = [one for one in starter(settings) if not sampled(one)]
        return [two for one in rules for two in backtest(*asked, one, to_us(self.now)).fired]

    def poll(self, *, sweep: bool = False) -> int:
        """Let the collector look at both tools once; return how many rows it found gone."""
        settings = load_settings(self.home.config, environ={})
        collector = Collector(Warehouse(self.engine, ROLLUPS), settings, sweep=sweep)
        turns = collector.once()
        assert [turn.error for turn in turns] == [None, None]
        return sum(turn.result.deleted for turn in turns if turn.result is not None)


def tell(folder: Path, days: int, now: datetime) -> Told:
    """Simulate and load a demo."""
    home = Home(folder)
    prepare(home, days, now)
    engine = connect(load_settings(home.config, environ={}).database.get_secret_value())
    upgrade(engine)
    told = Told(home, engine, json.loads(home.truth.read_text(encoding="utf-8")))
    told.poll()
    return told


def off(told: Told, what: str, day: str) -> int:
    """Return how many days a day is from that of a planted thing."""
    return abs((date.fromisoformat(day) - date.fromisoformat(told.find(what)["day"])).days)


def episodes(told: Told, metric: str, project: str) -> list[list[dict[str, Any]]]:
    """Return the alarms of a chart, each with its rows."""
    found = defaultdict(list)
    for row in told.ask(f"{metric}_drift", project, "day"):
        if row["alarm"]:
            found[row["episode"]].append(row)
    return list(found.values())


def accusations(told: Told) -> Iterator[str]:
    """Yield what is said and should not be, or the other way round; nothing in a good demo."""
    expected = {
        ("agreement", "Tickets"): ("agreement fell", "quality"),
        ("agreement", "Street"): ("harder night batch", "mix"),
    }
    for project in PROJECTS:
        for metric in DRIFTS:
            alarms = episodes(told, metric, project)
            if metric == "throughput":
                yield from _of_pace(told, project, alarms)
                continue
            wanted = expected.get((metric, project))
            if len(alarms) != (wanted is not None):
                yield f"{metric} {project}: {len(alarms)} alarms, {_days(alarms)}"
            elif wanted:
                yield from _of_the_fall(told, project, alarms[0], *wanted)
    yield from _of_people(told)


def _days(alarms: list[list[dict[str, Any]]]) -> list[Any]:
    return [(rows[0]["day"], rows[0]["change_day"], rows[-1]["cause"]) for rows in alarms]


def _of_the_fall(told: Told, project: str, rows: Any, what: str, cause: str) -> Iterator[str]:
    if rows[-1]["cause"] != cause:
        yield f"{project}: at last {rows[-1]['cause']}, not {cause}"
    yield from (
        f"{project}: {row['day']} says {row['cause']}"
        for row in rows
        if row["cause"] not in (cause, "unclear")
    )
    for row in (rows[0], rows[-1]):
        if off(told, what, row["change_day"]) > 2:
            yield f"{project}: {what} said to begin on {row['change_day']}"


def _of_pace(told: Told, project: str, alarms: Any) -> Iterator[str]:
    """Only the outage, and on Tickets the two who left, have slowed anybody."""
    true = SLOWED[project]
    for rows in alarms:
        days = {rows[0]["change_day"], rows[-1]["change_day"]}
        if not any(all(off(told, what, day) <= 4 for day in days) for what in true):
            yield f"pace of {project}: {_days([rows])}"
        if told.find("holiday")["day"] in {row["day"] for row in rows} and len(rows) == 1:
            yield f"pace of {project}: alarm on the holiday"


def _of_people(told: Told) -> Iterator[str]:
    fast = told.ids("fast and wrong")
    for metric, under in (("gold_accuracy", 0.0), ("consensus_accuracy", 0.1), ("match_f1", 0.0)):
        for project in PROJECTS:
            (every, *_) = told.ask(metric, project)
            if every["value"] is None:
                continue
            below = {
                row["annotator"]
                for row in told.ask(metric, project, "annotator")
                if row["high"] is not None
                and row["n"] >= 20
                and row["high"] < every["value"] - under
            }
            if below - fast:
                yield f"{metric} {project}: {below}"
    for signal in ("too_fast", "straight_lining", "label_mix", "skips", "copying"):
        for project in PROJECTS:
            named = {
                row.get("annotator")
                for row in told.ask(f"signal_{signal}", project)
                if row.get("finding")
            }
            if named - fast:
                yield f"{signal} {project}: {named}"
