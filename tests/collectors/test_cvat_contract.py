"""The contract that every live source keeps, on CVAT's own test data."""

from collections.abc import Callable, Iterator

import pytest

from collectors.cvat import CvatDatabase
from labelpulse.source import Access
from labelpulse.testing import LiveSourceContract
from tests.support import cvat
from tests.support.cvat import Cvat


class TestCvat(LiveSourceContract):
    @pytest.fixture
    def tool(self, pg_database: str) -> Iterator[Cvat]:
        with cvat.filled(pg_database) as made:
            yield made

    @pytest.fixture
    def source(self, tool: Cvat) -> CvatDatabase:
        return CvatDatabase.from_access(Access("contract", tool.url))

    @pytest.fixture
    def add(self, tool: Cvat) -> Callable[[], object]:
        return lambda: tool.job(23, 3, 3, assignee_id=6, state="completed")

    @pytest.fixture
    def remove(self, tool: Cvat) -> Callable[[], object]:
        return lambda: tool.delete_job(31)
