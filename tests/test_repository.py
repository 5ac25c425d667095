"""No file in git names a path of one machine or the host of a package registry."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MACHINE_PATH = re.compile(r"(?<![\w./-])(?:/(?:root|work|home/\w+|Users/\w+)|\.\./shared)/")
REGISTRY_HOST = re.compile(
    r"\b(?:pypi|pythonhosted|npmjs|crates|rubygems|debian|ubuntu|anaconda)\.(?:org|com|net|io)\b"
)


def files_for_git() -> list[Path]:
    """Return the files that git tracks or would track."""
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


def private_names(text: str) -> list[str]:
    """Return the machine paths and registry hosts in a text."""
    rules = (MACHINE_PATH, REGISTRY_HOST)
    return [match.group() for rule in rules for match in rule.finditer(text)]


def test_no_file_names_a_machine_or_a_registry() -> None:
    texts = {path: path.read_text(encoding="utf-8", errors="replace") for path in files_for_git()}
    offences = {path: names for path, text in texts.items() if (names := private_names(text))}
    assert offences == {}


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
def test_private_names_are_found(text: str) -> None:
    assert private_names(text)


@pytest.mark.parametrize(
    "text", ["~/.labelpulse", "/data/x.db", "network/root/", "a/work/b", "shared/x"]
)
def test_other_names_pass(text: str) -> None:
    assert private_names(text) == []
