"""Tickets and Street as rows of Label Studio's database, for the history and for the live team."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from labelpulse.demo import street, tickets
from labelpulse.demo.simulate import History
from labelpulse.demo.story import PEOPLE, TICKETS_STAFF, Calendar, Person, midnight_of
from labelpulse.demo.tables import (
    LABEL_STUDIO,
    LABEL_STUDIO_INDEXES,
    Row,
    insert,
    new_database,
    packed,
    stamp,
    unique_id,
)
from labelpulse.demo.tickets import Prediction
from labelpulse.demo.work import Answer, Box, Submission

STREET_TASKS_FROM = 1_000_000
"""What is added to a picture's number, so that no ticket has its id."""
_SAVING = timedelta(microseconds=14)
"""How long after its creation a new row is saved."""


def write_label_studio(path: Path, history: History, now: datetime) -> None:
    """Write the database of Label Studio as it is at `now`; the file is replaced."""
    begin = midnight_of(history.calendar.first) - timedelta(days=1)
    predictions = list(_predictions(history))
    with new_database(path, LABEL_STUDIO, LABEL_STUDIO_INDEXES) as db:
        insert(db, "htx_user", [_user(person) for person in PEOPLE.values()])
        insert(db, "project", _projects(history.calendar, begin))
        insert(db, "task", _tickets(history))
        insert(db, "task", _pictures(history, begin))
        insert(db, "prediction", [_prediction(*pair) for pair in enumerate(predictions, 1)])
        ids = {(n, prediction.model): id_ for id_, (n, prediction, _) in enumerate(predictions, 1)}
        for project, submissions in (
            (tickets.PROJECT_ID, history.tickets.submissions),
            (street.PROJECT_ID, history.street.submissions),
        ):
            rows = (
                annotation(project, submission, ids.get((submission.n, submission.model or "")))
                for submission in submissions
            )
            insert(db, "task_completion", rows)
        insert(db, "tasks_annotationdraft", _drafts(history, now))


def _user(person: Person) -> Row:
    first, last = person.name.split()
    names = {"username": person.handle, "first_name": first, "last_name": last}
    return {"id": person.id, "email": person.email, **names}


def _projects(calendar: Calendar, begin: datetime) -> Iterator[Row]:
    changed = midnight_of(calendar.date_of("guideline v2")) + timedelta(hours=7)
    for id_, title, config, instruction, updated in (
        (tickets.PROJECT_ID, tickets.TITLE, tickets.LABEL_CONFIG, tickets.GUIDELINE, changed),
        (street.PROJECT_ID, street.TITLE, street.LABEL_CONFIG, "", begin),
    ):
        yield {
            "id": id_,
            "title": title,
            "description": "",
            "label_config": config,
            "expert_instruction": instruction,
            "maximum_annotations": 2,
            "created_at": stamp(begin),
            "updated_at": stamp(updated),
            "deleted_at": None,
        }


def _tickets(history: History) -> Iterator[Row]:
    for n in history.tickets.numbers:
        upload = tickets.upload_of(n, len(history.tickets.numbers))
        data = {"text": tickets.text_of(n), "ticket": f"T-{n:05d}"}
        at = _imported(history.calendar, upload) + timedelta(microseconds=29 * n)
        yield task(tickets.PROJECT_ID, n, data, at=at, overlap=tickets.required(n), upload=upload)


