"""The queue: entries wait once, people change them, and what the source decides closes them."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text

from labelpulse import schema
from labelpulse.core.errors import UsageError
from labelpulse.core.events import Verdict
from labelpulse.core.items import Review
from labelpulse.warehouse.decided import Standing, decision
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.queue import Queue, Wanted
from tests.support.tool import Tool
from tests.warehouse.harness import Site
from tests.warehouse.oracle import Said

BILLING, REFUND = {"sentiment": "Billing"}, {"sentiment": "Refund"}


@pytest.fixture
def queue(site: Site) -> Queue:
    """The queue of the warehouse that follows the tool."""
    return Queue(site.engine, lambda: site.source.polled_at or 1)


def entries(engine: Engine) -> list[Any]:
    """All entries, oldest first."""
    with engine.connect() as conn:
        return list(conn.execute(select(schema.queue_entry).order_by(schema.queue_entry.c.id)))


def place(engine: Engine, item: str, control: str | None = "sentiment") -> Wanted:
    """An entry about an item by its native id."""
    with engine.connect() as conn:
        row = schema.item.c
        found = conn.execute(select(row.project_id, row.id).where(row.native_id == item)).one()
        question = schema.control.c
        query = select(question.id).where(
            question.project_id == found.project_id, question.name == control
        )
        control_id = conn.scalar(query) if control else 0
    return Wanted(found.project_id, found.id, control_id or 0, "label_error")


def item_of(tool: Tool, project: str = "p1") -> str:
    return next(one.id for one in tool.items.values() if one.project == project)


# --- what people do ---


def test_an_entry_waits_once(site: Site, queue: Queue) -> None:
    item = item_of(site.tool)
    site.tool.submit(item, "ana", BILLING)
    site.poll(sweep=True)
    one = place(site.engine, item)
    first = queue.add([one, one])
    assert (len(set(first.ids)), first.new) == (1, 1)
    again = queue.add([one, Wanted(one.project, one.item, one.control, "gold_key", "Mia")])
    assert (again.ids[0], again.new) == (first.ids[0], 1)
    assert [(one.state, one.owner) for one in entries(site.engine)] == [
        ("open", ""),
        ("open", "Mia"),
    ]


def test_hands_move_an_entry_along(site: Site, queue: Queue) -> None:
    item = item_of(site.tool)
    site.tool.submit(item, "ana", BILLING)
    site.poll(sweep=True)
    (id_,) = queue.add([place(site.engine, item)]).ids
    assert queue.assign([id_], " Mia ") == 1
    assert (queue.sent([id_]), queue.sent([id_])) == (1, 0)
    assert (queue.decide([id_], "keep Billing", "Ana L"), queue.decide([id_], "no")) == (1, 0)
    assert queue.assign([id_], "Bo") == queue.sent([id_]) == 0
    (row,) = entries(site.engine)
    assert (row.state, row.owner, row.outcome, row.author) == (
        *("decided", "Mia"),
        *("keep Billing", "Ana L"),
    )
    assert None not in (row.sent_at, row.decided_at)
    queue.add([place(site.engine, item)])
    assert queue.reopen([id_]) == 0  # an equal one waits
    assert queue.decide([id_ + 1], "the same") == 1
    assert queue.reopen([id_, id_ + 1]) == 1
    (row, _) = entries(site.engine)
    assert (row.state, row.sent_at, row.decided_at, row.outcome, row.author) == (
        "open",
        *[None] * 4,
    )


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda q: q.add([Wanted(1, 1, 0, "nonsense")]), "unknown reason 'nonsense'"),
        (lambda q: q.add([Wanted(1, 1, 0, "by_hand", "x" * 201)]), "owner is longer than 200"),
        (lambda q: q.decide([1], " "), "a decision needs words"),
    ],
)
def test_what_cannot_be_is_told(queue: Queue, act: Callable[[Queue], Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        act(queue)


# --- what the source decides ---

Act = Callable[[Tool, str, Any], Any]

DECIDES: dict[str, tuple[Act, str]] = {
    "author": (lambda t, i, r: t.edit(r, answers=REFUND), "Billing → Refund by the author"),
    "agrees": (lambda t, i, r: t.submit(i, "bo", BILLING), "a second answer agrees: Billing"),
    "differs": (lambda t, i, r: t.submit(i, "bo", REFUND), "a second answer differs: Refund"),
    "gold": (lambda t, i, r: t.submit(i, "bo", REFUND, gold=True), "gold is now Refund"),
    "review": (lambda t, i, r: t.review(r, Verdict.ACCEPTED, "bo"), "review: accepted"),
    "fixed": (lambda t, i, r: t.edit(r, answers=REFUND, editor="bo"), "review: fixed"),
    "deleted": (lambda t, i, r: t.remove_item(i), "item deleted"),
}
LEAVES_OPEN: dict[str, Act] = {
    "nothing": lambda t, i, r: None,
    "another question": lambda t, i, r: t.edit(r, answers=BILLING | {"topics": ["x"]}),
    "another item": lambda t, i, r: t.submit(
        next(one.id for one in t.items.values() if one.project == "p1" and one.id != i),
        *("bo", REFUND),
    ),
    "a time": lambda t, i, r: t.edit(r, time_ms=5000),
    "a draft": lambda t, i, r: t.draft(i, "bo", REFUND),
    "a withdrawal": lambda t, i, r: t.delete(r),
}


def opened(site: Site, queue: Queue) -> tuple[str, Any]:
    """An item with one answer and an entry that waits."""
    site.said["p1"] = Said("UTC", "flag", {"sentiment": "nominal", "topics": "set"})
    item = item_of(site.tool)
    row = site.tool.submit(item, "ana", BILLING)
    site.poll(sweep=True)
    queue.add([place(site.engine, item)])
    return item, row


@pytest.mark.parametrize("name", DECIDES)
def test_a_decision_read_from_the_source_closes_the_entry(
    site: Site, queue: Queue, name: str
) -> None:
    item, row = opened(site, queue)
    act, said = DECIDES[name]
    act(site.tool, item, row)
    site.poll(sweep=True)
    (entry,) = entries(site.engine)
    assert (entry.state, entry.outcome, entry.author) == ("decided", said, None)
    assert entry.decided_at >= entry.opened_at


@pytest.mark.parametrize("name", LEAVES_OPEN)
def test_what_decides_nothing_leaves_it_open(site: Site, queue: Queue, name: str) -> None:
    item, row = opened(site, queue)
    LEAVES_OPEN[name](site.tool, item, row)
    for _ in range(2):
        site.poll(sweep=True)
    assert [one.state for one in entries(site.engine)] == ["open"]


def test_an_entry_about_the_whole_item_hears_every_question(site: Site, queue: Queue) -> None:
    item, row = opened(site, queue)
    queue.add([place(site.engine, item, None)])
    site.tool.edit(row, answers=BILLING | {"topics": ["x", "y"]})
    site.poll(sweep=True)
    assert [one.outcome for one in entries(site.engine)] == [None, "answered: x + y"]


def test_a_crash_closes_nothing_without_its_facts(site: Site, queue: Queue) -> None:
    """Whatever statement is the last, the entry is closed once the new answer is held."""
    _, row = opened(site, queue)
    site.tool.edit(row, answers=REFUND)
    at = 1
    while site.crash(at):
        held = text("SELECT count(*) FROM label WHERE text = 'Refund'")
        with site.engine.connect() as conn:
            there = bool(conn.scalar(held))
        assert (entries(site.engine)[0].state == "decided") == there
        at += 1
    site.poll()
    assert entries(site.engine)[0].outcome == "Billing → Refund by the author"


def test_nothing_is_looked_up_where_nothing_changes(site: Site, queue: Queue) -> None:
    from sqlalchemy import event

    opened(site, queue)
    asked: list[str] = []
    event.listen(
        site.engine,
        "before_cursor_execute",
        lambda _c, _u, statement, *_: asked.append(statement),
    )
    site.poll(sweep=True)
    assert not [one for one in asked if "queue_entry" in one]


# --- decisions alone ---

people = st.dictionaries(st.integers(1, 4), st.tuples(st.sampled_from([None, 7, 8]), st.none()))
reviews = st.frozensets(
    st.tuples(
        st.integers(1, 2),
        st.builds(Review, st.just(1), st.sampled_from(list(Verdict)), st.none(), st.just("v")),
    ),
    max_size=2,
)
standings = st.builds(
    Standing,
    deleted=st.booleans(),
    answers=st.dictionaries(st.integers(1, 2), people),
    gold=st.dictionaries(st.integers(1, 2), st.sampled_from([7, 8])),
    reviews=reviews,
)


@given(standings, standings, st.integers(0, 2))
def test_something_is_decided_when_something_about_the_question_changed(
    before: Standing, after: Standing, control: int
) -> None:
    found = decision(before, after, control)
    assert decision(before, before, control) is None
    asked = [control] if control else [1, 2]
    changed = (
        (after.deleted and not before.deleted)
        or bool(after.reviews - before.reviews)
        or any(before.gold.get(one) != after.gold.get(one) for one in asked)
        or any(
            said != before.answers.get(one, {}).get(who)
            for one in asked
            for who, said in after.answers.get(one, {}).items()
        )
    )
    if found is not None:
        assert changed
        assert found.text.count("{}") == len(found.labels)
    elif changed:  # an answer that only changed hands
        assert all(
            sorted(map(str, before.answers.get(one, {}).values()))
            == sorted(map(str, after.answers.get(one, {}).values()))
            for one in asked
            if set(after.answers.get(one, {})) - set(before.answers.get(one, {}))
        )


steps = st.lists(
    st.tuples(
        st.sampled_from(["submit", "edit", "gold", "review", "drop", "hand", "open", "poll"]),
        st.integers(0, 3),
        st.sampled_from(["Billing", "Refund"]),
    ),
    min_size=3,
    max_size=25,
)


@settings(max_examples=40)
@given(steps)
def test_an_entry_closes_exactly_once(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int, str]]
) -> None:
    """Through anything: at most one waits for a thing, and what is closed stays as it was."""
    site, template = _site(tmp_path_factory)
    queue, closed = Queue(site.engine, lambda: 1), dict[int, Any]()
    for what, who, label in acts:
        _act(site, queue, what, who, label)
        rows = entries(site.engine)
        waiting = [(one.item_id, one.control_id) for one in rows if one.decided_at is None]
        assert len(set(waiting)) == len(waiting)
        for one in rows:
            if one.id in closed:
                assert one == closed[one.id]
            elif one.decided_at is not None:
                assert one.state == "decided"
                assert one.outcome
                closed[one.id] = one
    site.engine.dispose()
    template.unlink(missing_ok=True)


def _site(factory: pytest.TempPathFactory) -> tuple[Site, Any]:
    from labelpulse.warehouse.versions import upgrade
    from tests.support.tool import Control
    from tests.warehouse.harness import quick

    path = factory.mktemp("queue") / "w.db"
    engine = quick(connect(f"sqlite:///{path}"))
    upgrade(engine)
    tool = Tool()
    tool.add_project("p1", Control("sentiment", "nominal"))
    for _ in range(2):
        item = tool.add_item("p1")
        tool.submit(item.id, "ana", BILLING)
    site = Site(tool, engine)
    site.said["p1"] = Said("UTC", "flag", {"sentiment": "nominal"})
    site.poll(sweep=True)
    return site, path


def _act(site: Site, queue: Queue, what: str, who: int, label: str) -> None:
    tool, rows = site.tool, list(site.tool.rows.values())
    item = list(tool.items.values())[who % 2].id if tool.items else None
    if what == "poll" or item is None:
        site.poll(sweep=True)
    elif what == "open":
        queue.add([place(site.engine, item)])
    elif what == "hand":
        queue.decide([one.id for one in entries(site.engine)][:1], f"by hand: {label}")
    elif what == "submit":
        tool.submit(item, ("ana", "bo", "cy", "dee")[who], {"sentiment": label})
    elif rows and what == "edit":
        tool.edit(rows[who % len(rows)], answers={"sentiment": label})
    elif rows and what == "gold":
        tool.edit(rows[who % len(rows)], gold=label == "Refund")
    elif rows and what == "review":
        tool.review(rows[who % len(rows)], Verdict.ACCEPTED, "bo")
    elif rows:
        tool.delete(rows[who % len(rows)])
