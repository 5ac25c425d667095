"""Reviewers and teams: what is known of each, with intervals."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from labelpulse.core.estimate import Row
from labelpulse.core.events import LABELED, MATCHED
from labelpulse.core.pseudonyms import UNKNOWN
from labelpulse.judgement.assess import GOLD, gold_metric, has_gold
from labelpulse.judgement.desk import Desk
from labelpulse.judgement.people import is_person
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


def reviewed(desk: Desk) -> Row | None:
    """Return how much of the work was reviewed in the chosen days; None = nothing was."""
    row = desk.one("review_coverage")
    return row if row is not None and row["value"] else None


def reviewers(desk: Desk) -> list[Group]:
    """Return everybody known to have reviewed, in alphabetical order."""
    found: dict[str, dict[str, Row]] = {}
    for metric in OF_REVIEWERS:
        for row in desk.rows(metric, "reviewer"):
            name = row.get("reviewer")
            if name not in (None, UNKNOWN) and row["value"] is not None:
                found.setdefault(str(name), {})[metric] = row
    return _sorted(found)


def teams(desk: Desk) -> list[Group]:
    """Return every team whose people answered in the chosen days, in alphabetical order."""
    found: dict[str, dict[str, Row]] = {}
    for metric in OF_TEAMS:
        for row in desk.rows(metric, "team") if _told(desk, metric) else ():
            if row.get("team") is not None and row["value"] is not None:
                found.setdefault(str(row["team"]), {})[metric] = row
    for name, rows in found.items() if _told(desk, INSIDE) else ():
        together = next(iter(inside(desk, name)), None)
        if together is not None and together["value"] is not None:
            rows[INSIDE] = together
    return _sorted(found)


def of_team(name: str) -> tuple[str, ...]:
    """Return the condition that keeps the people of one team."""
    return (Condition("team", name, True).text(),)


def inside(desk: Desk, team: str, *by: str) -> list[Row]:
    """Return how often two people of one team agree with each other."""
    asked = replace(desk.query(INSIDE, *by), where=(Condition("team", team, True),))
    return [*desk.ask.answer(asked, desk.version)]


def _told(desk: Desk, metric: str) -> bool:
    """Return whether a project of this kind can have a metric."""
    if metric in GOLD:
        kinds = LABELED | MATCHED
        return has_gold(desk) and desk.scale in kinds and metric == gold_metric(desk)
    if metric in ("peer_agreement", INSIDE):
        return bool(desk.holding.double) and desk.scale in LABELED
    return True


def _sorted(found: Mapping[str, Mapping[str, Row]]) -> list[Group]:
    return [Group(name, found[name]) for name in sorted(found, key=str.casefold)]


def trained(desk: Desk, metric: str, person: str) -> list[Row]:
    """Return one person's number before and after each training that was noted.

    Args:
        person: the pseudonym.
    """
    rows = desk.detail("moves", metric=metric, where=is_person(person))
    told = [row for row in rows if row["before"] is not None or row["after"] is not None]
    return [row for row in told if row["kind"] == TRAINING]
