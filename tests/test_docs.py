"""Documents say nothing that the command line does not know: verbs, options, metrics."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer.main

from labelpulse.cli.main import app
from labelpulse.config import load_settings
from labelpulse.config.models import TABLES
from tests.support import metrics_page

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
FENCED = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`labelpulse ([^`\n]+)`")
TAKES_METRIC = ("query", "explain", "metrics")


def commands(text: str) -> Iterator[list[str]]:
    """The words after `labelpulse` of every command in a document."""
    for block in FENCED.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("labelpulse "):
                yield shlex.split(line, comments=True)[1:]
    yield from (shlex.split(line) for line in INLINE.findall(FENCED.sub("", text)))


def mistakes(words: list[str]) -> list[str]:
    """What the command line would refuse of one command: a verb, or an option of it."""
    command = typer.main.get_command(app)
    known = {"--help", *(option for each in command.params for option in each.opts)}
    for word in words:
        if word.startswith("-"):
            break
        if not (subcommands := getattr(command, "commands", None)):
            break
        if word not in subcommands:
            return [word]
        command = subcommands[word]
        known |= {option for each in command.params for option in each.opts}
    options = [word.partition("=")[0] for word in words if word.startswith("--")]
    return [option for option in options if option not in known]


@cache
def metrics() -> dict[str, frozenset[str]]:
    """The names in the catalogue, and by what each can be split."""
    done = subprocess.run(
        [sys.executable, "-m", "labelpulse.cli.main", "metrics", "--json"],
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    return {each["name"]: frozenset(each["by"]) for each in json.loads(done.stdout)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.relative_to(ROOT).as_posix())
def test_its_commands_exist(document: Path) -> None:
    wrong = {
        shlex.join(words): mistakes(words)
        for words in commands(document.read_text())
        if words[0] != "VERB"
    }
    assert {line: found for line, found in wrong.items() if found} == {}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.relative_to(ROOT).as_posix())
def test_its_metrics_exist(document: Path) -> None:
    named = {
        words[1]
        for words in commands(document.read_text())
        if words[0] in TAKES_METRIC and len(words) > 1 and words[1].islower()
    }
    assert not named or named - metrics().keys() == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.relative_to(ROOT).as_posix())
def test_its_metrics_can_be_split_so(document: Path) -> None:
    asked = [
        (words[1], {*words[words.index("--by") + 1].split(",")})
        for words in commands(document.read_text())
        if words[0] == "query" and "--by" in words and words[1] in metrics()
    ]
    assert [(name, by - metrics()[name]) for name, by in asked if by - metrics()[name]] == []


def test_every_verb_has_its_line_in_the_reference() -> None:
    text = (ROOT / "docs" / "reference" / "command-line.md").read_text()
    command = typer.main.get_command(app)
    verbs = set(getattr(command, "commands", {}))
    assert verbs
    assert {verb for verb in verbs if f"| `labelpulse {verb}" not in text} == set()


def test_the_page_of_metrics_is_the_catalogue() -> None:
    """Made by ``python -m tests.support.metrics_page``."""
    assert metrics_page.PAGE.read_text(encoding="utf-8") == metrics_page.text()


def test_the_page_of_the_configuration_is_true(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "reference" / "configuration.md").read_text()
    (block,) = [one for one in FENCED.findall(page) if "[warehouse]" in one]
    path = tmp_path / "labelpulse.toml"
    path.write_text(block)
    settings = load_settings(path, environ={"STUDIO_DB_URL": "sqlite:///studio.sqlite3"})
    sentiment = settings.projects[0].controls["sentiment"]
    assert (sentiment.target, sentiment.accuracy_target) == (0.8, 0.95)
    for table in TABLES.keys() - {"rates", "markers", "reports"}:
        keys = {
            one.alias or key
            for key, one in TABLES[table].model_fields.items()
            if not key.endswith(("_env", "_file"))
        } - {"controls"}
        assert {key for key in keys if f"`{key}`" not in page} == set(), table


def test_mistakes_are_found() -> None:
    page = (
        "Try `labelpulse frobnicate`.\n```sh\nlabelpulse demo --days 9 \\\n  --loud=1 # --x\n```\n"
    )
    assert [mistakes(words) for words in commands(page)] == [["--loud"], ["frobnicate"]]
