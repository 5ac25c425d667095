"""What lies around the code: the documents a newcomer meets first, and what must not be in git."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
ADRS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
ADR_PARTS = ["Context", "Decision", "Consequences", "What would change our mind"]
ADR_LINES = 60

MACHINE_PATH = re.compile(r"(?<![\w./-])(?:/(?:root|work|home/\w+|Users/\w+)|\.\./shared)/")
REGISTRY_HOST = re.compile(
    r"\b(?:pypi|pythonhosted|npmjs|crates|rubygems|debian|ubuntu|anaconda)\.(?:org|com|net|io)\b"
)
LINK = re.compile(r"(?<!`)!?\[[^\]]*\]\(([^)\s]+)\)")


def kept_files() -> list[Path]:
    """What git tracks or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("This is no git checkout.")
    paths = (ROOT / name.decode() for name in listed.stdout.split(b"\0") if name)
    return [path for path in paths if path.is_file()]


def offences(text: str) -> list[str]:
    """Paths of one machine and hosts of package registries in a text."""
    return [
        found.group() for rule in (MACHINE_PATH, REGISTRY_HOST) for found in rule.finditer(text)
    ]


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): there
        for path in kept_files()
        if (there := offences(path.read_text(encoding="utf-8", errors="replace")))
    }
    assert found == {}


@pytest.mark.parametrize(
    "text",
    [
        "cd " + "/root" + "/project",
        "read ../" + "shared/notes.md",
        '"/home/' + 'ana/x"',
        "https://files.pythonhosted" + ".org/x",
        "index = https://pypi" + ".org/simple",
    ],
)
def test_such_names_are_found(text: str) -> None:
    assert offences(text)


@pytest.mark.parametrize(
    "text", ["~/.labelpulse", "/data/x.db", "network/root/", "a/work/b", "shared/x"]
)
def test_harmless_names_pass(text: str) -> None:
    assert offences(text) == []


def test_the_readme_shows_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text()
    assert "make run" in text
    assert "make test" in text


def test_the_makefile_has_the_steps_that_documents_name() -> None:
    named = {step for path in DOCUMENTS for step in re.findall(r"`make (\w+)", path.read_text())}
    steps = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert {"run", "test"} <= named <= steps


def test_the_changelog_has_a_place_for_the_next_change() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    assert "## [Unreleased]" in text


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert (
        tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license"] == "Apache-2.0"
    )


def test_decisions_are_listed_by_number() -> None:
    """A number is never given again: what was decided and is gone leaves a gap."""
    numbers = [int(path.name[:4]) for path in ADRS]
    assert numbers == sorted(set(numbers))
    index = (ROOT / "docs" / "adr" / "README.md").read_text()
    assert re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", index) == [path.name for path in ADRS]


@pytest.mark.parametrize("path", ADRS, ids=lambda path: path.stem)
def test_a_decision_is_one_page_in_four_parts(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert lines[0].startswith(f"# {int(path.name[:4])}. ")
    assert [line[3:] for line in lines if line.startswith("## ")] == ADR_PARTS
    assert len(lines) <= ADR_LINES


def dead_links(document: Path) -> Iterator[str]:
    """Relative links of a document that lead nowhere."""
    for target in LINK.findall(document.read_text()):
        path = target.partition("#")[0]
        if path and "://" not in path and not (document.parent / path).exists():
            yield target


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    assert list(dead_links(path)) == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("[there](page.md#part) [away](https://example.org/x) ![gone](images/gone.png)")
    assert list(dead_links(page)) == ["images/gone.png"]
