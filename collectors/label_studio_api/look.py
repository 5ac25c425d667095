"""A first look through Label Studio's API, for `labelpulse init` and `doctor`."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from collectors.label_studio_api.api import Api, Ask, rows
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import ProjectRecord
from labelpulse.core.formats import plural
from labelpulse.ingest.fields import instant
from labelpulse.ingest.first_look import remarks
from labelpulse.ingest.label_studio import Row
from labelpulse.source import InspectedProject, Inspection

MOST_AUTHORS = 10
MOST_TASKS = 2_000
"""Of a project: its newest, from which the numbers come that no counter tells."""

PAGE = 500
MANY = 20_000
"""Tasks above which the API is a slow way in."""

FIELDS = (
    *("id", "annotations", "completed_by", "updated_by", "was_cancelled", "ground_truth"),
    *("created_at", "import_id", "bulk_created"),
)
NO_DRAFTS = (
    "The API shows nobody else's drafts, so none are read: work begun and not yet submitted stays "
    "unknown. The tool's database shows it, and costs the tool far less."
)
NO_PEOPLE = (
    "This token may not see the list of users, so people are shown by their ids: use the token of "
    "an account that may."
)
ASKS_MODEL = (
    "evaluates predictions when its tasks are listed, as the tool's own pages make it do: they "
    "are listed in a way that does not."
)
ADMIN = (
    "Label Studio knows no token that only reads. labelpulse only asks; keep the token in a "
    "variable (token_env) or a file of your own (token_file)."
)


def look(
    api: Api, url: str, projects: Mapping[int, ProjectRecord], listed: Mapping[int, Row]
) -> Inspection:
    """Return what an opened API shows, project by project."""
    counts = {row["id"]: row for row in api.counts()}
    seen = tuple(
        _project(api, {**listed[key], **counts.get(key, {})}, record)
        for key, record in projects.items()
    )
    return Inspection(
        tool="Label Studio",
        version=api.version(),
        type="label-studio-api",
        projects=seen,
        remarks=(*remarks(seen, reviewed=False), *_on_access(api, seen, listed)),
        link=f"{url}/projects/{{project}}/data?task={{item}}",
    )


@dataclass(slots=True)
class _Tally:
    """What the tasks of a project show."""

    answered: int = 0
    twice: int = 0
    times: list[int] = field(default_factory=list)
    authors: Counter[int] = field(default_factory=Counter)
    people: set[int] = field(default_factory=set)
    flags: Counter[str] = field(default_factory=Counter)

    def add(self, task: Row) -> None:
        found = rows(task.get("annotations"))
        submitted = [one for one in found if not one.get("was_cancelled")]
        authors = {by for one in submitted if type(by := one.get("completed_by")) is int}
        self.answered += bool(authors)
        self.twice += len(authors) > 1
        for one in found:
            self._one(one)

    def _one(self, one: Row) -> None:
        author = one.get("completed_by")
        try:
            at = instant(one.get("created_at"))
        except SkipRecord:
            at = None
        if at is not None:
            self.times.append(at)
        if type(author) is int:
            self.people.add(author)
            self.authors[author] += not one.get("was_cancelled")
        if one.get("ground_truth"):
            self.flags["flag by import" if _imported(one) else "flag by hand"] += 1


def _imported(one: Row) -> bool:
    """True for what came by import: nobody submitted it here."""
    marked = one.get("import_id") is not None or bool(one.get("bulk_created"))
    return marked or (one.get("updated_by") is None and one.get("completed_by") is not None)


def _project(api: Api, row: Row, record: ProjectRecord) -> InspectedProject:
    tally = _Tally()
    for task in _newest(api, row):
        tally.add(task)
    busiest = sorted(tally.authors.items(), key=lambda one: (-one[1], one[0]))[:MOST_AUTHORS]
    order = ("flag by hand", "flag by import")
    flags = {name: tally.flags[name] for name in order if tally.flags[name]}
    return InspectedProject(
        title=record.title,
        items=_n(row, "task_number"),
        annotations=_n(row, "total_annotations_number") + _n(row, "skipped_annotations_number"),
        annotators=len(tally.people),
        first=min(tally.times, default=None),
        last=max(tally.times, default=None),
        share_two=tally.twice / tally.answered if tally.answered else None,
        gold_candidates=flags | {f"author {key}": n for key, n in busiest if n},
        predictions=_n(row, "total_predictions_number"),
        controls=tuple(one.name for one in record.controls),
    )


def _newest(api: Api, row: Row) -> Iterator[Row]:
    below, more, n = None, True, 0
    quiet = bool(row.get("evaluate_predictions_automatically"))
    while more and n < MOST_TASKS:
        found, more = api.tasks(Ask(row["id"], FIELDS, PAGE, below, quiet=quiet))
        yield from found
        below, n = (found[-1]["id"] if found else None), n + len(found)


def _n(row: Row, name: str) -> int:
    found = row.get(name)
    return found if type(found) is int else 0


def _on_access(
    api: Api, seen: tuple[InspectedProject, ...], listed: Mapping[int, Row]
) -> Iterator[str]:
    for one in seen:
        if one.items > MOST_TASKS:
            yield (
                f"Project {one.title!r}: people, times, shares and flags here are of its newest "
                f"{plural(MOST_TASKS, 'item')}; all of them are read by `collect`."
            )
    if sum(one.items for one in seen) > MANY:
        yield (
            "With so many items the first load through the API takes minutes to hours; the tool's "
            "database takes seconds (type label-studio-db)."
        )
    for row in listed.values():
        if row.get("evaluate_predictions_automatically"):
            yield f"Project {row.get('title') or row['id']!r} {ASKS_MODEL}"
    if api.people() is None:
        yield NO_PEOPLE
    yield NO_DRAFTS
    yield ADMIN
