"""A cycle of alerts over many rules and projects, beside as many bare reads of the same numbers."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from labelpulse.alerts.rules import question
from labelpulse.core.days import day_text
from labelpulse.reader import read
from tests.alerts.site import Site, pairs, settings_of
from tests.bench.measure import Row, growth, seconds
from tests.reader.world import HIDDEN, Say, engine_at

DAYS = 40
ITEMS = 30
"""A day and project, each answered by two people."""

_PLACE = ("project", "control")
_KINDS: tuple[tuple[str, tuple[str, ...], dict[str, Any]], ...] = (
    ("agreement_percent", _PLACE, {"below": 0.8}),
    ("agreement_percent", _PLACE, {"worse_than_own": "28d"}),
    ("agreement_alpha", _PLACE, {"below": 0.6}),
    ("skip_rate", ("project",), {"above": 0.1}),
    ("time_spent_median", ("project", "annotator"), {"below": 2}),
    ("agreement_drift", _PLACE, {"drift": True}),
    ("throughput_drift", ("project",), {"drift": True}),
    ("annotations_submitted", ("project",), {"no_data": 1}),
    ("label_share", _PLACE, {"above": 0.9}),
    ("peer_agreement", (*_PLACE, "annotator"), {"worse_than_own": "28d"}),
)


_WINDOWS = (1, 3, 7, 14, 28)
"""Days, as people choose them."""


def rules(count: int) -> Iterator[dict[str, Any]]:
    """Yield so many rules, which ask at most fifty different questions of each project."""
    for at in range(count):
        metric, by, condition = _KINDS[at % len(_KINDS)]
        window = (
            {}
            if {"drift", "no_data"} & set(condition)
            else {"window": f"{_WINDOWS[at // len(_KINDS) % len(_WINDOWS)]}d"}
        )
        yield {"name": f"rule {at}", "metric": metric, "by": by, "for": 1 + at % 3} | (
            condition | window
        )


def measure(folder: Path, rules_: int, projects: int) -> list[Row]:
    """Return what a cycle costs: all projects moved, one did, none did."""
    home = folder / "alerts"
    home.mkdir()
    engine = engine_at(home)
    site = Site(engine, settings_of(home, *rules(rules_)))
    for project in range(projects):
        days = [one for day in range(DAYS) for one in _said(day, project)]
        site.day(DAYS - 1, days, title=f"P{project}")
    site.night(DAYS - 1)
    first = seconds(site.go)
    for project in range(projects):
        site.day(DAYS, list(_said(DAYS, project)), title=f"P{project}")
    site.night(DAYS)
    bare = seconds(lambda: _read_all(site))
    every = seconds(site.go)
    site.day(DAYS + 1, list(_said(DAYS + 1, 0)), title="P0")
    one, none = seconds(site.go), seconds(site.go)
    engine.dispose()
    size = f"{rules_} rules, {projects} projects"
    against = "one read a rule"
    return [
        growth("cycle, every project has a new day (once)", size, every, against, bare),
        growth("cycle, one project has (once)", size, one, against, bare),
        growth("cycle, nothing came in (once)", size, none, against, bare),
        growth("first cycle, a year of history (once)", size, first, against, bare),
    ]


def _said(day: int, project: int) -> Iterator[Say]:
    for one in pairs(day, 0.85, n=ITEMS, seed=project):
        yield replace(one, item=f"{project}-{one.item}", who=f"{one.who}{project}", time_ms=20_000)


def _read_all(site: Site) -> None:
    """Read each rule's numbers of its window once, as somebody would without any of this."""
    last = site.now // 86_400_000_000 + 719_163
    for rule in site.settings.alerts:
        query = question(rule)
        if rule.window is not None:
            since = day_text(last - rule.window.days + 1)
            query = replace(query, since=since, until=day_text(last))
        if rule.drift:
            query = replace(query, by=(*query.by, "day"))
        read(site.engine, query, HIDDEN, clock=lambda: site.now)
