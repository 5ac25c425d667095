"""Reports: the same numbers as pages and queries, whole in one file, the same bytes every time."""

import csv
import re
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import cache
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import Engine

from labelpulse.config import Settings, load_settings
from labelpulse.config.models import Report
from labelpulse.demo.home import Home
from labelpulse.findings.asked import ask_all
from labelpulse.findings.attention import Finding, on_quality
from labelpulse.reader import MetricQuery, Scope, read
from labelpulse.reader.overview import names_of
from labelpulse.reports.content import AUDIENCES, RISKS, make_document
from labelpulse.reports.html import cell_text
from labelpulse.reports.write import ReportRequest, render_report, write_scheduled
from labelpulse.warehouse.engine import connect
from tests.dashboard.conftest import HOSTILE, load_csv, new_warehouse, polled, single_labels
from tests.support.shared import once_a_run

KEY = Scope(key=b"k" * 32)

Written = Callable[[str, str], bytes]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated project of 60 days, polled once."""
    return Home(once_a_run(tmp_path_factory, "demo", polled)).config


def opened(config: Path) -> tuple[Engine, Settings]:
    settings = load_settings(config)
    return connect(settings.database.get_secret_value(), readonly=True), settings


@pytest.fixture(scope="module")
def written(demo: Path) -> Written:
    """Gives the report of the demo for a reader in a form, written when first asked for."""
    engine, settings = opened(demo)
    return cache(
        lambda audience, kind: render_report(engine, settings, ReportRequest(audience, kind), KEY)
    )


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("kind", ["html", "pdf", "csv"])
def test_the_same_warehouse_gives_the_same_bytes(
    audience: str, kind: str, demo: Path, written: Written
) -> None:
    engine, settings = opened(demo)
    once, twice = (
        written(audience, kind),
        render_report(engine, settings, ReportRequest(audience, kind), KEY),
    )
    assert once == twice
    assert len(once) > 5_000
    begins = {"html": b"<!doctype html>", "pdf": b"%PDF-", "csv": b"metric,version,"}
    assert once.startswith(begins[kind])


def test_html_asks_nobody_for_anything(written: Written) -> None:
    for audience in AUDIENCES:
        text = written(audience, "html").decode()
        assert not re.search(r"<(script|link|img|iframe)\b|\b(src|href)=\"(?!#)|url\((?!#)", text)
        ids = re.findall(r' id="([^"]+)"', text)
        assert len(ids) == len(set(ids)), "drawings do not share ids"


def test_what_is_on_paper_is_what_a_query_says(demo: Path, written: Written) -> None:
    engine, settings = opened(demo)
    asked = ask_all(engine, settings, KEY)
    doc = make_document(asked, "quality", projects=["Tickets"])
    (section,) = doc.sections
    (gold,) = (tile for tile in section.tiles if tile.label == "Quality: gold accuracy")
    query = next(q for q in asked.seen if q.metric == "gold_accuracy" and not q.by)
    (row,) = read(engine, query, KEY).rows
    assert gold.value == f"{100 * row['value']:.0f}\xa0%"
    assert gold.below.endswith(f"n {row['n']} · target\xa088\xa0%")
    told = csv.DictReader(StringIO(written("quality", "csv").decode()))
    found = [one for one in told if one["metric"] == "gold_accuracy" and not one["key"]]
    assert str(row["value"]) in [one["value"] for one in found]


def test_the_footer_names_snapshot_and_definitions(demo: Path) -> None:
    engine, settings = opened(demo)
    asked = ask_all(engine, settings, KEY)
    doc = make_document(asked, "executive")
    assert f"Snapshot {asked.snapshot()}" in doc.footer
    for metric in ("progress v1", "finish_date v", "gold_accuracy v"):
        assert metric in doc.footer
    other = ask_all(engine, settings, KEY)
    make_document(other, "executive", days=28)
    assert other.snapshot() != asked.snapshot(), "other days are other numbers"


def test_people_are_pseudonyms_unless_named(demo: Path, written: Written) -> None:
    engine, settings = opened(demo)
    plain = written("quality", "html").decode()
    named = ReportRequest("quality", "html", names=names_of(engine, KEY))
    assert "Otieno" not in plain
    assert "Otieno Barasa" in render_report(engine, settings, named, KEY).decode()


def test_names_and_labels_are_never_markup(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    rows: list[dict[str, object]] = [
        {
            "item": f"t{n}",
            "annotator": HOSTILE[(n + who) % len(HOSTILE)],
            "label": HOSTILE[(n * (who + 1)) % len(HOSTILE)],
            "submitted_at": now.isoformat(),
        }
        for n in range(120)
        for who in range(2)
    ]
    title = "<b>x</b> #strong[y] =1+1"
    engine, settings = opened(load_csv(tmp_path, rows, title))
    names = names_of(engine, KEY)
    for audience in AUDIENCES:
        text = render_report(
            engine, settings, ReportRequest(audience, "html", names=names), KEY
        ).decode()
        assert "<b>x</b>" not in text
        assert "<script>" not in text
        assert render_report(engine, settings, ReportRequest(audience, "pdf", names=names), KEY)
        table = render_report(engine, settings, ReportRequest(audience, "csv"), KEY).decode()
        cells = [cell for line in csv.reader(StringIO(table)) for cell in line]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]


def test_the_first_design_case_and_nothing_at_all_have_reports(tmp_path: Path) -> None:
    single, nothing = tmp_path / "single", tmp_path / "nothing"
    single.mkdir()
    nothing.mkdir()
    new_warehouse(nothing).engine.dispose()
    for config in (load_csv(single, single_labels(), "Reviews"), nothing / "labelpulse.toml"):
        engine, settings = opened(config)
        for audience in AUDIENCES:
            text = render_report(engine, settings, ReportRequest(audience, "html"), KEY).decode()
            assert render_report(engine, settings, ReportRequest(audience, "pdf"), KEY)
            assert ("Quality unknown" in text) == (config.parent == single)


def test_two_projects_stand_side_by_side_for_an_executive(tmp_path: Path) -> None:
    load_csv(tmp_path, single_labels(), "Reviews")
    config = load_csv(tmp_path, single_labels(10, 20), "Ads")
    engine, settings = opened(config)
    doc = make_document(ask_all(engine, settings, KEY), "executive")
    assert doc.sections[0].title == "All projects"
    assert sorted(one.title for one in doc.sections[1:]) == ["Ads", "Reviews"]
    (table,) = doc.sections[0].tables
    assert {row["Project"] for row in table.rows} == {"Ads", "Reviews"}
    alone = make_document(ask_all(engine, settings, KEY), "executive", projects=["Ads"])
    assert [one.title for one in alone.sections] == ["Ads"]


def test_a_report_of_the_configuration_is_written_into_its_folder(
    demo: Path, tmp_path: Path
) -> None:
    config = tmp_path / "labelpulse.toml"
    shutil.copy(demo, config)
    engine, settings = opened(demo)
    one = Report(name="weekly", audience="manager", format="csv", folder=tmp_path / "out")
    file = write_scheduled(engine, settings, one, date(2026, 11, 23))
    assert file.name == "weekly-2026-11-23.csv"
    assert [path.name for path in file.parent.iterdir()] == [file.name], "no half file is left"
    assert b"annotations_submitted" in file.read_bytes()


def test_a_query_of_a_report_can_be_asked_again(demo: Path) -> None:
    engine, settings = opened(demo)
    asked = ask_all(engine, settings, KEY)
    make_document(asked, "manager")
    assert asked.seen
    for query, rows in asked.seen.items():
        assert isinstance(query, MetricQuery)
        assert read(engine, query, KEY, clock=asked.now).rows == rows


def test_each_reader_gets_the_list_of_their_page(demo: Path) -> None:
    engine, settings = opened(demo)

    def listed(audience: str) -> list[Sequence[Finding]]:
        sections = make_document(ask_all(engine, settings, KEY), audience).sections
        return [[*(one.findings or ())] for one in sections if one.verdict]

    every = listed("manager")
    assert any(one.topic == "quality" for found in every for one in found)
    assert [found[:RISKS] for found in every] == listed("executive"), "the verdict rests on these"
    assert [on_quality(found) for found in every] == listed("quality")


def test_paper_reads_as_the_pages_do(demo: Path, written: Written) -> None:
    engine, settings = opened(demo)
    doc = make_document(ask_all(engine, settings, KEY), "executive")
    (portfolio,) = doc.sections[0].tables
    for row in portfolio.rows:
        assert re.fullmatch(r"\d+\xa0%", row["Done"])
    assert cell_text(-1234) == "\N{MINUS SIGN}1,234"
    quality = written("quality", "html").decode()
    assert "A click" not in quality
    assert "mostly Billing / Refund" in quality.replace("\n", " ")


def test_projects_link_to_a_dashboard_that_others_can_open(tmp_path: Path) -> None:
    engine, settings = opened(load_csv(tmp_path, single_labels(), "Ads & more"))
    request, scope = ReportRequest("executive", "html"), Scope(key=b"k")
    assert b"Open in the dashboard" not in render_report(engine, settings, request, scope)
    shared = settings.with_dashboard(public_url="https://labels.example.org/pulse")
    link = "https://labels.example.org/pulse/?project=Ads+%26+more"
    assert link in render_report(engine, shared, request, scope).decode()
    assert link.encode() in render_report(engine, shared, ReportRequest("executive", "pdf"), scope)