def _imported(calendar: Calendar, upload: int) -> datetime:
    """Return when an upload of Tickets came: before the first day, after 1/6 and 2/3 of them."""
    days = len(calendar.dates)
    if upload == 1:
        return midnight_of(calendar.first) - timedelta(hours=17)
    return midnight_of(calendar.dates[days - days * (upload - 1) ** 2 // 6 - 1])


def _pictures(history: History, begin: datetime) -> Iterator[Row]:
    night = midnight_of(history.calendar.date_of("night pictures")) - timedelta(hours=3)
    for n in history.street.numbers:
        is_night, upload = street.is_night(n), street.upload_of(n)
        data = {
            "image": f"/data/upload/{upload}/street-{n:06d}.jpg",
            "scene": "night" if is_night else "day",
        }
        at = (night if is_night else begin) + timedelta(microseconds=31 * (n % street.NIGHT_FROM))
        yield task(street.PROJECT_ID, n, data, at=at, overlap=street.required(n), upload=upload)


def task(
    project: int,
    n: int,
    data: Mapping[str, str],
    *,
    at: datetime,
    overlap: int,
    upload: int,
) -> Row:
    """Return the row of an item as an upload leaves it."""
    return {
        "id": task_id(project, n),
        "data": packed(data),
        "created_at": stamp(at),
        "updated_at": stamp(at + _SAVING),
        "project_id": project,
        "overlap": overlap,
        "file_upload_id": upload,
        "allow_skip": 1,
    }


def task_id(project: int, n: int) -> int:
    """Return the id of the task that is item `n` of a project."""
    return n + STREET_TASKS_FROM * (project == street.PROJECT_ID)


def _predictions(history: History) -> Iterator[tuple[int, Prediction, datetime]]:
    """Yield ticket, prediction and time: of v1 for two uploads, of v2 from its release on."""
    release = midnight_of(history.calendar.date_of("model v2")) - timedelta(hours=2)
    numbers = history.tickets.numbers
    for model, first in (("v1", 1), ("v2", history.first_v2)):
        for n in numbers[first - 1 :]:
            upload = tickets.upload_of(n, len(numbers))
            prediction = tickets.prediction_of(n, model)
            if prediction and not (model == "v1" and upload == 3):
                at = _imported(history.calendar, upload) + timedelta(hours=1)
                yield n, prediction, at if model == "v1" else max(at, release)


def _prediction(id_: int, predicted: tuple[int, Prediction, datetime]) -> Row:
    n, prediction, at = predicted
    return {
        "id": id_,
        "task_id": n,
        "project_id": tickets.PROJECT_ID,
        "result": packed([_choice(prediction.label, unique_id("prediction", id_))]),
        "score": prediction.score,
        "model_version": prediction.model,
        "created_at": stamp(at),
        "updated_at": stamp(at + _SAVING),
    }


def annotation(project: int, submission: Submission, prediction_id: int | None = None) -> Row:
    """Return the row of a submission or skip; `prediction_id` is what it started from."""
    unique = unique_id(project, submission.n, submission.person.id, submission.at)
    return {
        "unique_id": unique,
        "task_id": task_id(project, submission.n),
        "project_id": project,
        "completed_by_id": submission.person.id,
        "updated_by_id": submission.person.id,
        "result": packed(_regions(submission.answer, unique)),
        "was_cancelled": int(submission.answer is None),
        "ground_truth": int(submission.is_gold),
        "created_at": stamp(submission.at),
        "updated_at": stamp(submission.edited_at or submission.at + _SAVING),
        "draft_created_at": stamp(
            submission.at - timedelta(seconds=0.6 * min(submission.seconds, 900.0))
        ),
        "lead_time": round(submission.seconds, 3),
        "parent_prediction_id": prediction_id,
        "import_id": None,
        "bulk_created": 0,
    }


def draft(n: int, person: Person, label: str, at: datetime) -> Row:
    """Return the row of an answer to a ticket that a person has begun."""
    return {
        "task_id": n,
        "annotation_id": None,
        "user_id": person.id,
        "result": packed([_choice(label, unique_id("draft", n, person.id))]),
        "created_at": stamp(at),
        "updated_at": stamp(at),
    }


def _drafts(history: History, now: datetime) -> Iterator[Row]:
    """Yield the answers that people have begun: some people have the next tickets open."""
    people = [person for person in TICKETS_STAFF if person.role != "leaver"]
    people = [person for person in people if person.is_on_shift(now)] or people
    begun = {submission.n for submission in history.tickets.submissions}
    new = (n for n in history.tickets.numbers if n not in begun and not tickets.is_gold(n))
    for place, (person, n) in enumerate(zip(people[:6], new, strict=False)):
        yield draft(n, person, tickets.label_of(n), now - timedelta(seconds=20 + 40 * place))


def _regions(answer: Answer, unique: str) -> list[Row]:
    if answer is None:
        return []
    if isinstance(answer, str):
        return [_choice(answer, unique)]
    return [_rectangle(box, unique_id(unique, place)) for place, box in enumerate(answer)]


def _choice(label: str, region: str) -> Row:
    return {
        "id": region[:10],
        "type": "choices",
        "value": {"choices": [label]},
        "origin": "manual",
        "to_name": tickets.TEXT,
        "from_name": tickets.CONTROL,
    }


def _rectangle(box: Box, region: str) -> Row:
    return {
        "id": region[:10],
        "type": "rectanglelabels",
        "value": {
            "x": box.x,
            "y": box.y,
            "width": box.width,
            "height": box.height,
            "rotation": 0,
            "rectanglelabels": [box.label],
        },
        "origin": "manual",
        "to_name": street.IMAGE,
        "from_name": street.CONTROL,
        "image_rotation": 0,
        "original_width": street.WIDTH,
        "original_height": street.HEIGHT,
    }
