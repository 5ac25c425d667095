"""The page of items with a stage chosen: the items that stand there, as the source itself says."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from dashboard import queue
from dashboard.card_menu import as_file
from labelpulse.core.stages import STAGE_TITLES
from labelpulse.findings.items import standing_row, standing_title
from labelpulse.reader.handover import standing
from labelpulse.reader.queue import Place
from labelpulse.reader.stuck import Standing, Stuck
from tests.dashboard.conftest import Open
from tests.dashboard.test_items import opened, shown
from tests.dashboard.test_pages import changed, go, words
from tests.dashboard.test_quality_pages import links

WAITS = "waiting_for_labels"
PLACE = Place(1, "Tickets", "studio", "7", 0, "")
NEW = Standing(PLACE, "8", "two", None, None, 0, 2, ())


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """What other tests read is asked anew."""
    queue._standing.clear()
    yield
    queue._standing.clear()


def half_answered(demo: Path) -> list[tuple[str, str, str]]:
    """Items with fewer people's answers than they need: id, day of the first, and how many."""
    with closing(sqlite3.connect(demo.parent / "tickets.sqlite3")) as db:
        tasks = db.execute(
            "SELECT t.id, t.overlap FROM task t JOIN project p ON p.id = t.project_id "
            "WHERE p.title = 'Tickets'"
        ).fetchall()
        done = db.execute(
            "SELECT task_id, completed_by_id, created_at FROM task_completion "
            "WHERE NOT was_cancelled"
        ).fetchall()
    people: dict[int, set[int]] = {}
    first: dict[int, str] = {}
    for task, who, at in done:
        people.setdefault(task, set()).add(who)
        first[task] = min(first.get(task, at), at)
    found = [
        (first[task], str(task), f"{len(people[task])} of {need}")
        for task, need in tasks
        if task in people and len(people[task]) < need
    ]
    return [(item, at[:10], told) for at, item, told in sorted(found)]


def test_the_items_of_a_stage_are_those_of_the_source(demo: Path, open_app: Open) -> None:
    app = opened(open_app, demo, stage=WAITS)
    rows, wanted = shown(app), half_answered(demo)
    assert len(wanted) > 50
    days = [one.isoformat() for one in rows["Since"]]
    assert list(zip(rows["Item"], days, rows["Answers"], strict=True)) == wanted
    assert rows["Answered by"].notna().sum() > 0.9 * len(rows), "but for who gave known answers"
    for item, address in zip(rows["Item"], rows["Tool"], strict=True):
        assert address.startswith("http://localhost:8080/projects/")
        assert address.endswith(f"/data?task={item}")
    assert f"{len(wanted)} items wait for more labels; the oldest since " in words(app)
    assert not app.metric, "how the queue stands is told beside the queue"
    assert {one.key for one in app.selectbox} >= {"stage_picked", "batch", "since_picked"}
    assert not {one.key for one in app.selectbox} & {"reason", "pair", "person_picked"}


def test_a_stage_is_a_choice_that_stands_in_the_address(demo: Path, open_app: Open) -> None:
    app = opened(open_app, demo)
    box = next(one for one in app.selectbox if one.key == "stage_picked")
    assert box.options[0] == "Any stage"
    assert set(box.options[1:]) < {*STAGE_TITLES.values()} - {STAGE_TITLES["done"]}
    box.select(WAITS).run()
    assert "".join(app.query_params["stage"]) == WAITS
    first = shown(app)
    assert list(shown(opened(open_app, demo, stage=WAITS))["Item"]) == list(first["Item"])
    next(one for one in app.selectbox if one.key == "stage_picked").select("").run()
    assert "stage" not in app.query_params
    assert "Reason" in shown(app)


def test_a_batch_and_a_first_day_choose_among_the_items_of_a_stage(
    demo: Path, open_app: Open
) -> None:
    every = shown(opened(open_app, demo, stage="waiting"))
    batch = every["Batch"].iloc[0]
    of_it = shown(opened(open_app, demo, stage="waiting", batch=batch))
    assert list(of_it["Item"]) == list(every[every["Batch"] == batch]["Item"])
    day = shown(opened(open_app, demo, stage=WAITS))["Since"].iloc[-1]
    lately = shown(opened(open_app, demo, stage=WAITS, since=day.isoformat()))
    assert {*lately["Since"]} == {day}


def test_nothing_in_a_stage_is_said(demo: Path, open_app: Open) -> None:
    app = opened(open_app, demo, stage="review")
    assert "Nothing here: In review" in words(app)
    assert not app.dataframe
    narrowed = opened(open_app, demo, stage=WAITS, since="2099-01-01")
    assert "choose fewer of them" in words(narrowed)


@pytest.mark.parametrize("stage", ["done", "nowhere", ""])
def test_a_stage_without_such_items_is_not_followed(stage: str, demo: Path, open_app: Open) -> None:
    assert "Reason" in shown(opened(open_app, demo, stage=stage))


def test_what_is_not_counted_since_an_upgrade_says_what_to_do(
    demo: Path, open_app: Open, tmp_path: Path
) -> None:
    config = changed(demo, tmp_path, "DELETE FROM rollup_state WHERE rollup = 'open_items'")
    text = words(opened(open_app, config, stage=WAITS))
    assert "Not counted yet since an upgrade" in text
    assert "labelpulse rebuild" in text


def test_where_all_is_done_no_stage_is_offered(single: Path, open_app: Open) -> None:
    assert "stage_picked" not in {one.key for one in opened(open_app, single).selectbox}


def test_more_than_are_listed_are_counted(
    demo: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = len(half_answered(demo))
    monkeypatch.setattr(queue, "MOST_STANDING", 20)
    app = opened(open_app, demo, stage=WAITS)
    assert len(shown(app)) == 20
    assert f"{whole} items wait" in words(app)
    assert "The oldest 20 of them." in words(app)


@pytest.mark.parametrize("view", ["flow", "summary", "alerts", "progress"])
def test_a_queue_that_grows_leads_to_its_items(view: str, demo: Path, open_app: Open) -> None:
    asked = links(go(open_app(demo), view))["Items in this stage"]
    assert asked["stage"] == WAITS
    items = open_app(demo)
    items.query_params |= asked
    assert list(shown(go(items, "items"))["Item"]) == [one for one, *_ in half_answered(demo)]


def test_titles_say_how_many_and_since_when() -> None:
    assert standing_title("waiting", Stuck((NEW,), 1)) == "1 item waits for a first label"
    assert standing_title("review", Stuck((NEW,), 1234)) == "1,234 items wait for review"


def test_an_item_of_unknown_entry_has_no_age() -> None:
    row = standing_row(NEW, {}, {})
    assert (row["Since"], row["Age"], row["Answers"], row["Tool"]) == (None, "–", "0 of 2", None)


def test_items_of_a_stage_are_saved_as_plain_values() -> None:
    template = {"studio": "https://tool.example.org/{project}/{item}"}
    told = standing([NEW], "waiting", template)
    (row,) = pd.read_csv(StringIO(as_file(told, "CSV").decode())).to_dict("records")
    assert (row["item"], row["stage"], row["batch"]) == (8, "waiting", "two")
    assert (row["answered"], row["required"]) == (0, 2)
    assert row["link"] == "https://tool.example.org/7/8"
    assert as_file(told, "Parquet")
