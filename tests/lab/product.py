"""labelpulse as its user runs it: verbs in processes of their own, numbers as JSON."""

import json
import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.compare import Control, Key, Numbers

ROOT = Path(__file__).resolve().parents[2]
OK = 0
_CHOSEN = ("[[projects]]", "source =", "title =", "gold =")

_QUESTIONS = (
    ("annotations_submitted", ("project",)),
    ("annotations_submitted by day", ("project", "day")),
    ("annotations_skipped", ("project",)),
    ("agreement_percent", ("project", "control")),
    ("agreement_percent by day", ("project", "control", "day")),
    ("agreement_coverage", ("project", "control")),
    ("gold_accuracy", ("project", "control")),
    ("gold_accuracy by annotator", ("project", "control", "annotator")),
    ("progress", ("project",)),
    ("items_completed", ("project",)),
    ("items_completed by day", ("project", "day")),
)


class ProductFailedError(Exception):
    """A verb ended with another exit code than 0."""


class GaveWayError(ProductFailedError):
    """The collector found the tool's database locked for too long and left it to the tool."""


@dataclass(frozen=True, slots=True)
class Collected:
    """One `collect --once`: from when to when (monotonic seconds), and what it said."""

    began: float
    ended: float
    said: dict[str, Any]


class Product:
    """An installation of labelpulse in a folder of its own, on one source.

    Args:
        folder: gets the configuration and the warehouse.
        source: URL of the tool's database; a password goes into the environment, as `init` says.
        warehouse: URL of an empty database; None = a SQLite file in the folder.
    """

    def __init__(self, folder: Path, source: str, zone: str, warehouse: str | None = None) -> None:
        self.folder = folder
        self.zone = zone
        self._source = source
        kept = {k: v for k, v in os.environ.items() if not k.startswith("LABELPULSE_")}
        self._environment = {**kept, "PYTHONPATH": str(ROOT)}
        if warehouse is not None:
            self._environment["LABELPULSE_DATABASE_URL"] = warehouse

    def init(self) -> list[dict[str, Any]]:
        """Write the configuration, choose gold by flag and the zone in it, return what is there."""
        found = self._run("init", self._source, "--json", "--force")
        file = self.folder / "labelpulse.toml"
        lines = [_chosen(line) for line in file.read_text().splitlines()]
        zone = f'timezone = "{self.zone}"'
        text = re.sub(r"(?m)^# timezone = .*", zone, "\n".join(lines), count=1)
        file.write_text(text)
        source = tomllib.loads(text)["sources"][0]
        if "url_env" in source:
            self._environment[source["url_env"]] = self._source
        projects: list[dict[str, Any]] = json.loads(found)["projects"]
        return projects

    def collect(self, *, sweep: bool = True) -> Collected:
        """Collect once; without `sweep` the quick poll alone."""
        began = time.monotonic()
        said = self._run("collect", "--once", "--json", *(() if sweep else ("--fast",)))
        return Collected(began, time.monotonic(), json.loads(said)[0])

    @contextmanager
    def collecting(self, every: str) -> Iterator[None]:
        """Let the collector run by itself, every so often, as `labelpulse collect` does."""
        environment = {**self._environment, "LABELPULSE_SOURCES__LABEL_STUDIO__EVERY": every}
        with (self.folder / "collect.log").open("ab") as log:
            process = subprocess.Popen(
                _command("collect"), cwd=self.folder, env=environment, stdout=log, stderr=log
            )
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)

    def polls(self) -> int:
        """Return how many polls the collector that ran by itself has finished."""
        log = self.folder / "collect.log"
        return log.read_text().count('"event": "poll"') if log.exists() else 0

    def verify(self) -> None:
        """Let labelpulse compare its sums with a recomputation, and its counts with the source."""
        self._run("verify")

    def numbers(self, controls: Iterable[tuple[str, Control]]) -> Numbers:
        """Return every number that is compared.

        Args:
            controls: (title of its project, control) of those whose answers are labels.
        """
        compared = {(title, control.name) for title, control in controls}
        with ThreadPoolExecutor(2) as pool:
            answers = pool.map(lambda one: self._ask(*one), _QUESTIONS)
        return {
            key: number
            for (_, by), found in zip(_QUESTIONS, answers, strict=True)
            for key, number in found.items()
            if "control" not in by or key[1:3] in compared
        }

    def _ask(self, question: str, by: tuple[str, ...]) -> Numbers:
        metric = question.partition(" ")[0]
        said = self._run("query", metric, "--by", ",".join(by), "--names", "--json")
        rows: list[dict[str, Any]] = json.loads(said)["rows"]
        found: dict[Key, tuple[float | None, int]] = {}
        for row in rows:
            if row["value"] or not metric.startswith(("annotations", "items")):
                found[question, *(row[key] for key in by)] = (row["value"], row["n"])
        return found

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            _command(*words),
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != OK:
            told = (done.stderr or done.stdout)[-2000:]
            kind = GaveWayError if "locked or busy" in told else ProductFailedError
            raise kind(f"labelpulse {words[0]} ended with {done.returncode}: {told}")
        return done.stdout


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "labelpulse.cli.main", *words]


def _chosen(line: str) -> str:
    """A line of the configuration, with what the trial chooses no longer a comment."""
    said = line.removeprefix("# ")
    if not said.startswith(_CHOSEN):
        return line
    return 'gold = "flag"' if said.startswith("gold") else said
