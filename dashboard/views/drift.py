"""Drift: what left its usual band, since when, why, and what changed with what was done."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from dashboard import judged, markers, tables
from dashboard.card_menu import card_head
from dashboard.drill import to_those
from dashboard.heavy import at_once_or_later
from dashboard.links import file_of
from dashboard.person import ANYBODY, pick
from dashboard.selection import current, live, menu
from dashboard.widgets import TWO_LINES, empty, figure, later, note, table, tiles
from labelpulse.charts.influence import without
from labelpulse.core import formats
from labelpulse.core.events import LABELED
from labelpulse.findings import changes, watch
from labelpulse.findings.changes import Change
from labelpulse.findings.moved import BEFORE
from labelpulse.findings.quality_rules import behind
from labelpulse.findings.selection import Selection
from labelpulse.metrics.glossary import glossary
from labelpulse.metrics.registry import METRICS

EVERYTHING = "Everything"
HEIGHT, SMALL, A_ROW = 210, 150, 2
_KEYS = {"team": "Team", "batch": "Batch", "annotator": "Person"}
_MOST = 60
"""Names that a choice offers of one kind."""

_PAGES = {
    "agreement_drift": "Agreement",
    "gold_drift": "Accuracy",
    "label_mix_drift": "Agreement",
    "throughput_drift": "Progress",
    "time_spent_drift": "Progress",
}
"""Where what changed can be looked into: titles of pages."""


def page() -> None:
    """Draw the page; without a baseline of anything, when there will be one."""
    selection = current()
    live(selection, _live_part)
    known = judged.watchable(selection)
    if not known:
        _nothing(selection)
        return
    found = judged.changes_found(selection)
    metric, where = _choose(selection, known, found)
    _shown(selection, metric, where)
    _changes(selection, known, found)
    markers.card(selection)
    others = [one for one in known if one != metric]
    if others:
        later("Charts of the other numbers", "others", partial(_others, selection, others))


def _live_part(selection: Selection) -> None:
    if shown := judged.change_tiles(selection):
        tiles(shown)
    if selection.subjective:
        note("This question is marked as subjective: agreement that falls is no proof of errors.")


def _nothing(selection: Selection) -> None:
    made = [row for row in selection.rows("annotations_submitted", "day") if row["day"]]
    why = (
        f"A baseline takes 28 days with work; the chosen time has {len(made)}."
        if made
        else "A baseline takes 28 days with work, and the source tells no days."
    )
    noted = "What is noted for days now is compared as soon as there is a before and an after."
    empty(_EARLY, f"{why} {noted}")
    markers.card(selection)


_EARLY = "Too early to tell a change"


def _choose(
    selection: Selection, known: Sequence[str], found: Sequence[Change]
) -> tuple[str, tuple[str, ...]]:
    """Draw the choice of number and of part; by default what changed last, of everything."""
    names = {formats.begun(watch.WATCHED[one].measure.name): one for one in known}
    stand = {one.metric for one in found if one.stands}
    first = next((one for one in known if one in stand), known[0])
    if st.session_state.get("of") not in names:
        st.session_state.pop("of", None)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.segmented_control(
            "What",
            list(names),
            default=next(name for name, one in names.items() if one == first),
            key="of",
            bind="query-params",
            required=True,
            label_visibility="collapsed",
        )
        metric = names.get(name or "", first)
        return metric, _part(selection, metric)


def _part(selection: Selection, metric: str) -> tuple[str, ...]:
    """Draw the choice of a team, batch or person, where the metric can tell them apart."""
    parts = {
        f"{key}={tables.escaped(name)}": f"{word}: {_shown_as(selection, key, name)}"
        for key, word in _KEYS.items()
        if key in METRICS[metric].where
        for name in _names(selection, key)
    }
    if not parts:
        return ()
    chosen = pick({ANYBODY: EVERYTHING, **parts}, 220, label="Part", key="part")
    return (chosen,) if chosen else ()


def _names(selection: Selection, key: str) -> list[str]:
    """Return the names that there are of a key, as queries call them."""
    rows = selection.ask.answer(selection.query("annotations_submitted", key), selection.version)
    named = [row for row in rows if row[key]]
    most = sorted(named, key=lambda row: -(row["value"] or 0))[:_MOST]
    return sorted((str(row[key]) for row in most), key=str.casefold)


def _shown_as(selection: Selection, key: str, name: str) -> str:
    return str(selection.named({key: name})[key])


def _shown(selection: Selection, metric: str, where: tuple[str, ...]) -> None:
    """Draw the chart of a number with what its change is made of, and whom it rests on."""
    found = watch.standing(selection, metric, where)
    mostly = changes.where(selection, metric, found) if not where else ""
    shown = judged.control_chart(selection, metric, where=where, mostly=mostly, height=HEIGHT)
    if shown is None:
        empty(_EARLY, _why_early(selection, metric, where))
        return
    rests = metric == "agreement_drift" and not where and selection.scale in LABELED
    left, right = st.columns([2, 1]) if rests else (st.container(), None)
    with left:
        figure(shown, "drift", [selection.query(metric, where=where)])
        bars = judged.control_split(selection, metric, where)
        if bars is not None:
            figure(bars, "split", [selection.query(metric, where=where)])
    if right is not None:
        with right:
            draw = partial(_rests, selection)
            at_once_or_later(selection, "Whom it rests on", "rests", draw, carded=True)


def _why_early(selection: Selection, metric: str, where: tuple[str, ...]) -> str:
    """Return why there is no baseline to leave, as the metric tells it."""
    rows = watch.watched_rows(selection, metric, where)
    told = next((str(row["note"]) for row in reversed(rows) if row["note"]), "")
    why = told or "no days with data"
    return f"This part has no baseline yet: {why}."


def _rests(selection: Selection) -> None:
    """Draw the headline without each annotator, as dots."""
    rows = [row for row in selection.rows("agreement_without", "annotator") if row["annotator"]]
    firm = [row for row in rows if (row["n"] or 0) >= METRICS["agreement_without"].min_n]
    if not firm or firm[0]["headline"] is None:
        note("Too few people share items to tell.")
        return
    leads = METRICS[firm[0]["coefficient"]]
    name = glossary()[leads.name].title
    asked = [selection.query("agreement_without", "annotator")]
    figure(without(firm, name, leads.unit), "rests_dots", asked)


def _changes(selection: Selection, known: Sequence[str], found: Sequence[Change]) -> None:
    """Draw all changes of the chosen time, and the ways to look into those that stand."""
    with st.container(border=True, gap="xsmall"):
        rows = [_row(one) for one in found]
        card_head(_title(found), "changes", [selection.query(one) for one in known], rows)
        if not found:
            st.caption("No number left the band in which chance moves it.")
            return
        st.caption(
            "When: the day of the change, as well as it can be told, to the day it was "
            f"noticed. How far: from the {BEFORE} days before to the days since; pace by its "
            "smoothed line, now or at its worst."
        )
        table(
            rows,
            key="changes",
            alt=_title(found),
            config=_WIDTHS,
            row_height=TWO_LINES,
        )
        pages = dict.fromkeys(_PAGES[one.metric] for one in found if one.stands)
        with st.container(horizontal=True, gap="small"):
            for name in pages:
                if name in menu():
                    st.page_link(
                        file_of(name),
                        label=f"Look into {name}",
                        icon=":material/arrow_forward:",
                    )
            for one in found:
                if one.metric == "agreement_drift" and one.stands:
                    to_those(selection, behind(judged.blame(selection), one.alarm))


def _title(found: Sequence[Change]) -> str:
    stand = sum(one.stands for one in found)
    past = len(found) - stand
    if not found:
        return "Nothing left its usual band in this time"
    told = f"{formats.count_of(stand, 'change stands', 'changes stand')} now"
    return f"{told}, {past} {'is' if past == 1 else 'are'} over" if past else told


def _row(one: Change) -> dict[str, object]:
    over = f"over since {formats.day(one.alarm.until)}"
    return {
        "What": formats.begun(watch.WATCHED[one.metric].measure.name),
        "When": one.window,
        "How far": one.how,
        "Now": "stands" if one.stands else over,
        "Likely cause": one.cause,
        "Where": one.where,
        "What to do": one.do,
    }


_WIDTHS = {
    name: st.column_config.TextColumn(width=170) for name in ("Where", "Likely cause", "What to do")
}


def _others(selection: Selection, metrics: Sequence[str]) -> None:
    """Draw the charts of what was not chosen, two a row."""
    for at in range(0, len(metrics), A_ROW):
        for column, metric in zip(st.columns(A_ROW), metrics[at : at + A_ROW], strict=False):
            shown = judged.control_chart(selection, metric, height=SMALL)
            if shown is not None:
                with column:
                    figure(shown, f"other {metric}", [selection.query(metric)], height="stretch")


if __name__ == "__main__":
    page()
