"""May a batch be delivered? By gold, reviews or the consensus; numpy lives here."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from labelpulse.core import estimate
from labelpulse.core.estimate import Estimate
from labelpulse.core.events import Verdict as Said
from labelpulse.core.formats import plural
from labelpulse.metrics.arrays import NONE, Flags, Floats
from labelpulse.metrics.base import Extra, Group, Need
from labelpulse.metrics.doubt import Doubt, doubts, in_query, judged
from labelpulse.metrics.fits import Rows
from labelpulse.stats import signoff
from labelpulse.stats.signoff import Verdict

ACCEPTED, REJECTED = Said.ACCEPTED, Said.REJECTED
ENOUGH = 20
"""Evidence of so many is taken before weaker evidence of more."""
LEAST_TOLD = 0.5
"""A model that tells of less than this share of a batch's items does not sign it off."""
PROGRESS = Need("item_progress", ("batch_id",))
NO_TARGET = "no target is set: name one in labelpulse.toml, under [projects.controls]"
NOT_ENOUGH = "not enough evidence"


@dataclass(frozen=True, slots=True)
class Sample:
    """Evidence of a kind: how many were looked at, how many were wrong, and are right by now.

    Attributes:
        size: of what it was drawn from without return; None = not so.
    """

    kind: str
    wrong: int
    n: int
    mended: int = 0
    size: int | None = None

    def verdict(self, allowed: float, doubt: Floats) -> Verdict:
        """Return what it says of a batch."""
        return signoff.of_sample(self.wrong, self.n, allowed, doubt, self.size, self.mended)


@dataclass(frozen=True, slots=True)
class Batch:
    """What there is to judge: the items of a batch, or of all of them.

    Attributes:
        required, done: labels that it needs, and that there are.
    """

    items: Flags
    samples: tuple[Sample, ...]
    required: int
    done: int


def batch_sign_off(group: Group) -> Rows:
    """Return what to do with each batch, or with all items together."""
    doubt, chosen = doubts(group), in_query(group)
    if not chosen.any():
        return [({}, estimate.undefined(0, "no item has an answer"))]
    return list(_rows(group, doubt, chosen))


def _rows(group: Group, doubt: Doubt, chosen: Flags) -> Iterator[tuple[Extra, Estimate]]:
    apart = "batch" in group.ask.by
    names = np.unique(doubt.batch[chosen]).tolist() if apart else [None]
    progress = group.everybody(PROGRESS)
    for name in names:
        items = chosen if name is None else chosen & (doubt.batch == name)
        own = [sums for key, sums in progress.items() if name is None or key == (name,)]
        required, done = (sum(sums[at] for sums in own) for at in (1, 2))
        batch = Batch(items, (_gold(group, items), _review(group, items)), required, done)
        yield ({} if name is None else {"batch": name}), _signed(group, doubt, batch)


def _gold(group: Group, items: Flags) -> Sample:
    """First answers of known people to gold: how many, and how many are not the known label."""
    answers = group.matrix().answers
    truth = answers.gold[answers.item]
    rows = items[answers.item] & answers.known & (truth != NONE) & (answers.first != NONE)
    wrong = int((answers.first[rows] != truth[rows]).sum())
    return Sample("gold", wrong, int(rows.sum()))


def _review(group: Group, items: Flags) -> Sample:
    """Reviewed items: wrong are those of which a first review did not accept some answer."""
    answers = group.matrix().answers
    rows = items[answers.item] & (answers.verdict > 0) & judged(answers)

    def having(some: Flags) -> Flags:
        return np.bincount(answers.item[rows & some], minlength=len(items)) > 0

    refused = having(answers.verdict != ACCEPTED)
    mended = refused & ~having(answers.stands == REJECTED)
    n = int(having(rows).sum())
    return Sample("review", int(refused.sum()), n, int(mended.sum()), int(items.sum()))


def _signed(group: Group, doubt: Doubt, batch: Batch) -> Estimate:
    size, target = int(batch.items.sum()), group.control.delivery_target()
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


def _judged(doubt: Doubt, batch: Batch, allowed: float) -> tuple[Verdict | None, str, str]:
    """Return the verdict by the best evidence, its kind, and why there is none.

    Of samples that are large enough the one with the narrowest interval is the best.
    """
    told, size = int((batch.items & doubt.known).sum()), int(batch.items.sum())
    open_items = batch.items & ~doubt.gold
    error = _filled(doubt, open_items if open_items.any() else batch.items)
    model = not doubt.why and told >= max(ENOUGH, LEAST_TOLD * size)
    found = [(one.verdict(allowed, error), one.kind) for one in batch.samples if one.n]
    enough = [one for one in found if one[0].n >= ENOUGH or one[0].n == size]
    if enough or (found and not model):
        best, kind = min(enough or found, key=lambda one: one[0].high - one[0].low)
        return best, kind, ""
    if model:
        return signoff.of_model(_filled(doubt, batch.items), allowed), "consensus", ""
    few = f"the consensus tells of {told:,} of {plural(size, 'item', 'items')}"
    why = doubt.why or few
    return None, "", f"no gold, no review, and {why}"


def _filled(doubt: Doubt, items: Flags) -> Floats:
    """Return items' doubts; where nothing tells, the mean of the others that nobody reviewed."""
    error = doubt.error[items]
    known = error[doubt.known[items] & ~doubt.reviewed[items]]
    return np.where(np.isnan(error), known.mean() if len(known) else 1.0, error)


def _caution(batch: Batch, kind: str) -> str:
    notes = []
    if batch.done < batch.required:
        labels = plural(batch.required, "label", "labels")
        notes.append(f"{batch.done:,} of {labels} done")
    if kind == "consensus":
        notes.append("by the answers alone: people who err alike look right")
    if kind == "review":
        notes.append("if the reviewed items were chosen at random")
    return "; ".join(notes)
