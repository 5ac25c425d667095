"""Collectors and warehouses with a known mistake: the checks of the other tests must find it.

Each mistake is tried twice: without it the check finds nothing, with it something.
"""

import copy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import Engine

from labelpulse.core.errors import FenceLost
from labelpulse.core.events import Batch, content_digest
from labelpulse.warehouse import lease, rollups, write
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.lease import Lease
from labelpulse.warehouse.outcome import Written
from tests.support.tool import Guess, Item, Row, Tool
from tests.support.tool_source import ToolSource
from tests.warehouse.harness import (
    Site,
    Watched,
    expire_leases,
    lost,
    quick,
    torn,
    unsound,
    wrong_sums,
)

A, B = {"sentiment": "a"}, {"sentiment": "b"}


class NoOverlap(ToolSource):
    """Looks at what is newer than its cursor, and no further back."""

    def _changed(self, stream: str, since: int) -> list[Row | Item | Guess]:
        return [one for one in self._scan(stream) if one.updated_at > since + self.overlap]


class NoCeiling(NoOverlap):
    """Lets its cursor follow a stamp that lies ahead of the tool's clock."""

    def reach(self, reached: int, part: Any) -> int:
        return int(max([reached, *(one.updated_at for one in part)]))


# --- cursors ---


def commit_late(site: Site) -> None:
    """A transaction commits after another with a later stamp, and a poll lies between."""
    tool = site.tool
    tool.submit("i1", "ana", A)
    site.poll(sweep=False)
    late = tool.begin()
    tool.submit("i1", "bo", A, tx=late)
    tool.edit(tool.rows["1"], tx=late, answers=B)
    tool.tick(60)
    tool.submit("i2", "bo", A)
    site.poll(sweep=False)
    tool.commit(late)
    site.poll(sweep=False)


def stamp_ahead(site: Site) -> None:
    """A clock runs ahead; the next submissions carry lower stamps."""
    site.poll(sweep=False)
    site.tool.submit("i1", "ana", A, stamp=site.tool.now + 3_600_000_000)
    site.poll(sweep=False)
    site.tool.tick(1800)
    site.tool.submit("i2", "bo", A)
    site.poll(sweep=False)


@pytest.mark.parametrize(
    ("play", "wrong"),
    [(commit_late, NoOverlap), (stamp_ahead, NoCeiling)],
    ids=["commit_late", "stamp_ahead"],
)
def test_a_naive_cursor_loses_rows(
    tool: Tool, engine: Engine, play: Callable[[Site], None], wrong: type[ToolSource]
) -> None:
    naive = Site(tool, engine)
    naive.source = wrong(tool)
    play(naive)
    assert lost(naive) != []


@pytest.mark.parametrize("play", [commit_late, stamp_ahead])
def test_the_cursor_of_the_contract_loses_none(
    tool: Tool, engine: Engine, play: Callable[[Site], None]
) -> None:
    site = Site(tool, engine)
    play(site)
    assert lost(site) == []


# --- transactions ---


class CursorFirst(Watched):
    """Commits the cursor, then the facts."""

    def write(self, held: Lease, run_id: int, batch: Batch, **how: Any) -> Written:
        super().write(held, run_id, Batch(cursors=batch.cursors), **how)
        return super().write(held, run_id, _without_cursor(batch), **how)


class FactsFirst(Watched):
    """Commits the facts, then the cursor."""

    def write(self, held: Lease, run_id: int, batch: Batch, **how: Any) -> Written:
        done = super().write(held, run_id, _without_cursor(batch), **how)
        super().write(held, run_id, Batch(cursors=batch.cursors), **how)
        return done


def _without_cursor(batch: Batch) -> Batch:
    return Batch(batch.projects, batch.people, batch.items, batch.annotations, batch.bad)


def crashes(tmp_path: Path, engine: Engine, tool: Tool, make: type[Watched]) -> set[str]:
    """Poll five new rows, dying at every third statement; return what a check found there."""
    loaded = Site(tool, engine, make)
    loaded.poll()
    for at in range(5):
        tool.submit(f"i{at % 3 + 1}", f"person {at}", A)
    engine.dispose()
    found: set[str] = set()
    for at in range(2, 400, 3):
        shutil.copy(tmp_path / "warehouse.db", tmp_path / "try.db")
        site = Site(copy.deepcopy(tool), quick(connect(f"sqlite:///{tmp_path / 'try.db'}")), make)
        site.source.serial, site.source._loaded = loaded.source.serial, True
        died = site.crash(at, sweep=False)
        found.update(torn(site))
        assert unsound(site) == []
        site.engine.dispose()
        if not died:
            return found
    raise AssertionError("the poll never came to its end")


