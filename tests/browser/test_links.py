"""A link leads to what it names: page, choices and address agree, whatever was chosen before."""

import pytest

from tests.browser.conftest import Demo, Visit, Visiting, wait_until
from tests.browser.test_address import asked, pick

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def follow(seen: Visit, link: str) -> None:
    """Click the first link that is to be seen of those whose addresses match a selector."""
    seen.page.locator(f"{link} >> visible=true").first.click()
    seen.settle()


def shown(seen: Visit) -> dict[str, str]:
    """What the header's and the page's choices say, by label."""
    found = seen.page.locator('[data-testid="stSelectbox"] input')
    return {str(one.get_attribute("aria-label")): one.input_value() for one in found.all()}


def is_of(seen: Visit, project: str, title: str) -> bool:
    """True where title, choice and status line say so."""
    return (
        seen.page.locator("h1").inner_text() == title
        and next(iter(shown(seen).values())) == project
        and f"{project} · studio" in seen.text()
    )


MAIN, TOUR = '[data-testid="stMain"]', '[data-testid="stSidebar"] .st-key-tour'


def test_a_finding_leads_to_the_items_of_its_project(demo: Demo, visit: Visiting) -> None:
    seen = visit()
    seen.go(f"{demo.url}/?project=Street")
    follow(seen, f'{MAIN} a[href*="items"][href*="project=Street"][href*="batch"]')
    for _reload in range(2):
        assert wait_until(lambda: is_of(seen, "Street", "Items"), 15), seen.text()
        named = asked(seen)
        assert named["project"] == ["Street"]
        assert set(named) <= {"project", "control", "batch", "since"}
        assert shown(seen)["Batch"] == named["batch"][0]
        seen.page.reload()
        seen.settle()

    seen.page.get_by_role("link", name="Alerts").first.click()
    seen.page.get_by_text("All projects", exact=True).click()
    follow(seen, f'{MAIN} a[href*="items"][href*="project=Tickets"][href*="since"]')
    for _reload in range(2):
        assert wait_until(lambda: is_of(seen, "Tickets", "Items"), 15), seen.text()
        named = asked(seen)
        assert named["project"] == ["Tickets"], "the first project is named too"
        assert set(named) == {"project", "control", "since"}, "an alert leads its finding"
        assert shown(seen)["Batch"] == "All batches", "that was chosen by the other link"
        seen.page.reload()
        seen.settle()
    assert seen.errors == []


def test_the_tour_leads_to_the_other_project_and_back(demo: Demo, visit: Visiting) -> None:
    seen = visit()
    seen.go(f"{demo.url}/flow?range=4+weeks")
    follow(seen, f'{TOUR} a[href*="drift"][href*="Street"]')
    assert wait_until(lambda: is_of(seen, "Street", "Drift"), 15), seen.text()
    assert asked(seen) == {"project": ["Street"], "range": ["4 weeks"]}
    for link, project in (("Tickets", "Tickets"), ("Street", "Street")):  # on one page
        follow(seen, f'{TOUR} a[href*="drift"][href*="{link}"]')
        assert wait_until(lambda to=project: is_of(seen, to, "Drift"), 15), seen.text()  # type: ignore[misc]
        assert asked(seen)["project"] == [project]
        assert asked(seen)["range"] == ["4 weeks"]
    seen.page.reload()
    seen.settle()
    assert is_of(seen, "Street", "Drift")
    pick(seen, 0, "Tickets")
    assert wait_until(lambda: is_of(seen, "Tickets", "Drift"), 15), "a link binds only once"
    assert asked(seen) == {"project": ["Tickets"], "range": ["4 weeks"]}
    assert seen.errors == []


def test_an_address_names_its_project(demo: Demo, visit: Visiting) -> None:
    """The first of several too; one that is not here is said, and back leads where it was."""
    seen = visit()
    seen.go(f"{demo.url}/flow")
    assert wait_until(lambda: asked(seen) == {"project": ["Tickets"]}, 15), seen.address()
    pick(seen, 0, "Street")
    assert wait_until(lambda: is_of(seen, "Street", "Flow"), 15), seen.text()
    assert asked(seen) == {"project": ["Street"]}
    seen.page.get_by_role("link", name="Progress").click()
    assert wait_until(lambda: is_of(seen, "Street", "Progress"), 15), seen.text()
    assert asked(seen) == {"project": ["Street"]}
    pick(seen, 0, "Tickets")
    assert wait_until(lambda: asked(seen) == {"project": ["Tickets"]}, 15), seen.address()
    seen.page.go_back()
    seen.settle()
    assert shown(seen)["Project"] == asked(seen)["project"][0]
    seen.go(f"{demo.url}/flow?project=Nope")
    assert wait_until(lambda: is_of(seen, "Tickets", "Flow"), 15), seen.text()
    assert "Project: there is no Nope here. Shown: Tickets." in seen.text()
    assert asked(seen) == {"project": ["Tickets"]}
    pick(seen, 0, "Street")
    assert wait_until(lambda: "there is no Nope" not in seen.text(), 15), "something is chosen"
    assert seen.errors == []
