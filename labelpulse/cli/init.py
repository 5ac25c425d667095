"""`labelpulse init`: inspect a tool's database or exports, and write the configuration for it."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelpulse.cli.options import DbOption, JsonOption
from labelpulse.cli.output import print_json, print_message, print_table
from labelpulse.core.days import iso, machine_zone
from labelpulse.core.formats import plural

if TYPE_CHECKING:
    from labelpulse.ingest.targets import Target
    from labelpulse.source import InspectedProject

CONFIG = "labelpulse.toml"
MAX_IMPORTS = 10

_COLUMNS = ("project", "items", "annotations", "people", "first", "last", "two answers")
_OPTIONAL_COLUMNS = ("predictions", "reviews")


def init(
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="URL|FILE|FOLDER",
            help="The tool's database (postgresql://…, sqlite:///…), its API (https://…), or its "
            "exports.",
            show_default=False,
        ),
    ] = None,
    *,
    config: Annotated[
        Path, typer.Option("--config", metavar="PATH", help="Configuration file to write.")
    ] = Path(CONFIG),
    force: Annotated[
        bool, typer.Option("--force", help="Replace an existing configuration file.")
    ] = False,
    token_env: Annotated[
        str | None,
        typer.Option(
            "--token-env",
            metavar="NAME",
            help="Environment variable that holds the API's token; default "
            "LABEL_STUDIO_API_TOKEN or LABELPULSE_TOKEN.",
            show_default=False,
        ),
    ] = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Inspect a labeling tool's database or exports, and write labelpulse.toml for it.

    Prints the projects, annotators, overlap and gold candidates, and the least privileges that
    suffice. It loads nothing, writes nothing to the tool and asks no questions.
    """
    from labelpulse.ingest.new_config import config_text
    from labelpulse.ingest.targets import look_at

    detected = None if target is None else look_at(target, token_env)
    text = config_text(detected, db, date.today())  # noqa: DTZ011 - the operator's own day
    is_usable = detected is None or bool(detected.url or detected.files)
    is_written = is_usable and (force or not config.exists())
    if is_written:
        config.write_text(text, encoding="utf-8")
    if as_json:
        print_json(detection_json(detected, config if config.exists() else None))
    elif detected is not None:
        print_detection(detected)
    _print_next_steps(detected, config, text, is_written=is_written)


def detection_json(target: "Target | None", config: Path | None) -> dict[str, Any]:
    """Return what was detected as JSON values."""
    tool = None if target is None else target.found
    return {
        "tool": None if tool is None else tool.tool,
        "version": None if tool is None else tool.version,
        "config": None if config is None else str(config),
        "projects": [] if tool is None else [_project_json(each) for each in tool.projects],
    }


def _project_json(project: "InspectedProject") -> dict[str, Any]:
    return {
        "title": project.title,
        "items": project.items,
        "annotations": project.annotations,
        "annotators": project.annotators,
        "first": iso(project.first),
        "last": iso(project.last),
        "share_two": project.share_two,
        "gold_candidates": dict(project.gold_candidates),
        "predictions": project.predictions,
        "reviews": project.reviews,
    }


def print_detection(target: "Target") -> None:
    """Print what was detected, for people."""
    from labelpulse.ingest.first_look import is_known_only
    from labelpulse.ingest.new_config import by_title, gold_choices

    tool = target.found
    print(f"{tool.tool} {tool.version}".strip())
    rows = [_project_row(project) for project in tool.projects]
    columns = [*_COLUMNS, *(name for name in _OPTIONAL_COLUMNS if any(row[name] for row in rows))]
    if len({project.title for project in tool.projects}) < len(target.files):
        rows = [{**row, "file": path.name} for row, path in zip(rows, target.files, strict=True)]
        columns.insert(1, "file")
    if rows:
        print_table(columns, [[row[name] for name in columns] for row in rows])
    for project in by_title(tool.projects):
        if project.gold_candidates and not is_known_only(project):
            counts = ", ".join(f"{name} ({n:,})" for name, n in project.gold_candidates.items())
            print(f"{project.title}: could be used as gold: {counts}")
            print(f"  choose in [[projects]]: {' or '.join(gold_choices(project))}")
    if rows:
        zone = machine_zone()
        print(f"Days are in {zone} (this machine's zone) unless `timezone` names another.")
    for remark in tool.remarks:
        print(f"- {remark}")
    if tool.grant:
        print(f"\nThe least privileges that suffice, for an administrator to run:\n{tool.grant}\n")


