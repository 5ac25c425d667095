"""The warehouse follows a labeling tool through anything: after every step its rollups are a
recomputation of its facts, and after every sweep they are what the oracle counts.

The generator is biased: two transactions open at once with a poll between their commits is the
case that cursors lose, and chance alone hardly finds it.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine

from labelpulse.core.events import Origin, Status, Verdict
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.versions import upgrade
from tests.support.tool import OVERLAP, SECOND, Control, Guess, Item, Row, Tool
from tests.support.tool_source import ToolSource
from tests.warehouse import harness
from tests.warehouse.harness import Site
from tests.warehouse.oracle import Said

FACTOR = int(os.environ.get("LABELPULSE_TEST_FACTOR", "1"))
"""How many times more examples than usual: nightly runs set it."""

PEOPLE = ("ana", "bo", "cy", "dee")
PROJECTS = ("p1", "p2")
ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kolkata")
GOLDS: tuple[str | tuple[str, ...], ...] = ("none", "flag", ("ana",), ("bo", "cy@example.org"))
SCALES = ("nominal", "set", "text")

choices = st.integers(0, 2**16)
sentiments = st.sampled_from(["a", "b", "c", ["a"]])
topics = st.lists(st.sampled_from(["x", "y", "z"]), max_size=3)
labels = st.sampled_from(["car", "van"])
tenths = st.sampled_from([0, 0.1, 0.2])
boxes = st.lists(
    st.tuples(tenths, tenths, st.just(0.3), st.just(0.2), labels).map(list), max_size=3
)
spans = st.lists(st.tuples(st.integers(0, 4), st.just(9), labels).map(list), max_size=3)
notes = st.sampled_from(["a cat", "A  cat sat", "cats", "the cat"])
answers: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"boxes": boxes}, optional={"spans": spans, "note": notes}),
    st.fixed_dictionaries({"sentiment": sentiments}),
    st.fixed_dictionaries({"sentiment": sentiments}, optional={"topics": topics}),
    st.just({}),
)
scores = st.sampled_from([None, -1, 0, 99_999, 100_000, 999_999, 1_000_000, 1_000_001])
details = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from([Status.SKIPPED, Status.SUBMITTED]),
        "time_ms": st.sampled_from([None, -5, 0, 1, 1500, 1_800_000, 9_000_000]),
        "gold": st.booleans(),
        "origin": st.sampled_from([Origin.PERSON, Origin.PERSON, Origin.MODEL, Origin.BULK]),
    },
)


class Following(RuleBasedStateMachine):
    """People work in the tool; the collector polls, sweeps, dies and comes back."""

    make_engine: Callable[[], Engine]
    make_source: Callable[[Tool], ToolSource] = ToolSource

    def __init__(self) -> None:
        super().__init__()
        self.tool = Tool()
        self.site = Site(self.tool, self.make_engine())
        self.site.source = type(self).make_source(self.tool)

    @initialize(items=st.integers(1, 4))
    def found(self, items: int) -> None:
        for name in PROJECTS:
            controls = (Control("sentiment", "nominal", ("a", "b", "c")), Control("topics", "set"))
            matched = (Control(one, scale) for one, scale in harness.MATCHED.items())
            self.tool.add_project(name, *controls, *matched)
            for _ in range(items):
                self.tool.add_item(name)
        self.site.said = dict.fromkeys(PROJECTS, harness.UTC_NOTHING)

    # --- choosing ---

    def shown(self, row: Row | Item) -> bool:
        name = row.project if isinstance(row, Item) else self.tool.project_of(row)
        return self.tool.projects[name].shown

    def an_item(self, pick: int) -> Item | None:
        found = [one for one in self.tool.items.values() if self.shown(one)]
        return found[pick % len(found)] if found else None

    def a_row(self, pick: int) -> Row | None:
        found = [
            one for one in self.tool.rows.values() if self.tool.free(one.id) and self.shown(one)
        ]
        return found[pick % len(found)] if found else None

    def a_guess(self, pick: int) -> Guess | None:
        found = [one for one in self.tool.guesses.values() if self.shown(self.tool.items[one.item])]
        return found[pick % len(found)] if found else None

    # --- models at work ---

    @rule(pick=choices, model=st.sampled_from(["v1", "v2", ""]), said=answers, score=scores)
    def predict(self, pick: int, model: str, said: dict[str, Any], score: int | None) -> None:
        if item := self.an_item(pick):
            self.tool.predict(item.id, said, model, score)

    @rule(pick=choices, model=st.sampled_from(["v1", "v2"]), said=answers, score=scores)
    def correct_a_prediction(
        self, pick: int, model: str, said: dict[str, Any], score: int | None
    ) -> None:
        if guess := self.a_guess(pick):
            self.tool.correct(guess, model=model, answers=said, score=score)

    @rule(pick=choices, to=choices)
    def move_a_prediction(self, pick: int, to: int) -> None:
        guess, item = self.a_guess(pick), self.an_item(to)
        if guess and item:
            self.tool.correct(guess, item=item.id)

    @rule(pick=choices)
    def withdraw_a_prediction(self, pick: int) -> None:
        if guess := self.a_guess(pick):
            self.tool.withdraw(guess)

    @rule(pick=choices, who=st.sampled_from(PEOPLE), said=answers, keep=st.booleans())
    def submit_a_prediction(self, pick: int, who: str, said: dict[str, Any], keep: bool) -> None:
        if guess := self.a_guess(pick):
            final = dict(guess.answers) if keep else said
            self.tool.submit(guess.item, who, final, parent=guess.id, time_ms=2500)

    # --- people at work ---

    @rule(pick=choices, who=st.sampled_from(PEOPLE), said=answers, more=details)
    def submit(self, pick: int, who: str, said: dict[str, Any], more: dict[str, Any]) -> None:
        if item := self.an_item(pick):
            self.tool.submit(item.id, who, said, **more)

    @rule(pick=choices, who=st.sampled_from(PEOPLE), said=answers, ahead=st.integers(1, 7200))
    def submit_from_the_future(self, pick: int, who: str, said: dict[str, Any], ahead: int) -> None:
        if item := self.an_item(pick):
            self.tool.submit(item.id, who, said, stamp=self.tool.tick() + ahead * SECOND)

    @rule(pick=choices, said=answers)
    def submit_by_nobody(self, pick: int, said: dict[str, Any]) -> None:
        if item := self.an_item(pick):
            self.tool.submit(item.id, None, said)

    @rule(
        pick=choices,
        who=st.lists(st.sampled_from(PEOPLE), min_size=2, max_size=2),
        said=answers,
        wait=st.sampled_from([1, 60, OVERLAP // SECOND - 30, OVERLAP // SECOND + 30]),
    )
    def commit_late(self, pick: int, who: list[str], said: dict[str, Any], wait: int) -> None:
        """One transaction stays open while another commits and a poll goes by; then another."""
        item, other = self.an_item(pick), self.an_item(pick + 1)
        if item and other:
            late = self.tool.begin()
            self.tool.submit(item.id, who[0], said, tx=late)
            self.tool.tick(wait)
            self.tool.submit(other.id, who[1], said)
            self.poll()
            self.tool.commit(late)
            self.poll(sweep=False)

    @rule(pick=choices, who=st.sampled_from(PEOPLE), said=answers)
    def edit_late(self, pick: int, who: str, said: dict[str, Any]) -> None:
        """The same with an edit, which no count of rows tells of."""
        row, other = self.a_row(pick), self.an_item(pick)
        if row and other:
            late = self.tool.begin()
            self.tool.edit(row, tx=late, answers=said, time_ms=self.tool.now % 1000)
            self.tool.tick(60)
            self.tool.submit(other.id, who, said)
            self.poll()
            self.tool.commit(late)
            self.poll(sweep=False)

    @rule(pick=choices, who=st.sampled_from(PEOPLE), said=answers)
    def submit_in_a_transaction(self, pick: int, who: str, said: dict[str, Any]) -> None:
        if len(self.tool.open) < 3 and (item := self.an_item(pick)):
            self.tool.submit(item.id, who, said, tx=self.tool.begin())

    @rule(pick=choices, said=answers)
    def edit_in_a_transaction(self, pick: int, said: dict[str, Any]) -> None:
        if len(self.tool.open) < 3 and (row := self.a_row(pick)):
            self.tool.edit(row, tx=self.tool.begin(), answers=said)

    @precondition(lambda self: self.tool.open)
    @rule(pick=choices)
    def commit(self, pick: int) -> None:
        numbers = sorted(self.tool.open)
        self.tool.commit(numbers[pick % len(numbers)])

    @rule(pick=choices, said=answers, silent=st.booleans())
    def edit(self, pick: int, said: dict[str, Any], silent: bool) -> None:
        if row := self.a_row(pick):
            self.tool.edit(row, answers=said, editor=None, silent=silent)

    @rule(pick=choices, more=details, silent=st.booleans())
    def change(self, pick: int, more: dict[str, Any], silent: bool) -> None:
        """Flip flags and fields: gold, skipped, time spent, origin."""
        if row := self.a_row(pick):
            self.tool.edit(row, silent=silent, **more)

    @rule(pick=choices, said=answers, who=st.sampled_from(PEOPLE))
    def overwrite(self, pick: int, said: dict[str, Any], who: str) -> None:
        """A reviewer replaces the answer; the row keeps its author."""
        if row := self.a_row(pick):
            self.tool.edit(row, answers=said, editor=None if who == row.author else who)

    @rule(
        pick=choices,
        verdict=st.sampled_from(Verdict),
        who=st.sampled_from([*PEOPLE, None]),
        silent=st.booleans(),
    )
    def review(self, pick: int, verdict: Verdict, who: str | None, silent: bool) -> None:
        """A reviewer judges the answer, perhaps one that was judged before."""
        if row := self.a_row(pick):
            self.tool.review(row, verdict, who, silent=silent)

    @rule(pick=choices, to=choices, silent=st.booleans())
    def move(self, pick: int, to: int, silent: bool) -> None:
        row, item = self.a_row(pick), self.an_item(to)
        if row and item:
            self.tool.edit(row, silent=silent, item=item.id)

    @rule(pick=choices)
    def delete(self, pick: int) -> None:
        if row := self.a_row(pick):
            self.tool.delete(row)

    @rule(pick=choices, who=st.sampled_from(PEOPLE), said=answers)
    def delete_and_reuse_the_id(self, pick: int, who: str, said: dict[str, Any]) -> None:
        row, item = self.a_row(pick), self.an_item(pick)
        if row and item:
            self.tool.reuse(row.id)
            self.tool.submit(item.id, who, said)

    @precondition(lambda self: not self.tool.open)
    @rule(who=st.sampled_from(PEOPLE))
    def remove_a_person(self, who: str) -> None:
        self.tool.remove_person(who)

    @rule(pick=choices, bad=st.booleans())
    def break_a_row(self, pick: int, bad: bool) -> None:
        if row := self.a_row(pick):
            self.tool.edit(row, bad=bad)

    @rule(pick=choices, who=st.sampled_from(PEOPLE), said=answers)
    def draft(self, pick: int, who: str, said: dict[str, Any]) -> None:
        if item := self.an_item(pick):
            self.tool.draft(item.id, who, said)

    @rule(pick=choices)
    def submit_a_draft(self, pick: int) -> None:
        found = [one.id for one in self.tool.drafts.values() if self.shown(one)]
        if found:
            self.tool.submit_draft(found[pick % len(found)])

    # --- items and projects ---

    @rule(name=st.sampled_from(PROJECTS), required=st.sampled_from([None, 1, 2, 3]))
    def add_an_item(self, name: str, required: int | None) -> None:
        if len(self.tool.items) < 12:
            self.tool.add_item(name, required)

    @rule(pick=choices, required=st.sampled_from([None, 0, 1, 3]), silent=st.booleans())
    def change_the_overlap(self, pick: int, required: int | None, silent: bool) -> None:
        if item := self.an_item(pick):
            self.tool.set_required(item, required, silent)

    @rule(pick=choices, batch=st.sampled_from(["one", "two"]))
    def change_the_batch(self, pick: int, batch: str) -> None:
        if item := self.an_item(pick):
            self.tool.set_batch(item, batch)

    @rule(pick=choices, content=st.sampled_from(harness.CONTENTS[1:]))
    def change_the_content(self, pick: int, content: str) -> None:
        if item := self.an_item(pick):
            self.tool.set_content(item, content)

    @rule(pick=choices)
    def remove_an_item(self, pick: int) -> None:
        item = self.an_item(pick)
        if item and self.tool.free_item(item.id):
            self.tool.remove_item(item.id)

    @rule(name=st.sampled_from(PROJECTS))
    def hide_or_show_a_project(self, name: str) -> None:
        if not self.tool.projects[name].shown:
            self.tool.show(name)
        elif not self.tool.open:
            self.tool.hide(name)

    @rule(seconds=st.sampled_from([0.5, 30, 600, OVERLAP // SECOND, 4000, 90_000]))
    def wait(self, seconds: float) -> None:
        self.tool.tick(seconds)

    # --- the operator and the collector ---

    @rule(
        name=st.sampled_from(PROJECTS),
        zone=st.sampled_from(ZONES),
        gold=st.sampled_from(GOLDS),
        scales=st.tuples(st.sampled_from(SCALES), st.sampled_from(SCALES)),
    )
    def change_the_rules(
        self, name: str, zone: str, gold: str | tuple[str, ...], scales: tuple[str, str]
    ) -> None:
        both = dict(zip(("sentiment", "topics"), scales, strict=True))
        self.site.said[name] = Said(zone, gold, {**both, **harness.MATCHED})

    @rule(sweep=st.sampled_from([None, False]))
    def poll(self, sweep: bool | None = None) -> None:
        result = self.site.poll(sweep)
        harness.right(harness.lost(self.site))
        if result.swept:
            harness.right(harness.wrong_sums(self.site))

    @rule()
    def sweep(self) -> None:
        self.site.poll(sweep=True)
        harness.right(harness.lost(self.site))
        harness.right(harness.wrong_sums(self.site))

    @rule(at=st.integers(1, 250), sweep=st.sampled_from([None, None, True]))
    def die_while_polling(self, at: int, sweep: bool | None) -> None:
        note(f"it came to that: {self.site.crash(at, sweep)}")

    @invariant()
    def rollups_are_a_recomputation(self) -> None:
        harness.right(harness.unsound(self.site))

    @invariant()
    def cursor_and_facts_are_one(self) -> None:
        harness.right(harness.torn(self.site))

    def teardown(self) -> None:
        for name in PROJECTS:
            if name in self.tool.projects:
                self.tool.show(name)
        for number in sorted(self.tool.open):
            self.tool.commit(number)
        self.sweep()
        self.site.engine.dispose()


def follow(
    make_engine: Callable[[], Engine],
    examples: int,
    steps: int,
    *,
    only_search: bool = False,
    **more: Any,
) -> None:
    """Let the machine run; `more` are attributes of it.

    Args:
        only_search: the same search every time, and a failure is not made smaller.
    """
    parts = {"make_engine": staticmethod(make_engine), **more}
    bounds = settings(
        max_examples=examples * FACTOR,
        stateful_step_count=steps,
        deadline=None,
        phases=(Phase.generate,) if only_search else tuple(Phase),
        derandomize=only_search or settings().derandomize,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(type("Here", (Following,), parts), settings=bounds)


@pytest.mark.timeout(60 + 40 * FACTOR)
def test_a_sqlite_warehouse_follows_the_tool(tmp_path: Path) -> None:
    def make() -> Engine:
        return harness.fresh_sqlite(tmp_path / "template.db", tmp_path / "warehouse.db")

    follow(make, examples=25, steps=25)


@pytest.mark.timeout(60 + 60 * FACTOR)
def test_a_postgresql_warehouse_follows_the_tool(pg_database: str) -> None:
    upgrade(connect(pg_database))

    def make() -> Engine:
        engine = connect(pg_database)
        harness.empty_tables(engine)
        return engine

    follow(make, examples=8, steps=20)


class OnlyNewer(ToolSource):
    """The cursor that everybody writes first: what is newer than the newest seen."""

    def _changed(self, stream: str, since: int) -> list[Row | Item | Guess]:
        return [one for one in self._scan(stream) if one.updated_at > since + self.overlap]


@pytest.mark.timeout(120)
def test_the_machine_finds_what_a_naive_cursor_loses(tmp_path: Path) -> None:
    def make() -> Engine:
        return harness.fresh_sqlite(tmp_path / "template.db", tmp_path / "warehouse.db")

    with pytest.raises(AssertionError, match="stands in the tool"):
        follow(make, 200, 25, only_search=True, make_source=OnlyNewer)
