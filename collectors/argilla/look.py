"""A first look into an Argilla database, for `labelpulse init` and `doctor`."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import column, select, table

from collectors.argilla.records import Project
from collectors.argilla.tables import NEEDED, OPTIONAL, SUGGESTION, TOOL, Statements, native
from labelpulse.ingest.database import SourceDatabase
from labelpulse.ingest.database.summary import Summary, by_project, summaries
from labelpulse.ingest.first_look import grant, remarks
from labelpulse.source import ITEMS, PREDICTIONS, InspectedProject, Inspection

TIMES = (
    "Argilla keeps no time of submission: what was submitted before labelpulse watched stands on "
    "the day of its last change; from now on the first submission is kept."
)


def look(db: SourceDatabase, read: Statements, projects: Mapping[str, Project]) -> Inspection:
    """Return what an opened database holds, dataset by dataset."""
    items = by_project(db, read.how_many(ITEMS))
    predicted = by_project(db, read.how_many(PREDICTIONS)) if read.suggests else {}
    work = summaries(db, read.work())
    seen = tuple(
        _found(one, work.get(key, Summary()), items.get(key, 0), predicted.get(key, 0))
        for key, one in projects.items()
    )
    asked = (remark for one in projects.values() for remark in one.record.remarks)
    return Inspection(
        tool=TOOL,
        version=_version(db, read),
        type="argilla-db",
        projects=seen,
        grant=_grant(db, read) if db.dialect == "postgresql" else "",
        remarks=(*remarks(seen, reviewed=False), *asked, TIMES, *_on_access(db, read)),
    )


def _found(one: Project, work: Summary, items: int, predictions: int) -> InspectedProject:
    authors = {native(who): n for who, n in (work.authors or {}).items()}
    return InspectedProject(
        title=one.record.title,
        items=items,
        annotations=work.annotations,
        annotators=work.annotators,
        first=work.first,
        last=work.last,
        share_two=work.share_two,
        gold_candidates={f"author {who}": n for who, n in authors.items()},
        predictions=predictions,
        controls=tuple(each.name for each in one.record.controls),
    )


def _version(db: SourceDatabase, read: Statements) -> str:
    """The tool does not write its version down: its columns and its schema's number bound it."""
    about = "2.1 or newer" if "distribution" in read.columns["datasets"] else "before 2.1"
    if not db.has("alembic_version", "version_num"):
        return about
    one: Any = table("alembic_version", column("version_num")).c.version_num
    return f"{about} (schema {db.value(select(one))})"


def _grant(db: SourceDatabase, read: Statements) -> str:
    there = {
        name: tuple(
            one
            for one in (*columns, *OPTIONAL.get(name, ()))
            if one in columns or one in read.columns[name]
        )
        for name, columns in NEEDED.items()
    }
    there["records"] = (*NEEDED["records"], *OPTIONAL["records"])
    there["responses"] = (*(_quoted(one) for one in NEEDED["responses"]), "xmin")
    there["suggestions"] = (*SUGGESTION, "xmin")
    there["alembic_version"] = ("version_num",)
    return grant(db.name, there, "password hashes and API keys")


def _quoted(name: str) -> str:
    return f'"{name}"' if name == "values" else name


def _on_access(db: SourceDatabase, read: Statements) -> list[str]:
    found = []
    if not read.shows:
        found.append(
            "The fields of records may not be read here, so that identical records are not known "
            "as such and self-consistency knows nobody: grant SELECT on column fields of table "
            "records as `labelpulse init` prints it. Only a digest of it leaves the database."
        )
    if not read.names:
        found.append(
            "The ids that records have from outside may not be read here, so that files of known "
            "answers find records by Argilla's own ids alone: grant SELECT on column external_id "
            "of table records as `labelpulse init` prints it."
        )
    if not read.suggests:
        found.append(
            "Suggestions may not be read here, so that acceptance and agreement with the model "
            "stay unknown: grant SELECT on table suggestions as `labelpulse init` prints it."
        )
    if db.may_write("responses"):
        found.append(
            "This user may write to Argilla. labelpulse never does, but a user that only reads is "
            "safer: see the GRANT."
        )
    return found
