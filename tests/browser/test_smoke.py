"""A real browser on a real demo: every page draws, complains of nothing and asks nobody else."""

import re
import signal
import sqlite3
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import (
    Demo,
    Visit,
    Visiting,
    free_port,
    start_demo,
    wait_for,
    wait_until,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PAGES = {
    "": "Needs attention",
    "progress": "Names in alphabetical order.",
    "flow": "Longest of what is begun: waiting for more labels",
    "agreement": "of disagreement sits in one pair of 15: Billing / Refund",
    "accuracy": "Otieno Barasa lies clearly below the rest",
    "items": "Longest wait",
    "data": "What the numbers mean",
}


def strangers(seen: Visit) -> list[str]:
    """Addresses asked for that are not on this machine."""
    return [
        url
        for url in seen.requests
        if urlsplit(url).scheme in ("http", "https", "ws", "wss")
        and urlsplit(url).hostname not in ("127.0.0.1", "localhost")
    ]


SCREENS = {"desk": (1440, 900, "light"), "phone": (390, 844, "dark")}


@pytest.mark.parametrize("where", PAGES)
@pytest.mark.parametrize("screen", SCREENS)
def test_a_page_draws_and_complains_of_nothing(
    where: str, screen: str, demo: Demo, visit: Visiting
) -> None:
    width, height, theme = SCREENS[screen]
    seen = visit(width, height, color_scheme=theme)
    seen.go(f"{demo.url}/{where}")
    seen.page.get_by_text(PAGES[where]).first.wait_for(timeout=30_000)
    assert seen.page.locator('[data-testid="stException"]').count() == 0
    assert seen.errors == []
    assert strangers(seen) == []
    assert sideways(seen) <= 1


def sideways(seen: Visit) -> int:
    """Pixels by which the page is wider than its screen."""
    found = seen.page.evaluate(
        "() => { const main = document.querySelector('[data-testid=stMain]');"
        " return main.scrollWidth - main.clientWidth; }"
    )
    return int(found)


def test_the_planted_story_is_told_on_summary(demo: Demo, visit: Visiting) -> None:
    seen = visit()
    seen.go(demo.url)
    seen.page.get_by_text("Needs attention").wait_for()
    text = seen.text()
    assert re.search(r"6\d % done and late for \d+ \w+ 20\d\d", text)
    assert re.search(r"Agreement on intent is 7\d % in the last 14 days, −\d+ points", text)
    silent = re.search(r"Mutua Nzioka and Tymon Kalina .* nothing for (\d+) working days", text)
    assert silent is not None
    assert int(silent[1]) > 3, "the time itself, not the threshold"
    assert "points against before, clearly below its target of 85 %" in text
    assert "Otieno Barasa is more than 10 points under all together" in text
    assert re.search(r"Waiting for more labels: 2\d\d items", text)
    assert "Zawadi" not in text, "bad luck at n = 9 is no finding"


def test_the_range_survives_the_way_to_another_page(demo: Demo, visit: Visiting) -> None:
    seen = visit()
    seen.go(f"{demo.url}/progress?range=4+weeks")
    made = seen.page.locator('[data-testid="stMetric"]', has_text="Labels submitted")
    short = made.inner_text()
    seen.page.get_by_role("link", name="Agreement").click()
    seen.page.get_by_text(PAGES["agreement"]).wait_for(timeout=30_000)
    assert "range=4+weeks" in seen.page.url
    seen.go(f"{demo.url}/progress")
    assert made.inner_text() != short


def test_new_work_appears_on_an_open_page(demo: Demo, visit: Visiting) -> None:
    """Without a reload; the demo polls every 3 s, and the page looks every 4 s."""
    seen = visit()
    seen.go(f"{demo.url}/progress")
    made = seen.page.locator('[data-testid="stMetric"]', has_text="Labels submitted")
    first = made.inner_text()
    before = submitted(demo.home / "labelpulse.db")
    polled = wait_until(lambda: submitted(demo.home / "labelpulse.db") > before, 90)
    assert polled, "the collector found nothing new, though the team is at work"
    assert wait_until(lambda: made.inner_text() != first, 15)
    assert seen.errors == []


def submitted(warehouse: Path) -> int:
    """Submissions that the warehouse holds."""
    with sqlite3.connect(f"file:{warehouse}?mode=ro", uri=True) as db:
        found = db.execute("SELECT sum(n) FROM activity WHERE event = 1").fetchone()
    return int(found[0])


def test_a_second_demo_is_told_about_the_first(demo: Demo) -> None:
    other = start_demo(demo.home, free_port())
    _, said = other.communicate(timeout=60)
    assert other.returncode == 1
    assert "a demo already runs in" in said


def test_a_port_in_use_is_said(demo: Demo, tmp_path: Path) -> None:
    port = urlsplit(demo.url).port
    assert port is not None
    other = start_demo(tmp_path / "home", port)
    _, said = other.communicate(timeout=60)
    assert other.returncode == 1
    assert f"port {port} is in use" in said


def test_ctrl_c_stops_everything(tmp_path: Path, chromium: str) -> None:
    process = start_demo(tmp_path / "home", free_port(), "--days", "21")
    one = Demo(process, "", tmp_path / "home")
    try:
        wait_for(process, "The dashboard is at")
        children = one.children()
        assert len(children) == 2
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    finally:
        process.kill()
    assert [pid for pid in children if alive(pid)] == []


def alive(pid: int) -> bool:
    """True while a process of that id runs."""
    done = subprocess.run(["kill", "-0", str(pid)], capture_output=True, check=False)
    return done.returncode == 0
