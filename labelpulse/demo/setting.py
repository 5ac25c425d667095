"""The rows around the work: accounts, membership, the organization and the project."""

from collections.abc import Mapping
from datetime import datetime

from labelpulse.demo import cast, tickets
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


def project(made: datetime, changed: datetime, instruction: str) -> Row:
    """Return the one row of `project`."""
    hashed = int.from_bytes(digest(cast.LABEL_CONFIG)[:8], "big", signed=True)
    weights = {"overall": 1.0, "type": "Choices", "labels": dict.fromkeys(cast.LABELS, 1.0)}
    return {
        "id": cast.PROJECT_ID,
        "title": cast.PROJECT_TITLE,
        "description": "What does the customer want? One intent a ticket.",
        "label_config": cast.LABEL_CONFIG,
        "parsed_label_config": packed(_parsed_config()),
        "label_config_hash": hashed,
        "expert_instruction": instruction,
        "maximum_annotations": 2,
        "overlap_cohort_percentage": round(100 * tickets.OVERLAP_SHARE),
        "sampling": "Sequential sampling",
        "skip_queue": "REQUEUE_FOR_OTHERS",
        "model_version": "v2",
        "control_weights": packed({cast.CONTROL: weights}),
        "is_published": 1,
        "is_draft": 0,
        "organization_id": 1,
        "created_by_id": cast.the(cast.OWNER).id,
        "created_at": stamp(made),
        "updated_at": stamp(changed),
        "deleted_at": None,
        "deleted_by_id": None,
        "purge_at": None,
    }


def _parsed_config() -> Mapping[str, object]:
    return {
        cast.CONTROL: {
            "type": "Choices",
            "to_name": [cast.TEXT],
            "inputs": [{"type": "Text", "valueType": None, "value": "text"}],
            "labels": list(cast.LABELS),
            "labels_attrs": {label: {"value": label} for label in cast.LABELS},
        }
    }
