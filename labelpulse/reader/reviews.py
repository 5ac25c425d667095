"""Arrays of reviews, read from the facts and kept in memory while the data stand still."""

from typing import Any

import numpy as np
from sqlalchemy import Connection, Select, case, collate, func, or_, select

from labelpulse import schema
from labelpulse.core.items import PERSON, SUBMITTED
from labelpulse.metrics.arrays import ChosenReviews, Flags, Reviews, reviews_of, within
from labelpulse.reader.catalog import ProjectInfo
from labelpulse.reader.kept import Kept
from labelpulse.reader.matrices import in_teams, integers, local_days, passing
from labelpulse.reader.people import Strangers
from labelpulse.reader.plan import Plan

MAX_ROWS = 10_000_000
"""Arrays of up to so many reviews are kept, those asked for last; a million take 56 MB."""

_kept = Kept[Reviews](MAX_ROWS, lambda one: len(one.at))


_CODE_POINTS = {"sqlite": "BINARY", "postgresql": "C"}
"""Database -> the collation that orders names as Python does."""


def reviews_query(project: int, dialect: str) -> Select[Any]:
    """Return the reviews of people's submissions, deleted ones included, as `ItemView.work` has it.

    In the order of their times, those of unknown time last; then as annotations hold theirs.
    Columns: reviewer, annotator, verdict, its time, item, batch, time of the first submission;
    0 = unknown.
    """
    review, annotation, item = schema.review.c, schema.annotation.c, schema.item.c
    columns = (
        *(func.coalesce(review.reviewer_id, 0), annotation.annotator_id),
        *(review.verdict, func.coalesce(review.at, 0), annotation.item_id, item.batch_id),
        case((annotation.held, 0), else_=func.coalesce(annotation.submitted_at, 0)),
    )
    return (
        select(*columns)
        .join_from(
            schema.review,
            schema.annotation,
            (annotation.project_id == review.project_id) & (annotation.id == review.annotation_id),
        )
        .join(
            schema.item,
            (item.project_id == annotation.project_id) & (item.id == annotation.item_id),
        )
        .where(
            review.project_id == project,
            annotation.origin == int(PERSON),
            annotation.status == int(SUBMITTED),
            or_(~annotation.reopened, annotation.deleted_at.is_not(None)),
        )
        .order_by(
            *(review.at.is_(None), review.at, annotation.id),
            collate(review.native_id, _CODE_POINTS[dialect]),
        )
    )


def load(conn: Connection, project: ProjectInfo, nobody: Strangers) -> Reviews:
    """Return all reviews of a project's submissions; as kept, where nothing changed."""
    return _kept.get(conn, project, "reviews", lambda: _read(conn, project, nobody))


def _read(conn: Connection, project: ProjectInfo, nobody: Strangers) -> Reviews:
    query = reviews_query(project.id, conn.dialect.name)
    rows = integers(conn, query, len(query.selected_columns))
    return reviews_of(rows, local_days(rows[:, 6], project.counted.timezone), nobody.unknown)


def of_people(plan: Plan, reviews: Reviews) -> Flags:
    """Return the reviews of work of the people and teams that a query is about."""
    found = np.ones(len(reviews.at), dtype=bool)
    if (own := plan.filters.get("annotator_id")) is not None:
        found &= passing(own, reviews.annotator)
    if plan.wanted_teams is not None:
        found &= in_teams(plan, reviews.annotator, reviews.day)
    return found


def chosen(plan: Plan, reviews: Reviews) -> ChosenReviews:
    """Return reviews with the mark of what a query's reviewers, batches and days choose."""
    found = np.ones(len(reviews.at), dtype=bool)
    for column, ids in (("reviewer_id", reviews.reviewer), ("batch_id", reviews.batch)):
        if (own := plan.filters.get(column)) is not None:
            found &= passing(own, ids)
    return ChosenReviews(reviews, found & within(plan, reviews.day))
