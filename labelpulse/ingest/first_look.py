"""What a first look tells the operator: sentences on what a project can and cannot show yet."""

from collections.abc import Iterator, Mapping, Sequence

from labelpulse.core.formats import plural
from labelpulse.source import InspectedProject

FEW = 20
"""Below this many annotations, or double-labeled items, a share says little."""

ROLE = "labelpulse"

NO_REVIEWS_IN_TABLE = (
    "No row says how its review ended: reviews come by a column status (or --map status=COLUMN) "
    "that holds accepted or rejected; without them pages on reviewers stay hidden."
)
ONE_PROJECT_A_FILE = (
    "Each file is taken for a project of its own, named after it: files that are parts of one "
    "project are imported together, under one --project."
)
ONE_PROJECT_A_FOLDER = (
    "Each folder within this one is taken for a project of its own, with all files in it: files "
    "that are no parts of one project have to stand in folders of their own."
)


def same_name(names: Sequence[str]) -> str:
    """Return what to do about files that would be one project, since they bear one name."""
    return (
        f"{' and '.join(names)} bear one name, so they would be one project: where they are one "
        "export in two forms, keep the one that holds more (of Label Studio: JSON)."
    )


def remarks(
    projects: Sequence[InspectedProject], *, reviewed: bool, holder: str = "This tool keeps"
) -> tuple[str, ...]:
    """Return sentences on evidence, gold and size, project by project.

    Args:
        reviewed: there are reviews, or could be some.
        holder: what reviews would be in, as the beginning of a sentence.
    """
    found = [sentence for one in projects for sentence in _of_project(one)]
    if not reviewed and any(not is_known_only(one) for one in projects):
        found.append(
            f"{holder} no reviews: the stages are waiting, started, waiting for more "
            "labels, done and blocked, and pages on reviewers stay hidden."
        )
    return tuple(found)


def is_known_only(one: InspectedProject) -> bool:
    """True for a project of known answers alone: they count as gold once they are imported."""
    return not one.annotations and "column" in one.gold_candidates


def _of_project(one: InspectedProject) -> Iterator[str]:
    name = f"Project {one.title!r}"
    if is_known_only(one):
        yield (
            f"{name} holds known answers on {plural(one.items, 'item')} and nobody's work: import "
            "it into the project whose answers it is about, by --project TITLE."
        )
        return
    if one.annotations < FEW:
        n = plural(one.annotations, "annotation")
        yield f"{name} has {n}: too early for shares, counts only."
    elif not one.share_two:
        yield (
            f"{name}: {plural(one.items, 'item')}, none with answers of two people: agreement "
            "cannot be measured. 100 double-labeled items give ±8 points at 80 %, 400 give ±4."
        )
    if len(one.controls) > 1:
        yield (
            f"{name} asks {len(one.controls)} questions ({', '.join(one.controls)}): each has its "
            "own numbers; pages open on the one that `headline` names."
        )
    yield from _on_gold(name, one)


def _on_gold(name: str, one: InspectedProject) -> Iterator[str]:
    imported = one.gold_candidates.get("flag by import", 0)
    flagged = one.gold_candidates.get("flag by hand", 0) + imported
    if one.annotations and flagged * 2 > one.annotations:
        yield (
            f"{name} flags {flagged * 100 // one.annotations} % of its annotations as ground "
            "truth, which cannot all be: choose by `gold` who or what counts as known."
        )
    elif imported:
        yield (
            f"{name} has {plural(imported, 'ground truth flag')} by import, where that is the "
            "default: check before `gold` takes what is flagged for known answers."
        )


def grant(
    database: str,
    columns: Mapping[str, Sequence[str]],
    all_data: str,
    schema: str = "public",
) -> str:
    """Return the least statements that let a new PostgreSQL role read, for an administrator.

    Args:
        columns: table -> the columns that are read, all as SQL names them.
        all_data: what the wider alternative would show, for a comment.
        schema: of all those tables.
    """
    lines = [
        f"CREATE ROLE {ROLE} LOGIN PASSWORD 'choose-one';",
        f"GRANT CONNECT ON DATABASE {_quoted(database)} TO {ROLE};",
        f"GRANT USAGE ON SCHEMA {schema} TO {ROLE};",
        *(
            f"GRANT SELECT ({', '.join(names)}) ON {schema}.{name} TO {ROLE};"
            for name, names in columns.items()
        ),
        f"-- or all at once, {all_data} included: GRANT pg_read_all_data TO {ROLE};",
    ]
    return "\n".join(lines)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
