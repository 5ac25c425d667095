"""A first look into a Prodigy database, for `labelpulse init` and `doctor`."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from collectors.prodigy.counts import task_of
from collectors.prodigy.tables import DATASET, EXAMPLE, EXAMPLES, LINK, TASKS, TOOL, Links
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import ProjectRecord
from labelpulse.core.formats import plural
from labelpulse.ingest.database import SourceDatabase
from labelpulse.ingest.first_look import grant, remarks
from labelpulse.ingest.prodigy import annotator, saved_at
from labelpulse.source import InspectedProject, Inspection

MOST = 20_000
"""Tasks of a dataset that a first look reads: who answered and when stands in them alone."""


@dataclass(frozen=True, slots=True)
class Looked:
    """An opened database.

    Attributes:
        named: dataset -> its project.
        told: dataset -> (its name, its annotator where the name tells).
    """

    db: SourceDatabase
    links: Sequence[Links]
    named: Mapping[int, str]
    told: Mapping[int, tuple[str, str | None]]


@dataclass(slots=True)
class _Tally:
    n: int = 0
    read: int = 0
    unknown: int = 0
    people: dict[str, set[str]] = field(default_factory=dict)
    times: list[int] = field(default_factory=list)


def look(seen: Looked, projects: Sequence[ProjectRecord]) -> Inspection:
    """Return what an opened database holds, project by project."""
    tallies = {one.native_id: _Tally() for one in projects}
    for links in seen.links:
        sums: Any = seen.db.rows(links.sums())
        for dataset, n, _ in sums:
            tally = tallies[seen.named[dataset]]
            tally.n += n
            _read(seen, links, dataset, tally)
    found = tuple(_project(one, tallies[one.native_id]) for one in projects)
    return Inspection(
        tool=TOOL,
        version="",
        type="prodigy-db",
        projects=found,
        grant=_grant(seen) if seen.db.dialect == "postgresql" else "",
        remarks=(*remarks(found, reviewed=False), *_sentences(seen, projects, tallies)),
    )


def _read(seen: Looked, links: Links, dataset: int, tally: _Tally) -> None:
    name, told = seen.told[dataset]
    for row in _newest(seen.db, links, dataset):
        tally.read += 1
        with suppress(SkipRecord):
            task = task_of(row.content)
            who = told or annotator(task, name)
            tally.unknown += who is None
            people = tally.people.setdefault(str(task.get("_input_hash")), set())
            if who is not None:
                people.add(who)
            at = saved_at(task)
            if at is not None:
                tally.times.append(at)


def _newest(db: SourceDatabase, links: Links, dataset: int) -> Iterator[Any]:
    below = None
    for _ in range(0, MOST, TASKS):
        rows = db.rows(links.edge(dataset, TASKS, newest=True, below=below))
        yield from rows
        if len(rows) < TASKS:
            return
        below = rows[-1].key


def _project(record: ProjectRecord, tally: _Tally) -> InspectedProject:
    by_item = [people for people in tally.people.values() if people]
    twice = sum(len(people) > 1 for people in by_item)
    return InspectedProject(
        title=record.title,
        items=len(tally.people),
        annotations=tally.n,
        annotators=len(set().union(*by_item)),
        first=min(tally.times, default=None),
        last=max(tally.times, default=None),
        share_two=twice / len(by_item) if by_item else None,
        controls=tuple(one.name for one in record.controls),
    )


def _sentences(
    seen: Looked, projects: Sequence[ProjectRecord], tallies: Mapping[str, _Tally]
) -> Iterator[str]:
    for one in projects:
        tally = tallies[one.native_id]
        yield from (f"Project {one.title!r}: {told}" for told in one.remarks)
        if tally.unknown:
            yield (
                f"Project {one.title!r}: {plural(tally.unknown, 'answer')} in unnamed sessions, "
                "so that nobody knows whose they are: open Prodigy with ?session=NAME, or take "
                "the annotator from the dataset's name by options.annotator_pattern."
            )
        if tally.read < tally.n:
            yield (
                f"Project {one.title!r}: items, people and times are those of the newest "
                f"{tally.read:,} of {tally.n:,} answers."
            )
    yield (
        "Prodigy keeps no time spent and nothing of what still waits: throughput counts saved "
        "answers, and progress knows only items that somebody answered."
    )
    if seen.db.may_write("example"):
        yield (
            "This user may write to Prodigy's tables. labelpulse never does, but a user that only "
            "reads is safer: see the GRANT."
        )


def _grant(seen: Looked) -> str:
    columns: dict[str, tuple[str, ...]] = {"dataset": DATASET}
    for links in seen.links:
        columns[links.name] = LINK
        columns[EXAMPLES[links.name]] = (*EXAMPLE, "xmin")
    return grant(seen.db.name, columns, "everything else in this database")
