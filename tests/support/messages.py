"""Gathers the catalogue of messages: `python -m tests.support.messages` writes it anew."""

import tomllib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from labelpulse.core.catalogue import LOCALE
from labelpulse.core.words import singular
from labelpulse.metrics.registry import METRICS

ROOT = Path(__file__).resolve().parents[2]
FILE = LOCALE / "labelpulse.pot"
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

SAID = {"say": None, "marked": None, "plural": (2, 3), "noun_of": (2, 3), "form_of": (2, 3)}
"""The functions that look a message up, and which arguments are its forms; None = the first."""

MADE = ("labels", "skips")
"""What charts count; as `formats.counted` does, with the nouns that metrics count."""

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
        for file, _, message, comments, _ in sorted(found, key=lambda one: (one[0], one[1])):
            where = [((Path(place) / file).as_posix(), 0)]  # a line number would change too often
            catalogue.add(message, locations=where, auto_comments=comments)
    for nouns in sorted({*MADE, *(one.counted for one in METRICS.values())}):
        catalogue.add(nouns, locations=_METRICS)
        catalogue.add((singular(nouns), nouns), locations=_METRICS)
    for unit in sorted({one.unit for one in METRICS.values()}):
        catalogue.add(unit, locations=_METRICS)
    return catalogue


_METRICS = [("labelpulse/metrics", 0)]


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
    print(f"{FILE.relative_to(ROOT)}: {len(gathered())} messages")  # noqa: T201
