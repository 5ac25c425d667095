"""Documents name commands, options, metrics, Makefile steps and links that exist."""

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
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCED = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`labelpulse ([^`\n]+)`")
LINK = re.compile(r"(?<!`)!?\[[^\]]*\]\(([^)\s]+)\)")
TAKES_METRIC = ("query", "explain", "metrics")


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words after `labelpulse` of every command in a document."""
    for block in FENCED.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("labelpulse "):
                yield shlex.split(line, comments=True)[1:]
    yield from (shlex.split(line) for line in INLINE.findall(FENCED.sub("", text)))


def mistakes(words: list[str]) -> list[str]:
    """Return the verb or the options of a command that the command line would refuse."""
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
    """Return the metrics of the catalogue and the keys that each can be split by."""
    done = subprocess.run(
        [sys.executable, "-m", "labelpulse.cli.main", "metrics", "--json"],
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    return {each["name"]: frozenset(each["by"]) for each in json.loads(done.stdout)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_its_commands_exist(document: Path) -> None:
    wrong = {
        shlex.join(words): mistakes(words)
        for words in commands(document.read_text())
        if words[0] != "VERB"
    }
    assert {line: words for line, words in wrong.items() if words} == {}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_its_metrics_exist(document: Path) -> None:
    named = {
        words[1]
        for words in commands(document.read_text())
        if words[0] in TAKES_METRIC and len(words) > 1 and words[1].islower()
    }
    assert not named or named - metrics().keys() == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_its_metrics_can_be_split_so(document: Path) -> None:
    queries = [
        (words[1], {*words[words.index("--by") + 1].split(",")})
        for words in commands(document.read_text())
        if words[0] == "query" and "--by" in words and words[1] in metrics()
    ]
    assert [(name, by - metrics()[name]) for name, by in queries if by - metrics()[name]] == []


def test_every_verb_has_its_line_in_the_reference() -> None:
    text = (ROOT / "docs" / "reference" / "command-line.md").read_text()
    command = typer.main.get_command(app)
    verbs = set(getattr(command, "commands", {}))
    assert verbs
    assert {verb for verb in verbs if f"| `labelpulse {verb}" not in text} == set()


def test_the_page_of_metrics_is_the_catalogue() -> None:
    """The page is written by ``python -m tests.support.metrics_page``."""
    assert metrics_page.PAGE.read_text(encoding="utf-8") == metrics_page.text()


def test_the_page_of_the_configuration_is_true(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "reference" / "configuration.md").read_text()
    (block,) = [text for text in FENCED.findall(page) if "[warehouse]" in text]
    path = tmp_path / "labelpulse.toml"
    path.write_text(block)
    settings = load_settings(path, environ={"STUDIO_DB_URL": "sqlite:///studio.sqlite3"})
    sentiment = settings.projects[0].controls["sentiment"]
    assert (sentiment.target, sentiment.accuracy_target) == (0.8, 0.95)
    for table in TABLES.keys() - {"rates", "markers", "reports"}:
        keys = {
            field.alias or key
            for key, field in TABLES[table].model_fields.items()
            if not key.endswith(("_env", "_file"))
        } - {"controls"}
        assert {key for key in keys if f"`{key}`" not in page} == set(), table


def test_the_makefile_has_the_steps_that_documents_name() -> None:
    named = {step for path in DOCUMENTS for step in re.findall(r"`make (\w+)", path.read_text())}
    steps = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert {"run", "test"} <= named <= steps


def test_the_index_lists_every_decision() -> None:
    folder = ROOT / "docs" / "adr"
    index = (folder / "README.md").read_text()
    files = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", index) == files


def dead_links(document: Path) -> Iterator[str]:
    """Yield the relative links of a document that have no target."""
    for target in LINK.findall(document.read_text()):
        path = target.partition("#")[0]
        if path and "://" not in path and not (document.parent / path).exists():
            yield target


def test_links_have_a_target() -> None:
    dead = {path.name: links for path in DOCUMENTS if (links := list(dead_links(path)))}
    assert dead == {}


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("[here](page.md#part) [away](https://example.org/x) ![gone](images/gone.png)")
    assert list(dead_links(page)) == ["images/gone.png"]


def test_mistakes_are_found() -> None:
    page = (
        "Try `labelpulse frobnicate`.\n```sh\nlabelpulse demo --days 9 \\\n  --loud=1 # --x\n```\n"
    )
    assert [mistakes(words) for words in commands(page)] == [["--loud"], ["frobnicate"]]
