"""`labelpulse init`: what is behind a target, and the configuration for it."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelpulse.cli.common import DbOption, JsonOption, print_json, print_table, tell
from labelpulse.core.days import iso, machine_zone
from labelpulse.core.formats import plural

if TYPE_CHECKING:
    from labelpulse.ingest.targets import Target
    from labelpulse.source import InspectedProject

TargetArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="URL|FILE|FOLDER",
        help="The tool's database (postgresql://…, sqlite:///…), API (https://…), or exports.",
        show_default=False,
    ),
]
Where = Annotated[Path, typer.Option("--config", metavar="PATH", help="Configuration to write.")]
Force = Annotated[bool, typer.Option("--force", help="Replace a configuration that is there.")]

TokenEnv = Annotated[
    str | None,
    typer.Option(
        "--token-env",
        metavar="NAME",
        help="Variable with the API's token; default LABEL_STUDIO_API_TOKEN or LABELPULSE_TOKEN.",
        show_default=False,
    ),
]

CONFIG = "labelpulse.toml"
MOST_IMPORTS = 10


def init(
    target: TargetArgument = None,
    *,
    config: Where = Path(CONFIG),
    force: Force = False,
    token_env: TokenEnv = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look at a labeling tool's database or exports, and write labelpulse.toml for it.

    Says what was found (projects, people, overlap, what could be gold) and the least rights that
    suffice. Nothing is loaded, nothing is written to the tool, and no question is asked.
    """
    from labelpulse.ingest.new_config import config_text
    from labelpulse.ingest.targets import look_at

    found = None if target is None else look_at(target, token_env)
    text = config_text(found, db, date.today())  # noqa: DTZ011 - the operator's own day
    useful = found is None or bool(found.url or found.files)
    written = useful and (force or not config.exists())
    if written:
        config.write_text(text, encoding="utf-8")
    if as_json:
        print_json(document(found, config if config.exists() else None))
    elif found is not None:
        show(found)
    _next_steps(found, config, text, written=written)


def document(target: "Target | None", config: Path | None) -> dict[str, Any]:
    """Return the contract's document of what was found."""
    found = None if target is None else target.found
    return {
        "tool": None if found is None else found.tool,
        "version": None if found is None else found.version,
        "config": None if config is None else str(config),
        "projects": [] if found is None else [project(one) for one in found.projects],
    }


def project(one: "InspectedProject") -> dict[str, Any]:
    """Return what was found in a project as JSON values."""
    return {
        "title": one.title,
        "items": one.items,
        "annotations": one.annotations,
        "annotators": one.annotators,
        "first": iso(one.first),
        "last": iso(one.last),
        "share_two": one.share_two,
        "gold_candidates": dict(one.gold_candidates),
        "predictions": one.predictions,
        "reviews": one.reviews,
    }


def show(target: "Target") -> None:
    """Print what a first look found, for people."""
    from labelpulse.ingest.first_look import is_known_only
    from labelpulse.ingest.new_config import by_title, gold_choices

    found = target.found
    print(f"{found.tool} {found.version}".strip())
    rows = [_row(one) for one in found.projects]
    shown = [*_COLUMNS, *(name for name in _RARE if any(row[name] for row in rows))]
    if len({one.title for one in found.projects}) < len(target.files):
        rows = [{**row, "file": path.name} for row, path in zip(rows, target.files, strict=True)]
        shown.insert(1, "file")
    if rows:
        print_table(shown, [[row[name] for name in shown] for row in rows])
    for one in by_title(found.projects):
        if one.gold_candidates and not is_known_only(one):
            seen = ", ".join(f"{name} ({n:,})" for name, n in one.gold_candidates.items())
            print(f"{one.title}: could count as gold, once you choose it: {seen}")
            print(f"  in [[projects]]: {' or '.join(gold_choices(one))}")
    if rows:
        zone = machine_zone()
        print(f"Days are in {zone} (this machine's zone) unless `timezone` names another.")
    for remark in found.remarks:
        print(f"- {remark}")
    if found.grant:
        print(f"\nThe least rights that suffice, for an administrator to run:\n{found.grant}\n")