def _project_row(project: "InspectedProject") -> dict[str, Any]:
    first, last = [(iso(time) or "")[:10] for time in (project.first, project.last)]
    return {
        "project": project.title,
        "items": project.items,
        "annotations": project.annotations,
        "people": project.annotators,
        "first": first,
        "last": last,
        "two answers": "" if project.share_two is None else f"{project.share_two:.0%}",
        "predictions": project.predictions,
        "reviews": project.reviews,
    }


def _print_next_steps(
    target: "Target | None", config: Path, text: str, *, is_written: bool
) -> None:
    if target is not None and not (target.url or target.files):
        _print_unreadable(target)
        return
    if not is_written:
        print_message(f"{config} exists and was not changed (--force replaces it).")
        print_message(f"The configuration for this target would be:\n\n{text}")
        return
    print_message(f"Wrote {config}.")
    if target is None:
        print_message("Next: `labelpulse init URL`, or `labelpulse import FILE --project TITLE`.")
    elif target.url:
        _print_polling(target)
    elif target.folder is None:
        _print_imports(target, config, "Next")
    else:
        print_message("Next: `labelpulse up` imports the files of the folder, and new ones later.")
        _print_imports(target, config, "Or, to import them once and not watch the folder")


def _print_polling(target: "Target") -> None:
    from labelpulse.ingest.new_config import variable
    from labelpulse.ingest.targets import has_secret

    if has_secret(target.url):
        print_message("The address holds a password, so it is not in the file. Before starting:")
        print_message(f"  export {variable(target)}='…the address that you just entered…'")
    if target.token_env:
        print_message(f"The token is read from the variable {target.token_env}: keep it set.")
    print_message(
        "Next: `labelpulse up` collects and shows the data; `labelpulse doctor` checks the setup."
    )


def _print_unreadable(target: "Target") -> None:
    """Print how to load files whose columns have other names."""
    from labelpulse.ingest.folder_files import title_of

    names = ", ".join(path.name for path in target.unread[:MAX_IMPORTS])
    file, title = "FILE", "TITLE"
    if len(target.unread) == 1:
        file, title = quote(str(target.unread[0])), quote(title_of(target.unread[0]))
    print_message(
        f"Nothing here can be imported as it is ({names}); the lines above say why. If columns "
        f"have other names, run `labelpulse import {file} --project {title} --map "
        "item=COLUMN,annotator=COLUMN,label=COLUMN`."
    )


def _print_imports(target: "Target", config: Path, lead: str) -> None:
    """Print the commands that import the files as one project or as several."""
    files, titles = target.files, [project.title for project in target.found.projects]
    config_option = "" if config == Path(CONFIG) else f" --config {quote(str(config))}"
    paths_by_title: dict[str, list[Path]] = {}
    for path, title in zip(files, titles, strict=True):
        paths_by_title.setdefault(title, []).append(path)
    if len(paths_by_title) == 1:
        command = f"labelpulse import {_quoted(files)} --project {quote(titles[0])}{config_option}"
        print_message(f"{lead}: `{command}`, then `labelpulse dashboard{config_option}`.")
        return
    print_message(f"{lead} (then `labelpulse dashboard{config_option}` shows it):")
    for title, paths in list(paths_by_title.items())[:MAX_IMPORTS]:
        print_message(
            f"  labelpulse import {_quoted(paths)} --project {quote(title)}{config_option}"
        )
    if len(paths_by_title) > MAX_IMPORTS:
        more = len(paths_by_title) - MAX_IMPORTS
        print_message(f"  … and so on for {plural(more, 'more project', 'more projects')}")
    print_message("Or, if all files belong to one project:")
    print_message(
        f"  labelpulse import {_quoted(files)} --project {quote(target.name)}{config_option}"
    )


def _quoted(paths: Sequence[Path]) -> str:
    more = " …" if len(paths) > MAX_IMPORTS else ""
    return " ".join(quote(str(path)) for path in paths[:MAX_IMPORTS]) + more
