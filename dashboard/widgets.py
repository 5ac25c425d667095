"""The parts that pages are made of: tiles, figures, tables, and what stands where data is not."""

from collections.abc import Callable, Container, Mapping, Sequence
from datetime import date
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard.card_menu import card_head, menu
from dashboard.drill import to_those
from dashboard.escape import esc
from dashboard.links import file_of, lead
from labelpulse.charts.theme import Figure
from labelpulse.core import formats
from labelpulse.core.escapes import escape_formula
from labelpulse.findings.attention import Finding
from labelpulse.findings.pages import ITEMS
from labelpulse.findings.selection import Selection
from labelpulse.findings.tiles import Tile
from labelpulse.findings.verdict import Verdict
from labelpulse.reader import MetricQuery

TILE_WIDTH = 160
"""Pixels a tile needs: five or six in a row on a selection, two on a phone."""

WHOLE = 30
"""Rows of a table up to which nobody has to scroll in it."""

TWO_LINES = 58
"""Pixels of a row whose sentences take two lines."""

COUNT = st.column_config.NumberColumn(format="localized")
"""A column of counts."""

DAY = st.column_config.DateColumn(format="D MMM Y")
"""A column of days, which sorts as days do."""

PERCENT = st.column_config.NumberColumn(format="%.0f %%")
"""A column of percentages 0-100, which sorts as numbers do."""

_ICONS = {
    "red": ":material/error:",
    "orange": ":material/warning:",
    "green": ":material/check_circle:",
    "blue": ":material/info:",
    "gray": ":material/help:",
}


_ARROWS: dict[str, Literal["up", "down"]] = {"+": "up", formats.MINUS: "down"}
"""Where a change's arrow points, by its sign: Streamlit knows a hyphen only."""


def tiles(shown: Sequence[Tile]) -> None:
    """Draw tiles in rows that wrap by the room there is; one menu defends all their numbers."""
    asked = list(dict.fromkeys(one.about for one in shown if isinstance(one.about, MetricQuery)))
    key = " ".join(["tiles", *(one.metric for one in asked)])
    grid = st.grid(max(len(shown), 4), min_column_width=TILE_WIDTH, gap="small", border=True)
    for tile in shown:
        last = bool(asked) and tile is shown[-1]
        with grid.cell(), st.container(gap=None, key=key if last else None):
            st.metric(
                esc(tile.label),
                tile.value,
                delta=tile.change or None,
                delta_color="off",
                delta_arrow=_ARROWS.get(tile.change[:1], "off"),
                help=esc(tile.help) or None,
            )
            if tile.below:
                st.caption(esc(tile.below))
            if last:  # page.css puts it in a corner
                menu(key, asked)


def note(text: str | None) -> None:
    """Draw what a reader must know about a number, where there is something."""
    if text:
        st.caption(f":material/info: {esc(formats.begun(text))}")


def figure(
    shown: Figure,
    key: str,
    about: Sequence[MetricQuery] = (),
    *,
    rows: Sequence[Mapping[str, Any]] = (),
    height: Literal["content", "stretch"] = "content",
) -> None:
    """Draw a figure in a card: finding, note, chart, and a menu that defends and saves it.

    The key keeps the chart in place when its data changes. A chart without marks is not drawn.
    A card that stretches is as high as the one beside it.

    Args:
        about: the queries that the figure draws; the menu defines, explains and saves them.
        rows: what it draws where no query answers just that, for the menu to save.
    """
    with st.container(border=True, gap="xsmall", height=height):
        drawn(shown, key, about, rows)


