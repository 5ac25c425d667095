"""The rows around the work: accounts, membership, the organization and its projects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from labelpulse.demo import cast, street, tickets
from labelpulse.demo.cast import Person
from labelpulse.demo.rows import digest
from labelpulse.demo.tables import Row, packed, stamp


def user(person: Person, joined: datetime, active: datetime, *, works_here: bool) -> Row:
    """Return a row of `htx_user`; the password is unusable by Django's own convention."""
    return {
        "id": person.id,
        "password": "!",
        "last_login": stamp(active),
        "is_superuser": int(person.role == cast.OWNER),
        "username": person.handle,
        "email": person.email,
        "first_name": person.first,
        "last_name": person.last,
        "is_staff": int(person.role == cast.OWNER),
        "is_active": int(works_here),
        "date_joined": stamp(joined),
        "last_activity": stamp(active),
        "activity_at": stamp(active),
        "active_organization_id": 1,
    }


def member(person: Person, joined: datetime, left: datetime | None) -> Row:
    """Return a row of `organizations_organizationmember`; leaving is a soft removal."""
    return {
        "id": person.id,
        "created_at": stamp(joined),
        "updated_at": stamp(left or joined),
        "organization_id": 1,
        "user_id": person.id,
        "deleted_at": stamp(left) if left else None,
    }


def organization(at: datetime) -> Row:
    """Return the one row of `organization`."""
    moment = stamp(at)
    return {
        "id": 1,
        "title": "Kettle and Lamp",
        "created_at": moment,
        "updated_at": moment,
        "created_by_id": cast.the(cast.OWNER).id,
    }


def tickets_project(made: datetime, changed: datetime, instruction: str) -> Row:
    """Return the row of `project` of Tickets."""
    asked = _Asked("Choices", cast.TEXT, "Text", cast.LABELS)
    return _project(cast.PROJECT_ID, cast.PROJECT_TITLE, cast.LABEL_CONFIG, made) | {
        "description": "What does the customer want? One intent a ticket.",
        "parsed_label_config": packed({cast.CONTROL: asked.parsed()}),
        "expert_instruction": instruction,
        "overlap_cohort_percentage": round(100 * tickets.OVERLAP_SHARE),
        "model_version": "v2",
        "control_weights": packed({cast.CONTROL: asked.weights()}),
        "updated_at": stamp(changed),
    }


def street_project(made: datetime) -> Row:
    """Return the row of `project` of Street."""
    asked = _Asked("RectangleLabels", street.IMAGE, "Image", street.LABELS)
    return _project(street.PROJECT_ID, street.PROJECT_TITLE, street.LABEL_CONFIG, made) | {
        "description": "Box what moves or directs the traffic.",
        "parsed_label_config": packed({street.CONTROL: asked.parsed()}),
        "overlap_cohort_percentage": round(100 * street.OVERLAP_SHARE),
        "control_weights": packed({street.CONTROL: asked.weights()}),
    }


def _project(id_: int, title: str, config: str, made: datetime) -> dict[str, object]:
    return {
        "id": id_,
        "title": title,
        "description": "",
        "label_config": config,
        "parsed_label_config": "{}",
        "label_config_hash": int.from_bytes(digest(config)[:8], "big", signed=True),
        "expert_instruction": "",
        "maximum_annotations": 2,
        "overlap_cohort_percentage": 100,
        "sampling": "Sequential sampling",
        "skip_queue": "REQUEUE_FOR_OTHERS",
        "model_version": "",
        "control_weights": "{}",
        "is_published": 1,
        "is_draft": 0,
        "organization_id": 1,
        "created_by_id": cast.the(cast.OWNER).id,
        "created_at": stamp(made),
        "updated_at": stamp(made),
        "deleted_at": None,
        "deleted_by_id": None,
        "purge_at": None,
    }


@dataclass(frozen=True, slots=True)
class _Asked:
    """The one control of a project, and the object it asks about."""

    kind: str
    about: str
    shown: str
    labels: Sequence[str]

    def parsed(self) -> Mapping[str, object]:
        return {
            "type": self.kind,
            "to_name": [self.about],
            "inputs": [{"type": self.shown, "valueType": None, "value": self.about}],
            "labels": list(self.labels),
            "labels_attrs": {label: {"value": label} for label in self.labels},
        }

    def weights(self) -> Mapping[str, object]:
        labels = dict.fromkeys(self.labels, 1.0)
        return {"overall": 1.0, "type": self.kind, "labels": labels}
