"""What to review next, and what reviews tell of all items; numpy lives here."""

from hashlib import blake2b
from math import sqrt

import numpy as np

from labelpulse.core import estimate
from labelpulse.core.estimate import Estimate
from labelpulse.core.events import Verdict
from labelpulse.metrics.arrays import NONE, Floats
from labelpulse.metrics.base import Group
from labelpulse.metrics.doubt import batches, doubts, in_query, judged
from labelpulse.metrics.fits import Rows
from labelpulse.stats.planning import UNKNOWN_SHARE, half_width
from labelpulse.stats.recheck import (
    ReviewPlan,
    error_removed,
    permanent_numbers,
    review_plan,
    sampled_error,
)

BUDGET = 100
"""Reviews that are planned at once."""
RANDOM = 0.1
"""Share of them that is drawn, so that what they find tells about all items."""


def numbers(group: Group) -> Floats:
    """Return the permanent random number of each item of a group's question.

    It is the project's and not the question's, since one review of an item serves all questions.
    """
    answers = group.matrix().answers
    salt = int.from_bytes(blake2b(b"%d" % group.project.id, digest_size=8).digest(), "big")
    return permanent_numbers(answers.items, salt)


def review_gain(group: Group) -> Rows:
    """Return the plan, an item a row, in the order to review them.

    Where no consensus tells doubtful items, all of it is drawn at random.
    """
    answers, doubt = group.matrix().answers, doubts(group)
    asked = in_query(group) & ~doubt.gold
    at = np.flatnonzero(asked & ~doubt.reviewed)
    if not len(at):
        return [({}, estimate.undefined(0, "no item without gold or review has an answer"))]
    told, number = doubt.known[at] & (not doubt.why), numbers(group)
    gain = error_removed(np.where(told, doubt.error[at], 0.0))
    share = RANDOM if told.any() else 1.0
    done = number[asked & doubt.reviewed]
    plan = review_plan(gain, number[at], BUDGET, random_share=share, reviewed=done)
    note = "" if told.any() else _at_random(int(asked.sum()), plan, _untold(group, doubt.why))
    rows = []
    for rank, (place, chance, drawn) in enumerate(
        zip(plan.item.tolist(), plan.inclusion.tolist(), plan.drawn.tolist(), strict=True), 1
    ):
        item = int(at[place])
        value = float(gain[place]) if told[place] else None
        why = "random" if drawn else "likely wrong"
        unknown = note or ("" if told[place] else "nothing tells of its annotators")
        found = Estimate(value, None, None, int(doubt.n[item]), unknown)
        keys = {"item": int(answers.items[item]), "batch": int(doubt.batch[item])}
        rows.append((keys, found.showing(rank=rank, why=why, inclusion=chance)))
    return rows


def _untold(group: Group, why: str) -> str:
    """Return why nothing tells doubtful items: of shapes and texts without the metric to use."""
    if group.control.unlike() and not group.control.rules.refused:
        return "no consensus tells which answers of this kind are doubtful"
    return why


def _at_random(items: int, plan: ReviewPlan, why: str) -> str:
    """Say how well the error is known once the plan is reviewed: as of a share of 80 %."""
    share = float(plan.inclusion[plan.drawn].max(initial=0.0))
    n = round(share * items)
    if n >= items:
        return f"{why}: drawn are all of them, which tells the error itself"
    points = round(100 * half_width(UNKNOWN_SHARE, n) * sqrt(1 - share))
    return (
        f"{why}: drawn at random; with it, {n:,} review tells the error to ±{points} points"
        if n == 1
        else f"{why}: drawn at random; with these, {n:,} reviews tell the error to ±{points} points"
    )


def review_error(group: Group) -> Rows:
    """Return the share of wrong work among all items, or among those of each batch."""
    answers, number, score = group.matrix().answers, numbers(group), _scores(group)
    asked = in_query(group) & (answers.gold == NONE)
    if not asked.any():
        return [({}, estimate.undefined(0, "no item without gold has an answer"))]
    if (answers.verdict == Verdict.FIXED).any() and not judged(answers):
        untold = "only overwrites are told, not what was found right"
        return [({}, estimate.undefined(0, untold))]
    if "batch" not in group.ask.by:
        return [({}, sampled_error(number[asked], score[asked]))]
    batch = batches(answers)
    return [
        ({"batch": name}, sampled_error(number[own], score[own]))
        for name in np.unique(batch[asked]).tolist()
        for own in [asked & (batch == name)]
    ]


def _scores(group: Group) -> Floats:
    """Return by item the share of its reviewed answers that were wrong as submitted.

    That is what a first review did not accept; later ones tell what became of it. NaN where none
    of the answers that the query chooses was reviewed.
    """
    matrix = group.matrix()
    answers = matrix.answers
    rows = matrix.chosen & (answers.verdict > 0)
    wrong = rows & (answers.verdict != Verdict.ACCEPTED)
    items = len(answers.items)
    n, refused = (np.bincount(answers.item[some], minlength=items) for some in (rows, wrong))
    score: Floats = np.divide(refused, n, out=np.full(items, np.nan), where=n > 0)
    return score
