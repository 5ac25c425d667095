"""doccano's collector keeps the contract of sources, on both databases."""

from collections.abc import Iterator

import pytest

from collectors.doccano import DoccanoDatabase
from labelpulse.testing import LiveSourceContract
from tests.support.doccano import ANN1, ANN2, POS, Doccano


class TestDoccano(LiveSourceContract):
    @pytest.fixture
    def tool(self, database_url: str) -> Iterator[Doccano]:
        made = Doccano(database_url)
        made.label("category", made.example(), ANN1, label_id=POS, prob=0.5)
        made.approve(3, 1)
        yield made
        made.close()

    @pytest.fixture
    def source(self, tool: Doccano) -> DoccanoDatabase:
        return DoccanoDatabase(tool.url, name="doccano", page=2)

    @pytest.fixture
    def add(self, tool: Doccano):
        def confirmed() -> None:
            example = tool.example()
            tool.label("category", example, ANN2, label_id=POS)
            tool.confirm(example, ANN2)

        return confirmed

    @pytest.fixture
    def remove(self, tool: Doccano):
        return lambda: tool.take_back(5, ANN2)
