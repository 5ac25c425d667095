"""From ids to the keys of an answer's rows: names, days, weeks, hours, people; and their order."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property
from itertools import product
from typing import Any

from labelpulse.core.days import day_text, month_text, week_text, weekday
from labelpulse.core.pseudonyms import UNKNOWN
from labelpulse.metrics.answers import natural
from labelpulse.metrics.base import TIMES, Extra, Ref
from labelpulse.metrics.stages import STAGES
from labelpulse.reader.catalog import Catalog
from labelpulse.reader.people import People
from labelpulse.reader.plan import Plan
from labelpulse.reader.sums import KEYED, PAIR, SumRow

KeyValues = tuple[Any, ...]

_OF_DAY: dict[str, Callable[[int], Any]] = {
    "day": cache(day_text),
    "week": cache(week_text),
    "month": cache(month_text),
    "weekday": weekday,
}
_NUMBERED = {"hour": "hour", "score_band": "band"}
"""Keys that are small numbers, unknown below zero, and their columns."""

_WORDS: dict[str, Sequence[Any]] = {"stage": STAGES, "assisted": (False, True)}
"""Keys whose column counts through a fixed list."""

_ANNOTATORS = ("annotator", *PAIR)

_FILTERED = {"batch": "batch_id", "annotator": "annotator_id", "reviewer": "reviewer_id"}
"""Key -> the name that conditions on it go by."""

NULL_NOTES = dict.fromkeys(TIMES, "time unknown or still to come") | {
    "team": "in no team",
    "batch": "in no batch",
    "program": "in no program",
    "project": "of no known project",
    "reviewer": "not reviewed",
    "model_version": "model version unknown",
    "score_band": "no score between 0 and 1",
}
"""What is said of work that has no value of a key."""


def columns_of(key: str) -> tuple[str, ...]:
    """Return the columns that a key makes in an answer.

    >>> columns_of("annotator_pair"), columns_of("day")
    (('annotator_a', 'annotator_b'), ('day',))
    """
    return PAIR if key == "annotator_pair" else (key,)


class Namer:
    """Turns one row of sums into the keys of the groups that it belongs to."""

    def __init__(self, catalog: Catalog, people: Callable[[], People], plan: Plan) -> None:
        self._catalog = catalog
        self._plan = plan
        self._keys = plan.own_keys
        self._columns = sorted(
            {column for key in self._keys for column in (*KEYED.get(key, ()), *PAIR)}
        )
        self._batches = (
            catalog.batches(plan.projects) if {"batch", "cause"} & set(plan.keys) else {}
        )
        self._models = catalog.models(plan.projects) if "model_version" in plan.keys else {}
        self._memo: dict[tuple[Any, ...], tuple[KeyValues, ...]] = {}
        shown = {"annotator", "annotator_pair", "reviewer", "cause"} & set(plan.keys)
        self._people = people().shown(plan.sources) if shown else {}
        self._visitors = people().strangers.anonymous if shown else frozenset[int]()
        self._same = people().same if shown else {}

    def groups(self, row: SumRow) -> Iterable[KeyValues]:
        """Return the keys of the groups of a row: several for members of several teams."""
        at = row.at
        known = (row.source, row.project, *(at.get(column) for column in self._columns))
        found = self._memo.get(known)
        if found is None:
            parts = product(*(self._values(key, row) for key in self._keys))
            found = tuple(tuple(value for part in one for value in part) for one in parts)
            self._memo[known] = found
        return found

    def seeds(self) -> Iterable[tuple[KeyValues, SumRow]]:
        """Return the groups that are there even without data, with a row that stands for each."""
        plan = self._plan
        if plan.controls:
            sources = {one.id: one.source.id for one in plan.projects}
            rows = [
                SumRow(
                    *(sources[one.project], one.project, plan.joint.at({"control_id": one.id})), ()
                )
                for one in plan.controls.values()
            ]
        elif plan.metric.split == ("source",):
            rows = [SumRow(one.id, 0, {}, ()) for one in plan.read_sources]
        else:
            rows = [SumRow(one.source.id, one.id, {}, ()) for one in plan.projects]
        people = {"annotator", "annotator_pair"} & set(self._keys)
        return [] if people else [(key, row) for row in rows for key in self.groups(row)]

    def emitted(self, extra: Extra) -> dict[str, Any] | None:
        """Return the keys that a finish made, with names for ids; None when a condition says no."""
        found = dict(extra)
        for key, value in extra.items():
            own = self._plan.filters.get(_FILTERED.get(key, key))
            if own is not None and not own.passes(value):
                return None
            if isinstance(value, Ref):
                found[key] = self._named(value.key, value.id)
            elif isinstance(value, tuple):
                found[key] = " + ".join(sorted(self._named(one.key, one.id) for one in value))
            else:
                found[key] = self._named(key, value)
        return found

    def _named(self, key: str, value: Any) -> Any:
        if key in ("annotator", "annotator_a", "annotator_b", "reviewer"):
            return self._people.get(value, UNKNOWN)
        if key == "batch":
            return self._batches.get(value)
        if key == "model_version":
            return self._models.get(value)
        if key == "item":
            return self._items[value]
        return _OF_DAY[key](value) if key in _OF_DAY else value

    @cached_property
    def _items(self) -> dict[int, str]:
        return self._catalog.items(self._plan.projects)

    def _values(self, key: str, row: SumRow) -> Sequence[KeyValues]:
        at = row.at
        if key in _OF_DAY:
            return [(_OF_DAY[key](0 if self._constant(row) else at["day"]),)]
        if key in _NUMBERED:
            number = at[_NUMBERED[key]]
            untimed = key == "hour" and self._constant(row)
            return [(None if number < 0 or untimed else number,)]
        if key in ("annotator", "annotator_pair"):
            return self._of_annotators(key, at)
        if key == "reviewer":
            return [(self._people.get(at["reviewer_id"], UNKNOWN),)]
        if key == "team":
            teams = self._plan.teams.values()
            names = [one.name for one in teams if one.has(at["annotator_id"], at["day"])]
            return [(name,) for name in names] or [(None,)]
        return [(self._place(key, row),)]

    def _of_annotators(self, key: str, at: Mapping[str, Any]) -> Sequence[KeyValues]:
        """Return whose row it is; nobody's where both of a pair are accounts of one person."""
        if key == "annotator" and "annotator_id" in at:
            return [(self._annotator(at["annotator_id"]),)]
        a, b = at[PAIR[0]], at[PAIR[1]]
        one, other = self._annotator(a), self._annotator(b)
        if key == "annotator":
            return [(one,), (other,)]
        alone = a in self._same and self._same[a] == self._same.get(b)
        return [] if alone else [(one, other)]

    def _annotator(self, one: int) -> str | None:
        """Return what an annotator is shown as; None for anonymous visitors, who are none."""
        return None if one in self._visitors else self._people.get(one, UNKNOWN)

    def of_visitors(self, key: KeyValues) -> bool:
        """True when a group is of anonymous visitors."""
        columns = [column for own in self._keys for column in columns_of(own)]
        return any(
            value is None and column in _ANNOTATORS
            for column, value in zip(columns, key, strict=True)
        )

    def of_visitor(self, extra: Extra) -> bool:
        """True when the keys that a finish made name an anonymous visitor."""
        return any(key in _ANNOTATORS and one in self._visitors for key, one in extra.items())

    def _constant(self, row: SumRow) -> bool:
        project = self._catalog.projects.get(row.project)
        return project is not None and project.constant_time

    def _place(self, key: str, row: SumRow) -> Any:
        if key in _WORDS:
            return _WORDS[key][row.at[key]]
        if key in ("batch", "model_version"):
            names = self._batches if key == "batch" else self._models
            return names.get(row.at[f"{key}_id"])
        if key == "control":
            return self._plan.controls[row.at["control_id"]].name
        if key == "source":
            return self._catalog.sources[row.source].name
        project = self._catalog.projects.get(row.project)
        if project is None:
            return None
        return project.label if key == "project" else project.program


