"""The frame of every page: choices in the address, comparisons, card menus, walls, headers."""

import asyncio
import json
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.testing.v1 import AppTest

from dashboard import context
from dashboard.asgi import HEADERS, AddedHeaders, AllowedHosts, ready
from dashboard.kiosk import TURN, refresh, turn
from labelpulse.config import Dashboard
from labelpulse.core import formats
from tests.dashboard.conftest import Open, load_csv, single_labels
from tests.dashboard.test_pages import go, tile, words


def test_numbers_are_set_against_the_days_before(demo: Path, open_app: Open) -> None:
    app = open_app(demo)
    app.query_params["range"] = "7 days"
    app.query_params["compare"] = "true"
    app = go(app, "summary")
    assert " · 6 days without today against " in words(app)
    (quality,) = (one for one in app.metric if "gold accuracy" in one.label)
    assert "point" in quality.delta
    (made,) = (one for one in go(app, "progress").metric if one.label == "Labels submitted")
    assert made.delta.endswith("\xa0%, without today")
    assert "How far it moved leaves today out, which is not over" in made.help
    plain = go(open_app(demo), "summary")
    assert not any(one.delta for one in plain.metric)


def test_days_that_are_over_are_set_against_as_many(demo: Path, open_app: Open) -> None:
    app, today = open_app(demo), datetime.now(UTC).date()
    app.query_params.update(range="Between", compare="true")
    app = go(app, "progress")
    (days,) = app.date_input
    days.set_value((today - timedelta(days=20), today - timedelta(days=10))).run()
    assert " · against " in words(app)
    assert "without today" not in words(app)
    (made,) = (one for one in app.metric if one.label == "Labels submitted")
    assert made.delta.endswith("\xa0%")
    assert "leaves today out" not in made.help


def test_two_days_can_be_chosen(demo: Path, open_app: Open) -> None:
    app = open_app(demo)
    app.query_params["range"] = "Between"
    app = go(app, "progress")
    assert not app.exception
    whole = tile(app, "Labels submitted")
    (days,) = app.date_input
    today = datetime.now(UTC).date()
    days.set_value((today - timedelta(days=20), today - timedelta(days=10))).run()
    assert not app.exception
    assert int(tile(app, "Labels submitted").replace(",", "")) < int(whole.replace(",", ""))


def test_a_card_defines_its_numbers_and_gives_them_away(demo: Path, open_app: Open) -> None:
    app = go(open_app(demo), "summary")
    assert "finish_date" not in words(app)
    app.session_state["menu burn_up"] = True
    app.run()
    assert not app.exception
    assert "finish_date" in words(app)
    labels = [one.label for one in app.get("download_button")]  # type: ignore[union-attr]
    assert labels[:2] == ["CSV", "Parquet"]
    assert labels[-2:] == ["SVG", "PNG"]


def test_nobody_is_named_on_a_wall(demo: Path, open_app: Open) -> None:
    assert "Otieno" in words(go(open_app(demo), "accuracy"))
    app = open_app(demo)
    app.query_params["kiosk"] = "summary,progress"
    text = words(go(app, "accuracy"))
    assert "clearly below the rest" in text
    assert "Otieno" not in text
    assert "names" not in [one.key for one in app.toggle]


def test_a_wall_shows_the_pages_there_are() -> None:
    told = turn(["Data", "Flow", "Summary"], {"project": "Ads", "names": "true", "kiosk": "x"})
    assert told == {"project": "Ads", "kiosk": "summary,flow"}
    assert "People" not in TURN, "no page about single people hangs on a wall"


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/progress", "kiosk="),
        ("/progress", "kiosk=../x,//evil.example"),
        ("/progress", "kiosk=https%3A%2F%2Fevil.example"),
        ("/static/js/index.js", "kiosk=summary"),
    ],
)
def test_a_wall_goes_nowhere_else(path: str, query: str) -> None:
    assert refresh(path, query) is None


def test_a_wall_keeps_what_is_chosen_and_escapes_it() -> None:
    told = refresh("/flow", "kiosk=summary,flow&project=A%26B%0d%0aset-cookie%3Ax")
    assert told is not None
    assert told.startswith("20; url=/?kiosk=summary%2Cflow&project=A%26B%0D%0A")
    assert "\r" not in told


