"""Agreement: how alike people answer, since when, on which labels, and what to look at first."""

from dataclasses import replace
from datetime import date
from functools import partial

import streamlit as st

from dashboard import judged, queue, second_answers, tables, two_readings
from dashboard.drill import TOOL, in_tool, to_items
from dashboard.escape import esc
from dashboard.heavy import at_once_or_later
from dashboard.kept import kept
from dashboard.selection import current, live, menu
from dashboard.watched import watched
from dashboard.widgets import attention_card, drawn, figure, note, table, tiles, two_a_row
from labelpulse.charts import heatmap, shares
from labelpulse.charts.theme import Figure
from labelpulse.core import formats
from labelpulse.core.estimate import Measure, Row
from labelpulse.core.events import LABELED, Scale
from labelpulse.core.queue import REASON_NAMES, Reason
from labelpulse.findings.attention import on_quality
from labelpulse.findings.selection import Selection
from labelpulse.findings.tiles import Tile, metric_tile
from labelpulse.metrics.headline import Headline, headline
from labelpulse.metrics.registry import METRICS
from labelpulse.reader import MetricQuery
from labelpulse.reader.handover import evidence_words

TEN = 10
CHART = 170
"""Pixels of the first chart, so that it is seen below a finding without scrolling."""


def page() -> None:
    """Draw the page; without second answers, the plan to get some."""
    selection = current()
    if not selection.holding.double:
        live(selection, second_answers.plan)
        _attention(selection)
        second_answers.single(selection)
        return
    live(selection, _live_part)
    _first_screen(selection)
    if selection.scale in LABELED:
        _below(selection)
    else:
        _matched(selection)


def _live_part(selection: Selection) -> None:
    leads = _headline(selection)
    shown = [_tile(selection, leads.metric)]
    if selection.scale not in LABELED:
        shown += [_tile(selection, name) for name in leads.beside]
    if selection.scale in LABELED or judged.control_chart(selection, "agreement_drift") is not None:
        drifted = judged.change_of(selection, "agreement_drift", judged.blame(selection).mostly)
        shown.append(replace(drifted, label="Drift"))
    tiles([*shown, *judged.coverage(selection)])
    row = selection.one(leads.metric)
    why = leads.why if not selection.subjective else f"{leads.why} {_SUBJECTIVE}"
    note(" ".join(part for part in (why, _note(row)) if part))


_SUBJECTIVE = (
    "This question is marked as subjective: different answers are perspectives, not errors."
)


def _note(row: Row | None) -> str:
    return "" if row is None or row["value"] is None else formats.begun(row["note"] or "")


def _first_screen(selection: Selection) -> None:
    """Draw what needs attention, whether agreement left its band, and which items to look at."""
    left, right = st.columns([8, 5])
    with left:
        _attention(selection)
        mostly = judged.blame(selection).mostly
        shown = judged.control_chart(selection, "agreement_drift", mostly=mostly, height=CHART)
        if shown is None:
            shown = _over_time(selection)
        figure(shown, "agreement_drift", [selection.query("agreement_drift")])
    with right:
        _top_pair(selection)
        at_once_or_later(selection, _QUEUE, "queue", lambda: _queue(selection))


def _attention(selection: Selection) -> None:
    found = on_quality(judged.attention(selection))
    attention_card(selection, found, first=1, pages=menu())


_QUEUE = "Ten items to look at first"


def _top_pair(selection: Selection) -> None:
    """Draw the pair of labels that is confused most, and the way to its guideline card."""
    found = judged.confused(selection)
    if not found:
        return
    top = found[0]
    told = [
        f"{formats.percent(top.share)} of all disagreement, 1 pair of {top.of}",
        formats.count_of(top.n, "pair of answers", "pairs of answers"),
        *([f"{top.lift} chance"] if top.lift else []),
    ]
    with st.container(border=True, gap=None):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{_pair_word(selection)}: {esc(top.title)}**", width="stretch")
            opened = st.button(
                "Guideline card",
                key="to_guideline",
                icon=":material/menu_book:",
                type="tertiary",
                on_click=two_readings.choose,
                args=[top.title],
                help="A text for the guideline's owner; both readings stand side by side below.",
            )
        st.caption(esc(" · ".join(told)))
    if opened:
        two_readings.open_card(selection, top)


def _pair_word(selection: Selection) -> str:
    return "Most often seen two ways" if selection.subjective else "Most often confused"


def _queue(selection: Selection) -> None:
    """Draw the first items of the page of items, as that page finds and orders them."""
    only = Reason.AMBIGUOUS if selection.subjective else None  # no reading of several is an error
    asked = queue.Asked(selection.holding.info.label, selection.control, reason=only)
    found = queue.suggested(asked, selection.version)[:TEN]
    if not found:
        st.caption("Nothing stands out by what the answers tell.")
        return
    table(
        [
            {
                "Item": one.item,
                **in_tool(selection, one.item),
                "Why": REASON_NAMES[one.reason],
                "Evidence": evidence_words(one),
            }
            for one in found
        ],
        key="queue_items",
        alt=_QUEUE,
        whole=True,
        config=TOOL,
    )
    reason = REASON_NAMES[only] if only else None
    label = "All items to look at"
    to_items(label, project=selection.holding.info.label, control=selection.control, reason=reason)


