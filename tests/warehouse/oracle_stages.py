"""How far an item got, by hand: progress, stages and cycle times, replayed instant by instant."""

from itertools import pairwise
from typing import Any

from labelpulse.core.events import Status
from tests.warehouse.oracle import LAST, SECOND, Truth, Work


def reviews_of(one: Work) -> list[Any]:
    """Return the reviews of an annotation, earliest first, where the tool tells any."""
    return getattr(one, "reviews", [])


def count(truth: Truth, item: str) -> None:
    """Count an item's progress, its present stage, its moves and its cycle time."""
    there = truth.tool.items.get(item)
    if there is None or there.project != truth.project:
        return
    first: dict[str, int | None] = {}
    for one in truth.persons(item, Status.SUBMITTED):
        if one.live:
            times = [at for at in (first.get(one.author), one.at) if at is not None]
            first[one.author] = min(times, default=None)
    times = sorted(at for at in first.values() if at is not None)
    entered: list[int | None] = [*times, *(at for at in first.values() if at is None)]
    need = max(1 if there.required is None else there.required, 1)
    done = len(entered) >= need
    day = truth.day(entered[need - 1]) if done else 0
    truth.add(
        *("item_progress", (day, truth.batch(item))),
        *(1, need, min(len(entered), need), int(done), int(there.required is None)),
    )
    truth.add("item_needs", (truth.batch(item), need, len(entered)), 1)
    for at in entered[:need]:
        truth.add("labels_done", (truth.day(at), truth.batch(item)), 1)
    stays = stages_of(truth, item, entered, need)
    stage, since = stays[-1]
    hour = 0 if since is None else since // (3600 * SECOND)
    truth.add("stage_now", (stage, truth.batch(item), hour), 1)
    if stage != "done":
        stands = [1, stage, since or 0, truth.batch(item), len(entered), need]
        truth.sums["open_items"][(item,)] = stands  # type: ignore[assignment]
    moves(truth, item, stays)
    cycle(truth, item, entered, need)


def stages_of(
    truth: Truth, item: str, entered: list[int | None], need: int
) -> list[tuple[str, int | None]]:
    """Return (stage, since when) at every instant at which the stage is another than before."""
    drafts = [one.created_at for one in truth.tool.drafts.values() if one.item == item]
    skips = [one.at for one in truth.persons(item, Status.SKIPPED) if one.live]

    def stage(now: int) -> str:
        answered = sum((at or LAST) <= now for at in entered)
        if answered >= need:
            return "review" if awaits_review(truth, item, now) else "done"
        if answered:
            return "waiting_for_labels"
        if any(at <= now for at in drafts):
            return "started"
        return "blocked" if any((at or LAST) <= now for at in skips) else "waiting"

    created = truth.tool.items[item].created_at
    happened = {created, *drafts, *((at or LAST) for at in [*entered, *skips])}
    for one in truth.persons(item, Status.SUBMITTED):
        happened |= {one.at or LAST, *(when for when, _ in looks(truth, one))}
    found: list[tuple[str, int | None]] = []
    for at in sorted(happened):
        if not found or found[-1][0] != stage(at):
            found.append((stage(at), None if at == LAST else at))
    return found


def looks(truth: Truth, one: Work) -> list[tuple[int, str]]:
    """Return (instant, verdict) of an annotation's reviews, none before its submission."""
    return [(max(said.at, one.at or LAST), said.verdict) for said in reviews_of(one)]


def awaits_review(truth: Truth, item: str, now: int) -> bool:
    """True when somebody's newest answer at an instant is not accepted at that instant."""
    verdicts = {said.verdict for one in truth.works for said in reviews_of(one)}
    if not verdicts & {"accepted", "rejected"}:
        return False
    newest: dict[str, Work] = {}
    for one in sorted(truth.persons(item, Status.SUBMITTED), key=lambda one: one.at or LAST):
        if one.live and (one.at or LAST) <= now:
            newest[one.author] = one
    last = [
        [said for when, said in looks(truth, one) if when <= now][-1:] for one in newest.values()
    ]
    return any(not said or said == ["rejected"] for said in last)


def moves(truth: Truth, item: str, stays: list[tuple[str, int | None]]) -> None:
    for stage, at in stays:
        key = (truth.day(at), truth.batch(item), stage)
        truth.add("stage_flow", key, 1, 1, 0, 0, 0, truth.second(at), 0)
    for (stage, since), (_, at) in pairwise(stays):
        known = since is not None and at is not None
        waited = (at - since) // SECOND if since is not None and at is not None else 0
        key = (truth.day(at), truth.batch(item), stage)
        truth.add("stage_flow", key, 1, 0, 1, int(known), waited, 0, truth.second(at))


def cycle(truth: Truth, item: str, entered: list[int | None], need: int) -> None:
    drafts = [one.created_at for one in truth.tool.drafts.values() if one.item == item]
    if not drafts and not entered:
        return
    begun = min([*drafts, *(at for at in entered if at is not None)], default=None)
    end = entered[need - 1] if len(entered) >= need else None
    is_open = begun is not None and len(entered) < need
    hour = begun // (3600 * SECOND) if begun is not None and is_open else 0
    known = begun is not None and end is not None
    seconds = (end - begun) // SECOND if begun is not None and end is not None else 0
    key = (truth.day(begun), truth.batch(item), hour, known and begun != end, is_open)
    truth.add("cycle_hist", key, 1, seconds)
