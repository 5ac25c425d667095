"""A real browser on a real demo: every page draws, complains of nothing and asks nobody else."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error

from tests.browser.conftest import Demo, Visit, Visiting

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PAGES = {
    "": "Likely finish",
    "alerts": "Needs attention",
    "progress": "Names in alphabetical order.",
    "flow": "Longest of what is begun: waiting for more labels",
    "agreement": "of disagreement sits in one pair of 15: Billing / Refund",
    "drift": "now",
    "accuracy": "Otieno Barasa lies clearly below the rest",
    "people": "Training card of Otieno Barasa",
    "labels-and-model": "Billing",
    "items": "Longest wait",
    "data": "What the numbers mean",
}
"""Every page, and words that stand on it for Tickets."""

STREET = {
    **PAGES,
    "progress": "Silent people",
    "flow": "are younger than the median",
    "agreement": "Matched F1",
    "accuracy": "Available when a question has answers that are labels",
    "people": "Median time",
    "labels-and-model": "Available when a question has answers that are labels",
}

SCREENS = {
    "selection": (1440, 900, "light", "Tickets"),
    "night": (1440, 900, "dark", "Street"),
    "phone": (390, 844, "light", "Tickets"),
}


@pytest.mark.parametrize("screen", SCREENS)
def test_every_page_draws_and_complains_of_nothing(
    screen: str, demo: Demo, visit: Visiting
) -> None:
    width, height, theme, project = SCREENS[screen]
    seen = visit(width, height, color_scheme=theme)
    wanted = STREET if project == "Street" else PAGES
    found = {where: trouble(seen, demo, where, project, words) for where, words in wanted.items()}
    assert {where: told for where, told in found.items() if told} == {}
    assert strangers(seen) == []


def trouble(seen: Visit, demo: Demo, where: str, project: str, words: str) -> list[str]:
    """What is wrong with a page: words that are not there, exceptions, the console, its width."""
    seen.errors.clear()
    told = []
    try:
        seen.go(f"{demo.url}/{where}?project={project}")
        seen.page.get_by_text(words).first.wait_for(timeout=20_000)
    except Error as error:
        told.append(str(error).partition("\n")[0])
    if seen.page.locator('[data-testid="stException"]').count():
        told.append("an exception is shown")
    if (wide := sideways(seen)) > 1:
        told.append(f"{wide} px wider than the screen")
    if seen.page.locator('[class*="st-key-menu-"] button :text("expand_more"):visible').count():
        told.append("a card's menu has two icons")
    if where != "agreement" and (cut := cut_tables(seen)):  # ten items stand in a narrow column
        told.append(f"on a selection, {cut} tables have columns out of sight")
    if covered(seen):
        told.append("its title lies under the logo or a button")
    if project not in seen.text():
        told.append(f"does not say that it is about {project}")
    return told + seen.errors


def cut_tables(seen: Visit) -> int:
    """How many tables have to be scrolled sideways on a selection: on paper nobody can."""
    found = seen.page.evaluate(
        "() => innerWidth < 1440 ? 0 : [...document.querySelectorAll('.dvn-scroller')]"
        ".filter(one => one.scrollWidth > one.clientWidth + 1).length"
    )
    return int(found)


def test_the_name_of_a_tile_is_not_cut_on_a_phone(demo: Demo, visit: Visiting) -> None:
    seen = visit(390, 844)
    seen.go(f"{demo.url}/people?project=Street")
    seen.page.get_by_text("Matched F1 with the others").first.wait_for(timeout=20_000)
    cut = seen.page.evaluate(
        "() => [...document.querySelectorAll('[data-testid=stMetricLabel] *')]"
        ".filter(one => getComputedStyle(one).overflow === 'hidden')"
        ".filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"
    )
    assert cut == []


def strangers(seen: Visit) -> list[str]:
    """Addresses asked for that are not on this machine."""
    return [
        url
        for url in seen.requests
        if urlsplit(url).scheme in ("http", "https", "ws", "wss")
        and urlsplit(url).hostname not in ("127.0.0.1", "localhost")
    ]


def covered(seen: Visit) -> bool:
    """True where something of the frame lies on the page's title."""
    return bool(
        seen.page.evaluate(
            """() => {
                const title = document.querySelector('h1').getBoundingClientRect()
                const frame = '[data-testid=stHeader] :is(img, button)'
                return [...document.querySelectorAll(frame)].some(one => {
                    const box = one.getBoundingClientRect()
                    return box.width && box.left < title.right && box.right > title.left
                        && box.top < title.bottom && box.bottom > title.top
                })
            }"""
        )
    )


def sideways(seen: Visit) -> int:
    """Pixels by which the page is wider than its screen."""
    found = seen.page.evaluate(
        "() => { const main = document.querySelector('[data-testid=stMain]');"
        " return main.scrollWidth - main.clientWidth; }"
    )
    return int(found)


def test_the_planted_story_is_told_on_summary(demo: Demo, visit: Visiting) -> None:
    seen = visit()
    seen.go(demo.url)
    rest = seen.page.locator('.st-key-attention [data-testid="stExpander"]')
    rest.locator("summary").click()
    rest.get_by_text("Waiting for more labels").first.wait_for()
    text = seen.text()
    assert re.search(r"6\d % done and late for \d+ \w+ 20\d\d", text)
    fall = r"Agreement on intent has fallen from 8\d % to (?:7\d|80) %, clearly below its target"
    assert re.search(fall, text)
    silent = re.search(r"Mutua Nzioka and Tymon Kalina .* nothing for (\d+) working days", text)
    assert silent is not None
    assert int(silent[1]) > 3, "the time itself, not the threshold"
    assert "Otieno Barasa is more than 10 points under all together" in text
    assert re.search(r"[Ww]aiting for more labels\b.* since", text)
    assert "Zawadi" not in text, "bad luck at n = 9 is no finding"
