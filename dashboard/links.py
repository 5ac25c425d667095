"""Links from page to page: what one asks for wins over what was chosen before."""

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard.choice import drop
from dashboard.selection import ALL_PROGRAMS, HERE, chosen, of_program, program_of
from labelpulse.reader.overview import Holding

_HEADER = ("project", "control")
"""Choices of the header that links name, by their keys in the address."""

_NARROW = ("view", "reason", "batch", "pair", "state", "owner")
"""Choices of items: a link names all that it is about, so others are of an earlier visit."""

_FOLLOWED = "via"
"""In the address between the click on a link and the page that it leads to."""


def file_of(page: str) -> str:
    """Return the file of a page by its title, as the menu names it."""
    return f"views/{page.lower().replace(' ', '_')}.py"


def lead(
    file: str,
    label: str,
    asked: Mapping[str, str | Sequence[str]],
    *,
    icon: str | None = None,
    wide: bool = False,
) -> None:
    """Draw a link to a page, with the choices that it asks for; others stay as they are.

    Raises what `st.page_link` raises where no menu has the page.
    """
    stays: Mapping[str, Sequence[str]] = {}
    if file == file_of(st.session_state.get(HERE, "")):  # the browser keeps none on one page
        stays = {key: st.query_params.get_all(key) for key in st.query_params}
    st.page_link(
        file,
        label=label,
        icon=icon,
        width="stretch" if wide else "content",
        query_params={**stays, **asked, _FOLLOWED: "link"},
    )


def follow(holdings: Sequence[Holding]) -> None:
    """Choose what the link asked for that led here; called before anything is chosen.

    The browser sends the header's widgets as they stood, and these would win over the address.
    """
    if _FOLLOWED not in st.query_params:
        return
    for key in _HEADER:
        if key in st.query_params:
            st.session_state[key] = st.query_params[key]
    held, program = chosen(holdings), st.session_state.get("program")
    if held is not None and program not in (None, program_of(held)):
        st.session_state["program"] = ALL_PROGRAMS
    for key in _NARROW:
        if key not in st.query_params:
            st.session_state.pop(key, None)


def name_project(holdings: Sequence[Holding]) -> None:
    """Put one of several projects into an address without; called when the browser knows the page.

    So a link means the same project when another comes that sorts before it.
    """
    program = st.session_state.get("program", st.query_params.get("program"))
    labels = [one.info.label for one in of_program(holdings, program)]
    now = st.session_state.get("project")
    if len(holdings) < 2 or now in labels:
        return
    asked = st.query_params.get("project")
    if "project" in st.session_state:  # its choice is drawn: the address follows that
        st.session_state["project"] = labels[0]
    elif asked not in labels:
        drop("Project", "project", asked, labels, labels[0])
        st.query_params["project"] = labels[0]
        st.rerun()


def arrive() -> None:
    """Take the mark of a link out of the address; called when the browser knows the page."""
    st.query_params.pop(_FOLLOWED, None)