def test_every_answer_has_the_security_headers() -> None:
    async def page(scope: Any, receive: Any, send: Any) -> None:
        head = [(b"x-frame-options", b"DENY"), (b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": b""})

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/progress", "query_string": b"kiosk=progress,flow"}
    asyncio.run(AddedHeaders(page)(scope, None, send))  # type: ignore[arg-type]
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    assert set(HEADERS) <= set(told)
    assert told["x-frame-options"] == "DENY", "what an answer says itself stays"
    assert told["refresh"] == "20; url=/flow?kiosk=progress%2Cflow"
    assert "http" not in HEADERS["content-security-policy"].replace("'self'", "")


def test_ready_tells_a_probe_whether_the_warehouse_can_be_read(
    demo: Path, missing_warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LABELPULSE_DATABASE_URL", raising=False)
    for config, status in ((demo, 200), (missing_warehouse, 503)):
        monkeypatch.setenv("LABELPULSE_CONFIG", str(config))
        answer = ready(None)  # type: ignore[arg-type]
        assert answer.status_code == status
        assert b"labelpulse.db" not in answer.body


def test_projects_stand_side_by_side(tmp_path: Path, open_app: Open) -> None:
    load_csv(tmp_path, single_labels(), "Reviews")
    config = load_csv(tmp_path, single_labels(10, 20), "Ads")
    app = go(open_app(config), "summary")
    assert "**Portfolio**" in words(app)
    (table,) = (one.value for one in app.dataframe if "Verdict" in one.value)
    assert set(table["Project"]) == {"Ads", "Reviews"}
    assert set(table["Verdict"]) == {"Quality unknown"}
    assert "Deadline" not in table, "no project has one"
    assert "Days late" not in table
    assert "First risk" in table
    assert all(table["Source"].str.match(r"File · import:(Ads|Reviews) · \d+ \w{3} 20\d\d, \d"))


def test_a_table_tells_what_is_missing_in_one_way() -> None:
    def page() -> None:
        from dashboard.widgets import table

        first = {"who": "a", "n": 1240, "note": "", "day": ""}
        rows: list[dict[str, object]] = [first, {**dict.fromkeys(first, ""), "n": None}]
        table(rows, key="told", alt="Told", sparse=("note",))

    (drawn,) = AppTest.from_function(page).run().dataframe
    assert list(drawn.value) == ["who", "n", "day"]
    assert drawn.value["who"].isna().tolist() == [False, True]
    assert json.loads(drawn.proto.columns)["n"]["type_config"]["format"] == "localized"


def test_a_difference_reads_with_a_true_minus_and_stays_a_number() -> None:
    def page() -> None:
        from dashboard.widgets import table
        from labelpulse.core import formats

        by = {"who": "a", "by": -0.04, "late": -16}
        rows = [by, {"who": "", "by": -3.2, "late": 1240}, dict.fromkeys(by)]
        table(rows, key="told", alt="Told", looks={"by": lambda by: formats.difference(by, 1)})

    (drawn,) = AppTest.from_function(page).run().dataframe
    assert drawn.value["by"].tolist()[:2] == [-0.04, -3.2]
    read = convert_arrow_bytes_to_pandas_df(drawn.proto.arrow_data.styler.display_values)
    assert read["by"].tolist() == ["±0.0", "−3.2", formats.NONE]
    assert read["late"].tolist() == ["−16", "1,240", formats.NONE]
    assert read["who"].tolist() == ["a", formats.NONE, formats.NONE]
    assert not {"by", "late"} & {*json.loads(drawn.proto.columns)}, (
        "a format would hide what they read as"
    )


@pytest.mark.parametrize(
    ("change", "arrow"), [("−9 points", "DOWN"), ("+1 point", "UP"), ("±0 points", "NONE")]
)
def test_an_arrow_points_where_its_change_goes(change: str, arrow: str) -> None:
    def page(change: str) -> None:
        from dashboard.widgets import tiles
        from labelpulse.findings.tiles import Tile

        tiles([Tile("Quality", "80 %", change=change)])

    (tile,) = AppTest.from_function(page, args=(change,)).run().metric
    assert tile.proto.MetricDirection.Name(tile.proto.direction) == arrow


@pytest.mark.parametrize("signed", [r"%\+", r'f"\{[^"]*:\+'])
def test_no_page_has_a_sign_of_its_own(signed: str) -> None:
    """A hyphen for a minus comes from a format of a column, or of a text."""
    root = Path(__file__).parents[2]
    files = [*(root / "dashboard").rglob("*.py"), *(root / "labelpulse/findings").rglob("*.py")]
    assert not [file.name for file in files if re.search(signed, file.read_text("utf-8"))]


def test_alerts_names_another_project_on_its_own_card(demo: Path, open_app: Open) -> None:
    app = open_app(demo)
    app.query_params["project"] = "Street"
    titles = [one.value for one in go(app, "alerts").markdown]
    assert titles.count("**Needs attention**") == 1
    assert "**Tickets**" in titles


def test_one_project_has_no_portfolio(single: Path, open_app: Open) -> None:
    assert "Portfolio" not in words(go(open_app(single), "summary"))


def test_another_file_at_the_address_is_another_warehouse(
    tmp_path: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, days in ((first, 20), (second, 40)):
        folder.mkdir()
        load_csv(folder, single_labels(days), "Reviews")
    config = first / "labelpulse.toml"
    before = tile(go(open_app(config), "progress"), "Labels submitted")
    for tail in ("", "-wal", "-shm"):
        (first / f"labelpulse.db{tail}").unlink(missing_ok=True)
    (second / "labelpulse.db").rename(first / "labelpulse.db")
    monkeypatch.setattr(context, "monotonic", lambda: time.monotonic() + 100)
    for kept in (context._versions, context._overview):
        kept.clear()
    after = tile(go(open_app(config), "progress"), "Labels submitted")
    assert int(after.replace(",", "")) > int(before.replace(",", ""))


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("labels.example.org", 200),
        ("LABELS.example.org:8443", 200),
        ("[::1]:8501", 200),
        ("127.0.0.1:8501", 200),
        ("evil.example.org", 400),
        ("labels.example.org.evil.example.org", 400),
        ("[::1", 400),
        ("", 400),
    ],
)
def test_only_requests_for_an_allowed_host_are_answered(host: str, status: int) -> None:
    served = Dashboard(public_url="https://labels.example.org/pulse")
    app = Starlette(
        routes=[Route("/", lambda _: PlainTextResponse("page"))],
        middleware=[Middleware(AllowedHosts, hosts=served.allowed_hosts)],
    )

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.get("/", headers={"host": host})

    answer = asyncio.run(ask())
    assert answer.status_code == status
    assert status == 200 or "set public_url under [dashboard]" in answer.text


@pytest.mark.parametrize(
    ("table", "has_names"),
    [("", True), ('[dashboard]\npublic_url = "https://labels.example.org/pulse"\n', False)],
)
def test_names_are_shown_on_this_machine_only(
    tmp_path: Path, open_app: Open, table: str, has_names: bool
) -> None:
    """A proxy asks from this machine for anybody, so that its address says nothing."""
    config = load_csv(tmp_path, single_labels(), "Reviews")
    config.write_text(table + config.read_text())
    app = go(open_app(config), "progress")
    assert not app.exception
    assert [toggle.key for toggle in app.toggle if toggle.key == "names"] == ["names"] * has_names


def test_a_page_that_a_project_cannot_fill_says_what_it_waits_for(
    demo: Path, open_app: Open
) -> None:
    """As a choice of another project, or a colleague's address, leads there."""
    app = go(open_app(demo), "accuracy")
    assert app.metric
    app.selectbox(key="project").set_value("Street").run()
    assert not app.exception
    assert [one.value for one in app.title] == ["Accuracy"]
    assert "Available when a question has answers that are labels" in words(app)
    assert not app.metric


def test_the_explained_number_is_the_one_on_the_card(demo: Path, open_app: Open) -> None:
    app = open_app(demo)
    asked = {"metric": "annotations_submitted", "by": "day", "explain": "true"}
    app.query_params |= {**asked, "where": ["team=Manila", "nonsense", "colour=red"]}
    app = go(app, "data")
    assert not app.exception
    assert "--by day --where team=Manila" in words(app)


def test_only_pages_with_numbers_of_the_days_offer_to_compare(demo: Path, open_app: Open) -> None:
    app = open_app(demo).run()
    offered = {
        view: "Compare" in [one.label for one in go(app, view).toggle]
        for view in ("summary", "agreement", "flow", "drift")
    }
    assert offered == {"summary": True, "agreement": True, "flow": False, "drift": False}
