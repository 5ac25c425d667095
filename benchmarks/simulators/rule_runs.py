"""Run alert rules on a simulated project and list when they fire."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.simulators.calm_project import CALM, DAYS, HOLIDAY, Day, Team, Trouble
from labelpulse.alerts.backtest import backtest
from labelpulse.alerts.observe import sampled
from labelpulse.alerts.rules import subject_of
from labelpulse.alerts.starter import starter
from labelpulse.config import Alert
from tests.alerts.site import Site, settings_of
from tests.reader.world import NAMES, NOON, engine_at

SLACK = 49
"""Days from the last day to the deadline: about three weeks more than the work needs."""
SOURCE = {"name": "studio", "type": "label-studio-db", "url": "sqlite:///none", "every": "1h"}


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule that fired: its name, the day of the project, and the subject as text."""

    rule: str
    day: int
    subject: str


def starter_rules() -> list[Alert]:
    """Return the starter rules for the simulated source."""
    return starter(settings_of(Path(), sources=[SOURCE]))


def find_firings(seed: int, rules: Sequence[Alert], trouble: Trouble = CALM) -> list[Firing]:
    """List what fires in 90 days, by back-test where a rule allows it.

    Rules on current values are evaluated live, every evening. A live replay gives the same result
    as a back-test (`test_replay`) but takes many times as long.
    """
    with TemporaryDirectory() as folder:
        return find_firings_in(Path(folder), seed, rules, trouble)


def find_firings_in(
    folder: Path, seed: int, rules: Sequence[Alert], trouble: Trouble = CALM
) -> list[Firing]:
    """List what fires in 90 days, with a warehouse in this folder."""
    live_rules = [firing for firing in rules if sampled(firing)]
    site = Site(engine_at(folder), settings_of(folder, sources=[SOURCE]))
    site.settings = site.settings.model_copy(update={"alerts": live_rules})
    days = list(Team(seed, trouble).days())
    if live_rules:
        _replay_live(site, days)
    else:
        _load(site, DAYS - 1, days)
        site.night(DAYS - 1)
    fired_rules = [
        Firing(firing.rule, _number(firing.fired_day), subject_of(firing.keys).words)
        for firing in site.incidents()
    ]
    for rule in rules:
        if not sampled(rule):
            firings = backtest(site.engine, site.settings, NAMES, rule, site.now, since=1).fired
            fired_rules += [
                Firing(rule.name, _number(firing.first), firing.subject.words) for firing in firings
            ]
    site.engine.dispose()
    return sorted(fired_rules, key=lambda firing: (firing.day, firing.rule, firing.subject))


def _replay_live(site: Site, days: Iterable[Day]) -> None:
    coming = {day.number: day for day in days}
    for number in range(DAYS):
        if day := coming.get(number):
            _load(site, number, [day])
        site.night(number)
        site.cycle()


def _load(site: Site, number: int, days: Sequence[Day]) -> None:
    site.day(
        number,
        [answer for day in days for answer in day.answers],
        gold="column",
        required={name: n for day in days for name, n in day.required.items()},
        batches={name: batch for day in days for name, batch in day.batches.items()},
        holidays=[_iso(HOLIDAY)],
        deadline=_iso(DAYS + SLACK),
    )


def _iso(number: int) -> str:
    return (NOON.date() + timedelta(days=number)).isoformat()


def _number(day: int) -> int:
    return (date.fromordinal(day) - NOON.date()).days
