"""What a poll refuses to believe, what it forgives, and what it leaves alone."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Column, Engine, Table, select, text

from labelpulse import schema
from labelpulse.core.errors import StopSource
from labelpulse.ingest.runner import PollResult, Task, poll
from labelpulse.source import ANNOTATIONS, ITEMS, Page, Position
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.versions import upgrade
from tests.support.tool import SECOND, Control, Tool
from tests.support.tool_source import ToolSource
from tests.warehouse import harness
from tests.warehouse.harness import SOURCE, TYPE, Site
from tests.warehouse.oracle import Said

ACCEPT = f"`labelpulse sources accept-deletes {SOURCE}`"
BOOKKEEPING = {"run", "lease", "source", "counter", "cursor"}
COMPARED = {"source_rows", "warehouse_rows", "reconciled_at"}
"""What a comparison with the source leaves, a refused one too."""


@pytest.fixture
def engine(database_url: str) -> Engine:
    """An upgraded warehouse."""
    engine = harness.quick(connect(database_url))
    upgrade(engine)
    return engine


def site_of(engine: Engine, rows: int = 0, page: int = 10) -> Site:
    """A tool with one project, `rows` items that p1 answered, and its collector."""
    tool = Tool()
    tool.add_project("one", Control("sentiment", "nominal"), Control("topics", "set"))
    site = Site(tool, engine)
    site.source = ToolSource(tool, page=page)
    answer(tool, rows)
    return site


def answer(tool: Tool, rows: int, project: str = "one", **more: Any) -> None:
    """Let p1 answer that many new items."""
    for _ in range(rows):
        tool.submit(tool.add_item(project).id, "p1", {"sentiment": "good"}, **more)


def facts(engine: Engine) -> dict[str, list[str]]:
    """Every row that is no bookkeeping."""
    with engine.connect() as conn:
        return {
            table.name: sorted(map(str, conn.execute(select(*_kept(table)))))
            for table in schema.metadata.sorted_tables
            if table.name not in BOOKKEEPING
        }


def _kept(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if column.name not in COMPARED]


def ask(engine: Engine, query: str) -> Any:
    """The one value of a query."""
    with engine.connect() as conn:
        return conn.scalar(text(query))


def remove(tool: Tool, rows: int) -> None:
    """Delete annotations, and leave their items."""
    for row in list(tool.rows.values())[:rows]:
        tool.delete(row)


def remove_items(tool: Tool, items: int) -> None:
    """Delete items with everything on them."""
    for name in list(tool.items)[:items]:
        tool.remove_item(name)


def guarded_poll(site: Site, **more: Any) -> PollResult:
    """Poll with a sweep, guarded as `labelpulse collect` is."""
    task = Task(SOURCE, TYPE, site.source, settings=site.settings, **{"sweep": True, **more})
    return poll(site.warehouse, task)


# --- mass deletes ---


@pytest.mark.parametrize(
    ("forget", "what"),
    [(remove, "annotations"), (remove_items, "items")],
    ids=["annotations", "items"],
)
def test_a_mass_delete_is_refused_and_changes_nothing(
    engine: Engine, forget: Callable[[Tool, int], None], what: str
) -> None:
    site = site_of(engine, rows=40)
    guarded_poll(site)
    before = facts(engine)
    forget(site.tool, 21)
    said = f"21 of 40 {what} of project 'Project one' .* Nothing was deleted here.*{ACCEPT}"
    with pytest.raises(StopSource, match=said):
        guarded_poll(site)
    assert facts(engine) == before
    assert ask(engine, "SELECT state FROM source") == "broken"
    assert ACCEPT in ask(engine, "SELECT state_reason FROM source")
    site.poll(sweep=True)  # as accept-deletes does: not guarded
    harness.right(harness.wrong_sums(site))
    harness.right(harness.unsound(site))
    assert harness.submitted(engine) == 40  # what was done stays done
    assert ask(engine, "SELECT state FROM source") == "ok"
    assert ask(engine, "SELECT coalesce(sum(n), 0) FROM live_rows") == 19


@pytest.mark.parametrize("forget", [remove, remove_items], ids=["annotations", "items"])
def test_an_empty_answer_is_no_delete_however_little_it_was(
    engine: Engine, forget: Callable[[Tool, int], None]
) -> None:
    site = site_of(engine, rows=3)
    guarded_poll(site)
    before = facts(engine)
    forget(site.tool, 3)
    with pytest.raises(StopSource, match=f"3 of 3 .*{ACCEPT}"):
        guarded_poll(site)
    assert facts(engine) == before
    site.poll(sweep=True)  # as accept-deletes does
    assert ask(engine, "SELECT coalesce(sum(n), 0) FROM live_rows") == 0
    answer(site.tool, 1)
    assert guarded_poll(site).loaded == 1


@pytest.mark.parametrize(("rows", "gone"), [(21, 20), (42, 21), (500, 250)])
def test_a_delete_within_bounds_is_believed(engine: Engine, rows: int, gone: int) -> None:
    site = site_of(engine, rows, page=100)
    guarded_poll(site)
    remove(site.tool, gone)
    assert guarded_poll(site).deleted == gone
    assert len(harness.fingerprints(engine)) == rows - gone
    harness.right(harness.wrong_sums(site))


# --- projects that vanish ---


def test_a_source_that_lists_nothing_is_not_believed(engine: Engine) -> None:
    site = site_of(engine, rows=3)
    guarded_poll(site)
    before = facts(engine)
    site.tool.hide("one")
    with pytest.raises(StopSource, match=f"lists no project where there were 1.*{ACCEPT}"):
        guarded_poll(site)
    assert facts(engine) == before
    guarded_poll(site, guarded=False)
    assert ask(engine, "SELECT state FROM project") == "gone"


def test_an_empty_source_is_no_error_at_first(engine: Engine) -> None:
    site = Site(Tool(), engine)
    assert guarded_poll(site).state == "ok"


def test_a_vanished_project_keeps_its_history_and_comes_back(engine: Engine) -> None:
    site = site_of(engine, rows=30)
    site.tool.add_project("two", Control("sentiment", "nominal"))
    answer(site.tool, 4, "two")
    guarded_poll(site)
    before = harness.stored(engine, "one")
    told: list[str] = []
    site.tool.hide("one")
    guarded_poll(site, tell=told.append)
    assert told == ["project 'Project one' is gone from the source; its history stays"]
    state = "SELECT state FROM project WHERE native_id = 'one'"
    assert ask(engine, state) == "gone"
    assert harness.stored(engine, "one") == before
    site.tool.show("one")
    answer(site.tool, 2)
    guarded_poll(site)
    assert ask(engine, state) == "active"
    assert harness.submitted(engine) == 36
    harness.right(harness.wrong_sums(site))
    harness.right(harness.unsound(site))


# --- bad records ---


@pytest.mark.parametrize(
    ("good", "bad", "refused"),
    [(0, 20, False), (0, 21, True), (300, 20, False), (475, 25, False), (474, 26, True)],
)
def test_some_bad_records_are_set_aside_many_stop_the_source(
    engine: Engine, good: int, bad: int, refused: bool
) -> None:
    site = site_of(engine, page=1_000)
    answer(site.tool, bad, bad=True)
    answer(site.tool, good)
    if refused:
        said = f"{bad} of {good + bad} records cannot be used .first: annotation .*format may have"
        with pytest.raises(StopSource, match=said):
            guarded_poll(site, sweep=False)
        assert harness.submitted(engine) == 0
        return
    done = guarded_poll(site, sweep=False)
    assert (done.state, done.loaded, done.quarantined) == ("partial", good, bad)
    assert harness.submitted(engine) == good
    assert ask(engine, "SELECT count(*) FROM quarantine WHERE resolved_at IS NULL") == bad


# --- stamps ahead of the source's clock ---


def test_a_row_from_the_future_gets_its_day_when_that_has_come(engine: Engine) -> None:
    site = site_of(engine, rows=2)
    ahead = site.tool.now + 3 * 86_400 * SECOND
    site.tool.submit(site.tool.add_item("one").id, "p2", {"sentiment": "bad"}, stamp=ahead)
    days = "SELECT count(DISTINCT day) FROM activity WHERE event = 1 AND day > 0"
    for waited in (1, 86_400, 86_400):
        site.tool.tick(waited)
        site.poll()
        assert ask(engine, days) == 1
        assert ask(engine, "SELECT count(*) FROM annotation WHERE held") == 1
        assert ask(engine, "SELECT sum(n) FROM activity WHERE event = 1 AND day = 0") == 1
    site.tool.tick(86_400 + 3600)
    site.poll()
    assert ask(engine, days) == 2
    assert ask(engine, "SELECT count(*) FROM annotation WHERE held") == 0
    assert ask(engine, "SELECT coalesce(sum(n), 0) FROM activity WHERE day = 0") == 0
    harness.right(harness.wrong_sums(site))
    harness.right(harness.unsound(site))


# --- reading again ---


@pytest.mark.parametrize("sweep", [False, True], ids=["poll", "sweep"])
def test_reading_again_writes_nothing(engine: Engine, sweep: bool) -> None:
    site = site_of(engine, rows=25)
    site.tool.draft(site.tool.add_item("one").id, "p2", {"sentiment": "bad"})
    guarded_poll(site)
    guarded_poll(site)
    before = {k: v for k, v in facts(engine).items() if k != "project"}
    version = ask(engine, "SELECT data_version FROM project")
    site.tool.tick(60)
    done = guarded_poll(site, sweep=sweep)
    assert (done.loaded, done.deleted, done.gaps) == (0, 0, {})
    assert {k: v for k, v in facts(engine).items() if k != "project"} == before
    assert ask(engine, "SELECT data_version FROM project") == version
    assert ask(engine, "SELECT state FROM run ORDER BY id DESC LIMIT 1") == "ok"


# --- a first load that does not come through ---


class Watched(ToolSource):
    """Notes what is fetched, and can fail at a page of the annotations."""

    fetched: int = 0
    fails_at: int | None = None
    newest_first: bool = True
    resumes: tuple[Position | None, ...] = ()
    after_page: Callable[[], None] = staticmethod(lambda: None)

    def fetch(self, stream: str, native_ids: Any) -> Any:
        """Fetch, and count annotations."""
        self.fetched += len(native_ids) if stream == ANNOTATIONS else 0
        return super().fetch(stream, native_ids)

    def full(self, stream: str, resume: Position | None) -> Iterator[Page]:
        """Scan, and break at the page that is to fail."""
        if stream == ANNOTATIONS:
            self.resumes += (resume,)
        for number, page in enumerate(super().full(stream, resume)):
            if stream == ANNOTATIONS and number == self.fails_at:
                raise ZeroDivisionError
            yield replace(page, newest_first=self.newest_first)
            if stream == ANNOTATIONS:
                self.after_page()


def watched(site: Site) -> Watched:
    """Give a site a collector that notes what it does."""
    site.source = Watched(site.tool, page=10)
    return site.source


def test_a_first_load_goes_on_where_it_broke(engine: Engine) -> None:
    site = site_of(engine, rows=60)
    source = watched(site)
    source.fails_at = 4
    with pytest.raises(ZeroDivisionError):
        site.poll(sweep=False)
    assert len(harness.fingerprints(engine)) == source.fetched == 40
    assert ask(engine, "SELECT state FROM source") == "broken"
    assert "ZeroDivisionError" in ask(engine, "SELECT state_reason FROM source")
    assert ask(engine, "SELECT complete_from FROM source") is not None
    answer(site.tool, 5)  # while nobody reads
    source.fails_at = None
    site.restart()
    site.poll(sweep=False)
    assert source.resumes[0] is None
    assert source.resumes[1] is not None
    assert source.fetched == 60
    site.poll(sweep=False)
    assert source.fetched == 65
    harness.right(harness.lost(site))
    harness.right(harness.unsound(site))
    assert harness.submitted(engine) == 65
    assert ask(engine, "SELECT state FROM source") == "ok"
    assert ask(engine, "SELECT complete_from FROM source") is None


def test_a_first_load_that_is_not_by_time_is_complete_from_no_day(engine: Engine) -> None:
    site = site_of(engine, rows=60)
    source = watched(site)
    source.fails_at, source.newest_first = 4, False
    with pytest.raises(ZeroDivisionError):
        site.poll(sweep=False)
    assert len(harness.fingerprints(engine)) == 40
    assert ask(engine, "SELECT complete_from FROM source") is None


def test_a_stop_ends_after_the_page_under_way(engine: Engine) -> None:
    site = site_of(engine, rows=60)
    source, stop = watched(site), Event()
    source.after_page = lambda: stop.set() if source.fetched >= 20 else None
    site.poll(sweep=None, stop=stop)
    assert source.fetched == len(harness.fingerprints(engine)) == 20
    harness.right(harness.unsound(site))
    assert ask(engine, "SELECT expires_at FROM lease") == 0
    source.after_page = lambda: None
    site.poll(sweep=False)
    assert source.fetched == 60
    harness.right(harness.lost(site))


def test_a_stop_during_a_sweep_deletes_nothing(engine: Engine) -> None:
    site = site_of(engine, rows=30)
    source, stop = watched(site), Event()
    site.poll()
    source.after_page = stop.set
    site.poll(sweep=True, stop=stop)
    assert len(harness.fingerprints(engine)) == 30
    assert ask(engine, "SELECT count(*) FROM annotation WHERE deleted_at IS NOT NULL") == 0
    assert ask(engine, "SELECT count(*) FROM item WHERE deleted_at IS NOT NULL") == 0


# --- another scale by settings, another stream ---


@pytest.mark.parametrize("scale", ["nominal", "set"])
def test_stored_texts_become_labels_when_the_settings_say_so(engine: Engine, scale: str) -> None:
    site = site_of(engine)
    site.said["one"] = Said("UTC", "none", {"sentiment": "text", "topics": "set"})
    for label in ("good", "good", "bad"):
        item = site.tool.add_item("one")
        for who in ("p1", "p2"):
            site.tool.submit(item.id, who, {"sentiment": label, "topics": []})
    site.poll()
    labeled = (
        "SELECT count(*) FROM answer n JOIN control c ON c.id = n.control_id "
        "WHERE c.name = 'sentiment' AND n.label_id IS NOT NULL AND n.value IS NULL"
    )
    assert ask(engine, labeled) == 0
    site.said["one"] = Said("UTC", "none", {"sentiment": scale, "topics": "set"})
    told: list[str] = []
    site.poll(tell=told.append)
    why = "its rules (zone, gold, scales, reviews, overlap) changed"
    assert told == [f"counting project 'Project one' anew: {why}"]
    assert ask(engine, labeled) == 6
    harness.right(harness.unsound(site))
    site.poll(sweep=True)
    harness.right(harness.wrong_sums(site))


def test_items_that_no_stream_lists_are_not_missed(engine: Engine) -> None:
    """A tool that tells items only through annotations loses none in a sweep."""
    site = site_of(engine, rows=3)
    site.source.streams = (ANNOTATIONS,)
    guarded_poll(site)
    assert ask(engine, "SELECT count(*) FROM item WHERE deleted_at IS NULL") == 3
    site.source.streams = (ITEMS, ANNOTATIONS)
    guarded_poll(site)
    assert ask(engine, "SELECT count(*) FROM item WHERE deleted_at IS NULL") == 3
    harness.right(harness.wrong_sums(site))
