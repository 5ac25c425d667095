"""The triangle of disagreement, and what is behind a click on it: two readings side by side."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from dashboard import judged
from dashboard.card_menu import card_head
from dashboard.drill import TOOL, address, in_tool, to_items
from dashboard.escape import esc
from dashboard.kept import kept
from dashboard.widgets import day_of, table
from labelpulse.charts import triangle
from labelpulse.charts.theme import Figure
from labelpulse.core import formats
from labelpulse.core.escapes import escape_formula
from labelpulse.core.formats import sentences
from labelpulse.findings import confusion
from labelpulse.findings.confusion import Pair, Rise, Side
from labelpulse.findings.selection import Selection
from labelpulse.reader import Row

PAIR = "labels"
"""The parameter of the address that names two labels.

No widget is bound to it: a click on the chart sets it too, and only widgets set what is bound.
"""

CHOSEN = "chosen_pair"
"""The choice of two labels."""

EXAMPLES = 5
"""Items that are shown of both readings."""

_NONE = "No pair chosen"
_CLICKED = "triangle"


def disagreement(selection: Selection) -> None:
    """Draw the triangle; a click on a cell chooses its pair of labels."""
    shown = _triangle(selection)
    with st.container(border=True, gap="xsmall"):
        card_head(shown, "labels", [selection.query("disagreement_share", "kind", "cause")])
        st.caption(esc(shown.note))
        if shown.marks:
            st.vega_lite_chart(
                dict(shown.spec),
                key=_CLICKED,
                on_select=_clicked,
                selection_mode=triangle.PICKS,
                alt=shown.described,
            )


@kept
def _triangle(selection: Selection) -> Figure:
    drawn = triangle.disagreement(selection.detail("label_pairs"))
    how = "A click shows the two answers below."
    return replace(drawn, note=sentences(drawn.note, how))


def _clicked() -> None:
    """Choose the pair of labels that was clicked on; called before the page is drawn anew."""
    picked: Any = st.session_state[_CLICKED]
    cells = picked["selection"].get(triangle.PICKS) or []
    if cells:
        choose(f"{cells[0]['column']} / {cells[0]['row']}")


def choose(title: str) -> None:
    """Choose a pair of labels by its title, in the address too."""
    st.session_state[CHOSEN] = title
    _in_address()


def _in_address() -> None:
    title = st.session_state[CHOSEN]
    if title == _NONE:
        st.query_params.pop(PAIR, None)
    else:
        st.query_params[PAIR] = title


def chosen_pair(selection: Selection) -> None:
    """Draw the choice of a pair, and what is known of the one that is chosen."""
    known = {one.title: one for one in confusion.pairs(selection)}
    if not known:
        return
    options = [_NONE, *known]
    if st.session_state.get(CHOSEN) not in options:
        asked = st.query_params.get(PAIR)
        st.session_state[CHOSEN] = asked if asked in options else _NONE
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("**Two answers side by side**", width="stretch")
            title = st.selectbox(
                "Pair of labels",
                options,
                key=CHOSEN,
                on_change=_in_address,
                label_visibility="collapsed",
                width=260,
            )
        pair = known.get(title or _NONE)
        if pair is None:
            st.caption("Click on a cell of the triangle, or choose a pair of labels here.")
        else:
            _both(selection, pair)


def _both(selection: Selection, pair: Pair) -> None:
    n, share = formats.count_of(pair.n, "pair", "pairs"), formats.percent(pair.share)
    told = (
        f"{n} of answers, {share} of all disagreement, {pair.lift} as often as by chance."
        if pair.lift
        else f"{n} of answers, {share} of all disagreement."
    )
    meant = "Who gives which says what people read, not who is right."
    st.caption(esc(f"{told} {meant}"))
    people = confusion.both(selection, "sides", pair)
    newest = confusion.both(selection, "readings", pair)[:EXAMPLES]
    _examples(selection, pair, newest, "readings", "The newest items with both answers")
    held = selection.holding.info
    to_items(
        "All items with these two answers",
        project=held.label,
        control=selection.control,
        pair=f"{pair.first}|{pair.second}",
    )
    _sides(pair, people)
    with st.expander("Guideline card", key="guideline", icon=":material/menu_book:"):
        risen = _risen(selection, pair)
        examples = confusion.examples(selection, pair, risen, EXAMPLES)
        _card(selection, pair, risen, examples, "card_below")


def _examples(selection: Selection, pair: Pair, rows: Sequence[Row], key: str, title: str) -> None:
    """Draw items that got both labels, and who gave which."""
    st.caption(title)
    table(
        [
            {
                "Item": str(row["item"]),
                **in_tool(selection, str(row["item"])),
                str(escape_formula(pair.first)): row["annotator_a"],
                str(escape_formula(pair.second)): row["annotator_b"],
                "Day": day_of(row["day"]),
            }
            for row in rows
        ],
        key=key,
        alt=title,
        config=TOOL,
    )


def _sides(pair: Pair, rows: Sequence[Row]) -> None:
    """Draw how often each team and each person gives the one label where others give the other."""
    teams = confusion.leaning(confusion.of_teams(rows))
    people = confusion.leaning(confusion.of_people(rows))
    if not teams and not people:
        none = (
            f"No team and nobody with {confusion.LEAST} or more of these answers leans to one "
            "of the two beyond chance."
        )
        st.caption(none)
        return
    title = "Where the two meet, who leans to one of them beyond chance"
    st.caption(esc(title))
    table(
        [_side(pair, f"Team {one.who}", one) for one in teams]
        + [_side(pair, one.who, one) for one in people],
        key="sides",
        alt=title,
        config={
            str(escape_formula(pair.first)): st.column_config.ProgressColumn(
                format="%.0f %%", max_value=100
            )
        },
    )


def _side(pair: Pair, name: str, one: Side) -> dict[str, object]:
    share = 100 * one.first / one.n
    return {
        "Who": name,
        str(escape_formula(pair.first)): share,
        "95 % interval": one.interval,
        "Answers": one.n,
    }


@st.dialog("Guideline card", width="large", icon=":material/menu_book:")
def open_card(selection: Selection, pair: Pair) -> None:
    """Show the guideline card of a pair over the page, with who gave which to its examples."""
    risen = _risen(selection, pair)
    examples = confusion.examples(selection, pair, risen, EXAMPLES)
    if examples:
        title = "The examples of the card, and who gave which"
        _examples(selection, pair, examples, "card_examples", title)
    _card(selection, pair, risen, examples, "card_opened")


def _risen(selection: Selection, pair: Pair) -> Rise | None:
    return confusion.rise(selection, pair, judged.blame(selection))


def _card(
    selection: Selection, pair: Pair, risen: Rise | None, examples: Sequence[Row], key: str
) -> None:
    """Draw the text that hands a confused pair of labels to the guideline's owner."""
    text = confusion.guideline(selection, pair, risen, examples, partial(address, selection))
    st.caption("To copy into the guideline, or to hand to its owner.")
    st.code(text, language=None, wrap_lines=True)
    st.download_button(
        "Save as text",
        data=text,
        file_name="guideline-question.txt",
        mime="text/plain",
        key=key,
        on_click="ignore",
        icon=":material/download:",
    )
