"""SQLite goes by indexes from the first row on, so that a poll costs as much as it changes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from labelpulse.core.events import Status
from labelpulse.reader import MetricQuery, read
from labelpulse.reader.status import deleted, runs
from tests.support.tool import Tool
from tests.warehouse.harness import Site

FACTS = re.compile(r"(?:SCAN|SEARCH) (?:item|annotation|answer|gold|review)\b(.*)")
FEW = "ix_annotation_held"
"""An index of the few rows that wait for their time."""


@contextmanager
def explained(engine: Engine) -> Iterator[list[str]]:
    """Gather the steps of every statement's plan, each with its statement."""
    found: list[str] = []

    def explain(_conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if re.match(r"\s*(?:SELECT|UPDATE|DELETE|INSERT)", statement):
            one = parameters[0] if isinstance(parameters, list) else parameters
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", one)
            found.extend(f"{row[3]}\n    {statement}" for row in cursor.fetchall())

    event.listen(engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", explain)


def reads_a_project(step: str) -> bool:
    """True for a step that goes through all that a project has in a fact table."""
    found = FACTS.match(step.splitlines()[0])
    if found is None or FEW in found[1]:
        return False
    return "(" not in found[1] or found[1].endswith("(project_id=?)")


@pytest.fixture
def site(tool: Tool, engine: Engine) -> Site:
    """A tool on SQLite that has been followed for a while."""
    made = Site(tool, engine)
    for item in list(tool.items):
        tool.submit(item, "ana", {"sentiment": "a", "topics": ["x"]})
    made.poll()
    return made


def change_everything(tool: Tool) -> None:
    """Submit, skip, edit, move and draft, on old items and new ones."""
    first, second, *_, last = tool.rows.values()
    tool.submit(tool.add_item("p1").id, "ben", {"sentiment": "b", "topics": ["x", "y"]})
    tool.submit(last.item, "ben", {}, status=Status.SKIPPED)
    tool.edit(first, answers={"sentiment": "b", "topics": []})
    tool.edit(second, item=last.item)
    tool.set_required(tool.items[last.item], 3)
    tool.draft(last.item, "cy", {"sentiment": "a", "topics": []})


def test_no_statement_of_a_poll_goes_through_a_project(site: Site, tool: Tool) -> None:
    change_everything(tool)
    with explained(site.engine) as steps:
        result = site.poll(sweep=False)
    assert result.loaded >= 5
    assert any("annotation USING INDEX" in step for step in steps)
    assert [step for step in steps if reads_a_project(step)] == []


def test_that_no_items_are_identical_is_told_without_going_through_them(site: Site) -> None:
    with explained(site.engine) as steps:
        rows = read(site.engine, MetricQuery("self_consistency")).rows
    assert all(row["value"] is None for row in rows)
    found = [one.splitlines()[0] for one in steps if "FROM item_content" in one]
    assert found
    assert all("USING INDEX ix_item_content_repeated" in one for one in found), found


def test_polls_that_found_nothing_are_not_gone_through(site: Site) -> None:
    """A year of polls every 15 seconds is two million runs, most of which tell nothing."""
    site.poll()
    with explained(site.engine) as steps:
        assert len(runs(site.engine).rows) == 2
        deleted(site.engine)
    found = [one.splitlines()[0] for one in steps if re.match(r"(?:SCAN|SEARCH) run\b", one)]
    assert any("ix_run_told" in one for one in found), found
    assert not [one for one in found if one.startswith("SCAN") and "ix_run_told" not in one]


def test_without_our_figures_sqlite_would(site: Site, tool: Tool) -> None:
    with site.engine.begin() as conn:
        conn.execute(text("DELETE FROM sqlite_stat1"))
        conn.execute(text("ANALYZE sqlite_schema"))
    change_everything(tool)
    with explained(site.engine) as steps:
        site.poll(sweep=False)
    assert [step for step in steps if reads_a_project(step)]
