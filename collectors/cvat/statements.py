"""The statements that read CVAT's tables.

Times come as text: a driver cannot stumble over an odd one before its row is known. What a job
shows comes with its row, as lists in one text, so that a page of jobs is one statement.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Exists,
    FromClause,
    Select,
    TableClause,
    Text,
    and_,
    case,
    cast,
    func,
    null,
    or_,
    select,
)

from collectors.cvat.tables import (
    MACHINE,
    NAMED,
    NEEDED,
    OPTIONAL,
    data,
    image,
    issue,
    job,
    keyframe,
    label,
    layout,
    project,
    segment,
    shape,
    spec,
    tag,
    tag_value,
    task,
    track,
    user,
    video,
)
from labelpulse.source import ITEMS

Columns = Sequence[ColumnElement[Any]]

_ISSUE = tuple(
    issue.c[name]
    for name in ("id", "frame", "resolved", "owner_id", "created_date", "updated_date")
)

ANSWERED = or_(job.c.state.in_(("completed", "rejected")), job.c.stage != "annotation")
"""Jobs whose annotation was handed in: what their frames hold are answers."""


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements for one database.

    Attributes:
        columns: table -> the columns that are there and may be read.
        projects: native ids of the projects that are read.
    """

    columns: Mapping[str, Collection[str]]
    projects: Collection[str] = ()

    def there(self, name: str, *columns: str) -> bool:
        """True when a table has these columns and they may be read."""
        return set(columns or OPTIONAL[name]) <= set(self.columns.get(name, ()))

    @property
    def names(self) -> bool:
        """True when it may be read what pictures are called."""
        return self.there("engine_image", *NAMED["engine_image"])

    @property
    def values_of_tags(self) -> bool:
        """True when the attributes of tags may be read."""
        return self.there("engine_attributespec") and self.there("engine_labeledimageattributeval")

    # --- what a source says first ---

    def of_projects(self) -> CompoundSelect[Any]:
        """Projects, and tasks that are in none, by native id and title."""
        named = select(cast(project.c.id, Text).label("key"), project.c.name.label("title"))
        alone = select(GROUP.label("key"), task.c.name.label("title"))
        return named.union_all(alone.where(task.c.project_id.is_(None)))

    def of_people(self) -> Select[Any]:
        """Every account, also of people who left."""
        return select(*(user.c[name] for name in NEEDED["auth_user"]))

    def of_labels(self) -> Select[Any]:
        """Labels, and for what each was ever used."""
        one = label.c
        used = ((shape, "shapes"), (tag, "tags"), (track, "tracks"))
        return select(
            *(one.id, one.name, one.type, one.parent_id, one.task_id, one.project_id),
            *(_is_used(of.c.label_id).label(name) for of, name in used),
        ).order_by(one.id)

    def of_attributes(self) -> Select[Any]:
        """Attributes of labels."""
        return select(*(spec.c[name] for name in OPTIONAL["engine_attributespec"]))

    # --- scanning ---

    def scan(self, stream: str) -> Select[Any]:
        """Rows of tasks (for items) or jobs, with key, stamp, group and what they show."""
        if stream == ITEMS:
            rows = self._task().add_columns(task.c.id.label("key"), *self._jobs())
            rows = rows.select_from(task.join(data, data.c.id == task.c.data_id))
            return rows.where(self._wanted())
        columns = (job.c.id.label("key"), _text(TOUCHED, "stamp"), *self._job(), *self._held())
        return self._rows().add_columns(*columns).where(self._wanted(), *self._unmerged())

    def made_since(self, at: Any) -> Iterable[Select[Any]]:
        """Tasks of which a job was made since an instant."""
        rows = select(segment.c.task_id).join(job, job.c.segment_id == segment.c.id)
        return (rows.where(job.c.created_date >= at),)

    def touched_since(self, at: Any) -> Iterable[Select[Any]]:
        """Jobs that changed since an instant, themselves or by an issue."""
        return (
            select(job.c.id).where(job.c.updated_date >= at),
            select(issue.c.job_id).where(issue.c.updated_date >= at),
        )

    def structure(self, *where: ColumnElement[bool]) -> Select[Any]:
        """Which frames jobs show, task by task, without what is on them."""
        columns = (job.c.id.label("key"), *self._job())
        rows = self._rows().add_columns(*columns)
        return rows.where(self._wanted(), *self._unmerged(), *where).order_by(task.c.id, job.c.id)

    def sums(self) -> Select[Any]:
        """Handed in frames, and those of ground truth, by project, of jobs that show a range."""
        n = segment.c.stop_frame - segment.c.start_frame + 1
        gold = case((job.c.type == "ground_truth", n), else_=0)
        names: Columns = (
            GROUP.label("project"),
            func.sum(n).label("rows"),
            func.sum(gold).label("gold"),
        )
        rows = self._from(select(*names)).group_by(GROUP)
        return rows.where(self._wanted(), *self._unmerged(), ANSWERED, ~self.odd())

    def of_issues(self, what: ColumnElement[Any]) -> Select[Any]:
        """Something summed over issues, by project."""
        names: Columns = (GROUP.label("project"), what.label("n"))
        rows = self._from(select(*names)).join(issue, issue.c.job_id == job.c.id)
        return rows.where(self._wanted(), *self._unmerged()).group_by(GROUP)

    def odd(self) -> ColumnElement[bool]:
        """True for jobs of which the ends of their range do not tell how many frames they show."""
        found = [segment.c.type != "range"]
        if self.there("engine_data"):
            found.append(data.c.deleted_frames != "")
        if self.there("engine_validationlayout"):
            found.append(and_(job.c.type == "ground_truth", _of_layout("disabled_frames") != ""))
        return or_(*found)

    def _wanted(self) -> ColumnElement[bool]:
        return GROUP.in_(self.projects)

    def _unmerged(self) -> Iterable[ColumnElement[bool]]:
        """Leave out jobs that hold what was merged from several people's replicas."""
        if not self.there("engine_job", "parent_job_id"):
            return ()
        child = job.alias("child")
        return (~_any(child.c.parent_job_id == job.c.id, child.c.parent_job_id),)

    def _task(self) -> Select[Any]:
        """What tasks and jobs have in common: their project and how frames are numbered."""
        one = data.c
        deleted = one.deleted_frames if self.there("engine_data") else null()
        return select(
            GROUP.label("project"),
            *(task.c.id.label("task"), task.c.data_id.label("data"), task.c.dimension),
            *(one.start_frame.label("first"), one.frame_filter.label("filter")),
            deleted.label("deleted"),
            *self._honeypots(),
            _text(task.c.created_date, "born"),
        )

    def _rows(self) -> Select[Any]:
        return self._from(self._task())

    def _from(self, query: Select[Any]) -> Select[Any]:
        joined = task.join(data, data.c.id == task.c.data_id)
        joined = joined.join(segment, segment.c.task_id == task.c.id)
        return query.select_from(joined.join(job, job.c.segment_id == segment.c.id))

    def _job(self) -> Columns:
        return (
            *(job.c.assignee_id.label("assignee"), job.c.stage, job.c.state, job.c.type),
            _text(job.c.updated_date, "touched"),
            *(segment.c.start_frame.label("start"), segment.c.stop_frame.label("stop")),
            *(segment.c.type.label("kind"), segment.c.frames.label("chosen")),
            _listed((issue,), _ISSUE, issue.c.job_id == job.c.id, job).label("issues"),
        )

    def _jobs(self) -> Columns:
        """All jobs of a task, as one text, and when the newest of them was made."""
        one, its = job.c, segment.c
        parts = (one.id, one.type, its.type, its.start_frame, its.stop_frame, its.frames)
        of = and_(its.task_id == task.c.id, one.segment_id == its.id)
        return _text(MADE, "stamp"), _listed((job, segment), parts, of, task).label("jobs")

    def _held(self) -> Columns:
        """On which frames an unfinished job holds objects."""
        frames = (
            _frames(shape, shape.c.frame, shape.c.source),
            _frames(tag, tag.c.frame, tag.c.source),
            _frames(track, keyframe.c.frame, track.c.source, keyframe),
        )
        begun = func.concat_ws(" ", *frames)
        return (case((~ANSWERED, begun)).label("begun"),)

    def _honeypots(self) -> Columns:
        """Frames that show another one again, and those of ground truth that no longer count."""
        if not self.there("engine_validationlayout"):
            return null().label("shown_again"), null().label("disabled")
        again: ColumnElement[Any] = null()
        if self.there("engine_image"):
            on = and_(image.c.data_id == task.c.data_id, image.c.is_placeholder.is_(True))
            listed = _listed((image,), (image.c.frame, image.c.real_frame), on, task)
            again = case((_of_layout("mode") == "gt_pool", listed))
        return again.label("shown_again"), _of_layout("disabled_frames").label("disabled")

    # --- fetching ---

    def tags(self, jobs: Sequence[int], frames: Sequence[int]) -> Select[Any]:
        """Tags on frames of jobs."""
        one = tag.c
        names = (one.id, one.job_id, one.frame, one.label_id, one.source)
        return select(*names).where(one.job_id.in_(jobs), one.frame.in_(frames))

    def tag_values(self, tags: Sequence[int]) -> Select[Any]:
        """Values of the attributes of tags."""
        one = tag_value.c
        return select(one.image_id, one.spec_id, one.value).where(one.image_id.in_(tags))

    def shapes(self, jobs: Sequence[int], frames: Sequence[int]) -> Select[Any]:
        """Shapes on frames of jobs."""
        one = shape.c
        return select(*one).where(one.job_id.in_(jobs), one.frame.in_(frames))

    def tracks(self, jobs: Sequence[int]) -> Select[Any]:
        """Keyframes of all tracks of jobs, with their track, in order."""
        of, one = track.c, keyframe.c
        names = (one.frame, one.type, one.points, one.rotation, one.outside)
        return (
            select(of.id, of.job_id, of.label_id, of.source, of.parent_id, *names)
            .select_from(track.join(keyframe, one.track_id == of.id))
            .where(of.job_id.in_(jobs))
            .order_by(of.id, one.frame)
        )

    def sizes(self, of: int, frames: Sequence[int]) -> Select[Any]:
        """Frame, width and height of pictures; frames as the data numbers them."""
        one = image.c
        names = (one.frame, one.width, one.height)
        return select(*names).where(one.data_id == of, one.frame.in_(frames))

    def paths(self, of: Sequence[int], frames: Sequence[int]) -> Select[Any]:
        """What pictures are called, by their data and frame; frames as the data numbers them."""
        one = image.c
        names = (one.data_id, one.frame, one.path)
        return select(*names).where(one.data_id.in_(of), one.frame.in_(frames))

    def video_size(self, of: int) -> Select[Any]:
        """Width and height of a video."""
        return select(video.c.width, video.c.height).where(video.c.data_id == of)