_COLUMNS = ("project", "items", "annotations", "people", "first", "last", "two answers")
_RARE = ("predictions", "reviews")


def _row(one: "InspectedProject") -> dict[str, Any]:
    first, last = [(iso(at) or "")[:10] for at in (one.first, one.last)]
    return {
        "project": one.title,
        "items": one.items,
        "annotations": one.annotations,
        "people": one.annotators,
        "first": first,
        "last": last,
        "two answers": "" if one.share_two is None else f"{one.share_two:.0%}",
        "predictions": one.predictions,
        "reviews": one.reviews,
    }


def _next_steps(target: "Target | None", config: Path, text: str, *, written: bool) -> None:
    if target is not None and not (target.url or target.files):
        _tell_columns(target)
    elif not written:
        tell(f"{config} is there already and was left as it is (--force replaces it).")
        tell(f"For what was found it would say:\n\n{text}")
    elif target is None:
        tell(f"Wrote {config}.")
        tell("Next: `labelpulse init URL`, or `labelpulse import FILE --project TITLE`.")
    elif target.url:
        tell(f"Wrote {config}.")
        _tell_polling(target)
    elif target.folder is None:
        tell(f"Wrote {config}.")
        _tell_imports(target, config, "Next")
    else:
        tell(f"Wrote {config}.")
        tell("Next: `labelpulse up` imports what is in the folder, and what will be put there.")
        _tell_imports(target, config, "Or, to import it once and not watch the folder")


def _tell_polling(target: "Target") -> None:
    from labelpulse.ingest.new_config import variable
    from labelpulse.ingest.targets import has_secret

    if has_secret(target.url):
        tell("The address holds a password, so it is not in the file. Before starting:")
        tell(f"  export {variable(target)}='…the address that you gave just now…'")
    if target.token_env:
        tell(f"The token stays in the variable {target.token_env}: keep it set.")
    tell("Next: `labelpulse up` collects and shows it; `labelpulse doctor` checks it all.")


def _tell_columns(target: "Target") -> None:
    """Tell how files are loaded that cannot be as they are."""
    from labelpulse.ingest.folder_files import title_of

    names = ", ".join(path.name for path in target.unread[:MOST_IMPORTS])
    file, title = "FILE", "TITLE"
    if len(target.unread) == 1:
        file, title = quote(str(target.unread[0])), quote(title_of(target.unread[0]))
    tell(
        f"Nothing here can be imported as it is ({names}): what is said above tells why. A "
        f"table whose columns have other names is loaded by `labelpulse import {file} --project "
        f"{title} --map item=COLUMN,annotator=COLUMN,label=COLUMN`."
    )


def _tell_imports(target: "Target", config: Path, lead: str) -> None:
    """Tell how files are loaded: one project, or several, which may be parts of one."""
    files, titles = target.files, [one.title for one in target.found.projects]
    other = "" if config == Path(CONFIG) else f" --config {quote(str(config))}"
    parts: dict[str, list[Path]] = {}
    for path, title in zip(files, titles, strict=True):
        parts.setdefault(title, []).append(path)
    if len(parts) == 1:
        tell(
            f"{lead}: `labelpulse import {_quoted(files)} --project {quote(titles[0])}{other}`, "
            f"then `labelpulse dashboard{other}`."
        )
        return
    tell(f"{lead} (then `labelpulse dashboard{other}` shows it):")
    for title, paths in list(parts.items())[:MOST_IMPORTS]:
        tell(f"  labelpulse import {_quoted(paths)} --project {quote(title)}{other}")
    if len(parts) > MOST_IMPORTS:
        beyond = len(parts) - MOST_IMPORTS
        tell(f"  … and so on for {plural(beyond, 'more project', 'more projects')}")
    tell("Or, where all of them are parts of one project:")
    tell(f"  labelpulse import {_quoted(files)} --project {quote(target.name)}{other}")


def _quoted(paths: Sequence[Path]) -> str:
    more = " …" if len(paths) > MOST_IMPORTS else ""
    return " ".join(quote(str(path)) for path in paths[:MOST_IMPORTS]) + more
