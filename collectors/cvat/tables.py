"""The tables and columns of CVAT that are read; passwords, tokens and comments are never named."""

from collections.abc import Mapping

from sqlalchemy import TableClause, column, table

TOOL = "CVAT"
OWN = ("engine_job", "engine_labeledshape", "auth_user")
"""Tables that tell this tool's databases from others'."""

NEEDED: Mapping[str, tuple[str, ...]] = {
    "auth_user": ("id", "username", "first_name", "last_name", "email"),
    "engine_project": ("id", "name"),
    "engine_task": ("id", "project_id", "name", "data_id", "dimension", "created_date"),
    "engine_segment": ("id", "task_id", "start_frame", "stop_frame", "type", "frames"),
    "engine_job": (
        *("id", "segment_id", "assignee_id", "stage", "state", "type"),
        *("created_date", "updated_date"),
    ),
    "engine_data": ("id", "start_frame", "frame_filter"),
    "engine_image": ("data_id", "frame", "width", "height"),
    "engine_label": ("id", "task_id", "project_id", "name", "type", "parent_id"),
    "engine_labeledimage": ("id", "job_id", "label_id", "frame", "source"),
    "engine_labeledshape": (
        *("id", "job_id", "label_id", "frame", "type", "points", "rotation", "outside"),
        *("source", "parent_id"),
    ),
    "engine_labeledtrack": ("id", "job_id", "label_id", "source", "parent_id"),
    "engine_trackedshape": (*("id", "track_id", "frame", "type", "points", "rotation", "outside"),),
    "engine_issue": (
        *("id", "job_id", "frame", "owner_id", "resolved", "created_date", "updated_date"),
    ),
}
OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "engine_job": ("parent_job_id",),
    "engine_data": ("deleted_frames",),
    "engine_image": ("is_placeholder", "real_frame"),
    "engine_validationlayout": ("task_data_id", "mode", "disabled_frames"),
    "engine_video": ("data_id", "width", "height"),
    "engine_attributespec": ("id", "label_id", "name", "input_type"),
    "engine_labeledimageattributeval": ("spec_id", "value", "image_id"),
}
"""What later versions brought, or what we can do without: used where it may be read."""

NAMED: Mapping[str, tuple[str, ...]] = {"engine_image": ("path",)}
"""What pictures are called; every version has it, but roles of earlier GRANTs may not read it."""

MACHINE = ("auto", "file")
"""Sources of objects that nobody drew here: a model's, and those of an uploaded file."""


def _table(name: str) -> TableClause:
    names = (*NEEDED.get(name, ()), *OPTIONAL.get(name, ()), *NAMED.get(name, ()))
    return table(name, *(column(one) for one in names))


user = _table("auth_user")
project = _table("engine_project")
task = _table("engine_task")
segment = _table("engine_segment")
job = _table("engine_job")
data = _table("engine_data")
image = _table("engine_image")
label = _table("engine_label")
tag = _table("engine_labeledimage")
shape = _table("engine_labeledshape")
track = _table("engine_labeledtrack")
keyframe = _table("engine_trackedshape")
issue = _table("engine_issue")
layout = _table("engine_validationlayout")
video = _table("engine_video")
spec = _table("engine_attributespec")
tag_value = _table("engine_labeledimageattributeval")
