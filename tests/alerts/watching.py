"""Rules that watch a simulated project: what fires, on which days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from labelpulse.alerts.backtest import backtest
from labelpulse.alerts.observe import sampled
from labelpulse.alerts.rules import subject_of
from labelpulse.alerts.starter import starter
from labelpulse.config import Alert
from tests.alerts.calm import CALM, DAYS, HOLIDAY, Day, Team, Trouble
from tests.alerts.site import Site, settings_of
from tests.reader.world import NAMES, NOON, engine_at

SLACK = 49
"""Days from the last day to the deadline: some three weeks more than are needed."""
SOURCE = {"name": "studio", "type": "label-studio-db", "url": "sqlite:///none", "every": "1h"}


@dataclass(frozen=True, slots=True)
class Fired:
    """One time that a rule fired: on which day of the project, and its subject's words."""

    rule: str
    day: int
    subject: str


def rules_of_starter() -> list[Alert]:
    """Return the starter rules for the one source."""
    return starter(settings_of(Path(), sources=[SOURCE]))


def fired(seed: int, rules: Sequence[Alert], trouble: Trouble = CALM) -> list[Fired]:
    """Return what fires in 90 days, by a back-test; of numbers as of now live, evening by evening.

    A live replay fires as the back-test does (`test_replay`), and takes many times as long.
    """
    with TemporaryDirectory() as folder:
        return watch(Path(folder), seed, rules, trouble)


def watch(folder: Path, seed: int, rules: Sequence[Alert], trouble: Trouble = CALM) -> list[Fired]:
    """Do so with a warehouse in a folder, which stays there."""
    live = [one for one in rules if sampled(one)]
    site = Site(engine_at(folder), settings_of(folder, sources=[SOURCE]))
    site.settings = site.settings.model_copy(update={"alerts": live})
    days = list(Team(seed, trouble).days())
    if live:
        _live(site, days)
    else:
        _load(site, DAYS - 1, days)
        site.night(DAYS - 1)
    found = [
        Fired(one.rule, _number(one.fired_day), subject_of(one.keys).words)
        for one in site.incidents()
    ]
    for rule in rules:
        if not sampled(rule):
            told = backtest(site.engine, site.settings, NAMES, rule, site.now, since=1).fired
            found += [Fired(rule.name, _number(one.first), one.subject.words) for one in told]
    site.engine.dispose()
    return sorted(found, key=lambda one: (one.day, one.rule, one.subject))


def _live(site: Site, days: Iterable[Day]) -> None:
    coming = {one.number: one for one in days}
    for number in range(DAYS):
        if day := coming.get(number):
            _load(site, number, [day])
        site.night(number)
        site.cycle()


def _load(site: Site, number: int, days: Sequence[Day]) -> None:
    site.day(
        number,
        [say for day in days for say in day.says],
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
