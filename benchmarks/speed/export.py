"""Compare three readers of a JSON export: our parser, a whole import, and ``json.load``.

Each runs in its own process. An import has a child process, whose memory is included.
``python -m benchmarks.speed.export READER FILE`` reads a file with one reader and prints what it
took.
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

from benchmarks.speed.label_studio import export
from benchmarks.speed.measurement import Row, time_text

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
    """Validate and stage a file in two passes, as an import does before it loads records."""
    from labelpulse.ingest.child import FileReader
    from labelpulse.source import ImportOptions

    with FileReader() as reader:
        form = reader.find(path)
        with reader.read(path, form.name, ImportOptions("Bench")) as stage:
            return stage.summary.good, max(_memory(), _peak(reader.pid or 0))


READERS: dict[str, Callable[[Path], tuple[int, float]]] = {
    "streamed": _streamed,
    "staged": _staged,
    "whole": _whole,
}
TITLES = {"streamed": "export, its records alone", "staged": "export, checked and staged"}


def _memory() -> float:
    """Return the peak memory of this process in MB, without that of its parent."""
    if own := _peak(os.getpid()):
        return own
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used * (1 if sys.platform == "darwin" else 1024) / MB


def _peak(pid: int) -> float:
    """Return the peak memory of a process in MB, or 0 where the system does not report it."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    values = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    return values[0] * 1024 / MB if values else 0.0


def read(reader: str, path: Path) -> dict[str, float]:
    """Read a file and return seconds, megabytes of memory and the number of answers."""
    began = time.perf_counter()
    answers, memory = READERS[reader](path)
    return {"seconds": time.perf_counter() - began, "memory": memory, "answers": answers}


def measure(folder: Path, megabytes: int, rounds: int = 3) -> list[Row]:
    """Measure all readers and return the rows of the table."""
    path = folder / "export.json"
    export(path, megabytes * MB // ANSWER_BYTES)
    size = path.stat().st_size / MB
    measured: dict[str, list[dict[str, float]]] = {reader: [] for reader in READERS}
    for _ in range(rounds):
        for reader, results in measured.items():
            results.append(_in_child(reader, path))
    if len({result["answers"] for results in measured.values() for result in results}) != 1:
        raise RuntimeError("the readers found different numbers of answers")
    medians = {reader: _medians(results) for reader, results in measured.items()}
    return [
        row
        for reader in TITLES
        for row in _rows(TITLES[reader], size, medians[reader], medians["whole"])
    ]


def _rows(what: str, size: float, ours: dict[str, float], reference: dict[str, float]) -> list[Row]:
    return [
        Row(
            f"{what}, {size / ours['seconds']:.3g} MB/s",
            f"{size:.0f} MB",
            time_text(ours["seconds"]),
            "json.load",
            time_text(reference["seconds"]),
            f"{reference['seconds'] / ours['seconds']:.3g} x faster",
        ),
        Row(
            f"{what}, memory at its highest",
            f"{size:.0f} MB",
            f"{ours['memory']:.0f} MB",
            "json.load",
            f"{reference['memory']:.0f} MB",
            f"1/{reference['memory'] / ours['memory']:.3g}",
        ),
    ]


def _in_child(reader: str, path: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.speed.export", reader, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def _medians(results: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(result[key] for result in results) for key in results[0]}


if __name__ == "__main__":
    print(json.dumps(read(sys.argv[1], Path(sys.argv[2]))))
