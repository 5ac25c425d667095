"""The entry: `streamlit run dashboard/app.py`, or through `labelpulse dashboard`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st
from altair.utils.schemapi import debug_mode

from dashboard import alerting, context
from dashboard.availability import absent_pages, shows
from dashboard.broken import afresh, alone
from dashboard.choice import forget_dropped
from dashboard.kiosk import KIOSK, base_path, turn
from dashboard.links import arrive, file_of, follow, name_project
from dashboard.selection import HERE, MENU, Chooses, chosen, header
from dashboard.tour import tour
from dashboard.widgets import empty
from labelpulse.core import formats
from labelpulse.findings.pages import slug
from labelpulse.reader.overview import Holding

SIMULATED = "LABELPULSE_DEMO"
"""Set where the data is the demo's, so that nobody takes it for real."""

_HERE = Path(__file__).resolve().parent
_ASSETS = _HERE / "assets"


@dataclass(frozen=True, slots=True)
class _Spec:
    """A page of the menu: its icon, the question it answers, and the choices in its header."""

    icon: str
    answers: str
    offers: Chooses = Chooses()  # noqa: RUF009 (frozen)


_PAGES: Mapping[str, Mapping[str, _Spec]] = {
    "Everyone": {
        "Summary": _Spec(
            ":material/monitoring:",
            "Is it on time, and can it be trusted?",
            Chooses(control=True, shapes=True, together=True),
        ),
        "Alerts": _Spec(
            ":material/notifications:",
            "What fires, who looks after it, and what needs attention.",
            Chooses(control=True, shapes=True, together=True, days=False),
        ),
    },
    "Project managers": {
        "Progress": _Spec(
            ":material/trending_up:",
            "What is done and left; who works when.",
            Chooses(team=True, together=True),
        ),
        "Flow": _Spec(
            ":material/stacks:",
            "Where items wait, and for how long.",
            Chooses(compare=False, together=True),
        ),
        "Compare": _Spec(
            ":material/compare_arrows:",
            "How tools, teams and programs do, on one definition.",
            Chooses(control=True, shapes=True, together=True, compare=False),
        ),
    },
    "Quality leads": {
        "Agreement": _Spec(
            ":material/handshake:",
            "Do people give the same answers, and on which labels?",
            Chooses(control=True, shapes=True, team=True),
        ),
        "Drift": _Spec(
            ":material/show_chart:",
            "What left its usual band, since when, and why?",
            Chooses(control=True, compare=False),
        ),
        "Accuracy": _Spec(
            ":material/target:",
            "Who is right on items with a known answer?",
            Chooses(control=True, known=True, team=True),
        ),
        "People": _Spec(
            ":material/group:",
            "Who needs help, and with what?",
            Chooses(control=True, shapes=True, team=True),
        ),
        "Labels and model": _Spec(
            ":material/label:",
            "Which labels people give, and what they do with a model's predictions.",
            Chooses(control=True, shapes=True, team=True),
        ),
        "Items": _Spec(
            ":material/checklist:",
            "Which items to look at next, who decides, and what became of them.",
            Chooses(control=True, shapes=True, days=False),
        ),
    },
    "Operators": {
        "Data": _Spec(
            ":material/database:",
            "How fresh and whole it is; what numbers mean.",
            Chooses(control=True, shapes=True, together=True, compare=False),
        ),
    },
}
"""The pages of the menu by reader and title."""

TITLES = {slug(title): title for pages in _PAGES.values() for title in pages}
"""Titles of pages by the last part of their address."""


def main() -> None:
    """Draw the frame of every page, then the page that the address names."""
    st.set_page_config(
        page_title="labelpulse",
        page_icon=str(_ASSETS / "icon.svg"),
        layout="wide",
        menu_items={"Get help": None, "Report a bug": None, "About": None},
    )
    st.html(_ASSETS / "page.css")
    st.logo(_ASSETS / "logo.svg", size="large", icon_image=_ASSETS / "icon.svg")
    afresh()
    problem = context.trouble()
    holdings = () if problem else context.everything().projects
    follow(holdings)
    held = chosen(holdings)
    if held is None:
        st.navigation(_start(sources=problem is None)).run()
        return
    menu = _menu(held)
    there = [name for pages in _PAGES.values() for name in pages if _shows(held, name)]
    st.session_state[MENU] = there
    wall = KIOSK in st.query_params
    page = st.navigation(menu, position="hidden" if wall else "sidebar")
    arrive()
    name_project(holdings)
    here = TITLES.get(page.url_path, "Summary")
    if st.session_state.get(HERE, here) != here:
        forget_dropped()
    st.session_state[HERE] = here
    st.set_page_config(page_title=f"{here} · labelpulse")
    if not wall:
        with st.sidebar:
            _sidebar()
    spec = next(pages[here] for pages in _PAGES.values() if here in pages)
    # tests check every chart's schema; here it would cost a third
    with alone("page"), debug_mode(False):
        header(here, spec.offers)
        page.run()


def _sidebar() -> None:
    if context.may_name():
        st.toggle(
            "Names",
            value=True,
            key="names",
            bind="query-params",
            help="Off: people appear under stable pseudonyms, as on the command line.",
        )
    st.link_button(
        "Show on a wall",
        f"{base_path()}/?{urlencode(turn(st.session_state[MENU], st.query_params.to_dict()))}",
        type="tertiary",
        icon=":material/tv:",
        help="Pages in turn, without names and choices.",
    )
    if os.environ.get(SIMULATED):
        tour()
        st.caption("Simulated data: nobody here exists.")


def _start(*, sources: bool) -> list[st.Page]:
    """Return the pages of a warehouse without projects, or of none at all."""
    start = st.Page(
        _HERE / "views" / "start.py", title="Start", icon=":material/flag:", default=True
    )
    return [start, _page("Data", _PAGES["Operators"]["Data"])] if sources else [start]


def _menu(held: Holding) -> dict[str, list[st.Page]]:
    """Return the pages by reader: in the menu are those that the chosen project can fill.

    The others are there for an address, or a change of project: they say what they wait for.
    """
    return {
        reader: [
            _page(name, spec) if _shows(held, name) else _absent(name, held)
            for name, spec in pages.items()
        ]
        for reader, pages in _PAGES.items()
    }


def _shows(held: Holding, name: str) -> bool:
    return shows(held, name, comparable=bool(context.everything().comparable))


def _absent(name: str, held: Holding) -> st.Page:
    """Return a page that is not in the menu, and says when it would be."""

    def draw() -> None:
        comparable = bool(context.everything().comparable)
        absent = absent_pages(held, comparable=comparable)
        (when,) = (one.when for one in absent if name in one.pages)
        empty(
            f"{name} has nothing to show for {held.info.title} yet",
            f"Available when {when}.",
        )

    return st.Page(draw, title=name, url_path=slug(name), visibility="hidden")


def _page(name: str, spec: _Spec) -> st.Page:
    return st.Page(
        _HERE / file_of(name),
        title=_titled(name),
        icon=spec.icon,
        url_path=slug(name),
        default=name == "Summary",
        help=spec.answers,
    )


def _titled(name: str) -> str:
    """Return how the menu calls a page: of alerts, also how many nobody looks after."""
    fires = alerting.firing() if name == "Alerts" else 0
    return f"{name} ({formats.count(fires)})" if fires else name


if __name__ == "__main__":
    main()
