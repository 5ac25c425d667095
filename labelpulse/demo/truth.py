"""The planted truth: what was hidden in the history, where to look, and the numbers to expect.

`planted` and `street_truth` count; here it is put together and written down.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from labelpulse.demo import cast, street
from labelpulse.demo.cast import Person
from labelpulse.demo.planted import (
    LATE_DAYS,
    Number,
    Planted,
    numbers,
    planted_in_tickets,
    tickets_end,
)
from labelpulse.demo.story import Plan
from labelpulse.demo.street_story import StreetPlan
from labelpulse.demo.street_truth import EARLY_DAYS, planted_in_street, street_end

PROGRAM = "Customer AI"


@dataclass(frozen=True, slots=True)
class Quiet:
    """What must not be named: by which metric, in which project, of whom (all who are not `but`).

    `but` holds e-mail addresses; `day` is set where only that day must stay quiet.
    """

    metric: str
    project: str
    why: str
    but: tuple[str, ...] = ()
    day: str | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """What the operator is to say of a project, and how many days its p50 is past its deadline."""

    title: str
    control: str
    deadline: str
    days_late_p50: int
    program: str = PROGRAM


@dataclass(frozen=True, slots=True)
class Marker:
    """What the team noted on a day, as `labelpulse mark` would."""

    text: str
    project: str
    day: str
    kind: str


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything a reader of the demo must be able to find; days in `timezone`."""

    project: str
    control: str
    timezone: str
    seed: int
    days: int
    first: str
    today: str
    now: str
    deadline: str
    gold_author: str
    teams: Mapping[str, tuple[str, ...]]
    people: tuple[Mapping[str, Number], ...]
    numbers: Mapping[str, Number]
    planted: tuple[Planted, ...]
    quiet: tuple[Quiet, ...]
    projects: tuple[Project, ...]
    markers: tuple[Marker, ...]

    def to_json(self) -> str:
        """Return all of it as an indented JSON document."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False)

    def find(self, what: str) -> Planted:
        """Return the planted thing called `what`.

        Raises:
            KeyError: nothing of that name was planted.
        """
        for planted in self.planted:
            if planted.what == what:
                return planted
        raise KeyError(what)


def write_truth(truth: Truth, path: Path) -> None:
    """Write `truth` as JSON to `path`, in UTF-8."""
    path.write_text(truth.to_json() + "\n", encoding="utf-8")


def truth_of(plan: Plan, boxes: StreetPlan, now: datetime) -> Truth:
    """Count the truth of what was done up to `now`."""
    when, acts, drawings = plan.dates, plan.until(now), boxes.until(now)
    end = tickets_end(plan, acts)
    late = end - timedelta(days=LATE_DAYS)
    early = street_end(boxes, drawings) + timedelta(days=EARLY_DAYS)
    return Truth(
        project=cast.PROJECT_TITLE,
        control=cast.CONTROL,
        timezone="UTC",
        seed=plan.seed,
        days=len(when.days),
        first=when.first.isoformat(),
        today=when.today.isoformat(),
        now=now.astimezone(UTC).isoformat(),
        deadline=late.isoformat(),
        gold_author=cast.the(cast.EXPERT).email,
        teams={
            team.name: tuple(p.email for p in cast.WORKERS if p.team is team) for team in cast.TEAMS
        },
        people=tuple(_card(person) for person in cast.EVERYONE),
        numbers=numbers(plan, acts),
        planted=(*planted_in_tickets(plan, acts), *planted_in_street(boxes, drawings)),
        quiet=tuple(_quiet(plan)),
        projects=(
            Project(cast.PROJECT_TITLE, cast.CONTROL, late.isoformat(), LATE_DAYS),
            Project(street.PROJECT_TITLE, street.CONTROL, early.isoformat(), -EARLY_DAYS),
        ),
        markers=_markers(plan),
    )


def _markers(plan: Plan) -> tuple[Marker, ...]:
    when = plan.dates
    return (
        Marker("Model v2", cast.PROJECT_TITLE, when.model_v2.isoformat(), "release"),
        Marker("Guideline v2", cast.PROJECT_TITLE, when.guideline.isoformat(), "guideline"),
        Marker("Night pictures", street.PROJECT_TITLE, when.night.isoformat(), "release"),
    )


def _quiet(plan: Plan) -> Iterator[Quiet]:
    """Yield what the story has no cause for, so that naming it would be a false accusation."""
    fast = (cast.the(cast.FAST).email,)
    holiday = plan.dates.holiday.isoformat()
    for title in (cast.PROJECT_TITLE, street.PROJECT_TITLE):
        yield Quiet("throughput_drift", title, "nobody was to work on the holiday", day=holiday)
        yield Quiet("label_mix_drift", title, "the same things are labeled as ever")
        yield Quiet("time_spent_drift", title, "nobody became faster or slower")
        yield Quiet("signal_too_fast", title, "the others take their time", fast)
    yield Quiet(
        "gold_drift", cast.PROJECT_TITLE, "gold is made of clear tickets, which none misread"
    )
    misread = tuple(person.email for person in cast.WORKERS if person.team is cast.MANILA)
    for metric in ("consensus_accuracy", "peer_agreement"):
        why = "only Manila misreads the guideline, not one person of it"
        yield Quiet(metric, cast.PROJECT_TITLE, why, (*fast, *misread))
    yield Quiet("gold_accuracy", cast.PROJECT_TITLE, "the others are right as often as usual", fast)
    yield Quiet("match_f1", street.PROJECT_TITLE, "the night is harder for everyone alike")


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a page must say of one thing that was planted.

    Attributes:
        page: as in addresses.
        words: labels and people's names, in the data's own spelling.
        cause, day: None = the page does not tell; a page may be two days off.
    """

    page: str
    planted: Planted
    words: tuple[str, ...]
    cause: str | None
    day: str | None


def sightings(truth: Truth) -> Iterator[Sighting]:
    """Yield what the pages must say of everything planted."""
    names = {str(person["email"]): str(person["name"]) for person in truth.people}
    for planted in truth.planted:
        if planted.what in _UNSPOKEN:
            continue
        persons = tuple(names[who] for who in planted.who if planted.what in _OF_PEOPLE)
        event = planted.day if planted.what not in _STANDING else None
        for page in planted.pages:
            if page == "alerts" and planted.what == _ON_GOLD and truth.days < _ENOUGH_GOLD:
                continue
            listed, counted = page == "items", page == "flow"
            yield Sighting(
                page=page,
                planted=planted,
                words=(*planted.labels, *(() if counted else persons)),
                cause=None if listed or counted else planted.cause,
                day=None if listed or (page, planted.what) == _DRAWN else event,
            )


_STANDING = ("fast and wrong", "slow and right", "bad luck, too few to rank")
"""How somebody is, on no day."""
_OF_PEOPLE = (*_STANDING, "two people left")
"""Of these people are named; a fall is a team's, and a wrong key accuses nobody."""
_ON_GOLD, _ENOUGH_GOLD = "fast and wrong", 90
"""In fewer days known answers may not meet somebody often enough to be sure of it."""
_DRAWN = ("agreement", "guideline v2")
"""There it is a mark on the chart."""
_UNSPOKEN = ("holiday", "silent delete")
"""Nothing is said of the one; of the others a page says how many."""


def _card(person: Person) -> dict[str, Number]:
    return {
        "id": person.id,
        "name": f"{person.first} {person.last}",
        "email": person.email,
        "team": person.team.name,
        "zone": person.team.zone.key,
        "role": person.role,
    }
