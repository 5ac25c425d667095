"""Pages in a real browser, against a page of one number served by the same Streamlit.

Both servers run at once and take turns. A first number is the first tile; a full page has an idle
script and all its charts drawn; a filter change is another range of days, until the last change of
the page before it stays still.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

from labelpulse.config import load_settings
from tests.bench.measure import Row, time_text
from tests.support.availability import find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROUNDS = 3
IDLE_S = 20
PLAIN = """\
import streamlit as st
n = st.selectbox("Days", ["7 days", "4 weeks"], key="range")
st.metric("One", len(n))
"""
_IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
_NUMBER = ", ".join(
    f'[data-testid="{kind}"]' for kind in ("stMetricValue", "stDataFrame", "stExpander")
)
"""What a page shows first: a tile, a table, or parts to open."""

_DRAWN = """() => [...document.querySelectorAll('[data-testid=stVegaLiteChart]')]
    .every(one => one.querySelector('svg, canvas'))"""
_REDRAWN = """option => new Promise(done => {
    const began = performance.now()
    let last = began, ran = false
    new MutationObserver(changes => {
        last = performance.now()
        ran ||= changes.some(one => one.attributeName === 'data-test-script-state')
    }).observe(document.body, {
        subtree: true, childList: true, attributes: true, characterData: true
    })
    option.click()
    const quiet = () => {
        const idle = document.querySelector('[data-test-script-state="notRunning"]')
        const late = performance.now() - began > 2000  // it ran between two looks
        if ((ran || late) && idle && performance.now() - last > 250) done(last - began)
        else setTimeout(quiet, 20)
    }
    quiet()
})"""
"""Milliseconds from a click to the last change of the page, which then stays still."""

_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@dataclass
class Load:
    """One cold load: seconds to the first number, the full page and the next range of days.

    Attributes:
        http, script, socket: bytes over the wire, those of scripts, and of the web socket.
    """

    first: float = 0.0
    full: float = 0.0
    change: float = 0.0
    http: int = 0
    script: int = 0
    socket: int = 0


@dataclass
class Served:
    """An app in a process of its own."""

    process: subprocess.Popen[bytes]
    url: str
    loads: dict[str, list[Load]] = field(default_factory=dict)

    def cpu(self) -> float:
        """Seconds of a core that the process has used."""
        told = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(argv: list[str], env: dict[str, str], cwd: Path, port: int) -> Iterator[Served]:
    """Serve an app until the end."""
    process = subprocess.Popen(argv, env=env, cwd=cwd, stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        yield Served(process, f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(30)


def _wait(port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError("the app did not start")


def measure(folder: Path, url: str) -> tuple[list[Row], list[Row]]:
    """Return the lines of two tables: times as ratios, and bytes of each page."""
    from playwright.sync_api import sync_playwright

    with (
        _ours(folder, url) as ours,
        _plain(folder) as plain,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=find_chromium(),
            args=["--no-sandbox", "--disable-background-networking"],
        )
        pages = _menu(browser, ours)
        for page in pages:  # the first load of a server fills its caches
            _load(browser, ours, page)
        _load(browser, plain, "")
        for _ in range(ROUNDS):
            plain.loads.setdefault("", []).append(_load(browser, plain, ""))
            for page in pages:
                ours.loads.setdefault(page, []).append(_load(browser, ours, page))
        idle = _idle(browser, ours)
        browser.close()
    return _times(ours, plain, idle), _weights(ours, plain)


@contextmanager
def _ours(folder: Path, url: str) -> Iterator[Served]:
    from dashboard.server import launch

    config = folder / "labelpulse.toml"
    config.write_text(f'[warehouse]\nurl = "{url}"\n')
    port = free_port()
    app = launch(load_settings(config), port)
    with serving(list(app.argv), dict(app.env), app.cwd, port) as served:
        yield served


@contextmanager
def _plain(folder: Path) -> Iterator[Served]:
    script, port = folder / "plain.py", free_port()
    script.write_text(PLAIN)
    argv = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}"]
    argv += ["--server.address=127.0.0.1", "--server.headless=true", "--logger.level=error"]
    argv += ["--server.fileWatcherType=none", "--browser.gatherUsageStats=false"]
    with serving(argv, dict(os.environ), folder, port) as served:
        yield served


def _menu(browser: "Browser", served: Served) -> list[str]:
    """Return the pages that the project can fill, as the menu links them."""
    page = browser.new_page()
    page.goto(served.url)
    links = page.locator('[data-testid="stSidebarNavLink"]')
    links.first.wait_for(timeout=60_000)
    found = [str(one.get_attribute("href")).rsplit("/", 1)[-1] for one in links.all()]
    page.close()
    return found


def _load(browser: "Browser", served: Served, path: str) -> Load:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page, found = context.new_page(), Load()
    _count(page, found)
    began = time.perf_counter()
    page.goto(f"{served.url}/{path}", wait_until="commit")
    page.locator(_NUMBER).first.wait_for(timeout=60_000)
    found.first = time.perf_counter() - began
    found.full = _settle(page) - began
    found.change = _change(page)
    context.close()
    return found


def _settle(page: "Page") -> float:
    """Wait until a page is idle with all its charts drawn, and stays so; return since when."""
    drawn, settled = -1, 0.0
    while True:
        page.locator(_IDLE).wait_for(timeout=60_000)
        page.wait_for_function(_DRAWN, timeout=60_000)
        page.evaluate(_FRAMES)
        since, before = time.perf_counter(), drawn
        drawn = page.locator("[data-testid=stVegaLiteChart]").count()
        if drawn == before:
            return settled
        settled = since
        page.wait_for_timeout(200)


def _change(page: "Page") -> float:
    """Return the seconds from choosing other days to the page redrawn; 0 = it has no choice."""
    chooser = page.locator('.st-key-range [data-testid="stSelectbox"] input').first
    if not chooser.count():
        return 0.0
    chooser.click()
    option = page.get_by_role("option", name="4 weeks")
    option.wait_for(timeout=10_000)
    page.wait_for_timeout(300)  # the list has opened
    return float(option.evaluate(_REDRAWN)) / 1000


def _count(page: "Page", found: Load) -> None:
    """Count the bytes that come in, as they are on the wire."""
    wire = page.context.new_cdp_session(page)
    scripts = set()

    def answered(event: dict[str, Any]) -> None:
        if event["response"]["url"].split("?")[0].endswith(".js"):
            scripts.add(event["requestId"])

    def finished(event: dict[str, Any]) -> None:
        size = int(event["encodedDataLength"])
        found.http += size
        found.script += size * (event["requestId"] in scripts)

    def framed(event: dict[str, Any]) -> None:
        found.socket += len(event["response"]["payloadData"]) * 3 // 4  # told as base64

    wire.on("Network.responseReceived", answered)
    wire.on("Network.loadingFinished", finished)
    wire.on("Network.webSocketFrameReceived", framed)
    wire.send("Network.enable")


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _idle(browser: "Browser", served: Served) -> float:
    """Return the part of a core that the server uses for one open page with nothing new."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(served.url)
    _settle(page)
    time.sleep(3)
    before = served.cpu()
    time.sleep(IDLE_S)
    used = (served.cpu() - before) / IDLE_S
    context.close()
    return used


