"""One term for one concept, as docs/reference/terms.md lists them.

CONTRIBUTING.md, "Terms", says how to extend the tables.
"""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.support import source_tree
from tests.support.source_tree import Module, within

ROOT = Path(__file__).resolve().parents[1]
ROOTS = ("labelpulse", "collectors", "dashboard", "benchmarks")
# word in the name of a module, class or function -> the term to use
USE_INSTEAD = {
    "alike": "agreement",
    "asserted": "gold",
    "case": "evidence",
    "contribution": "partials",
    "desk": "selection",
    "garbled": "quarantine",
    "handover": "review queue",
    "judgement": "finding or verdict",
    "kept": "cache",
    "known_answer": "gold",
    "lately": "cache",
    "letter": "notification",
    "look": "evaluate, poll or detect",
    "odd": "quarantine",
    "place": "source or project",
    "said": "answer",
    "set_aside": "quarantine",
    "sight": "selection",
    "somebody": "annotator",
    "standing": "state",
    "sums": "rollup or partials",
    "telling": "notification",
    "told": "evidence or notification",
    "worklist": "review queue",
}
# room -> words that it still uses; a rebuilt room has none, and its class names are unique
STILL_USED: dict[str, set[str]] = {
    "benchmarks": set(),
    "labelpulse.cli": set(),
    "labelpulse.config": set(),
    "labelpulse.core": set(),
    "labelpulse.http": set(),
    "labelpulse.processes": set(),
    "labelpulse.reports": set(),
    "labelpulse.schema": set(),
    "labelpulse.source": set(),
    "labelpulse.stats": {"alike", "sums", "telling"},
    "labelpulse.testing": set(),
}
NOT_IN_DOCS = re.compile(
    r"\b(garbled|handover|in the place of|made of it|names the remedy|nobody's|shown name|"
    r"two looks|with your own eyes|worklist)s?\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def source() -> list[Module]:
    return source_tree.read(ROOT, ROOTS)


def snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def forbidden_names(module: Module, allowed: set[str]) -> list[str]:
    names = [module.name.rpartition(".")[2], *module.classes, *module.functions]
    return [
        f"{module.path} {name}: use {term}"
        for name in names
        for word, term in USE_INSTEAD.items()
        if word not in allowed and re.search(rf"(^|_){word}s?(_|$)", snake_case(name))
    ]


@pytest.mark.parametrize("room", STILL_USED)
def test_a_room_uses_the_terms(room: str, source: list[Module]) -> None:
    modules = [module for module in source if within(module.name, room)]
    assert modules
    offences = [name for module in modules for name in forbidden_names(module, STILL_USED[room])]
    assert offences == []


def test_class_names_of_rebuilt_rooms_are_unique(source: list[Module]) -> None:
    rebuilt = [room for room, words in STILL_USED.items() if not words and room != "benchmarks"]
    modules = [module for module in source if within(module.name, *rebuilt)]
    names = Counter(name for module in modules for name in module.classes)
    assert [name for name, n in names.items() if n > 1 and not name.startswith("_")] == []


def test_documents_use_the_terms() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    texts = {page.name: page.read_text(encoding="utf-8") for page in pages}
    assert {name for name, text in texts.items() if NOT_IN_DOCS.search(text)} == set()


def test_a_forbidden_name_is_found(tmp_path: Path) -> None:
    (tmp_path / "places.py").write_text("class KnownAnswers:\n    def lookup(self): ...\n")
    (module,) = source_tree.read(tmp_path, ["."])
    assert [line.split()[1] for line in forbidden_names(module, set())] == [
        "places:",
        "KnownAnswers:",
    ]
