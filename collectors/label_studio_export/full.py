"""Label Studio's full JSON export, synchronous or from a snapshot, with flat memory.

The file is read twice. The first pass reads it to its end, so that a file that breaks off gives no
record at all, and learns the controls, which an export does not name: what kind of control it is
follows from the type of its results, and one that anywhere holds several choices is a set, however
the file is ordered. The second pass gives the records.

Only JSON holds everything: the flat exports know neither skips nor flags nor unique ids.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labelpulse.core.errors import FileRefused, SkipRecord
from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    ItemRecord,
    PersonRecord,
    PredictionRecord,
    ProjectRecord,
)
from labelpulse.ingest.fields import bad_record, content_of, instant, native_id, person_record
from labelpulse.ingest.label_studio import (
    Reading,
    annotation_record,
    draft_record,
    prediction_record,
)
from labelpulse.ingest.label_studio_config import Control
from labelpulse.ingest.label_studio_values import Learner
from labelpulse.ingest.parse import Flawed, stream_json_array
from labelpulse.source import FileRecord, ImportOptions

ENOUGH = 10_000
"""So many elements of which none is a task are no export."""

_ABSENT = dict.fromkeys(
    ("id", "completed_by", "was_cancelled", "ground_truth", "created_at", "updated_at")
)
_ACCOUNT = re.compile(r", (\d+)$")  # a draft names its author "First Last mail, 7"


def read_full(path: Path, options: ImportOptions) -> Iterator[FileRecord]:
    """Yield the project, then people, items, predictions, annotations, drafts, bad records.

    Raises:
        FileRefused: it is no such export, or not well-formed to its end.
    """
    controls = _survey(path)
    records = tuple(one.record for one in controls.values())
    yield ProjectRecord(options.project, options.project, records)
    reader = _Reader(
        path.name, options.project, Reading(options.naive_zone, revised=True), controls
    )
    for index, task in stream_json_array(path):
        yield from reader.task(index + 1, task)


def _survey(path: Path) -> Mapping[str, Control]:
    """Read a file to its end, and return the controls that its answers show."""
    learner, tasks, elements = Learner(), 0, 0
    for _, task in stream_json_array(path):
        elements += 1
        if _is_task(task):
            tasks += 1
            for one in task["annotations"]:
                _learn(learner, one)
        elif not tasks and elements >= ENOUGH:
            break  # a list of millions of something else is not read to its end
    if elements and not tasks:
        raise FileRefused(
            f"{path.name} holds no task with annotations, so it is no export of Label Studio: "
            "export the project as JSON"
        )
    return dict(sorted(learner.found.items()))


def _is_task(task: Any) -> bool:
    return isinstance(task, dict) and isinstance(task.get("annotations"), list)


def _learn(learner: Learner, one: Any) -> None:
    if isinstance(one, dict) and not one.get("was_cancelled"):
        with suppress(SkipRecord):  # the second pass quarantines it
            learner.see(one.get("result"))


@dataclass(slots=True)
class _Reader:
    """Makes records of tasks.

    Attributes:
        told: people that were yielded already.
    """

    file: str
    project: str
    how: Reading
    controls: Mapping[str, Control]
    told: set[str] = field(default_factory=set)

    def task(self, number: int, task: Any) -> Iterator[FileRecord]:
        """Yield what a task holds; one that cannot be used is one bad record."""
        try:
            item = self._item(task)
        except SkipRecord as error:
            raw = task.excerpt if isinstance(task, Flawed) else task
            yield self._bad(error, f"record {number}{_called('task', task)}", raw)
            return
        yield item
        yield from self._predictions(task, item)
        where = f"record {number}, task {item.native_id}"
        for one in task["annotations"]:
            yield from self._one(one, item, f"{where}{_called('annotation', one)}", draft=False)
        for one in task.get("drafts") or ():
            if isinstance(one, dict) and one.get("annotation") is None:
                yield from self._one(one, item, f"{where}{_called('draft', one)}", draft=True)

    def _item(self, task: Any) -> ItemRecord:
        if isinstance(task, Flawed):
            raise SkipRecord(task.reason, task.detail)
        if not _is_task(task):
            raise SkipRecord("bad_task", "it is no task with a list of annotations")
        if not isinstance(task.get("drafts", []), list | None):
            raise SkipRecord("bad_task", "its drafts are no list")
        created = instant(task.get("created_at"), self.how.naive_zone)
        return ItemRecord(
            *(self.project, native_id(task.get("id"))),
            created_at=created,
            content=content_of(task.get("data")),
        )

    def _one(self, one: Any, item: ItemRecord, where: str, *, draft: bool) -> Iterator[FileRecord]:
        try:
            read = self._draft if draft else self._submission
            record = read(_object(one), item, where)
            people = () if draft else self._people(one)
        except SkipRecord as error:
            yield self._bad(error, where, one)
        else:
            yield from people
            yield record

    def _submission(self, one: dict[str, Any], item: ItemRecord, where: str) -> AnnotationRecord:
        if "result" not in one:
            raise SkipRecord("missing_result", "it has no result")
        row = {**_ABSENT, **one}
        return annotation_record(row, item, self.controls, self.how, place=where)

    def _draft(self, one: dict[str, Any], item: ItemRecord, where: str) -> AnnotationRecord:
        row = {**_ABSENT, **one, "user": _drafter(one)}
        return draft_record(row, item, self.how, place=where)

    def _predictions(self, task: dict[str, Any], item: ItemRecord) -> Iterator[PredictionRecord]:
        """Each prediction once; most exports name them by id, and hold those that were used."""
        told: set[str] = set()
        for one in _predicted(task):
            with suppress(SkipRecord, KeyError):  # nobody's work: as if it were not there
                record = prediction_record(one, item, self.controls, self.how)
                if record.native_id not in told:
                    told.add(record.native_id)
                    yield record

    def _people(self, one: dict[str, Any]) -> list[PersonRecord]:
        """Accounts that a snapshot spells out, each once."""
        accounts = [one.get(key) for key in ("completed_by", "updated_by")]
        found = [person_record({"id": None, **a}) for a in accounts if isinstance(a, dict)]
        fresh = {each.native_id: each for each in found if each.native_id not in self.told}
        self.told.update(fresh)
        return list(fresh.values())

    def _bad(self, error: SkipRecord, where: str, raw: Any) -> BadRecord:
        return bad_record(error, place=self.file, record=where, raw=raw, project=self.project)


def _predicted(task: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the predictions of a task, then those that its annotations started from."""
    listed = task.get("predictions")
    yield from (
        one for one in (listed if isinstance(listed, list) else ()) if isinstance(one, dict)
    )
    for one in task["annotations"]:
        copy = one.get("prediction") if isinstance(one, dict) else None
        if isinstance(copy, dict) and copy and copy.get("id") == one.get("parent_prediction"):
            yield copy


def _object(one: Any) -> dict[str, Any]:
    if not isinstance(one, dict):
        raise SkipRecord("bad_annotation", "it is no object")
    return one


def _called(what: str, one: Any) -> str:
    """Return ``, task 7`` where something tells its id."""
    key = one.get("id") if isinstance(one, dict) else None
    return f", {what} {key}" if isinstance(key, int | str) and len(str(key)) < 40 else ""


def _drafter(one: dict[str, Any]) -> Any:
    """The id of a draft's author; the tool gives the mail, and the id only inside a sentence."""
    if not isinstance(one.get("user"), str):
        return one.get("user")
    found = _ACCOUNT.search(str(one.get("created_username") or ""))
    return found[1] if found else None