def drawn(
    shown: Figure,
    key: str,
    about: Sequence[MetricQuery] = (),
    rows: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Draw what stands in a figure's card, in one that is there already."""
    card_head(shown, key, about, rows)
    if shown.note:
        st.caption(esc(shown.note))
    if shown.marks:
        st.vega_lite_chart(dict(shown.spec), key=key, alt=shown.described)


def two_a_row(shown: Sequence[tuple[Figure | None, str, Sequence[MetricQuery]]]) -> None:
    """Draw figures side by side, with their keys and queries; those that are None leave no hole."""
    known = [(one, key, about) for one, key, about in shown if one is not None]
    for at in range(0, len(known), 2):
        pair = known[at : at + 2]
        for column, (one, key, about) in zip(st.columns(len(pair)), pair, strict=True):
            with column:
                figure(one, key, about, height="stretch")


def later(
    label: str,
    key: str,
    draw: Callable[[], None],
    about: Sequence[MetricQuery] = (),
    *,
    opened: bool = False,
) -> None:
    """Draw a part that takes a second or two only when it is opened, with a menu of its queries.

    Args:
        opened: it is open at first, as where the address says what it shows.
    """
    part = st.expander(label, opened, key=key, on_change="rerun")
    if part.open:
        with part:
            if about:
                card_head("", key, about)
            draw()


def table(  # noqa: PLR0913 - keyword-only: how it looks
    rows: Sequence[dict[str, Any]],
    *,
    key: str,
    alt: str,
    config: dict[str, Any] | None = None,
    row_height: int | None = None,
    whole: bool = False,
    sparse: Container[str] = (),
    looks: Mapping[str, Callable[[Any], str]] | None = None,
) -> None:
    """Draw rows as a table that its own toolbar saves as CSV, with formulas escaped.

    What is missing reads as a dash in columns of words too; counts and days look alike in all
    tables, without a word of the configuration.

    The table's rows travel on the page's own connection: a download link would be served to
    anybody who knows its address.

    Args:
        alt: what it shows, for someone who cannot see it: the title that it stands under.
        whole: all rows are seen at once, up to WHOLE of them; else ten, the others by scrolling.
        sparse: columns that are left out where no row has anything in them.
        looks: how columns of numbers read that may be negative, of `formats`: a format of the
            configuration knows no true minus. They sort and are saved as numbers.
    """
    known = [{name: None if one == "" else one for name, one in row.items()} for row in rows]
    held = {name for row in known for name, one in row.items() if one is not None}
    safe = [
        {
            name: escape_formula(one)
            for name, one in row.items()
            if name in held or name not in sparse
        }
        for row in known
    ]
    frame, alike = pd.DataFrame(safe), _by_kind(safe)
    below = [name for name, look in alike.items() if look is COUNT and frame[name].min() < 0]
    read: dict[Any, Any] = {**dict.fromkeys(below, formats.count), **(looks or {})}
    st.dataframe(
        frame.style.format(read, na_rep=formats.NONE) if read else frame,
        height="content" if whole and len(rows) <= WHOLE else "auto",
        hide_index=True,
        key=key,
        column_config={one: alike[one] for one in alike if one not in read} | (config or {}),
        placeholder=formats.NONE,
        row_height=row_height,
        alt=alt,
    )


def _by_kind(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return how columns are shown that hold nothing but counts, or nothing but days."""
    kinds: dict[str, set[type]] = {}
    for row in rows:
        for name, value in row.items():
            kinds.setdefault(name, set()).update({type(value)} - {type(None)})
    looks = {frozenset({int}): COUNT, frozenset({date}): DAY}
    alike = {name: looks.get(frozenset(found)) for name, found in kinds.items()}
    return {name: look for name, look in alike.items() if look}


def day_of(text: str | None) -> date | None:
    """Return a day as the reader tells it, for a table."""
    return None if not text else date.fromisoformat(text)


def verdict_card(shown: Verdict, rests: str = "") -> None:
    """Draw the verdict: its word in its tone, the sentence, the next step, what it rests on.

    All in the card, so that the parts after it keep their places, and the browser keeps them.
    """
    with st.container(border=True, gap="xsmall"):
        st.badge(shown.word, color=shown.tone, icon=_ICONS[shown.tone])
        st.markdown(f"##### {esc(shown.text)}", anchors=False)
        if shown.remedy:
            st.caption(esc(shown.remedy))
        note(rests)


def attention_card(
    selection: Selection,
    findings: Sequence[Finding],
    *,
    first: int | None = None,
    pages: Container[str] = (),
    elsewhere: bool = False,
) -> None:
    """Draw what needs attention at a selection, most urgent first.

    Args:
        first: only so many are open to the eye, the rest on a click. pages: those to link to.
        elsewhere: the selection is of another project than the page's: titles the card, and links
            open it.
    """
    project = selection.holding.info.label if elsewhere else None
    with st.container(border=True, gap="small", key=f"attention {project or ''}".strip()):
        st.markdown(f"**{esc(project)}**" if project else "**Needs attention**")
        if not findings:
            st.caption("Nothing by the rules of this page. That is no proof that all is well.")
        shown = findings if first is None else findings[:first]
        for one in shown:
            _finding(selection, one, pages, project)
        if rest := findings[len(shown) :]:
            with st.expander(f"{len(rest)} more"):
                for one in rest:
                    _finding(selection, one, pages, project)


def _finding(
    selection: Selection, one: Finding, pages: Container[str], project: str | None
) -> None:
    with st.container(gap=None):
        st.markdown(f":{one.weight}[{_ICONS[one.weight]}] **{esc(one.what)}**")
        st.caption(esc(one.detail))
        if one.page in pages:
            asked = {"project": project} if project else {}
            icon = ":material/arrow_forward:"
            lead(file_of(one.page), esc(one.do), asked, icon=icon, wide=True)
        else:
            st.caption(f":material/arrow_forward: {esc(one.do)}")
        if one.items is not None and ITEMS in pages:
            to_those(selection, one.items)


def empty(title: str, why: str, steps: Sequence[tuple[str, str]] = ()) -> None:
    """Draw what stands where data is not: why, and what to do next.

    Args:
        steps: (what it does, command).
    """
    with st.container(border=True, gap="small"):
        st.markdown(f"##### {esc(title)}", anchors=False)
        if why:
            st.markdown(esc(why))
        for what, command in steps:
            with st.container(gap=None):
                st.caption(esc(what))
                st.code(command, language=None, wrap_lines=True)
