"""A first look at tables of labels, for `labelpulse sources test` and `doctor`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Text, case, cast, distinct, func, null, select

from collectors.sql.rows import Reader, project_id
from collectors.sql.tables import XMIN, Source
from labelpulse.core.answers import clean
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import ProjectRecord
from labelpulse.core.formats import plural
from labelpulse.ingest.database import SourceDatabase
from labelpulse.ingest.first_look import NO_REVIEWS_IN_TABLE, grant, remarks
from labelpulse.ingest.times import read_time
from labelpulse.source import InspectedProject, Inspection

MOST_CONTROLS = 20
REVIEWED = ("accepted", "rejected")
NOTHING: ColumnElement[Any] = cast(null(), Text)


def word(value: Any) -> str:
    """Return a status as the word that it is compared by."""
    try:
        return clean("" if value is None else str(value)).lower()
    except SkipRecord:
        return "?"


def look(
    db: SourceDatabase, readers: Sequence[Reader], projects: Sequence[ProjectRecord]
) -> Inspection:
    """Return what opened tables hold, project by project."""
    rows: dict[str, InspectedProject] = {one.native_id: _nothing(one) for one in projects}
    for reader in readers:
        for key, one in _of_table(db, reader):
            rows[key] = _sum(rows.get(key, _nothing(ProjectRecord(key, key))), one)
    seen = tuple(rows.values())
    reviewed = any("status" in one.source.columns for one in readers)
    return Inspection(
        tool="SQL",
        version=db.dialect,
        type="sql",
        projects=seen,
        grant="\n".join(_grants(db, readers)),
        remarks=(
            *remarks(seen, reviewed=True),
            *([] if reviewed and any(one.reviews for one in seen) else [NO_REVIEWS_IN_TABLE]),
            *(sentence for one in readers for sentence in _on_table(db, one.source)),
        ),
    )


def _nothing(project: ProjectRecord) -> InspectedProject:
    controls = tuple(one.name for one in project.controls)
    return InspectedProject(project.title, 0, 0, 0, None, None, None, controls=controls)


def _sum(known: InspectedProject, more: InspectedProject) -> InspectedProject:
    """Two tables' parts of one project; what is no sum is as in the larger part."""
    if not known.annotations:
        return replace(more, title=known.title)
    return replace(
        max(known, more, key=lambda one: one.annotations),
        title=known.title,
        items=known.items + more.items,
        annotations=known.annotations + more.annotations,
        first=min(filter(None, (known.first, more.first)), default=None),
        last=max(filter(None, (known.last, more.last)), default=None),
        reviews=known.reviews + more.reviews,
        controls=tuple(dict.fromkeys((*known.controls, *more.controls))),
    )


def _of_table(db: SourceDatabase, reader: Reader) -> Iterator[tuple[str, InspectedProject]]:
    """The projects of one table by their native ids, by three statements."""
    source = reader.source
    doubled: Any = db.rows(_double_labeled(source))
    shares = {project: (answered, twice) for project, answered, twice in doubled}
    asked = _controls(db, source)
    for row in db.rows(_sums(source)):
        answered, twice = shares.get(row.project, (0, 0))
        key = project_id(row.project)
        yield (
            key,
            InspectedProject(
                title=key,
                items=row.items,
                annotations=row.n,
                annotators=row.people,
                first=_time(row.first, reader),
                last=_time(row.last, reader),
                share_two=twice / answered if answered else None,
                gold_candidates={"column": row.gold} if row.gold else {},
                reviews=row.reviews,
                controls=asked.get(row.project, (reader.control,)),
            ),
        )


def _sums(source: Source) -> Any:
    at = next((one for one in ("submitted_at", "updated_at") if one in source.columns), None)
    when: ColumnElement[Any] = source.of.c[source.columns[at]] if at else NOTHING
    gold = source.value("gold") if "gold" in source.columns else NOTHING
    status = func.lower(source.value("status")) if "status" in source.columns else NOTHING
    return source.keyed(
        select(
            source.group.label("project"),
            func.count().label("n"),
            func.count(distinct(source.value("item"))).label("items"),
            func.count(distinct(source.value("annotator"))).label("people"),
            cast(func.min(when), Text).label("first"),
            cast(func.max(when), Text).label("last"),
            func.count(func.nullif(cast(gold, Text), "")).label("gold"),
            func.coalesce(func.sum(case((status.in_(REVIEWED), 1), else_=0)), 0).label("reviews"),
        )
    ).group_by(source.group)


def _double_labeled(source: Source) -> Any:
    """Items with an answer, and those with answers of two people, by project."""
    people = func.count(distinct(source.value("annotator"))).label("people")
    items = (
        source.keyed(select(source.group.label("project"), people))
        .group_by(source.group, source.value("item"))
        .subquery()
        .c
    )
    twice = func.sum(case((items.people >= 2, 1), else_=0))
    return select(items.project, func.count(), twice).group_by(items.project)


def _controls(db: SourceDatabase, source: Source) -> dict[str, tuple[str, ...]]:
    if "control" not in source.columns:
        return {}
    named = source.value("control")
    found: dict[str, list[str]] = {}
    rows: Any = db.rows(source.keyed(select(source.group, named)).distinct())
    for project, control in rows:
        if control and len(found.setdefault(project, [])) < MOST_CONTROLS:
            found[project].append(str(control))
    return {project: tuple(sorted(names)) for project, names in found.items()}


def _time(text: Any, reader: Reader) -> int | None:
    try:
        zone = reader.source.options.zone
        return None if text is None else read_time(str(text), zone, day_first=reader.day_first)
    except (ValueError, OverflowError):
        return None


# --- sentences ---


def _on_table(db: SourceDatabase, source: Source) -> Iterator[str]:
    name = f"Table {source.name!r}"
    key = source.of.c[source.key]
    sizes = select(func.count(), func.count(key), func.count(distinct(key)))
    found: Any = db.rows(sizes.select_from(source.of))
    rows, keys, different = found[0]
    if different < rows:
        lost = plural(rows - keys, "row")
        yield (
            f"{name}: {plural(rows, 'row')} with {plural(different, 'different key')} in column "
            f"{source.key!r}, and {lost} without one: rows are told apart by it, so name a column "
            "whose values are unique by options.key."
        )
    if not source.cursor:
        yield (
            f"{name} has no column that says when a row changed (options.cursor): changes and "
            "deletions are seen by the hourly sweep only."
        )
    if not source.grows and not source.cursor:
        yield (
            f"{name} has keys that do not grow and no cursor: new rows are found by reading the "
            "whole table whenever their number changes."
        )
    if db.dialect == "postgresql" and not source.versioned:
        yield (
            f"{name} is a view, or hides xmin: a sweep reads every value to see what changed. "
            "Reading the table itself, or granting SELECT (xmin), makes it cheaper."
        )
    if db.dialect == "postgresql" and db.may_write(source.quoted):
        yield (
            f"This user may write to {source.name!r}. labelpulse never does, but a user that only "
            "reads is safer: see the GRANT."
        )


def _grants(db: SourceDatabase, readers: Sequence[Reader]) -> Iterator[str]:
    if db.dialect != "postgresql":
        return
    for reader in readers:
        source = reader.source
        names = dict.fromkeys([*source.read, *filter(None, [source.cursor])])
        columns = [source.named(one) for one in names]
        version = [XMIN] if source.versioned else []
        yield grant(
            db.name,
            {source.named(source.of.name): [*columns, *version]},
            "everything else in this database",
            schema=source.named(source.of.schema or "public"),
        )
