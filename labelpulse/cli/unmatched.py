"""Names in a configuration that match nothing in the warehouse, one sentence each.

The sentences name no person.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from labelpulse.core.formats import ordinals

if TYPE_CHECKING:
    from labelpulse.config import Settings
    from labelpulse.config.models import Project
    from labelpulse.reader.holdings import Holding

MAX_SHOWN = 5

_LIST_IDS = "`labelpulse query annotations_submitted --by annotator --names` lists"
_WRITE_IDS = f"write native ids ({_LIST_IDS} them) or e-mail addresses"


def unmatched_names(settings: "Settings", holdings: "Mapping[str, Holding]") -> Iterator[str]:
    """Yield a sentence for each name that matches nothing: its line, and similar names.

    Sources that were not loaded yet are skipped.
    """
    for project in settings.projects:
        yield from _unmatched_project(settings, project, holdings)
    yield from _unmatched_rate_teams(settings)
    accounts = _all_accounts(settings, holdings)
    if accounts is not None:
        yield from _unmatched_people(settings, accounts)


def _unmatched_project(
    settings: "Settings", project: "Project", holdings: "Mapping[str, Holding]"
) -> Iterator[str]:
    line = f"[[projects]] {project.title!r}"
    holding = holdings.get(project.source)
    if holding is None:
        polled = [source.name for source in settings.sources]
        if holdings and project.source not in polled:
            remedy = did_you_mean(project.source, [*dict.fromkeys([*polled, *holdings])])
            yield f"{line} source: nothing was loaded as {project.source!r} yet{remedy}"
        return
    if not holding.loaded:
        return
    controls = holding.controls.get(project.title)
    if controls is None:
        remedy = did_you_mean(project.title, list(holding.controls))
        yield f"{line}: {project.source} has no such project{remedy}"
        return
    if isinstance(project.gold, tuple):
        positions = _unmatched_positions(project.gold, holding.accounts)
        if positions:
            yield (
                f"{line} gold: {ordinals(positions)} of its authors {_match(positions)} no "
                f"account of {project.source}: {_WRITE_IDS}"
            )
    if project.headline is not None and project.headline not in controls:
        remedy = did_you_mean(project.headline, controls)
        yield f"{line} headline: the project has no control {project.headline!r}{remedy}"
    for name in project.controls:
        if name not in controls:
            remedy = did_you_mean(name, controls)
            yield f"{line} [projects.controls.{name}]: the project has no such control{remedy}"


def _unmatched_rate_teams(settings: "Settings") -> Iterator[str]:
    teams = [team.name for team in settings.teams]
    for number, rate in enumerate(settings.rates, 1):
        if rate.team is not None and rate.team not in teams:
            remedy = did_you_mean(rate.team, teams)
            yield f"[[rates]] number {number}: there is no team {rate.team!r} in [[teams]]{remedy}"


def _all_accounts(settings: "Settings", holdings: "Mapping[str, Holding]") -> frozenset[str] | None:
    """Return the accounts of all sources; None while some sources are not loaded yet."""
    is_complete = all(
        source.name in holdings and holdings[source.name].loaded for source in settings.sources
    )
    if not is_complete or not any(holding.loaded for holding in holdings.values()):
        return None
    return frozenset[str]().union(*(holding.accounts for holding in holdings.values()))


def _unmatched_people(settings: "Settings", accounts: Collection[str]) -> Iterator[str]:
    for number, person in enumerate(settings.people, 1):
        if positions := _unmatched_positions(person.accounts, accounts):
            yield (
                f"[[people]] number {number}: {ordinals(positions)} of its accounts "
                f"{_match(positions)} no account of any source: write SOURCE/ID ({_LIST_IDS} ids) "
                "or e-mail addresses"
            )
    accounts = {*accounts, *(person.name for person in settings.people)}
    for team in settings.teams:
        if positions := _unmatched_positions([m.account for m in team.members], accounts):
            yield (
                f"[[teams]] {team.name!r}: {ordinals(positions)} of its members "
                f"{_match(positions)} no account of any source: {_WRITE_IDS}"
            )
    for number, rate in enumerate(settings.rates, 1):
        if rate.annotator is not None and rate.annotator not in accounts:
            yield (
                f"[[rates]] number {number}: its annotator matches no account of any source: "
                f"{_WRITE_IDS}"
            )


def _unmatched_positions(names: Sequence[str], accounts: Collection[str]) -> list[int]:
    """Return the positions, counted from 1, of names that match no account."""
    return [position for position, name in enumerate(names, 1) if name not in accounts]


def _match(positions: Sequence[int]) -> str:
    return "matches" if len(positions) == 1 else "match"


def did_you_mean(name: str, available: Sequence[str]) -> str:
    """Return the nearest available name as the end of a sentence, or a list of them."""
    if nearest := get_close_matches(name, available, n=1):
        return f"; did you mean {nearest[0]!r}?"
    if not available:
        return "; there are none yet"
    more = f" and {len(available) - MAX_SHOWN:,} more" if len(available) > MAX_SHOWN else ""
    return f"; available: {', '.join(map(repr, available[:MAX_SHOWN]))}{more}"
