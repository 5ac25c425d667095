"""What was planted in the history, as truth.json has it: for people and tests, never for pages."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta

from labelpulse.demo import live, street, tickets
from labelpulse.demo.simulate import History, ProjectHistory
from labelpulse.demo.story import EVENTS, EXPERT, MANILA, PEOPLE, TEAMS, with_role
from labelpulse.demo.tables import unique_id
from labelpulse.stats import forecast

DAYS_LATE, DAYS_EARLY = 9, 16
"""How far the likely end of Tickets is past its deadline, and that of Street before it."""
SILENT_DELETES = 6


@dataclass(frozen=True, slots=True)
class Planted:
    """One thing that was planted.

    Attributes:
        day: on which it began (UTC).
        who: e-mail addresses of the people that it is about.
        labels: the label, or the pair of labels, that it is about.
        cause: what labelpulse should give as the cause of a change.
        expected: figures of its own.
    """

    what: str
    day: str | None = None
    who: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    cause: str | None = None
    expected: Mapping[str, int | str] = field(default_factory=dict)
    project: str = tickets.TITLE


def truth_of(history: History, days: int, now: datetime) -> dict[str, object]:
    """Return everything that a reader of the demo should be able to find."""
    calendar = history.calendar
    return {
        "days": days,
        "first": calendar.first.isoformat(),
        "today": calendar.today.isoformat(),
        "now": now.astimezone(UTC).isoformat(),
        "first_v2": history.first_v2,
        "deadlines": {title: day.isoformat() for title, day in deadlines_of(history).items()},
        "days_late": {tickets.TITLE: DAYS_LATE, street.TITLE: -DAYS_EARLY},
        "teams": {
            team.name: [person.email for person in PEOPLE.values() if person.team is team]
            for team in TEAMS
        },
        "people": [
            {
                "id": person.id,
                "name": person.name,
                "email": person.email,
                "team": person.team.name,
                "role": person.role,
            }
            for person in PEOPLE.values()
        ],
        "planted": [asdict(planted) for planted in _planted(history)],
    }


def _planted(history: History) -> Iterator[Planted]:
    calendar = history.calendar
    day = {event: calendar.date_of(event).isoformat() for event in EVENTS}
    pair = (tickets.BILLING, tickets.REFUND)
    manila = tuple(person.email for person in PEOPLE.values() if person.team is MANILA)
    yield Planted("guideline v2", day["guideline v2"], labels=pair)
    yield Planted("agreement fell", day["agreement fell"], manila, pair, "quality")
    yield Planted("fast and wrong", None, _emails("fast"))
    yield Planted("slow and right", None, _emails("slow"))
    bad_luck = {"gold": tickets.NEWCOMER_GOLD, "wrong": len(tickets.NEWCOMER_WRONG)}
    yield Planted("bad luck", day["newcomer"], _emails("newcomer"), expected=bad_luck)
    yield Planted("two people left", day["two people left"], _emails("leaver"), cause="mix")
    yield Planted("holiday", day["holiday"])
    down, up = calendar.outage()
    hours = {"from": down.isoformat(), "to": up.isoformat()}
    yield Planted("outage", day["outage"], expected=hours)
    for n in tickets.WRONG_GOLD:
        yield Planted("wrong gold", who=(EXPERT.email,), expected={"item": n})
    believed = (tickets.ACCOUNT,)
    yield Planted("v2 accepted too readily", day["model v2"], labels=believed)
    for unique in _deletes(history):
        yield Planted("silent delete", expected={"unique_id": unique})
    yield Planted(
        "night pictures",
        day["night pictures"],
        cause="mix",
        expected={"batch": f"upload {street.upload_of(street.NIGHT_FROM)}"},
        project=street.TITLE,
    )
    unreadable: dict[str, int | str] = {
        "batch": f"upload {live.UPLOAD}",
        "after_seconds": int(live.AFTER.total_seconds()),
        "unreadable": live.UNREADABLE,
        "skipped": live.SKIPPED,
    }
    yield Planted("unreadable upload", calendar.today.isoformat(), expected=unreadable)


def _emails(role: str) -> tuple[str, ...]:
    return tuple(person.email for person in with_role(role))


def _deletes(history: History) -> list[str]:
    """Return the unique ids of the answers that the live team will delete without a trace."""
    candidates = [
        unique_id(tickets.PROJECT_ID, submission.n, submission.person.id, submission.at)
        for submission in history.tickets.submissions
        if submission.answer
        and tickets.required(submission.n) == 1
        and submission.at.date() < history.calendar.today
    ]
    return candidates[len(candidates) // 4 :: 97][:SILENT_DELETES]


def deadlines_of(history: History) -> dict[str, date]:
    """Return the deadline of each project that has one, by its likely end."""
    likely = {
        tickets.TITLE: _likely_end(history, history.tickets, tickets.required),
        street.TITLE: _likely_end(history, history.street, street.required),
    }
    return {
        tickets.TITLE: likely[tickets.TITLE] - timedelta(days=DAYS_LATE),
        street.TITLE: likely[street.TITLE] + timedelta(days=DAYS_EARLY),
    }


def _likely_end(history: History, project: ProjectHistory, required: Callable[[int], int]) -> date:
    """Return the likely end as labelpulse forecasts it, or at the mean pace of a short history."""
    today = history.calendar.today
    days = [
        submission.at.date() for submission in project.submissions if submission.answer is not None
    ]
    counts = Counter(day for day in days if day < today)
    first, holiday = min(counts), history.calendar.date_of("holiday")
    daily = [counts[first + timedelta(days=at)] for at in range((today - first).days)]
    left = sum(map(required, project.numbers)) - sum(daily)
    pace = forecast.fit(
        forecast.History(first.toordinal(), daily, frozenset({holiday.toordinal()}))
    )
    median = None if isinstance(pace, str) else forecast.finish(pace, left).median
    if median is None:
        return today + timedelta(days=round(left * len(daily) / sum(daily)))
    return date.fromordinal(median)
