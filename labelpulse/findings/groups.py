"""Reviewers and teams: what is known of each, with intervals."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from labelpulse.core.estimate import Row
from labelpulse.core.events import LABELED, MATCHED
from labelpulse.core.pseudonyms import UNKNOWN
from labelpulse.findings.assess import GOLD, gold_metric, has_gold
from labelpulse.findings.people import is_person
from labelpulse.findings.selection import Selection
from labelpulse.reader.query import Condition

OF_REVIEWERS = ("review_acceptance", "reviewer_leniency", "reviewer_overturn", "rubber_stamps")
OF_TEAMS = (
    "active_annotators",
    "annotations_submitted",
    "time_spent_median",
    "gold_accuracy",
    "gold_match_f1",
    "peer_agreement",
)
INSIDE = "agreement_percent"
"""Agreement of people of one team with each other."""

TRAINING = "training"
"""The kind of markers that a profile looks at."""


@dataclass(frozen=True, slots=True)
class Group:
    """A reviewer or a team: metric -> its row, where it has a value."""

    name: str
    rows: Mapping[str, Row]


def reviewed(selection: Selection) -> Row | None:
    """Return how much of the work was reviewed in the chosen days; None = nothing was."""
    row = selection.one("review_coverage")
    return row if row is not None and row["value"] else None


def reviewers(selection: Selection) -> list[Group]:
    """Return everybody known to have reviewed, in alphabetical order."""
    found: dict[str, dict[str, Row]] = {}
    for metric in OF_REVIEWERS:
        for row in selection.rows(metric, "reviewer"):
            name = row.get("reviewer")
            if name not in (None, UNKNOWN) and row["value"] is not None:
                found.setdefault(str(name), {})[metric] = row
    return _sorted(found)


def teams(selection: Selection) -> list[Group]:
    """Return every team whose people answered in the chosen days, in alphabetical order."""
    found: dict[str, dict[str, Row]] = {}
    for metric in OF_TEAMS:
        for row in selection.rows(metric, "team") if _told(selection, metric) else ():
            if row.get("team") is not None and row["value"] is not None:
                found.setdefault(str(row["team"]), {})[metric] = row
    for name, rows in found.items() if _told(selection, INSIDE) else ():
        together = next(iter(inside(selection, name)), None)
        if together is not None and together["value"] is not None:
            rows[INSIDE] = together
    return _sorted(found)


def of_team(name: str) -> tuple[str, ...]:
    """Return the condition that keeps the people of one team."""
    return (Condition("team", name, True).text(),)


def inside(selection: Selection, team: str, *by: str) -> list[Row]:
    """Return how often two people of one team agree with each other."""
    asked = replace(selection.query(INSIDE, *by), where=(Condition("team", team, True),))
    return [*selection.ask.answer(asked, selection.version)]


def _told(selection: Selection, metric: str) -> bool:
    """Return whether a project of this kind can have a metric."""
    if metric in GOLD:
        kinds = LABELED | MATCHED
        return has_gold(selection) and selection.scale in kinds and metric == gold_metric(selection)
    if metric in ("peer_agreement", INSIDE):
        return bool(selection.holding.double) and selection.scale in LABELED
    return True


def _sorted(found: Mapping[str, Mapping[str, Row]]) -> list[Group]:
    return [Group(name, found[name]) for name in sorted(found, key=str.casefold)]


def trained(selection: Selection, metric: str, person: str) -> list[Row]:
    """Return one person's number before and after each training that was noted.

    Args:
        person: the pseudonym.
    """
    rows = selection.detail("moves", metric=metric, where=is_person(person))
    told = [row for row in rows if row["before"] is not None or row["after"] is not None]
    return [row for row in told if row["kind"] == TRAINING]
