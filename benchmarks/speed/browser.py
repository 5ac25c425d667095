"""Compare our pages in a real browser with plain Streamlit pages of one number and of like parts.

All are served by the same Streamlit and take turns. Times come from the clock of the browser:
"first number" ends when a number is painted; "full page" ends when the script is idle, all charts
are drawn and nothing changes any more; "other days" is the same, measured from the click.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.speed import reference_pages
from benchmarks.speed.measurement import Row, time_text
from labelpulse.config import load_settings
from tests.support.app_process import Served, free_port, serving
from tests.support.availability import find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROUNDS = 3
IDLE_S = 120
"""Long enough to include work that is done once a minute."""

_NUMBER = ", ".join(
    f'[data-testid="{kind}"]' for kind in ("stMetricValue", "stDataFrame", "stExpander")
)
"""The first content of a page: a tile, a table or an expander."""

_WATCH = f"""(() => {{
    const seen = window.seen = {{first: 0, last: 0, ran: 0}}
    const painted = new MessageChannel()
    painted.port1.onmessage = () => {{ seen.first = performance.now() }}
    new MutationObserver(changes => {{
        seen.last = performance.now()
        if (changes.some(one => one.attributeName === 'data-test-script-state'))
            seen.ran = seen.last
        if (!seen.found && document.querySelector('{_NUMBER}')) {{
            seen.found = true
            requestAnimationFrame(() => painted.port2.postMessage(0))  // comes after the paint
        }}
    }}).observe(document, {{
        subtree: true, childList: true, attributes: true, characterData: true
    }})
}})()"""
"""Runs before the page and records the first painted number and the last change."""

_STILL = """from => new Promise((done, fail) => {
    const charts = () => [...document.querySelectorAll('[data-testid=stVegaLiteChart]')]
    const look = () => {
        const now = performance.now(), seen = window.seen
        const ran = seen.ran > from || now - from > 2000  // it ran between two looks
        const idle = document.querySelector('[data-test-script-state="notRunning"]')
        const waits = document.querySelector('[data-testid="stSkeleton"]')
        const drawn = !waits && charts().every(one => one.querySelector('svg, canvas'))
        if (seen.first && ran && idle && drawn && now - seen.last > 250) done(seen.last)
        else if (now - from > 60000) fail(new Error('the page never stayed still'))
        else setTimeout(look, 20)
    }
    look()
})"""
"""Resolves to the time of the last change, once the script has run and the page is still."""

_CLICKED = f"""option => {{
    const from = performance.now()
    option.click()
    return ({_STILL})(from).then(last => last - from)
}}"""


@dataclass
class Load:
    """One cold load: seconds to the first number, to the full page and to another date range.

    Attributes:
        http, script, socket: bytes over the wire, those of scripts, and of the web socket.
        parts: number of elements by kind.
    """

    first: float = 0.0
    full: float = 0.0
    change: float = 0.0
    http: int = 0
    script: int = 0
    socket: int = 0
    parts: dict[str, int] = field(default_factory=dict)


@dataclass
class Comparison:
    """Loads of a page and of its reference page, in the same rounds."""

    ours: list[Load] = field(default_factory=list)
    reference: list[Load] = field(default_factory=list)


def measure(folder: Path, url: str) -> tuple[list[Row], list[Row]]:
    """Measure all pages and return the rows of two tables: times, and bytes of each page."""
    from playwright.sync_api import sync_playwright

    with (
        dashboard(folder, url) as ours,
        script(folder, "one_number.py", reference_pages.ONE_NUMBER) as plain,
        script(folder, "parts.py", reference_pages.PARTS) as reference,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=find_chromium(),
            args=["--no-sandbox", "--disable-background-networking"],
        )
        pages = menu(browser, ours)
        # the first load of a server fills its caches
        shown = {page: load(browser, ours, page).parts for page in pages}
        load(browser, plain, "")
        baseline, measured = list[Load](), {page: Comparison() for page in pages}
        for _ in range(ROUNDS):
            baseline.append(load(browser, plain, ""))
            for page, loads in measured.items():
                loads.ours.append(load(browser, ours, page))
                loads.reference.append(_load_reference(browser, reference, shown[page]))
        idle = _idle(browser, ours)
        browser.close()
    return _times(measured, _middle(baseline), idle), _weights(measured, _middle(baseline))


@contextmanager
def dashboard(folder: Path, url: str) -> Iterator[Served]:
    """Serve the dashboard over a warehouse."""
    from dashboard.server import launch

    config = folder / "labelpulse.toml"
    config.write_text(f'[warehouse]\nurl = "{url}"\n')
    port = free_port()
    app = launch(load_settings(config).with_dashboard(port=port))
    with serving(list(app.argv), dict(app.env), app.cwd, port) as served:
        yield served


@contextmanager
def script(folder: Path, name: str, text: str) -> Iterator[Served]:
    """Serve a page from the text of its script."""
    file, port = folder / name, free_port()
    file.write_text(text)
    argv = [sys.executable, "-m", "streamlit", "run", str(file), f"--server.port={port}"]
    argv += ["--server.address=127.0.0.1", "--server.headless=true", "--logger.level=error"]
    argv += ["--server.fileWatcherType=none", "--browser.gatherUsageStats=false"]
    with serving(argv, dict(os.environ), folder, port) as served:
        yield served


def menu(browser: "Browser", served: Served) -> list[str]:
    """Return the paths of the pages in the navigation menu."""
    page = browser.new_page()
    page.goto(served.url)
    links = page.locator('[data-testid="stSidebarNavLink"]')
    links.first.wait_for(timeout=60_000)
    paths = [str(link.get_attribute("href")).rsplit("/", 1)[-1] for link in links.all()]
    page.close()
    return paths


def load(browser: "Browser", served: Served, path: str) -> Load:
    """Load a page without a browser cache, then choose another date range."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page, result = context.new_page(), Load()
    page.add_init_script(_WATCH)
    _count(page, result)
    page.goto(f"{served.url}/{path}", wait_until="commit")
    result.full = float(page.evaluate(_STILL, 0)) / 1000
    result.first = float(page.evaluate("window.seen.first")) / 1000
    result.parts = reference_pages.parts(page)
    result.change = _change(page)
    context.close()
    return result


