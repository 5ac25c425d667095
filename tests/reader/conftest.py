"""A fresh warehouse for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reader.world import World, engine_at


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An empty warehouse to fill."""
    engine = engine_at(tmp_path)
    yield World(engine)
    engine.dispose()
