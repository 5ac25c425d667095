"""What a configuration names and the warehouse does not hold, a sentence each; no person's name."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from labelpulse.core.formats import ordinals

if TYPE_CHECKING:
    from labelpulse.config import Settings
    from labelpulse.config.models import Project
    from labelpulse.reader.holdings import Holding

SHOWN = 5

_IDS = (
    "write native ids (`labelpulse query annotations_submitted --by annotator --names` lists "
    "them) or e-mail addresses"
)


def unmatched(settings: "Settings", held: "Mapping[str, Holding]") -> Iterator[str]:
    """Yield what matches nothing: where in the file, and what there is instead.

    What a source that was never loaded might still bring is not held against the file.
    """
    for project in settings.projects:
        yield from _project(settings, project, held)
    yield from _rates_of_teams(settings)
    accounts = _all_accounts(settings, held)
    if accounts is not None:
        yield from _people(settings, accounts)


def _project(
    settings: "Settings", project: "Project", held: "Mapping[str, Holding]"
) -> Iterator[str]:
    where = f"[[projects]] {project.title!r}"
    there = held.get(project.source)
    if there is None:
        polled = [source.name for source in settings.sources]
        if held and project.source not in polled:
            known = did_you_mean(project.source, [*dict.fromkeys([*polled, *held])])
            yield f"{where} source: nothing was loaded as {project.source!r} yet{known}"
        return
    if not there.loaded:
        return
    controls = there.controls.get(project.title)
    if controls is None:
        known = did_you_mean(project.title, list(there.controls))
        yield f"{where}: {project.source} has no such project{known}"
        return
    if isinstance(project.gold, tuple) and (lost := _lost(project.gold, there.accounts)):
        yield (
            f"{where} gold: {ordinals(lost)} of its authors {_match(lost)} no account of "
            f"{project.source}: {_IDS}"
        )
    if project.headline is not None and project.headline not in controls:
        known = did_you_mean(project.headline, controls)
        yield f"{where} headline: the project has no control {project.headline!r}{known}"
    for name in project.controls:
        if name not in controls:
            known = did_you_mean(name, controls)
            yield f"{where} [projects.controls.{name}]: the project has no such control{known}"


def _rates_of_teams(settings: "Settings") -> Iterator[str]:
    teams = [one.name for one in settings.teams]
    for place, rate in enumerate(settings.rates, 1):
        if rate.team is not None and rate.team not in teams:
            known = did_you_mean(rate.team, teams)
            yield f"[[rates]] number {place}: there is no team {rate.team!r} in [[teams]]{known}"


def _all_accounts(settings: "Settings", held: "Mapping[str, Holding]") -> frozenset[str] | None:
    """Return the accounts of all sources; None while some may still be to come."""
    complete = all(one.name in held and held[one.name].loaded for one in settings.sources)
    if not complete or not any(one.loaded for one in held.values()):
        return None
    return frozenset[str]().union(*(one.accounts for one in held.values()))


def _people(settings: "Settings", accounts: Collection[str]) -> Iterator[str]:
    for person in settings.people:
        if lost := _lost(person.accounts, accounts):
            yield (
                f"[[people]] number {settings.people.index(person) + 1}: {ordinals(lost)} of its "
                f"accounts {_match(lost)} none of any source: write SOURCE/ID "
                "(`labelpulse query annotations_submitted --by annotator --names` lists ids) or "
                "e-mail addresses"
            )
    accounts = {*accounts, *(one.name for one in settings.people)}
    for team in settings.teams:
        if lost := _lost([one.account for one in team.members], accounts):
            yield (
                f"[[teams]] {team.name!r}: {ordinals(lost)} of its members {_match(lost)} no "
                f"account of any source: {_IDS}"
            )
    for place, rate in enumerate(settings.rates, 1):
        if rate.annotator is not None and rate.annotator not in accounts:
            yield (
                f"[[rates]] number {place}: its annotator matches no account of any source: {_IDS}"
            )


def _lost(named: Sequence[str], accounts: Collection[str]) -> list[int]:
    """Return the places, counted from 1, of those who are nobody."""
    return [place for place, one in enumerate(named, 1) if one not in accounts]


def _match(lost: Sequence[int]) -> str:
    return "matches" if len(lost) == 1 else "match"


def did_you_mean(wanted: str, known: Sequence[str]) -> str:
    """Return the remedy: the name that was probably meant, else those there are."""
    if near := get_close_matches(wanted, known, n=1):
        return f"; did you mean {near[0]!r}?"
    more = f" and {len(known) - SHOWN:,} more" if len(known) > SHOWN else ""
    listed = ", ".join(map(repr, known[:SHOWN]))
    return f"; known: {listed}{more}" if known else "; it has none yet"
