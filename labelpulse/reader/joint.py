"""Questions that several projects ask alike, read as one where a query joins projects.

A number by source, program or team is that of one project which held all their items. There is
such a number only where the question is the same: its name, its scale and its labels.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from labelpulse.core.answers import NUMERIC
from labelpulse.core.events import Scale
from labelpulse.metrics.base import Control, Metric
from labelpulse.reader.catalog import ProjectInfo

JOINING = ("source", "program", "team")
"""Keys by which projects are joined, unless they are asked for one by one."""

APART = "split by project, too"
"""What a note tells to do where questions of one name are not the same question."""

_LABELS = ("label_id", "gold_label", "label_a", "label_b")


def joins(metric: Metric, by: Collection[str]) -> bool:
    """True when a query's rows are of several projects together.

    Pairs of people stay within one project: accounts of several tools are paired in any order.
    """
    apart = {"project", "annotator_pair"} & {*by, *metric.implied}
    return metric.joins and not apart and any(key in by for key in JOINING)


@dataclass(frozen=True, slots=True)
class Joint:
    """Which questions and labels stand for others.

    Attributes:
        controls: id of a question that stands for several -> them as one.
        stands: id of a question -> that of the one that stands for it.
        labels: id of a label -> that of the one that stands for it, where it is another.
        why: id of a question that stands for several -> why they are no single question.
    """

    controls: Mapping[int, Control] = field(default_factory=dict)
    stands: Mapping[int, int] = field(default_factory=dict)
    labels: Mapping[int, int] = field(default_factory=dict)
    why: Mapping[int, str] = field(default_factory=dict)

    def unlike(self, controls: Iterable[Control]) -> str:
        """Return why the questions of a group are no single one; "" when they are."""
        return next((self.why[one.id] for one in controls if one.id in self.why), "")

    def at(self, at: dict[str, Any]) -> dict[str, Any]:
        """Return key columns with the questions and labels that stand for those in them."""
        if self.stands.get(at.get("control_id", 0)) is None:
            return at
        found = at | {"control_id": self.stands[at["control_id"]]}
        if self.labels:
            found |= {one: self.labels.get(at[one], at[one]) for one in _LABELS if one in at}
            if "labels" in at:
                found["labels"] = tuple(sorted(self.labels.get(one, one) for one in at["labels"]))
        return found


def joint(
    controls: Mapping[int, Control], projects: Iterable[ProjectInfo], by: Collection[str]
) -> Joint:
    """Return which questions are read as one: those of one name in one source and program.

    Args:
        controls: with their labels. by: keys of the query.
    """
    infos = {one.id: one for one in projects}
    families: dict[tuple[Any, ...], list[Control]] = {}
    for one in controls.values():
        info = infos[one.project]
        source = info.source.id if "source" in by else None
        program = info.program if "program" in by else None
        families.setdefault((source, program, one.name), []).append(one)
    joined: dict[int, Control] = {}
    stands: dict[int, int] = {}
    labels: dict[int, int] = {}
    why: dict[int, str] = {}
    for family in families.values():
        if len(family) > 1:
            first = family[0].id
            stands |= {one.id: first for one in family}
            if told := _unlike(family, infos):
                why[first], joined[first] = told, family[0]
            else:
                joined[first], same = _as_one(family)
                labels |= same
    return Joint(joined, stands, labels, why)


def _unlike(family: Sequence[Control], infos: Mapping[int, ProjectInfo]) -> str:
    """Return why questions of one name are not the same question; "" when they are."""
    first = family[0]
    for other in family[1:]:
        if other.rules.scale != first.rules.scale:
            return (
                f"{first.name!r} has the scale {first.rules.scale} in "
                f"{infos[first.project].label} and {other.rules.scale} in "
                f"{infos[other.project].label}: {APART}"
            )
    frame = _frame(family)
    for one in family:
        if not _fits(one, frame):
            return (
                f"{first.name!r} has other labels in {infos[one.project].label} than in "
                f"{infos[frame.project].label}: {APART}, or declare the same labels for both"
            )
    return ""


def _frame(family: Sequence[Control]) -> Control:
    """Return the question whose labels the others must have: a declared one, else the fullest."""
    return max(family, key=lambda one: (one.rules.labels is not None, len(_texts(one)), -one.id))


def _fits(one: Control, frame: Control) -> bool:
    mine, theirs = one.rules.labels, frame.rules.labels
    if mine is not None and theirs is not None:
        ordered = one.rules.scale == Scale.ORDINAL
        return mine == theirs if ordered else {*mine} == {*theirs}
    if one.rules.scale in NUMERIC or not one.rules.labeled:
        return True
    return _texts(one) <= {*(theirs or ()), *_texts(frame)}


def _texts(one: Control) -> frozenset[str]:
    """Return the labels seen of a question; of sets, their options."""
    return frozenset(text for id_, text in one.labels.items() if id_ not in one.options)


def _as_one(family: Sequence[Control]) -> tuple[Control, dict[int, int]]:
    """Return questions as one, and the labels that stand for others in it."""
    first = family[0]
    own = {_said(first, one): one for one in first.labels}
    labels, options = dict(first.labels), dict(first.options)
    same: dict[int, int] = {}
    for other in family[1:]:
        for id_ in sorted(other.labels, key=lambda one: one in other.options):  # options first
            stands = own.setdefault(_said(other, id_), id_)
            if stands != id_:
                same[id_] = stands
                continue
            labels[id_] = other.labels[id_]
            if id_ in other.options:
                options[id_] = tuple(same.get(one, one) for one in other.options[id_])
    declared = next((one.rules.labels for one in family if one.rules.labels is not None), None)
    wide = any(one.rules.wide for one in family)

    def seen() -> frozenset[int]:
        return frozenset(same.get(id_, id_) for one in family for id_ in one.seen())

    return (
        replace(
            first,
            rules=replace(first.rules, labels=declared, wide=wide),
            labels=labels,
            options=options,
            seen=seen,
        ),
        same,
    )


def _said(control: Control, label: int) -> str | frozenset[str]:
    """Return what a label says: its text, or the options of a set."""
    if label in control.options:
        return frozenset(control.labels[one] for one in control.options[label])
    return control.labels[label]
