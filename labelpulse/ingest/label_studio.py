"""Label Studio's rows -> records; the database and the export name their fields alike.

A row holds, by the export's names: id, unique_id, completed_by, updated_by, result, was_cancelled,
ground_truth, created_at, updated_at, draft_created_at, lead_time, parent_prediction, bulk_created;
a prediction's: id, result, score, model_version, created_at, updated_at.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from labelpulse.core.days import SECOND
from labelpulse.core.events import (
    AnnotationRecord,
    ItemRecord,
    Origin,
    PredictionRecord,
    Status,
)
from labelpulse.ingest.fields import MAX_SECONDS, instant, milliseconds, native_id, storable
from labelpulse.ingest.known import shown_name
from labelpulse.ingest.label_studio_config import Control
from labelpulse.ingest.label_studio_values import answers

EDITED_AFTER = SECOND
"""An untouched row's two times differ by microseconds: it counts as edited beyond a second."""

FROM_MODEL = ("prediction", "prediction-changed")
"""Where a region came from, when it came from a prediction that was shown."""

LONGEST_ADDRESS = 2_000
"""Signs; what is longer holds the file itself."""
_UPLOAD = re.compile(r".*/data/upload/(?:\d+/)?[0-9a-f]{8}-([^/]+)")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """How rows are read.

    Attributes:
        naive_zone: IANA zone of times that name none.
        revised: a row is one revision (in a file), in the order of its last change.
    """

    naive_zone: str = "UTC"
    revised: bool = False


STATE = Reading()
"""A live source is read as state."""


def annotation_record(
    row: Row,
    item: ItemRecord,
    controls: Mapping[str, Control],
    how: Reading = STATE,
    *,
    fingerprint: str = "",
    place: str = "",
) -> AnnotationRecord:
    """Return the record of a submission or a skip.

    A skip carries no answers, whatever result it still holds. Work that the tool made in bulk
    counts as such; an import counts as work of the person it names.

    Raises:
        SkipRecord: the row cannot be used.
    """
    skipped = bool(row["was_cancelled"])
    created, updated = (instant(row[key], how.naive_zone) for key in ("created_at", "updated_at"))
    author, editor = person_id(row["completed_by"]), person_id(row.get("updated_by"))
    parent = row.get("parent_prediction")
    edited = created is not None and updated is not None and updated - created > EDITED_AFTER
    return AnnotationRecord(
        project=item.project,
        item=item.native_id,
        native_id=native_id(row["id"]),
        unique=second_key(row.get("unique_id"), created),
        annotator=author,
        origin=Origin.BULK if row.get("bulk_created") else Origin.PERSON,
        status=Status.SKIPPED if skipped else Status.SUBMITTED,
        submitted_at=created,
        updated_at=updated,
        started_at=instant(row.get("draft_created_at"), how.naive_zone),
        time_spent_ms=milliseconds(row.get("lead_time")),
        revision=updated if how.revised else None,
        answers=() if skipped else answers(row["result"], controls),
        gold_flag=bool(row["ground_truth"]),
        assisted=parent is not None or _comes_from_model(row["result"]),
        parent_prediction=None if parent is None else prediction_id(parent),
        editor=editor if edited and editor != author else None,
        edited=edited,
        fingerprint=fingerprint,
        location=place,
    )


def _comes_from_model(result: Any) -> bool:
    """True where a region says so, though the prediction itself may be gone since."""
    regions = result if isinstance(result, list) else ()
    return any(isinstance(one, dict) and one.get("origin") in FROM_MODEL for one in regions)


def prediction_id(value: Any) -> str:
    """Return the native id of a prediction, which is none of an annotation."""
    return f"prediction-{native_id(value)}"


