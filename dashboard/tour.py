"""The tour of the simulated data: questions, each with the page that answers it."""

import streamlit as st

from dashboard.links import lead

STEPS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("1. Will Tickets be late?", "summary", {}),
    ("2. Since when has quality fallen, and why?", "drift", {}),
    ("3. Which labels are confused, by whom?", "agreement", {}),
    ("4. Who needs help?", "people", {}),
    ("5. What is stuck, and what would help?", "flow", {}),
    ("And Street? Harder pictures, nobody's fault", "drift", {"project": "Street"}),
    ("Two tools, one definition: compare them", "compare", {"groups": "Tools"}),
    ("In minute two an alert fires: watch it", "alerts", {}),
)
_TICKETS = {"project": "Tickets"}
_HIDDEN = "tour_hidden"


def tour() -> None:
    """Draw the tour, until somebody has had enough of it."""
    if st.session_state.get(_HIDDEN):
        return
    with st.container(border=True, gap="xsmall", key="tour"):
        st.markdown("**Simulated data: a 60-second tour**")
        for label, page, asked in STEPS:
            lead(f"views/{page}.py", label, {**_TICKETS, **asked}, wide=True)
        st.button("Hide the tour", type="tertiary", on_click=_hide)


def _hide() -> None:
    st.session_state[_HIDDEN] = True