def null_notes(columns: Sequence[str], values: Sequence[Any]) -> list[str]:
    """Return why keys are null."""
    pairs = zip(columns, values, strict=True)
    return list(
        dict.fromkeys(
            NULL_NOTES[key] for key, value in pairs if value is None and key in NULL_NOTES
        )
    )


def in_order(plan: Plan) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    """Return a sort key of an answer's rows: by the keys as asked, null last."""
    declared = [one.rules.labels or () for one in plan.controls.values()]
    ranks: dict[str, int] = {}
    for labels in declared:
        for at, label in enumerate(labels):
            ranks.setdefault(label, at)
    columns = [column for key in plan.keys for column in columns_of(key)]
    if plan.metric.ranked in columns:
        columns.insert(columns.index(plan.metric.ranked), "rank")

    @cache
    def rank(column: str, value: Any) -> tuple[Any, ...]:
        if value is None:
            return (2,)
        if column == "stage":
            return (0, STAGES.index(value))
        if isinstance(value, int):
            return (0, value)
        if column == "label":
            return (0, ranks[value]) if value in ranks else (1, natural(value))
        return (1, _pieces(value))

    return lambda row: tuple(rank(column, row.get(column)) for column in columns)


def _pieces(text: str) -> tuple[tuple[bool, int, str], ...]:
    """Split a text so that numbers in it sort by size: batch 9 before batch 10."""
    return tuple(
        (not piece.isdecimal(), int(piece) if piece.isdecimal() else 0, piece)
        for piece in re.split(r"(\d+)", text.casefold())
        if piece
    )
