"""Reading a JSON export: streamed by us, and whole by ``json.load``; each in a process of its own.

As a program (``python -m tests.bench.parse WAY FILE``) it reads a file one way, and prints what
that took.
"""

import json
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


def _streamed(path: Path) -> Iterable[Any]:
    from labelpulse.ingest.parse import stream_json_array

    return (element for _, element in stream_json_array(path))


def _whole(path: Path) -> Iterable[Any]:
    with path.open(encoding="utf-8") as file:
        found: list[Any] = json.load(file)
        return found


WAYS: dict[str, Callable[[Path], Iterable[Any]]] = {"streamed": _streamed, "whole": _whole}


def read(way: str, path: Path) -> dict[str, float]:
    """Read a file, and return seconds, megabytes of memory and how many answers it held."""
    began = time.perf_counter()
    answers = sum(len(item["annotations"]) for item in WAYS[way](path))
    taken = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    scale = 1 if sys.platform == "darwin" else 1024
    return {"seconds": taken, "memory": used * scale / MB, "answers": answers}


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
        raise RuntimeError("the two ways found different numbers of answers")
    ours, other = (_medians(found[way]) for way in WAYS)
    return [
        Row(
            f"export, {size / ours['seconds']:.3g} MB/s",
            f"{size:.0f} MB",
            time_text(ours["seconds"]),
            "json.load",
            time_text(other["seconds"]),
            f"{other['seconds'] / ours['seconds']:.3g} x faster",
        ),
        Row(
            "export, memory at its highest",
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
