"""Items in a real browser: suggested, put in the queue, decided; the address keeps the choice."""

import pytest
from playwright.sync_api import Locator

from labelpulse.reader import MetricQuery
from labelpulse.reader.queue import Entry, entries
from labelpulse.warehouse.engine import connect
from tests.browser.conftest import Demo, Visit, Visiting, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

TABLE = '[data-testid="stDataFrame"]'
FIRST_ROW = {"x": 17, "y": 48}


def select_first(seen: Visit) -> None:
    """Tick the first row of the table."""
    table = seen.page.locator(TABLE)
    table.wait_for(timeout=30_000)
    table.click(position=FIRST_ROW)  # type: ignore[arg-type]
    seen.page.get_by_text("1 selected").wait_for(timeout=15_000)


def button(seen: Visit, name: str) -> Locator:
    return seen.page.get_by_role("button", name=name, exact=True)


def queue_of(demo: Demo) -> list[Entry]:
    engine = connect(f"sqlite:///{demo.home / 'labelpulse.db'}", readonly=True)
    try:
        return entries(engine, MetricQuery("", project="Tickets"))
    finally:
        engine.dispose()


def test_an_item_goes_from_suggestion_to_decision(demo: Demo, visit: Visiting) -> None:
    seen = visit()
    seen.go(f"{demo.url}/items?reason=Gold+key")
    select_first(seen)
    seen.page.get_by_placeholder("Owner").fill("Mia")
    seen.page.get_by_placeholder("Owner").press("Enter")
    button(seen, "Put in the queue").click()
    seen.page.get_by_text("1 put in the queue").wait_for(timeout=15_000)
    (one,) = queue_of(demo)
    assert (one.reason, one.owner, one.state) == ("gold_key", "Mia", "open")

    seen.page.get_by_text("Queue", exact=True).first.click()
    assert wait_until(lambda: "view=Queue" in seen.address(), 15)
    button(seen, "Decide").wait_for(timeout=30_000)
    seen.settle()
    select_first(seen)
    seen.page.get_by_placeholder("What was decided").fill("the key is wrong")
    seen.page.get_by_placeholder("What was decided").press("Enter")
    button(seen, "Decide").click()
    seen.page.get_by_text("1 decided").wait_for(timeout=15_000)
    (one,) = queue_of(demo)
    assert (one.state, one.outcome, one.author) == ("decided", "the key is wrong", "")
    assert seen.errors == []


def test_a_link_to_a_pair_opens_its_items(demo: Demo, visit: Visiting) -> None:
    """As another page, or a colleague, names it: in either order of the labels."""
    seen = visit()
    seen.go(f"{demo.url}/items?pair=Refund%7CBilling")
    seen.page.locator(TABLE).wait_for(timeout=30_000)
    assert "pair=Refund" in seen.address()
    with seen.page.expect_download() as download:
        seen.page.get_by_role("button", name="items as CSV").click()
    text = download.value.path().read_text()
    rows = text.splitlines()[1:]
    assert rows
    assert all("Billing" in row and "Refund" in row for row in rows)
    assert seen.errors == []
