"""Tasks as the API lists them -> what a scan met, and records."""

from collections.abc import Mapping
from dataclasses import dataclass

from collectors.label_studio_api.api import rows
from labelpulse.core.answers import clean
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import ItemRecord, ScannedRecord
from labelpulse.ingest.fetched import Fetched
from labelpulse.ingest.fields import bad_record, content_of, instant
from labelpulse.ingest.label_studio import (
    Row,
    annotation_record,
    file_named,
    prediction_record,
    second_key,
)
from labelpulse.ingest.label_studio_project import PREFIX, Project, short
from labelpulse.source import ANNOTATIONS, ITEMS, PREDICTIONS

TASK = ("id", "created_at", "updated_at", "overlap", "file_upload")
STATE = (
    *("completed_by", "updated_by", "was_cancelled", "ground_truth", "lead_time"),
    *("parent_prediction", "draft_created_at", "bulk_created"),
)
"""What may change of an annotation without its result."""

LISTED: Mapping[str, tuple[str, ...]] = {
    ITEMS: TASK,
    PREDICTIONS: (*TASK, "predictions"),
    ANNOTATIONS: (*TASK, "annotations", *STATE),
}
EVERYTHING = (*TASK, "predictions", "annotations", *STATE)
WHOLE: Mapping[str, tuple[str, ...]] = {
    ITEMS: (*TASK, "data"),
    PREDICTIONS: (*TASK, "data", "predictions"),
    ANNOTATIONS: (*TASK, "data", "annotations", *STATE, "result"),
}
SINGLE = {ITEMS: "task", PREDICTIONS: "prediction", ANNOTATIONS: "annotation"}


@dataclass(frozen=True, slots=True)
class Inside:
    """What a stream sees of the tasks of a project."""

    stream: str
    key: int
    project: Project

    def of(self, task: Row) -> list[Row]:
        """Return the rows of a task: the task itself, or what it holds."""
        if self.stream == ITEMS:
            return [task]
        return rows(task.get("annotations" if self.stream == ANNOTATIONS else "predictions"))

    def native_id(self, one: Row) -> str:
        """Return the native id of a row."""
        return f"{PREFIX.get(self.stream, '')}{one['id']}"

    def seen(self, one: Row) -> ScannedRecord:
        """Return what a scan met."""
        unique = "" if self.stream == ITEMS else second_key(None, _created(one))
        return ScannedRecord(self.native_id(one), unique, str(self.key), self._fingerprint(one))

    def add(self, task: Row, one: Row, found: Fetched) -> None:
        """Add the record of a row, with its item, or why there is none."""
        try:
            item = _item(self.key, task, self.project.file)
            if self.stream == ANNOTATIONS:
                self._annotation(item, one, found)
            elif self.stream == PREDICTIONS:
                self._prediction(item, one, found)
            found.items[item.native_id] = item
        except SkipRecord as error:
            if self.stream != PREDICTIONS:  # nobody's work: as if it were not there
                self.refuse(error, SINGLE[self.stream], one, found)

    def refuse(self, error: SkipRecord, what: str, raw: Row, found: Fetched) -> None:
        """Add a row to those that cannot be used."""
        record, project = f"id {raw['id']}", str(self.key)
        found.bad.append(bad_record(error, place=what, record=record, raw=raw, project=project))

    def _annotation(self, item: ItemRecord, one: Row, found: Fetched) -> None:
        if "result" not in one:
            raise SkipRecord("missing_result", "it has no result")
        record = annotation_record(
            {**_ABSENT, **one},
            *(item, self.project.controls),
            fingerprint=self._fingerprint(one),
            place=f"annotation {one['id']}",
        )
        found.annotations.append(record)
        if (learnt := self.project.learn(record, one["result"])) is not None:
            found.projects[item.project] = learnt

    def _prediction(self, item: ItemRecord, one: Row, found: Fetched) -> None:
        record = prediction_record(
            {"result": None, **one},
            *(item, self.project.controls),
            fingerprint=self._fingerprint(one),
            place=f"prediction {one['id']}",
        )
        found.predictions.append(record)

    def _fingerprint(self, one: Row) -> str:
        if self.stream == ITEMS:
            return _item_print(one, self.project.file)
        names = STATE if self.stream == ANNOTATIONS else ("score", "model_version")
        said = [one.get(name) for name in ("updated_at", *names)]
        return f"{self.project.form}.{short(repr(said))}"


_ABSENT = dict.fromkeys(
    ("completed_by", "was_cancelled", "ground_truth", "created_at", "updated_at")
)


def _item(project: int, task: Row, file: str) -> ItemRecord:
    data = task.get("data")
    upload = task.get("file_upload")
    overlap = task.get("overlap")
    return ItemRecord(
        project=str(project),
        native_id=str(task["id"]),
        required=overlap if type(overlap) is int else None,
        created_at=instant(task.get("created_at")),
        fingerprint=_item_print(task, file),
        batch=clean(upload) or None if isinstance(upload, str) else None,
        content=content_of(data),
        name=file_named(data.get(file)) if isinstance(data, dict) else "",
    )


def _item_print(task: Row, file: str) -> str:
    said = [task.get(key) for key in ("overlap", "created_at", "file_upload")]
    return short(repr([*said, *([file] if file else [])]))


def _created(one: Row) -> int | None:
    try:
        return instant(one.get("created_at"))
    except SkipRecord:
        return None
