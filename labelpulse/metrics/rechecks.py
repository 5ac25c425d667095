"""What to review next: the most doubtful items, and a few at random; numpy lives here."""

from hashlib import blake2b

import numpy as np

from labelpulse.core import estimate
from labelpulse.core.estimate import Estimate
from labelpulse.metrics.arrays import Answers
from labelpulse.metrics.base import Group
from labelpulse.metrics.doubt import doubts, in_query
from labelpulse.metrics.fits import Rows
from labelpulse.stats.planning import half_width
from labelpulse.stats.recheck import error_removed, review_plan

BUDGET = 100
"""Reviews that are planned at once."""
RANDOM = 0.1
"""Share of them that is drawn, so that what they find tells about all items."""


def review_gain(group: Group) -> Rows:
    """Return the plan, an item a row, in the order to review them.

    Where no consensus tells doubtful items, all of it is drawn at random.
    """
    answers, doubt = group.matrix().answers, doubts(group)
    at = np.flatnonzero(in_query(group) & ~doubt.gold & ~doubt.reviewed)
    if not len(at):
        return [({}, estimate.undefined(0, "no item without gold or review has an answer"))]
    told = doubt.known[at] & (not doubt.why)
    gain = error_removed(np.where(told, doubt.error[at], 0.0))
    share = RANDOM if told.any() else 1.0
    plan = review_plan(gain, BUDGET, random_share=share, seed=_seed(group, answers))
    note = "" if told.any() else _at_random(len(plan.item), doubt.why)
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


def _seed(group: Group, answers: Answers) -> int:
    """Return a seed that stays while the data do."""
    digest = blake2b(digest_size=8)
    digest.update(f"{group.project.id} {group.control.id}".encode())
    for part in (answers.items, answers.item, answers.label):
        digest.update(part.tobytes())
    return int.from_bytes(digest.digest(), "big")


def _at_random(n: int, why: str) -> str:
    points = round(100 * half_width(0.8, n))
    return f"{why}: drawn at random; {n:,} reviews tell the error to about ±{points} points"
