"""Labelbox's export (v2 and the SDK's streams): one data row a line, or a list of them.

A row holds, by project, labels of people. One import reads one project: of a row from the catalog
that is in several, the one that is called as the title to load under.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any

from collectors.labelbox.said import answers
from labelpulse.core.errors import UsageError
from labelpulse.core.events import AnnotationRecord, ItemRecord, Status, Verdict
from labelpulse.ingest.exports.outline import Outline
from labelpulse.ingest.exports.parts import (
    Object,
    an_object,
    identity,
    name,
    objects,
    shown,
    spent,
)
from labelpulse.ingest.exports.reader import Export, Part, Reading

_NOBODY = "labels do not say who made them: export with label details"
_VERDICTS = {"approve": Verdict.ACCEPTED, "reject": Verdict.REJECTED, "rework": Verdict.REJECTED}
_PROJECTS = "projects"


class LabelboxExport(Export):
    """Reads exports of Labelbox."""

    name = "labelbox"

    def fits(self, head: Outline) -> bool:
        """Return True for data rows with projects."""
        return head.has("data_row", "projects") and head.any("data_row.id", "data_row.row_data")

    def item(self, element: Object, reading: Reading) -> ItemRecord | None:
        """Return a data row as an item; None when it is in other projects alone."""
        row = an_object(element.get("data_row"), "data_row")
        details = an_object(row.get("details"), "details")
        found = _chosen(element, reading)
        if not found and reading.chosen:
            return None
        told = an_object(found.get("project_details"), "project_details")
        required = told.get("consensus_expected_label_count")
        return ItemRecord(
            *(reading.project, identity(row.get("id"), "data row")),
            required=required if isinstance(required, int) and required > 1 else None,
            batch=name(told.get("batch_name")),
            created_at=reading.at(details.get("created_at")),
            content=shown(row.get("row_data")),
        )

    def parts(self, element: Object, item: ItemRecord, reading: Reading) -> Iterable[Part]:
        """Return the labels of the project that is read."""
        media = an_object(element.get("media_attributes"), "media_attributes")
        found = _chosen(element, reading)
        labels = objects(found.get("labels"), "labels")
        gold = {name(_performance(one).get("benchmark_reference_label")) for one in labels}
        workflow = _workflow(found) if len(labels) == 1 else {}
        for label in labels:
            key = name(label.get("id"))
            flag = key is not None and key in gold
            make = partial(_label, label, media, item, reading, gold=flag, workflow=workflow)
            yield Part(f"label {key}" if key else "", make)

    def choose(self, reading: Reading) -> str:
        """Return the project to read: the only one, or the one called as the title."""
        there: dict[str, str] = reading.state.get(_PROJECTS, {})
        if len(there) < 2:
            return ""
        for key, title in there.items():
            if reading.project in (key, title):
                return key
        named = ", ".join(repr(title or key) for key, title in list(there.items())[:20])
        raise UsageError(
            f"{reading.file.name} holds {len(there)} projects, and one is read at a time: name "
            f"it by --project, one of {named}"
        )

    def remarks(self, reading: Reading) -> Iterable[str]:
        """Say which projects of the file are left out."""
        others = len(reading.state.get(_PROJECTS, {})) - 1
        if others > 0:
            yield f"{others} more of its projects are left out, since one is read at a time"


def _chosen(element: Object, reading: Reading) -> Object:
    """The project of a row that is read; while none is chosen, whichever is there first."""
    there = an_object(element.get("projects"), "projects")
    known = reading.state.setdefault(_PROJECTS, {})
    for key, one in there.items():
        known.setdefault(key, name(an_object(one, "project").get("name")) or "")
    if reading.chosen:
        return an_object(there.get(reading.chosen), "project")
    return an_object(next(iter(there.values()), None), "project")


def _performance(label: Object) -> Object:
    return an_object(label.get("performance_details"), "performance_details")


def _workflow(project: Object) -> Object:
    """The last decision of the project's workflow, which is on a data row and so on its label."""
    told = an_object(project.get("project_details"), "project_details")
    steps = objects(told.get("workflow_history"), "workflow_history")
    judged = [one for one in steps if _verdict_of(one.get("action"))]
    return max(judged, key=lambda one: str(one.get("created_at")), default={})


def _verdict_of(action: Any) -> Verdict | None:
    return _VERDICTS.get(action.lower()) if isinstance(action, str) else None


def _label(
    label: Object,
    media: Object,
    item: ItemRecord,
    reading: Reading,
    *,
    gold: bool,
    workflow: Object,
) -> AnnotationRecord:
    details = an_object(label.get("label_details"), "label_details")
    author = reading.person(details.get("created_by"))
    if author is None:
        reading.notes[_NOBODY] += 1
    performance = _performance(label)
    skipped = bool(performance.get("skipped"))
    answers_ = () if skipped else answers(label, media, reading)
    last = details.get("content_last_updated_at") or details.get("updated_at")
    updated = reading.at(last)
    verdict, reviewer, reviewed = _review(details, workflow, reading)
    return AnnotationRecord(
        project=item.project,
        item=item.native_id,
        native_id=identity(label.get("id"), "label"),
        annotator=author,
        status=Status.SKIPPED if skipped else Status.SUBMITTED,
        submitted_at=reading.at(details.get("created_at")),
        updated_at=updated,
        time_spent_ms=spent(performance.get("seconds_to_create")),
        revision=max(filter(None, (updated, reviewed)), default=None),
        answers=answers_,
        gold_flag=gold,
        verdict=verdict,
        reviewer=reviewer,
        reviewed_at=reviewed,
        batch=item.batch,
    )


def _review(
    details: Object, workflow: Object, reading: Reading
) -> tuple[Verdict | None, str | None, int | None]:
    """The last thumb up or down on a label, else the workflow's decision."""
    reviews = objects(details.get("reviews"), "reviews")
    if reviews:
        last = max(reviews, key=lambda one: str(one.get("reviewed_at")))
        score = last.get("score")
        if isinstance(score, int | float) and score:
            by = reading.person(last.get("reviewed_by"))
            verdict = Verdict.ACCEPTED if score > 0 else Verdict.REJECTED
            return verdict, by, reading.at(last.get("reviewed_at"))
    if workflow:
        by, at = reading.person(workflow.get("created_by")), reading.at(workflow.get("created_at"))
        return _verdict_of(workflow.get("action")), by, at
    return None, None, None
