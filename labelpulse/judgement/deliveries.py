"""What speaks against the delivery of a batch beside its evidence: labels left, an open finding."""

from collections.abc import Mapping

from labelpulse.core import formats
from labelpulse.judgement import watch
from labelpulse.judgement.assess import agreement_metric
from labelpulse.judgement.blame import Blame
from labelpulse.judgement.desk import Desk
from labelpulse.judgement.findings import where
from labelpulse.reader import MetricQuery

Batch = str | None
"""The name of a batch; None = items in no batch."""


def labels_left(desk: Desk) -> Mapping[Batch, float]:
    """Return how many labels batches lack; what is finished is not among them."""
    rows = desk.rows("labels_remaining", "batch")
    return {row["batch"]: row["value"] for row in rows if row["value"]}


def left_query(desk: Desk) -> MetricQuery:
    """Return the query behind `labels_left`."""
    return desk.query("labels_remaining", "batch")


def fallen_in(desk: Desk) -> Mapping[Batch, str]:
    """Return in words the fall of agreement that stands, for each batch with items it sits in.

    A fall that came with a batch sits in that batch; any other in all batches of which items were
    compared since, unless other work or people explain it: then nobody answers worse.
    """
    desk = desk.as_now()
    alarm = watch.alarm(desk, "agreement_drift") if desk.control else None
    if alarm is None or alarm.moved != "fallen":
        return {}
    sits = where(desk)
    if alarm.cause == "mix" and sits.batch is None:
        return {}
    rows = desk.rows(agreement_metric(desk), "batch", days=(alarm.since, alarm.until))
    batches = {row["batch"] for row in rows if row["n"]}
    told = _told(sits, formats.day_month(alarm.since))
    return dict.fromkeys(batches if sits.batch is None else {sits.batch}, told)


def _told(sits: Blame, day: str) -> str:
    if not sits.mostly:
        return f"a look at its items since {day}: agreement fell"
    mostly = sits.mostly
    return f"a look at its items since {day}: agreement fell, {mostly}"
