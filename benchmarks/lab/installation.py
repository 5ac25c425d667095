"""Run labelpulse by its command line, as a user does."""

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

from benchmarks.lab.comparison import Control, Key, Numbers

ROOT = Path(__file__).resolve().parents[2]
OK = 0
_ENABLED = ("[[projects]]", "source =", "title =", "gold =")

_QUERIES = (
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


class CommandFailedError(Exception):
    """A command ended with a non-zero exit code."""


class DatabaseBusyError(CommandFailedError):
    """The collector gave up because the tool's database was locked."""


@dataclass(frozen=True, slots=True)
class Collected:
    """The result of `collect --once`, with its start and end in monotonic seconds."""

    began: float
    ended: float
    result: dict[str, Any]


class Installation:
    """An installation of labelpulse with one source.

    Args:
        folder: folder of the configuration and the warehouse.
        source: URL of the tool's database. A password is passed by the environment.
        warehouse: URL of an empty database; None = a SQLite file in the folder.
    """

    def __init__(self, folder: Path, source: str, zone: str, warehouse: str | None = None) -> None:
        self.folder = folder
        self.zone = zone
        self._source = source
        environment = {k: v for k, v in os.environ.items() if not k.startswith("LABELPULSE_")}
        self._environment = {**environment, "PYTHONPATH": str(ROOT)}
        if warehouse is not None:
            self._environment["LABELPULSE_DATABASE_URL"] = warehouse

    def init(self) -> list[dict[str, Any]]:
        """Write the configuration with gold by flag and the time zone, and return the projects."""
        output = self._run("init", self._source, "--json", "--force")
        file = self.folder / "labelpulse.toml"
        lines = [_enable(line) for line in file.read_text().splitlines()]
        zone = f'timezone = "{self.zone}"'
        text = re.sub(r"(?m)^# timezone = .*", zone, "\n".join(lines), count=1)
        file.write_text(text)
        source = tomllib.loads(text)["sources"][0]
        if "url_env" in source:
            self._environment[source["url_env"]] = self._source
        projects: list[dict[str, Any]] = json.loads(output)["projects"]
        return projects

    def collect(self, *, sweep: bool = True) -> Collected:
        """Collect once. Without `sweep` this is the quick poll alone."""
        began = time.monotonic()
        output = self._run("collect", "--once", "--json", *(() if sweep else ("--fast",)))
        return Collected(began, time.monotonic(), json.loads(output)[0])

    @contextmanager
    def collecting(self, every: str) -> Iterator[None]:
        """Run `labelpulse collect` with this polling interval until the context ends."""
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
        """Return the number of polls that the running collector has finished."""
        log = self.folder / "collect.log"
        return log.read_text().count('"event": "poll"') if log.exists() else 0

    def verify(self) -> None:
        """Run `labelpulse verify`."""
        self._run("verify")

    def numbers(self, controls: Iterable[tuple[str, Control]]) -> Numbers:
        """Return every number that is compared.

        Args:
            controls: (title of the project, control) of controls whose answers are labels.
        """
        compared = {(title, control.name) for title, control in controls}
        with ThreadPoolExecutor(2) as pool:
            answers = pool.map(lambda query: self._query(*query), _QUERIES)
        return {
            key: number
            for (_, by), result in zip(_QUERIES, answers, strict=True)
            for key, number in result.items()
            if "control" not in by or key[1:3] in compared
        }

    def _query(self, query: str, by: tuple[str, ...]) -> Numbers:
        metric = query.partition(" ")[0]
        output = self._run("query", metric, "--by", ",".join(by), "--names", "--json")
        rows: list[dict[str, Any]] = json.loads(output)["rows"]
        numbers: dict[Key, tuple[float | None, int]] = {}
        for row in rows:
            if row["value"] or not metric.startswith(("annotations", "items")):
                numbers[query, *(row[key] for key in by)] = (row["value"], row["n"])
        return numbers

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
            output = (done.stderr or done.stdout)[-2000:]
            kind = DatabaseBusyError if "locked or busy" in output else CommandFailedError
            raise kind(f"labelpulse {words[0]} ended with {done.returncode}: {output}")
        return done.stdout


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "labelpulse.cli.main", *words]


def _enable(line: str) -> str:
    """Uncomment a line of the configuration that the trial needs."""
    setting = line.removeprefix("# ")
    if not setting.startswith(_ENABLED):
        return line
    return 'gold = "flag"' if setting.startswith("gold") else setting
