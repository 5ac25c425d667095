"""From acts to the rows of the tool's tables, the same for the history and the live part."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from labelpulse.demo import cast, tickets
from labelpulse.demo.acts import Act
from labelpulse.demo.answers import Shown
from labelpulse.demo.cast import Person
from labelpulse.demo.tables import Row, packed, stamp
from labelpulse.demo.tickets import Guess, ticket

LOCK_LIFE = timedelta(hours=1)
SAVE = timedelta(microseconds=14)
"""An untouched row's `updated_at` trails its `created_at` by a few microseconds."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A guess as it stands in the `prediction` table."""

    id: int
    n: int
    shown: Shown
    at: datetime


def digest(*parts: object) -> bytes:
    """Return 16 bytes that depend only on `parts`."""
    return hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=16).digest()


def unique_id(*parts: object) -> str:
    """Return the hex UUID that belongs to `parts`."""
    return UUID(bytes=digest(*parts), version=4).hex


def history_id(seed: int, act: Act) -> str:
    """Return the unique id of an annotation of the planned history."""
    return history_id_of(seed, act.n, act.person.id)


def history_id_of(seed: int, n: int, user_id: int) -> str:
    """Return the unique id the planned history gives the answer of one user to one ticket."""
    return unique_id("history", seed, n, user_id)


def region_id(*parts: object) -> str:
    """Return the id of a region, which depends only on `parts`."""
    return base64.urlsafe_b64encode(digest("region", *parts))[:10].decode()


def result(label: str, region: str, origin: str = "manual") -> list[dict[str, object]]:
    """Return one choice as the list of regions that the tool stores."""
    return [
        {
            "id": region,
            "type": "choices",
            "value": {"choices": [label]},
            "origin": origin,
            "to_name": cast.TEXT,
            "from_name": cast.CONTROL,
        }
    ]


def guess_result(n: int, shown: Shown) -> list[dict[str, object]]:
    """Return a model's guess in the same form."""
    return result(shown.guess.label, region_id(n, shown.version))


def prediction(stored: Stored) -> Row:
    """Return a row of `prediction`."""
    return {
        "id": stored.id,
        "task_id": stored.n,
        "project_id": cast.PROJECT_ID,
        "result": packed(guess_result(stored.n, stored.shown)),
        "score": stored.shown.guess.score,
        "model_version": stored.shown.version,
        "model_id": None,
        "model_run_id": None,
        "cluster": None,
        "mislabeling": 0.0,
        "created_at": stamp(stored.at),
        "updated_at": stamp(stored.at + SAVE),
    }


