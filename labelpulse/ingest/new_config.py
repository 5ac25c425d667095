"""The commented labelpulse.toml that `labelpulse init` writes."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from labelpulse.core.days import machine_zone
from labelpulse.ingest.targets import Target, has_secret, standing
from labelpulse.source import InspectedProject

MOST_PROJECTS = 20
DEFAULT_DATABASE = "sqlite:///labelpulse.db"


def variable(target: Target) -> str:
    """Return the name of the variable for an address that holds a password."""
    return target.name.upper().replace("-", "_") + "_DB_URL"


def config_text(target: Target | None, database: str | None, today: date) -> str:
    """Return a configuration for what was found; no secret is in it.

    Args:
        target: None = nothing to read yet, so a source is only shown as an example.
        database: the warehouse's URL, where one was given.
    """
    parts = [
        f"# labelpulse, written by `labelpulse init` on {today.isoformat()}.",
        "# A key is also a variable: LABELPULSE_TABLE__NAME__KEY. Paths are relative to this file.",
        "",
        *_warehouse(database),
        "",
        *_zone(),
        "",
        *_alerting(),
        "",
        *_sources(target),
    ]
    projects = [] if target is None else by_title(target.found.projects)[:MOST_PROJECTS]
    if len(projects) > 1 and target is not None and not (target.url or target.folder):
        parts += [
            "",
            "# One project a file, as `labelpulse init` proposes; files that are imported",
        ]
        parts += ["# under one --project are one project: keep one entry, with its title."]
    for project in projects:
        polled = target is not None and bool(target.url or target.folder)
        source = target.name if target is not None and polled else f"import:{project.title}"
        parts += ["", *_project(project, source)]
    return "\n".join(parts) + "\n"


def by_title(projects: Sequence[InspectedProject]) -> list[InspectedProject]:
    """Return one project a title, the largest of the files that are parts of it."""
    largest: dict[str, InspectedProject] = {}
    for one in projects:
        known = largest.setdefault(one.title, one)
        if one.annotations > known.annotations:
            largest[one.title] = one
    return list(largest.values())


def _warehouse(database: str | None) -> list[str]:
    url = database or DEFAULT_DATABASE
    if has_secret(url):
        return [
            "# The warehouse's address holds a password, so it stays outside this file.",
            "[warehouse]",
            'url_env = "LABELPULSE_DATABASE_URL"',
        ]
    return ["[warehouse]", f"url = {_quoted(url)}   # or postgresql://user@host/database"]


def _zone() -> list[str]:
    return [
        "# The zone of days: a project's, else its source's, else this, else the machine's own.",
        "[defaults]",
        f"# timezone = {_quoted(machine_zone())}   # this machine's",
    ]


def _alerting() -> list[str]:
    return [
        "# Rules that need no tuning; docs/how-to/alerts.md has rules of your own and channels.",
        "[alerting]",
        "starter = true",
        '# channels = ["quality-team"]   # where alerts are told: a table [channels.quality-team]',
    ]


def _sources(target: Target | None) -> list[str]:
    if target is None:
        return _example()
    if target.folder is not None:
        return _folder(target, target.folder)
    return _source(target) if target.url else _example()


def _folder(target: Target, folder: Path) -> list[str]:
    """A folder to watch, with the projects that were shown: a file's name, or its own folder's."""
    apart = all(path.parent == folder for path in target.files)
    project = [
        "[sources.options]",
        'project = "{file}"   # each file is a project; a title in its place makes one of them all',
    ]
    return [
        "# What is put into the folder is imported; docs/how-to/watched-folders.md tells how.",
        "[[sources]]",
        f"name = {_quoted(target.name)}",
        'type = "folder"',
        f"path = {_quoted(str(standing(folder)))}",
        'every = "60s"',
        f"# timezone = {_quoted(machine_zone())}",
        *(project if apart else []),
    ]


def _source(target: Target) -> list[str]:
    if has_secret(target.url):
        url = f'url_env = "{variable(target)}"   # it holds a password: export it, or use url_file'
    else:
        url = f"url = {_quoted(target.url)}"
    titles = [one.title for one in target.found.projects[:MOST_PROJECTS]]
    return [
        "[[sources]]",
        f"name = {_quoted(target.name)}",
        f"type = {_quoted(target.found.type)}",
        url,
        *([f"token_env = {_quoted(target.token_env)}"] if target.token_env else ()),
        f'every = "{60 if target.token_env else 10}s"',
        f"# projects = {_listed(titles)}   # default: all",
        f"# timezone = {_quoted(machine_zone())}",
        *_link(target),
    ]


def _link(target: Target) -> list[str]:
    """Say where items are seen in the tool, as far as its collector knows."""
    hint = target.found.link
    return [f"# link = {_quoted(hint)}   # an item in the tool"] if hint else []


def _example() -> list[str]:
    return [
        "# A labeling tool that is polled; `labelpulse init URL` fills this in.",
        "# [[sources]]",
        '# name = "label-studio"',
        '# type = "label-studio-db"',
        '# url_env = "LABEL_STUDIO_DB_URL"',
    ]


def _project(project: InspectedProject, source: str) -> list[str]:
    candidates = ", ".join(f"{name}: {n:,}" for name, n in project.gold_candidates.items())
    controls, what = project.controls, "what counts as known answers"
    return [
        "# [[projects]]",
        f"# source = {_quoted(source)}",
        f"# title = {_quoted(project.title)}",
        f"# {gold_choices(project)[0]}   # {what}; seen: {candidates or 'none'}",
        *([f"# headline = {_quoted(controls[0])}   # of {_listed(controls)}"] if controls else []),
        "# deadline = 2027-01-15",
    ]


def gold_choices(project: InspectedProject) -> list[str]:
    """Return how each candidate is chosen, the best first: ``gold = "flag"``."""
    names = list(project.gold_candidates)
    authors = [name.removeprefix("author ") for name in names if name.startswith("author ")]
    found = [_quoted(name) for name in ("column", "job") if name in names]
    if any(name.startswith("flag") for name in names) or not (authors or found):
        found.append('"flag"')
    return [f"gold = {one}" for one in [*found, *(_listed([author]) for author in authors)]]


def _listed(texts: Sequence[str]) -> str:
    return "[" + ", ".join(_quoted(text) for text in texts) + "]"


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's, but for the one sign JSON leaves raw."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
