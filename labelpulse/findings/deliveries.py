"""What speaks against the delivery of a batch beside its evidence: labels left, an open finding."""

from collections.abc import Mapping

from labelpulse.core import formats
from labelpulse.findings import watch
from labelpulse.findings.assess import agreement_metric
from labelpulse.findings.blame import Blame
from labelpulse.findings.findings import where
from labelpulse.findings.selection import Selection
from labelpulse.reader import MetricQuery

Batch = str | None
"""The name of a batch; None = items in no batch."""


def labels_left(selection: Selection) -> Mapping[Batch, float]:
    """Return how many labels batches lack; what is finished is not among them."""
    rows = selection.rows("labels_remaining", "batch")
    return {row["batch"]: row["value"] for row in rows if row["value"]}


def left_query(selection: Selection) -> MetricQuery:
    """Return the query behind `labels_left`."""
    return selection.query("labels_remaining", "batch")


def fallen_in(selection: Selection) -> Mapping[Batch, str]:
    """Return in words the fall of agreement that stands, for each batch with items it sits in.

    A fall that came with a batch sits in that batch; any other in all batches of which items were
    compared since, unless other work or people explain it: then nobody answers worse.
    """
    selection = selection.as_now()
    alarm = watch.alarm(selection, "agreement_drift") if selection.control else None
    if alarm is None or alarm.moved != "fallen":
        return {}
    sits = where(selection)
    if alarm.cause == "mix" and sits.batch is None:
        return {}
    rows = selection.rows(agreement_metric(selection), "batch", days=(alarm.since, alarm.until))
    batches = {row["batch"] for row in rows if row["n"]}
    told = _told(sits, formats.day_month(alarm.since))
    return dict.fromkeys(batches if sits.batch is None else {sits.batch}, told)


def _told(sits: Blame, day: str) -> str:
    if not sits.mostly:
        return f"a look at its items since {day}: agreement fell"
    mostly = sits.mostly
    return f"a look at its items since {day}: agreement fell, {mostly}"
