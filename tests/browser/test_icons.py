"""Text from data that looks like a Streamlit icon, emoji or arrow is shown as it was written."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.app import TITLES
from dashboard.server import launch
from labelpulse.config import load_settings
from tests.browser.conftest import Visit, Visiting, free_port
from tests.dashboard.conftest import load_csv
from tests.support.app_process import serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

TEXTS = (":streamlit:", ":material/skull:", ":skull:", "bones -> skull")
LOGO = "img[alt='Streamlit logo']"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A project whose title, labels, batches and annotators are icons and arrows."""
    now = datetime.now(UTC)
    rows: list[dict[str, object]] = [
        {
            "item": f"{TEXTS[n % 4]} {n}",
            "annotator": TEXTS[(n + who) % 4],
            "label": TEXTS[n * (who + 1) % 4],
            "gold": TEXTS[n % 4] if n % 3 == 0 else "",
            "batch": TEXTS[n % 4],
            "submitted_at": (now - timedelta(days=n % 20)).isoformat(),
        }
        for n in range(200)
        for who in range(2)
    ]
    folder = tmp_path_factory.mktemp("icons")
    load_csv(folder, rows, ":material/skull: a -> b")
    config = load_csv(folder, rows, ":streamlit: other")
    port = free_port()
    app = launch(load_settings(config).with_dashboard(port=port))
    with serving(list(app.argv), dict(app.env), app.cwd, port) as served:
        yield served.url


def replaced(visit: Visit) -> list[str]:
    """What the page shows in place of text from data."""
    logos = visit.page.locator(LOGO).count()
    icons = visit.page.locator("[data-testid=stIconMaterial], [translate=no]").all_inner_texts()
    text = visit.page.inner_text("body")
    return [
        *(["logo"] * logos),
        *(icon for icon in icons if "skull" in icon),
        *(sign for sign in ("\N{SKULL}", "a \N{RIGHTWARDS ARROW} b", "bones \N{RIGHTWARDS ARROW}")
          if sign in text),
    ]  # fmt: skip


@pytest.mark.parametrize("page", TITLES)
def test_no_page_replaces_text_from_data(site: str, visit: Visiting, page: str) -> None:
    opened = visit()
    opened.go(f"{site}/{page}")
    assert replaced(opened) == []
