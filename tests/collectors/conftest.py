"""What tests of several collectors use."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def empty_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where an empty SQLite warehouse is, to be copied; made by its first user."""
    return tmp_path_factory.mktemp("warehouse") / "empty.db"
