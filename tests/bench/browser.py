"""Pages in a real browser, against Streamlit itself: a page of one number, and one of our parts.

All are served at once by the same Streamlit and take turns. A page's own clock tells: of a first
number, when it is painted; of a full page, when the script is idle, all charts are drawn and the
last change stays still; of other days, the same from the click on.
"""

import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.bench import bare
from tests.bench.measure import Row, time_text
from tests.bench.served import Served, dashboard, script
from tests.support.availability import find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROUNDS = 3
IDLE_S = 120
"""What is judged once a minute and drawn once in five counts with its share."""

_NUMBER = ", ".join(
    f'[data-testid="{kind}"]' for kind in ("stMetricValue", "stDataFrame", "stExpander")
)
"""What a page shows first: a tile, a table, or parts to open."""

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
"""Runs before the page: notes when a first number was painted, and when anything changed last."""

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
"""The time of a page's last change, when it has run since a time and then stays still."""

_CLICKED = f"""option => {{
    const from = performance.now()
    option.click()
    return ({_STILL})(from).then(last => last - from)
}}"""


@dataclass
class Load:
    """One cold load: seconds to the first number, the full page and the next range of days.

    Attributes:
        http, script, socket: bytes over the wire, those of scripts, and of the web socket.
        parts: how many of each the page shows.
    """

    first: float = 0.0
    full: float = 0.0
    change: float = 0.0
    http: int = 0
    script: int = 0
    socket: int = 0
    parts: dict[str, int] = field(default_factory=dict)


@dataclass
class Measured:
    """Loads of a page, and of what it is set against, in the same rounds."""

    ours: list[Load] = field(default_factory=list)
    alike: list[Load] = field(default_factory=list)


def measure(folder: Path, url: str) -> tuple[list[Row], list[Row]]:
    """Return the lines of two tables: times as ratios, and bytes of each page."""
    from playwright.sync_api import sync_playwright

    with (
        dashboard(folder, url) as ours,
        script(folder, "one_number.py", bare.ONE_NUMBER) as plain,
        script(folder, "parts.py", bare.PARTS) as alike,
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
        least, found = list[Load](), {page: Measured() for page in pages}
        for _ in range(ROUNDS):
            least.append(load(browser, plain, ""))
            for page, one in found.items():
                one.ours.append(load(browser, ours, page))
                one.alike.append(_alike(browser, alike, shown[page]))
        idle = _idle(browser, ours)
        browser.close()
    return _times(found, _middle(least), idle), _weights(found, _middle(least))


def menu(browser: "Browser", served: Served) -> list[str]:
    """Return the pages that the project can fill, as the menu links them."""
    page = browser.new_page()
    page.goto(served.url)
    links = page.locator('[data-testid="stSidebarNavLink"]')
    links.first.wait_for(timeout=60_000)
    found = [str(one.get_attribute("href")).rsplit("/", 1)[-1] for one in links.all()]
    page.close()
    return found


def load(browser: "Browser", served: Served, path: str) -> Load:
    """Load a page as somebody does who was never there, and choose other days."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page, found = context.new_page(), Load()
    page.add_init_script(_WATCH)
    _count(page, found)
    page.goto(f"{served.url}/{path}", wait_until="commit")
    found.full = float(page.evaluate(_STILL, 0)) / 1000
    found.first = float(page.evaluate("window.seen.first")) / 1000
    found.parts = bare.parts(page)
    found.change = _change(page)
    context.close()
    return found


def _alike(browser: "Browser", served: Served, shown: dict[str, int]) -> Load:
    """Load the page of so many parts; what is set against ours has as many."""
    found = load(browser, served, bare.address(shown))
    if found.parts != shown:
        raise ValueError(f"{found.parts} was drawn for {shown}")
    return found


def _change(page: "Page") -> float:
    """Return the seconds from choosing other days to the page redrawn; 0 = it has no choice."""
    chooser = page.locator('.st-key-range [data-testid="stSelectbox"] input').first
    if not chooser.count():
        return 0.0
    chooser.click()
    option = page.get_by_role("option", name="4 weeks")
    option.wait_for(timeout=10_000)
    page.wait_for_timeout(300)  # the list has opened
    return float(option.evaluate(_CLICKED)) / 1000


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


def _idle(browser: "Browser", served: Served) -> float:
    """Return the part of a core that the server uses for one open page with nothing new."""
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


def _times(found: dict[str, Measured], least: Load, idle: float) -> list[Row]:
    rows = []
    for page, one in found.items():
        ours, alike = _middle(one.ours), _middle(one.alike)
        for what, name in (
            ("first number", "first"),
            ("full page", "full"),
            ("other days", "change"),
        ):
            mine, theirs = getattr(ours, name), getattr(alike, name)
            if mine:
                title = f"{page or 'summary'}, {what}"
                rows.append(_against(title, mine, "one number", getattr(least, name)))
                rows.append(_against("", mine, "as many parts", theirs))
    rows.append(Row("idle open page", "", f"{100 * idle:.2f} %", "of a core", "", ""))
    return rows


def _against(title: str, mine: float, name: str, theirs: float) -> Row:
    return Row(title, "", time_text(mine), name, time_text(theirs), f"{mine / theirs:.2f} x")


def _middle(loads: list[Load]) -> Load:
    numbers = [name for name in Load.__annotations__ if name != "parts"]
    return Load(*(median(getattr(one, name) for one in loads) for name in numbers))


def _weights(found: dict[str, Measured], least: Load) -> list[Row]:
    rows = []
    for page, measured in found.items():
        one = _middle(measured.ours)
        sizes = f"{_kb(one.http)} http, {_kb(one.script)} of it scripts, {_kb(one.socket)} socket"
        ratio = f"{one.http / least.http:.2f} x"
        rows.append(Row(page or "summary", "", sizes, "one number", _kb(least.http), ratio))
    return rows


def _kb(size: float) -> str:
    return f"{size / 1000:,.0f} kB"
