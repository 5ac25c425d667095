"""The real demo, with its collector and its team at work, and a browser to look at it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

PROBES = ("/_stcore/health", "/_stcore/host-config")
"""Streamlit asks for these below every page and is told 404 there; that is its own business."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Demo:
    """A running `labelpulse demo`."""

    process: subprocess.Popen[str]
    url: str
    home: Path

    def children(self) -> list[int]:
        """Process ids of the demo's children."""
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in found.split()]


def start_demo(home: Path, port: int, *options: str) -> subprocess.Popen[str]:
    """Start `labelpulse demo` as a user does, without a browser."""
    env = {**os.environ, "XDG_STATE_HOME": str(home.parent / "state")}
    command = [sys.executable, "-m", "labelpulse.cli.main", "demo", "--no-browser"]
    return subprocess.Popen(
        [*command, "--home", str(home), "--port", str(port), *options],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env=env,
    )


def wait_for(process: subprocess.Popen[str], words: str) -> None:
    """Read what the demo says until it says these words."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if words in line:
            return
    pytest.fail(f"the demo never said {words!r}: {''.join(said)}")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Demo]:
    """A demo of 90 days; afterwards SIGTERM must end it and its children."""
    home = tmp_path_factory.mktemp("demo") / "home"
    port = free_port()
    process = start_demo(home, port)
    try:
        wait_for(process, "The dashboard is at")
        yield Demo(process, f"http://127.0.0.1:{port}", home)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(60) == 0
        finally:
            process.kill()


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for all tests."""
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-background-networking"]
        found = playwright.chromium.launch(executable_path=chromium, args=options)
        yield found
        found.close()


@dataclass
class Visit:
    """A page that is watched: what it asked for, and what its console complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def go(self, url: str) -> None:
        """Open an address, and wait until the app has drawn and is idle."""
        self.page.goto(url)
        self.settle()

    def settle(self) -> None:
        """Wait until the script has run, its charts are there, and nothing more comes."""
        drawn = -1
        while (now := self._drawn()) != drawn:
            drawn = now
            self.page.wait_for_timeout(200)  # a page is idle for a moment before its script runs

    def _drawn(self) -> int:
        """Wait until the page is idle, and return how many elements it has."""
        self.page.wait_for_selector('[data-testid="stHeading"]', timeout=45_000)
        self.page.wait_for_selector(
            '[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=45_000
        )
        self.page.wait_for_function(
            "() => [...document.querySelectorAll('[data-testid=stVegaLiteChart]')]"
            ".every(one => one.querySelector('svg, canvas'))",
            timeout=30_000,
        )
        return int(self.page.evaluate("document.querySelectorAll('*').length"))

    def address(self) -> str:
        """The address as the page has it now: Playwright learns of a change only later."""
        return str(self.page.evaluate("location.href"))

    def text(self) -> str:
        """Everything that is to be read on the page."""
        return self.page.inner_text('[data-testid="stMain"]').replace("\N{NO-BREAK SPACE}", " ")


Visiting = Callable[..., Visit]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visiting]:
    """Opens watched pages: `visit(width=390, color_scheme="dark")`."""
    contexts = []

    def opened(width: int = 1440, height: int = 900, **more: str) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            timezone_id="America/Los_Angeles",
            **more,  # type: ignore[arg-type]
        )
        contexts.append(context)
        seen = Visit(context.new_page())
        seen.page.on("request", lambda request: _asked(seen, request))
        seen.page.on("console", lambda message: _said(seen, message))
        seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
        return seen

    yield opened
    for context in contexts:
        context.close()


def _asked(seen: Visit, request: Request) -> None:
    seen.requests.append(request.url)


def _said(seen: Visit, message: ConsoleMessage) -> None:
    probe = any(message.location.get("url", "").endswith(path) for path in PROBES)
    if message.type in ("error", "warning") and not probe:
        seen.errors.append(f"{message.type}: {message.text} ({message.location.get('url')})")


def wait_until(true: Callable[[], bool], seconds: float) -> bool:
    """Ask again and again until something is true or the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.25)
    return False
