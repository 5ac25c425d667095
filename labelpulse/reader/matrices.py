"""Arrays of answers, read from the warehouse and kept in memory while the data stand still."""

from collections import OrderedDict
from collections.abc import Mapping
from itertools import chain
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import Connection, Engine, select

from labelpulse import schema
from labelpulse.core.days import SECOND, local_day_hour
from labelpulse.metrics.arrays import Answers, Flags, Ints, Matrix, answers_of
from labelpulse.reader.catalog import ProjectInfo
from labelpulse.reader.plan import Plan

MAX_ROWS = 30_000_000
"""Arrays of up to so many answers are kept, those asked for last; a million take 100 MB."""

_QUARTER = 900 * SECOND
_kept: "WeakKeyDictionary[Engine, OrderedDict[Any, Answers]]" = WeakKeyDictionary()


def load(conn: Connection, project: ProjectInfo, control: int, unknown: frozenset[int]) -> Answers:
    """Return all countable answers to a question of a project; as kept, where nothing changed."""
    kept = _kept.setdefault(conn.engine, OrderedDict())
    place, version = (project.id, control), (project.data_version, project.counted.digest())
    found = kept.get((place, version))
    if found is None:
        for key in [key for key in kept if key[0] == place]:
            del kept[key]
        found = _read(conn, project, control, unknown)
        kept[place, version] = found
        while len(kept) > 1 and sum(len(one.item) for one in kept.values()) > MAX_ROWS:
            kept.popitem(last=False)
    kept.move_to_end((place, version))
    return found


def _read(conn: Connection, project: ProjectInfo, control: int, unknown: frozenset[int]) -> Answers:
    row = schema.answer_matrix.c
    columns = (
        *(row.item_id, row.annotator_id, row.label_id, row.first_label_id),
        *(row.since, row.batch_id, row.assisted, row.time_ms, row.verdict, row.stands),
        row.content,
    )
    query = select(*columns).where(row.project_id == project.id, row.control_id == control)
    pages = conn.execution_options(yield_per=50_000).execute(query).partitions()
    flat = np.fromiter(chain.from_iterable(chain.from_iterable(pages)), dtype=np.int64)
    rows = flat.reshape(-1, len(columns))
    return answers_of(rows, local_days(rows[:, 4], project.counted.timezone), unknown)


def local_days(instants: Ints, zone: str) -> Ints:
    """Return the local day of instants in microseconds UTC; 0 stays unknown."""
    quarters, index = np.unique(instants // _QUARTER, return_inverse=True)
    days = [local_day_hour(int(one) * _QUARTER, zone)[0] for one in quarters]
    found = np.array(days, dtype=np.int64)[index] if days else np.zeros(0, dtype=np.int64)
    return np.where(instants == 0, 0, found)


def chosen(plan: Plan, answers: Answers, *, days: bool, people: bool = True) -> Flags:
    """Return which answers pass a query's conditions on people, teams, batches and days.

    Args:
        days: whether the days of submission matter. people: whether people and teams do.
    """
    found = np.ones(len(answers.item), dtype=bool)
    own = plan.filters.get("annotator_id")
    if own is not None and people:
        passing = [own.passes(one) for one in answers.annotators.tolist()]
        found &= np.array(passing, dtype=bool)[answers.annotator]
    if batches := plan.filters.get("batch_id"):
        ids, index = np.unique(answers.batch, return_inverse=True)
        found &= np.array([batches.passes(one) for one in ids.tolist()], dtype=bool)[index]
    if plan.wanted_teams is not None and people:
        found &= _in_teams(plan, answers)
    if days and plan.ranged:
        found &= _within(plan, answers)
    return found


def _within(plan: Plan, answers: Answers) -> Flags:
    """Test the days of submission; an unknown one lies in no range."""
    last = plan.until or np.iinfo(np.int64).max
    return (answers.day >= max(plan.since or 1, 1)) & (answers.day <= last)


def _in_teams(plan: Plan, answers: Answers) -> Flags:
    """Test memberships once a person and day."""
    assert plan.wanted_teams is not None  # noqa: S101 - asked for only then
    pair = answers.annotator * (1 + answers.day.max(initial=0)) + answers.day
    _, first, index = np.unique(pair, return_index=True, return_inverse=True)
    passing = [
        plan.wanted_teams.passes_any(
            one for one, team in plan.teams.items() if team.has(annotator, day)
        )
        for annotator, day in zip(
            answers.annotators[answers.annotator[first]].tolist(),
            answers.day[first].tolist(),
            strict=True,
        )
    ]
    return np.array(passing, dtype=bool)[index]


def matrix(plan: Plan, answers: Answers, at: Mapping[str, int]) -> Matrix:
    """Return answers with the mark of what a query chooses.

    Args:
        at: the person and the batch that a group of the query is about, if any.
    """
    everybody = chosen(plan, answers, days=False, people=False)
    if "batch_id" in at:
        everybody &= answers.batch == at["batch_id"]
    people = everybody & chosen(plan, answers, days=False)
    if "annotator_id" in at:
        people &= answers.annotators[answers.annotator] == at["annotator_id"]
    if not plan.ranged:
        return Matrix(answers, people, people, everybody, everybody)
    within = _within(plan, answers)
    return Matrix(answers, people & within, people, everybody, everybody & within)
