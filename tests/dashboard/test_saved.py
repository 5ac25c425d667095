"""What the menu of a card saves is what the card shows."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from dashboard import card_menu
from labelpulse.config import load_settings
from labelpulse.core import formats
from labelpulse.reader import MetricQuery, Scope, read
from labelpulse.warehouse.engine import connect
from tests.dashboard.conftest import Open
from tests.dashboard.test_pages import go, tile

Row = Mapping[str, Any]
Answer = Callable[[MetricQuery], Sequence[Row]]


class Menu(NamedTuple):
    """What the menu of a card gives away: answers of queries, and rows as they are shown."""

    about: Sequence[MetricQuery]
    rows: Sequence[Row]


@pytest.fixture
def menus(monkeypatch: pytest.MonkeyPatch) -> dict[str, Menu]:
    """The menus that are drawn, by their keys."""
    found: dict[str, Menu] = {}
    drawn = card_menu._menu

    def noted(key: str, about: Any, figure: Any = None, rows: Any = ()) -> None:
        found[key] = Menu(about, rows)
        drawn(key, about, figure, rows)

    monkeypatch.setattr(card_menu, "_menu", noted)
    return found


@pytest.fixture
def answer(demo: Path) -> Answer:
    """Asks what a menu's file would hold."""
    engine = connect(load_settings(demo).database.get_secret_value(), readonly=True)
    return lambda query: read(engine, query, Scope(key=b"k" * 32)).rows


@pytest.mark.parametrize(
    ("view", "key", "column"),
    [
        ("summary", "portfolio", "Verdict"),
        ("progress", "reached table", "Milestone"),
        ("progress", "batches table", "Blocked items"),
        ("progress", "what_if", "Cost from now"),
        ("drift", "changes", "How far"),
        ("flow", "stages_table", "In a day"),
        ("people", "members table", "Against peers"),
        ("labels_and_model", "each_label table", "Found on gold"),
        ("labels_and_model", "versions table", "Since"),
    ],
)
def test_a_table_of_many_queries_is_saved_as_shown(
    view: str, key: str, column: str, demo: Path, open_app: Open, menus: dict[str, Menu]
) -> None:
    app = open_app(demo)
    app.query_params["people"] = "2"  # opens the what-if; other pages leave it alone
    app = go(app, view)
    (shown,) = (one.value for one in app.dataframe if column in one.value)
    rows = menus[key].rows
    assert set(shown) <= set(rows[0]), "columns without anything are not drawn"
    for name in shown:
        assert [known(row[str(name)]) for row in rows] == [*map(known, shown[name])], name


def known(cell: object) -> object:
    """A cell as it is compared: nothing is nothing, in a file as on a page."""
    if isinstance(cell, list | np.ndarray):
        return [*map(known, cell)]
    return None if cell in ("", None) or cell != cell else cell  # noqa: PLR0124 - NaN


def test_two_tables_of_one_card_are_saved_as_one(
    demo: Path, open_app: Open, menus: dict[str, Menu]
) -> None:
    """Of versions: what people who saw none say, and what becomes of their predictions."""
    app = go(open_app(demo), "labels_and_model")
    held, used = (one.value for one in app.dataframe if "Version" in one.value)
    rows = menus["versions table"].rows
    shared = {*held} & {*used}
    assert shared == {"Version"}, "else one column of the file would be of either table"
    for shown in (held, used):
        for name in map(str, shown):
            saved = [known(row.get(name)) for row in rows[: len(shown)]]
            assert saved == [*map(known, shown[name])], name


def test_a_burn_up_saves_its_days(
    demo: Path, open_app: Open, menus: dict[str, Menu], answer: Answer
) -> None:
    go(open_app(demo), "progress")
    about, rows = menus["burn_up"]
    (progress,) = (answer(one)[0] for one in about if one.metric == "progress")
    days, done = [row["Day"] for row in rows], [row["Done"] for row in rows]
    assert len(days) > 50
    assert days == sorted(set(days))
    assert done == sorted(done)
    assert done[-1] > done[0]
    assert rows[-1]["Needed"] == progress["n"]


def test_open_items_and_blocked_ones_are_saved_alone(
    demo: Path, open_app: Open, menus: dict[str, Menu], answer: Answer
) -> None:
    app = go(open_app(demo), "summary")
    (tiles,) = (one for key, one in menus.items() if key.startswith("tiles"))
    (open_items,) = (one for one in tiles.about if one.metric == "stage_items")
    (row,) = answer(open_items)
    assert tile(app, "Open items") == formats.count(row["value"])
    go(open_app(demo), "progress")
    about, rows = menus["batches table"]
    (blocked,) = (one for one in about if one.metric == "stage_items")
    told = {row["batch"]: row["value"] for row in answer(blocked)}
    assert {row["Batch"]: row["Blocked items"] for row in rows if row["Blocked items"]} == {
        name: n for name, n in told.items() if n
    }