def prediction_record(
    row: Row,
    item: ItemRecord,
    controls: Mapping[str, Control],
    how: Reading = STATE,
    *,
    fingerprint: str = "",
    place: str = "",
) -> PredictionRecord:
    """Return the record of a prediction; arguments and errors as in `annotation_record`.

    Of a model that answers something, a question that it leaves out was not put to it.
    """
    created, updated = (
        instant(row.get(key), how.naive_zone) for key in ("created_at", "updated_at")
    )
    said = answers(row["result"], controls)
    return PredictionRecord(
        project=item.project,
        item=item.native_id,
        native_id=prediction_id(row["id"]),
        unique=second_key(None, created),
        model_version=storable(str(row.get("model_version") or "")).strip(),
        score=_millionths(row.get("score")),
        created_at=created,
        revision=updated if how.revised else None,
        answers=tuple(one for one in said if one[1] != []) or said,
        fingerprint=fingerprint,
        location=place,
    )


def _millionths(score: Any) -> int | None:
    if isinstance(score, bool) or not isinstance(score, int | float) or not math.isfinite(score):
        return None
    return round(score * 1_000_000) if abs(score) < MAX_SECONDS else None


def draft_record(
    row: Row,
    item: ItemRecord,
    how: Reading = STATE,
    *,
    fingerprint: str = "",
    place: str = "",
) -> AnnotationRecord:
    """Return the record of a draft that is no submission yet.

    It carries no answers: a draft says nothing until it is submitted, and each autosave would
    look like an edit. `row["user"]` is its author; arguments as in `annotation_record`.
    """
    updated = instant(row["updated_at"], how.naive_zone)
    return AnnotationRecord(
        project=item.project,
        item=item.native_id,
        native_id=f"draft-{native_id(row['id'])}",
        annotator=person_id(row["user"]),
        status=Status.DRAFT,
        updated_at=updated,
        started_at=instant(row["created_at"], how.naive_zone),
        revision=updated if how.revised else None,
        fingerprint=fingerprint,
        location=place,
    )


# --- fields --------------------------------------------------------------------------------


def second_key(unique_id: Any, created_at: int | None) -> str:
    """Return what tells rows of one id apart: the UUID without dashes, else the time of creation.

    >>> second_key("0D9E-44", 7), second_key(None, 7), second_key("", None)
    ('0d9e44', '7', '')
    """
    known = storable(str(unique_id or "")).replace("-", "").lower()
    return known or ("" if created_at is None else str(created_at))


def file_named(address: Any) -> str:
    """Return the name of the file that an address leads to, with folders; "" where it is none.

    What the tool puts before the name of an upload is left out.

    >>> file_named("/data/upload/3/8f2a1b2c-cat%201.jpg"), file_named("s3://bucket/a/1.jpg?v=2")
    ('cat 1.jpg', 'a/1.jpg')
    >>> file_named("s3://bucket/a #1.jpg"), file_named("https://host/a.pdf#page=2")
    ('a #1.jpg', 'a.pdf')
    >>> file_named("/data/local-files/?d=a/1.jpg"), file_named("data:image/png;base64,iVBORw0KGgo")
    ('a/1.jpg', '')
    """
    if not isinstance(address, str) or len(address) > LONGEST_ADDRESS:
        return ""
    if address.startswith(("[", "{")):  # several, as JSON in a database's words
        return ""
    try:
        # Only on the web # begins a place within a file: keys of storages and paths may have it.
        found = urlsplit(address.strip(), allow_fragments=address.strip().startswith("http"))
        asked = parse_qs(found.query)
    except ValueError:
        return ""
    if found.scheme == "data" or "fileuri" in asked:  # no file, or one that its proxy hides
        return ""
    local = asked.get("d", [""])[0] if "/local-files" in found.path else ""
    path = local or unquote(found.path)
    upload = _UPLOAD.fullmatch(path)
    return shown_name(upload[1] if upload else path.lstrip("/"))


def person_id(value: Any) -> str | None:
    """Return the id of an account, given as id or as an object with one; None stays None."""
    if isinstance(value, dict):
        value = value.get("id")
    return None if value is None else native_id(value)
