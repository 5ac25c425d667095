"""What is dear to make and is made once: a process's, or a whole run's whatever its processes."""

import fcntl
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest


def run_folder(factory: pytest.TempPathFactory) -> Path:
    """Return the folder that all processes of this run have in common."""
    own = factory.getbasetemp()
    return own.parent if own.name.startswith("popen-") else own


def once_a_run(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a copy, this caller's alone, of a folder that the first to need it fills."""
    made = run_folder(factory) / f"{name}-made"
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            begun = made.with_suffix(".begun")
            shutil.rmtree(begun, ignore_errors=True)
            begun.mkdir()
            make(begun)
            begun.rename(made)
    return Path(shutil.copytree(made, factory.mktemp(name), dirs_exist_ok=True))


def scan_packages_once() -> None:
    """Let Streamlit search the installed packages for components once, not for each AppTest."""
    from streamlit.components.v2 import manifest_scanner

    scan = manifest_scanner.scan_component_manifests
    if not hasattr(scan, "cache_info"):
        pytest.MonkeyPatch().setattr(manifest_scanner, "scan_component_manifests", cache(scan))