def _load_reference(browser: "Browser", served: Served, shown: dict[str, int]) -> Load:
    """Load the reference page and check that it has as many elements as ours."""
    result = load(browser, served, reference_pages.address(shown))
    if result.parts != shown:
        raise ValueError(f"{result.parts} was drawn for {shown}")
    return result


def _change(page: "Page") -> float:
    """Return the seconds from choosing a date range to the redrawn page; 0 without a chooser."""
    chooser = page.locator('.st-key-range [data-testid="stSelectbox"] input').first
    if not chooser.count():
        return 0.0
    chooser.click()
    option = page.get_by_role("option", name="4 weeks")
    option.wait_for(timeout=10_000)
    page.wait_for_timeout(300)  # the list has opened
    return float(option.evaluate(_CLICKED)) / 1000


def _count(page: "Page", result: Load) -> None:
    """Count the bytes that the page receives."""
    wire = page.context.new_cdp_session(page)
    scripts = set()

    def answered(event: dict[str, Any]) -> None:
        if event["response"]["url"].split("?")[0].endswith(".js"):
            scripts.add(event["requestId"])

    def finished(event: dict[str, Any]) -> None:
        size = int(event["encodedDataLength"])
        result.http += size
        result.script += size * (event["requestId"] in scripts)

    def framed(event: dict[str, Any]) -> None:
        result.socket += len(event["response"]["payloadData"]) * 3 // 4  # told as base64

    wire.on("Network.responseReceived", answered)
    wire.on("Network.loadingFinished", finished)
    wire.on("Network.webSocketFrameReceived", framed)
    wire.send("Network.enable")


def _idle(browser: "Browser", served: Served) -> float:
    """Return the share of a core that the server uses for one idle open page."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(_WATCH)
    page.goto(served.url)
    page.evaluate(_STILL, 0)
    time.sleep(3)
    before = served.cpu()
    time.sleep(IDLE_S)
    used = (served.cpu() - before) / IDLE_S
    context.close()
    return used


def _times(measured: dict[str, Comparison], baseline: Load, idle: float) -> list[Row]:
    rows = []
    for page, loads in measured.items():
        ours, reference = _middle(loads.ours), _middle(loads.reference)
        for what, name in (
            ("first number", "first"),
            ("full page", "full"),
            ("other days", "change"),
        ):
            mine, theirs = getattr(ours, name), getattr(reference, name)
            if mine:
                title = f"{page or 'summary'}, {what}"
                rows.append(_against(title, mine, "one number", getattr(baseline, name)))
                rows.append(_against("", mine, "as many parts", theirs))
    rows.append(Row("idle open page", "", f"{100 * idle:.2f} %", "of a core", "", ""))
    return rows


def _against(title: str, mine: float, against: str, theirs: float) -> Row:
    return Row(title, "", time_text(mine), against, time_text(theirs), f"{mine / theirs:.2f} x")


def _middle(loads: list[Load]) -> Load:
    numbers = [name for name in Load.__annotations__ if name != "parts"]
    return Load(*(median(getattr(load, name) for load in loads) for name in numbers))


def _weights(measured: dict[str, Comparison], baseline: Load) -> list[Row]:
    rows = []
    for page, loads in measured.items():
        load = _middle(loads.ours)
        sizes = (
            f"{_kb(load.http)} http, {_kb(load.script)} of it scripts, {_kb(load.socket)} socket"
        )
        ratio = f"{load.http / baseline.http:.2f} x"
        rows.append(Row(page or "summary", "", sizes, "one number", _kb(baseline.http), ratio))
    return rows


def _kb(size: float) -> str:
    return f"{size / 1000:,.0f} kB"
