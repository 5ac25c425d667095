"""What happens to single rows: they move, break, lose their author, give their id away."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, text

from labelpulse import schema
from labelpulse.core.errors import StopSource
from labelpulse.core.events import AnnotationRecord, Batch, Verdict
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.source import ITEMS
from labelpulse.warehouse import bulk
from labelpulse.warehouse.store import Warehouse
from tests.support.tool import Control
from tests.warehouse.harness import (
    SOURCE,
    TYPE,
    UTC_NOTHING,
    Site,
    right,
    stored,
    submitted,
    unsound,
    wrong_sums,
)

A, B, C = ({"sentiment": one} for one in "abc")


def ask(engine: Engine, query: str, **values: Any) -> Any:
    """Return the first value of a query."""
    with engine.connect() as conn:
        return conn.scalar(text(query), values)


def total(engine: Engine, rollup: str, project: str = "p1") -> int:
    """Return the sum of a rollup's first measure."""
    return sum(values[0] for values in stored(engine, project).get(rollup, {}).values())


def check(site: Site) -> None:
    """Sweep, and compare everything."""
    site.poll(sweep=True)
    right(wrong_sums(site))
    right(unsound(site))


# --- moves ---


@pytest.mark.parametrize("silent", [False, True], ids=["stamped", "silent"])
@pytest.mark.parametrize("to", ["i2", "i4"], ids=["item", "project"])
def test_a_moved_annotation_keeps_its_submission(site: Site, to: str, silent: bool) -> None:
    tool = site.tool
    row = tool.submit("i1", "ana", {"sentiment": "a", "topics": ["x", "y"]}, time_ms=1500)
    site.poll()
    tool.edit(row, item=to, silent=silent)
    check(site)
    assert submitted(site.engine) == 1
    assert ask(site.engine, "SELECT count(*) FROM annotation") == 1
    assert ask(site.engine, "SELECT count(*) FROM activity WHERE event = 3") == 0


def test_what_was_said_before_moves_along(site: Site) -> None:
    tool = site.tool
    row = tool.submit("i1", "ana", {"sentiment": "a", "topics": ["x", "y"]})
    site.poll()
    tool.edit(row, answers=B)
    site.poll()
    tool.edit(row, answers=C, editor="rev")
    site.poll()
    tool.edit(row, item="i4")
    check(site)
    versions = "SELECT count(*) FROM answer n JOIN label l ON l.id = n.label_id JOIN control c "
    versions += "ON c.id = n.control_id AND c.id = l.control_id JOIN project p ON "
    versions += "p.id = c.project_id AND p.id = n.project_id WHERE p.native_id = 'p2'"
    assert ask(site.engine, versions) == 4  # c now; a and x,y first; b last
    for table in ("review", "annotation_revision"):
        assert (
            ask(
                site.engine,
                f"SELECT count(*) FROM {table} WHERE project_id <> "
                "(SELECT id FROM project WHERE native_id = 'p2')",
            )
            == 0
        )
    verdict = ask(site.engine, "SELECT verdict FROM review")
    assert verdict == Verdict.FIXED


def test_an_annotation_may_move_back(site: Site) -> None:
    tool = site.tool
    row = tool.submit("i1", "ana", A)
    for to in ("i4", "i1", "i2", "i4", "i4"):
        tool.edit(row, item=to)
        check(site)
    assert submitted(site.engine) == 1


# --- identity ---


def test_an_id_that_is_given_away_again_is_another_annotation(site: Site) -> None:
    tool = site.tool
    row = tool.submit("i1", "ana", A)
    site.poll()
    tool.reuse(row.id)
    again = tool.submit("i2", "bo", B)
    assert again.id == row.id
    site.poll(sweep=False)
    assert ask(site.engine, "SELECT count(*) FROM annotation") == 2
    assert ask(site.engine, "SELECT count(*) FROM annotation WHERE deleted_at IS NULL") == 1
    check(site)
    assert submitted(site.engine) == 2  # the former work stays done


# --- authors ---


def test_an_author_who_is_removed_stays_the_author(site: Site) -> None:
    tool = site.tool
    for who in ("ana", "bo"):
        tool.submit("i1", who, A)
    site.poll()
    before = stored(site.engine, "p1")
    tool.remove_person("ana")
    check(site)
    assert stored(site.engine, "p1") == before


