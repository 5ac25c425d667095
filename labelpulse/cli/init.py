"""`labelpulse init`: what is behind a target, and the configuration for it."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelpulse.cli.common import DbOption, JsonOption, print_json, print_table, tell
from labelpulse.core.days import iso, machine_zone
from labelpulse.core.words import plural

if TYPE_CHECKING:
    from labelpulse.ingest.targets import Target
    from labelpulse.source import FoundProject

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

MOST_IMPORTS = 10


def init(
    target: TargetArgument = None,
    *,
    config: Where = Path("labelpulse.toml"),
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


def project(one: "FoundProject") -> dict[str, Any]:
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
    from labelpulse.ingest.new_config import gold_choices

    found = target.found
    print(f"{found.tool} {found.version}".strip())
    rows = [_row(one) for one in found.projects]
    rare = [name for name in _RARE if any(row[name] for row in rows)]
    shown = [*_COLUMNS, *rare]
    if rows:
        print_table(shown, [[row[name] for name in shown] for row in rows])
    for one in found.projects:
        if one.gold_candidates:
            seen = ", ".join(f"{name} ({n:,})" for name, n in one.gold_candidates.items())
            print(f"{one.title}: could count as gold, once you choose it: {seen}")
            print(f"  in [[projects]]: {' or '.join(gold_choices(one))}")
    print(f"Days are in {machine_zone()} (this machine's zone) unless `timezone` names another.")
    for remark in found.remarks:
        print(f"- {remark}")
    if found.grant:
        print(f"\nThe least rights that suffice, for an administrator to run:\n{found.grant}\n")


_COLUMNS = ("project", "items", "annotations", "people", "first", "last", "two answers")
_RARE = ("predictions", "reviews")


def _row(one: "FoundProject") -> dict[str, Any]:
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
    from labelpulse.ingest.new_config import variable
    from labelpulse.ingest.targets import has_secret

    if target is not None and not (target.url or target.files):
        _tell_imports(target)
        return
    if not written:
        tell(f"{config} is there already and was left as it is (--force replaces it).")
        tell(f"For what was found it would say:\n\n{text}")
        return
    tell(f"Wrote {config}.")
    if target is None:
        tell("Next: `labelpulse init URL`, or `labelpulse import FILE --project TITLE`.")
    elif target.url:
        if has_secret(target.url):
            tell("The address holds a password, so it is not in the file. Before starting:")
            tell(f"  export {variable(target)}='…the address that you gave just now…'")
        if target.token_env:
            tell(f"The token stays in the variable {target.token_env}: keep it set.")
        tell("Next: `labelpulse up` collects and shows it; `labelpulse doctor` checks it all.")
    else:
        if target.folder is not None:
            tell("Next: `labelpulse up` imports what is in the folder, and what will be put there.")
            tell("Or import it once:")
        _tell_imports(target)


def _tell_imports(target: "Target") -> None:
    """Tell how files are loaded: none, one, or several, which may be one project or many."""
    files, titles = target.files, [one.title for one in target.found.projects]
    if not files:
        names = ", ".join(path.name for path in target.unread[:MOST_IMPORTS])
        tell(
            f"Nothing here can be imported as it is ({names}): what is said above tells why. A "
            "table whose columns have other names is loaded by `labelpulse import FILE --project "
            "TITLE --map item=COLUMN,annotator=COLUMN,label=COLUMN`."
        )
    elif len(files) == 1:
        tell(
            f"Next: `labelpulse import {_quoted(files)} --project TITLE`, then "
            "`labelpulse dashboard`."
        )
    else:
        tell("Next, for one project a file, then `labelpulse dashboard`:")
        for path, title in list(zip(files, titles, strict=True))[:MOST_IMPORTS]:
            tell(f"  labelpulse import {_quoted([path])} --project {quote(title)}")
        beyond = len(files) - MOST_IMPORTS
        if beyond > 0:
            tell(f"  … and so on for {plural(beyond, 'more file', 'more files')}")
        tell("Or, where all of them are parts of one project:")
        more = " …" if beyond > 0 else ""
        tell(f"  labelpulse import {_quoted(files[:MOST_IMPORTS])}{more} --project TITLE")


def _quoted(paths: Iterable[Path]) -> str:
    return " ".join(quote(str(path)) for path in paths)