GROUP: ColumnElement[str] = case(
    (task.c.project_id.is_not(None), cast(task.c.project_id, Text)),
    else_=func.concat("task-", task.c.id),
)
"""A task's project by native id; a task that is in none is a project of its own."""

TOUCHED: ColumnElement[Any] = func.greatest(
    job.c.updated_date,
    select(func.max(issue.c.updated_date))
    .where(issue.c.job_id == job.c.id)
    .correlate(job)
    .scalar_subquery(),
)
"""When a job or one of its issues last changed: issues leave their job's stamp alone."""

MADE: ColumnElement[Any] = (
    select(func.max(job.c.created_date))
    .where(segment.c.task_id == task.c.id, job.c.segment_id == segment.c.id)
    .correlate(task)
    .scalar_subquery()
)
"""When the newest job of a task was made."""


def _listed(
    of: Sequence[FromClause], parts: Columns, where: ColumnElement[bool], outer: TableClause
) -> ColumnElement[Any]:
    """Rows as one text, ``;`` between them and ``|`` between their parts; null = none."""
    texts: list[ColumnElement[Any]] = [func.coalesce(cast(one, Text), "") for one in parts]
    row = func.concat_ws("|", *texts)
    found = select(func.string_agg(row, ";")).select_from(*of).where(where)
    return found.correlate(outer).scalar_subquery()


