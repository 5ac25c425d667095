"""What a machine may lack: PostgreSQL, Chromium. Skipped on a selection, a failure in CI."""

import os
import shutil
from typing import NoReturn

import pytest

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def in_ci() -> bool:
    """True where the environment says CI=true, as `.ci/run` and most CI services do."""
    return os.environ.get("CI", "").lower() == "true"


def missing(what: str, remedy: str) -> NoReturn:
    """End the running test: nothing may be skipped in CI, where everything can be installed."""
    sentence = f"{what} is missing. {remedy}"
    if in_ci():
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


def find_chromium() -> str | None:
    """Path of a Chromium: LABELPULSE_CHROMIUM if set, else the first known name on PATH."""
    chosen = os.environ.get("LABELPULSE_CHROMIUM")
    names = (chosen,) if chosen else CHROMIUM_NAMES
    return next((path for name in names if (path := shutil.which(name))), None)
