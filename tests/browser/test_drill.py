"""From a number to what is behind it: two readings, items, explanation, files."""

import json
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from tests.browser.conftest import Demo, Visit, Visiting, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

MAIN, TABLE = '[data-testid="stMain"]', '[data-testid="stDataFrame"]'


INK = """async data => {
  const picture = new Image();
  picture.src = `data:image/png;base64,${data}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.width, 60];
  const paper = canvas.getContext("2d");
  paper.drawImage(picture, 0, 0);
  const points = paper.getImageData(0, 0, canvas.width, canvas.height).data;
  return [picture.width, points.filter((one, at) => at % 4 === 0 && one < 100).length];
}"""
"""Returns the width of a PNG, and how many dark points there are where its title stands."""


def asked(seen: Visit) -> dict[str, list[str]]:
    return parse_qs(urlsplit(seen.address()).query)


def test_a_cell_leads_to_two_readings_and_to_their_items(demo: Demo, visit: Visiting) -> None:
    seen = visit()
    seen.go(f"{demo.url}/agreement")
    cell = seen.page.locator('[aria-label^="column: Billing; row: Refund"]').first
    cell.scroll_into_view_if_needed()
    cell.click(force=True)
    seen.page.get_by_text("The newest items with both answers").wait_for(timeout=30_000)
    assert wait_until(lambda: "labels" in asked(seen), 15)
    assert sorted(asked(seen)["labels"][0].split(" / ")) == ["Billing", "Refund"]
    seen.page.get_by_role("link", name="All items with these two answers").click()
    seen.page.get_by_text("Longest wait").wait_for(timeout=30_000)
    seen.page.locator(TABLE).first.wait_for(timeout=30_000)
    assert sorted(asked(seen)["pair"][0].split("|")) == ["Billing", "Refund"]
    seen.settle()
    told = seen.page.locator(f"{TABLE} canvas td")  # for screen readers, a moment after the picture
    told.first.wait_for(state="attached", timeout=30_000)
    cells = told.all_text_contents()
    at = next(at for at, text in enumerate(cells) if text.startswith("http"))
    assert cells[at] == f"http://localhost:8080/projects/1/data?task={cells[at - 1]}"
    assert seen.errors == []


def test_a_finding_leads_to_its_page_with_what_is_chosen(demo: Demo, visit: Visiting) -> None:
    seen = visit()
    seen.go(f"{demo.url}/?project=Street&range=4+weeks")
    seen.page.locator(".st-key-attention a").first.click()
    title = seen.page.locator(f"{MAIN} h1")
    assert wait_until(lambda: title.inner_text() == "Agreement", 30)
    seen.settle()
    assert {"project": ["Street"], "range": ["4 weeks"]}.items() <= asked(seen).items()
    assert seen.errors == []


def test_a_card_explains_its_number_and_gives_it_away(
    demo: Demo, visit: Visiting, tmp_path: Path
) -> None:
    first, last = days_of(demo)
    seen = visit()
    seen.go(f"{demo.url}/progress?team=Manila&range=Between&days={first}&days={last}")
    open_menu(seen, "times")
    wanted = query(demo, "time_spent_median", first, last)
    saved = {kind: download(seen, kind, tmp_path) for kind in ("CSV", "Parquet")}
    assert as_rows(pd.read_csv(saved["CSV"])) == wanted
    assert as_rows(pd.read_parquet(saved["Parquet"])) == wanted
    pictures = {kind: download(seen, kind, tmp_path) for kind in ("SVG", "PNG")}
    title = seen.page.locator('[class*="st-key-head-times"] strong').first.inner_text()
    assert_drawn(seen, pictures, title)

    seen.page.get_by_role("link", name="Explain this number").first.click()
    seen.page.get_by_text("The same on the command line").wait_for(timeout=30_000)
    told = seen.page.get_by_test_id("stCode").filter(has_text="labelpulse explain")
    told.wait_for(timeout=15_000)
    assert told.inner_text().strip().startswith("labelpulse explain time_spent_median")
    assert f"--by day --where team=Manila --since {first} --until {last}" in told.inner_text()
    assert asked(seen)["metric"] == ["time_spent_median"]
    assert seen.errors == []


def test_a_tile_explains_its_number(demo: Demo, visit: Visiting) -> None:
    seen = visit()
    seen.go(f"{demo.url}/?range=4+weeks")
    open_menu(seen, "tiles-", "Parquet")
    menu = seen.page.get_by_test_id("stPopoverBody")
    assert menu.get_by_role("link", name="Explain this number").count() > 2
    assert "finish_date" in menu.inner_text()
    menu.get_by_role("link", name="Explain this number").first.click()
    seen.page.get_by_text("labelpulse explain progress").wait_for(timeout=30_000)
    assert asked(seen)["metric"] == ["progress"]
    assert seen.errors == []


def days_of(demo: Demo) -> tuple[str, str]:
    """Two weeks that are long over, so that the team at work changes nothing in them."""
    truth = json.loads((demo.home / "truth.json").read_text())
    today = pd.Timestamp(truth["today"])
    return tuple(str((today - pd.Timedelta(days=n)).date()) for n in (45, 31))  # type: ignore[return-value]


def open_menu(seen: Visit, key: str, last: str = "PNG") -> None:
    """Open the menu of a card and wait for its files."""
    button = seen.page.locator(f'[class*="st-key-menu-{key}"] button').first
    button.scroll_into_view_if_needed()
    button.click()
    seen.page.get_by_test_id("stDownloadButton").filter(has_text=last).first.wait_for(
        timeout=30_000
    )


def download(seen: Visit, kind: str, folder: Path) -> Path:
    """Save a file by the first button of its kind in the open menu."""
    with seen.page.expect_download(timeout=30_000) as found:
        seen.page.get_by_test_id("stDownloadButton").filter(has_text=kind).first.click()
    path = folder / found.value.suggested_filename
    found.value.save_as(path)
    return path


def query(demo: Demo, metric: str, first: str, last: str) -> list[tuple[object, ...]]:
    """What the command line answers to the query of the card."""
    command = [sys.executable, "-m", "labelpulse.cli.main", "query", metric, "--json"]
    choice = ["--project", "Tickets", "--by", "day", "--where", "team=Manila"]
    days = ["--since", first, "--until", last, "--config", str(demo.home / "labelpulse.toml")]
    done = subprocess.run([*command, *choice, *days], capture_output=True, check=True, text=True)
    return as_rows(pd.DataFrame(json.loads(done.stdout)["rows"]))


def as_rows(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    """Days with their numbers, to the digit; None where there is none."""
    columns = ["day", "value", "low", "high", "n"]
    plain = frame[columns].astype(object).where(frame[columns].notna(), None)
    return [tuple(row) for row in plain.itertuples(index=False)]


def assert_drawn(seen: Visit, pictures: dict[str, Path], title: str) -> None:
    """The SVG has the title as text; where it stands, the PNG has ink."""
    root = ET.fromstring(pictures["SVG"].read_bytes())
    text = " ".join(one.text or "" for one in root.iter() if one.tag.endswith(("text", "tspan")))
    assert squeezed(title) in squeezed(text)
    data = b64encode(pictures["PNG"].read_bytes()).decode()
    width, dark = seen.page.evaluate(INK, data)
    assert width > 1500
    assert dark > 1_000, "the title is drawn"


def squeezed(text: str) -> str:
    return "".join(text.split())
