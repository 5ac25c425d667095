"""Gathers the catalogue of messages: `python -m tests.support.messages` writes it anew."""

import ast
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from gettext import NullTranslations
from io import BytesIO
from itertools import combinations
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from labelpulse.core.catalogue import LOCALE
from labelpulse.core.words import singular
from labelpulse.metrics.registry import METRICS

ROOT = Path(__file__).resolve().parents[2]
FILE, TABLES = LOCALE / "labelpulse.pot", LOCALE / "tables.txt"
PLACES = (
    "dashboard",
    *(
        f"labelpulse/{room}"
        for room in (
            *("alerts", "charts", "core", "judgement", "metrics", "reader", "reports"),
            "stats",
        )
    ),
)
"""What says what stands on pages and in reports; the command line's own words are English."""

SAID = {
    **dict.fromkeys(("say", "marked")),
    **dict.fromkeys(("plural", "noun_of", "form_of"), (2, 3)),
    "in_sense": ((1, "c"), 2),
}
"""The functions that look a message up, and which arguments are its forms, or its context (c);
None = the first."""

MADE = ("labels", "skips", "shown on gold")
"""What charts and tiles count; as `formats.counted` does, with the nouns that metrics count."""

_METHODS = [
    ("**/migrations/**", "ignore"),
    ("**.py", "python"),
    ("**.html.j2", "jinja2.ext:babel_extract"),
    ("**/glossary.toml", "tests.support.messages:of_glossary"),
    ("glossary.toml", "tests.support.messages:of_glossary"),
]


def of_glossary(file: BinaryIO, *_: Any, **__: Any) -> Iterator[tuple[int, None, str, list[str]]]:
    """Yield the texts of metrics, as Babel wants them: line, function, message, comments."""
    for entry in tomllib.load(file).values():
        for words in entry.values():
            yield 0, None, words, []


def gathered() -> Catalog:
    """Return all messages of the sources, with the file that says each, by file and line."""
    catalogue = Catalog(
        project="labelpulse", fuzzy=False, header_comment="# What people read in labelpulse."
    )
    for place in PLACES:
        found = extract_from_dir(
            ROOT / place, _METHODS, keywords=SAID, strip_comment_tags=True, comment_tags=["Note:"]
        )
        for file, _, message, comments, sense in sorted(found, key=lambda one: (one[0], one[1])):
            where = [((Path(place) / file).as_posix(), 0)]  # a line number would change too often
            catalogue.add(message, locations=where, auto_comments=comments, context=sense)
    for nouns in sorted({*MADE, *(one.counted for one in METRICS.values())}):
        catalogue.add(nouns, locations=_METRICS)
        catalogue.add((singular(nouns), nouns), locations=_METRICS)
    for unit in sorted({one.unit for one in METRICS.values()}):
        catalogue.add(unit, locations=_METRICS)
    return catalogue


_METRICS = [("labelpulse/metrics", 0)]


def keying() -> set[tuple[str, ...]]:
    """Return the messages that are keys of one dict, as headings are of a row of a table."""
    found = set()
    for place in PLACES:
        for file in (ROOT / place).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Dict):
                    found.add(tuple(filter(None, map(_heading, node.keys))))
    return {one for one in found if len(one) > 1}


def _heading(key: ast.expr | None) -> str:
    match key:
        case ast.Call(ast.Name("say" | "in_sense"), [*_, ast.Constant(str(message))]):
            return message
    return ""


def alike(tables: Iterable[Sequence[str]], language: NullTranslations) -> list[tuple[str, str]]:
    """Return the pairs of headings of one table, in English, that a translation says alike.

    A column of them would be lost without a word. Spaces behind a heading tell columns apart.
    """
    senses: dict[str, set[str]] = {}
    for one in gathered():
        if isinstance(one.id, str):
            senses.setdefault(one.id, set()).add(one.context or "")

    def said(heading: str) -> set[str]:
        message = heading.rstrip()
        behind = heading[len(message) :]
        told = senses.get(message, {""})
        return {
            (language.pgettext(sense, message) if sense else language.gettext(message)) + behind
            for sense in told
        }

    pairs = {
        (one, other)
        for table in tables
        for one, other in combinations(table, 2)
        if one != other and said(one) & said(other)
    }
    return sorted(pairs)


def tables() -> str:
    """Return the headings that the catalogue holds apart, as its file has them."""
    lines = set()
    for place in PLACES:
        for file in (ROOT / place).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Dict):
                    lines.add("\t".join(filter(None, map(_key, node.keys))))
    return "".join(f"{line}\n" for line in sorted(lines) if "\t" in line)


def _key(key: ast.expr | None) -> str:
    """Return a heading as gettext's files have it: its context before it, where it has one."""
    match key:
        case ast.Call(ast.Name("in_sense"), [ast.Constant(str(sense)), ast.Constant(str(message))]):
            return f"{sense}\x04{message}"
    return _heading(key)


def text(catalogue: Catalog) -> str:
    """Return a catalogue as its file holds it, without the times of making."""
    into = BytesIO()
    write_po(into, catalogue, width=100, include_lineno=False, omit_header=True)
    return into.getvalue().decode()


def kept() -> str:
    """Return the catalogue in the repository, as `text` gives it."""
    with FILE.open("rb") as file:
        return text(read_po(file))


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(gathered()))
    TABLES.write_text(tables())
    print(f"{FILE.relative_to(ROOT)}: {len(gathered())} messages")  # noqa: T201
