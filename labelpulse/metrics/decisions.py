"""Decisions: what to deliver, to review and to measure next, whom to trust, what to clear up."""

from typing import Any

from labelpulse.metrics.accuracy import EXPOSURES
from labelpulse.metrics.base import PLACE, Finish, Metric, Need
from labelpulse.metrics.consensus import lazy
from labelpulse.metrics.evidence import ITEMS_BY_M, evidence_needed, quality_evidence
from labelpulse.metrics.review import REVIEWED
from labelpulse.metrics.samples import ITEMS, LABELS, PAIRS

ANSWERS = Need("agree_items")
"""What there is of countable answers; the fits read the matrix itself."""
_KEYS = (*PLACE, "control")


def _decision(name: str, unit: str, counted: str, finish: Finish, **more: Any) -> Metric:
    """Return a metric on the answer matrix, as of now unless it says otherwise."""
    given: dict[str, Any] = {
        "emits": (),
        "where": (),
        "needs": (ANSWERS,),
        "kind": "fit",
        "state": True,
    }
    given |= more
    return Metric(
        name=name,
        unit=unit,
        counted=counted,
        by=(*_KEYS, *given["emits"]),
        finish=finish,
        split=("project", "control"),
        chart="bar",
        on_control=True,
        **{**given, "where": (*_KEYS, *given["where"])},
    )


METRICS = (
    _decision(
        "batch_sign_off",
        "decision",
        "items",
        lazy("batch_sign_off", "signing"),
        emits=("batch",),
        where=("batch",),
    ),
    _decision(
        "review_gain",
        "share",
        "answers",
        lazy("review_gain", "rechecks"),
        version=2,
        emits=("item", "batch"),
        where=("batch",),
        implied=("item",),
        ranked="item",
    ),
    _decision(
        "review_error",
        "share",
        "reviewed items",
        lazy("review_error", "rechecks"),
        emits=("batch",),
        where=("batch",),
        min_n=20,
        state=False,
    ),
    _decision(
        "contributor_state",
        "state",
        "days with answers",
        lazy("contributor_state", "contributors"),
        emits=("annotator",),
        where=("team", "annotator"),
        implied=("annotator",),
    ),
    _decision(
        "disagreement_share",
        "share",
        "items that people disagree on",
        lazy("disagreement_share", "disagreement"),
        emits=("kind", "cause"),
        where=("team", "batch", "annotator"),
        implied=("kind", "cause"),
        ranked="cause",
        state=False,
    ),
    _decision(
        "evidence_needed",
        "items",
        "items with two answers",
        evidence_needed,
        needs=(ITEMS, LABELS, PAIRS, EXPOSURES),
        kind="sum",
        state=False,
    ),
    Metric(
        name="quality_evidence",
        unit="answers",
        counted="items with an answer",
        by=PLACE,
        where=PLACE,
        needs=(ITEMS_BY_M, EXPOSURES, REVIEWED),
        finish=quality_evidence,
        split=("project",),
        on_control=True,
    ),
)
