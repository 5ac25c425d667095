"""Run a Streamlit app in a child process."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen


@dataclass(frozen=True, slots=True)
class Served:
    """A running app and its URL."""

    process: subprocess.Popen[bytes]
    url: str

    def cpu(self) -> float:
        """Return the CPU seconds that the process has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(
    argv: list[str], env: dict[str, str], cwd: Path, port: int, base_path: str = ""
) -> Iterator[Served]:
    """Run an app until the context ends."""
    url = f"http://127.0.0.1:{port}{base_path}"
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(argv, env=env, cwd=cwd, stdout=quiet, stderr=quiet)
    try:
        _wait(url)
        yield Served(process, url)
    finally:
        process.terminate()
        process.wait(30)


def _wait(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urlopen(f"{url}/_stcore/health", timeout=2) as response:
                if response.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError("the app did not start")


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
