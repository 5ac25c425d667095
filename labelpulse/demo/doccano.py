"""Reviews as rows of doccano's database, for the history and for the live team."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from labelpulse.demo.chance import GOLDEN, spread
from labelpulse.demo.reviews import LABELS, PROJECT_ID, TITLE, text_of
from labelpulse.demo.simulate import History
from labelpulse.demo.story import REVIEWS_STAFF, Person, midnight_of
from labelpulse.demo.tables import DOCCANO, DOCCANO_INDEXES, Row, insert, new_database, stamp
from labelpulse.demo.work import Submission

USERS_FROM = 100
"""What is added to a person's id: the accounts of this tool have ids of their own."""
_UPLOADS = 5


def write_doccano(path: Path, history: History) -> None:
    """Write the database of doccano with a history; the file is replaced."""
    with new_database(path, DOCCANO, DOCCANO_INDEXES) as db:
        insert(db, "auth_user", [_user(person) for person in REVIEWS_STAFF])
        insert(db, "projects_project", [_project()])
        kinds = [
            {"id": id_, "text": text, "project_id": PROJECT_ID}
            for id_, text in enumerate(LABELS, 1)
        ]
        insert(db, "label_types_categorytype", kinds)
        insert(db, "examples_example", _examples(history))
        for submission in history.reviews.submissions:
            write_review(db, submission)


def _user(person: Person) -> Row:
    first, last = person.name.split()
    names = {"username": person.handle, "first_name": first, "last_name": last}
    return {"id": USERS_FROM + person.id, "email": person.email, **names}


def _project() -> Row:
    return {
        "id": PROJECT_ID,
        "name": TITLE,
        "project_type": "DocumentClassification",
        "collaborative_annotation": 0,
        "single_class_classification": 1,
    }


def _examples(history: History) -> Iterator[Row]:
    begin, count = midnight_of(history.calendar.first), len(history.reviews.numbers)
    for n in history.reviews.numbers:
        at = stamp(begin - timedelta(hours=3) + timedelta(microseconds=37 * n))
        yield {
            "id": n,
            "upload_name": f"reviews-{1 + (n - 1) * _UPLOADS // count}.jsonl",
            "text": text_of(n),
            "created_at": at,
            "updated_at": at,
            "annotations_approved_by_id": None,
            "project_id": PROJECT_ID,
        }


def write_review(db: sqlite3.Connection, submission: Submission) -> None:
    """Label a review and, seconds later, confirm it, as a user does with two clicks."""
    user = USERS_FROM + submission.person.id
    at = stamp(submission.at - timedelta(seconds=4 + 26 * spread(submission.n, GOLDEN)))
    label = LABELS.index(str(submission.answer)) + 1
    category = {"prob": 0.0, "created_at": at, "updated_at": at, "example_id": submission.n}
    insert(db, "labels_category", [{**category, "label_id": label, "user_id": user}])
    state = {"confirmed_by_id": user, "example_id": submission.n}
    insert(db, "examples_examplestate", [{"confirmed_at": stamp(submission.at), **state}])