def _copy(stored: Stored) -> dict[str, object]:
    """Return the copy of a prediction that the tool keeps in each annotation beside it."""
    at = stored.at.astimezone(UTC).replace(tzinfo=None).isoformat("T", "microseconds") + "Z"
    return {
        "id": stored.id,
        "result": guess_result(stored.n, stored.shown),
        "model_version": stored.shown.version,
        "score": stored.shown.guess.score,
        "cluster": None,
        "mislabeling": 0.0,
        "created_at": at,
        "updated_at": at,
        "task": stored.n,
        "project": cast.PROJECT_ID,
    }


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row belongs: a task and its project, by their ids."""

    task: int
    project: int = cast.PROJECT_ID


def completion(
    place: Place,
    person: Person,
    regions: Sequence[Mapping[str, object]] | None,
    *,
    at: datetime,
    seconds: float,
    unique: str,
) -> dict[str, object]:
    """Return a row of `task_completion` without id; `regions` is None of a skip.

    It has no guess beside it, is nobody's key, and was not touched since.
    """
    drafted = int(unique[0], 16) < 9
    spent = timedelta(seconds=min(seconds, 900.0) * 0.6)
    return {
        "unique_id": unique,
        "task_id": place.task,
        "project_id": place.project,
        "completed_by_id": person.id,
        "updated_by_id": person.id,
        "result": packed(regions or []),
        "result_count": len(regions or []),
        "was_cancelled": int(regions is None),
        "ground_truth": 0,
        "created_at": stamp(at),
        "updated_at": stamp(at + SAVE),
        "draft_created_at": stamp(at - spent) if drafted else None,
        "lead_time": round(seconds, 3),
        "prediction": "{}",
        "parent_prediction_id": None,
        "parent_annotation_id": None,
        "import_id": None,
        "bulk_created": 0,
        "last_action": None,
        "last_created_by_id": None,
    }


def annotation(act: Act, unique: str, stored: Stored | None) -> dict[str, object]:
    """Return a row of `task_completion` without id; `stored` is the guess beside the ticket."""
    edited = act.edit
    regions = None if act.final is None else _regions(act, unique, stored)
    row = completion(
        Place(act.n), act.person, regions, at=act.at, seconds=act.seconds, unique=unique
    )
    return row | {
        "ground_truth": int(act.gold),
        "updated_at": stamp(edited.at if edited else act.at + SAVE),
        "lead_time": round(act.seconds + (edited.seconds if edited else 0.0), 3),
        "prediction": packed(_copy(stored)) if stored else "{}",
        "parent_prediction_id": stored.id if stored and act.started_from else None,
    }


def _regions(act: Act, unique: str, stored: Stored | None) -> list[dict[str, object]]:
    label = act.final or ""
    if stored is None or not act.started_from:
        return result(label, region_id(unique))
    kept = label == stored.shown.guess.label
    region = region_id(act.n, stored.shown.version)
    return result(label, region, "prediction" if kept else "prediction-changed")


def task(seed: int, n: int, size: int, at: datetime) -> dict[str, object]:
    """Return a row of `task` as the import leaves it: no answers, no predictions yet."""
    upload = tickets.import_of(n, size) + 1
    channel = ("mail", "chat", "form")[n * 7 % 3]
    data = {"text": tickets.text(seed, n), "ticket": f"T-{n:05d}", "channel": channel}
    data["batch"] = f"import {upload}"
    return untouched(Place(n), n, data, at=at, overlap=ticket(seed, n).overlap, upload=upload)


def untouched(
    place: Place, inner: int, data: Mapping[str, object], *, at: datetime, overlap: int, upload: int
) -> dict[str, object]:
    """Return a row of `task` without answers; `inner` is its number within the project."""
    return {
        "id": place.task,
        "data": packed(data),
        "meta": "{}",
        "created_at": stamp(at),
        "updated_at": stamp(at + SAVE),
        "updated_by_id": None,
        "is_labeled": 0,
        "project_id": place.project,
        "inner_id": inner,
        "overlap": overlap,
        "file_upload_id": upload,
        "total_annotations": 0,
        "cancelled_annotations": 0,
        "total_predictions": 0,
        "comment_count": 0,
        "precomputed_agreement": None,
        "allow_skip": 1,
    }


def lock(n: int, person: Person, at: datetime) -> Row:
    """Return a row of `tasks_tasklock`: the person has the ticket open."""
    return {
        "task_id": n,
        "user_id": person.id,
        "unique_id": unique_id("lock", n, person.id, at),
        "created_at": stamp(at),
        "expire_at": stamp(at + LOCK_LIFE),
    }


def draft(n: int, person: Person, label: str, at: datetime, saved: datetime) -> Row:
    """Return a row of `tasks_annotationdraft` for an answer that is not submitted yet."""
    return {
        "task_id": n,
        "annotation_id": None,
        "user_id": person.id,
        "result": packed(result(label, region_id("draft", n, person.id))),
        "lead_time": round((saved - at).total_seconds(), 3),
        "was_postponed": 0,
        "created_at": stamp(at),
        "updated_at": stamp(saved),
        "import_id": None,
    }


def stored_guess(seed: int, n: int, version: str, id_: int, at: datetime) -> Stored | None:
    """Return model `version`'s guess about ticket `n` as stored under `id_`, if it has one."""
    found: Guess | None = tickets.guess(seed, n, version)
    return Stored(id_, n, Shown(version, found), at) if found else None
