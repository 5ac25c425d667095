"""An address shows a colleague the same, survives a reload, and never holds a name."""

import json
from urllib.parse import parse_qs, unquote_plus, urlsplit

import pytest
from playwright.sync_api import Locator

from tests.browser.conftest import Demo, Visit, Visiting, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

TILE = '[data-testid="stMetric"]'


def pick(seen: Visit, at: int, option: str) -> None:
    """Choose an option of the n-th select box of the page."""
    seen.page.get_by_test_id("stSelectbox").nth(at).click()
    seen.page.keyboard.type(option)  # a long list holds only the options in sight
    seen.page.get_by_role("option", name=option, exact=True).click()
    seen.settle()


def asked(seen: Visit) -> dict[str, list[str]]:
    return parse_qs(urlsplit(seen.address()).query)


def number(seen: Visit, label: str) -> str:
    """A tile's label, number, and change."""
    return seen.page.locator(TILE, has_text=label).first.inner_text()


def choose_days(seen: Visit, first: str, last: str) -> None:
    """Type two days, as digits, into the fields of the range."""
    fields = seen.page.get_by_test_id("stDateInput").get_by_role("spinbutton")
    for at, day in ((0, first), (3, last)):
        fields.nth(at).click()
        seen.page.keyboard.type(day)
    seen.page.keyboard.press("Escape")
    seen.page.get_by_test_id("stDateInput").blur()


def test_choices_go_to_a_colleague_and_to_other_pages(demo: Demo, visit: Visiting) -> None:
    seen = visit()
    seen.go(f"{demo.url}/progress")
    usual = number(seen, "Labels submitted")
    pick(seen, 1, "Manila")
    pick(seen, 2, "Between")
    first, last = days_of(demo)
    choose_days(seen, first.replace("-", ""), last.replace("-", ""))
    assert wait_until(lambda: "days" in asked(seen), 15), seen.address()
    seen.page.get_by_test_id("stCheckbox").filter(has_text="Compare").click()
    assert wait_until(lambda: "compare" in asked(seen), 15), seen.address()
    seen.settle()
    chosen = number(seen, "Labels submitted")
    assert chosen != usual
    assert "team Manila" in seen.text()
    assert " · against " in seen.text()

    other = visit()
    other.go(seen.address())
    assert number(other, "Labels submitted") == chosen
    assert asked(other) == asked(seen)
    other.page.reload()
    other.settle()
    assert number(other, "Labels submitted") == chosen

    seen.page.get_by_role("link", name="Flow").click()
    seen.page.get_by_text("Longest of what is begun").wait_for(timeout=30_000)
    seen.settle()
    seen.page.get_by_role("link", name="Progress").click()
    seen.page.get_by_text("Names in alphabetical order.").wait_for(timeout=30_000)
    seen.settle()
    assert number(seen, "Labels submitted") == chosen
    seen.page.get_by_role("link", name="Summary").first.click()
    seen.page.get_by_test_id("stMain").get_by_text("Portfolio").wait_for(timeout=30_000)
    assert asked(seen)["range"] == ["Between"]
    assert seen.errors + other.errors == []


def days_of(demo: Demo) -> tuple[str, str]:
    """Two days of the story that are long over: those of the new guideline and after."""
    truth = json.loads((demo.home / "truth.json").read_text())
    past = (one.get("day") for one in truth["planted"])
    days = sorted(day for day in past if day and day < truth["today"])
    return days[0], days[-1]


def test_another_project_stays_chosen(demo: Demo, visit: Visiting) -> None:
    seen = visit()
    seen.go(f"{demo.url}/accuracy")
    pick(seen, 0, "Street")
    seen.page.get_by_text("Accuracy has nothing to show for Street yet").wait_for(timeout=30_000)
    seen.page.get_by_role("link", name="Agreement").click()
    seen.page.locator(TILE, has_text="Matched F1").first.wait_for(timeout=30_000)
    assert asked(seen)["project"] == ["Street"]
    assert seen.errors == []


VIEWS = {
    "people?view=Teams": "Teams",
    "people?order=By+value": "By value",
    "items?view=Queue": "Queue",
    "drift?of=Time+per+answer": "Time per answer",
    "flow?stages=All+items": "All items",
}
"""Addresses of views, and the option that is pressed there."""


def test_a_view_stands_in_the_address(demo: Demo, visit: Visiting) -> None:
    seen = visit()
    seen.go(f"{demo.url}/items")
    option(seen, "Queue").click()
    assert wait_until(lambda: asked(seen).get("view") == ["Queue"], 15)
    for where, name in VIEWS.items():
        seen.go(f"{demo.url}/{where}")
        option(seen, name).wait_for(timeout=20_000)
        assert is_on(option(seen, name)), where
        assert asked(seen) == {"project": ["Tickets"], **parse_qs(urlsplit(where).query)}
    assert seen.errors == []


def option(seen: Visit, name: str) -> Locator:
    """An option of a choice with buttons."""
    return seen.page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True).first


def is_on(one: Locator) -> bool:
    return bool(
        one.evaluate(
            "one => { const button = one.closest('button, label, [role=radio]');"
            " return /Active$/.test(button.dataset.testid || '')"
            " || button.getAttribute('aria-checked') === 'true'"
            " || button.getAttribute('aria-pressed') === 'true'"
            " || button.dataset.selected === 'true'; }"
        )
    )


def test_names_never_stand_in_the_address(demo: Demo, visit: Visiting) -> None:
    truth = json.loads((demo.home / "truth.json").read_text())
    names = [word for one in truth["people"] for word in one["name"].split()]
    seen, addresses = visit(), []
    seen.go(f"{demo.url}/people")
    seen.page.get_by_role("button", name="Training card of Otieno Barasa").click()
    assert wait_until(lambda: "person" in asked(seen), 15)
    seen.settle()
    addresses.append(seen.address())
    seen.go(f"{demo.url}/drift?of=Time+per+answer")
    pick(seen, -1, "Person: Otieno Barasa")
    assert wait_until(lambda: "part" in asked(seen), 15)
    seen.page.get_by_text("Time per answer").first.wait_for()
    addresses.append(seen.address())
    seen.go(f"{demo.url}/items")
    pick(seen, -1, "Otieno Barasa")
    assert wait_until(lambda: "person" in asked(seen), 15)
    addresses.append(seen.address())
    told = unquote_plus(" ".join([*addresses, *seen.requests]))
    assert [name for name in names if name in told] == []
    assert seen.errors == []
