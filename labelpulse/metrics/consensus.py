"""Consensus: what the answers themselves say of labels and people, by Dawid and Skene's model."""

from collections.abc import Iterable

from labelpulse.core.estimate import Estimate
from labelpulse.metrics.base import PLACE, Extra, Finish, Group, Metric, Need

ANSWERS = Need("agree_labels")
"""What there is of countable answers; the fits read the matrix itself."""
ITEMS = Need("agree_items")
"""The same, where answers are no labels, too."""


def lazy(name: str, module: str = "fits") -> Finish:
    """Return a finish of a module of `labelpulse.metrics`, loaded when it is first asked."""

    def finish(group: Group) -> Iterable[tuple[Extra, Estimate]]:
        from importlib import import_module

        found: Finish = getattr(import_module(f"labelpulse.metrics.{module}"), name)
        return found(group)

    return finish


_KEYS = (*PLACE, "control")


def _fit(
    name: str,
    unit: str,
    counted: str,
    emits: tuple[str, ...],
    implied: tuple[str, ...] = (),
    min_n: int = 20,
) -> Metric:
    filtered = tuple(key for key in emits if key in ("annotator", "batch", "label"))
    return Metric(
        name=name,
        unit=unit,
        counted=counted,
        by=(*_KEYS, *emits),
        where=(*_KEYS, *filtered),
        needs=(ANSWERS,),
        finish=lazy(name),
        split=("project", "control"),
        implied=implied,
        emits=emits,
        min_n=min_n,
        kind="fit",
        chart="bar",
        on_control=True,
    )


METRICS = (
    Metric(
        name="agreement_without",
        unit="coefficient",
        counted="items or pairs of answers",
        by=(*_KEYS, "annotator"),
        where=(*_KEYS, "batch", "annotator"),
        needs=(ITEMS,),
        finish=lazy("agreement_without", "influence"),
        split=("project", "control"),
        implied=("annotator",),
        emits=("annotator",),
        min_n=20,
        kind="fit",
        chart="bar",
        on_control=True,
        version=2,
    ),
    _fit("consensus_share", "share", "items", ("label",), ("label",)),
    _fit("consensus_accuracy", "share", "answers", ("annotator",)),
    _fit(
        "consensus_confusion",
        "share",
        "answers",
        ("annotator", "label", "label_given"),
        ("annotator", "label", "label_given"),
    ),
    _fit("expected_label_error", "share", "items", ("batch", "item")),
    _fit("item_ambiguity", "share", "items with two answers", ("batch", "item")),
)