def _below(selection: Selection) -> None:
    left, right = st.columns(2)
    with left:
        two_readings.disagreement(selection)
        two_readings.chosen_pair(selection)
    with right:
        _pairs(selection)
    _beside(selection)
    if judged.control_chart(selection, "agreement_drift") is not None:
        two_a_row(
            [
                (_over_time(selection), "over_time", [_over_time_query(selection)]),
                watched(selection, "label_mix_drift"),
            ]
        )
    left, right = st.columns(2)
    with left:
        tables.item_agreement(selection)
        tables.agreement_by(selection, "batch")
        helped = partial(tables.agreement_by, selection, "assisted")
        at_once_or_later(selection, _HELPED, "helped", helped, carded=True)
    with right:
        tables.peers(selection)
    _without(selection)


def _without(selection: Selection) -> None:
    asked = [selection.query("agreement_without", "annotator")]
    at_once_or_later(selection, _WITHOUT, "without", lambda: tables.without(selection), about=asked)


_HELPED = "With and without help"
_WITHOUT = "What agreement would be without each person"


def _beside(selection: Selection) -> None:
    """Draw the coefficients beside the headline, and how alike answers to an item are."""
    names = [*_headline(selection).beside, "agreement_entropy"]
    tiles([_tile(selection, name) for name in dict.fromkeys(names)])


def _matched(selection: Selection) -> None:
    """Draw agreement of answers that are no labels: over time and by pair of people."""
    name = _measured(selection)
    metric = METRICS[name]
    pairs, overall = selection.rows(name, "annotator_pair"), _value(selection.one(name))
    known = heatmap.pairs(pairs, min_n=metric.min_n, overall=overall, unit=metric.unit)
    grown = None
    if judged.control_chart(selection, "agreement_drift") is not None:
        grown = _over_time(selection)  # else it stands on the first screen
    two_a_row(
        [
            (grown, "over_time", [_over_time_query(selection)]),
            (known, "pairs", [selection.query(name, "annotator_pair")]),
        ]
    )
    _without(selection)


def _tile(selection: Selection, name: str) -> Tile:
    metric = METRICS[name]
    noun = "items" if metric.counted.startswith("items") else metric.counted
    return metric_tile(selection, _label(selection, name), name, noun)


def _headline(selection: Selection) -> Headline:
    """Return the measure that leads on the chosen question."""
    mix = [
        row["value"] for row in selection.rows("label_share", "label") if row["value"] is not None
    ]
    return headline(selection.scale, max(mix, default=None))


_LABELS = {
    "agreement_alpha": "Alpha",
    "agreement_percent": "Agreement",
    "agreement_coverage": "Second answers",
    "agreement_entropy": "Entropy of answers",
    "match_f1": "Matched F1",
    "match_iou": "Matched IoU",
    "text_similarity": "Similarity",
    "rank_tau": "Tau",
}


def _label(selection: Selection, metric: str) -> str:
    if metric == "agreement_ac1":
        return "AC1" if selection.scale == Scale.NOMINAL else "AC2"
    return _LABELS[metric]


def _measured(selection: Selection) -> str:
    """Return what is drawn over time: plain agreement of labels, else what leads."""
    return "agreement_percent" if selection.scale in LABELED else _headline(selection).metric


@kept
def _over_time(selection: Selection) -> Figure:
    name = _measured(selection)
    metric, by = METRICS[name], _grain(selection, name)

    def level(since: date, until: date) -> float | None:
        return _value(selection.one(name, days=(since, until)))

    plain = name == "agreement_percent"  # a share, and so the mean of its days over their n
    word, noun = ("agreement", "items") if plain else (_label(selection, name), metric.counted)
    return shares.over_time(
        selection.rows(name, by),
        selection.span,
        key=by,
        measure=Measure(word, metric.unit, noun, metric.min_n),
        target=selection.target,
        level=None if plain else level,
    )


def _over_time_query(selection: Selection) -> MetricQuery:
    name = _measured(selection)
    return selection.query(name, _grain(selection, name))


_BY_PAIR = {"Agreement": "pair_agreement", "Kappa": "pair_kappa"}


def _pairs(selection: Selection) -> None:
    """Draw the pairs of people, by plain agreement or beyond chance."""
    with st.container(border=True, gap="xsmall"):
        chosen = st.segmented_control(
            "Pairs by",
            list(_BY_PAIR),
            default="Agreement",
            key="pairs_by",
            bind="query-params",
            required=True,
            label_visibility="collapsed",
        )
        _pairs_by(selection, chosen or "Agreement")


def _pairs_by(selection: Selection, chosen: str) -> None:
    metric = METRICS[_BY_PAIR.get(chosen, "pair_agreement")]
    drawn(
        _pair_grid(selection, metric.name),
        "pairs",
        [selection.query(metric.name, "annotator_pair")],
    )


@kept
def _pair_grid(selection: Selection, name: str) -> Figure:
    metric = METRICS[name]
    rows = selection.rows(name, "annotator_pair")
    overall = _value(selection.one("pair_agreement")) if metric.name == "pair_agreement" else None
    return heatmap.pairs(rows, min_n=metric.min_n, overall=overall, unit=metric.unit)


def _value(row: Row | None) -> float | None:
    return None if row is None else row["value"]


def _grain(selection: Selection, metric: str) -> str:
    """Days where most of them rest on enough items, else weeks."""
    rows = selection.rows(metric, "day")
    enough = sum(row["n"] >= METRICS[metric].min_n for row in rows)
    return "day" if enough * 2 >= len(rows) and len(rows) <= 200 else "week"


if __name__ == "__main__":
    page()