def test_an_unknown_author_is_left_out_of_agreement_until_known(site: Site) -> None:
    tool = site.tool
    row = tool.submit("i1", None, A)
    tool.submit("i1", "bo", A)
    check(site)
    assert submitted(site.engine) == 2
    assert total(site.engine, "annotator_pairs") == 0
    tool.edit(row, author="ana", silent=True)
    check(site)
    assert total(site.engine, "annotator_pairs") == 1


# --- versions ---


def test_agreement_keeps_the_authors_own_word_also_when_they_said_nothing(site: Site) -> None:
    tool = site.tool
    row = tool.submit("i1", "ana", {})
    site.poll()
    tool.edit(row, answers=A, editor="rev")
    check(site)
    assert total(site.engine, "agree_items") == 0
    tool.edit(row, gold=True)  # the row is read again from the tables
    check(site)
    assert total(site.engine, "agree_items") == 0
    tool.edit(row, answers=B, editor=None)
    check(site)
    assert stored(site.engine, "p1")["agree_labels"].keys() == {
        (ask(site.engine, "SELECT day FROM agree_labels"), "sentiment", 1, "b")
    }


def test_an_answer_first_seen_overwritten_is_not_the_authors_first(site: Site) -> None:
    tool = site.tool
    row = tool.submit("i1", "ana", A, editor="rev")
    check(site)
    tool.edit(row, answers=B, editor=None)
    tool.submit("i1", "gold", B)
    site.said["p1"] = replace(UTC_NOTHING, gold=("gold",))
    check(site)
    ((_, _, _, gold, given),) = stored(site.engine, "p1")["gold_confusion"]
    assert (gold, given) == ("b", "b")


# --- drafts ---


def test_a_submitted_draft_is_no_deletion(site: Site) -> None:
    tool = site.tool
    draft = tool.draft("i1", "ana", A)
    site.poll()
    assert {key[0] for key in stored(site.engine, "p1")["stage_now"]} == {"started", "waiting"}
    tool.submit_draft(draft.id)
    done = site.poll(sweep=True)
    assert (done.loaded, done.deleted) == (1, 0)
    check(site)


# --- bad records ---


def test_what_is_in_quarantine_already_does_not_stop_the_source(site: Site) -> None:
    tool, site.source.page = site.tool, 200
    for at in range(30):
        tool.submit("i1", f"person {at}", A, bad=True)
    for at in range(600):
        tool.submit("i2", f"person {at}", A)
    assert site.poll().quarantined == 30
    for _ in range(2):  # each reads the bad ones again, and hardly anything else
        tool.submit("i3", "ana", A)
        assert site.poll(sweep=True).state == "partial"
    for at in range(21):
        tool.submit("i1", f"another {at}", A, bad=True)
    with pytest.raises(StopSource, match="records cannot be used"):
        site.poll(sweep=True)


OPEN = "SELECT count(*) FROM quarantine WHERE resolved_at IS NULL"


def test_quarantine_closes_when_a_record_is_mended_or_gone(site: Site) -> None:
    tool = site.tool
    rows = [tool.submit("i1", who, A, bad=True) for who in ("ana", "bo", "cy")]
    site.poll()
    assert ask(site.engine, OPEN) == 3
    tool.edit(rows[0], bad=False)
    tool.delete(rows[1])
    site.poll(sweep=True)
    assert ask(site.engine, OPEN) == 1
    tool.edit(rows[0], bad=True)
    site.poll()
    assert ask(site.engine, OPEN) == 2
    assert ask(site.engine, "SELECT count(*) FROM quarantine") == 3


class Imported:
    """An import into an empty warehouse, one run a file."""

    def __init__(self, engine: Engine) -> None:
        self.warehouse = Warehouse(engine, ROLLUPS)
        self.source_id = self.warehouse.source("import:p1", "import")

    def load(self, *records: AnnotationRecord, file: str = "answers.csv") -> Any:
        with self.warehouse.lease(self.source_id) as lease:
            run_id = self.warehouse.start_run(lease, "import", file_name=file)
            batch = Batch(annotations=records)
            done = self.warehouse.write(lease, run_id, batch, live=False)
            self.warehouse.finish_run(lease, run_id, "ok")
            return done


