"""The menu of a card: what its numbers mean, how they came about, and how to take them along."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from io import BytesIO
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard import context
from dashboard.broken import alone
from dashboard.escape import esc, prose
from dashboard.links import lead
from dashboard.selection import current
from labelpulse.charts import export
from labelpulse.charts.theme import Figure
from labelpulse.core import formats
from labelpulse.core.escapes import escape_formula
from labelpulse.findings.pages import explained
from labelpulse.findings.selection import Selection
from labelpulse.reader import MetricQuery

_DATA = "views/data.py"


@st.fragment
def card_head(
    shown: Figure | str,
    key: str,
    about: Sequence[MetricQuery] = (),
    rows: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Draw a card's title with its menu; what is in that is worked out when it is opened.

    Args:
        shown: the figure, or the title of a table; "" = it stands above already.
        rows: what is shown where no query answers just that, to be saved as it is shown.
    """
    title, drawn = (shown, None) if isinstance(shown, str) else (shown.title, shown)
    part = f"head {key}"
    with (
        alone(part),
        st.container(horizontal=True, vertical_alignment="top", gap="small", key=part),
    ):
        st.markdown(f"**{esc(title)}**" if title else "", width="stretch")
        if about or rows or (drawn and drawn.marks):
            _menu(key, about, drawn, rows)


@st.fragment
def menu(key: str, about: Sequence[MetricQuery]) -> None:
    """Draw the menu alone, for numbers that have no title in common."""
    _menu(key, about)


def _menu(
    key: str,
    about: Sequence[MetricQuery],
    drawn: Figure | None = None,
    rows: Sequence[Mapping[str, Any]] = (),
) -> None:
    shown = st.popover(
        "",
        type="tertiary",
        icon=":material/more_horiz:",
        key=f"menu {key}",
        on_change="rerun",
        help="What this is, how it came about, and files to take along"
        if about
        else "Files to take along",
    )
    if shown.open:
        with shown:
            if rows:
                if about:
                    st.markdown("**As shown**")
                files(_file_name(key), key, partial(as_file, rows))
            for at, query in enumerate(about):
                _defend(query, f"{key} {at}")
            if drawn and drawn.marks:
                _pictures(drawn, key)


def _defend(query: MetricQuery, key: str) -> None:
    entry = context.definition(query.metric)
    st.markdown(f"**{esc(entry.title)}** `{query.metric}`")
    st.caption(prose(entry.definition))
    lead(_DATA, "Explain this number", explained(query), icon=":material/function:")
    files(query.metric, key, partial(_table, current(), query))


def _file_name(key: str) -> str:
    return "".join(one if one.isalnum() else "-" for one in key)


def files(name: str, key: str, made: Callable[[str], bytes], *, quiet: bool = False) -> None:
    """Offer a table as a file of each kind in TABLES; it is made on a click.

    Args:
        quiet: as beside links, not as in a menu.
    """
    shown: Literal["secondary", "tertiary"] = "tertiary" if quiet else "secondary"
    with st.container(horizontal=True, gap="small"):
        for kind, mime in TABLES.items():
            file = (name, kind, mime)
            told = partial(made, kind)
            _download(kind, file, f"{kind} {key}", told, icon=":material/table:", kind=shown)


def _download(
    label: str,
    file: tuple[str, str, str],
    key: str,
    made: Callable[[], bytes],
    *,
    icon: str,
    kind: Literal["secondary", "tertiary"] = "secondary",
) -> None:
    """Offer a file, made on a click.

    Args:
        file: its name, its kind (which is its ending, too), its media type.
    """
    name, ending, mime = file
    st.download_button(
        label,
        data=made,
        file_name=f"{name}.{ending.lower()}",
        mime=mime,
        key=key,
        on_click="ignore",
        type=kind,
        icon=icon,
    )


TABLES = {"CSV": "text/csv", "Parquet": "application/vnd.apache.parquet"}
"""Kinds of files for tables, with their media types."""


def offer(n: int, made: Callable[[str], bytes], kinds: Mapping[str, str] = TABLES) -> None:
    """Offer so many items as a file of each kind; it is made on a click."""
    told = formats.count_of(n, "item", "items")
    with st.container(horizontal=True, gap="small"):
        for kind, mime in kinds.items():
            _download(
                f"{told} as {kind}",
                ("items", kind, mime),
                f"export {kind}",
                partial(made, kind),
                icon=":material/download:",
                kind="tertiary",
            )


def _table(selection: Selection, query: MetricQuery, kind: str) -> bytes:
    """Return a query's rows as a file, people as the page names them.

    The server calls it on a click, outside any session: the selection is handed over.
    """
    return as_file([selection.named(row) for row in context.answer(query, selection.version)], kind)


def as_file(rows: Sequence[Mapping[str, Any]], kind: str) -> bytes:
    """Return rows as a file of one of the kinds in TABLES; CSV has its formulas escaped."""
    out = BytesIO()
    if kind == "CSV":
        safe = [{name: escape_formula(value) for name, value in row.items()} for row in rows]
        pd.DataFrame(safe).to_csv(out, index=False)
    else:
        told = pd.DataFrame(rows)
        for name in told:
            if told[name].dropna().map(type).nunique() > 1:  # a column of Parquet has one type
                told[name] = told[name].map(str, na_action="ignore")
        told.to_parquet(out, index=False)
    return out.getvalue()


def _pictures(shown: Figure, key: str) -> None:
    name = _file_name(key)
    with st.container(horizontal=True, gap="small"):
        for kind, mime, draw in _PICTURES:
            file = (name, kind, mime)
            _download(kind, file, f"{kind} {key}", partial(draw, shown), icon=":material/image:")


_PICTURES = (("SVG", "image/svg+xml", export.svg), ("PNG", "image/png", export.png))


def command(query: MetricQuery) -> str:
    """Return the command that asks the same on the command line."""
    named = [(f"--{name}", getattr(query, name)) for name in ("project", "control")]
    split = [("--by", ",".join(query.by)), *(("--where", one.text()) for one in query.where)]
    days = [("--since", query.since), ("--until", query.until)]
    given = [word for pair in (*named, *split, *days) if pair[1] for word in pair]
    return shlex.join(["labelpulse", "explain", query.metric, *given])
