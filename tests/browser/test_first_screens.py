"""What each reader sees first without scrolling, on paper, and on a wall."""

import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator

from dashboard.server import launch
from labelpulse.config import load_settings
from tests.browser.conftest import Demo, Visit, Visiting, free_port
from tests.dashboard.conftest import load_csv, single_labels
from tests.support.app_process import serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

DESK = 900
"""Pixels of a selection's screen from top to bottom."""

TILE, CHART = '[data-testid="stMetric"]', '[data-testid="stVegaLiteChart"]'
TABLE = '[data-testid="stDataFrame"]'

EXECUTIVE = ["Done", "Likely finish", "Quality", "Risks"]
MANAGER = ["Labels per workday", "Likely finish", "Worst queue", "Silent people"]
LEAD = ["Alpha", "Drift", "Double-labeled", "With gold", "Reviewed"]


def hidden(parts: dict[str, Locator]) -> dict[str, float]:
    """Parts of the page that are not whole on the first screen, with how far down they reach."""
    ends = {}
    for name, part in parts.items():
        box = part.bounding_box()
        assert box is not None, name
        ends[name] = box["y"] + box["height"]
    return {name: end for name, end in ends.items() if not 0 < end <= DESK}


def tiles(seen: Visit, names: list[str]) -> dict[str, Locator]:
    return {name: seen.page.locator(TILE, has_text=name).first for name in names}


def findings(seen: Visit) -> Locator:
    """The sentences on what needs attention, most urgent first."""
    return seen.page.locator(".st-key-attention strong").filter(has_not_text="Needs attention")


@pytest.mark.parametrize(("project", "most"), [("Tickets", 3), ("Street", 1)])
def test_an_executive_sees_the_verdict_and_three_risks(
    project: str, most: int, demo: Demo, visit: Visiting
) -> None:
    """Each risk is whole: since when, how sure, what to do."""
    seen = visit()
    seen.go(f"{demo.url}/?project={project}")
    risks = findings(seen)
    risks.nth(most - 1).wait_for()
    whole = risks.locator('xpath=ancestor::*[@data-testid="stVerticalBlock"][1]')
    shown = {
        "verdict": seen.page.locator('[data-testid="stMain"] h5').first,
        **tiles(seen, EXECUTIVE),
        "burn-up": seen.page.locator(CHART).first,
        **{f"risk {n}": whole.nth(n) for n in range(most)},
    }
    assert hidden(shown) == {}


def test_a_manager_sees_need_pace_and_what_holds_up(demo: Demo, visit: Visiting) -> None:
    seen = visit()
    seen.go(f"{demo.url}/progress")
    risks = findings(seen)
    risks.first.wait_for()
    burn_up = seen.page.locator(CHART).first
    shown = {**tiles(seen, MANAGER), "burn-up": burn_up, "first risk": risks.first}
    assert hidden(shown) == {}
    assert "needs" in seen.page.locator('[data-testid="stMain"]').inner_text()
    left, right = burn_up.bounding_box(), risks.first.bounding_box()
    assert left is not None
    assert right is not None
    assert left["x"] + left["width"] <= right["x"], "burn-up left, attention right"


def test_a_quality_lead_sees_headline_drift_pair_and_ten_items(demo: Demo, visit: Visiting) -> None:
    seen = visit()
    seen.go(f"{demo.url}/agreement")
    shown = {
        **first_of_a_lead(seen, LEAD),
        "why": seen.page.get_by_text("Alpha leads because"),
        "top pair": seen.page.get_by_text("Most often confused: Billing / Refund"),
    }
    assert hidden(shown) == {}
    assert leads(shown)
    box = shown["ten items"].bounding_box()
    assert box is not None
    assert box["height"] > 11 * 30, "a head and ten rows"


def test_a_lead_of_shapes_sees_the_same(demo: Demo, visit: Visiting) -> None:
    seen = visit()
    seen.go(f"{demo.url}/agreement?project=Street")
    shown = first_of_a_lead(seen, ["Matched F1", *LEAD[1:]])
    assert hidden(shown) == {}
    assert leads(shown)


