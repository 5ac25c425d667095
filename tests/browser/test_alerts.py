"""Alerts in a real browser: what was pending fires on an open page, and is looked after."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator

from dashboard.server import launch
from labelpulse.alerts.looking import machine_json
from labelpulse.alerts.machine import Machine
from labelpulse.alerts.rules import Subject, definition
from labelpulse.config import load_settings
from labelpulse.reader.alerts import incidents
from labelpulse.warehouse.alerts import AlertBook, Opening, StateRow, cycles
from labelpulse.warehouse.engine import connect, snapshot
from tests.browser.conftest import Visit, Visiting, free_port
from tests.dashboard.conftest import load_csv, single_labels
from tests.support.app_process import serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

RULE = """
[[alerts]]
name = "many skips"
metric = "skip_rate"
by = ["project"]
above = 0.1
for = 2
"""
OF = Subject((("project", "Reviews"),), "Reviews")


@dataclass
class Site:
    """A dashboard on a warehouse whose alerts a test moves as the collector would."""

    url: str
    book: AlertBook
    definition: str

    def pend(self) -> None:
        """Let the subject be beyond its line for one of two days."""
        closed = machine_json(Machine("pending", 1, since=739_580, day=739_580))
        self._keep("pending", 739_580, closed)

    def fire(self) -> None:
        """Let the second day come in."""
        fired = Machine("firing", 2, since=739_580, fired=739_581, last=739_581, day=739_581)
        self._keep("firing", 739_581, machine_json(fired))
        said = {"title": "Skips are 14 %, above 10 %"}
        days = {"since_day": 739_580, "fired_day": 739_581, "early": False}
        with self.book.cycle(self._seen()) as cycle:
            cycle.open(
                Opening(
                    rule="many skips",
                    subject=OF.digest,
                    keys=OF.document(),
                    project_id=1,
                    severity="warning",
                    level="warning",
                    state="firing",
                    evidence=said,
                    **days,  # type: ignore[arg-type]
                )
            )

    def _keep(self, status: str, day: int, closed: str) -> None:
        row = (
            "many skips",
            OF.digest,
            OF.document(),
            1,
            self.definition,
            status,
            day,
            closed,
            "{}",
        )
        with self.book.cycle(self._seen()) as cycle:
            cycle.keep([StateRow(*row)])

    def _seen(self) -> int:
        with snapshot(self.book.engine) as conn:
            return cycles(conn)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Site]:
    """A project of single labels with one rule, and its dashboard on this machine."""
    folder = tmp_path_factory.mktemp("alerts")
    config = load_csv(folder, single_labels(10), "Reviews")
    config.write_text(config.read_text() + RULE)
    port = free_port()
    settings = load_settings(config).with_dashboard(port=port)
    app = launch(settings)
    state = {**os.environ, **dict(app.env), "XDG_STATE_HOME": str(folder / "state")}
    with serving(list(app.argv), state, app.cwd, port) as served:
        book = AlertBook(connect(settings.database.get_secret_value()))
        yield Site(served.url, book, definition(settings.alerts[0]))


def button(seen: Visit, name: str) -> Locator:
    return seen.page.get_by_role("button", name=name, exact=True)


def test_what_is_pending_begins_to_fire_on_an_open_page_and_is_acknowledged(
    site: Site, visit: Visiting
) -> None:
    site.pend()
    seen = visit()
    seen.go(f"{site.url}/alerts")
    assert "1 of 2 days beyond its line" in seen.text()
    assert "Nothing fires" in seen.text()
    seen.page.evaluate("document.body.dataset.same = 'page'")
    site.fire()
    seen.page.get_by_text("Skips are 14 %, above 10 %").wait_for(timeout=15_000)
    assert seen.page.evaluate("document.body.dataset.same") == "page", "it was not loaded anew"
    seen.page.get_by_role("link", name="Alerts (1)").wait_for(timeout=15_000)
    seen.settle()
    for name in ("Silence", "Close", "True alarm", "False alarm"):
        assert button(seen, name).is_enabled(), name
    button(seen, "Acknowledge").focus()
    seen.page.keyboard.press("Enter")
    seen.page.get_by_label("What is done about it").fill("asked the team")
    seen.page.keyboard.press("Enter")
    seen.page.get_by_text("No alert lies here").or_(
        seen.page.get_by_text("Nothing fires")
    ).wait_for()
    (alert,) = incidents(site.book.engine)
    assert (alert.ack_note, bool(alert.acked_by)) == ("asked the team", True)
    assert seen.errors == []
