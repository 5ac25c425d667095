"""Every message stands in the catalogue, and nothing that people read is said beside it."""

import ast
import re
from collections.abc import Iterator
from gettext import GNUTranslations, translation
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from labelpulse.core.catalogue import LOCALE, form_of, in_sense, say
from tests.support import messages

PROSE = re.compile(r"[^\W\d_]{2,}[,:.]? [^\W\d_]{2,}")
"""Two words beside each other."""

CODE = re.compile(
    r"datum\b|&&|===|^[a-z]+ [a-z]+: |^\S+\.(py|css|svg|toml)\b|[{};]$|^<|, sans-serif$"
    r"|^\[\[|^(curl|labelpulse (demo|import|init|queue|rebuild))\b"
)
"""What a chart's grammar, a style sheet, a font or a file is called, not what people read; and what
they copy as it is: tables of the configuration, commands."""

NAMES = ("img-src 'self' data: blob:", "Get help")
"""A header's line, and an entry of Streamlit's own menu as it is turned off."""

ROOMS = (
    "dashboard",
    "labelpulse/charts",
    "labelpulse/judgement",
    "labelpulse/reports",
    "labelpulse/metrics",
    "labelpulse/reader",
)


def _modules() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((messages.ROOT / room).rglob("*.py"))


def _said(node: ast.AST) -> bool:
    """True for a call that looks a message up, and for what only a log or an error tells."""
    if isinstance(node, ast.Raise):
        return True
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in messages.SAID or name == "startswith":  # compared with an error's text
        return True
    return name in ("error", "warning", "info") and _logs(node.func)


def _logs(called: ast.expr) -> bool:
    return "log" in ast.unparse(called).split(".")[0].lower()


def _pieces(node: ast.AST) -> Iterator[ast.Constant]:
    """Yield the literals under a node that no message holds; docstrings are not among them."""
    for child in ast.iter_child_nodes(node):
        if _said(child):
            kept = child.keywords if isinstance(child, ast.Call) else []
            for one in kept:
                yield from _pieces(one)
        elif isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        elif isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child
        else:
            yield from _pieces(child)


def beside_the_catalogue(source: str) -> list[str]:
    """Return "line: text" of each piece of prose in a module that no message holds."""
    return [
        f"{one.lineno}: {one.value!s}"
        for one in _pieces(ast.parse(source))
        if PROSE.search(str(one.value))
        and not CODE.search(str(one.value))
        and one.value not in NAMES
    ]


@pytest.mark.parametrize(
    "file", list(_modules()), ids=lambda one: one.relative_to(messages.ROOT).as_posix()
)
def test_what_people_read_is_a_message(file: Path):
    assert beside_the_catalogue(file.read_text()) == []


def test_prose_beside_the_catalogue_is_found():
    source = 'def f(n):\n    """Say it all."""\n    st.caption(f"{n} items wait here")\n'
    assert beside_the_catalogue(source) == ["3:  items wait here"]
    assert beside_the_catalogue('say("{n} items wait here", n=who("no message here"))') == [
        "1: no message here"
    ]


def test_the_catalogue_in_the_repository_holds_every_message():
    assert messages.kept() == messages.text(messages.gathered()), (
        "run `python -m tests.support.messages`"
    )


def test_no_translation_that_is_shipped_says_two_headings_alike():
    for file in LOCALE.glob("*/LC_MESSAGES/*.mo"):
        with file.open("rb") as compiled:
            assert messages.alike(messages.keying(), GNUTranslations(compiled)) == [], file


def test_two_headings_said_alike_are_found(tmp_path):
    german = Catalog(locale="de")
    german.add("Before", "Wert")
    german.add("After", "Wert")
    german.add("Drift", "Wert")
    with (tmp_path / "de.mo").open("wb+") as file:
        write_mo(file, german)
        file.seek(0)
        language = GNUTranslations(file)
    assert messages.alike(messages.keying(), language) == [("Before", "After")]
    assert messages.alike([("Before", "After ")], language) == []


def test_the_headings_of_tables_are_those_of_the_code():
    assert messages.TABLES.read_text("utf-8") == messages.tables(), "run -m tests.support.messages"


def test_a_heading_that_reads_as_another_of_its_table_stays_english(tmp_path, monkeypatch):
    from labelpulse.core import catalogue

    german = Catalog(locale="de")
    for word in ("Before", "After", "Drift"):
        german.add(word, "Wert")
    german.add("Open", "Wert", context="a link")
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "labelpulse.mo").open("wb") as file:
        write_mo(file, german)
    found = translation("labelpulse", tmp_path, ["de"])
    tables = ["Before\tAfter", "Drift\tn", "Before\ta link\x04Open"]
    monkeypatch.setattr(catalogue, "_FOUND", found)
    monkeypatch.setattr(catalogue, "_UNSAID", catalogue.unsaid(found, tables))
    assert (say("Before"), say("After"), say("Drift")) == ("Wert", "After", "Wert")
    assert in_sense("a link", "Open") == "Open"
    assert catalogue.unsaid(found, messages.tables().splitlines()) >= {"After"}


def test_a_translation_is_found_and_its_forms_counted(tmp_path, monkeypatch):
    from labelpulse.core import catalogue

    german = Catalog(locale="de")
    german.add("{items} wait in {stage}", "In {stage} warten {items}")
    german.add(("item", "items"), ("Objekt", "Objekte"))
    german.add("Open", "Offen")
    german.add("Open", "Öffnen", context="a link")
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "labelpulse.mo").open("wb") as file:
        write_mo(file, german)
    monkeypatch.setattr(catalogue, "_FOUND", translation("labelpulse", tmp_path, ["de"]))
    items = f"2 {form_of(2, 'item', 'items')}"
    assert (
        say("{items} wait in {stage}", items=items, stage="Review") == "In Review warten 2 Objekte"
    )
    assert (form_of(1, "item", "items"), form_of(1.5, "item", "items")) == ("Objekt", "Objekte")
    assert (say("Open"), in_sense("a link", "Open")) == ("Offen", "Öffnen")
    assert say("not translated") == in_sense("a link", "not translated") == "not translated"


def test_senses_of_one_word_stand_apart_in_the_catalogue():
    places = {
        one.context: {file for file, _ in one.locations}
        for one in messages.gathered()
        if one.id == "Open"
    }
    assert places == {
        None: {"dashboard/views/items.py", "labelpulse/judgement/items.py"},
        "a link": {"dashboard/drill.py"},
    }
