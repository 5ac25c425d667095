"""`labelpulse sources test`, step by step; and what it must not let pass."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import make_url

from collectors.label_studio_db import LabelStudioDatabase
from labelpulse.core.days import SECOND
from labelpulse.core.errors import StopSource
from labelpulse.ingest.database import SourceDatabase, connection
from labelpulse.ingest.trial import Step, try_out
from labelpulse.source import Opening
from tests.support.label_studio import LabelStudio


@pytest.fixture
def tool(database_url: str) -> Iterator[LabelStudio]:
    made = LabelStudio(database_url)
    project, ana = made.project("Ads"), made.user("ana-secret-name")
    made.annotate(made.task(project), ana)
    yield made
    made.close()


def live(tool: LabelStudio) -> LabelStudioDatabase:
    return LabelStudioDatabase(tool.url, name="studio")


def test_every_step_is_shown_as_it_is_done(tool: LabelStudio) -> None:
    shown: list[Step] = []
    trial = try_out(live(tool), shown.append)
    assert trial.steps == tuple(shown)
    assert [one.name for one in shown] == ["connection", "permissions", "clock", "sample"]
    assert all(one.ok for one in shown)
    assert trial.sample["answers"] == {"intent": "yes"}
    assert trial.sample["time_spent"] == 12.5
    assert trial.found.projects[0].annotations == 1
    assert "secret-name" not in str([one.text for one in shown])


def test_a_write_is_tried_and_leaves_nothing(tool: LabelStudio) -> None:
    before = set(inspect(tool.engine).get_table_names())
    assert live(tool).refuses_writing()
    assert set(inspect(tool.engine).get_table_names()) == before


@pytest.mark.pg
def test_a_write_that_is_not_refused_is_rolled_back_and_told(
    pg_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_limit", lambda *_: None)  # nothing sets it to only read
    tool = LabelStudio(pg_database)
    with pytest.raises(StopSource, match="was not refused"):
        try_out(live(tool))
    engine = create_engine(make_url(pg_database).set(drivername="postgresql+psycopg2"))
    assert not SourceDatabase(pg_database, "s").refuses_writing()
    assert "labelpulse_may_not_write" not in inspect(engine).get_table_names()
    engine.dispose()
    tool.close()


class Late(LabelStudioDatabase):
    def open(self) -> Opening:
        opening = super().open()
        return replace(opening, now=opening.now + 3600 * SECOND)


class Api(LabelStudioDatabase):
    refuses_writing: Any = None


def test_what_is_worth_knowing_is_no_failure(tool: LabelStudio) -> None:
    steps = {one.name: one for one in try_out(Late(tool.url, name="s")).steps}
    assert steps["clock"].ok is None
    assert "+3,600 s" in steps["clock"].text
    assert {one.name: one.ok for one in try_out(Api(tool.url, name="s")).steps} == {
        "connection": True,
        "permissions": None,
        "clock": True,
        "sample": True,
    }


def test_an_annotation_that_cannot_be_used_says_why(tool: LabelStudio) -> None:
    for row in tool.all("task_completion"):
        tool.change("task_completion", row["id"], result=tool.json({"no": "list"}))
    trial = try_out(live(tool))
    assert trial.steps[-1].ok is None
    assert "bad_result" in trial.steps[-1].text
    for row in tool.all("task_completion"):
        tool.delete("task_completion", row["id"])
    assert "no annotation yet" in try_out(live(tool)).steps[-1].text