@pytest.mark.parametrize("wrong", [CursorFirst, FactsFirst])
def test_two_transactions_part_cursor_and_facts(
    tool: Tool, engine: Engine, tmp_path: Path, wrong: type[Watched]
) -> None:
    assert crashes(tmp_path, engine, tool, wrong) != set()


def test_one_transaction_holds_cursor_and_facts(tool: Tool, engine: Engine, tmp_path: Path) -> None:
    assert crashes(tmp_path, engine, tool, Watched) == set()


# --- the fence ---


class Hung(Watched):
    """Stands still before the first write of annotations, as a stopped process does."""

    hang: Callable[[], object] | None = None

    def write(self, held: Lease, run_id: int, batch: Batch, **how: Any) -> Written:
        if batch.annotations and self.hang is not None:
            hang, self.hang = self.hang, None
            hang()
        return super().write(held, run_id, batch, **how)


def overtake(site: Site) -> None:
    """Let a writer hang until its lease ran out, another take over, and the first go on."""
    tool = site.tool
    row = tool.submit("i1", "ana", A)
    site.poll()
    hung, other = Site(tool, site.engine, Hung), Site(tool, site.engine)
    hung.source._loaded = True

    def meanwhile() -> None:
        tool.edit(row, answers={"sentiment": "c"})
        expire_leases(site.engine)
        other.poll(sweep=False)

    tool.edit(row, answers=B)
    assert isinstance(hung.warehouse, Hung)
    hung.warehouse.hang = meanwhile
    hung.poll(sweep=False)


def test_without_a_fence_a_hung_writer_overwrites(site: Site) -> None:
    with patch.object(lease, "check", lambda conn, held: None):
        overtake(site)
    assert lost(site) != []


def test_a_hung_writer_is_fenced_off(site: Site) -> None:
    with pytest.raises(FenceLost, match="taken over by another process"):
        overtake(site)
    assert lost(site) == []
    assert unsound(site) == []


# --- sweeps and sums ---


def silent_changes(site: Site, sweep: bool) -> None:
    """Change and delete rows in ways that only a sweep sees."""
    tool = site.tool
    rows = [tool.submit("i1", who, A) for who in ("ana", "bo", "cy")]
    site.poll()
    tool.tick(4000)
    tool.submit("i3", "ana", A)
    tool.add_item("p1")
    site.poll()  # the cursor has left the rows above behind
    tool.edit(rows[0], answers=B, silent=True)
    tool.delete(rows[1])
    tool.set_required(tool.items["i2"], 5, silent=True)
    site.poll(sweep=sweep)


def test_without_a_sweep_silent_changes_and_deletes_stay_unseen(site: Site) -> None:
    silent_changes(site, sweep=False)
    wrong = "\n".join(wrong_sums(site))
    assert "label_counts" in wrong
    assert "item_progress" in wrong
    assert "in the tool False" in wrong


def test_a_sweep_sees_silent_changes_and_deletes(site: Site) -> None:
    silent_changes(site, sweep=True)
    assert wrong_sums(site) == []


def change_contents(site: Site) -> None:
    """Two items come to show the same, one of them something else again, and nothing any more."""
    tool = site.tool
    for item in ("i1", "i2"):
        tool.set_content(tool.items[item], "a cat")
        tool.submit(item, "ana", A)
    site.poll()
    assert wrong_sums(site) == []
    tool.set_content(tool.items["i2"], "a dog")
    site.poll(sweep=True)


def test_what_items_show_is_followed_and_kept_where_it_is_told_no_more(site: Site) -> None:
    change_contents(site)
    assert wrong_sums(site) == []
    site.tool.set_content(site.tool.items["i1"], "")
    site.poll(sweep=True)
    site.tool.items["i1"].content = "a cat"  # what it showed when that was told last
    assert wrong_sums(site) == []


def test_contents_that_are_not_followed_are_found(site: Site) -> None:
    with patch.object(write, "content_digest", lambda said: content_digest(said and "a cat")):
        change_contents(site)
    wrong = "\n".join(wrong_sums(site))
    assert "item_content" in wrong
    assert "answer_matrix" in wrong


def test_a_sum_that_is_not_taken_away_is_found(tool: Tool, engine: Engine) -> None:
    site = Site(tool, engine)
    row = tool.submit("i1", "ana", A)
    site.poll()
    tool.edit(row, answers=B)
    apply = rollups.apply

    def forgetful(conn: Any, kinds: Any, deltas: Any) -> set[int]:
        sums = deltas.get("label_counts", {})
        kept = {key: values for key, values in sums.items() if values[0] > 0}
        return apply(conn, kinds, {**deltas, "label_counts": kept})

    with patch.object(rollups, "apply", forgetful):
        site.poll()
    assert [one.rollup for one in unsound(site)] == ["label_counts"]
