"""docs/how-to/new-source.md, followed word for word: its plug-in is written, installed and used."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "how-to" / "new-source.md").read_text(encoding="utf-8")
FILES = re.compile(r"^`([\w./-]+)`:\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
FENCED = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_page_has_what_is_followed() -> None:
    assert sorted(name for name, _ in FILES.findall(PAGE)) == [
        "labelpulse-votes/labelpulse_votes.py",
        "labelpulse-votes/pyproject.toml",
        "labelpulse-votes/test_votes.py",
    ]
    assert [kind for kind, _ in FENCED.findall(PAGE)].count("sh") == 2


def install(package: str, target: Path, folder: Path) -> None:
    """`pip install`, into a folder of its own and from no index."""
    pip = [sys.executable, "-m", "pip"] if find_spec("pip") else ["uv", "pip"]
    done = subprocess.run(
        [*pip, "install", "--no-deps", "--no-build-isolation", "--target", str(target), package],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PIP_NO_INDEX": "1", "UV_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.timeout(180)
def test_the_page_is_followed_word_for_word(tmp_path: Path) -> None:
    for name, text in FILES.findall(PAGE):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    config = next(text for kind, text in FENCED.findall(PAGE) if "[[sources]]" in text)
    database = tmp_path / "votes.sqlite3"
    config = config.replace("/data/votes.sqlite3", str(database))
    (tmp_path / "labelpulse.toml").write_text(config, encoding="utf-8")
    with sqlite3.connect(database) as db:
        db.execute("CREATE TABLE vote (id INTEGER PRIMARY KEY, picture, voter, choice, at)")
        rows = [("p1", "ana", "cat"), ("p1", "bo", "dog"), ("p2", "ana", ""), ("p2", "bo", "dog")]
        db.executemany("INSERT INTO vote VALUES (NULL, ?, ?, ?, '2026-03-04 09:00:00')", rows)

    first, then = [text.splitlines() for kind, text in FENCED.findall(PAGE) if kind == "sh"]
    assert first == ["pip install ./labelpulse-votes", "pytest labelpulse-votes"]
    target = tmp_path / "site"
    install("./labelpulse-votes", target, tmp_path)

    def run(line: str) -> subprocess.CompletedProcess[str]:
        verb, *words = line.split()
        module = {"labelpulse": "labelpulse.cli.main"}.get(verb, verb)
        return subprocess.run(
            [sys.executable, "-m", module, *words],
            check=False,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(target), str(ROOT)])},
        )

    tested = run(f"{first[1]} -q -p no:cacheprovider")
    assert tested.returncode == 0, tested.stdout
    assert " passed" in tested.stdout
    said = [run(line) for line in then]
    assert [one.returncode for one in said] == [0, 3, 0], [one.stderr for one in said]
    assert "a write was tried, and it was refused" in said[0].stdout
    assert "'choice': 'dog'" in said[0].stdout
    answer = json.loads(run(f"{then[2]} --json").stdout)
    assert [row["value"] for row in answer["rows"]] == [3]

    votes = tmp_path / "more.txt"
    votes.write_text("#votes\np9\tana\tcat\np9 broken\np9\tbo\tcat\n", encoding="utf-8")
    imported = run("labelpulse import more.txt --project More --json")
    assert imported.returncode == 3
    assert {key: json.loads(imported.stdout)[key] for key in ("loaded", "quarantined")} == {
        "loaded": 2,
        "quarantined": 1,
    }
    (target / "labelpulse_votes.py").write_text("raise RuntimeError('hush')\n", encoding="utf-8")
    sick = run("labelpulse doctor")
    assert sick.returncode == 1
    assert "votes-db" in sick.stdout
    assert "RuntimeError" in sick.stdout
    assert run(f"{then[2]} --json").returncode == 0
