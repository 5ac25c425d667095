"""The dashboard behind a real nginx with TLS, configured as the guide says."""

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from dashboard.server import launch
from labelpulse.config import load_settings
from tests.browser.conftest import Visit, free_port
from tests.dashboard.conftest import load_csv, single_labels
from tests.support.app_process import serving
from tests.support.availability import missing
from tests.support.certificates import certificate

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

HOST = "labels.example.org"
GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "behind-a-proxy.md"


@dataclass
class Proxied:
    """A dashboard and the proxy in front of it."""

    public_url: str
    direct_url: str


def guide_block(folder: Path, upstream: int, port: int, path: str) -> str:
    """Return the nginx server of the guide, with ports, certificate and path of this test."""
    block: str
    (block,) = re.findall(r"```nginx\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    changes = {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "/etc/ssl/labels.example.org.pem": f"{folder}/cert.pem",
        "/etc/ssl/labels.example.org.key": f"{folder}/key.pem",
        "127.0.0.1:8501": f"127.0.0.1:{upstream}",
        "location /pulse/": f"location {path}/",
    }
    for old, new in changes.items():
        assert old in block, f"the guide no longer has {old!r}"
        block = block.replace(old, new)
    return block


def nginx_config(folder: Path, server: str) -> Path:
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; {temporary}\n{server} }}\n"
    )
    return file


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        assert process.poll() is None, "nginx did not start"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("nginx does not listen")


@pytest.fixture(scope="module", params=["", "/pulse"], ids=["root", "path"])
def proxied(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxied]:
    """A dashboard with a public URL, behind nginx, at the root and under a path."""
    program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if program is None:
        missing("nginx", "Install it (Debian: apt-get install nginx-light).")
    folder = tmp_path_factory.mktemp("proxy")
    folder.parent.chmod(0o755)
    certificate(folder, f"DNS:{HOST}")
    upstream, port = free_port(), free_port()
    public_url = f"https://{HOST}:{port}{request.param}"
    config = load_csv(folder, single_labels(), "Reviews")
    settings = load_settings(config).with_dashboard(port=upstream, public_url=public_url)
    file = nginx_config(folder, guide_block(folder, upstream, port, request.param))
    app = launch(settings)
    probe = f"http://127.0.0.1:{upstream}{request.param}"
    with serving(list(app.argv), dict(app.env), app.cwd, upstream, request.param):
        process = subprocess.Popen([program, "-e", "stderr", "-p", folder, "-c", file])
        try:
            wait_for_port(port, process)
            yield Proxied(public_url, probe)
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="module")
def resolving_browser(chromium: str, browser: Browser) -> Iterator[Browser]:
    """A browser that finds the example host on this machine.

    Playwright allows one running instance a thread, so that it is started by the same driver.
    """
    found = browser.browser_type.launch(
        executable_path=chromium,
        args=[
            "--no-sandbox",
            "--disable-background-networking",
            f"--host-resolver-rules=MAP {HOST} 127.0.0.1",
        ],
    )
    yield found
    found.close()


@pytest.fixture
def opened(proxied: Proxied, resolving_browser: Browser) -> Iterator[Visit]:
    """The page Progress, opened through the proxy."""
    context = resolving_browser.new_context(
        ignore_https_errors=True, viewport={"width": 1440, "height": 900}
    )
    visit = Visit(context.new_page())
    visit.page.on("request", lambda request: visit.requests.append(request.url))
    visit.go(f"{proxied.public_url}/progress")
    yield visit
    context.close()


def test_a_page_and_a_rerun_load_through_the_proxy(proxied: Proxied, opened: Visit) -> None:
    assert "Reviews" in opened.page.inner_text("body")
    opened.page.get_by_test_id("stSelectbox").last.click()
    opened.page.get_by_role("option", name="7 days", exact=True).click()
    opened.settle()
    assert "range=7" in opened.address(), "the rerun writes the choice into the address"
    assert opened.address().startswith(f"{proxied.public_url}/progress")


def test_everything_is_asked_of_the_public_address(proxied: Proxied, opened: Visit) -> None:
    base = urlsplit(proxied.public_url)
    for url in opened.requests:
        parts = urlsplit(url)
        if parts.scheme in ("https", "wss"):
            assert parts.netloc == base.netloc
            assert parts.path.startswith(base.path)
        else:
            assert parts.scheme in ("data", "blob")


def test_pages_link_within_the_path(proxied: Proxied, opened: Visit) -> None:
    opened.page.get_by_role("link", name="Summary").first.click()
    opened.settle()
    assert opened.address().startswith(f"{proxied.public_url}/")
    wall = opened.page.get_by_role("link", name="Show on a wall").get_attribute("href")
    assert wall is not None
    assert wall.startswith(f"{urlsplit(proxied.public_url).path}/?")


def test_names_are_hidden_from_people_behind_the_proxy(opened: Visit) -> None:
    assert opened.page.get_by_text("Names", exact=True).count() == 0


def test_another_host_is_refused_with_a_sentence(
    proxied: Proxied, resolving_browser: Browser
) -> None:
    context = resolving_browser.new_context()
    answer = context.request.get(
        proxied.direct_url, headers={"Host": "other.example.org"}, max_redirects=0
    )
    assert answer.status == 400
    assert "set public_url under [dashboard]" in answer.text()
    context.close()


def test_probes_find_it_ready_under_the_path(proxied: Proxied, resolving_browser: Browser) -> None:
    context = resolving_browser.new_context()
    assert context.request.get(f"{proxied.direct_url}/api/ready").json() == {"ready": True}
    context.close()
