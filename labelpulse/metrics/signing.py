"""May a batch be delivered? By gold, else by the consensus; numpy lives here."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from labelpulse.core import estimate
from labelpulse.core.estimate import Estimate
from labelpulse.core.words import plural
from labelpulse.metrics.arrays import NONE, Flags, Floats
from labelpulse.metrics.base import Extra, Group, Need
from labelpulse.metrics.doubt import Doubt, doubts, in_query
from labelpulse.metrics.fits import Rows
from labelpulse.stats import signoff
from labelpulse.stats.signoff import Verdict

ENOUGH = 20
"""Evidence of so many is taken before weaker evidence of more."""
MOST_UNTOLD = 0.5
"""A model that tells of less than this share of a batch's items does not sign it off."""
PROGRESS = Need("item_progress", ("batch_id",))
REVIEWED = Need("review_items", ("batch_id",))

NO_TARGET = "no target is set: target in [projects.controls.…]"


@dataclass(frozen=True, slots=True)
class Sample:
    """Evidence of a kind: how many were looked at, and how many of them were wrong."""

    kind: str
    wrong: int
    n: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What there is to judge: the items of a batch, or of all of them."""

    items: Flags
    samples: tuple[Sample, ...]
    labels: tuple[int, int]
    """Labels that are required, and that there are."""


def batch_sign_off(group: Group) -> Rows:
    """Return what to do with each batch, or with all items together."""
    doubt, chosen = doubts(group), in_query(group)
    if not chosen.any():
        return [({}, estimate.undefined(0, "no item has an answer"))]
    return list(_rows(group, doubt, chosen))


def _rows(group: Group, doubt: Doubt, chosen: Flags) -> Iterator[tuple[Extra, Estimate]]:
    apart = "batch" in group.ask.by
    names = np.unique(doubt.batch[chosen]).tolist() if apart else [None]
    progress, reviewed = group.everybody(PROGRESS), _reviewed(group)
    for name in names:
        items = chosen if name is None else chosen & (doubt.batch == name)
        places = [key for key in progress if name is None or key == (name,)]
        required, done = (sum(progress[key][at] for key in places) for at in (1, 2))
        reviews = [reviewed[key] for key in places if key in reviewed]
        samples = (_gold(group, items), *_review(reviews))
        batch = Batch(items, samples, (required, done))
        yield ({} if name is None else {"batch": name}), _signed(group, doubt, batch)


def _gold(group: Group, items: Flags) -> Sample:
    """First answers of known people to gold: how many, and how many are not the known label."""
    answers = group.matrix().answers
    truth = answers.gold[answers.item]
    rows = items[answers.item] & (truth != NONE) & (answers.first != NONE)
    wrong = int((answers.first[rows] != truth[rows]).sum())
    return Sample("gold", wrong, int(rows.sum()))


def _reviewed(group: Group) -> dict[tuple[int, ...], tuple[int, ...]]:
    from labelpulse.metrics.registry import PARTIALS

    return dict(group.everybody(REVIEWED)) if REVIEWED.partial in PARTIALS else {}


def _review(reviews: list[tuple[int, ...]]) -> Iterator[Sample]:
    """Reviewed items, and those that their first review did not accept as they were."""
    if reviews:
        n, accepted = (sum(one[at] for one in reviews) for at in (0, 1))
        yield Sample("review", n - accepted, n)


def _signed(group: Group, doubt: Doubt, batch: Batch) -> Estimate:
    size, target = int(batch.items.sum()), group.control.target()
    allowed = None if target is None else 1 - target
    found, kind, why = _judged(doubt, batch, 0.0 if allowed is None else allowed)
    if why or allowed is None:
        decision, note = (None, NO_TARGET) if allowed is None else (NOT_ENOUGH, why)
    else:
        decision, note = (found.decision if found else NOT_ENOUGH), _caution(batch, kind)
    unsaid = found is None or allowed is None
    return Estimate(decision, None, None, size, note).showing(
        error=None if found is None else found.error,
        error_low=None if found is None else found.low,
        error_high=None if found is None else found.high,
        target=allowed,
        recheck=None if unsaid or found is None else found.recheck,
        more=None if unsaid or found is None else found.more,
        evidence=kind or None,
        evidence_n=0 if found is None else found.n,
    )


NOT_ENOUGH = "not enough evidence"


def _judged(doubt: Doubt, batch: Batch, allowed: float) -> tuple[Verdict | None, str, str]:
    """Return the verdict by the best evidence, its kind, and why there is none."""
    told = batch.items & doubt.known
    error, size = doubt.error[told], int(batch.items.sum())
    model = len(error) >= max(ENOUGH, MOST_UNTOLD * size)
    samples = [one for one in batch.samples if one.n]
    enough = [one for one in samples if one.n >= ENOUGH]
    if enough or (samples and not model):
        best = (enough or samples)[0]
        every = _filled(doubt.error[batch.items])
        whole = max(size, best.n) if best.kind == "review" else None
        return signoff.of_sample(best.wrong, best.n, allowed, every, whole), best.kind, ""
    if model:
        return signoff.of_model(_filled(doubt.error[batch.items]), allowed), "consensus", ""
    few = f"the consensus tells of {len(error):,} of {plural(size, 'item')}"
    return None, "", f"no gold, no review, and {doubt.why or few}"


def _filled(error: Floats) -> Floats:
    """Return doubts where items that nothing tells of are as doubtful as the mean of the others."""
    known = ~np.isnan(error)
    return np.where(known, error, error[known].mean() if known.any() else 1.0)


def _caution(batch: Batch, kind: str) -> str:
    required, done = batch.labels
    notes = [f"{done:,} of {plural(required, 'label')} done"] if done < required else []
    if kind == "consensus":
        notes.append("by the answers alone: people who err alike look right")
    if kind == "review":
        notes.append("if the reviewed items were chosen at random")
    return "; ".join(notes)
