"""Where each person stands: new, in proving, active, idle or gone; numpy lives here."""

from math import ceil

import numpy as np

from labelpulse.core import estimate
from labelpulse.core.days import day_text
from labelpulse.core.estimate import Estimate
from labelpulse.metrics.arrays import NONE, Answers, Flags, Ints
from labelpulse.metrics.base import Group
from labelpulse.metrics.fits import Rows
from labelpulse.stats.sequential import Outcome, Plan, sprt

NEW_DAYS = 5
"""Whoever has worked on fewer days than this is new."""
IDLE_DAYS = 7
IDLE_GAPS = 3.0
"""Idle: silent for a week, and for three times a person's own usual gap, whichever is longer."""
LEFT = 4.0
"""Left: silent for four times as long: four weeks, of people who work every week."""
USUAL = 0.9
"""A person's usual gap: nine of ten gaps between their days of work are no longer."""
ACCEPTABLE = 0.1
"""Share of wrong answers to gold that is acceptable where no target is set."""
WORSE = 0.15
"""Unacceptable is so much more."""


def plan_of(target: float | None) -> Plan:
    """Return the test of somebody in proving: errors of 1 - target are fine, .15 more are not.

    >>> plan_of(0.8).good, round(plan_of(0.8).bad, 2)
    (0.2, 0.35)
    """
    good = ACCEPTABLE if target is None else round(1 - target, 9)
    good = min(max(good, 0.01), 0.8)
    return Plan(good, good + WORSE)


def contributor_state(group: Group) -> Rows:
    """Return the state of everybody who answered, with the evidence."""
    matrix = group.matrix()
    answers, chosen = matrix.answers, matrix.people & matrix.answers.named
    if not chosen.any():
        return [({}, estimate.undefined(0, "nobody known has answered"))]
    today = group.project.today
    if not group.project.live:
        today = int(answers.day.max(initial=0))
    plan = plan_of(group.control.delivery_target())
    rows = np.flatnonzero(chosen)
    since = answers.since[rows]
    order = rows[np.lexsort((since, since == 0, answers.annotator[rows]))]  # unknown times last
    cuts = np.flatnonzero(np.diff(answers.annotator[order])) + 1
    note = "" if group.project.live else "a file was imported: as of its last day"
    return [
        (
            {"annotator": int(answers.annotators[answers.annotator[own[0]]])},
            _one(answers, own, today, plan).noting(note),
        )
        for own in np.split(order, cuts)
    ]


def _one(answers: Answers, own: Ints, today: int, plan: Plan) -> Estimate:
    """Return one person's state; `own` are their answers, earliest first."""
    days = np.unique(answers.day[own])
    days = days[days > 0]
    keyed = own[_to_gold(answers, own)]
    wrong = answers.first[keyed] != answers.gold[answers.item[keyed]]
    test = sprt(wrong.tolist(), plan)
    decision: str | None = test.decision if test.n else None
    if not len(days):
        found = estimate.undefined(0, "the times of the answers are unknown")
    else:
        state, since = _state(days, today, test, _day_of(answers, keyed, test))
        found = Estimate(state, None, None, len(days)).showing(
            since=day_text(since), last_day=day_text(int(days[-1]))
        )
    return found.showing(
        **({} if len(days) else {"since": None, "last_day": None}),
        gold_n=test.n,
        gold_right=test.n - test.wrong,
        decision=decision,
        remaining=test.remaining if test.n else None,
    )


def _to_gold(answers: Answers, own: Ints) -> Flags:
    return np.asarray((answers.gold[answers.item[own]] != NONE) & (answers.first[own] != NONE))


def _day_of(answers: Answers, keyed: Ints, test: Outcome) -> int:
    """Return the day on which the test was decided; 0 where it is not."""
    return int(answers.day[keyed[test.at - 1]]) if test.at else 0


def _state(days: Ints, today: int, test: Outcome, decided: int) -> tuple[str, int]:
    """Return (state, day since when)."""
    first, last = int(days[0]), int(days[-1])
    silent, patience = today - last, idle_after(days)
    if silent > LEFT * patience:
        return "left", last
    if silent > patience:
        return "idle", last
    if test.n and test.decision == "undecided":
        return "proving", first
    if test.n:
        return "active", decided or first
    if len(days) < NEW_DAYS:
        return "new", first
    return "active", int(days[NEW_DAYS - 1])


def idle_after(days: Ints) -> int:
    """Return after how many silent days somebody is idle, by the days on which they worked.

    >>> idle_after(np.array([1, 2, 3, 4, 5, 8, 9])), idle_after(np.array([1, 8, 15, 22, 29, 36]))
    (9, 21)
    """
    gaps = np.diff(days)
    if len(gaps) < NEW_DAYS:
        return IDLE_DAYS
    usual = float(np.quantile(gaps, USUAL, method="higher"))
    return max(IDLE_DAYS, ceil(IDLE_GAPS * usual))