def record(name: str, value: Any = "a", **more: Any) -> AnnotationRecord:
    said = (("sentiment", value),)
    one = AnnotationRecord("p1", f"i{name}", name, annotator="ana", answers=said)
    return replace(one, location=f"line {name}", **more)


UNFIT = [
    ("nul_character", {"value": "a\x00b"}),
    ("nul_character", {"value": [{"x": "\x00"}]}),
    ("nul_character", {"item": "i\x00"}),
    ("bad_text", {"value": "\ud800"}),
    ("bad_text", {"annotator": "ana\udfff"}),
    ("bad_text", {"native_id": "\ud800"}),
    ("bad_number", {"value": float("nan")}),
    ("bad_number", {"value": {"x": float("inf")}}),
    ("bad_number", {"gold": (("sentiment", float("-inf")),)}),
    ("bad_number", {"time_spent_ms": 2**62}),
    ("bad_time", {"submitted_at": 2**60}),
    ("bad_time", {"updated_at": -(2**60)}),
]


@pytest.mark.parametrize(("reason", "more"), UNFIT)
def test_what_no_warehouse_can_hold_is_refused_alone(
    any_engine: Engine, reason: str, more: dict[str, Any]
) -> None:
    imported = Imported(any_engine)
    done = imported.load(record("1"), record("2", **more), record("3"))
    assert (done.loaded, done.quarantined) == (2, 1)
    row = "SELECT place || ': ' || record || ': ' || reason FROM quarantine"
    assert ask(any_engine, row) == f"answers.csv: line 2: {reason}"
    assert ask(any_engine, "SELECT count(*) FROM item") == 2  # none is made for a refused record
    imported.load(record("1"), record("2"), record("3"), file="others.csv")
    assert ask(any_engine, OPEN) == 1
    imported.load(record("1"), record("2"), record("3"))
    assert ask(any_engine, OPEN) == 0


# --- what else a poll must see ---


def test_a_project_whose_rows_are_all_gone_is_swept(site: Site) -> None:
    """A source that counts by group names no project without rows."""
    tool = site.tool
    for who in ("ana", "bo"):
        tool.submit("i1", who, A)
    site.poll()
    for row in list(tool.rows.values()):
        tool.delete(row)
    counts = site.source.counts
    site.source.counts = lambda: {  # type: ignore[method-assign]
        name: one for name, one in counts().items() if one.rows
    }
    assert site.poll().deleted == 2


def test_a_project_that_comes_back_is_told_to_readers(site: Site) -> None:
    version = "SELECT data_version FROM project WHERE native_id = 'p1'"
    site.poll()
    site.tool.hide("p1")
    site.poll()
    before = ask(site.engine, version)
    site.tool.show("p1")
    site.poll()
    assert ask(site.engine, version) > before


def test_labels_that_a_sweep_brings_are_counted_with_fresh_rules(site: Site) -> None:
    tool = site.tool
    tool.projects["p1"].controls = (Control("sentiment", "nominal"),)
    row = tool.submit("i1", "ana", A)
    tool.submit("i2", "ana", B)
    site.poll()
    tool.tick(4000)
    tool.submit("i3", "bo", A)
    site.poll()
    tool.edit(row, silent=True, answers={"sentiment": "a", "topics": ["x", "y"]})
    site.poll(sweep=True)
    right(wrong_sums(site))


def test_one_source_made_by_two_at_once_is_one(any_engine: Engine) -> None:
    warehouse = Warehouse(any_engine, ROLLUPS)
    with ThreadPoolExecutor(1) as pool:
        with any_engine.begin() as conn:
            made = bulk.named(conn, schema.source, "studio", type="x", created_at=1)
            other = pool.submit(warehouse.source, "studio", "x")
            assert wait([other], timeout=0.5).not_done  # it waits for our commit
        assert other.result(20) == made


def test_an_item_that_is_read_again_writes_nothing(site: Site) -> None:
    site.poll()
    before = ask(site.engine, "SELECT sum(data_version) FROM project")
    site.poll(sweep=False)  # looks back over all of them
    with site.warehouse.lease(site.warehouse.source(SOURCE, TYPE)) as lease:
        run_id = site.warehouse.start_run(lease, "poll")
        items = site.source.fetch(ITEMS, list(site.tool.items))
        site.warehouse.write(lease, run_id, items, live=True)
    assert ask(site.engine, "SELECT sum(data_version) FROM project") == before
