"""Arrays of answers, read from the warehouse and kept in memory while the data stand still."""

from collections.abc import Mapping
from itertools import chain
from typing import Any

import numpy as np
from sqlalchemy import Connection, Select, select

from labelpulse import schema
from labelpulse.core.days import SECOND, local_day_hour
from labelpulse.metrics.arrays import Answers, Flags, Ints, Matrix, answers_of, within
from labelpulse.reader.catalog import ProjectInfo
from labelpulse.reader.kept import Kept
from labelpulse.reader.people import Strangers
from labelpulse.reader.plan import Filter, Plan

MAX_ROWS = 30_000_000
"""Arrays of up to so many answers are kept, those asked for last; a million take 100 MB."""

_QUARTER = 900 * SECOND
_kept = Kept[Answers](MAX_ROWS, lambda one: len(one.item))


def load(conn: Connection, project: ProjectInfo, control: int, nobody: Strangers) -> Answers:
    """Return all countable answers to a question of a project; as kept, where nothing changed."""
    return _kept.get(conn, project, control, lambda: _read(conn, project, control, nobody))


def matrix_query(project: int, control: int) -> Select[Any]:
    """Return all countable answers to a question, in the columns of `arrays.answers_of`."""
    row = schema.answer_matrix.c
    columns = (
        *(row.item_id, row.annotator_id, row.label_id, row.first_label_id),
        *(row.since, row.batch_id, row.assisted, row.time_ms, row.verdict, row.stands),
        row.content,
    )
    return select(*columns).where(row.project_id == project, row.control_id == control)


def _read(conn: Connection, project: ProjectInfo, control: int, nobody: Strangers) -> Answers:
    query = matrix_query(project.id, control)
    rows = integers(conn, query, len(query.selected_columns))
    days = local_days(rows[:, 4], project.counted.timezone)
    return answers_of(rows, days, nobody.unknown, nobody.anonymous)


def integers(conn: Connection, query: Select[Any], columns: int) -> Ints:
    """Return the rows of a query whose columns are all integers, as an array."""
    pages = conn.execution_options(yield_per=50_000).execute(query).partitions()
    flat = np.fromiter(chain.from_iterable(chain.from_iterable(pages)), dtype=np.int64)
    return flat.reshape(-1, columns)


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
        found &= passing(own, answers.annotators)[answers.annotator]
    if batches := plan.filters.get("batch_id"):
        found &= passing(batches, answers.batch)
    if plan.wanted_teams is not None and people:
        found &= in_teams(plan, answers.annotators[answers.annotator], answers.day)
    if days:
        found &= within(plan, answers.day)
    return found


def passing(one: Filter, ids: Ints) -> Flags:
    """Return which ids pass a condition."""
    there, index = np.unique(ids, return_inverse=True)
    return np.array([one.passes(id_) for id_ in there.tolist()], dtype=bool)[index]


def in_teams(plan: Plan, annotator: Ints, day: Ints) -> Flags:
    """Return whose membership on a day passes a condition on teams; tested once a person and day.

    Args:
        annotator: ids.
    """
    assert plan.wanted_teams is not None  # noqa: S101 - asked for only then
    pair = annotator * (1 + day.max(initial=0)) + day
    _, first, index = np.unique(pair, return_index=True, return_inverse=True)
    member = [
        plan.wanted_teams.passes_any(one for one, team in plan.teams.items() if team.has(who, at))
        for who, at in zip(annotator[first].tolist(), day[first].tolist(), strict=True)
    ]
    return np.array(member, dtype=bool)[index]


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
    days = within(plan, answers.day)
    return Matrix(answers, people & days, people, everybody, everybody & days)
