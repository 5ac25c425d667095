"""The entry: `streamlit run dashboard/app.py`, or through `labelpulse dashboard`."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from dashboard import context
from dashboard.availability import shows
from dashboard.desk import chosen
from labelpulse.reader.overview import Holding

_HERE = Path(__file__).resolve().parent
_ASSETS = _HERE / "assets"

# page -> (icon, what it answers); sections are the readers it is for
_PAGES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "Everyone": {
        "Summary": (":material/monitoring:", "Is it on time, and can it be trusted?"),
    },
    "Project managers": {
        "Progress": (":material/trending_up:", "What is done, what is left, who works when."),
        "Flow": (":material/stacks:", "Where items wait, and for how long."),
    },
    "Quality leads": {
        "Agreement": (":material/handshake:", "Do people give the same answers? On which labels?"),
        "Accuracy": (":material/target:", "Who is right on items with a known answer?"),
    },
    "Operators": {
        "Data": (":material/database:", "How fresh and whole the data is; what numbers mean."),
    },
}


def main() -> None:
    """Draw the frame of every page, then the page that the address names."""
    st.set_page_config(
        page_title="labelpulse",
        page_icon=str(_ASSETS / "icon.svg"),
        layout="wide",
        menu_items={"Get help": None, "Report a bug": None, "About": None},
    )
    st.logo(_ASSETS / "logo.svg", size="large", icon_image=_ASSETS / "icon.svg")
    problem = context.trouble()
    held = None if problem else chosen(context.everything().projects)
    st.navigation(_start(sources=problem is None) if held is None else _menu(held)).run()
    if held is not None and context.may_name():
        with st.sidebar:
            st.toggle(
                "Names",
                value=True,
                key="names",
                bind="query-params",
                help="Off: people appear under stable pseudonyms, as on the command line.",
            )


def _start(*, sources: bool) -> list[st.Page]:
    """Return the pages of a warehouse without projects, or of none at all."""
    start = st.Page(_HERE / "views" / "start.py", title="Start", icon=":material/flag:", default=True)
    return [start, _page("Data", ":material/database:", "")] if sources else [start]


def _menu(held: Holding) -> dict[str, list[st.Page]]:
    """Return the pages that the chosen project can fill, by reader."""
    menu = {
        reader: [_page(name, *words) for name, words in pages.items() if shows(held, name)]
        for reader, pages in _PAGES.items()
    }
    return {reader: pages for reader, pages in menu.items() if pages}


def _page(name: str, icon: str, help: str) -> st.Page:  # noqa: A002 - Streamlit's word
    file = _HERE / "views" / f"{name.lower()}.py"
    return st.Page(
        file, title=name, icon=icon, default=name == "Summary", help=help or None
    )


if __name__ == "__main__":
    main()
