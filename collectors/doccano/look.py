"""A first look into a doccano database, for `labelpulse init` and `doctor`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import column, func, select, table

from collectors.doccano.records import Project
from collectors.doccano.tables import (
    ASSIGNMENT,
    AUTO,
    KINDS,
    NEEDED,
    OPTIONAL,
    TOOL,
    Statements,
    how_auto,
    is_approved,
)
from labelpulse.ingest.database import SourceDatabase
from labelpulse.ingest.database.summary import Summary, by_project, summaries
from labelpulse.ingest.first_look import grant, remarks
from labelpulse.source import InspectedProject, Inspection

MIGRATIONS = ("app", "name")
"""Only a first look reads these, and does without where it may not."""

APPROVALS = (
    "doccano notes who approved an example and not when: approvals count as accepted reviews "
    "without a time, and a rejection is not known to it. Comments are no reviews."
)


def look(
    db: SourceDatabase, read: Statements, projects: Mapping[int, Project], predicted: bool
) -> Inspection:
    """Return what an opened database holds, project by project.

    Args:
        predicted: any label has a probability.
    """
    numbers = _Numbers(
        items=by_project(db, read.how_many()),
        reviews=by_project(db, read.how_many(is_approved())),
        predictions=by_project(db, read.predictions()) if predicted else {},
        work=summaries(db, read.work()),
    )
    seen = tuple(numbers.project(key, one) for key, one in projects.items())
    told = [remark for one in projects.values() for remark in one.record.remarks]
    return Inspection(
        tool=TOOL,
        version=_version(db, read),
        type="doccano-db",
        projects=seen,
        grant=_grant(db) if db.dialect == "postgresql" else "",
        remarks=(
            *remarks(seen, reviewed=True),
            *told,
            *_on_models(db, projects),
            APPROVALS,
            *_on_access(db, read),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What was counted, by project."""

    items: Mapping[int, int]
    reviews: Mapping[int, int]
    predictions: Mapping[int, int]
    work: Mapping[int, Summary]

    def project(self, key: int, one: Project) -> InspectedProject:
        """Return what one project holds."""
        work = self.work.get(key, Summary())
        return InspectedProject(
            title=one.record.title,
            items=self.items.get(key, 0),
            annotations=work.annotations,
            annotators=work.annotators,
            first=work.first,
            last=work.last,
            share_two=work.share_two,
            gold_candidates=work.gold_candidates,
            predictions=self.predictions.get(key, 0),
            reviews=self.reviews.get(key, 0),
            controls=tuple(each.name for each in one.record.controls),
        )


def _version(db: SourceDatabase, read: Statements) -> str:
    """The tool does not write its version down: its tables and migrations bound it."""
    about = "newer than 1.8.4" if read.assigns else "1.8.4 or older"
    if not db.has("django_migrations", *MIGRATIONS):
        return about
    one = table("django_migrations", column("app"), column("name")).c
    last = db.value(select(func.max(one.name)).where(one.app == "labels", one.name < "1"))
    return f"{about} (labels {last[:4]})" if last else about


def _grant(db: SourceDatabase) -> str:
    there = {name: (*columns, *OPTIONAL.get(name, ())) for name, columns in NEEDED.items()}
    for kind in KINDS.values():  # of all kinds, so that a new type of project needs no new grant
        there |= kind.columns
    there["examples_assignment"] = ASSIGNMENT
    there["auto_labeling_autolabelingconfig"] = AUTO
    there["django_migrations"] = MIGRATIONS
    names = list(there)
    known = db.rows(select(*map(func.to_regclass, names)))[0]
    there = {name: there[name] for name, one in zip(names, known, strict=True) if one}
    return grant(db.name, there, "password hashes and tokens")


def _on_models(db: SourceDatabase, projects: Mapping[int, Project]) -> Iterator[str]:
    for key in how_auto(db):
        if key in projects:
            yield (
                f"Project {projects[key].record.title!r} labels automatically: what doccano put in "
                "bears the name of whoever opened the example and cannot be told from their own "
                "labels; it counts once they confirm it."
            )


def _on_access(db: SourceDatabase, read: Statements) -> Iterator[str]:
    if not read.shows:
        yield (
            "The text of examples may not be read here, so that identical examples are not known "
            "as such and self-consistency knows nobody: grant SELECT on column text of table "
            "examples_example as `labelpulse init` prints it. Only a digest of it leaves the "
            "database."
        )
    if db.may_write("labels_category"):
        yield (
            "This user may write to doccano. labelpulse never does, but a user that only reads is "
            "safer: see the GRANT."
        )
