"""The history of all projects: every submission until the end of today, and how much is left."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from labelpulse.demo import reviews, street, tickets
from labelpulse.demo.reviews import ReviewsWork
from labelpulse.demo.story import (
    EXPERT,
    REVIEWS_STAFF,
    STREET_STAFF,
    TICKETS_STAFF,
    Calendar,
    midnight_of,
)
from labelpulse.demo.street import StreetWork
from labelpulse.demo.tickets import QUEUE, QUEUE_NOW, TicketsWork
from labelpulse.demo.work import Submission, shifts


@dataclass(frozen=True, slots=True)
class ProjectHistory:
    """What happened in a project, in order of time, and the numbers of all its items."""

    submissions: list[Submission]
    numbers: Sequence[int]

    def until(self, now: datetime) -> "ProjectHistory":
        """Return what happened up to the aware `now`, without edits that are still to come."""
        submissions = [
            replace(submission, edited_at=None)
            if submission.edited_at and submission.edited_at > now
            else submission
            for submission in self.submissions
            if submission.at <= now
        ]
        return ProjectHistory(submissions, self.numbers)


@dataclass(frozen=True, slots=True)
class History:
    """What happened in all projects; tickets from `first_v2` on have predictions of model v2."""

    calendar: Calendar
    tickets: ProjectHistory
    first_v2: int
    street: ProjectHistory
    reviews: ProjectHistory


def simulate(calendar: Calendar, now: datetime) -> History:
    """Simulate the history up to the aware `now`; a later start on the same day only adds to it."""
    first_v2, ticket_history = simulate_tickets(calendar)
    return History(
        calendar,
        ticket_history.until(now),
        first_v2,
        simulate_street(calendar).until(now),
        simulate_reviews(calendar).until(now),
    )


def simulate_tickets(calendar: Calendar) -> tuple[int, ProjectHistory]:
    """Simulate Tickets; return the first ticket with a prediction of v2 beside the history."""
    work, submissions, keyed_on = TicketsWork(), list[Submission](), len(calendar.dates)
    down, up = calendar.outage()
    for day, at, person in shifts("tickets", calendar, TICKETS_STAFF, tickets.DAILY):
        if down <= at < up:
            continue
        if day < keyed_on:
            keyed_on = day
            opens = midnight_of(calendar.dates[day]) + timedelta(hours=EXPERT.team.opens)
            submissions += work.key_gold(opens)
        if work.first_v2 is None and day <= calendar.ago("model v2"):
            work.first_v2 = work.queue.first_new(1, tickets.is_gold)
        work.is_misread = day <= calendar.ago("agreement fell")
        work.target = _queue_target(calendar, day)
        submissions.append(work.submit(at, person, work.pick(person)))
    submissions.sort(key=lambda submission: submission.at)
    done = _answers_before_today(submissions, calendar)
    mean = sum(map(tickets.required, range(1, 20_001))) / 20_000
    count = round(done / tickets.PROGRESS / mean)
    return work.first_v2 or 1, ProjectHistory(submissions, range(1, count + 1))


def _queue_target(calendar: Calendar, day: int) -> float:
    """Return how many tickets wait for more labels: more each day since two people left."""
    left = calendar.ago("two people left")
    days_since = max(0, left - max(day, 1) + 1) if day <= left else 0
    return QUEUE + (QUEUE_NOW - QUEUE) * days_since / left


def simulate_street(calendar: Calendar) -> ProjectHistory:
    """Simulate Street: harder pictures, taken at night, come in."""
    work, submissions = StreetWork(), list[Submission]()
    down, up = calendar.outage()
    for day, at, person in shifts("street", calendar, STREET_STAFF, street.DAILY):
        if not down <= at < up:
            work.has_night = day <= calendar.ago("night pictures")
            submissions.append(work.submit(at, person, work.pick(person)))
    done = _answers_before_today(submissions, calendar)
    days = work.queue.first_new() - 1
    nights = work.queue.first_new(street.NIGHT_FROM) - street.NIGHT_FROM
    left = max(60, round(done / street.PROGRESS / (1 + street.OVERLAP_SHARE)) - days - nights)
    nights += round(street.NIGHT_SHARE * left)
    days += round((1 - street.NIGHT_SHARE) * left)
    night = street.NIGHT_FROM
    return ProjectHistory(submissions, (*range(1, days + 1), *range(night, night + nights)))


def simulate_reviews(calendar: Calendar) -> ProjectHistory:
    """Simulate Reviews, in which nothing is wrong."""
    work = ReviewsWork()
    submissions = [
        work.submit(at, person, work.pick(person))
        for _, at, person in shifts("reviews", calendar, REVIEWS_STAFF, reviews.DAILY)
    ]
    count = round((work.queue.first_new() - 1) / reviews.PROGRESS)
    return ProjectHistory(submissions, range(1, count + 1))


def _answers_before_today(submissions: list[Submission], calendar: Calendar) -> int:
    return sum(
        submission.answer is not None and submission.at.date() < calendar.today
        for submission in submissions
    )
