"""An open page follows the data: tiles within seconds, charts untouched, memory flat."""

import gzip
import json
import sqlite3
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pytest
from playwright.sync_api import CDPSession, Page

from dashboard.asgi import HEADERS
from dashboard.selection import TICK_S
from labelpulse.demo.home import Home
from labelpulse.demo.live import LabelStudioTeam
from tests.browser.conftest import Demo, Visit, Visiting

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

FASTER = f"""
const real = window.setInterval;
window.setInterval = (call, ms, ...more) => real(call, ms === {TICK_S * 1000} ? 250 : ms, ...more);
"""
"""Makes the clock of live parts sixteen times as fast, in the browser alone."""

TICKS, SPELLS = 12, 7
GROWTH_A_TICK = 20_000
"""Bytes, where charts are drawn anew within the test; an hour has 1200 ticks."""

LOOKS, TABLE_A_TICK = 16, 10_000
"""Where they are not: 3 to 7 kB are seen while a page settles, 1 kB over 900 ticks."""


def test_new_work_appears_within_seconds_and_charts_stay(demo: Demo, visit: Visiting) -> None:
    """The demo polls every 3 s, and the page looks every 4 s."""
    seen, frames = visit(), list[bytes | str]()

    def heard(frame: bytes | str) -> None:
        frames.append(frame)

    seen.page.on("websocket", lambda one: one.on("framereceived", heard))
    seen.go(f"{demo.url}/progress?range=All")
    seen.page.evaluate(
        "document.querySelectorAll('[data-testid=stVegaLiteChart] svg')"
        ".forEach(one => { one.dataset.seen = 'true'; })"
    )
    charts = seen.page.locator("svg[data-seen]").count()
    assert charts > 4
    tile = seen.page.get_by_test_id("stMetric").filter(has_text="Labels submitted")
    first = number(tile.inner_text())
    frames.clear()
    made = submit(demo.home / "tickets.sqlite3")
    wanted, shown = max(made, first + 1), first
    for _ in range(15):
        seen.page.wait_for_timeout(1_000)
        shown = number(tile.inner_text())
        if shown >= wanted:
            break
    assert shown >= wanted, f"{first} at first, {made} in the source"
    assert seen.page.locator("svg[data-seen]").count() == charts
    assert frames
    assert not [one for one in frames if b"vega-lite" in (one if isinstance(one, bytes) else b"")]
    assert seen.errors == []


def number(tile: str) -> int:
    """The number on a tile: its second line."""
    return int(tile.splitlines()[-1].replace(",", "")) if tile else 0


def submit(database: Path) -> int:
    """Let the team submit at least once more, and return how many submissions there are."""
    team = LabelStudioTeam.of(database, Home(database.parent).read_truth())
    before = submissions(database)
    while submissions(database) <= before:
        team.step(datetime.now(UTC))
    return before + 1


def submissions(database: Path) -> int:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
        found = db.execute(
            "SELECT count(*) FROM task_completion WHERE project_id = 1 AND NOT was_cancelled"
        ).fetchone()
    return int(found[0])


def test_memory_is_flat_while_the_page_is_open(demo: Demo, visit: Visiting) -> None:
    seen = visit()
    devtools, sent = ticking(seen, f"{demo.url}/progress")
    grown, before, at = list[float](), heap(devtools), len(sent)
    for _ in range(SPELLS):
        until(seen.page, sent, at + TICKS)
        now, there = heap(devtools), len(sent)
        grown.append((now - before) / (there - at))
        before, at = now, there
    # what leaks grows in every spell; a cache that fills, or charts drawn anew, in some
    assert median(grown) < GROWTH_A_TICK, f"bytes a tick: {grown}"
    assert seen.errors == []


def test_memory_is_flat_while_a_table_is_open(demo: Demo, visit: Visiting) -> None:
    """Of several looks the least tells: what a garbage collection leaves is only ever too much."""
    seen = visit()
    devtools, sent = ticking(seen, f"{demo.url}/items")
    first, looks, held = len(sent), list[int](), list[int]()
    for _ in range(LOOKS):
        until(seen.page, sent, len(sent) + 6)
        looks.append(len(sent))
        held.append(heap(devtools))
    few = LOOKS // 3
    grown = (min(held[-few:]) - min(held[:few])) / (looks[-1] - looks[few - 1])
    assert grown < TABLE_A_TICK, f"bytes from tick {first} on: {held}"
    assert seen.errors == []


def ticking(seen: Visit, url: str) -> tuple[CDPSession, list[int]]:
    """Open a page whose live parts are in a hurry; return what weighs it, and what it asked."""
    sent = list[int]()
    seen.page.add_init_script(FASTER)
    seen.page.on("websocket", lambda one: one.on("framesent", lambda _frame: sent.append(1)))
    seen.go(url)
    devtools = seen.page.context.new_cdp_session(seen.page)
    devtools.send("Performance.enable")
    return devtools, sent


def until(page: Page, sent: list[int], count: int) -> None:
    """Wait until the page has asked so often."""
    for _ in range(600):
        if len(sent) >= count:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"the page asked {len(sent)} times only")


def heap(devtools: CDPSession) -> int:
    """Bytes that scripts hold after their garbage is gone."""
    devtools.send("HeapProfiler.collectGarbage")
    told = devtools.send("Performance.getMetrics")["metrics"]
    return next(int(one["value"]) for one in told if one["name"] == "JSHeapUsedSize")


def test_answers_are_compressed_and_have_security_headers(demo: Demo, visit: Visiting) -> None:
    seen = visit()
    seen.go(demo.url)
    script = next(one for one in seen.requests if "/static/js/index." in one)
    for url in (demo.url, script):
        asked = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(asked) as answer:
            told, body = dict(answer.headers.items()), answer.read()
        lower = {name.lower(): value for name, value in told.items()}
        assert HEADERS.items() <= lower.items(), url
        assert lower["content-encoding"] == "gzip", url
        assert len(gzip.decompress(body)) > len(body)
    with urllib.request.urlopen(f"{demo.url}/api/ready") as answer:
        assert json.load(answer) == {"ready": True}
