"""A Label Studio project as it was opened: what its database and its API share."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b

from labelpulse.core.events import (
    AnnotationRecord,
    ProjectRecord,
)
from labelpulse.ingest.fields import storable
from labelpulse.ingest.label_studio import Row
from labelpulse.ingest.label_studio_config import Control, file_key, form, parse_config
from labelpulse.ingest.label_studio_values import Learner
from labelpulse.source import DRAFTS, PREDICTIONS

FORM_VERSION = 2
"""Rises when answers get another canonical form, so that all are read again."""

PREFIX: Mapping[str, str] = {PREDICTIONS: "prediction-", DRAFTS: "draft-"}
"""What sets the native ids of a stream apart from those of annotations."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project as it was opened.

    Attributes:
        learner: learns the controls of answers that the configuration does not ask.
        form: changes with the canonical form of answers, and differs between projects.
        touched: changes with the project's row, as far as items hang on it.
        file: the key of a task's data that leads to the file it shows; "" = none, or several.
    """

    record: ProjectRecord
    controls: Mapping[str, Control]
    learner: Learner
    form: str
    touched: str
    file: str = ""

    def learn(self, record: AnnotationRecord, result: object) -> ProjectRecord | None:
        """Return the project anew where a submission taught of a control; None = nothing new."""
        asked = all(name in self.controls for name, _ in record.answers)
        if asked or not self.learner.see(result):
            return None
        learnt = (one.record for one in self.learner.found.values())
        return replace(self.record, controls=(*self.record.controls, *learnt))


def opened(row: Row, touched: str, before: Project | None) -> Project:
    """Return the project of a row with id, title, label_config and maximum_annotations.

    Args:
        before: the same project when it was opened last, whose learner goes on.
    """
    controls = parse_config(row["label_config"])
    record = ProjectRecord(
        native_id=str(row["id"]),
        title=storable(row["title"] or f"Project {row['id']}"),
        controls=tuple(one.record for one in controls.values()),
        required=row["maximum_annotations"],
        config_digest=short(row["label_config"] or ""),
    )
    known = before is not None and before.controls == controls
    learner = before.learner if before is not None and known else Learner(controls)
    answers = short(f"{FORM_VERSION} {row['id']} {form(controls)}")
    return Project(record, controls, learner, answers, touched, file_key(row["label_config"]))


def short(text: str) -> str:
    """Return a digest of a text."""
    return blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()
