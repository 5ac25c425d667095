"""Compare an evaluation of many alert rules with as many bare reads of the same numbers."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.speed.measurement import Row, growth, seconds
from labelpulse.alerts.rules import question
from labelpulse.core.days import day_text
from labelpulse.reader import read
from tests.alerts.site import Site, pairs, settings_of
from tests.reader.world import HIDDEN, Say, engine_at

DAYS = 40
ITEMS = 30
"""Items of a project on one day, each annotated by two annotators."""

_CONTROL = ("project", "control")
_KINDS: tuple[tuple[str, tuple[str, ...], dict[str, Any]], ...] = (
    ("agreement_percent", _CONTROL, {"below": 0.8}),
    ("agreement_percent", _CONTROL, {"worse_than_own": "28d"}),
    ("agreement_alpha", _CONTROL, {"below": 0.6}),
    ("skip_rate", ("project",), {"above": 0.1}),
    ("time_spent_median", ("project", "annotator"), {"below": 2}),
    ("agreement_drift", _CONTROL, {"drift": True}),
    ("throughput_drift", ("project",), {"drift": True}),
    ("annotations_submitted", ("project",), {"no_data": 1}),
    ("label_share", _CONTROL, {"above": 0.9}),
    ("peer_agreement", (*_CONTROL, "annotator"), {"worse_than_own": "28d"}),
)


_WINDOWS = (1, 3, 7, 14, 28)
"""Common windows, in days."""


def rules(count: int) -> Iterator[dict[str, Any]]:
    """Yield alert rules that use at most fifty different queries of each project."""
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
    """Measure an evaluation after new data in all projects, in one, and in none."""
    home = folder / "alerts"
    home.mkdir()
    engine = engine_at(home)
    site = Site(engine, settings_of(home, *rules(rules_)))
    for project in range(projects):
        answers = [answer for day in range(DAYS) for answer in _answers(day, project)]
        site.day(DAYS - 1, answers, title=f"P{project}")
    site.night(DAYS - 1)
    first = seconds(site.go)
    for project in range(projects):
        site.day(DAYS, list(_answers(DAYS, project)), title=f"P{project}")
    site.night(DAYS)
    bare = seconds(lambda: _read_every_rule(site))
    all_projects = seconds(site.go)
    site.day(DAYS + 1, list(_answers(DAYS + 1, 0)), title="P0")
    one_project, none = seconds(site.go), seconds(site.go)
    engine.dispose()
    size = f"{rules_} rules, {projects} projects"
    against = "one read a rule"
    return [
        growth("evaluation, new day in every project (once)", size, all_projects, against, bare),
        growth("evaluation, new day in one project (once)", size, one_project, against, bare),
        growth("evaluation, no new data (once)", size, none, against, bare),
        growth("first evaluation, a year back (once)", size, first, against, bare),
    ]


def _answers(day: int, project: int) -> Iterator[Say]:
    for pair in pairs(day, 0.85, n=ITEMS, seed=project):
        yield replace(
            pair, item=f"{project}-{pair.item}", who=f"{pair.who}{project}", time_ms=20_000
        )


def _read_every_rule(site: Site) -> None:
    """Read the numbers of each rule's window once, as a user would without alerts."""
    last = site.now // 86_400_000_000 + 719_163
    for rule in site.settings.alerts:
        query = question(rule)
        if rule.window is not None:
            since = day_text(last - rule.window.days + 1)
            query = replace(query, since=since, until=day_text(last))
        if rule.drift:
            query = replace(query, by=(*query.by, "day"))
        read(site.engine, query, HIDDEN, clock=lambda: site.now)
