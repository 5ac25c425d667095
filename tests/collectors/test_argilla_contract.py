"""Argilla's collector keeps the contract of sources, on both databases."""

from collections.abc import Iterator

import pytest

from collectors.argilla import ArgillaDatabase
from labelpulse.core.days import now_us
from labelpulse.testing import LiveSourceContract
from tests.support.argilla import ANN1, DATASET, Argilla


class TestArgilla(LiveSourceContract):
    @pytest.fixture
    def tool(self, database_url: str) -> Iterator[Argilla]:
        made = Argilla(database_url)
        ((item,),) = made.rows("SELECT id FROM records WHERE external_id = '0'")
        ((label,),) = made.rows("SELECT id FROM questions WHERE name = 'label'")
        row = {"value": "pos", "score": 0.5, "agent": "m-1", "type": "model"}
        made.add("suggestions", record_id=str(item), question_id=str(label), **row)
        yield made
        made.close()

    @pytest.fixture
    def source(self, tool: Argilla) -> ArgillaDatabase:
        return ArgillaDatabase(tool.url, name="argilla", page=3)

    @pytest.fixture
    def add(self, tool: Argilla):
        def submitted() -> None:
            fields = {"text": "another"}
            made = tool.add("records", fields=fields, dataset_id=DATASET, status="pending")
            tool.respond(made, ANN1, now_us(), label="pos")

        return submitted

    @pytest.fixture
    def remove(self, tool: Argilla):
        def deleted() -> None:
            found = tool.rows("SELECT id FROM responses WHERE status = 'submitted'")
            tool.delete("responses", str(found[0][0]))

        return deleted
