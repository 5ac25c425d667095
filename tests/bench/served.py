"""Apps in processes of their own: ours, and scripts that the same Streamlit serves beside it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from labelpulse.config import load_settings


@dataclass(frozen=True, slots=True)
class Served:
    """An app in a process of its own."""

    process: subprocess.Popen[bytes]
    url: str

    def cpu(self) -> float:
        """Seconds of a core that the process has used."""
        told = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def dashboard(folder: Path, url: str) -> Iterator[Served]:
    """Serve our pages of a warehouse."""
    from dashboard.server import launch

    config = folder / "labelpulse.toml"
    config.write_text(f'[warehouse]\nurl = "{url}"\n')
    port = free_port()
    app = launch(load_settings(config).with_dashboard(port=port))
    with serving(list(app.argv), dict(app.env), app.cwd, port) as served:
        yield served


@contextmanager
def script(folder: Path, name: str, text: str) -> Iterator[Served]:
    """Serve a page whose script is this text."""
    file, port = folder / name, free_port()
    file.write_text(text)
    argv = [sys.executable, "-m", "streamlit", "run", str(file), f"--server.port={port}"]
    argv += ["--server.address=127.0.0.1", "--server.headless=true", "--logger.level=error"]
    argv += ["--server.fileWatcherType=none", "--browser.gatherUsageStats=false"]
    with serving(argv, dict(os.environ), folder, port) as served:
        yield served


@contextmanager
def serving(
    argv: list[str], env: dict[str, str], cwd: Path, port: int, base_path: str = ""
) -> Iterator[Served]:
    """Serve an app until the end."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(argv, env=env, cwd=cwd, stdout=quiet, stderr=quiet)
    try:
        _wait(f"http://127.0.0.1:{port}{base_path}")
        yield Served(process, f"http://127.0.0.1:{port}{base_path}")
    finally:
        process.terminate()
        process.wait(30)


def _wait(url: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urlopen(f"{url}/_stcore/health", timeout=2) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError("the app did not start")


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
