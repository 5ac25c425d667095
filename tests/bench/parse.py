"""Reading a JSON export: streamed by us, made records and staged by us, whole by ``json.load``.

Each has a process of its own; what is staged has a child besides, whose memory counts.

As a program (``python -m tests.bench.parse WAY FILE``) it reads a file one way, and prints what
that took.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.bench.measure import Row, time_text
from tests.bench.tool import export

MB = 1_000_000
ANSWER_BYTES = 430  # of an answer in an export, its share of the item included


def _count(items: Iterable[Any]) -> tuple[int, float]:
    return sum(len(item["annotations"]) for item in items), _memory()


def _streamed(path: Path) -> tuple[int, float]:
    from labelpulse.ingest.parse import stream_json_array

    return _count(element for _, element in stream_json_array(path))


def _whole(path: Path) -> tuple[int, float]:
    with path.open(encoding="utf-8") as file:
        return _count(json.load(file))


def _staged(path: Path) -> tuple[int, float]:
    """As an import reads a file before it loads anything of it: in two passes, all checked."""
    from labelpulse.ingest.child import FileReader
    from labelpulse.source import ImportOptions

    with FileReader() as reader:
        form = reader.find(path)
        with reader.read(path, form.name, ImportOptions("Bench")) as stage:
            return stage.summary.good, max(_memory(), _peak(reader.pid or 0))


WAYS: dict[str, Callable[[Path], tuple[int, float]]] = {
    "streamed": _streamed,
    "staged": _staged,
    "whole": _whole,
}
OURS = {"streamed": "export, its records alone", "staged": "export, checked and staged"}


def _memory() -> float:
    """This process's memory at its highest, in MB; what its parent had does not count."""
    if own := _peak(os.getpid()):
        return own
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used * (1 if sys.platform == "darwin" else 1024) / MB


def _peak(pid: int) -> float:
    """Another process's memory at its highest, in MB; 0 where the system does not tell."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    found = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    return found[0] * 1024 / MB if found else 0.0


def read(way: str, path: Path) -> dict[str, float]:
    """Read a file, and return seconds, megabytes of memory and how many answers it held."""
    began = time.perf_counter()
    answers, memory = WAYS[way](path)
    return {"seconds": time.perf_counter() - began, "memory": memory, "answers": answers}


def measure(folder: Path, megabytes: int, rounds: int = 3) -> list[Row]:
    """Return lines of the table."""
    path = folder / "export.json"
    export(path, megabytes * MB // ANSWER_BYTES)
    size = path.stat().st_size / MB
    found: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way, results in found.items():
            results.append(_child(way, path))
    if len({one["answers"] for results in found.values() for one in results}) != 1:
        raise RuntimeError("the ways found different numbers of answers")
    medians = {way: _medians(results) for way, results in found.items()}
    return [row for way in OURS for row in _rows(OURS[way], size, medians[way], medians["whole"])]


def _rows(what: str, size: float, ours: dict[str, float], other: dict[str, float]) -> list[Row]:
    return [
        Row(
            f"{what}, {size / ours['seconds']:.3g} MB/s",
            f"{size:.0f} MB",
            time_text(ours["seconds"]),
            "json.load",
            time_text(other["seconds"]),
            f"{other['seconds'] / ours['seconds']:.3g} x faster",
        ),
        Row(
            f"{what}, memory at its highest",
            f"{size:.0f} MB",
            f"{ours['memory']:.0f} MB",
            "json.load",
            f"{other['memory']:.0f} MB",
            f"1/{other['memory'] / ours['memory']:.3g}",
        ),
    ]


def _child(way: str, path: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.parse", way, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _medians(results: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(one[key] for one in results) for key in results[0]}


if __name__ == "__main__":
    print(json.dumps(read(sys.argv[1], Path(sys.argv[2]))))