def _times(ours: Served, plain: Served, idle: float) -> list[Row]:
    base = _middle(plain.loads[""])
    rows = []
    for page, loads in ours.loads.items():
        one = _middle(loads)
        for what, mine, theirs in (
            ("first number", one.first, base.first),
            ("full page", one.full, base.full),
            ("other days", one.change, base.change),
        ):
            if mine:
                ratio = f"{mine / theirs:.2f} x"
                name = f"{page or 'summary'}, {what}"
                rows.append(Row(name, "", time_text(mine), "one number", time_text(theirs), ratio))
    rows.append(Row("idle open page", "", f"{100 * idle:.2f} %", "of a core", "", ""))
    return rows


def _middle(loads: list[Load]) -> Load:
    return Load(*(median(getattr(one, name) for one in loads) for name in Load.__annotations__))


def _weights(ours: Served, plain: Served) -> list[Row]:
    base = _middle(plain.loads[""])
    rows = []
    for page, loads in ours.loads.items():
        one = _middle(loads)
        sizes = f"{_kb(one.http)} http, {_kb(one.script)} of it scripts, {_kb(one.socket)} socket"
        ratio = f"{one.http / base.http:.2f} x"
        rows.append(Row(page or "summary", "", sizes, "one number", _kb(base.http), ratio))
    return rows


def _kb(size: float) -> str:
    return f"{size / 1000:,.0f} kB"