def _frames(
    of: TableClause, frame: ColumnElement[Any], source: ColumnElement[Any], *more: TableClause
) -> ColumnElement[Any]:
    """On which frames a job holds objects that somebody drew; null = on none."""
    found = select(func.string_agg(func.distinct(cast(frame, Text)), " ")).select_from(of, *more)
    found = found.where(of.c.job_id == job.c.id)
    found = found.where(or_(source.is_(None), source.not_in(MACHINE)))
    if more:
        found = found.where(keyframe.c.track_id == of.c.id)
    return found.correlate(job).scalar_subquery()


def _is_used(of: ColumnElement[Any]) -> ColumnElement[bool]:
    """True where a label has rows: by its index, since EXISTS may read the whole table."""
    next_one = select(of).where(of >= label.c.id).order_by(of).limit(1)
    return func.coalesce(next_one.correlate(label).scalar_subquery() == label.c.id, False)


def _any(where: ColumnElement[bool], of: ColumnElement[Any]) -> Exists:
    """True where a row is there; it names a column, since a role may not read all of them."""
    return select(of).where(where).exists()


def _of_layout(name: str) -> ColumnElement[Any]:
    of = select(layout.c[name]).where(layout.c.task_data_id == task.c.data_id)
    return of.correlate(task).scalar_subquery()


def _text(of: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    return cast(of, Text).label(name)