@pytest.fixture(scope="module")
def singles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Our pages over a project whose items have one label each."""
    config = load_csv(tmp_path_factory.mktemp("single"), single_labels(), "Reviews")
    port = free_port()
    app = launch(load_settings(config).with_dashboard(port=port))
    with serving(list(app.argv), dict(app.env), app.cwd, port) as served:
        yield served.url


def test_a_lead_of_single_labels_sees_what_there_is_and_what_is_missing(
    singles: str, visit: Visiting
) -> None:
    seen = visit()
    seen.go(f"{singles}/agreement")
    page = seen.page
    shown = {
        "why there is no agreement": page.get_by_text("items, 0 with two answers"),
        "how many would do": page.get_by_text("100 double-labeled items give"),
        "how to load them": page.get_by_text("labelpulse import second-answers.csv"),
        "first risk": findings(seen).first,
        "mix of labels": page.locator(TABLE).first,
        "whether it moved": page.locator(CHART).first,
    }
    assert hidden(shown) == {}
    assert page.locator(TILE).count() == 0, "no tile stands there without a number"
    assert seen.errors == []


def leads(shown: dict[str, Locator]) -> bool:
    """Whether what needs attention stands above the chart."""
    risk, chart = (shown[name].bounding_box() for name in ("first risk", "control chart"))
    return bool(risk and chart and risk["y"] + risk["height"] <= chart["y"])


def first_of_a_lead(seen: Visit, names: list[str]) -> dict[str, Locator]:
    """Return what a quality lead sees first, whatever is labeled."""
    queue = seen.page.locator(TABLE).first
    queue.wait_for()
    return {
        **tiles(seen, names),
        "control chart": seen.page.locator(CHART).first,
        "ten items": queue,
        "first risk": findings(seen).first,
    }


def test_paper_has_the_whole_page_and_nothing_to_press(demo: Demo, visit: Visiting) -> None:
    seen = visit()
    seen.go(demo.url)
    seen.page.emulate_media(media="print")
    main = seen.page.locator('[data-testid="stMain"]')
    seen.page.wait_for_function(
        "() => { const one = document.querySelector('[data-testid=stMain]');"
        " return one.clientHeight === one.scrollHeight; }",
        timeout=10_000,
    )
    for part in ("stSidebar", "stHeader", "stSelectbox", "stCheckbox", "stPopover"):
        assert not any(one.is_visible() for one in seen.page.get_by_test_id(part).all()), part
    assert main.get_by_text("Needs attention").is_visible()
    leaves = re.findall(rb"/Type\s*/Page\b", seen.page.pdf())
    assert len(leaves) > 1
    assert seen.errors == []


def test_paper_is_wide_enough_for_what_stands_on_it(demo: Demo, visit: Visiting) -> None:
    seen = visit(1920, 1080)
    for path in ("", "/people"):
        seen.go(demo.url + path)
        seen.page.locator(TABLE).first.wait_for()
        parts = seen.page.locator(f"{TABLE}, {CHART}").all()
        boxes = [box["width"] for one in parts if (box := one.bounding_box())]
        paper = seen.page.pdf(prefer_css_page_size=True)  # what is drawn keeps a screen's size
        seen.page.emulate_media(media="print")
        zoom = float(seen.page.locator(".stApp").evaluate("app => getComputedStyle(app).zoom"))
        assert boxes
        assert [width for width in boxes if width * zoom > leaf_width(paper)] == []
        torn = "one => getComputedStyle(one.closest('[data-testid=stLayoutWrapper]')).breakInside"
        heads = seen.page.locator(".st-key-attention").all()
        assert {one.evaluate(torn) for one in [*parts, *heads]} == {"avoid"}
        seen.page.emulate_media(media="null")
    assert seen.errors == []


def leaf_width(paper: bytes) -> float:
    """Return how many pixels are between the margins of a PDF's leaf."""
    box = re.search(rb"/MediaBox\s*\[0 0 ([\d.]+)", paper)
    assert box is not None
    return float(box[1]) * 96 / 72 - 2 * 10 * 96 / 25.4


CONTRAST = """() => {
    const light = text => {
        const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number)
        const linear = [r, g, b].map(one => one / 255)
            .map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
        return [0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2], a]
    }
    const ground = one => {
        for (; one; one = one.parentElement) {
            const [value, opaque] = light(getComputedStyle(one).backgroundColor)
            if (opaque === 1) return value
        }
        return 1
    }
    return [...document.querySelectorAll('[data-testid=stMain] :is(h1, p, strong)')]
        .filter(one => one.checkVisibility()).map(one => {
            const ink = light(getComputedStyle(one).color)[0], under = ground(one)
            return (Math.max(ink, under) + 0.05) / (Math.min(ink, under) + 0.05)
        })
}"""
"""The contrast of every text with what is opaque below it."""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_paper_can_be_read_in_either_theme(demo: Demo, visit: Visiting, theme: str) -> None:
    seen = visit(color_scheme=theme)
    seen.go(demo.url)
    seen.page.emulate_media(media="print")
    contrasts = seen.page.evaluate(CONTRAST)
    assert len(contrasts) > 10
    assert min(contrasts) > 3
    kept = seen.page.evaluate("getComputedStyle(document.body).printColorAdjust")
    assert kept == "exact", "or a browser leaves the dark ground out"


def test_a_wall_turns_pages_and_names_nobody(demo: Demo, visit: Visiting) -> None:
    truth = json.loads((demo.home / "truth.json").read_text())
    names = [word for one in truth["people"] for word in one["name"].split()]
    seen = visit(1920, 1080)
    answer = seen.page.goto(f"{demo.url}/?kiosk=summary,progress")
    assert answer is not None
    assert answer.headers["refresh"] == "20; url=/progress?kiosk=summary%2Cprogress"
    seen.settle()
    assert_quiet(seen, names)
    seen.page.wait_for_url(lambda url: urlsplit(url).path == "/progress", timeout=30_000)
    seen.settle()
    assert parse_qs(urlsplit(seen.page.url).query) == {
        "kiosk": ["summary,progress"],
        "project": ["Tickets"],
    }
    assert seen.page.locator('[data-testid="stMain"] h1').inner_text() == "Progress"
    assert_quiet(seen, names)
    assert seen.errors == []


def assert_quiet(seen: Visit, names: list[str]) -> None:
    """On a wall nobody is named, and, once its style is there, nothing is left to choose."""
    text = seen.page.inner_text("body")
    assert [name for name in names if name in text] == []
    for part in ("stSidebar", "stSelectbox", "stCheckbox", "stDateInput", "stPopover"):
        for one in seen.page.get_by_test_id(part).all():
            one.wait_for(state="hidden", timeout=5_000)
