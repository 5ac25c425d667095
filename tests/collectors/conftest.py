"""What tests of several collectors use."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from labelpulse.ingest.database import scan
from labelpulse.warehouse.store import Warehouse
from tests.support.foreign import copied


@pytest.fixture(scope="session")
def empty_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where an empty SQLite warehouse is, to be copied; made by its first user."""
    return tmp_path_factory.mktemp("warehouse") / "empty.db"


@pytest.fixture
def warehouse(empty_warehouse: Path, tmp_path: Path) -> Iterator[Warehouse]:
    """Yield an empty SQLite warehouse."""
    made = copied(empty_warehouse, tmp_path)
    yield made
    made.engine.dispose()


@pytest.fixture
def no_margin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the newest rows that every poll looks at; as if there were many more of them."""
    monkeypatch.setattr(scan, "MARGIN", 0)
